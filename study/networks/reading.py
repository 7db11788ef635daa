"""A person's torch module, looked at and left as it was: its layers, and the numbers that each computes with.

A module is run as it stands, never copied: what it holds (masks, weight norms, locks, activations that it keeps) may
not be copied at all. A layer is run before its weights are read, because masks and norms make them on the way.
"""

from __future__ import annotations

import sys
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parameter import is_lazy

from study.common.errors import StudyError

Affine = tuple[Tensor, Tensor]
"""A weight and a bias, or a scale and a shift; float64, on the CPU."""
ROWS = 16
"""Rows on which a module or a layer is tried."""
WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)
"""What only spreads a module over devices; the module itself is their attribute `module`."""


def inner(module: nn.Module) -> nn.Module:
    """Return the module itself from what compiles it or spreads it over devices."""
    while isinstance(module, WRAPPERS) or hasattr(module, "_orig_mod"):
        module = module.module if isinstance(module, WRAPPERS) else module._orig_mod  # type: ignore[assignment]
    return module


def check_there(module: nn.Module) -> None:
    """Refuse a module whose numbers are not there: not yet, or hidden in what was made of it.

    Raises:
        StudyError: naming the layer, parameter or buffer, and the way out.
    """
    for name, part in module.named_modules():
        kind = type(part)
        if isinstance(part, torch.jit.ScriptModule) or ".quantized." in f"{kind.__module__}.":
            made = "compiled by torch.jit" if isinstance(part, torch.jit.ScriptModule) else "quantized"
            raise StudyError(
                f"{name or 'the module'} is {made} ({kind.__name__}), which hides its layers and weights; give the "
                "module that it was made from"
            )
    for name, tensor in chain(module.named_parameters(), module.named_buffers()):
        if is_lazy(tensor):
            raise StudyError(
                f"{name} of the module has no numbers yet: a lazy layer is given its shape by the first rows that it "
                "sees; run the module on some rows, and prune it then"
            )
        if tensor.is_meta:
            raise StudyError(
                f"{name} of the module is on the device meta, which holds shapes without numbers; make the module on "
                "the CPU, or give it memory (module.to_empty(device='cpu')) and load its weights"
            )


@contextmanager
def at_rest(module: nn.Module) -> Iterator[None]:
    """Let a module run as in evaluation mode and leave it as it was, on an error too.

    Gradients, autocast and compilation are off. Training flags, attributes, lists and dictionaries of every submodule,
    buffers and the state of torch's random numbers are put back.
    """
    modules = list(module.modules())
    kept = [(held, held.copy()) for m in modules for held in _held(m)]
    buffers = [(b, b.clone(), b._version) for b in module.buffers() if not b.is_inference()]
    devices = {t.device for t in chain(module.parameters(), module.buffers())}
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(sorted({d.index for d in devices if d.type == "cuda"})))
        stack.enter_context(torch.no_grad())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for kind in {d.type for d in devices} & {"cpu", "cuda"}:
            stack.enter_context(torch.autocast(kind, enabled=False))
        if "torch._dynamo" in sys.modules:  # else nothing is compiled
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            for m in modules:
                m.training = False
            yield
        finally:
            for held, before in kept:
                _put_back(held, before)
            for buffer, numbers, version in buffers:
                if buffer._version != version:
                    buffer.copy_(numbers)


def _held(module: nn.Module) -> list[dict | list]:
    """Return what a forward may change of a module: its attributes, and the plain lists and dictionaries among them."""
    return [vars(module), *(v for v in vars(module).values() if type(v) in (dict, list, OrderedDict))]


def _put_back(held: dict | list, before: dict | list) -> None:
    if isinstance(held, list):
        held[:] = before
        return
    for name in [name for name in held if name not in before]:
        del held[name]
    for name, value in dict(before).items():
        if held.get(name, held) is not value:
            held[name] = value


def leaves(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers in their order; one that stands in several places, each time."""
    parts = [part for part in module._modules.values() if part is not None]
    if isinstance(module, (nn.Linear, nn.Conv2d, _BatchNorm)) or not (parts or isinstance(module, nn.Sequential)):
        yield module
        return
    for part in parts:
        yield from leaves(inner(part))


def linear_map(layer: nn.Linear | nn.Conv2d) -> Affine:
    """Return the weight and the bias that a layer computes with.

    Raises:
        StudyError: where they are no floating-point numbers, or where the layer computes something else with them.
    """
    like = layer.weight
    _check_real(like)
    shape = like.shape
    rows = _rows(shape[1:2] if isinstance(layer, nn.Linear) else (shape[1], *(k + 1 for k in shape[2:])), like)
    found = layer(rows)  # masks and norms set the weight anew
    weight, bias = _numbers(layer.weight), layer.bias
    bias = torch.zeros(len(weight), dtype=torch.float64, device="cpu") if bias is None else _numbers(bias)
    function = linear if isinstance(layer, nn.Linear) else conv2d
    _check(layer, found, function(_numbers(rows), weight, bias), like.dtype, "its weight and its bias")
    return weight, bias


def normalisation(layer: _BatchNorm, maps: bool) -> Affine:
    """Return scale and shift of every feature of a batch normalisation in evaluation mode.

    scale = weight / sqrt(running variance + eps), shift = bias - scale * running mean.

    Raises:
        StudyError: where it keeps no running statistics, or computes something else.
    """
    if layer.running_mean is None or layer.running_var is None:
        raise StudyError(
            f"cannot prune a {type(layer).__name__} here: it has no running statistics (track_running_stats=False), so "
            "that what it does to a row depends on the other rows; replace it by one that has them"
        )
    like = layer.running_mean
    rows = _rows((len(like), 3, 3) if maps else (len(like),), layer.weight if layer.weight is not None else like)
    found = layer(rows)
    scale = 1 / (_numbers(layer.running_var) + layer.eps).sqrt()
    if layer.weight is not None:
        scale = scale * _numbers(layer.weight)
    shift = -scale * _numbers(layer.running_mean)
    if layer.bias is not None:
        shift = shift + _numbers(layer.bias)
    each = (-1, 1, 1) if maps else (-1,)
    expected = _numbers(rows) * scale.reshape(each) + shift.reshape(each)
    _check(layer, found, expected, like.dtype, "its running statistics")
    return scale, shift


def near(dtype: torch.dtype) -> float:
    """Return a tolerance far above rounding and far below another function."""
    return torch.finfo(dtype).eps ** 0.5


def distance(found: object, expected: Tensor, dtype: torch.dtype) -> float | None:
    """Return the largest difference where it is more than rounding (infinity for other shapes), else None."""
    if not isinstance(found, Tensor) or found.shape != expected.shape:
        return float("inf")
    found = found.to("cpu", torch.float64)
    finite = expected[torch.isfinite(expected)].abs()
    most = near(dtype) * (1 + float(finite.max()) if finite.numel() else 1.0)
    if torch.allclose(found, expected, rtol=near(dtype), atol=most, equal_nan=True):
        return None
    return float((found - expected).abs().max())


def _check(layer: nn.Module, found: object, expected: Tensor, dtype: torch.dtype, by: str) -> None:
    off = distance(found, expected, dtype) if bool(torch.isfinite(expected).all()) else None
    if off is not None:
        raise StudyError(
            f"cannot prune a {type(layer).__name__} here: it, or a hook on it, computes something else with {by} than "
            f"a {_plain(layer)} does (its outputs differ by up to {off:.2g})"
        )


def _plain(layer: nn.Module) -> str:
    """Return the name of the torch class that a layer is one of."""
    return next(kind.__name__ for kind in type(layer).__mro__ if kind.__module__.startswith("torch.nn.modules."))


def _rows(size: tuple[int, ...], like: Tensor) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(0)
    rows = torch.randn(ROWS, *size, generator=generator, dtype=torch.float64, device="cpu")
    return rows.to(like.device, like.dtype)


def _numbers(tensor: Tensor) -> Tensor:
    """Return floating-point numbers as a tensor of float64 on the CPU that shares nothing with them."""
    _check_real(tensor)
    dense = tensor.detach() if tensor.layout == torch.strided else tensor.detach().to_dense()
    return dense.to("cpu", torch.float64, copy=True, memory_format=torch.contiguous_format)


def _check_real(tensor: Tensor) -> None:
    if not torch.is_floating_point(tensor):
        raise StudyError(f"weights and biases have to be floating-point numbers, not {tensor.dtype}")
