"""Image reduction by the older rule of MATLAB's `imresize`: antialiased bicubic, borders replicated."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def cubic(t: Array) -> Array:
    """Return the cubic convolution kernel with a = -1/2 at t (R. Keys 1981, eq. 15); zero from |t| = 2 on.

    >>> cubic(np.array([0.0, 1.0, 1.5, 2.0])).tolist()
    [1.0, 0.0, -0.0625, 0.0]
    """
    t = np.abs(t)
    near = 1.5 * t**3 - 2.5 * t**2 + 1.0
    far = -0.5 * t**3 + 2.5 * t**2 - 4.0 * t + 2.0
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def taps(old: int, new: int) -> tuple[npt.NDArray[np.int64], Array]:
    """Return which pixels make up each reduced pixel, and by what weights.

    The order of operations is part of the result: where terms cancel, the last bits are digits of the authors' text
    files ("1.2834e-17"), and any other order loses some of them.

    The kernel is stretched by old / new, so that it also smooths; weights are normalised to sum 1; pixels beyond
    the border are the border's own.

    Args:
        old: length before.
        new: length after; not greater.

    Returns:
        Indices 0..old - 1 and weights, both of shape (new, taps).
    """
    scale = new / old
    width = 4.0 / scale
    centre = np.arange(1, new + 1) / scale + 0.5 * (1 - 1 / scale)  # pixels counted from 1, as in MATLAB
    first = np.floor(centre - width / 2).astype(np.int64)
    index = first[:, None] + np.arange(int(np.ceil(width)) + 2)
    weight = scale * cubic(scale * (centre[:, None] - index))
    weight /= np.cumsum(weight, axis=1)[:, -1:]  # a sum from left to right
    return np.clip(index, 1, old) - 1, weight


def reduce_images(images: npt.NDArray[np.uint8], size: int) -> Array:
    """Return square images, shape (samples, old, old), 0..255, reduced to (samples, size, size) and divided by 255.

    Values overshoot [0, 1] a little, as bicubic ones do. Rows first, then columns, tap by tap in a fixed order: a
    matrix product would be no quicker by much, and its last bits depend on processor and thread count.
    """
    index, weight = taps(images.shape[1], size)
    out = np.empty((len(images), size, size))
    for start in range(0, len(images), 500):  # a block fits the processor's cache
        block = np.ascontiguousarray(images[start : start + 500].transpose(1, 2, 0)) / 255.0
        rows = _weighted(block, index, weight)
        columns = _weighted(np.ascontiguousarray(rows.transpose(1, 0, 2)), index, weight)
        out[start : start + 500] = columns.transpose(2, 1, 0)
    return out


def _weighted(block: Array, index: npt.NDArray[np.int64], weight: Array) -> Array:
    """Return the weighted sums along the first axis: (old, ...) becomes (new, ...)."""
    out = np.zeros((len(index), *block.shape[1:]))
    for i in range(index.shape[0]):
        for k in range(index.shape[1]):
            if weight[i, k] != 0:
                out[i] += weight[i, k] * block[index[i, k]]
    return out
