"""A frozen set: trained networks, the path on which brute force prunes them, and true impacts on the way.

A set is a folder of this package, `v1`, that never changes: `manifest.json` says what made it and holds the SHA-256 of
every file, and `PUBLISHED` the manifest's own. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from torch import Tensor

from study.common.errors import StudyError, said
from study.data import Dataset, load_dataset, missing
from study.impact.agreement import Array
from study.impact.reference import plain_error
from study.impact.stages import ones
from study.networks import ErrorFunction, Network
from study.networks.file import from_tensors

HOME = Path(__file__).parent
NEWEST = "v2"
"""The set that is taken where none is named."""
PUBLISHED = {
    "v1": "aa51d9caced58a7109909e7ce6a5516712bf0b4a42940ac947a1052a7b1ce520",
    "v2": "8d7fc69e6721e94863cc38d4d827125b7615da4918798f6807907517519dbb62",
}
"""SHA-256 of the manifests, by version."""
PATHS = ("population", "seed", "removed", "layer", "unit", "error")
"""Columns of `paths.parquet`: E after each removal by re-ranked brute force; layer and unit -1 at the start."""
IMPACTS = ("population", "seed", "removed", "layer", "unit", "impact")
"""Columns of `impacts.parquet`: true impacts E(0) - E(1) of the units left at a stage; unit is the trained index."""
SAME_ERROR = 1e-9
"""Generated data may differ in the last places from machine to machine; E0 then comes back to this, relatively."""


@dataclass(frozen=True)
class FrozenNetwork:
    """One trained network of a set.

    Attributes:
        population: its name.
        seed: of its training.
        trained: the network with all of its units.
        path: layer, unit and error after each removal by brute force, indexed by units removed.
        impacts: removed, layer, unit and true impact, at every stage.
    """

    population: str
    seed: int
    trained: Network
    path: pd.DataFrame
    impacts: pd.DataFrame

    @property
    def stages(self) -> list[int]:
        """Units removed at each stage."""
        return sorted(int(n) for n in self.impacts["removed"].unique())

    @property
    def span(self) -> float:
        """E with no hidden unit left minus E of the trained network: what regrets are measured in."""
        return float(self.path["error"].iloc[-1] - self.path["error"].iloc[0])

    def gains(self, removed: int) -> list[Tensor]:
        """Return the gains after so many removals, one vector a hidden layer."""
        gains = ones(self.trained)
        for layer, unit in self.path[["layer", "unit"]].iloc[1 : removed + 1].to_numpy():
            gains[layer][unit] = 0.0
        return gains

    def network(self, removed: int) -> Network:
        """Return the physically smaller network of a stage; its units stand in the order of `impact`."""
        return self.trained.compact(self.gains(removed))

    def impact(self, removed: int) -> Array:
        """Return the true impacts of the units left at a stage, by layer, then index, shape (units,)."""
        return self.impacts.loc[self.impacts["removed"] == removed, "impact"].to_numpy(dtype=np.float64)


@dataclass(frozen=True)
class FrozenSet:
    """A set as it lies in its folder, checked against its manifest when opened.

    Attributes:
        folder: of the set.
        manifest: what `manifest.json` says.
    """

    folder: Path
    manifest: dict[str, Any]

    @property
    def version(self) -> str:
        """Its name, as in "v1"."""
        return str(self.manifest["version"])

    @property
    def populations(self) -> list[str]:
        """Names, in the order of the manifest."""
        return list(self.manifest["populations"])

    @property
    def has_filters(self) -> bool:
        """Whether a network of it has convolutional layers, which not every criterion can score."""
        return any("filters" in stated["architecture"] for stated in self.manifest["populations"].values())

    def seeds(self, population: str) -> list[int]:
        """Return the seeds of a population's networks."""
        return [int(n["seed"]) for n in self.manifest["populations"][population]["networks"]]

    def networks(self, population: str) -> list[FrozenNetwork]:
        """Return a population's networks, in the order of their seeds."""
        found = []
        for seed in self.seeds(population):
            trained = read_network(self.folder / "networks" / f"{population}-{seed}.safetensors")
            path, impacts = (_of(frame, population, seed) for frame in (self._paths, self._impacts))
            found.append(FrozenNetwork(population, seed, trained, path, impacts))
        return found

    def data(self, population: str, folder: Path | None = None) -> Dataset:
        """Return a population's data set, from the loader of the study.

        Raises:
            StudyError: where it cannot be had, or is not the one that the impacts were measured on.
        """
        stated = self.manifest["populations"][population]["dataset"]
        name, params = stated["name"], stated["params"]
        if (reason := missing(name, folder=folder, **params)) is not None:
            raise StudyError(reason)
        data = load_dataset(name, seed=stated["seed"], folder=folder, **params)
        if data.digest != stated["digest"]:
            first = self.networks(population)[0]
            error = plain_error(first.trained, data.pruning, ErrorFunction(first.trained.output), ones(first.trained))
            if not abs(error - first.path["error"].iloc[0]) <= SAME_ERROR * error:
                raise StudyError(
                    f"data set {name!r} is not the one that {self.version} was frozen on (digest {data.digest[:12]}, "
                    f"not {stated['digest'][:12]}; E0 {error:.9g}): its loader has changed"
                )
        return data

    @cached_property
    def _paths(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "paths.parquet")

    @cached_property
    def _impacts(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "impacts.parquet")


def frozen_set(version: str = NEWEST) -> FrozenSet:
    """Open a set of this package.

    Raises:
        StudyError: for an unknown version, or where a file is not the one that was published.

    >>> frozen_set("v2").populations[0]
    'digits_1x100'
    """
    if version not in PUBLISHED:
        raise StudyError(f"there is no benchmark {version!r}; there are {', '.join(PUBLISHED)}")
    return opened(HOME / version, PUBLISHED[version])


def opened(folder: Path, published: str | None = None) -> FrozenSet:
    """Open the set of a folder and check the digests of its files.

    Args:
        folder: as `freeze` writes it.
        published: SHA-256 that its manifest must have; None takes any.

    Raises:
        StudyError: naming the file that is missing or not the one that the manifest states.
    """
    again = "take it from the repository again (git checkout, or install the package anew)"
    file = folder / "manifest.json"
    try:
        if published is not None and sha256(file) != published:
            raise StudyError(f"{file} is not the one that was published: {again}")
        manifest = json.loads(file.read_text(encoding="utf-8"))
        for name, digest in manifest["files"].items():
            if sha256(folder / name) != digest:
                raise StudyError(f"{folder / name} is not the file that was frozen: {again}")
    except FileNotFoundError as error:
        raise StudyError(f"the benchmark's {error.filename} is missing: {again}") from error
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise StudyError(f"{file} cannot be read ({said(error)}): {again}") from error
    return FrozenSet(folder, manifest)


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def read_network(file: Path) -> Network:
    """Return the network of a file that `freeze` wrote.

    Raises:
        StudyError: when it cannot be read.
    """
    try:
        with safe_open(str(file), framework="pt") as content:
            return from_tensors(content)
    except (OSError, SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise StudyError(f"{file} is no frozen network: {said(error)}") from error


def _of(frame: pd.DataFrame, population: str, seed: int) -> pd.DataFrame:
    own = frame[(frame["population"] == population) & (frame["seed"] == seed)]
    return own.drop(columns=["population", "seed"]).reset_index(drop=True)
