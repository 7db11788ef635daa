"""Trained networks by the content of their recipe: trained once, then loaded, never unpickled."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from study.common.errors import StudyError, whole
from study.data.base import Dataset
from study.networks import Architecture, Network, fresh
from study.networks.file import from_tensors, to_tensors
from study.training.course import Fitted
from study.training.masks import Masks, masked, masks_digest
from study.training.recipe import Recipe
from study.training.train import fit

TRAINING_VERSION = 2
"""Raised when the same recipe and seed give other numbers: every network is then trained again."""

Kind = tuple[str, tuple[str, ...], str]
"""Name, activations and output of a network."""

HISTORY = ("epoch", "step", "error", "accuracy", "gradient")
"""Columns of a history."""

STOPPED = "stopped."
"""Before the names of the tensors of the network at the early stop."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        network: as trained.
        key: of its recipe, architecture, data and seed.
        file: where it is kept.
        seconds: that the training took.
        history: the course of the training, as `fit` returns it.
        stopped: the network at the early stop; None where the training looked at no validation rows.
    """

    network: Network
    key: str
    file: Path
    seconds: float
    history: pd.DataFrame
    stopped: Network | None = None

    @property
    def fitted(self) -> Fitted:
        """What the training gave."""
        return Fitted(self.network, self.history, self.stopped)


def network_key(of: Architecture, data: Dataset, recipe: Recipe, seed: int) -> str:
    """Return the SHA-256 over everything that decides a trained network; recipe defaults are left out."""
    return _key(
        hidden=list(of.hidden),
        activation=of.activation,
        output=of.output,
        data=data.digest,
        recipe=recipe.settings(),
        seed=whole("seed", seed),
        **({"front": asdict(of.front)} if of.front else {}),
    )


def load_or_train(of: Architecture, data: Dataset, recipe: Recipe, seed: int, folder: Path) -> Trained:
    """Return the network from the cache, trained first where it is not there.

    One process trains, others wait. A file that is torn or not what its name says is reported, and trained again.

    Args:
        of: its layers.
        data: the data set.
        recipe: of the training.
        seed: of initialisation and batch order.
        folder: of the cache.

    Raises:
        StudyError: when training diverges, or the folder cannot be written to.
    """
    seed = whole("seed", seed)
    kind = (of.fitted(data.features, data.outputs), of.activations, of.output)

    def training() -> Fitted:
        return fit(fresh(of, data.features, data.outputs, seed), data, seed=seed, recipe=recipe)

    return cached(folder, network_key(of, data, recipe, seed), kind, training)


def cached(folder: Path, key: str, kind: Kind, training: Callable[[], Fitted]) -> Trained:
    """Return the network of a key from the cache, trained first where it is not there; one trains, others wait.

    Args:
        folder: of the cache.
        key: SHA-256 over everything that decides the network.
        kind: name, activations and output that the network has to have.
        training: returns what the training gives.

    Raises:
        StudyError: when training diverges, or the folder cannot be written to.
    """
    file = folder / key[:2] / f"{key}.safetensors"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            if (known := _read(file, key, kind)) is not None:
                return known
            started = time.perf_counter()
            found = training()
            seconds = time.perf_counter() - started
            trained = Trained(found.network, key, file, seconds, found.history, found.stopped)
            _write(trained)
    except OSError as error:
        raise StudyError(f"the cache of trained networks {folder} cannot be used: {error}") from error
    return trained


def started_key(
    start: Network, data: Dataset, recipe: Recipe, seed: int, masks: Masks | None = None, **span: Any
) -> str:
    """Return the SHA-256 over everything that decides what training makes of some weights.

    Args:
        start: the weights.
        data: gives the training rows.
        recipe: of the training.
        seed: of the order of batches.
        masks: of the weights; they enter the key where there are any, as do the weights that they leave.
        **span: the part of the recipe that is done, `since` or `until` as in `fit`; none for all of it.
    """
    if masks is not None:
        span["masks"], start = masks_digest(start, masks), masked(start, masks)
    return _key(start=start.digest(), data=data.digest, recipe=recipe.settings(), seed=seed, **span)


def trained_from(
    start: Network, data: Dataset, recipe: Recipe, seed: int, folder: Path, masks: Masks | None = None, **span: Any
) -> Trained:
    """Return the network that training makes of some weights, from the cache of a folder or trained.

    Args as in `started_key` and `cached`.
    """
    key, kind = started_key(start, data, recipe, seed, masks, **span), (start.name, start.activations, start.output)
    more = span if masks is None else {**span, "masks": masks}
    return cached(folder, key, kind, lambda: fit(start, data, seed=seed, recipe=recipe, **more))


def _key(**science: object) -> str:
    text = json.dumps({"version": TRAINING_VERSION, **science}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def stored_key(network: Network) -> str:
    """Return the key of a network that was not trained here: the SHA-256 of what it is."""
    return hashlib.sha256(f"stored {network.digest()}".encode()).hexdigest()


def keep(network: Network, folder: Path) -> Trained:
    """Put a network that was not trained here into the cache and return it, without a history.

    Raises:
        StudyError: when the folder cannot be written to.
    """
    key = stored_key(network)
    file = folder / key[:2] / f"{key}.safetensors"
    trained = Trained(network, key, file, 0.0, pd.DataFrame({name: [] for name in HISTORY}))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if _read(file, key, (network.name, network.activations, network.output)) is None:
            _write(trained)
    except OSError as error:
        raise StudyError(f"the cache of trained networks {folder} cannot be used: {error}") from error
    return trained


def _write(trained: Trained) -> None:
    network = trained.network
    tensors, notes = to_tensors(network)
    metadata = {
        "key": trained.key,
        "digest": network.digest(),
        **notes,
        "seconds": repr(trained.seconds),
        "history": json.dumps(trained.history.to_dict("list")),
    }
    if (stopped := trained.stopped) is not None:
        tensors |= to_tensors(stopped, STOPPED)[0]
        metadata["stopped_digest"] = stopped.digest()
    part = trained.file.with_name(f"{trained.key}-{uuid.uuid4().hex}.part")
    with part.open("xb") as out:  # with the permissions that all other files have: tempfile's are for its owner alone
        out.write(save(tensors, metadata=metadata))
    if trained.file.is_dir():
        trained.file.rename(part.with_suffix(".damaged"))
    part.replace(trained.file)


def _read(file: Path, key: str, kind: Kind) -> Trained | None:
    """Return the network of a file; None where there is none, or it is not what its name says.

    Args:
        file: of the cache.
        key: that it has to have.
        kind: name, activations and outputs that its network has to have.
    """
    if not file.exists():
        return None
    try:
        if not (file.is_file() and os.access(file, os.R_OK)):
            raise StudyError("it is no file that may be read")
        with safe_open(str(file), framework="pt") as content:
            notes, history = content.metadata(), pd.DataFrame(json.loads(content.metadata()["history"]))
            network = _checked(from_tensors(content), kind, notes["digest"])
            if notes["key"] != key:
                raise StudyError("its content is not what its name says")
            if "validation_error" not in history:
                return Trained(network, key, file, float(notes["seconds"]), history)
            if "stopped_digest" not in notes:
                log.warning("%s is of an earlier version: it lacks the early stop; the network is trained again", file)
                return None
            stopped = _checked(from_tensors(content, STOPPED), kind, notes["stopped_digest"])
            return Trained(network, key, file, float(notes["seconds"]), history, stopped)
    except (SafetensorError, StudyError, KeyError, TypeError, ValueError, AttributeError) as error:
        log.warning("%s is damaged (%s); the network is trained again", file, error)
        return None


def _checked(network: Network, kind: Kind, digest: str) -> Network:
    """Return a network that was read, if it is what its file says.

    Raises:
        StudyError: when it is another one.
    """
    if network.digest() != digest:
        raise StudyError("its content is not what its name says")
    if (found := (network.name, network.activations, network.output)) != kind:
        raise StudyError(f"it holds a network {found}, not {kind}")
    return network
