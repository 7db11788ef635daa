"""Where passes over the rows run: a processor core, or an accelerator with float64."""

from __future__ import annotations

import torch

from study.errors import StudyError


def device(name: str) -> torch.device:
    """Return the device of that name.

    >>> device("cpu")
    device(type='cpu')

    Raises:
        StudyError: when it is not there, or has no float64, saying what is possible.
    """
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdecimal()):
        raise StudyError(f"device={name}: possible are cpu, cuda and cuda:N (float64 is needed throughout)")
    there = torch.cuda.device_count()
    if kind == "cuda" and int(number or 0) >= there:
        raise StudyError(f"device={name}: PyTorch sees {there} CUDA devices here; device=cpu always works")
    return torch.device(name)
