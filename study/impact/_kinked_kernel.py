"""The fused oracle of single weights where one layer of ReLUs stands between their unit and the outputs.

Between the changes of sign of the ReLUs the outputs are linear in what the unit puts out, so that most rows cost no
forward pass: three to four of a hundred do, on a network trained on MNIST. As exact as the general way of
`_weight_kernel.py`, whose words are used here; `weights.py` decides.
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

from study.impact._kernel import _LOOSE, _activate, _error
from study.impact._weight_kernel import ANY, TILE


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _closed(z, goal, width, error, outputs):
    """Return E of a tile whose outputs lie `TILE` apart, `width` of them used; both arrays are overwritten."""
    if width < TILE:
        for i in range(1, outputs):
            for p in range(width):
                z[i * width + p] = z[i * TILE + p]
                goal[i * width + p] = goal[i * TILE + p]
    return _error(error, z[: outputs * width], goal[: outputs * width], outputs, width, ANY)


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _lines(base, column, weights, slopes, low, high):
    """Set how the outputs of every row move with one unit's output, and between which changes of it they move so.

    z_k + d w_k changes its sign at d = -z_k / w_k; until the first such d on either side the ReLUs stay as they are.
    """
    samples, above = base.shape
    lit = np.empty(above)
    for n in range(samples):
        row, down, up = base[n], -np.inf, np.inf
        for k in range(above):
            lit[k] = column[k] if row[k] > 0.0 else 0.0
            if column[k] != 0.0:
                edge = -row[k] / column[k]
                if edge >= 0.0:
                    up = min(up, edge)
                if edge <= 0.0:
                    down = max(down, edge)
        low[n], high[n] = down, up
        for i in range(len(weights)):
            total = 0.0
            for k in range(above):
                total += weights[i, k] * lit[k]
            slopes[n, i] = total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _out(row, d, column, weights, biases, room, out):
    """out := W max(z + d w, 0) + b of one row; `room` is overwritten."""
    for k in range(len(row)):
        room[k] = max(row[k] + d * column[k], 0.0)
    for i in range(len(biases)):
        total = biases[i]
        for k in range(len(row)):
            total += weights[i, k] * room[k]
        out[i] = total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy", nogil=True)
def kinked_changes(to, source, w, h, starts, rows, z, code, scale, columns, base, weights, biases, error, t, out):
    """As `_weight_kernel.hidden_changes`, where one layer of ReLUs stands between the unit and the outputs.

    The outputs are then piecewise linear in the unit's output, and few weights carry so much that a ReLU changes sides:
    for the others a row costs what its outputs cost. `weights` (outputs, units above) and `biases` are the outputs'.
    """
    samples, outputs = len(base), t.shape[1]
    start, slopes, known = np.empty((samples, outputs)), np.empty((samples, outputs)), np.empty(samples)
    low, high, before, moved = np.empty(samples), np.empty(samples), np.empty(samples), np.empty(samples)
    logits, goal, room, row = (
        np.empty(TILE * outputs),
        np.empty(TILE * outputs),
        np.empty(base.shape[1]),
        np.empty(outputs),
    )
    for n in range(samples):
        _out(base[n], 0.0, columns[0], weights, biases, room, start[n])
        for i in range(outputs):
            logits[i * TILE], goal[i * TILE] = start[n, i], t[n, i]
        known[n] = _closed(logits, goal, 1, error, outputs)
    last = -1
    for b in range(len(w)):
        j, first, end, total, width = to[b], starts[source[b]], starts[source[b] + 1], 0.0, 0
        out[b] = 0.0
        if w[b] == 0.0 or first == end:
            continue
        if j != last:
            _activate(code, z[j], 0.0, z[j], before, ANY)
            _lines(base, columns[j], weights, slopes, low, high)
            last = j
        step, count = -w[b] * scale, end - first
        for p in range(count):
            moved[p] = z[j, rows[first + p]] + step * h[first + p]
        _activate(code, moved[:count], 0.0, moved[:count], moved[:count], ANY)
        for p in range(count):
            n = rows[first + p]
            d = moved[p] - before[n]
            if d != 0.0:
                if low[n] < d < high[n]:
                    for i in range(outputs):
                        logits[i * TILE + width] = start[n, i] + d * slopes[n, i]
                else:
                    _out(base[n], d, columns[j], weights, biases, room, row)
                    for i in range(outputs):
                        logits[i * TILE + width] = row[i]
                for i in range(outputs):
                    goal[i * TILE + width] = t[n, i]
                total -= known[n]
                width += 1
            if width == TILE or (width and p == count - 1):
                total += _closed(logits, goal, width, error, outputs)
                width = 0
        out[b] = total
