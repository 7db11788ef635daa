"""Where passes over the rows run: a processor, with so many threads, or an accelerator with float64."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from study.common.errors import StudyError, shown


def device(name: str) -> torch.device:
    """Return the device of that name.

    >>> device("cpu")
    device(type='cpu')

    Raises:
        StudyError: when it is not there, or has no float64, saying what is possible.
    """
    kind, _, number = str(name).partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdecimal()):
        what = name if isinstance(name, str) else shown(name)
        raise StudyError(f"device={what}: possible are cpu, cuda and cuda:N (float64 is needed throughout)")
    there = torch.cuda.device_count()
    if kind == "cuda" and int(number or 0) >= there:
        raise StudyError(f"device={name}: PyTorch sees {there} CUDA devices here; device=cpu always works")
    return torch.device(name)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let PyTorch compute with so many threads, and with as many as before afterwards.

    Sums over many rows are split among threads: another count gives other bits. What trains or measures states its
    count, whatever a process happens to be set to.

    >>> before = torch.get_num_threads()
    >>> with threads(1):
    ...     inside = torch.get_num_threads()
    >>> inside, torch.get_num_threads() == before
    (1, True)
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def on_cpu() -> AbstractContextManager:
    """Return where new tensors are made on the CPU, whatever default device a notebook has set.

    >>> with on_cpu():
    ...     torch.zeros(1).device
    device(type='cpu')
    """
    return nullcontext() if torch.get_default_device().type == "cpu" else torch.device("cpu")
