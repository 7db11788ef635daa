"""Rows of a data set: inputs, targets and labels that are of one size, in double precision."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.errors import StudyError
from study.data import _taken


@dataclass(frozen=True)
class Split:
    """Rows of a data set.

    Attributes:
        inputs: float64, shape (samples, features).
        targets: float64, shape (samples, outputs): one-hot classes, a 0/1 column, or the values to regress on.
        labels: int64, shape (samples,): the class of each sample; all 0 in a regression.
    """

    inputs: Tensor
    targets: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        _taken.check_order(vars(self))
        for name in ("inputs", "targets"):
            object.__setattr__(self, name, _taken.numbers(name, getattr(self, name)).to(torch.float64))
        labels = _taken.numbers("labels", self.labels)
        if labels.dtype == torch.bool or torch.is_floating_point(labels):
            raise StudyError(
                f"labels number the classes, 0, 1, ...: whole numbers are needed, not {labels.dtype}: .long() of a "
                "tensor, .astype(int) of an array or a series"
            )
        object.__setattr__(self, "labels", labels.long())
        n = len(self.inputs) if self.inputs.ndim else 0
        if self.inputs.ndim != 2 or self.targets.ndim != 2 or self.labels.shape != (n,) or len(self.targets) != n:
            raise StudyError(
                "a split needs inputs (samples, features), targets (samples, outputs) and labels (samples,); got "
                f"{tuple(self.inputs.shape)}, {tuple(self.targets.shape)}, {tuple(self.labels.shape)}{self._way_out()}"
            )
        if n == 0:
            raise StudyError("a split needs at least one sample, got none")
        if self.inputs.shape[1] == 0 or self.targets.shape[1] == 0:
            raise StudyError(
                f"a split needs at least one feature and one output; got {self.inputs.shape[1]} and "
                f"{self.targets.shape[1]}"
            )
        if not (torch.isfinite(self.inputs).all() and torch.isfinite(self.targets).all()):
            raise StudyError("inputs and targets must be finite; found NaN or infinity")

    def _way_out(self) -> str:
        """Return how one of the usual other shapes becomes the one that is needed."""
        if self.labels.ndim == 2:
            return ": [:, 0] of an array or .iloc[:, 0] of a frame that is one column, .argmax(1) of one-hot rows"
        if self.inputs.ndim > 2:
            return ": inputs.reshape(len(inputs), -1)"
        flat = [name for name in ("inputs", "targets") if getattr(self, name).ndim == 1]
        columns = ", ".join(f"{name}.reshape(-1, 1), of a series .to_frame()" for name in flat)
        return f": {columns}; one_hot(labels, classes) makes targets of classes" if flat else ""

    def __len__(self) -> int:
        return len(self.inputs)

    def rows(self, index: Tensor) -> Split:
        """Return the rows at `index` (int64, shape (m,)).

        Raises:
            StudyError: when there is no such row.
        """
        at = _taken.numbers("index", index)
        try:
            return Split(self.inputs[at], self.targets[at], self.labels[at])
        except IndexError as error:
            raise StudyError(f"rows: {error}; this split has {len(self)} rows") from error
