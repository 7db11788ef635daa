"""Frames of cells of single weights whose metrics and verdicts are known beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from analysis.frames import READ, RUN_COLUMNS, Frames, no_rows
from study.records import conform

ROWS = {"pruning": 500, "validation": 2000, "held_out": 1000}
"""Validation rows are more than the held-out ones: they choose, and are never taken for held-out rows."""
WEIGHTS = 1000


@dataclass(frozen=True)
class Ticket:
    """A cell of a protocol whose rounds are a cut and a training.

    Attributes:
        accuracy: held-out, shape (2 rounds + 1,): of the whole network, then after every cut and training.
        left: share of the weights left after each cut, shape (rounds,).
        stops: iteration of the early stop and held-out accuracy there, of the whole network and of each training.
        censored: whether the last training's stop is.
        rho: by criterion Spearman of the layers, shape (rounds, layers); the pooled one of "method" is its mean.
        decided: columns of `decisions`, shape (rounds,) each.
    """

    population: str = "mnist_ticket"
    method: str = "magnitude"
    protocol: str = "lottery_ticket[rounds=2]"
    seed: int = 100
    accuracy: Sequence[float] = (0.9, 0.5, 0.9, 0.3, 0.95)
    left: Sequence[float] = (0.5, 0.1)
    stops: Sequence[tuple[int, float]] = ()
    censored: bool = False
    rho: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    decided: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return "-".join(map(str, (self.population, self.method, self.protocol, self.seed)))


def ticketed(cells: Iterable[Ticket]) -> Frames:
    """Return the frames that a store with these cells would give."""
    cells = list(cells)
    tables = {name: pd.concat([_table(cell, name) for cell in cells], ignore_index=True) for name in READ}
    return Frames(cells=pd.DataFrame(map(_tags, cells), columns=list(RUN_COLUMNS)), **tables)


def _table(cell: Ticket, name: str) -> pd.DataFrame:
    made = {"events": _events, "evaluations": _evaluations, "stopped": _stopped, "trainings": _trainings}
    made |= {"bridge": _bridge, "decisions": _decisions}
    rows = made[name](cell) if name in made else []
    if not rows:
        return no_rows(name)
    table = conform(name, pd.DataFrame(rows))
    table.insert(0, "key", cell.key)
    return table


def _events(cell: Ticket) -> list[dict[str, object]]:
    left = [1.0, *(share for share in cell.left for _ in range(2))]
    return [
        {
            "event": event,
            "units_left": round(share * WEIGHTS),
            "removed": WEIGHTS - round(share * WEIGHTS),
            "round": (event + 1) // 2,
            "phase": "prune" if event % 2 or not event else "train",
            "layer": -1,
            "unit": -1,
            "scope": "weight",
            "kind": "start" if not event else "remove",
            **dict.fromkeys(("parameters_left", "multiply_adds_left", "forward_passes"), 1),
        }
        for event, share in enumerate(left[: len(cell.accuracy)])
    ]


def _seen(event: int, accuracy: float) -> list[dict[str, object]]:
    # On the other rows half of it, so that a metric on wrong rows is a wrong number.
    shares = {split: accuracy if split == "held_out" else accuracy / 2 for split in ROWS}
    return [
        {"event": event, "split": s, "samples": n, "error": n * (1 - shares[s]), "correct": round(n * shares[s])}
        | {"correct_per_class": [], "samples_per_class": []}
        for s, n in ROWS.items()
    ]


def _evaluations(cell: Ticket) -> list[dict[str, object]]:
    return [row for event, accuracy in enumerate(cell.accuracy) for row in _seen(event, accuracy)]


def _stopped(cell: Ticket) -> list[dict[str, object]]:
    return [row for k, (_, accuracy) in enumerate(cell.stops) for row in _seen(2 * k, accuracy)]


def _trainings(cell: Ticket) -> list[dict[str, object]]:
    last = len(cell.stops) - 1
    return [
        {"event": 2 * k, "since": 0, "until": 9000, "early_stop": at, "censored": int(cell.censored and k == last)}
        for k, (at, _) in enumerate(cell.stops)
    ]


def _bridge(cell: Ticket) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for criterion, rounds in cell.rho.items():
        for k, layers in enumerate(rounds):
            same = {"event": 2 * k, "criterion": criterion, "weights": 10}
            rows.append(same | {"layer": -1, "spearman": sum(layers) / len(layers)})
            rows += [same | {"layer": layer, "spearman": rho} for layer, rho in enumerate(layers)]
    return [row | {"near": 0} for row in rows]


def _decisions(cell: Ticket) -> list[dict[str, object]]:
    before = [1.0, *cell.left]
    cuts = [dict(zip(cell.decided, column, strict=True)) for column in zip(*cell.decided.values(), strict=True)]
    return [
        {"event": 2 * k, "weights_left": round(before[k] * WEIGHTS), "going": 1, **cut} for k, cut in enumerate(cuts)
    ]


def _tags(cell: Ticket) -> dict[str, object]:
    known = {
        "kind": "cell",
        "status": "finished",
        "key": cell.key,
        "trajectory_key": cell.key,
        "network_key": f"network-{cell.population}-{cell.seed}",
        "population": cell.population,
        "network": "784-300-100-10",
        "task": "classification",
        "method": cell.method,
        "ranking": "iterative",
        "scope": "weight",
        "removal": "zero",
        "selection": "pruning",
        "protocol": cell.protocol,
        "error": "cross_entropy",
        "seed": cell.seed,
        "draw": 0,
        "sweep": "weights",
        "band": "none",
        "numerics_version": '{"oracle": 1}',
        "run_id": f"run-{cell.key}",
        "run_name": cell.key,
    }
    return {name: known.get(name, "") for name in RUN_COLUMNS}
