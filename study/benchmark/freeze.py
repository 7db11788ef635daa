"""Writes a frozen set from nothing: networks trained by the study's recipes, pruned by re-ranked brute force.

The same command gives the same set on the same machine and libraries; elsewhere training may differ in the last places,
and with it, in time, everything that follows: that is why the networks themselves are frozen.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from hydra import compose
from safetensors.torch import save_file

from study.benchmark.frozen import IMPACTS, PATHS, FrozenSet, opened, sha256
from study.cells.cell import judge, prepare, trained_network
from study.cells.provenance import code_version, environment
from study.common.errors import StudyError
from study.config.plan import Plan, data_folder, plan
from study.config.population import composer
from study.data import Dataset
from study.impact import ORACLE_VERSION
from study.methods import method
from study.networks import Network
from study.networks.file import to_tensors
from study.pruning.run import steps
from study.pruning.settings import Settings
from study.training.cache import TRAINING_VERSION
from study.training.further import Further

POPULATIONS = (
    *("digits_1x100", "digits_2x50", "diamond_2x50", "circle_2x50", "random_shape_2x50", "double_shape_2x50"),
    *("cosine_2x10", "cosine_2x50", "cosine_wave_2x50"),
    *("mnist_1x100", "mnist_2x50", "mnist_1x100_relu", "mnist_2x50_tanh"),
    *("one_vs_all_0", "one_vs_all_1", "one_vs_all_2", "digits_lenet5"),
)
"""Those of a new version. Left out for their cost: full-size MNIST in ten classes, and filters on MNIST."""
FIRST_SEED = 100
"""Seeds are tried from the first confirmatory one on."""
NETWORKS = 2
"""A population's: of the first seeds whose networks meet its band; those that miss it are noted."""
MADE_BY = ("python", "torch", "numpy", "scipy", "processor", "oracle")
"""What of the environment a manifest notes."""
ROUNDING = 1e-12
"""What two machines may make of one error or impact, of the largest error on the path."""
TRIED = 20
"""Seeds that are tried at most."""
STAGES = (0.0, 0.2, 0.4, 0.6, 0.8)
"""Shares of the units removed."""
Rows = dict[str, list[pd.DataFrame]]
"""Paths, then impacts: the rows of each network."""


def freeze(
    version: str,
    into: Path,
    populations: tuple[str, ...] = POPULATIONS,
    networks: int = NETWORKS,
    shares: tuple[float, ...] = STAGES,
    base: FrozenSet | None = None,
) -> Iterator[str]:
    """Write a set; yield a line for each network that is done.

    Args:
        version: its name.
        into: its folder; must not be there yet.
        populations: names of files in `conf/population/`.
        networks: of each population.
        shares: of the units removed, at each of which impacts are measured.
        base: a set whose populations are taken over as they are, networks and impacts; None makes all anew. Training on
            another processor gives other networks, and then two versions could not be compared.

    Raises:
        StudyError: where the folder is there, data are missing, or too few networks meet their population's band.
    """
    if into.exists():
        raise StudyError(
            f"{into} is there already, and a set never changes: freeze a new version, or name another folder"
        )
    stated: dict[str, Any] = {}
    rows: Rows = {"paths": [], "impacts": []}
    (into / "networks").mkdir(parents=True)
    for population in populations:
        if base is not None and population in base.populations:
            stated[population] = taken_over(base, population, into, rows)
            yield f"{population}: as in {base.version}"
        else:
            stated[population] = yield from made_anew(population, into, networks, shares, rows)
    write_tables(rows, into)
    write_manifest(version, shares, stated, into)


def made_anew(
    population: str, into: Path, networks: int, shares: tuple[float, ...], rows: Rows
) -> Generator[str, None, dict[str, Any]]:
    """Train a population's networks, seed by seed, and prune those that meet its band; arguments as in `freeze`.

    Args:
        population: its name.
        into: folder of the set; the networks are written there.
        networks: how many are wanted.
        shares: of the units removed, at each of which impacts are measured.
        rows: the networks' paths and impacts are added to them.

    Yields:
        A line for each seed.

    Returns:
        What the manifest says of the population.

    Raises:
        StudyError: where too few networks meet the band.
    """
    with composer():
        cfg = compose("config", overrides=[f"population={population}"])
    chosen = plan(cfg)
    data = prepare(chosen, data_folder(cfg)).data
    kept: list[dict[str, Any]] = []
    missed: list[dict[str, Any]] = []
    for seed in range(FIRST_SEED, FIRST_SEED + TRIED):
        if len(kept) == networks:
            break
        trained = trained_network(replace(chosen, seed=seed), data, Path(cfg.paths.outputs) / "networks")
        verdict, words = judge(chosen, trained.network, data)
        if verdict == "missed":
            missed.append({"seed": seed, "band": words})
            yield f"{population}, seed {seed}: left out, {words}"
            continue
        for name, frame in zip(rows, pruned(trained.network, data, shares), strict=True):
            rows[name].append(frame.assign(population=population, seed=seed))
        write_network(trained.network, into / "networks" / f"{population}-{seed}.safetensors")
        kept.append({"seed": seed, "key": trained.key, "digest": trained.network.digest(), "band": words})
        yield f"{population}, seed {seed}: {trained.network.name}, {words}"
    if len(kept) < networks:
        raise StudyError(f"{population}: of {TRIED} seeds fewer than {networks} meet the band; train it for longer")
    return {**described(chosen, data), "networks": kept, "missed": missed}


def described(chosen: Plan, data: Dataset) -> dict[str, Any]:
    """Return what the manifest says of a population's data, architecture and recipe."""
    return {
        "dataset": {
            "name": chosen.dataset,
            "params": chosen.dataset_params,
            "seed": chosen.dataset_seed,
            "digest": data.digest,
        },
        "architecture": {
            **(vars(chosen.front) if chosen.front else {}),
            "hidden": chosen.hidden,
            "activation": chosen.activation,
            "output": chosen.architecture(data).output,
        },
        "recipe": chosen.recipe.settings(),
    }


def write_tables(rows: Rows, into: Path) -> None:
    """Write the paths and the impacts of a set's networks into its folder."""
    kinds = {"seed": "int32", "removed": "int32", "layer": "int16", "unit": "int32"}
    for name, columns in (("paths", PATHS), ("impacts", IMPACTS)):
        frame = pd.concat(rows[name], ignore_index=True)[list(columns)]
        frame.astype(kinds).to_parquet(into / f"{name}.parquet", index=False, compression="zstd")


def write_manifest(version: str, shares: tuple[float, ...], stated: dict[str, Any], into: Path) -> None:
    """Write what a set is and how it was made, with a digest of every file of its folder."""
    files = sorted(p for p in into.rglob("*") if p.is_file())
    manifest = {
        "version": version,
        "stages": shares,
        "removal": "zero",
        "error": "half_squared",
        "versions": {"training": TRAINING_VERSION, "oracle": ORACLE_VERSION, "code": code_version()},
        "environment": {name: environment("cpu")[name] for name in MADE_BY},
        "populations": stated,
        "files": {p.relative_to(into).as_posix(): sha256(p) for p in files},
    }
    (into / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def taken_over(base: FrozenSet, population: str, into: Path, rows: Rows) -> dict[str, Any]:
    """Copy a population's networks from another set, add its rows, and return what the manifest says of it."""
    for network in base.networks(population):
        name = f"networks/{population}-{network.seed}.safetensors"
        shutil.copyfile(base.folder / name, into / name)
        for what in ("paths", "impacts"):
            frame = network.path.reset_index(drop=True) if what == "paths" else network.impacts
            rows[what].append(frame.assign(population=population, seed=network.seed))
    return {**base.manifest["populations"][population], "from": base.version}


def pruned(network: Network, data: Dataset, shares: tuple[float, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the path of re-ranked brute force, and the true impacts at the stages on it."""
    total = sum(network.hidden)
    wanted = {round(share * total) for share in shares}
    path, impacts = [], []
    for step in steps(network, method("brute_force"), Settings(), Further(data, seed=0)):
        place = step.removed[0].part if step.removed else (-1, -1)
        path.append((step.event, *place, step.evaluations["pruning"].error))
        if step.event in wanted and step.scores is not None:
            columns = {**step.parts.columns(), "impact": step.state.impacts().numpy()}
            impacts.append(pd.DataFrame(columns).assign(removed=step.event))
    return pd.DataFrame(path, columns=["removed", "layer", "unit", "error"]), pd.concat(impacts, ignore_index=True)


def write_network(network: Network, file: Path) -> None:
    """Write a network's parameters, float64, and what they belong to."""
    tensors, notes = to_tensors(network)
    save_file(tensors, file, metadata=notes)


def differences(made: Path, published: FrozenSet) -> list[str]:
    """Return in which networks, paths and impacts a set that was made anew differs from the published one.

    Errors and impacts are held to `ROUNDING` times the largest error: another machine sums in another order.

    Raises:
        StudyError: when it cannot be read.
    """
    found, new = [], opened(made)
    for population in new.populations:
        if population not in published.populations:
            found.append(f"{population}: not in {published.version}")
            continue
        old = {n.seed: n for n in published.networks(population)}
        for here in new.networks(population):
            there = old.get(here.seed)
            if there is None:
                found.append(f"{population}, seed {here.seed}: not in {published.version}")
            elif here.trained.digest() != there.trained.digest():
                found.append(f"{population}, seed {here.seed}: training gave another network here")
            else:
                near = ROUNDING * there.path["error"].max()
                for what, value in (("path", "error"), ("impacts", "impact")):
                    mine, theirs = getattr(here, what), getattr(there, what)
                    same = mine.drop(columns=value).equals(theirs.drop(columns=value))
                    if not (same and (mine[value] - theirs[value]).abs().max() <= near):
                        found.append(f"{population}, seed {here.seed}: {what} of brute force, or its {value}s, differ")
    return found
