"""From the register to the sweeps that it needs: `python -m analysis.claims sweeps` writes them into `conf/`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.claims.quantities import named
from analysis.claims.register import SEARCHES, Arm, Claim, Part, Register
from study.errors import StudyError

CONF = Path(__file__).parents[2] / "conf"
RECORDED = {
    "interaction_share": "pairs",
    "put_back_worse": "reinsertion",
    **dict.fromkeys(("convex_share", "flat_until", "flat_to_4"), "surfaces"),
}
"""Metrics whose cells record more than the usual."""
CONTROL = ("brute_force", "taylor1", "taylor2", "taylor2_exact", "worst_first", "random")
"""Methods that the populations of tier A are pruned by, re-ranked, whether a claim asks for it or not."""
DRAWS = 10
"""Random orders a network."""


@dataclass(frozen=True)
class Need:
    """One kind of cell that a claim needs.

    Attributes:
        population, method, ranking, error, selection, removal, protocol: as in a cell's tags.
        search: as in `record.search`. A search has cells of its own: no other claim and no other profile waits for it.
    """

    population: str
    method: str
    ranking: str
    error: str = "half_squared"
    selection: str = "pruning"
    removal: str = "zero"
    protocol: str = "no_retrain"
    search: str = "none"


@dataclass(frozen=True)
class Profile:
    """What a profile runs of the register.

    Attributes:
        name, about: of its file.
        tiers: whose claims.
        arms: under which.
        networks: a population, at most.
        roles: of the parts that are run.
        without: populations that are left out.
    """

    name: str
    about: str
    tiers: Collection[str]
    arms: Collection[str]
    networks: int
    roles: Collection[str] = ("decides", "beside", "sensitivity")
    without: Collection[str] = ()


PROFILES = (
    Profile(
        "paper",
        "The main claims (tier A) as published, ten confirmatory seeds.",
        "A",
        ("as_published",),
        10,
        roles=("decides", "beside"),
        without=("cosine_wave_2x50",),
    ),
    Profile(
        "full",
        "Every claim in every arm, with the registered number of networks.",
        "ABC",
        ("as_published", "as_implemented", "sigmoid_outputs", "untrained_hidden"),
        1000,
    ),
)


def needs(claim: Claim, arm: Arm) -> Iterator[tuple[Need, Part, int]]:
    """Yield the cells that a claim needs under an arm, each with the part that asks for it and networks a seed."""
    for part in claim.parts_in(arm.name):
        for place in [p for p, _ in part.over] or [part.population]:
            for spec in part.specs:
                population, methods, ranking, selection, protocol = named(spec, place, arm)
                if population is not None:
                    restarts = part.best_of if spec == part.of else 1
                    for method in methods:
                        settings = part.error, selection, part.removal, protocol, part.search
                        yield Need(population, method, ranking, *settings), part, restarts


def wanted(register: Register, profile: Profile) -> dict[Need, int]:
    """Return the cells of a profile and how many networks of each."""
    found: dict[Need, int] = defaultdict(int)
    for claim in register.claims:
        for name in set(claim.arms) & set(profile.arms):
            if claim.tier not in profile.tiers:
                continue
            arm = register.arms[name]
            for need, part, restarts in needs(claim, arm):
                if part.role not in profile.roles or need.population in profile.without:
                    continue
                least = (part.networks or claim.networks, profile.networks, arm.networks or profile.networks)
                found[need] = max(found[need], restarts * min(least))
                if claim.tier == "A" and name == "as_published" and not part.networks:
                    for method in CONTROL:
                        control = Need(need.population, method, "iterative")
                        found[control] = max(found[control], min(least))
    return dict(found)


def sweeps(register: Register, profile: Profile) -> dict[str, str]:
    """Return the sweeps of a profile: file name without ending -> content."""
    richer = _richer(register)
    groups: dict[tuple[str, str, str, str, str, str, int, bool], dict[str, set[str]]]
    groups = defaultdict(lambda: defaultdict(set))
    samples: dict[str, set[int]] = defaultdict(set)
    epochs: dict[str, set[int]] = defaultdict(set)
    for need, networks in wanted(register, profile).items():
        rows, size = _numbered(need.selection)
        protocol, trained = _numbered(need.protocol)
        if size:
            samples[need.population].add(size)
        if trained:
            epochs[need.population].add(trained)
        record = richer.get(need, "") if need.search == "none" else need.search
        random = need.method == "random"
        kind = (need.ranking, need.error, need.removal, rows, protocol, record, networks, random)
        groups[kind][need.population].add(need.method)
    found: dict[str, str] = {}
    first = register.plan["confirmatory_from"]
    for kind, by_population in sorted(groups.items(), key=lambda item: (-item[0][6], item[0])):
        by_methods: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for population, methods in by_population.items():
            by_methods[tuple(sorted(methods, key=_place))].append(population)
        for chosen, populations in sorted(by_methods.items(), key=lambda item: (-len(item[1]), item[0])):
            ranking, error, removal, rows, protocol, record, networks, random = kind
            words = [ranking, "random" if random else "", error if error != "half_squared" else "", record]
            words += [removal if removal != "zero" else "", rows if rows != "pruning" else ""]
            words += [protocol if protocol != "no_retrain" else "", f"n{networks}"]
            name = "_".join([profile.name, *filter(None, words)])
            name = name if name not in found else f"{name}_{sum(n.startswith(name) for n in found) + 1}"
            params = {"population": ",".join(sorted(populations)), "ranking": ranking, "method": ",".join(chosen)}
            if random:
                params["method.params.draw"] = f"range(0,{DRAWS})"
            if error != "half_squared":
                params["error"] = error
            if removal != "zero":
                params["removal"] = removal
            if rows != "pruning":
                params["selection"] = rows
            if rows == "subset":
                sizes = set.union(*(samples[p] for p in populations))
                params["selection.samples"] = ",".join(map(str, sorted(sizes)))
            if protocol != "no_retrain":
                lengths = set.union(*(epochs[p] for p in populations))
                params["protocol"] = protocol
                params["protocol.epochs"] = ",".join(map(str, sorted(lengths)))
            params["seed"] = f"range({first},{first + networks})"
            found[name] = _file(profile, name, params, record, random, first)
    return found


def _richer(register: Register) -> dict[Need, str]:
    """Return what cells record beyond the usual; the same in every profile, so that they share their keys."""
    found: dict[Need, str] = {}
    for claim in register.claims:
        for name in claim.arms:
            for need, part, _ in needs(claim, register.arms[name]):
                if part.metric in RECORDED:
                    kinds = {RECORDED[part.metric], *found.get(need, "").split("_")} - {""}
                    found[need] = "_".join(sorted(kinds))
    return found


def _numbered(label: str) -> tuple[str, int]:
    """Return the name and the number of a tag, 0 where it has none.

    >>> _numbered("subset[samples=50]"), _numbered("no_retrain")
    (('subset', 50), ('no_retrain', 0))
    """
    name, number = re.fullmatch(r"(\w+)(?:\[\w+=(\d+)\])?", label).groups()  # type: ignore[union-attr]
    return name, int(number or 0)


def _place(method: str) -> tuple[int, str]:
    return (CONTROL.index(method) if method in CONTROL else len(CONTROL), method)


def _file(profile: Profile, name: str, params: dict[str, str], record: str, random: bool, first: int) -> str:
    every = "truth_every: 1000, surfaces_every: 0" if random else "truth_every: 5, surfaces_every: 10"
    recorded = f"{{{every}, surfaces_for: [{first}]}}"
    if "surfaces" in record:
        recorded = recorded.replace(f"[{first}]", "null")
    for kind in ("pairs", "reinsertion"):
        if kind in record:
            recorded = recorded.replace("}", f", {kind}: true}}")
    if record in SEARCHES[1:]:
        recorded = recorded.replace("}", f", search: {record}}}")
    lines = [
        "# @package _global_",
        f"# python -m study -m +sweep={name}",
        "# Written by `make sweeps` from the claims register (analysis/claims/register): change that.",
        "defaults:",
        "  - override /hydra/launcher: joblib",
        f"sweep: {{name: {profile.name}}}",
        f"record: {recorded}",
        f"run: {{figures_for: [{'' if random else first}]}}",
        "hydra:",
        "  sweeper:",
        "    params:",
        *(f"      {key}: {value}" for key, value in params.items()),
    ]
    return "\n".join(lines) + "\n"


def files(register: Register) -> dict[Path, str]:
    """Return all files that are made from the register, relative to `conf/`."""
    found: dict[Path, str] = {}
    for profile in PROFILES:
        made = sweeps(register, profile)
        found |= {Path("sweep") / f"{name}.yaml": text for name, text in made.items()}
        command = "make reproduce" + ("" if profile.name == "paper" else f" PROFILE={profile.name}")
        listed = "".join(f"  - {name}\n" for name in made)
        about = "# Written by `make sweeps` from the claims register (analysis/claims/register): change that."
        found[Path("profile") / f"{profile.name}.yaml"] = (
            f"# {command}\n{about}\nabout: {profile.about}\nsweeps:\n{listed}"
        )
    return found


def write(register: Register, folder: Path = CONF) -> list[Path]:
    """Write the files into `conf/`, remove those of an older register, and return their paths."""
    if not folder.is_dir():
        raise StudyError(f"{folder} is not there: the sweeps are written in the checkout, where conf/ is")
    made = files(register)
    for profile in PROFILES:
        for old in (folder / "sweep").glob(f"{profile.name}_*.yaml"):
            if old.relative_to(folder) not in made:
                old.unlink()
    for path, text in made.items():
        (folder / path).write_text(text)
    return [folder / path for path in made]
