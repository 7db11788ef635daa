"""What every data set is: arrays in named splits, with a task and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from study.errors import StudyError


class DataUnavailableError(StudyError):
    """Raised when a data set's files are nowhere to be found; says where was looked and how to get them."""


class DataCorruptError(StudyError):
    """Raised when a data file is not the one that it should be; says the expected and the found checksum."""


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
        n = len(self.inputs)
        if self.inputs.ndim != 2 or self.targets.ndim != 2 or self.labels.shape != (n,) or len(self.targets) != n:
            raise StudyError(
                "a split needs inputs (samples, features), targets (samples, outputs) and labels (samples,); got "
                f"{tuple(self.inputs.shape)}, {tuple(self.targets.shape)}, {tuple(self.labels.shape)}"
            )
        if n == 0:
            raise StudyError("a split needs at least one sample, got none")
        if not (torch.isfinite(self.inputs).all() and torch.isfinite(self.targets).all()):
            raise StudyError("inputs and targets must be finite; found NaN or infinity")

    def __len__(self) -> int:
        return len(self.inputs)

    def rows(self, index: Tensor) -> Split:
        """Return the rows at `index` (int64, shape (m,))."""
        return Split(self.inputs[index], self.targets[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """A data set with its splits.

    Attributes:
        name: as in `conf/dataset/`.
        task: "classification" or "regression".
        classes: number of classes; 0 in a regression.
        output: the output layer that suits it: "sigmoid", "softmax" or "linear".
        splits: "training", "pruning", "held_out", and further held-out splits by name.
        digest: SHA-256 over all arrays; part of every cell's key.
        source: where it came from: a path, an https address or "generated".
    """

    name: str
    task: str
    classes: int
    output: str
    splits: Mapping[str, Split]
    source: str = "generated"
    digest: str = field(default="")

    def __post_init__(self) -> None:
        missing = {"training", "pruning", "held_out"} - set(self.splits)
        if missing:
            raise StudyError(f"data set {self.name!r} lacks the splits {sorted(missing)}")
        if not self.digest:
            object.__setattr__(self, "digest", digest(self.splits))

    @property
    def training(self) -> Split:
        """The rows that the network is trained on."""
        return self.splits["training"]

    @property
    def pruning(self) -> Split:
        """The rows that errors, impacts and curves are about."""
        return self.splits["pruning"]

    @property
    def held_out(self) -> Split:
        """Rows that neither training nor pruning has seen."""
        return self.splits["held_out"]

    @property
    def evaluation_splits(self) -> dict[str, Split]:
        """All splits but the training rows."""
        return {name: split for name, split in self.splits.items() if name != "training"}

    @property
    def features(self) -> int:
        """Number of inputs."""
        return self.training.inputs.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self.training.targets.shape[1]


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Return float64 one-hot targets, shape (samples, classes).

    >>> one_hot(torch.tensor([1, 0]), 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    return torch.nn.functional.one_hot(labels.long(), classes).to(torch.float64)


def digest(splits: Mapping[str, Split]) -> str:
    """Return the SHA-256 over names, shapes and bytes of all splits, in the order of their names."""
    sha = hashlib.sha256()
    for name in sorted(splits):
        split = splits[name]
        for part in (split.inputs, split.targets, split.labels):
            array = part.contiguous().numpy()
            sha.update(f"{name} {array.dtype} {array.shape}".encode())
            sha.update(array.data.cast("B"))
    return sha.hexdigest()
