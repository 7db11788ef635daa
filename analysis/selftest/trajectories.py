"""Trajectories whose metrics are known exactly, as the frames that a tracking store would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.frames import RUN_COLUMNS, Frames
from analysis.selftest.designs import UNITS
from study.records import conform
from study.records.condition import Condition

SAMPLES = 1000
E0, E_ALL = 10.0, 400.0
BENT = 19
"""Exponent of the two shapes between which error curves are mixed; their areas are about 1 / 20 and 19 / 20."""

Q = np.arange(UNITS + 1) / UNITS


@dataclass(frozen=True)
class Trajectory:
    """One synthetic cell with chosen metrics: the network `seed` of a population, pruned by a method.

    Attributes:
        area: its AUC_E, within `areas()`.
        removable: its R_1, a multiple of 1 / UNITS.
        rho: its correlation of estimate and true impact in the trained network.
    """

    population: str
    method: str
    seed: int
    area: float = 0.5
    removable: float = 0.5
    rho: float = 0.5

    @property
    def key(self) -> str:
        """The cell's key."""
        return f"{self.population}-{self.method}-{self.seed}"


def areas() -> tuple[float, float]:
    """Return the smallest and the largest AUC_E that `error` can have."""
    smallest = float(np.trapezoid(Q**BENT, Q))
    return smallest, 1 - smallest


def error(area: float) -> NDArray[np.float64]:
    """Return E at k = 0..UNITS, rising throughout, with this AUC_E up to rounding.

    A late rise q^19 and its mirror image, an early rise, are mixed; the trapezoids' area is linear in the weight. Of
    two such curves the one with the smaller area is the lower one at every step.

    >>> from analysis.metrics import trajectory
    >>> round(trajectory(error(0.3), None, SAMPLES)["auc_e"], 12)
    0.3
    """
    smallest, largest = areas()
    early = (area - smallest) / (largest - smallest)
    if not 0 <= early <= 1:
        raise ValueError(f"AUC_E must lie in [{smallest:.3f}, {largest:.3f}], got {area}")
    return E0 + (E_ALL - E0) * ((1 - early) * Q**BENT + early * (1 - (1 - Q) ** BENT))


def correct(removable: float) -> NDArray[np.float64]:
    """Return the correct samples at k = 0..UNITS: all up to q = removable, then ten points fewer.

    >>> from analysis.metrics import trajectory
    >>> trajectory(error(0.5), correct(0.35), SAMPLES)["r_1"]
    0.35
    """
    kept = np.arange(UNITS + 1) <= round(removable * UNITS)
    return np.where(kept, SAMPLES, 0.9 * SAMPLES)


def frames(cells: Sequence[Trajectory]) -> Frames:
    """Return the frames of a store with these cells."""
    keys = np.repeat([cell.key for cell in cells], UNITS + 1)
    k = np.tile(np.arange(UNITS + 1), len(cells))
    events = {
        "event": k,
        "kind": np.where(k == 0, "start", "remove"),
        "layer": np.where(k == 0, -1, 0),
        "unit": k - 1,
        "units_left": UNITS - k,
        "parameters_left": UNITS - k,
        "multiply_adds_left": UNITS - k,
        "forward_passes": k,
        "seconds": 0.0,
        "scope": "unit",
        "removed": k,
        "round": k,
        "phase": "prune",
    }
    classes: dict[str, list[list[int]]] = {f"{name}_per_class": [[]] * len(k) for name in ("correct", "samples")}
    evaluations = {
        "event": k,
        "split": "pruning",
        "samples": SAMPLES,
        "error": np.concatenate([error(cell.area) for cell in cells]),
        "correct": np.concatenate([correct(cell.removable) for cell in cells]),
        **classes,
    }
    first = [cell.key for cell in cells]
    agreement = {"event": 0, "layer": -1, "units": UNITS, "ties": 0, "spearman": [cell.rho for cell in cells]}
    return Frames(
        cells=pd.DataFrame([_tags(cell) for cell in cells], columns=list(RUN_COLUMNS)),
        events=_table("events", events, keys),
        evaluations=_table("evaluations", evaluations, keys),
        agreement=_table("agreement", agreement, first),
    )


def _table(name: str, columns: dict[str, object], keys: Sequence[str] | NDArray[np.str_]) -> pd.DataFrame:
    table = conform(name, pd.DataFrame(columns))
    table.insert(0, "key", pd.Series(list(keys), dtype="str"))
    return table


def _tags(cell: Trajectory) -> dict[str, object]:
    known = {
        "kind": "cell",
        "status": "finished",
        "key": cell.key,
        "network_key": f"{cell.population}-{cell.seed}",
        "population": cell.population,
        "network": f"1-{UNITS}-1",
        "task": "classification",
        **Condition(cell.method).tags,
        "seed": cell.seed,
        "draw": 0,
        "band": "none",
        "start_time": "2000-01-01T00:00:00",
    }
    return {name: known.get(name, "") for name in RUN_COLUMNS}
