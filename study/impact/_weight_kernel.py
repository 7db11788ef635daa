"""The fused oracle of single weights: a row whose unit does not change costs nothing, another one forward pass of it.

Removing weight w = W_l[j, i] changes one pre-activation, z_j by -w x_i, and hence one output, o_j, by

    d_n = s(z_jn - w x_in) - s(z_jn)        row by row.

Rows where x_in is 0, or where d_n is (a ReLU that stays dark), drop out. The others add d_n times the outgoing weights
of unit j to the next pre-activations, which are kept with one row's units side by side, so that what follows is a
forward pass of that row in vectors. Compiled by numba; `weights.py` prepares what follows and decides.

What is taken from `_kernel.py` is copied into the machine code that numba keeps: whoever changes it there clears the
cache (`__pycache__`, or `NUMBA_CACHE_DIR`).
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-def"
from __future__ import annotations

import math

import numpy as np
from numba import njit

from study.impact._kernel import (
    _LOOSE,
    CROSS_ENTROPY,
    LINEAR,
    LINEAR_OUTPUT,
    RELU,
    SIGMOID,
    SIGMOID_OUTPUT,
    SOFTMAX_OUTPUT,
    SOFTPLUS,
    _clamped,
    _exp2,
    _softplus,
)

TANH = 4
"""An activation's code beside those of `_kernel`, which makes a sigmoid of it."""
LOG2_E = 1.0 / math.log(2.0)
LOWEST = -1020.0
"""Smallest y of which 2^y is taken; below it is 0."""


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _activate(code, x):
    """x := s(x), in place."""
    if code == RELU:
        for k in range(len(x)):
            x[k] = max(x[k], 0.0)
    elif code == SIGMOID:
        for k in range(len(x)):
            x[k] = 1.0 / (1.0 + _exp2(_clamped(-x[k] * LOG2_E)))
    elif code == TANH:
        for k in range(len(x)):
            x[k] = 2.0 / (1.0 + _exp2(_clamped(-2.0 * x[k] * LOG2_E))) - 1.0
    elif code == SOFTPLUS:
        _softplus(x)
    elif code != LINEAR:
        raise ValueError("an activation that this kernel does not know")


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _row_error(code, z, t):
    """Return E of one row from its output pre-activations z, which are overwritten."""
    total = 0.0
    if code == SIGMOID_OUTPUT:
        for i in range(len(z)):
            d = 1.0 / (1.0 + _exp2(_clamped(-z[i] * LOG2_E))) - t[i]
            total += d * d
        return 0.5 * total
    if code == LINEAR_OUTPUT:
        for i in range(len(z)):
            d = z[i] - t[i]
            total += d * d
        return 0.5 * total
    at, largest = 0, z[0]
    for i in range(1, len(z)):
        if z[i] > largest:
            at, largest = i, z[i]
    others, weight = 0.0, 0.0
    for i in range(len(z)):
        y = z[i] - largest
        total -= t[i] * y
        weight += t[i]
        z[i] = _exp2(max(y * LOG2_E, LOWEST))
    for i in range(len(z)):
        others += z[i] if i != at else 0.0
    if code == CROSS_ENTROPY:  # -sum t log o = sum t log(1 + others) - sum t y: no digit of a small error is lost
        return weight * math.log1p(others) + total
    if code != SOFTMAX_OUTPUT:
        raise ValueError("an error that this kernel does not know")
    total = 0.0
    for i in range(len(z)):
        d = z[i] / (1.0 + others) - t[i]
        total += d * d
    return 0.5 * total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _follow(x, y, codes, sizes, weights, biases):
    """Run one row through layers: x holds pre-activations of the first; return whether y holds those of the outputs."""
    start, offset, here, turned = 0, 0, sizes[0], 0
    for m in range(len(codes)):
        above = sizes[m + 1]
        source, target = (y, x) if turned else (x, y)
        _activate(codes[m], source[:here])
        for i in range(above):
            row = weights[start + i * here : start + (i + 1) * here]
            total = 0.0
            for k in range(here):
                total += row[k] * source[k]
            target[i] = total + biases[offset + i]
        start, offset, here, turned = start + here * above, offset + above, above, 1 - turned
    return turned


@njit(cache=True, fastmath=_LOOSE, error_model="numpy", nogil=True)
def hidden_changes(
    to, source, w, h, starts, rows, z, code, columns, base, codes, sizes, weights, biases, error, t, out
):
    """Set `out` to E(w = 0) - E of weights into one hidden layer.

    Args:
        to: the unit that each weight goes into, shape (n,).
        source: the unit or feature that it comes from, shape (n,).
        w: the weights, shape (n,).
        h: what the layer sees, shape (units below, samples).
        starts: where the rows of each unit below begin in `rows`, shape (units below + 1,).
        rows: samples in which that unit is not 0.
        z: pre-activations of the layer, shape (units, samples).
        code: of its activation.
        columns: outgoing weights of every unit of it, shape (units, units above).
        base: pre-activations of the layer above, shape (samples, units above).
        codes: activations of the layers from there on, the outputs left out.
        sizes: units of the layer above and of all that follow, the outputs last.
        weights: of the layers after it, row by row; flat.
        biases: of the same; flat.
        error: code of the error.
        t: targets, shape (samples, outputs).
        out: shape (n,).
    """
    widest, outputs, samples = 1, t.shape[1], len(base)
    for size in sizes:
        widest = max(widest, size)
    x, y, one = np.empty(widest), np.empty(widest), np.empty(1)
    known, before = np.full(samples, -1.0), np.empty(samples)
    last = -1
    for b in range(len(w)):
        j, i, total = to[b], source[b], 0.0
        if j != last:  # outputs of the unit, by the arithmetic that its changed ones are computed by
            for n in range(samples):
                one[0] = z[j, n]
                _activate(code, one)
                before[n] = one[0]
            last = j
        column = columns[j]
        for p in range(starts[i], starts[i + 1]):
            n = rows[p]
            one[0] = z[j, n] - w[b] * h[i, n]
            _activate(code, one)
            d = one[0] - before[n]
            if d == 0.0:
                continue
            if known[n] < 0.0:
                x[: sizes[0]] = base[n]
                turned = _follow(x, y, codes, sizes, weights, biases)
                known[n] = _row_error(error, (y if turned else x)[:outputs], t[n])
            row = base[n]
            for k in range(len(row)):
                x[k] = row[k] + d * column[k]
            turned = _follow(x, y, codes, sizes, weights, biases)
            total += _row_error(error, (y if turned else x)[:outputs], t[n]) - known[n]
        out[b] = total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy", nogil=True)
def output_changes(to, source, w, h, starts, rows, base, error, t, out):
    """The same of weights into the output layer; `base` holds its pre-activations, shape (samples, outputs)."""
    x = np.empty(base.shape[1])
    known = np.full(len(base), -1.0)
    for b in range(len(w)):
        j, i, total = to[b], source[b], 0.0
        for p in range(starts[i], starts[i + 1]):
            n = rows[p]
            if known[n] < 0.0:
                x[:] = base[n]
                known[n] = _row_error(error, x, t[n])
            x[:] = base[n]
            x[j] -= w[b] * h[i, n]
            total += _row_error(error, x, t[n]) - known[n]
        out[b] = total
