"""The tables of masks and trainings, and how a mask becomes text and comes back."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING

from study.records.column import Column

if TYPE_CHECKING:  # whoever needs a name or a word alone waits for no numpy
    import numpy as np
    from numpy.typing import NDArray

SPARSITY: dict[str, Column] = {
    "event": Column("int32", "", "as in events; of cells in which single weights go"),
    "layer": Column("int16", "", "0 = nearest the input; the output layer is the last"),
    "weights": Column("int64", "weights", "of the layer in the trained network, biases apart"),
    "left": Column("int64", "weights", "that are there"),
    "mask": Column("str", "", "digest of the layer's mask: where it stands in masks"),
}

MASKS: dict[str, Column] = {
    "mask": Column("str", "", "SHA-256 over the mask's shape and bits; each mask stands here once"),
    "shape": Column("str", "", "of the layer's weights, as in 300x784: units, then what they see"),
    "bits": Column("str", "", "1 = the weight is there, rows one after the other; packed, zlib, base64"),
}

TRAININGS: dict[str, Column] = {
    "event": Column("int32", "", "as in events: what was trained to get here; 0 = the whole network's own training"),
    "since": Column("int64", "iterations", "of the recipe, at the start of this training"),
    "until": Column("int64", "iterations", "the last look at validation rows"),
    "early_stop": Column(
        "int64", "iterations", "of the smallest validation error, smoothed over five looks (Frankle & Carbin 2019)"
    ),
    "censored": Column("int8", "", "1 = the smallest is the last look's: the early stop may come later; else 0"),
    "validation_error": Column("float64", "error a sample", "smoothed, at the early stop"),
    "validation_accuracy": Column("float64", "share", "of the validation rows correct at the early stop"),
}

MASKED = {"sparsity": SPARSITY, "masks": MASKS, "trainings": TRAININGS}
"""By the tables' names."""


def packed(mask: NDArray[np.bool_]) -> tuple[str, str, str]:
    """Return digest, shape and bits of a mask, as `MASKS` has them.

    >>> import numpy as np
    >>> digest, shape, bits = packed(np.array([[True, False, True]]))
    >>> shape, unpacked(shape, bits).tolist()
    ('1x3', [[True, False, True]])
    """
    import numpy as np

    shape = "x".join(map(str, mask.shape))
    flat = np.packbits(mask.ravel()).tobytes()
    digest = hashlib.sha256(shape.encode() + b" " + flat).hexdigest()
    return digest, shape, base64.b64encode(zlib.compress(flat, 9)).decode()


def unpacked(shape: str, bits: str) -> NDArray[np.bool_]:
    """Return the mask of a row of `MASKS`."""
    import numpy as np

    sizes = [int(n) for n in shape.split("x")]
    flat = np.frombuffer(zlib.decompress(base64.b64decode(bits)), dtype=np.uint8)
    found: NDArray[np.bool_] = np.unpackbits(flat, count=int(np.prod(sizes))).astype(bool).reshape(sizes)
    return found
