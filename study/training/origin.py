"""Where a trained network comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from study.common.errors import StudyError
from study.data.base import Dataset
from study.networks.network import Network
from study.training.recipe import Recipe


@dataclass(frozen=True)
class Origin:
    """Where a trained network comes from.

    Attributes:
        start: as drawn.
        recipe: that it was trained by.
        seed: of the order of its batches.
        draw: gives the start for a data set and a seed; None where it cannot be drawn again.
    """

    start: Network
    recipe: Recipe
    seed: int
    draw: Callable[[Dataset, int], Network] | None = None

    def drawn(self, data: Dataset, seed: int) -> Network:
        """Return the network as it is drawn for a data set and a seed.

        Raises:
            StudyError: when it cannot be drawn again.
        """
        if self.draw is None:
            raise StudyError("this needs a network that can be drawn anew from a seed, and this one was given as it is")
        return self.draw(data, seed)

    def check(self, epoch: int) -> None:
        """Refuse an epoch (or iteration) that this training has not.

        Raises:
            StudyError: saying which it has.
        """
        self.recipe.check_moment("protocol.rewind", epoch)
