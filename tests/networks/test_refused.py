"""Modules that are something else than a stack are refused, and the message says what they are."""

from __future__ import annotations

import pytest
import torch
import torch.nn.utils.prune as masks
from torch import nn

from study import prune
from study.common.errors import StudyError
from tests.networks.made import DATA, stack


def other(layer, dtype=torch.float64):
    return lambda: stack(layer, dtype=dtype)


class Nearly(nn.Module):
    """A function that half precision cannot tell from a ReLU."""

    def __init__(self):
        super().__init__()
        self.net = stack(nn.ReLU(), dtype=torch.bfloat16)

    def forward(self, x):
        return self.net[2:](nn.functional.leaky_relu(self.net[0](x), 0.02))


def without_numbers(wrap=lambda m: m):
    with torch.device("meta"):
        return wrap(nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)))


def weights_of(value):
    module = stack(nn.ReLU())
    with torch.no_grad():
        module[2].weight[0, 0] = value
    return module


def normalised(**how):
    return nn.BatchNorm1d(6, **how)


def _whole(layer):
    if isinstance(layer, nn.Linear):
        layer.weight = nn.Parameter(torch.ones_like(layer.weight, dtype=torch.int64), requires_grad=False)


def _masked_nan():
    module = stack(nn.ReLU())
    masks.ln_structured(module[0], "weight", amount=0.25, n=2, dim=0)
    with torch.no_grad():
        module[0].weight_orig.fill_(float("nan"))
    return module


class Positive(nn.Linear):
    """A linear layer that computes with other weights than it has."""

    def forward(self, x):
        return nn.functional.linear(x, self.weight.exp(), self.bias)


def _hooked():
    module = stack(nn.ReLU())
    module[0].register_forward_hook(lambda *seen: 2 * seen[2])
    return module


def _positive():
    module = stack(nn.ReLU())
    module[0] = Positive(5, 6).double()
    return module


REFUSED = {
    "lazy layers": (
        lambda: nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(3)),
        r"^0\.weight of the module has no numbers yet.*lazy",
    ),
    "a lazy normalisation": (
        lambda: nn.Sequential(nn.Linear(5, 6), nn.LazyBatchNorm1d(), nn.Linear(6, 3)),
        r"^1\.weight of the module has no numbers yet",
    ),
    "a lazy convolution": (lambda: nn.Sequential(nn.LazyConv2d(2, 3), nn.ReLU()), "no numbers yet"),
    "the device meta": (without_numbers, r"^0\.weight of the module is on the device meta"),
    "statistics on the device meta": (
        lambda: stack(nn.BatchNorm1d(6, affine=False, device="meta")),
        r"^1\.running_mean of the module is on the device meta",
    ),
    "a linear layer with other weights": (_positive, "cannot prune a Positive .* than a Linear"),
    "weights that are whole numbers": (lambda: stack(nn.ReLU()).to(torch.float64).apply(_whole), "floating-point"),
    "NaN under a mask": (_masked_nan, "layer 0 has weights or biases that are not finite"),
    "infinite weights": (lambda: weights_of(float("inf")), "layer 1 has weights or biases that are not finite"),
    "no running statistics": (
        other(normalised(track_running_stats=False)),
        "no running statistics .*track_running_stats=False.* depends on the other rows",
    ),
    "a normalisation over a row": (other(nn.LayerNorm(6)), "cannot prune a LayerNorm here"),
    "a normalisation of other features": (other(nn.BatchNorm1d(5)), "BatchNorm1d of 5 features does not fit 6 units"),
    "a normalisation behind the outputs": (
        lambda: stack(nn.ReLU(), end=[nn.Softmax(1), nn.BatchNorm1d(3)]),
        "behind the output layer",
    ),
    "a normalisation between two activations": (
        lambda: nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 3)),
        "cannot prune a Tanh here",
    ),
    "a leaky ReLU": (other(nn.LeakyReLU()), "cannot prune a LeakyReLU here"),
    "a randomised ReLU": (other(nn.RReLU()), "cannot prune a RReLU here"),
    "a clipped identity": (other(nn.Hardtanh()), "cannot prune a Hardtanh here"),
    "a function that clips far out": (other(nn.Hardtanh(-99, 99)), "cannot prune a Hardtanh here"),
    "a GELU": (other(nn.GELU()), "cannot prune a GELU here"),
    "a sigmoid's logarithm inside": (other(nn.LogSigmoid()), "only as the output layer"),
    "a steeper softplus": (other(nn.Softplus(beta=2)), r"cannot prune a Softplus here: .*beta=2.*differ by up to"),
    "a softmax over rows": (
        lambda: stack(nn.ReLU(), end=[nn.Softmax(dim=0)]),
        r"Softmax\(dim=0\) differ by up to .* over each row",
    ),
    "a softmax over rows in half precision": (
        lambda: stack(nn.ReLU(), end=[nn.Softmax(dim=0)], dtype=torch.bfloat16),
        r"Softmax\(dim=0\) differ by up to .* over each row",
    ),
    "another function in half precision": (Nearly, "not the stack of its layers"),
    "outputs through a tanh": (lambda: stack(nn.ReLU(), end=[nn.Tanh()]), "ends in a tanh, which is no output layer"),
    "a module compiled by torch.jit": (
        lambda: torch.jit.trace(stack(nn.ReLU()), torch.zeros(1, 5).double()),
        r"the module is compiled by torch.jit .*give the module that it was made from",
    ),
    "a quantized layer": (
        lambda: nn.Sequential(torch.ao.nn.quantized.dynamic.Linear(5, 6), nn.ReLU(), nn.Linear(6, 3)),
        r"^0 is quantized \(Linear\)",
    ),
    "a hook that changes outputs": (
        _hooked,
        "cannot prune a Linear here: it, or a hook on it, computes something else",
    ),
    "a recurrent layer": (lambda: nn.Sequential(nn.LSTM(5, 6), nn.Linear(6, 3)), "cannot prune a LSTM here"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_modules_that_are_something_else_are_refused_with_the_cause(what):
    make, told = REFUSED[what]
    with pytest.raises(StudyError, match=told):
        prune(make(), DATA)
