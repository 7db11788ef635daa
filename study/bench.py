"""`python -m study.bench`: the oracle and the Taylor methods against one full forward pass a unit, on this machine."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import torch
from rich.console import Console
from rich.table import Table

from study.data.base import Split
from study.impact import Stages, plain_errors, unit_errors
from study.methods import View, method
from study.networks import ErrorFunction, mlp
from study.pruning import constants

CASES = {
    "400-100-10, N=5,000": (400, (100,), 10, 5_000),
    "400-50-50-10, N=5,000": (400, (50, 50), 10, 5_000),
    "1-50-50-1, N=10,000": (1, (50, 50), 1, 10_000),
    "2-50-50-1, N=48,564": (2, (50, 50), 1, 48_564),
}
SAMPLED = 10
"""Units that the reference is timed on; its time is scaled to all of them."""
ROUNDS = 5


def main() -> int:
    """Time one step with all units there, each in turn; one thread, float64."""
    torch.set_num_threads(1)
    console = Console()
    table = Table(
        "one step, all units", "reference", "oracle", "ratio", "taylor1", "taylor2", "taylor2_exact",
        title=f"Seconds, medians of {ROUNDS}; the reference is {SAMPLED} full forward passes, scaled to all units",
        title_justify="left",
    )  # fmt: skip
    for name, case in CASES.items():
        with console.status(name):
            seconds = measure(*case)
        reference, oracle, *others = seconds
        ratio = f"{reference / oracle:.0f}x"
        table.add_row(name, f"{reference:.3f}", f"{oracle:.4f}", ratio, *(f"{s:.4f}" for s in others))
    console.print(table)
    return 0


def measure(features: int, hidden: tuple[int, ...], outputs: int, samples: int) -> list[float]:
    """Return median seconds of the reference (scaled), the oracle, and the three Taylor methods."""
    generator = torch.Generator().manual_seed(0)
    network = mlp(features, hidden, outputs)
    inputs = torch.rand(samples, features, generator=generator, dtype=torch.float64)
    targets = torch.rand(samples, outputs, generator=generator, dtype=torch.float64).round()
    rows, error = Split(inputs, targets, torch.zeros(samples, dtype=torch.int64)), ErrorFunction("sigmoid")
    stages = Stages(network, rows, error)
    layer = torch.cat([torch.full((n,), m) for m, n in enumerate(hidden)])
    unit = torch.cat([torch.arange(n) for n in hidden])
    none = constants(stages, "zero")
    some = torch.linspace(0, len(unit) - 1, SAMPLED).long()
    view = View(stages, layer, unit, none)
    works: list[Callable[[], object]] = [
        partial(plain_errors, network, rows, error, stages.gains, layer[some], unit[some], none),
        partial(unit_errors, stages, layer, unit, none),
        *(partial(method(name).scores, view) for name in ("taylor1", "taylor2", "taylor2_exact")),
    ]
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, times in zip(works, taken, strict=True):
            started = time.perf_counter()
            work()
            times.append(time.perf_counter() - started)
    medians = [statistics.median(times) for times in taken]
    return [medians[0] * len(unit) / SAMPLED, *medians[1:]]


if __name__ == "__main__":
    sys.exit(main())
