"""The IDX format of the MNIST files: big-endian, a magic number, the dimensions, then unsigned bytes."""

from __future__ import annotations

import math
import struct

import numpy as np
import numpy.typing as npt

from study.data.base import DataCorruptError


def parse_idx(content: bytes, name: str, dimensions: int) -> npt.NDArray[np.uint8]:
    """Return the array in an unpacked IDX file of unsigned bytes.

    Args:
        content: the whole file.
        name: for messages.
        dimensions: how many the file must have: 3 for images, 1 for labels.

    Raises:
        DataCorruptError: if the magic number, the dimensions or the length are wrong.

    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), "two labels", 1).tolist()
    [7, 9]
    """
    magic = bytes([0, 0, 0x08, dimensions])
    if content[:4] != magic:
        raise DataCorruptError(f"{name}: an IDX file starts with {magic.hex()}, this one with {content[:4].hex()}")
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise DataCorruptError(f"{name}: the header takes {header} bytes, the file has {len(content)}")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    if len(content) - header != math.prod(shape):
        raise DataCorruptError(f"{name}: shape {shape} takes {math.prod(shape)} bytes, found {len(content) - header}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
