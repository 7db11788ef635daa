"""The fused oracle: a candidate's activations and error in one pass over a block of samples that stays in cache.

Compiled by numba (an optional dependency; `fused.py` decides, and prepares what follows). numba's exponential is the
scalar one of the C library, so there is one here that vectorises:

    2^y = 2^n 2^f,   n = round(y),   f = y - n exactly,

2^f by a polynomial of degree 10, 2^n by putting n into the exponent's bits; good to 5e-16 relative for |y| < 1000. The
factors log2(e) and -1 of a sigmoid 1 / (1 + 2^y), y = -x log2(e), are multiplied into weights and pre-activations
beforehand: "scaled" below. Its division costs as much as the polynomial; two samples share one, 1/a = b / (ab) and
1/b = a / (ab), which is safe as long as ab stays finite: |y| <= LIMIT, and beyond it, where the sigmoid is 0 or 1 to
1e-147, y is clamped. A bound on |y| that is known beforehand spares the clamping. tanh x = 2 sigmoid(2x) - 1 is a
sigmoid with other weights above it.

Everything is laid out with samples last, so that every inner loop runs over contiguous samples and vectorises.
"""

# mypy: disable-error-code="untyped-decorator, call-arg, attr-defined"
from __future__ import annotations

import math

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import config
from numba.extending import intrinsic

# LLVM keeps to 256-bit vectors where the processor has 512-bit ones; here the wide ones are a third faster.
_features = llvm.get_host_cpu_features()
if _features.get("avx512f") and config.CPU_FEATURES is None:
    config.CPU_NAME = llvm.get_host_cpu_name()
    config.CPU_FEATURES = _features.flatten() + ",-prefer-256-bit"

LINEAR, SIGMOID, RELU, SOFTPLUS = range(4)
SIGMOID_OUTPUT, LINEAR_OUTPUT, SOFTMAX_OUTPUT, CROSS_ENTROPY = range(4)

ROWS = 4
"""Units of a layer that are computed together and added into the next layer while they are in cache."""
TILE = 512
"""Samples that are added up at a time: 4 rows of them are 16 KiB of float64."""
LIMIT = 490.0
"""Largest |y| of a shared division: (2^LIMIT)^2 is finite."""
LOGS = 16
"""Samples whose sums of exponentials are multiplied before one logarithm is taken (at most outputs^16)."""
LN_2 = math.log(2.0)

LOWEST = -1020.0
"""Smallest y of which 2^y is taken; below it is 0."""

_ROUND = 6755399441055744.0 + 1023.0  # 1.5 * 2^52 rounds to a whole number; 1023 is the exponent's bias
# 2^f on |f| <= 1/2, interpolated at the zeros of a Chebyshev polynomial: 3e-16 relative.
_C1, _C2, _C3, _C4 = 0.69314718055995, 0.24022650695910097, 0.05550410866444772, 0.009618129107606888
_C5, _C6, _C7 = 0.0013333558230164974, 0.0001540353044173605, 1.5252657260200837e-05
_C8, _C9, _C10 = 1.321544258792169e-06, 1.0208690299958306e-07, 7.072585949269223e-09

# Sums may be reordered, which lets them vectorise; within `_exp2` they must not be.
_LOOSE = {"contract", "reassoc", "nsz"}


@intrinsic
def _double(_, bits):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Read 64 bits as a double."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def _bits(_, number):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Read a double as 64 bits."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@njit(cache=True, fastmath={"contract"})
def _exp2(y: float) -> float:
    """Return 2^y for |y| < 1000."""
    shifted = y + _ROUND
    f = y - (shifted - _ROUND)
    f2 = f * f
    f4 = f2 * f2
    p = (_C10 * f2 + (_C9 * f + _C8)) * f4
    p = (p + ((_C7 * f + _C6) * f2 + (_C5 * f + _C4))) * f4 + ((_C3 * f + _C2) * f2 + (_C1 * f + 1.0))
    return p * _double(_bits(shifted) << 52)


@njit(cache=True, fastmath=_LOOSE)
def _clamped(y: float) -> float:
    return min(max(y, -LIMIT), LIMIT)


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _sigmoid(z, w, change, out, bound):  # type: ignore[no-untyped-def]
    """out := 1 / (1 + 2^y), y = z + w change; the three of one length, `bound` >= |y|."""
    half = len(z) // 2
    za, zb = z[:half], z[half : 2 * half]
    ca, cb = change[:half], change[half : 2 * half]
    oa, ob = out[:half], out[half : 2 * half]
    if bound <= LIMIT:
        for n in range(half):
            a, b = 1.0 + _exp2(za[n] + w * ca[n]), 1.0 + _exp2(zb[n] + w * cb[n])
            r = 1.0 / (a * b)
            oa[n] = r * b
            ob[n] = r * a
    else:
        for n in range(half):
            a, b = 1.0 + _exp2(_clamped(za[n] + w * ca[n])), 1.0 + _exp2(_clamped(zb[n] + w * cb[n]))
            r = 1.0 / (a * b)
            oa[n] = r * b
            ob[n] = r * a
    if len(z) % 2:
        out[-1] = 1.0 / (1.0 + _exp2(_clamped(z[-1] + w * change[-1])))


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _sigmoid_squares(z, w, change, t, bound):  # type: ignore[no-untyped-def]
    """Return the sum of (1 / (1 + 2^y) - t)^2, y = z + w change: `_sigmoid` and the error without a store between."""
    half = len(z) // 2
    za, zb = z[:half], z[half : 2 * half]
    ca, cb = change[:half], change[half : 2 * half]
    ta, tb = t[:half], t[half : 2 * half]
    total = 0.0
    if bound <= LIMIT:
        for n in range(half):
            a, b = 1.0 + _exp2(za[n] + w * ca[n]), 1.0 + _exp2(zb[n] + w * cb[n])
            r = 1.0 / (a * b)
            da, db = r * b - ta[n], r * a - tb[n]
            total += da * da + db * db
    else:
        for n in range(half):
            a, b = 1.0 + _exp2(_clamped(za[n] + w * ca[n])), 1.0 + _exp2(_clamped(zb[n] + w * cb[n]))
            r = 1.0 / (a * b)
            da, db = r * b - ta[n], r * a - tb[n]
            total += da * da + db * db
    if len(z) % 2:
        d = 1.0 / (1.0 + _exp2(_clamped(z[-1] + w * change[-1]))) - t[-1]
        total += d * d
    return total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _softplus(x):  # type: ignore[no-untyped-def]
    """x := log(1 + e^x) = max(x, 0) + 2 artanh(u / (2 + u)), u = e^-|x|, in place; the series ends below 1e-16."""
    for n in range(len(x)):
        u = _exp2(max(-abs(x[n]) / LN_2, -2.0 * LIMIT))
        s = u / (2.0 + u)
        q = s * s
        p = 2.0 / 31.0
        p = ((((p * q + 2.0 / 29.0) * q + 2.0 / 27.0) * q + 2.0 / 25.0) * q + 2.0 / 23.0) * q + 2.0 / 21.0
        p = ((((p * q + 2.0 / 19.0) * q + 2.0 / 17.0) * q + 2.0 / 15.0) * q + 2.0 / 13.0) * q + 2.0 / 11.0
        p = ((((p * q + 2.0 / 9.0) * q + 2.0 / 7.0) * q + 2.0 / 5.0) * q + 2.0 / 3.0) * q + 2.0
        x[n] = max(x[n], 0.0) + p * s


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _activate(code, z, w, change, out, bound):  # type: ignore[no-untyped-def]
    """out := s(z + w change); return a bound on what comes out."""
    if code == SIGMOID:
        _sigmoid(z, w, change, out, bound)
        return 1.0
    for n in range(len(z)):
        out[n] = z[n] + w * change[n]
    if code == RELU:
        for n in range(len(z)):
            out[n] = max(out[n], 0.0)
    elif code == SOFTPLUS:
        _softplus(out)
    return bound + 1.0


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _error(code, x, t, outputs, width, bound):  # type: ignore[no-untyped-def]
    """Return E of a block from its scaled pre-activations x, which are overwritten; both flat, outputs x width."""
    if code == CROSS_ENTROPY:
        return _cross_entropy(x, t, outputs, width)
    total = 0.0
    if code == SIGMOID_OUTPUT:
        return 0.5 * _sigmoid_squares(x, 0.0, x, t, bound)
    if code != LINEAR_OUTPUT:  # scaled by log2(e): 2^y = e^x
        largest = np.full(width, -np.inf)
        sums = np.zeros(width)
        for i in range(outputs):
            row = x[i * width : (i + 1) * width]
            for n in range(width):
                largest[n] = max(largest[n], row[n])
        for i in range(outputs):
            row = x[i * width : (i + 1) * width]
            for n in range(width):
                y = row[n] - largest[n]
                e = _exp2(max(y, -2.0 * LIMIT))
                sums[n] += e
                row[n] = e
        for n in range(width):
            sums[n] = 1.0 / sums[n]
        for i in range(outputs):
            row = x[i * width : (i + 1) * width]
            for n in range(width):
                row[n] *= sums[n]
    for n in range(len(x)):
        d = x[n] - t[n]
        total += d * d
    return 0.5 * total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _cross_entropy(x, t, outputs, width):  # type: ignore[no-untyped-def]
    """Return -sum t log o = sum t (log1p(r) - y), y = x - max x, r = sum e^y but for one largest output, sum t = 1.

    The logarithm is of a product of 1 + r, and the product is kept without its 1, which would swallow a small r.
    """
    largest, others, total = np.full(width, -np.inf), np.full(width, -1.0), 0.0
    for i in range(outputs):
        row = x[i * width : (i + 1) * width]
        for n in range(width):
            largest[n] = max(largest[n], row[n])
    small = np.zeros(width)
    for i in range(outputs):
        row, target = x[i * width : (i + 1) * width], t[i * width : (i + 1) * width]
        for n in range(width):
            y = row[n] - largest[n]
            e = _exp2(max(y, LOWEST))
            small[n] += e if LOWEST <= y < 0.0 else 0.0
            others[n] += 1.0 if y == 0.0 else 0.0
            total -= target[n] * y
    total *= LN_2
    product = 0.0
    for n in range(width):
        product += (small[n] + others[n]) * (1.0 + product)
        if n % LOGS == LOGS - 1 or n == width - 1:
            total += math.log1p(product)
            product = 0.0
    return total


@njit(cache=True, fastmath=_LOOSE, error_model="numpy")
def _accumulate(weights, start, padded, first, rows, out, units, width):  # type: ignore[no-untyped-def]
    """Add `ROWS` rows of the layer below, times their weights, to every row of the layer above.

    Two rows above at a time, eight products for six loads; by tiles of samples, so that the rows below stay in a
    first-level cache.
    """
    for s in range(0, width, TILE):
        e = min(s + TILE, width)
        a, b = rows[s:e], rows[width + s : width + e]
        c, d = rows[2 * width + s : 2 * width + e], rows[3 * width + s : 3 * width + e]
        for i in range(0, units - 1, 2):
            v = weights[start + i * padded + first : start + i * padded + first + ROWS]
            w = weights[start + (i + 1) * padded + first : start + (i + 1) * padded + first + ROWS]
            va, vb, vc, vd, wa, wb, wc, wd = v[0], v[1], v[2], v[3], w[0], w[1], w[2], w[3]
            one, two = out[i * width + s : i * width + e], out[(i + 1) * width + s : (i + 1) * width + e]
            for n in range(e - s):
                one[n] += (va * a[n] + vb * b[n]) + (vc * c[n] + vd * d[n])
                two[n] += (wa * a[n] + wb * b[n]) + (wc * c[n] + wd * d[n])
        if units % 2:
            at = start + (units - 1) * padded + first
            wa, wb, wc, wd = weights[at], weights[at + 1], weights[at + 2], weights[at + 3]
            row = out[(units - 1) * width + s : (units - 1) * width + e]
            for n in range(e - s):
                row[n] += (wa * a[n] + wb * b[n]) + (wc * c[n] + wd * d[n])


@njit(cache=True, fastmath=_LOOSE, error_model="numpy", nogil=True)
def candidate_errors(  # type: ignore[no-untyped-def]
    base, columns, h, h_rows, constants, swings, t, sizes, weights, biases, reach, codes, code, block, errors
):
    """Add every candidate's E to `errors`.

    Args:
        base: scaled pre-activations of the layer above the candidates, shape (units, samples).
        columns: scaled, shape (candidates, units).
        h: outputs of the candidates' layer, shape (its units, samples).
        h_rows: row of h that each candidate changes, shape (candidates,).
        constants: what is taken from its output first, shape (candidates,).
        swings: the largest |output - constant| of every candidate or more, shape (candidates,).
        t: targets, shape (outputs, samples).
        sizes: units of that layer and of all above, the outputs last.
        weights: scaled, of the layers above it, row by row, every row padded with zeros to whole `ROWS`; flat.
        biases: of the same layers, scaled; flat.
        reach: for each of these layers the largest |bias| and the largest sum of |weights| of a unit, flat.
        codes: activations of that layer and of all above but the outputs.
        code: of the error.
        block: samples at a time.
        errors: shape (candidates,); added to.
    """
    units, samples = base.shape
    outputs = t.shape[0]
    widest = outputs
    for m in range(1, len(sizes)):
        widest = max(widest, -(-sizes[m] // ROWS) * ROWS)
    one, two = np.zeros(widest * block), np.zeros(widest * block)
    rows, target, moves = np.zeros(ROWS * block), np.zeros(outputs * block), np.zeros(block)
    for s in range(0, samples, block):
        width = min(block, samples - s)
        for i in range(outputs):
            for n in range(width):
                target[i * width + n] = t[i, s + n]
        tallest = 0.0
        for j in range(units):
            for n in range(width):
                tallest = max(tallest, abs(base[j, s + n]))
        for k in range(len(columns)):
            change = h[h_rows[k], s : s + width]
            if constants[k] != 0.0:
                moved = moves[:width]
                for n in range(width):
                    moved[n] = change[n] - constants[k]
                change = moved
            steepest = 0.0
            for j in range(units):
                steepest = max(steepest, abs(columns[k, j]))
            bound = tallest + swings[k] * steepest
            if len(codes) == 0:
                if code == SIGMOID_OUTPUT:
                    total = 0.0
                    for i in range(outputs):
                        row = target[i * width : (i + 1) * width]
                        total += _sigmoid_squares(base[i, s : s + width], columns[k, i], change, row, bound)
                    errors[k] += 0.5 * total
                    continue
                for i in range(outputs):
                    w, z, row = columns[k, i], base[i, s : s + width], one[i * width : (i + 1) * width]
                    for n in range(width):
                        row[n] = z[n] + w * change[n]
                errors[k] += _error(code, one[: outputs * width], target[: outputs * width], outputs, width, bound)
                continue
            above, start, offset = sizes[1], 0, 0
            padded = -(-units // ROWS) * ROWS
            for i in range(above):
                one[i * width : (i + 1) * width] = biases[i]
            height = 0.0
            for j in range(0, units, ROWS):
                for r in range(ROWS):
                    row = rows[r * width : (r + 1) * width]
                    if j + r < units:
                        height = _activate(codes[0], base[j + r, s : s + width], columns[k, j + r], change, row, bound)
                    else:
                        row[:] = 0.0
                _accumulate(weights, start, padded, j, rows, one, above, width)
            bound = reach[0] + reach[1] * height
            x, y = one, two
            for m in range(1, len(codes)):
                here, start, offset = above, start + above * padded, offset + above
                above, padded = sizes[m + 1], -(-here // ROWS) * ROWS
                for j in range(here):
                    row = x[j * width : (j + 1) * width]
                    height = _activate(codes[m], row, 0.0, row, row, bound)
                x[here * width : padded * width] = 0.0
                for i in range(above):
                    y[i * width : (i + 1) * width] = biases[offset + i]
                for j in range(0, here, ROWS):
                    _accumulate(weights, start, padded, j, x[j * width : (j + ROWS) * width], y, above, width)
                bound = reach[2 * m] + reach[2 * m + 1] * height
                x, y = y, x
            errors[k] += _error(code, x[: outputs * width], target[: outputs * width], outputs, width, bound)
