"""The metrics of one curve: everything of the register that error and accuracy along a path decide."""

from __future__ import annotations

import math

import numpy as np

from analysis.metrics import path
from study.kept import accuracy_kept, error_kept

TAUS = {"r_1": 1.0, "r_2": 2.0, "r_5": 5.0}
EARLY = 0.20
"""Share of the removals that claims C14 and C15 call early."""
MOST_USED = 11
"""Units that the cosine needs at most (C19)."""


def trajectory(error: np.ndarray, correct: np.ndarray | None, samples: int) -> dict[str, float]:
    """Return the metrics of one error curve on one split.

    Args:
        error: E at k = 0..K, summed over the samples, shape (K + 1,).
        correct: correctly classified samples, shape (K + 1,); None in a regression.
        samples: rows of the split.

    Returns:
        The columns of `metrics.table` that a curve alone decides: units, samples, E0, E_all, accuracy_0, M1, M1b, M2,
        M4, M6, M8, breakdown; and of single claims auc_e_early, auc_e_late (C14: `path.mean_share` to 20 % and on),
        accuracy_early (C15: its mean over the first 20 %), accuracy_60 (C03: at 60 %), left_1pct (C18, C19: units left
        where the error first exceeds 1 % of its range), at_most_11 (C19), gini_rises (C21), recovers (C31: M4n > 0),
        lost (C55), first_lowers (C48), fault_1, fault_10 (C29: accuracy a point down after one removal, after 10 %).
    """
    accuracy = 1 - error / samples if correct is None else correct / samples
    r_1pct = path.removable(error_kept(error, 0.01))
    kept = dict.fromkeys(TAUS, math.nan)
    exists = path.removable(error_kept(error, 0.01), exists=True)
    if correct is not None:
        kept = {name: path.removable(accuracy_kept(correct, samples, tau)) for name, tau in TAUS.items()}
        exists = path.removable(accuracy_kept(correct, samples, TAUS["r_1"]), exists=True)
    m6, m6_at = path.gain(error)
    k = len(error) - 1
    left = round(k * (1 - r_1pct))
    recoveries = path.recoveries(error)
    return {
        "units": len(error) - 1,
        "samples": samples,
        "E0": error[0],
        "E_all": error[-1],
        "accuracy_0": accuracy[0],
        "auc_e": path.auc_error(error),
        "auc_e_unclipped": path.auc_error(error, clipped=False),
        "m1b": path.auc_ratio(error),
        **kept,
        "r_1pct": r_1pct,
        "m2e": path.removable(error <= 2 * error[0]),
        "m2x": exists,
        "breakdown": math.nan if correct is None else path.breakdown(accuracy, kept["r_2"]),
        "m4": path.recovery(error),
        "m4n": recoveries,
        "m6": m6,
        "m6_at": m6_at,
        "m6_10": path.gain(error, within=10)[0],
        **{f"m6b_{k}": path.gain_at(error, k) for k in range(1, 6)},
        "m8": path.back_at_start(error),
        "auc_e_early": path.mean_share(error, 0.0, EARLY),
        "auc_e_late": path.mean_share(error, EARLY, 1.0),
        "accuracy_early": float(accuracy[: round(EARLY * k) + 1].mean()),
        "accuracy_60": accuracy[round(0.6 * k)],
        "left_1pct": left,
        "at_most_11": float(left <= MOST_USED),
        "gini_rises": path.gini_of_rises(error),
        "recovers": float(recoveries > 0),
        "lost": path.lost(error),
        "first_lowers": float(error[1] < error[0]),
        "fault_1": math.nan if correct is None else float(accuracy[1] < accuracy[0] - 0.01),
        "fault_10": math.nan if correct is None else float(accuracy[round(0.1 * k)] < accuracy[0] - 0.01),
    }
