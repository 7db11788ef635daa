"""What every data set is: arrays in named splits, with a task and a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from study.errors import StudyError, said, whole


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
        for name in ("inputs", "targets"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)).to(torch.float64))
        labels = _numbers("labels", self.labels)
        if labels.dtype == torch.bool or torch.is_floating_point(labels):
            raise StudyError(f"labels number the classes, 0, 1, ...: whole numbers are needed, not {labels.dtype}")
        object.__setattr__(self, "labels", labels.long())
        n = len(self.inputs) if self.inputs.ndim else 0
        if self.inputs.ndim != 2 or self.targets.ndim != 2 or self.labels.shape != (n,) or len(self.targets) != n:
            raise StudyError(
                "a split needs inputs (samples, features), targets (samples, outputs) and labels (samples,); got "
                f"{tuple(self.inputs.shape)}, {tuple(self.targets.shape)}, {tuple(self.labels.shape)}"
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
        self._check()
        if not self.digest:
            object.__setattr__(self, "digest", digest(self.splits))

    def _check(self) -> None:
        """Refuse what does not fit together: a wrong shape would fail late, a wrong label count silently."""
        kinds = {"task": ("classification", "regression"), "output": ("sigmoid", "softmax", "linear")}
        for name, possible in kinds.items():
            if getattr(self, name) not in possible:
                raise StudyError(
                    f"data set {self.name!r}: {name}={getattr(self, name)!r}; possible: {', '.join(possible)}"
                )
        whole(f"data set {self.name!r}: classes", self.classes, 1 if self.task == "classification" else 0)
        if self.task == "regression" and self.classes:
            raise StudyError(f"data set {self.name!r}: a regression has no classes, got {self.classes}")
        for name, split in self.splits.items():
            if not isinstance(split, Split):
                raise StudyError(f"data set {self.name!r}: split {name!r} is a {type(split).__name__}, not a Split")
            sizes = (split.inputs.shape[1], split.targets.shape[1])
            if sizes != (self.features, self.outputs):
                raise StudyError(
                    f"data set {self.name!r}: split {name!r} has {sizes[0]} features and {sizes[1]} outputs, the "
                    f"training rows {self.features} and {self.outputs}"
                )
            most = min(self.classes, self.outputs) if self.outputs > 1 else self.classes
            low, high = int(split.labels.min()), int(split.labels.max())
            if self.task == "classification" and not 0 <= low <= high < most:
                raise StudyError(
                    f"data set {self.name!r}: split {name!r} has labels {low} to {high}; possible are 0 to {most - 1} "
                    f"with {self.classes} classes and {self.outputs} outputs"
                )

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


def _numbers(name: str, values: object) -> Tensor:
    """Return real numbers as a tensor of their own type on the CPU.

    Raises:
        StudyError: when they are none.
    """
    try:
        tensor = torch.as_tensor(values).detach().cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise StudyError(f"{name} have to be a tensor or an array of numbers ({said(error)})") from error
    if tensor.is_complex() or tensor.layout != torch.strided:
        raise StudyError(f"{name} have to be real numbers, not sparse; got {tensor.dtype}, {tensor.layout}")
    return tensor


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
