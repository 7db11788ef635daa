"""Turns a cell's configuration into the checked plain objects of the core, and names its scientific settings."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from study.common import targets
from study.common.device import device
from study.common.errors import StudyError, said, whole
from study.common.targets import short, typed
from study.config.own_network import GIVEN, Builder
from study.config.schema import CellConfig
from study.data import Dataset, parameters
from study.methods import Method
from study.methods.base import check_removal, check_scope
from study.networks import Architecture, Front
from study.protocols import Protocol
from study.pruning.settings import Selection, Settings
from study.records.condition import NAMED, Condition, joined
from study.training.recipe import Recipe

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
        builder: of somebody's own network; None for a network of these sizes.
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
    builder: Builder | None = None

    def architecture(self, data: Dataset) -> Architecture:
        """Return the layers of its network; the outputs are those that suit the data where none are stated."""
        return Architecture(self.hidden, self.activation, self.output or data.output, self.front)

    @property
    def method_params(self) -> dict[str, Any]:
        """The method's parameters that differ from their defaults."""
        return non_defaults(self.method)

    @property
    def condition(self) -> Condition:
        """How it is pruned, in the words of a run's tags."""
        return Condition(method=self.method_label, **self.settings.labels)

    @property
    def method_label(self) -> str:
        """The method's name for people and tags, with the parameters that differ from their defaults.

        As in "taylor2[threshold=median]"; the draw of the random method has a tag of its own.
        """
        return joined(self.method_name, {k: v for k, v in self.method_params.items() if k != "draw"})


def plan(cfg: DictConfig) -> Plan:
    """Return the checked plan of a composed configuration.

    Raises:
        StudyError: naming the key, the value and what is possible.
    """
    check_keys(cfg)
    device(cfg.run.device)
    whole("run.threads", cfg.run.threads, 1)
    whole("seed", cfg.seed)
    settings = _settings(cfg)
    chosen: Method = _object(cfg.method._target_, plain(cfg.method.params), Method, "method", ".params")
    check_removal(chosen, settings.removal)
    front = _front(cfg.network)
    check_scope(chosen, settings.scope, filters=bool(front))
    dataset = dataset_name(cfg)
    return Plan(
        population=cfg.population.name,
        band=None if cfg.population.band is None else plain(cfg.population.band),
        dataset=dataset,
        dataset_params=typed(parameters(dataset), plain(cfg.dataset.params), "dataset.params", dataset),
        dataset_seed=cfg.seed if cfg.dataset.seed_from_cell else cfg.dataset.seed,
        hidden=tuple(cfg.network.hidden),
        front=front,
        activation=cfg.network.activation,
        output=cfg.network.output,
        stored=cfg.network.stored,
        pruned_output=cfg.network.pruned_output,
        recipe=Recipe(**plain(cfg.training), threads=cfg.run.threads),
        method=chosen,
        method_name=short(cfg.method._target_),
        builder=_builder(cfg.network),
        settings=settings,
        seed=cfg.seed,
    )


def _settings(cfg: DictConfig) -> Settings:
    """Return how to prune."""
    drawn = cfg.scope.name != "weight" and _listed(cfg.seed, cfg.record.surfaces_for)
    return Settings(
        ranking=cfg.ranking.name,
        **{name: cfg[name].name for name in NAMED},
        error=cfg.error,
        selection=Selection(cfg.selection.rows, cfg.selection.samples, cfg.selection.seed),
        protocol=_protocol(plain(cfg.protocol)),
        truth_every=cfg.record.truth_every,
        surfaces_every=cfg.record.surfaces_every if drawn else 0,
        pairs=cfg.record.pairs,
        reinsertion=cfg.record.reinsertion,
        hessian=cfg.record.hessian,
        every=cfg.ranking.every,
        search=cfg.record.search,
        search_width=cfg.record.search_width,
        threads=cfg.run.threads,
        measures=plain(cfg.measures),
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
    made: Protocol = _object(node.pop("_target_", None), node, Protocol, "protocol")
    return made


def _object(target: Any, params: dict[str, Any], kind: type[Any], group: str, inside: str = "") -> Any:
    """Return the method or protocol that a configuration names.

    Args:
        target: its class.
        params: its parameters.
        kind: what it has to be.
        group: of the configuration.
        inside: where its parameters stand in the group.

    Raises:
        StudyError: where it is none, or its parameters are not what its class declares.
    """
    where = f"{group}._target_"
    cls: Any = targets.found(target, where)
    if not (isinstance(cls, type) and issubclass(cls, kind)):
        raise StudyError(
            f"{where}={target}: a subclass of {kind.__module__.removesuffix('.base')}.{kind.__name__} is needed"
        )
    known = targets.parameters(cls)
    if undeclared := set(known) - {f.name for f in dataclasses.fields(cls)}:
        raise StudyError(
            f"{where}={target}: {', '.join(sorted(undeclared))} would be missing in its key; make the class a "
            "dataclass, @dataclass(frozen=True), with its parameters as fields"
        )
    return targets.made(target, typed(known, params, f"{group}{inside}", short(target)), where)


def _front(network: DictConfig) -> Front:
    """Return the convolutional layers of a network.

    Raises:
        StudyError: where a network has no layer, or a stored one has filters.
    """
    front = Front(*(tuple(network[name]) for name in ("filters", "kernels", "pools")))
    if front and network.stored is not None:
        raise StudyError(f"network.stored={network.stored} has dense layers only: leave network.filters empty")
    if not (front or network.hidden or network._target_):
        raise StudyError("network.hidden is empty: write the sizes of the hidden layers, as in network.hidden=[20,10]")
    return front


def _builder(network: DictConfig) -> Builder | None:
    """Return the builder of somebody's own network; None where the layers are stated.

    Raises:
        StudyError: where its parameters are not those of the function, or there are some without a function.
    """
    params, target = plain(network.params), network._target_
    if target is None:
        if params or network.trained:
            raise StudyError("network.params and network.trained go with network._target_, somebody's own network")
        return None
    if network.stored is not None:
        raise StudyError(f"network._target_={target} goes without network.stored={network.stored}: leave one out")
    known = targets.parameters(targets.found(target, "network._target_"), but=GIVEN)
    return Builder(target, typed(known, params, "network.params", target), network.trained)


def dataset_name(cfg: DictConfig) -> str:
    """Return the name of a configuration's data set: that of its module, or a loader of somebody's own."""
    return short(cfg.dataset._target_)


def draws_figures(cfg: DictConfig) -> bool:
    """Whether this cell draws figures."""
    return _listed(cfg.seed, cfg.run.figures_for)


def _listed(seed: int, seeds: list[int] | None) -> bool:
    return seeds is None or seed in seeds


def non_defaults(settings: Any) -> dict[str, Any]:
    """Return the fields of a dataclass instance that differ from their defaults, which make up a key.

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
