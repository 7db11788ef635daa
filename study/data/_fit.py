"""What a data set's parts say of each other: names, sizes, classes, labels, targets and the output layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.common.errors import StudyError, choice, shown, whole
from study.data.split import Split

KINDS = {"task": ("classification", "regression"), "output": ("sigmoid", "softmax", "linear")}
NEAR = 1e-5
"""What targets may be off a limit or a sum by: they may have been made in single precision."""


def check(name: str, task: str, classes: int, output: str, splits: Mapping[str, Split]) -> None:
    """Refuse a data set whose parts contradict each other: its error would be about one thing, its accuracy another.

    Raises:
        StudyError: naming the part, what it says and the way out.
    """
    _named("the name of a data set", name)
    here = f"data set {name!r}"
    for kind, given in (("task", task), ("output", output)):
        choice(f"{here}: {kind}", given, KINDS[kind])
    features, outputs = (x.shape[1] for x in (splits["training"].inputs, splits["training"].targets))
    if task == "regression" and classes:
        raise StudyError(f"{here}: a regression has no classes, got {classes}: classes=0")
    if output == "softmax" and outputs == 1:
        raise StudyError(f"{here}: a softmax of one output is always 1: output='sigmoid', or an output for each class")
    most = max(outputs, 2)
    if classes > most:
        raise StudyError(
            f"{here}: {classes} classes and {outputs} outputs: one output tells two classes, more have one each"
        )
    for part, split in splits.items():
        where = f"{here}: split {part!r}"
        sizes = (split.inputs.shape[1], split.targets.shape[1])
        if sizes != (features, outputs):
            raise StudyError(
                f"{where} has {sizes[0]} features and {sizes[1]} outputs, the training rows {features} and {outputs}"
            )
        _targets(where, split, output)
        if task == "regression":
            _no_labels(where, split)
        else:
            _labels(where, split, classes)


def splits(name: object, given: Any) -> None:
    """Refuse what is no mapping of the splits that are needed.

    Raises:
        StudyError: saying what is there.
    """
    if not isinstance(given, Mapping):
        raise StudyError(f"data set {name!r}: splits by name are needed, got {type(given).__name__}")
    missing = {"training", "pruning", "held_out"} - set(given)
    if missing:
        raise StudyError(f"data set {name!r} lacks the splits {sorted(missing)}")
    for split in given:
        _named(f"data set {name!r}: the name of a split", split)


def classes(name: str, task: str, number: object) -> int:
    """Return the number of classes.

    Raises:
        StudyError: when it is none.
    """
    return whole(f"data set {name!r}: classes", number, 1 if isinstance(task, str) and task == "classification" else 0)


def _named(what: str, name: object) -> None:
    """Refuse a name that a table, a tag or a file could not have."""
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        raise StudyError(f"{what} is a word or more, got {shown(name)}")
    if name.startswith(".") or any(letter in "/\\" or not letter.isprintable() for letter in name) or len(name) > 100:
        raise StudyError(f"{what} is no path, and one line of 100 letters at most without / and \\, got {name!r}")


def _targets(where: str, split: Split, output: str) -> None:
    if output == "linear":
        return
    low, high = float(split.targets.min()), float(split.targets.max())
    if low < -NEAR or high > 1 + NEAR:
        raise StudyError(
            f"{where} has targets from {low:g} to {high:g}; outputs of a {output} are 0 to 1: scale the targets, or "
            "output='linear'"
        )
    if output == "softmax":
        sums = split.targets.sum(1)
        row = int((sums - 1).abs().argmax())
        if float((sums[row] - 1).abs()) > NEAR:
            raise StudyError(
                f"{where} has targets that sum to {float(sums[row]):g} in row {row}; outputs of a softmax sum to 1: "
                "divide each row by its sum, or output='sigmoid'"
            )


def _no_labels(where: str, split: Split) -> None:
    if split.labels.any():
        raise StudyError(
            f"{where} has labels {int(split.labels.min())} to {int(split.labels.max())}; a regression has none: labels "
            "that are all 0, or task='classification'"
        )


def _labels(where: str, split: Split, classes: int) -> None:
    """Hold the labels against the classes, and against the one largest target of each row."""
    outputs = split.targets.shape[1]
    low, high = int(split.labels.min()), int(split.labels.max())
    if not 0 <= low <= high < classes:
        count = ": count them from 0, labels - 1" if 1 <= low <= high <= classes else ""
        raise StudyError(
            f"{where} has labels {low} to {high}; possible are 0 to {classes - 1} with {classes} classes and {outputs} "
            f"outputs{count}"
        )
    if outputs == 1:
        said, several = (split.targets[:, 0] >= 0.5).long(), split.targets[:, 0] == 0.5
        if bool((split.targets < -NEAR).any()) or bool((split.targets > 1 + NEAR).any()):
            raise StudyError(
                f"{where} has targets from {float(split.targets.min()):g} to {float(split.targets.max()):g}; one "
                "output is class 1 from one half on: targets of 0 and 1"
            )
    else:
        largest = split.targets.amax(1, keepdim=True)
        said, several = split.targets.argmax(1), (split.targets == largest).sum(1) > 1
    if several.any():
        row = int(several.nonzero()[0, 0])
        raise StudyError(
            f"{where} has no one class in {int(several.sum())} of {len(split)} rows (row {row}: targets "
            f"{split.targets[row, :5].tolist()}{' ...' if outputs > 5 else ''}), so that nothing says which output is "
            "right: task='regression', classes=0 and labels of 0 ask for the error alone"
        )
    wrong = said != split.labels
    if wrong.any():
        row = int(wrong.nonzero()[0, 0])
        shifted = bool((said == split.labels - 1).all())
        way = "labels - 1 counts them from 0" if shifted else "both must be of the same rows, in one order"
        target = f"target {'at' if outputs == 1 else 'largest at'} {int(said[row])}"
        raise StudyError(
            f"{where} has labels and targets that disagree in {int(wrong.sum())} of {len(split)} rows (row {row}: "
            f"label {int(split.labels[row])}, {target}): {way}"
        )
