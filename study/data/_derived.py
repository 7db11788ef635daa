"""Sets of images derived from one of the study's: other pixels, some of the classes, fewer rows, rows set apart.

Every image set takes the parameters of `Derived` besides seed and folder. Their defaults leave its rows as they are.
"""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from study.common.errors import StudyError, choice, truth, whole
from study.data._full_mnist import pruning_rows, split_of
from study.data._random import data_seed, generator
from study.data.base import Dataset

CLASSES = 10
"""Every image set of the study has so many."""
HALVES = {"a": tuple(range(5)), "b": tuple(range(5, 10))}


@dataclass(frozen=True)
class Rows:
    """Images and what they show, row by row.

    Attributes:
        images: shape (rows, height, width), 0 to the set's scale.
        labels: shape (rows,), the class of each image.
    """

    images: npt.NDArray[Any]
    labels: npt.NDArray[Any]

    def at(self, index: npt.NDArray[np.int64]) -> Rows:
        """Return the rows at `index`, shape (rows,)."""
        return Rows(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Images:
    """A set of images as it comes, ten classes.

    Attributes:
        training: the rows to train on.
        held_out: the rows to test on.
        scale: what a pixel is divided by, so that inputs are 0 to 1.
        source: where it came from, as in `Dataset`.
    """

    training: Rows
    held_out: Rows
    scale: float
    source: str


@dataclass(frozen=True)
class Derived:
    """What is changed in a set of images.

    Attributes:
        inverted: every input x is 1 - x.
        rotated: every image is turned by 90 degrees, counter-clockwise.
        permuted: seed of a permutation of the pixels, one for all rows and for all sets of that many pixels; turned
            first. None leaves them in their places.
        classes: those that are kept, two or more; the first one named is class 0 of what is left, and so on. All ten in
            another order permute the labels.
        half: "a" keeps the classes 0 to 4, "b" 5 to 9; counted anew from 0.
        rows: so many training rows are kept: the first ones of an order drawn by the data seed, not by class. Fewer
            rows are a part of more, beside the same validation rows. None keeps all.
        validation: so many training rows, the last ones of that order, are set apart as the split "validation".
    """

    inverted: bool = False
    rotated: bool = False
    permuted: int | None = None
    classes: list[int] | None = None
    half: str | None = None
    rows: int | None = None
    validation: int = 0

    def check(self, name: str) -> None:
        """Refuse values that are none.

        Args:
            name: of the data set, for messages.

        Raises:
            StudyError: naming the parameter and what is possible.
        """
        here = f"data set {name!r}: "
        for key in ("inverted", "rotated"):
            truth(f"{here}{key}", getattr(self, key))
        for key, least in (("permuted", 0), ("rows", 1)):
            if getattr(self, key) is not None:
                whole(f"{here}{key}", getattr(self, key), least)
        whole(f"{here}validation", self.validation)
        if self.half is not None:
            choice(f"{here}half", self.half, HALVES)
        if self.classes is None:
            return
        if self.half is not None:
            raise StudyError(f"{here}classes={list(self.classes)} and half={self.half} both choose classes: give one")
        known = [c for c in self.classes if not isinstance(c, bool) and c in range(CLASSES)]
        if not len(set(known)) == len(self.classes) >= 2:
            raise StudyError(
                f"{here}classes={list(self.classes)}: two or more different ones of 0 to {CLASSES - 1} are needed"
            )

    @property
    def kept(self) -> tuple[int, ...]:
        """The classes that are kept: the first one becomes class 0, and so on."""
        if self.classes is not None:
            return tuple(self.classes)
        return tuple(range(CLASSES)) if self.half is None else HALVES[self.half]


def derived(read: Callable[..., Images]) -> Callable[..., Dataset]:
    """Make the loader of a data set, with the parameters of `Derived`, of the function that reads its images.

    Args:
        read: takes `seed` and `folder`; its module has the name of the data set.
    """
    name = read.__module__.rpartition(".")[2]

    @functools.wraps(read)
    def load(*, seed: int = 0, folder: Path | None = None, **changes: Any) -> Dataset:
        how = Derived(**changes)
        how.check(name)
        return dataset(name, read(seed=data_seed(name, seed), folder=folder), how, seed)

    hints = typing.get_type_hints(Derived)
    own = inspect.signature(read)
    added = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields(Derived)
    ]
    load.__signature__ = own.replace(parameters=[*own.parameters.values(), *added])  # type: ignore[attr-defined]
    load.__annotations__ = {**read.__annotations__, **hints, "return": Dataset}
    return load


def dataset(name: str, images: Images, how: Derived, seed: int) -> Dataset:
    """Return the data set that is derived from some images.

    Inputs are the pixels of an image row by row, targets one-hot. The split "pruning" has at most 10,000 of the
    training rows, drawn by the data seed.

    Args:
        name: of the data set.
        images: to derive it from.
        how: what is changed in them.
        seed: the data seed.

    Raises:
        StudyError: when there are not so many rows.
    """
    kept = how.kept
    rows = _divided(name, _of_classes(images.training, kept), how, seed)
    made = {
        part: split_of(_changed(of.images, how, images.scale), of.labels, len(kept), images.scale)
        for part, of in (rows | {"held_out": _of_classes(images.held_out, kept)}).items()
    }
    splits = {"training": made.pop("training")}
    splits |= {"pruning": pruning_rows(splits["training"], seed), "held_out": made.pop("held_out"), **made}
    return Dataset(name, "classification", len(kept), "sigmoid", splits, source=images.source)


def _of_classes(rows: Rows, kept: tuple[int, ...]) -> Rows:
    """Return the rows of some classes, counted anew in the order that they are named in."""
    if kept == tuple(range(CLASSES)):
        return rows
    new = np.full(CLASSES, -1)
    new[list(kept)] = range(len(kept))
    labels = new[rows.labels]
    return Rows(rows.images[labels >= 0], labels[labels >= 0])


def _divided(name: str, rows: Rows, how: Derived, seed: int) -> dict[str, Rows]:
    """Return training rows and, where some are wanted, validation rows, each in the order of the source."""
    if how.rows is None and not how.validation:
        return {"training": rows}
    left = len(rows.labels) - how.validation
    beside = f" beside {how.validation:,} validation rows" if how.validation else ""
    if left < 1 or (how.rows or 0) > left:
        wanted = f"rows={how.rows}" if how.rows else f"validation={how.validation}"
        raise StudyError(
            f"data set {name!r}: {wanted} of {len(rows.labels):,} training rows{beside if how.rows else ''}: "
            + (f"{left:,} or fewer are possible" if how.rows and left > 0 else "rows to train on have to be left")
        )
    order = generator(f"{name} rows", seed).permutation(len(rows.labels))
    parts = {"training": rows.at(np.sort(order[: how.rows or left]))}
    without = sorted(set(range(len(how.kept))) - set(parts["training"].labels.tolist()))
    if without:
        raise StudyError(
            f"data set {name!r}: {len(parts['training'].labels):,} training rows{beside} have none of the classes "
            f"{', '.join(map(str, without))}: keep more rows"
        )
    return parts | ({"validation": rows.at(np.sort(order[left:]))} if how.validation else {})


def _changed(images: npt.NDArray[Any], how: Derived, scale: float) -> npt.NDArray[Any]:
    """Return images, shape (rows, height, width), with their pixels as they are to be; 0 to scale."""
    if how.rotated:
        images = np.rot90(images, axes=(1, 2))
    if how.permuted is not None:
        flat = images.reshape(len(images), -1)
        order = generator("permuted pixels", how.permuted).permutation(flat.shape[1])
        images = flat[:, order].reshape(images.shape)
    return scale - images if how.inverted else images
