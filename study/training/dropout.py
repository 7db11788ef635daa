"""Dropout of hidden outputs while a network is trained (Srivastava et al. 2014), inverted: no scaling afterwards."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


class Dropout:
    """What the hidden outputs are multiplied by, drawn anew in every training step.

    An output is dropped (times 0) with probability `share`, else divided by 1 - share, so that its mean stays. In a
    convolutional layer each position of a map is an output of its own. The draws follow from seed and iteration alone:
    they leave the order of the batches as it is, and a training that goes on from an iteration has those of the whole.

    Args:
        share: of the outputs that is dropped, 0 or more and below 1.
        seed: of the training.
    """

    def __init__(self, share: float, seed: int) -> None:
        self.share, self.seed = share, seed
        self._generator = torch.Generator()

    def begin(self, iteration: int) -> None:
        """Begin a training step; iterations count from 0."""
        words = hashlib.blake2b(f"dropout {self.seed} {iteration}".encode(), digest_size=4)
        self._generator.manual_seed(int.from_bytes(words.digest(), "big"))

    def __call__(self, outputs: Tensor) -> Tensor:
        """Return the factors of the next hidden layer's outputs, an array like them; the lowest layer asks first."""
        kept = torch.rand(outputs.shape, generator=self._generator, dtype=torch.float32) >= self.share
        return kept.to(outputs.dtype).div_(1 - self.share)
