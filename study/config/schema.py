"""The typed schema of a cell's configuration: a mistyped key or a value of another type fails at composition.

Two kinds of setting, told apart in `config` and nowhere else. *Scientific* ones change the numbers: data set, network,
training, population, method, ranking, scope, removal, selection, protocol, error, record, seed and the number of
threads (the order of sums, hence the last bits, depends on it); only they make a cell's key. *Operational* ones do not:
tracking, paths, run (device, progress, figures), sweep and Hydra's own.
"""

from __future__ import annotations

import dataclasses
import os
import typing
import warnings
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, OmegaConf

from study.common.paths import CHECKOUT
from study.config.derived import register as register_derived
from study.pruning.settings import Settings
from study.records import FREE
from study.records.condition import NAMED
from study.training.recipe import Recipe


@dataclass
class DatasetConfig:
    """A data set by its loader, `MODULE.FUNCTION`, with the loader's parameters: see `study.data`."""

    _target_: str = MISSING
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
    `_target_` names somebody's own function `(features, outputs, seed)`, as `MODULE.FUNCTION`, that returns the network
    or torch module to begin with: see `config.own_network`. `params` are further parameters of it; `trained` takes its
    weights as they are.
    """

    hidden: list[int] = field(default_factory=list)
    activation: str = "sigmoid"
    output: str | None = None
    stored: str | None = None
    pruned_output: str | None = None
    filters: list[int] = field(default_factory=list)
    kernels: list[int] = field(default_factory=list)
    pools: list[int] = field(default_factory=list)
    _target_: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    trained: bool = False


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
    """A method by its class, `MODULE.CLASS`, with its parameters: see `study.methods`."""

    _target_: str = MISSING
    params: dict[str, Any] = field(default_factory=dict)


@dataclass
class NameConfig:
    """A dimension whose choice is just a name: see `records.condition.NAMED`."""

    name: str = MISSING


@dataclass
class RankingConfig:
    """When scores are computed; under `iterative`, again after every `every` removals."""

    name: str = MISSING
    every: int = Settings.every


@dataclass
class SelectionConfig:
    """Rows ranked on."""

    rows: str = "pruning"
    samples: int | None = None
    seed: int = 0


@dataclass
class RecordConfig:
    """Measures along the path: true impacts every n-th step, error surfaces every n-th removal (0: none).

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
    """Folders, relative ones from where the command was typed: data null means STUDY_DATA, or data/ in the checkout."""

    data: str | None = None
    outputs: str = MISSING


@dataclass
class RunConfig:
    """How a cell is computed: `figures_for` lists the seeds whose cells draw figures (null: all).

    `threads` alone is scientific: another number gives other bits, and so another key.
    """

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
        if f.name != "threads"  # run.threads
    ],
    namespace={"__module__": __name__},  # so that a launcher sends its name, not a copy that has lost its fields
)


@dataclass
class _CellConfig:
    dataset: DatasetConfig = MISSING
    network: NetworkConfig = MISSING
    training: RecipeConfig = MISSING  # type: ignore[valid-type]
    population: PopulationConfig = field(default_factory=PopulationConfig)
    method: MethodConfig = MISSING
    ranking: RankingConfig = MISSING
    selection: SelectionConfig = MISSING
    protocol: dict[str, Any] = MISSING
    tracking: TrackingConfig = MISSING
    error: str = "half_squared"
    seed: int = 0
    record: RecordConfig = field(default_factory=RecordConfig)
    measures: dict[str, Any] = field(default_factory=dict)
    paths: PathsConfig = field(default_factory=PathsConfig)
    run: RunConfig = field(default_factory=RunConfig)
    sweep: SweepConfig = field(default_factory=SweepConfig)


CellConfig = dataclasses.make_dataclass(
    "CellConfig",
    [(name, NameConfig, dataclasses.field(default=MISSING)) for name in NAMED],
    bases=(_CellConfig,),
    namespace={"__module__": __name__, "__doc__": "One cell."},
)


# Not part of `register`: processes of Ray and Slurm import this module, but run no main module that would call it.
# "." is where the command was typed: see `stores.located`.
OmegaConf.register_new_resolver("study_root", lambda: str(CHECKOUT or "."), replace=True)
OmegaConf.register_new_resolver("study_within", os.path.join, replace=True)
# The launchers of conf/hydra/launcher have the plugins' names, so that Hydra checks them against the plugins' schemas.
warnings.filterwarnings("ignore", message=r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema")


def register() -> None:
    """Make the schema of a cell known to Hydra: `conf/config.yaml` begins with it, so that every group is typed."""
    ConfigStore.instance().store(name="schema", node=CellConfig)
    register_derived()
