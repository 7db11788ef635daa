"""The typed schema of a cell, and what of it is scientific.

Two kinds of setting, told apart here and nowhere else. *Scientific* ones change the numbers: data set, network,
training, population, method, ranking, removal, selection, protocol, error, record and seed; only they make a cell's
key. *Operational* ones do not: tracking, paths, run (device, threads, progress, figures), sweep and Hydra's own.
"""

from __future__ import annotations

import dataclasses
import os
import typing
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from study.data import parameters
from study.device import device
from study.errors import StudyError, whole
from study.methods import Method, method
from study.methods.base import check_filters, check_removal, method_class
from study.networks import Front
from study.records import FREE
from study.settings import Protocol, Selection, Settings
from study.training import Recipe

ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
STORED = "authors_"
"""What the names of populations begin with whose network is read, not trained."""


@dataclass
class DatasetConfig:
    """A data set by the name of its module, with the parameters of its loader."""

    name: str = MISSING
    seed: int = 0
    seed_from_cell: bool = False
    params: dict[str, Any] = field(default_factory=dict)


@dataclass
class NetworkConfig:
    """A network; output null takes what suits the data.

    `hidden` are the dense layers. `filters` are convolutional ones before them, each with one of `kernels` (width and
    height) and one of `pools` (1: none); they need square images. Without them it is a multi-layer perceptron.
    `stored` names a network of the authors that is read instead of trained: sizes and activation must be its own, and
    output null. `pruned_output` puts other outputs on the same weights before pruning (sigmoid: V5); null leaves them.
    """

    name: str = MISSING
    hidden: list[int] = MISSING
    activation: str = "sigmoid"
    output: str | None = None
    stored: str | None = None
    pruned_output: str | None = None
    filters: list[int] = field(default_factory=list)
    kernels: list[int] = field(default_factory=list)
    pools: list[int] = field(default_factory=list)


@dataclass
class BandConfig:
    """Acceptance band of a population at the start: metric `accuracy` or `error_per_sample` on a split."""

    metric: str = MISSING
    split: str = MISSING
    low: float | None = None
    high: float | None = None


@dataclass
class PopulationConfig:
    """A named data set, network and training, with its band."""

    name: str = FREE
    band: BandConfig | None = None


@dataclass
class MethodConfig:
    """A method by the name of its module, with its parameters."""

    name: str = MISSING
    params: dict[str, Any] = field(default_factory=dict)


@dataclass
class NameConfig:
    """A group whose choice is just a name: removal."""

    name: str = MISSING


@dataclass
class RankingConfig:
    """When scores are computed; `every`, under iterative: anew after every so many removals."""

    name: str = MISSING
    every: int = Settings.every


@dataclass
class SelectionConfig:
    """Rows ranked on."""

    rows: str = "pruning"
    samples: int | None = None
    seed: int = 0


@dataclass
class ProtocolConfig:
    """Whether what is left is trained: `epochs` each time that a further share `every` of the units has gone."""

    name: str = MISSING
    every: float = Protocol.every
    epochs: int = Protocol.epochs


@dataclass
class RecordConfig:
    """What is measured on the way: true impacts every n-th step, error surfaces every n-th removal (0: none).

    `surfaces_for` lists the seeds whose cells record surfaces; null means all. `pairs` adds the impacts of all pairs
    of units at the start, `reinsertion` those of removed units that are put back, `hessian` the second derivatives by
    the gains of all pairs of units at the start, `search` (none, beam, exhaustive) the best sets of removed units, with
    `search_width` sets in a beam.
    """

    truth_every: int = 1
    surfaces_every: int = 10
    surfaces_for: list[int] | None = None
    pairs: bool = False
    reinsertion: bool = False
    hessian: bool = False
    search: str = "none"
    search_width: int = Settings.search_width


@dataclass
class TrackingConfig:
    """Where runs are recorded; uri null records nothing."""

    uri: str | None = None
    artifacts: str | None = None
    experiment: str = "incredible_shrinking_network"


@dataclass
class PathsConfig:
    """Folders: data null means the environment variable STUDY_DATA, or data/ in the checkout."""

    data: str | None = None
    outputs: str = MISSING


@dataclass
class RunConfig:
    """How a cell is computed, not what: `figures_for` lists the seeds whose cells draw figures (null: all)."""

    device: str = "cpu"
    threads: int = 1
    progress: bool = True
    force: bool = False
    figures_for: list[int] | None = None


@dataclass
class SweepConfig:
    """Name of the sweep that a cell belongs to."""

    name: str = "manual"


# The recipe itself is frozen, which OmegaConf takes for read-only; the schema has the same fields and defaults.
RecipeConfig = dataclasses.make_dataclass(
    "RecipeConfig",
    [
        (f.name, typing.get_type_hints(Recipe)[f.name], dataclasses.field(default=f.default))
        for f in dataclasses.fields(Recipe)
    ],
    namespace={"__module__": __name__},  # so that a launcher sends its name, not a copy that has lost its fields
)


@dataclass
class CellConfig:
    """One cell."""

    dataset: DatasetConfig = MISSING
    network: NetworkConfig = MISSING
    training: RecipeConfig = MISSING  # type: ignore[valid-type]
    population: PopulationConfig = field(default_factory=PopulationConfig)
    method: MethodConfig = MISSING
    ranking: RankingConfig = MISSING
    removal: NameConfig = MISSING
    selection: SelectionConfig = MISSING
    protocol: ProtocolConfig = MISSING
    tracking: TrackingConfig = MISSING
    error: str = "half_squared"
    seed: int = 0
    record: RecordConfig = field(default_factory=RecordConfig)
    paths: PathsConfig = field(default_factory=PathsConfig)
    run: RunConfig = field(default_factory=RunConfig)
    sweep: SweepConfig = field(default_factory=SweepConfig)


# Not part of `register`: processes of Ray and Slurm import this module, but run no main module that would call it.
OmegaConf.register_new_resolver("study_root", lambda: str(ROOT), replace=True)
# The launchers of conf/hydra/launcher have the plugins' names, so that Hydra checks them against the plugins' schemas.
warnings.filterwarnings("ignore", message=r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema")


def register() -> None:
    """Make the schema known to Hydra: the root's and every group's `schema`."""
    store = ConfigStore.instance()
    store.store(name="schema", node=CellConfig)
    groups: dict[str, type] = {
        "dataset": DatasetConfig,
        "network": NetworkConfig,
        "training": RecipeConfig,
        "method": MethodConfig,
        "ranking": RankingConfig,
        "removal": NameConfig,
        "selection": SelectionConfig,
        "protocol": ProtocolConfig,
        "tracking": TrackingConfig,
    }
    for group, node in groups.items():
        store.store(group=group, name="schema", node=node)


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
        protocol=Protocol(cfg.protocol.name, cfg.protocol.every, cfg.protocol.epochs),
        truth_every=cfg.record.truth_every,
        surfaces_every=surfaces,
        pairs=cfg.record.pairs,
        reinsertion=cfg.record.reinsertion,
        hessian=cfg.record.hessian,
        every=cfg.ranking.every,
        search=cfg.record.search,
        search_width=cfg.record.search_width,
    )
    chosen = method(cfg.method.name, **typed(_method_parameters(cfg), plain(cfg.method.params), "method.params"))
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
        recipe=Recipe(**plain(cfg.training)),
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


def _method_parameters(cfg: DictConfig) -> dict[str, tuple[type, object]]:
    cls = method_class(cfg.method.name)
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


def data_folder(cfg: DictConfig) -> Path | None:
    """Return the data folder that was asked for; None leaves it to the loaders."""
    chosen = cfg.paths.data or os.environ.get("STUDY_DATA")
    return Path(chosen) if chosen else None
