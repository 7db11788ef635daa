"""The metrics of one curve: those of the register that need error and accuracy along a path alone."""

from __future__ import annotations

import math

import numpy as np

from analysis.metrics import path
from study.records.kept import accuracy_kept, error_kept

TAUS = {"r_1": 1.0, "r_2": 2.0, "r_5": 5.0}
EARLY = 0.20
"""Share of the removals that are early in claims C14 and C15."""
MOST_USED = 11
"""The largest number of units that the cosine needs (C19)."""


def trajectory(error: np.ndarray, correct: np.ndarray | None, samples: int) -> dict[str, float]:
    """Return the metrics of one error curve on one split, by the names that `names.yaml` explains.

    Args:
        error: E at k = 0..K, summed over the samples, shape (K + 1,).
        correct: correctly classified samples, shape (K + 1,); None in a regression.
        samples: rows of the split.
    """
    accuracy = 1 - error / samples if correct is None else correct / samples
    k = len(error) - 1
    removable = _removable(error, correct, samples)
    return {
        "units": k,
        "samples": samples,
        "E0": error[0],
        "E_all": error[-1],
        "accuracy_0": accuracy[0],
        "auc_e": path.auc_error(error),
        "auc_e_unclipped": path.auc_error(error, clipped=False),
        "m1b": path.auc_ratio(error),
        **removable,
        "breakdown": math.nan if correct is None else path.breakdown(accuracy, removable["r_2"]),
        **_falls(error),
        "auc_e_early": path.mean_share(error, 0.0, EARLY),
        "auc_e_late": path.mean_share(error, EARLY, 1.0),
        "accuracy_early": float(accuracy[: round(EARLY * k) + 1].mean()),
        "accuracy_60": accuracy[round(0.6 * k)],
        **_of_claims(error, removable["r_1pct"]),
        "fault_1": math.nan if correct is None else float(accuracy[1] < accuracy[0] - 0.01),
        "fault_10": math.nan if correct is None else float(accuracy[round(0.1 * k)] < accuracy[0] - 0.01),
    }


def _removable(error: np.ndarray, correct: np.ndarray | None, samples: int) -> dict[str, float]:
    """M2: shares of the units gone before a limit is first crossed; m2x: the largest within it."""
    kept = dict.fromkeys(TAUS, math.nan)
    exists = path.removable(error_kept(error, 0.01), exists=True)
    if correct is not None:
        kept = {name: path.removable(accuracy_kept(correct, samples, tau)) for name, tau in TAUS.items()}
        exists = path.removable(accuracy_kept(correct, samples, TAUS["r_1"]), exists=True)
    by_error = {"r_1pct": path.removable(error_kept(error, 0.01)), "m2e": path.removable(error <= 2 * error[0])}
    return kept | by_error | {"m2x": exists}


def _falls(error: np.ndarray) -> dict[str, float]:
    """M4, M6 and M8: where the error falls along the path."""
    m6, m6_at = path.gain(error)
    return {
        "m4": path.recovery(error),
        "m4n": path.recoveries(error),
        "m6": m6,
        "m6_at": m6_at,
        "m6_10": path.gain(error, within=10)[0],
        **{f"m6b_{k}": path.gain_at(error, k) for k in range(1, 6)},
        "m8": path.back_at_start(error),
    }


def _of_claims(error: np.ndarray, r_1pct: float) -> dict[str, float]:
    """The metrics of single claims on an error curve."""
    left = round((len(error) - 1) * (1 - r_1pct))
    return {
        "left_1pct": left,
        "at_most_11": float(left <= MOST_USED),
        "gini_rises": path.gini_of_rises(error),
        "recovers": float(path.recoveries(error) > 0),
        "lost": path.lost(error),
        "first_lowers": float(error[1] < error[0]),
    }
