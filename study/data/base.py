"""What every data set is: arrays in named splits, with a task and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from study.common.errors import StudyError, whole
from study.data import _fit, _taken
from study.data.split import Split


class DataUnavailableError(StudyError):
    """Raised when a data set's files are nowhere to be found; says where was looked and how to get them."""


class DataCorruptError(StudyError):
    """Raised when a data file is not the one that it should be; says the expected and the found checksum."""


@dataclass(frozen=True)
class Dataset:
    """A data set with its splits.

    Attributes:
        name: as in `conf/dataset/`.
        task: "classification" or "regression".
        classes: number of classes; 0 in a regression.
        output: the output layer that suits it: "sigmoid", "softmax" or "linear".
        splits: "training", "pruning", "held_out", and further held-out splits by name.
        digest: SHA-256 over all arrays, computed from them whatever is given; part of every cell's key.
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
        _fit.splits(self.name, self.splits)
        for name, split in self.splits.items():
            if not isinstance(split, Split):
                raise StudyError(f"data set {self.name!r}: split {name!r} is a {type(split).__name__}, not a Split")
        object.__setattr__(self, "classes", _fit.classes(self.name, self.task, self.classes))
        _fit.check(self.name, self.task, self.classes, self.output, self.splits)
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


def check_data(data: object) -> None:
    """Refuse what is no data set.

    Raises:
        StudyError: saying what it is.
    """
    if not isinstance(data, Dataset):
        raise StudyError(f"a Dataset is needed, as `load_dataset(name)` returns it, got {type(data).__name__}")


def one_hot(labels: object, classes: int) -> Tensor:
    """Return float64 one-hot targets, shape (samples, classes).

    Args:
        labels: 0 to classes - 1, shape (samples,): a tensor, an array, a series or a list.
        classes: how many there are.

    Raises:
        StudyError: when a label is none of them.

    >>> one_hot([1, 0], 2).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    given, classes = _taken.numbers("labels", labels), whole("classes", classes, 1)
    found = given.long()
    if given.ndim != 1 or not bool((found == given).all()):
        raise StudyError(f"one_hot: one whole number a sample is needed, got {given.dtype}, shape {tuple(given.shape)}")
    if len(found) and not 0 <= int(found.min()) <= int(found.max()) < classes:
        raise StudyError(
            f"one_hot: labels {int(found.min())} to {int(found.max())}; possible are 0 to {classes - 1} with {classes} "
            "classes"
        )
    return torch.nn.functional.one_hot(found, classes).to(torch.float64)


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
