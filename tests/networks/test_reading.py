"""Modules are read as they run, and left as they were; those that cannot be read are refused with the cause."""

from __future__ import annotations

import threading

import pytest
import torch
import torch.nn.utils.prune as masks
from torch import nn
from torch.nn.utils import parametrizations, parametrize

from study import load_dataset, prune, train
from study.common.errors import StudyError
from study.data import one_hot
from study.data._registry import _load
from study.networks import to_module
from study.training.recipe import Recipe
from tests.networks.made import DATA, LABELS, X, own, plain, quiet, stack

# Weights that are made on the way, and modules that cannot be copied.


def masked(kind=masks.ln_structured, **how):
    module = stack(nn.ReLU())
    kind(module[0], "weight", **how)
    return module


def stepped():
    """Masked, and trained a step since: `.weight` is what it was before."""
    module = masked(masks.l1_unstructured, amount=0.5)
    masks.random_unstructured(module[0], "bias", amount=2)
    optimizer = torch.optim.SGD(module.parameters(), lr=5.0)
    (module(X) * one_hot(LABELS, 3)).sum().backward()
    optimizer.step()
    return module


def globally():
    module = stack(nn.Tanh())
    layers = [(module[0], "weight"), (module[2], "weight")]
    masks.global_unstructured(layers, pruning_method=masks.L1Unstructured, amount=0.4)
    return module


def wrapped(wrap, layer=0, run=True):
    module = stack(nn.ReLU())
    module[layer] = wrap(module[layer])
    if run:
        (module(X) ** 2).sum().backward()
        torch.optim.SGD(module.parameters(), lr=0.1).step()
    return module


class Symmetric(nn.Module):
    def forward(self, w):
        return w.sign() * w.abs().clamp(min=0.1)


class Uncopied(dict):
    def copy(self):
        raise RuntimeError("a table that may not be copied")


class Keeping(nn.Module):
    """A module that keeps what it may not be copied with, and what it saw."""

    def __init__(self):
        super().__init__()
        self.net = stack(nn.Tanh())
        self.lock, self.file, self.seen, self.last = threading.Lock(), open(__file__), [], None  # noqa: SIM115
        self.rows = (n for n in range(3))
        self.table = Uncopied()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        self.last = self.net[0](x)
        self.seen.append(self.last)
        return self.net(x)


class Named(nn.Linear):
    """A class of one's own that is a linear layer."""


def with_layer(kind):
    module = stack(nn.ReLU())
    module[0] = kind(5, 6).double()
    return module


def frozen():
    return stack(nn.ReLU()).requires_grad_(False)


def in_inference():
    with torch.inference_mode():
        return stack(nn.ReLU(), nn.BatchNorm1d(6))


def compiled():
    module = stack(nn.ReLU())
    module.compile()
    return module


HELD = {
    "a structured mask": lambda: masked(amount=0.25, n=2, dim=0),
    "a random mask": lambda: masked(masks.random_unstructured, amount=0.5),
    "masks after a step of training": stepped,
    "masks on all layers": globally,
    "weight_norm": lambda: wrapped(nn.utils.weight_norm),
    "weight_norm on the last layer": lambda: wrapped(nn.utils.weight_norm, 2),
    "weight_norm as a parametrization": lambda: wrapped(parametrizations.weight_norm),
    "spectral_norm": lambda: wrapped(nn.utils.spectral_norm),
    "spectral_norm as a parametrization": lambda: wrapped(parametrizations.spectral_norm),
    "orthogonal": lambda: wrapped(parametrizations.orthogonal),
    "a parametrization of one's own": lambda: wrapped(
        lambda layer: parametrize.register_parametrization(layer, "weight", Symmetric()) or layer
    ),
    "locks, files, generators and activations": Keeping,
    "a subclass of Linear": lambda: with_layer(Named),
    "frozen weights": frozen,
    "weights of inference mode": in_inference,
    "a compiled module": lambda: torch.compile(stack(nn.ReLU())),
    "a module compiled in place": compiled,
    "a DataParallel": lambda: nn.DataParallel(stack(nn.ReLU())),
    "an average of weights": lambda: torch.optim.swa_utils.AveragedModel(stack(nn.ReLU())),
    "channels-last kernels": lambda: stack(nn.ReLU()).to(memory_format=torch.channels_last),
}


def state(module):
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {name: (id(t), t.detach().clone(), t.grad is None or t.grad.clone()) for name, t in tensors.items()}


@pytest.mark.parametrize("what", HELD)
def test_modules_are_read_as_they_run_and_left_as_they_were(what):
    module = HELD[what]()
    for n, part in enumerate(module.modules()):
        part.training = n % 3 != 1
    flags, before, random = [m.training for m in module.modules()], state(module), torch.get_rng_state()
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules()]
    error, told = quiet(module, DATA)
    assert not told
    assert [m.training for m in module.modules()] == flags
    assert [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules()] == hooks
    assert torch.equal(torch.get_rng_state(), random)
    for (a, x, dx), (b, y, dy) in zip(before.values(), state(module).values(), strict=True):
        assert a == b
        assert torch.equal(x, y)
        assert dx is dy or torch.equal(dx, dy)
    assert not getattr(module, "seen", [])
    with torch.compiler.set_stance("force_eager"):
        assert error == pytest.approx(plain(module), abs=1e-12)


def test_a_module_is_put_back_when_its_forward_fails():
    class Failing(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = stack(nn.Dropout(0.5), nn.ReLU())

        def forward(self, rows):
            self.net[1].training = rows is None
            raise KeyError("no such thing")

    module = Failing().train()
    module.net[0].training = False
    with pytest.raises(StudyError, match=r"KeyError.*no such thing"):
        prune(module, DATA)
    assert [m.training for m in module.modules()] == [True, True, False, True, True, True, True]


def test_a_module_of_another_default_device_and_type_has_the_same_numbers():
    module = stack(nn.ReLU(), nn.BatchNorm1d(6))
    expected = prune(module, DATA, "taylor2_exact", surfaces_every=2, pairs=True, hessian=True)
    trained = train("mlp_4", DATA, recipe=Recipe(epochs=2)).digest()
    loaded = load_dataset("diamond", seed=77).digest
    _load.cache_clear()
    try:
        for device, dtype in (("meta", torch.float32), ("cpu", torch.float16), ("cpu", torch.float64)):
            torch.set_default_device(device)
            torch.set_default_dtype(dtype)
            found = prune(module, DATA, "taylor2_exact", surfaces_every=2, pairs=True, hessian=True)
            for name in ("evaluations", "impacts", "pairs", "hessian", "surfaces"):
                assert found.tables[name].equals(expected.tables[name])
            assert train("mlp_4", DATA, recipe=Recipe(epochs=2)).digest() == trained
            assert to_module(found.network_after(2))(X).device == X.device
            assert load_dataset("diamond", seed=77).digest == loaded
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_module_of_less_precision_is_its_weights_in_full(dtype):
    module = stack(nn.ReLU(), nn.BatchNorm1d(6), dtype=dtype)
    error, _ = quiet(module, DATA)
    assert error == pytest.approx(plain(module.double()), rel=1e-12)


class Own(nn.Module):
    """A class with a loss for its training, whose output layer is in `forward`."""

    def __init__(self, last):
        super().__init__()
        self.criterion, self.last = nn.CrossEntropyLoss(), last
        self.net = stack(nn.ReLU(), end=[])

    def forward(self, x):
        return self.last(self.net(x))


@pytest.mark.parametrize(
    ("last", "after"),
    [
        (lambda z: z.softmax(1), lambda o: o),
        (lambda z: nn.functional.log_softmax(z, dim=1), torch.exp),
        (torch.sigmoid, lambda o: o),
        (nn.functional.logsigmoid, torch.exp),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_an_output_layer_in_the_forward_is_seen(last, after, dtype):
    module = Own(last).to(dtype)
    error, _ = quiet(module, DATA)
    assert error == pytest.approx(plain(module.double(), after=after), rel=1e-12)


def test_a_module_is_compared_on_the_rows_that_it_is_for():
    class Clipped(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = stack(nn.ReLU())

        def forward(self, x):
            return self.net(x.clamp(-9, 9))

    assert quiet(Clipped(), DATA)[1] == []
    with pytest.raises(StudyError, match="not the stack of its layers"):
        prune(Clipped(), own(inputs=20 * X))
