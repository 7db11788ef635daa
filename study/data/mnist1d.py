"""MNIST-1D (Greydanus & Kobak 2020): ten templates of twelve points, disturbed, as signals of forty.

Written anew from the published description, with the published templates and parameters. The signals have the same
distribution as the authors', not the same bits.

Source: S. Greydanus, D. Kobak, Scaling down deep learning with MNIST-1D (2020), arXiv 2011.14439; package mnist1d,
Apache-2.0.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from study.common.errors import truth, whole
from study.data._random import generator
from study.data.base import Dataset, one_hot
from study.data.split import Split

Floats = npt.NDArray[np.float64]

SIZES = {"training": 4000, "pruning": 1000, "held_out": 1000, "fresh": 10_000}
"""Rows of each split: the published 5,000 are divided 4 to 1."""

TEMPLATES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
"""The published shapes of the digits 0 to 9."""

LENGTH = 40
"""Points of a signal as a network sees it."""
PADDING = (36, 60)
"""Fewest and most zeros that are put behind a template."""
STRETCHED = len(TEMPLATES[0]) + PADDING[1]
"""Points of a signal while it is being made."""
SCALE = 0.4
"""A template is multiplied by 1 - SCALE/2 to 1 + SCALE/2."""
TRANSLATION = 48
"""A signal is moved by 0 to TRANSLATION - 1 points, round the end."""
SHEAR = 0.75
"""A line is subtracted whose slope over the signal is -SHEAR/2 to SHEAR/2."""
CORRELATED, SMOOTHING, INDEPENDENT = 0.25, 2.0, 0.02
"""Noise where there is no template: its scale, and the standard deviation in points of the Gaussian that smooths it;
and the scale of the independent noise everywhere."""
UNIT = 6.0
"""What the standardised templates are divided by."""
DECIMALS = 6
"""Inputs are rounded to so many, so that the last bit of a machine's logarithm leaves the data's digest alone."""


def templates() -> Floats:
    """Return the templates, shape (10, 12): of mean 0 and standard deviation 1/6 each, then moved to begin at 0."""
    raw = np.array(TEMPLATES, dtype=np.float64)
    raw = (raw - raw.mean(1, keepdims=True)) / raw.std(1, keepdims=True)
    return (raw - raw[:, :1]) / UNIT


def resampled(signals: Floats, positions: Floats) -> Floats:
    """Return signals, shape (rows, n), at `positions`, shape (rows, m) or (1, m), on straight lines between points.

    Beyond its last point a signal is zero.

    >>> resampled(np.array([[0.0, 2.0, 4.0]]), np.array([[0.5, 1.0, 2.0]])).tolist()
    [[1.0, 2.0, 4.0]]
    """
    padded = np.pad(signals, ((0, 0), (0, 2)))
    before = np.broadcast_to(
        np.minimum(positions.astype(np.int64), signals.shape[1]), (len(signals), positions.shape[1])
    )
    share = positions - before
    left, right = (np.take_along_axis(padded, before + step, axis=1) for step in (0, 1))
    return left + np.clip(share, 0.0, 1.0) * (right - left)


def disturbed(labels: npt.NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Return a signal for each label, shape (rows, 40): padded, scaled, translated, in noise, sheared and resampled.

    Args:
        labels: the digits, 0 to 9.
        rng: draws everything that is random.
    """
    from scipy.ndimage import gaussian_filter1d  # a tenth of a second, for which only these data wait

    rows = len(labels)
    shape = templates()[labels]
    length = shape.shape[1] + rng.integers(PADDING[0], PADDING[1] + 1, (rows, 1))
    positions = np.arange(STRETCHED) * (length - 1) / (STRETCHED - 1)
    signal, inside = resampled(shape, positions), positions < shape.shape[1]
    signal *= 1 + SCALE * (rng.random((rows, 1)) - 0.5)
    moved = (np.arange(STRETCHED) - rng.integers(0, TRANSLATION, (rows, 1))) % STRETCHED
    signal, inside = (np.take_along_axis(values, moved, axis=1) for values in (signal, inside))
    noise = CORRELATED * gaussian_filter1d(rng.standard_normal((rows, STRETCHED)), SMOOTHING, axis=1)
    signal = np.where(inside, signal, noise) + INDEPENDENT * rng.standard_normal((rows, STRETCHED))
    signal -= SHEAR * (rng.random((rows, 1)) - 0.5) * np.linspace(-0.5, 0.5, STRETCHED)
    return resampled(signal, np.linspace(0, STRETCHED - 1, LENGTH)[None])


def drawn(split: str, rows: int, seed: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the signals of a split, shape (rows, 40), as many of each digit, in random order, and their digits."""
    rng = generator(f"mnist1d {split}", seed)
    labels = rng.permutation(np.repeat(np.arange(10), rows // 10))
    return disturbed(labels, rng), labels


def load(
    *,
    seed: int = 0,
    folder: Path | None = None,  # noqa: ARG001 - generated: no files
    flipped: bool = False,
    shuffled: int | None = None,
) -> Dataset:
    """Return 4,000 signals to train on and 1,000 others to prune on, 1,000 held out and 10,000 fresh ones.

    All are drawn from one distribution, each split by a stream of its own of the data seed. Inputs have 40 features,
    standardised by mean and standard deviation of all training points, and rounded to six decimals; targets are
    one-hot, a tenth of the rows each.

    The rows of "pruning" are validation rows: training does not see them. They are the split "validation" as well,
    where protocols look for rows to stop by. The split "fresh" is another draw, for what was chosen on held-out rows.

    Args:
        seed: the data seed: draws all rows.
        folder: not used.
        flipped: every signal is mirrored: its last point comes first. Neighbours stay neighbours.
        shuffled: seed of a permutation of the points, one for all rows: neighbours are torn apart. None leaves them.

    Raises:
        StudyError: when a parameter is not of its kind.
    """
    truth("mnist1d: flipped", flipped)
    order = np.arange(LENGTH)[::-1] if flipped else np.arange(LENGTH)
    if shuffled is not None:
        order = generator("mnist1d points", whole("mnist1d: shuffled", shuffled)).permutation(order)
    made = {split: drawn(split, rows, seed) for split, rows in SIZES.items()}
    points = made["training"][0].ravel()
    mean = math.fsum(points) / len(points)
    deviation = math.sqrt(math.fsum((points - mean) ** 2) / len(points))
    splits = {
        split: _split(np.round((signals[:, order] - mean) / deviation, DECIMALS), labels)
        for split, (signals, labels) in made.items()
    }
    splits["validation"] = splits["pruning"]
    return Dataset("mnist1d", "classification", 10, "softmax", splits)


def _split(inputs: Floats, labels: npt.NDArray[np.int64]) -> Split:
    classes = torch.from_numpy(labels)
    return Split(torch.from_numpy(inputs), one_hot(classes, 10), classes)
