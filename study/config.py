"""A cell's configuration as the plain objects that the core takes, checked; what of it is scientific."""

from __future__ import annotations

import dataclasses
import os
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from study.condition import Condition
from study.data import parameters
from study.device import device
from study.errors import StudyError, said, whole
from study.methods import Method, method
from study.methods.base import check_filters, check_removal, method_class
from study.networks import Front
from study.protocols import Protocol, protocol, protocol_class
from study.recipe import Recipe
from study.schema import CellConfig
from study.settings import Selection, Settings

STORED = "authors_"
"""What the names of populations begin with whose network is read, not trained."""


@dataclass(frozen=True)
class Plan:
    """A cell's configuration as the plain objects that the core takes, checked.

    Attributes:
        population: its name.
        band: metric, split, low, high; None for a free combination.
        dataset: name and parameters of the loader, with the data's seed.
        hidden, activation, output: of the network; output None is the data's, or a stored network's own.
        front: its convolutional layers.
        stored: name of the authors' network that is read instead of trained; None to train one.
        pruned_output: outputs that are put on its weights before it is pruned; None leaves them.
        recipe: of the training.
        method: the method.
        method_name, method_params: what the key is made of.
        settings: how to prune.
        seed: of initialisation, batch order and draws.
    """

    population: str
    band: dict[str, Any] | None
    dataset: str
    dataset_params: dict[str, Any]
    dataset_seed: int
    hidden: tuple[int, ...]
    front: Front
    activation: str
    output: str | None
    stored: str | None
    pruned_output: str | None
    recipe: Recipe
    method: Method
    method_name: str
    settings: Settings
    seed: int

    @property
    def method_params(self) -> dict[str, Any]:
        """The method's parameters that differ from their defaults."""
        return non_defaults(self.method)

    @property
    def condition(self) -> Condition:
        """How it is pruned, in the words of a run's tags."""
        of = self.settings
        return Condition(
            method=self.method_label,
            ranking=of.ranking_label,
            removal=of.removal,
            selection=of.selection.label,
            protocol=of.protocol.label,
            error=of.error,
        )

    @property
    def method_label(self) -> str:
        """The method's name for people and tags, with the parameters that differ from their defaults.

        As in "taylor2[threshold=median]"; the draw of the random method has a tag of its own.
        """
        given = [f"{k}={v}" for k, v in self.method_params.items() if k != "draw"]
        return f"{self.method_name}[{','.join(given)}]" if given else self.method_name


def plan(cfg: DictConfig) -> Plan:
    """Return the checked plan of a composed configuration.

    Raises:
        StudyError: naming the key, the value and what is possible.
    """
    check_keys(cfg)
    device(cfg.run.device)
    whole("run.threads", cfg.run.threads, 1)
    whole("seed", cfg.seed)
    surfaces = 0 if not _listed(cfg.seed, cfg.record.surfaces_for) else cfg.record.surfaces_every
    settings = Settings(
        ranking=cfg.ranking.name,
        removal=cfg.removal.name,
        error=cfg.error,
        selection=Selection(cfg.selection.rows, cfg.selection.samples, cfg.selection.seed),
        protocol=_protocol(plain(cfg.protocol)),
        truth_every=cfg.record.truth_every,
        surfaces_every=surfaces,
        pairs=cfg.record.pairs,
        reinsertion=cfg.record.reinsertion,
        hessian=cfg.record.hessian,
        every=cfg.ranking.every,
        search=cfg.record.search,
        search_width=cfg.record.search_width,
        threads=cfg.run.threads,
    )
    chosen = method(
        cfg.method.name, **typed(_fields(method_class(cfg.method.name)), plain(cfg.method.params), "method.params")
    )
    check_removal(chosen, settings.removal)
    front = Front(*(tuple(cfg.network[name]) for name in ("filters", "kernels", "pools")))
    if front:
        check_filters(chosen)
        if cfg.network.stored is not None:
            raise StudyError(f"network.stored={cfg.network.stored} has dense layers only: leave network.filters empty")
    return Plan(
        population=cfg.population.name,
        band=None if cfg.population.band is None else plain(cfg.population.band),
        dataset=cfg.dataset.name,
        dataset_params=typed(parameters(cfg.dataset.name), plain(cfg.dataset.params), "dataset.params"),
        dataset_seed=cfg.seed if cfg.dataset.seed_from_cell else cfg.dataset.seed,
        hidden=tuple(cfg.network.hidden),
        front=front,
        activation=cfg.network.activation,
        output=cfg.network.output,
        stored=cfg.network.stored,
        pruned_output=cfg.network.pruned_output,
        recipe=Recipe(**plain(cfg.training), threads=cfg.run.threads),
        method=chosen,
        method_name=cfg.method.name,
        settings=settings,
        seed=cfg.seed,
    )


def check_keys(cfg: DictConfig, at: str = "") -> None:
    """Refuse keys that the schema lacks: Hydra adds any that is written with a plus, and nothing would read it.

    Raises:
        StudyError: naming the key and those that there are.
    """
    schema: Any = OmegaConf.get_type(cfg)
    known = [f.name for f in dataclasses.fields(schema)]
    for key in map(str, cfg):
        if key not in known:
            raise StudyError(f"unknown key {at}{key}; there are {', '.join(at + name for name in known)}")
        node = None if OmegaConf.is_missing(cfg, key) else cfg[key]
        if isinstance(node, DictConfig) and dataclasses.is_dataclass(OmegaConf.get_type(node)):
            check_keys(node, f"{at}{key}.")


def _protocol(node: dict[str, Any]) -> Protocol:
    name = str(node.pop("name"))
    return protocol(name, **typed(_fields(protocol_class(name)), node, "protocol"))


def _fields(cls: type[Any]) -> dict[str, tuple[type, object]]:
    """Return types and defaults of a dataclass's fields, by name."""
    hints = typing.get_type_hints(cls)
    return {f.name: (hints[f.name], f.default) for f in dataclasses.fields(cls)}


def draws_figures(cfg: DictConfig) -> bool:
    """Whether this cell draws figures."""
    return _listed(cfg.seed, cfg.run.figures_for)


def _listed(seed: int, seeds: list[int] | None) -> bool:
    return seeds is None or seed in seeds


def typed(known: dict[str, tuple[type, object]], params: dict[str, Any], where: str) -> dict[str, Any]:
    """Check parameters against declared names and types and return them.

    >>> typed({"samples": (int, 10)}, {"samples": "7"}, "dataset.params")
    {'samples': 7}

    Raises:
        StudyError: for an unknown name or a value of the wrong type, naming both.
    """
    fields = [(name, kind, dataclasses.field(default=default)) for name, (kind, default) in known.items()]
    schema = OmegaConf.structured(dataclasses.make_dataclass("Params", fields))
    try:
        merged = OmegaConf.merge(schema, params)
    except OmegaConfBaseException as error:
        takes = ", ".join(known) or "none"
        raise StudyError(f"{where}: {str(error).splitlines()[0]} (parameters: {takes})") from error
    checked: dict[str, Any] = plain(merged)
    return {name: checked[name] for name in params}


def non_defaults(settings: Any) -> dict[str, Any]:
    """Return the fields of a dataclass instance that differ from their defaults: what a key is made of.

    A new field with a default therefore disowns no old result.
    """
    out = {}
    for f in dataclasses.fields(settings):
        value = getattr(settings, f.name)
        factory = f.default_factory
        default = f.default if factory is dataclasses.MISSING else factory()
        if value != default:
            out[f.name] = non_defaults(value) if dataclasses.is_dataclass(value) else value
    return out


def plain(node: Any) -> Any:
    """Return a configuration node as plain Python values."""
    return OmegaConf.to_container(node, resolve=True)


def checked(cfg: DictConfig) -> DictConfig:
    """Return a configuration with all references resolved, each value of the type that the schema states.

    Raises:
        StudyError: naming the setting that is missing, refers to nothing, or is of another type.
    """
    try:
        values = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
        found = OmegaConf.merge(OmegaConf.structured(CellConfig), values)
    except OmegaConfBaseException as error:
        raise StudyError(said(error)) from error
    assert isinstance(found, DictConfig)
    for key in ("hidden", "filters", "kernels", "pools"):
        for size in found.network[key]:  # OmegaConf lets lists of lists pass
            if isinstance(size, bool) or not isinstance(size, int):
                raise StudyError(f"network.{key}={plain(found.network[key])}: a list of whole numbers is needed")
    return found


def data_folder(cfg: DictConfig) -> Path | None:
    """Return the data folder that was asked for; None leaves it to the loaders."""
    chosen = cfg.paths.data or os.environ.get("STUDY_DATA")
    return Path(chosen) if chosen else None
