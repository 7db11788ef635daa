"""The fused oracle of single weights: a row whose unit does not change costs nothing, another one forward pass of it.

Removing weight w = W_l[j, i] changes one pre-activation, z_j by -w x_i, and hence one output, o_j, by

    d_n = s(z_jn - w x_in) - s(z_jn)        row by row.

Rows where x_in is 0, or where d_n is (a ReLU that stays dark), drop out. The others add d_n times the outgoing weights
of unit j to the next pre-activations. Those are kept with one row's units side by side, so that a tile of rows,
wherever they lie, runs through what follows in vectors. Compiled by numba; `weights.py` prepares what follows and
decides. What is "scaled" is so as in `_kernel`, whose activations and errors are used.

Their machine code is a part of what numba keeps of this file: whoever changes them there clears its cache
(`__pycache__`, or `NUMBA_CACHE_DIR`).
"""

# mypy: disable-error-code="untyped-decorator, no-untyped-def"
from __future__ import annotations

import numpy as np
from numba import njit

from study.impact._kernel import _LOOSE, _activate, _error

TILE = 64
"""Rows that are run together."""
ANY = np.inf
"""The bound on a pre-activation of which nothing is known: the sigmoids clamp."""


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _through(weights, start, here, biases, offset, above, x, width, out, by_row):
    """out := W x + b of a tile; x by rows, out by rows, too, or else by units. Four rows and two units at a time."""
    for p in range(0, width - width % 4, 4):
        a, b = x[p * here : (p + 1) * here], x[(p + 1) * here : (p + 2) * here]
        c, d = x[(p + 2) * here : (p + 3) * here], x[(p + 3) * here : (p + 4) * here]
        for i in range(0, above - above % 2, 2):
            v = weights[start + i * here : start + (i + 1) * here]
            w = weights[start + (i + 1) * here : start + (i + 2) * here]
            va = vb = vc = vd = wa = wb = wc = wd = 0.0
            for k in range(here):
                va += v[k] * a[k]
                vb += v[k] * b[k]
                vc += v[k] * c[k]
                vd += v[k] * d[k]
                wa += w[k] * a[k]
                wb += w[k] * b[k]
                wc += w[k] * c[k]
                wd += w[k] * d[k]
            e, f = biases[offset + i], biases[offset + i + 1]
            if by_row:
                out[p * above + i], out[p * above + i + 1] = va + e, wa + f
                out[(p + 1) * above + i], out[(p + 1) * above + i + 1] = vb + e, wb + f
                out[(p + 2) * above + i], out[(p + 2) * above + i + 1] = vc + e, wc + f
                out[(p + 3) * above + i], out[(p + 3) * above + i + 1] = vd + e, wd + f
            else:
                one, two = out[i * width + p : i * width + p + 4], out[(i + 1) * width + p : (i + 1) * width + p + 4]
                one[0], one[1], one[2], one[3] = va + e, vb + e, vc + e, vd + e
                two[0], two[1], two[2], two[3] = wa + f, wb + f, wc + f, wd + f
    for p in range(width):
        row = x[p * here : (p + 1) * here]
        for i in range(above - above % 2 if p < width - width % 4 else 0, above):
            w = weights[start + i * here : start + (i + 1) * here]
            total = biases[offset + i]
            for k in range(here):
                total += w[k] * row[k]
            out[p * above + i if by_row else i * width + p] = total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _tile_error(x, y, z, goal, width, at, codes, sizes, weights, biases, error, t):
    """Return E of a tile of rows.

    Args:
        x: by rows: outputs of the first layer of `codes`, or pre-activations of the output layer where there is none.
        y, z, goal: room for a layer, the outputs and their targets.
        width: rows in the tile.
        at: which rows they are.
        codes, sizes, weights, biases, error, t: as in `hidden_changes`.
    """
    outputs, start, offset, here = t.shape[1], 0, 0, sizes[0]
    if len(codes) == 0:
        for i in range(outputs):
            for p in range(width):
                z[i * width + p] = x[p * outputs + i]
    for m in range(1, len(codes) + 1):
        above = sizes[m]
        if m == len(codes):
            _through(weights, start, here, biases, offset, above, x, width, z, False)
        else:
            _through(weights, start, here, biases, offset, above, x, width, y, True)
            for p in range(width):
                row = y[p * above : (p + 1) * above]
                _activate(codes[m], row, 0.0, row, row, ANY)
            x, y = y, x
        start, offset, here = start + here * above, offset + above, above
    for p in range(width):
        row = t[at[p]]
        for i in range(outputs):
            goal[i * width + p] = row[i]
    return _error(error, z[: outputs * width], goal[: outputs * width], outputs, width, ANY)


@njit(cache=True, fastmath=_LOOSE, error_model="numpy", nogil=True)
def hidden_changes(
    to,
    source,
    w,
    h,
    starts,
    rows,
    z,
    code,
    scale,
    columns,
    base,
    codes,
    sizes,
    weights,
    biases,
    error,
    t,
    out,
):
    """Set `out` to E(w = 0) - E of weights into one hidden layer.

    Args:
        to: the unit that each weight goes into, shape (n,); equal ones side by side.
        source: the unit or feature that it comes from, shape (n,).
        w: the weights, shape (n,).
        h: what each unit below puts out where it is not 0, unit by unit, flat.
        starts: where the numbers of each unit below begin in `h` and `rows`, shape (units below + 1,).
        rows: the samples that these are of.
        z: scaled pre-activations of the layer, shape (units, samples).
        code: of its activation.
        scale: what its pre-activations are scaled by.
        columns: scaled outgoing weights of every unit of it, shape (units, units above).
        base: scaled pre-activations of the layer above, shape (samples, units above).
        codes: activations of the layers from there on, the outputs left out.
        sizes: units of the layer above and of all that follow, the outputs last.
        weights: scaled, of the layers after it, row by row; flat.
        biases: of the same, scaled; flat.
        error: code of the error.
        t: targets, shape (samples, outputs).
        out: shape (n,).
    """
    widest, outputs, samples, above = 1, t.shape[1], len(base), sizes[0]
    for size in sizes:
        widest = max(widest, size)
    x, y = np.empty(TILE * widest), np.empty(TILE * widest)
    logits, goal = np.empty(TILE * outputs), np.empty(TILE * outputs)
    at, moved, before = np.empty(TILE, np.int64), np.empty(samples), np.empty(samples)
    known, nothing = np.empty(samples), np.zeros(above)
    for n in range(samples):
        at[0] = n
        if len(codes):
            _activate(codes[0], base[n], 0.0, nothing, x[:above], ANY)
        else:
            x[:above] = base[n]
        known[n] = _tile_error(x, y, logits, goal, 1, at, codes, sizes, weights, biases, error, t)
    last = -1
    for b in range(len(w)):
        j, first, end, total = to[b], starts[source[b]], starts[source[b] + 1], 0.0
        out[b] = 0.0
        if w[b] == 0.0 or first == end:
            continue
        if j != last:
            _activate(code, z[j], 0.0, z[j], before, ANY)
            last = j
        column, step, count = columns[j], -w[b] * scale, end - first
        for p in range(count):
            moved[p] = z[j, rows[first + p]] + step * h[first + p]
        _activate(code, moved[:count], 0.0, moved[:count], moved[:count], ANY)
        width = 0
        for p in range(count):
            n = rows[first + p]
            d = moved[p] - before[n]
            if d != 0.0:
                row = x[width * above : (width + 1) * above]
                if len(codes):
                    _activate(codes[0], base[n], d, column, row, ANY)
                else:
                    for k in range(above):
                        row[k] = base[n, k] + d * column[k]
                at[width] = n
                total -= known[n]
                width += 1
            if width == TILE or (width and p == count - 1):
                total += _tile_error(x, y, logits, goal, width, at, codes, sizes, weights, biases, error, t)
                width = 0
        out[b] = total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy", nogil=True)
def output_changes(to, source, w, h, starts, rows, base, scale, error, t, out):
    """The same of weights into the output layer.

    Args:
        base: its scaled pre-activations, shape (samples, outputs).
        scale: what they are scaled by.
        to, source, w, h, starts, rows, error, t, out: as in `hidden_changes`.
    """
    outputs = base.shape[1]
    x, y = np.empty(TILE * outputs), np.empty(1)
    logits, goal, at = np.empty(TILE * outputs), np.empty(TILE * outputs), np.empty(TILE, np.int64)
    codes, sizes, none = np.empty(0, np.int64), np.full(1, outputs), np.empty(0)
    known = np.empty(len(base))
    for n in range(len(base)):
        at[0], x[:outputs] = n, base[n]
        known[n] = _tile_error(x, y, logits, goal, 1, at, codes, sizes, none, none, error, t)
    for b in range(len(w)):
        j, first, end, total, width = to[b], starts[source[b]], starts[source[b] + 1], 0.0, 0
        for p in range(first, end if w[b] != 0.0 else first):
            n = rows[p]
            x[width * outputs : (width + 1) * outputs] = base[n]
            x[width * outputs + j] -= w[b] * scale * h[p]
            at[width] = n
            total -= known[n]
            width += 1
            if width == TILE or p == end - 1:
                total += _tile_error(x, y, logits, goal, width, at, codes, sizes, none, none, error, t)
                width = 0
        out[b] = total
