"""The authors' stored networks: their files, and the data that each was pruned on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from study.authors.stored import Stored, load
from study.common.errors import StudyError
from study.data import Dataset, _sources, authors_shape, load_dataset
from study.data import _authors_files as files
from study.data import missing as data_missing
from study.networks import Network


@dataclass(frozen=True)
class Artefact:
    """One stored network.

    Attributes:
        models: names of its files without `.dnn`, the one with the most in it first; `mod.X` is X after pruning.
        results: what its result files' names begin with, the one to be taken first first.
        dataset: the data set that it was pruned on, and
        params: the parameters of that.
        sampled: whether the data were drawn at random, so that recorded numbers come back only as nearly as that lets.
    """

    models: tuple[str, ...]
    results: tuple[str, ...]
    dataset: str
    params: Mapping[str, Any] = field(default_factory=dict)
    sampled: bool = False


def _pruned(stem: str, dataset: str, *results: str, sampled: bool = False, **params: Any) -> Artefact:
    """Return the artefact of a network X: results are named X, or mod.X where mod.X was pruned once more."""
    return Artefact((f"mod.{stem}", stem), results or (stem, f"mod.{stem}"), dataset, params, sampled)


_ONE, _SOFT = "mnist-acc99-in-400-out-10-struct-100-id-1", "mnist-test-small-in-400-out-10-struct-100"
_TWO = "mnist-deep-acc99-in-400-out-10-struct-50-50-id-1"

ARTEFACTS: dict[str, Artefact] = {
    "mnist_1x100": _pruned(_ONE, "authors_mnist", "mnist-acc99", shifted=True),
    "mnist_2x50": _pruned(_TWO, "authors_mnist", "mnist-deep", shifted=True),
    "mnist_softmax": _pruned(_SOFT, "authors_mnist", "mnist-test-small", shifted=False),
    "diamond": _pruned("diamond.network", "authors_shape", shape="diamond"),
    "random_shape": _pruned("rshape.network", "authors_shape", shape="random_shape"),
    "double_shape": _pruned("drshape.network", "authors_shape", shape="double_shape"),
    "circle": _pruned("circle.network", "authors_shape", shape="circle"),
    # What is named xor.network is of a code that took the ground truth from its other end.
    "xor": _pruned("xor.network", "authors_shape", "mod.xor.network", "xor.network", sampled=True, shape="xor"),
    "xor_2x50": _pruned("xor.big.network", "authors_shape", sampled=True, shape="xor"),
    "cosine_2x10": _pruned("cos.network", "cosine", sampled=True),
    "cosine_2x50": _pruned("cos.big.network", "cosine", sampled=True),
}
"""By the name that a population has after `authors_`."""


def artefact(name: str) -> Artefact:
    """Return the stored network of that name.

    Raises:
        StudyError: if there is none.
    """
    if name not in ARTEFACTS:
        raise StudyError(f"unknown stored network {name!r}; known: {', '.join(ARTEFACTS)}")
    return ARTEFACTS[name]


def missing_with_data(name: str, folder: Path | str | None = None) -> str | None:
    """Return what of a stored network or of its data is missing and how to get it; None if both are at hand."""
    kind = artefact(name)
    return missing(name, folder) or data_missing(kind.dataset, folder=folder, **kind.params)


def missing(name: str, folder: Path | str | None = None) -> str | None:
    """Return what of a stored network's file is missing and how to get it; None if one is at hand."""
    reasons = [files.missing([("models", f"{model}.dnn")], folder) for model in artefact(name).models]
    return None if None in reasons else reasons[-1]


def as_pruned(name: str, folder: Path | str | None = None) -> tuple[Network, Dataset]:
    """Return a stored network as the authors' pruning code had it, a softmax replaced by sigmoids (V5), and its data.

    Args:
        name: as in `ARTEFACTS`.
        folder: the data folder; see `files.places`.

    Raises:
        DataUnavailableError: if the network or its data are nowhere to be had.
    """
    kind, network = artefact(name), stored(name, folder).network
    if network.output == "softmax":
        network = replace(network, output="sigmoid")
    return network, load_dataset(kind.dataset, folder=folder, **kind.params)


def fetch(name: str, folder: Path | str | None = None, *, unverified: bool = False) -> None:
    """Download what is not at hand of a stored network and its points into the data folder.

    Args:
        name: as in `ARTEFACTS`.
        folder: the data folder; see `files.places`.
        unverified: whether to download what has no checksum in the manifest.

    Raises:
        DataUnavailableError: if something cannot be had, with the reason and the way to get it.
    """
    kind = artefact(name)
    if missing(name, folder) is not None:
        files.find("models", f"{kind.models[-1]}.dnn", folder, unverified=unverified)
    if kind.dataset == "authors_shape":
        for name_of_file in authors_shape.files_of(kind.params["shape"]):
            files.find("data", name_of_file, folder, unverified=unverified)


def stored(name: str, folder: Path | str | None = None) -> Stored:
    """Return a stored network; the last ones are kept in memory.

    Args:
        name: as in `ARTEFACTS`.
        folder: the data folder; see `files.places`.

    Raises:
        DataUnavailableError: if its file is nowhere to be had.
        StoredFormatError: if the file is not such a network.
    """
    artefact(name)
    return _stored(name, _sources.data_folder(folder))


@lru_cache(maxsize=4)
def _stored(name: str, folder: Path) -> Stored:
    models = artefact(name).models
    local = [m for m in models if files.missing([("models", f"{m}.dnn")], folder) is None]
    return load(files.find("models", f"{(local or models)[0 if local else -1]}.dnn", folder))
