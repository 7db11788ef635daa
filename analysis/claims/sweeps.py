"""The grids of cells that the register needs: `make sweeps` writes them into `conf/profile/`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from analysis.claims.register import SEARCHES, Arm, Claim, Part, Register
from study.common.errors import StudyError
from study.common.paths import CONF
from study.records.condition import USUAL, Condition, parted

RECORDED = {
    "interaction_share": "pairs",
    "put_back_worse": "reinsertion",
    **dict.fromkeys(("convex_share", "flat_until", "flat_to_4"), "surfaces"),
}
"""Metrics whose cells record an additional table."""
CONTROL = ("brute_force", "taylor1", "taylor2", "taylor2_exact", "worst_first", "random")
"""Methods that prune every population of tier A with re-ranking, whether a claim needs them or not."""
DRAWS = 10
"""Random orders a network."""
USUALLY = {"truth_every": 5, "surfaces_every": 10}
"""Settings of the record of all methods but random."""


@dataclass(frozen=True)
class Need:
    """One kind of cell that a claim needs.

    Attributes:
        population: as in a cell's tags.
        condition: that it is pruned under.
        search: as in `record.search`. Cells with a search are apart, so that no other claim or profile waits for it.
    """

    population: str
    condition: Condition
    search: str = "none"


@dataclass(frozen=True)
class _Kind:
    """What the cells of a grid share.

    Attributes:
        condition: without a method, and with the names of its values alone: their parameters are swept.
        record: what is recorded beyond the usual.
        networks: how many.
        random: whether the method is the random one, which has draws.
    """

    condition: Condition
    record: str
    networks: int
    random: bool

    @property
    def unusual(self) -> dict[str, str]:
        """The dimensions beside the ranking that are not as usual."""
        return {n: v for n, v in self.condition.tags.items() if n in USUAL and n != "ranking" and v != USUAL[n]}

    @property
    def words(self) -> list[str]:
        """The words of the grid's name."""
        random = "random" if self.random else ""
        words = [self.condition.ranking, random, self.record, *self.unusual.values(), f"n{self.networks}"]
        return [word for word in words if word]

    @property
    def place(self) -> tuple[object, ...]:
        """Grids of many networks come first."""
        condition = [getattr(self.condition, name) for name in ("ranking", "error", "removal", "selection", "protocol")]
        return (-self.networks, *condition, self.record, self.random)


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
            for operand in part.operands:
                population = arm.population(operand.population or place)
                if population is not None:
                    restarts = part.best_of if operand == part.of else 1
                    for condition in arm.conditions(operand):
                        yield Need(population, condition, part.search), part, restarts


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
                        control = Need(need.population, Condition(method))
                        found[control] = max(found[control], min(least))
    return dict(found)


def grids(register: Register, profile: Profile) -> list[dict[str, Any]]:
    """Return the grids of a profile, as `conf/profile/NAME.yaml` lists them."""
    by_kind, lists = _kinds(register, profile)
    first = register.plan["confirmatory_from"]
    found: dict[str, dict[str, Any]] = {}
    for kind, by_population in sorted(by_kind.items(), key=lambda item: item[0].place):
        by_methods: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for population, methods in by_population.items():
            by_methods[tuple(sorted(methods, key=_place))].append(population)
        for chosen, populations in sorted(by_methods.items(), key=lambda item: (-len(item[1]), item[0])):
            name = "_".join([profile.name, *kind.words])
            name = name if name not in found else f"{name}_{sum(n.startswith(name) for n in found) + 1}"
            sweep = _values(kind, chosen, sorted(populations), lists) | {
                "seed": f"range({first},{first + kind.networks})"
            }
            found[name] = {
                "name": name,
                "record": _record(kind, first),
                "run": {"figures_for": [] if kind.random else [first]},
                "sweep": sweep,
            }
    return list(found.values())


Lists = dict[tuple[str, str], dict[str, set[int]]]
"""(population, name of a value) -> key of a parameter -> its values."""


def _kinds(register: Register, profile: Profile) -> tuple[dict[_Kind, dict[str, set[str]]], Lists]:
    """Return kind -> population -> methods, and the values of the parameters that are swept."""
    richer = _richer(register)
    found: dict[_Kind, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    lists: Lists = defaultdict(lambda: defaultdict(set))
    for need, networks in wanted(register, profile).items():
        names = {}
        for dimension in USUAL:
            names[dimension], given = parted(getattr(need.condition, dimension))
            for key, value in given.items():
                lists[need.population, names[dimension]][f"{dimension}.{key}"].add(int(value))
        record = richer.get(need, "") if need.search == "none" else need.search
        method = need.condition.method
        found[_Kind(Condition("", **names), record, networks, method == "random")][need.population].add(method)
    return found, lists


def _values(kind: _Kind, methods: Sequence[str], populations: list[str], lists: Lists) -> dict[str, Any]:
    """Return the values of a grid's settings, without its seeds; a list of one is its value."""
    found: dict[str, Any] = {"population": populations, "ranking": kind.condition.ranking, "method": list(methods)}
    if kind.random:
        found["method.params.draw"] = f"range(0,{DRAWS})"
    for dimension, value in kind.unusual.items():
        found[dimension] = value
        for key in sorted({key for p in populations for key in lists[p, value]}):
            found[key] = sorted(set.union(*(lists[p, value][key] for p in populations)))
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in found.items()}


def _richer(register: Register) -> dict[Need, str]:
    """Return the additional tables of cells; they are the same in every profile, whose cells then share their keys."""
    found: dict[Need, str] = {}
    for claim in register.claims:
        for name in claim.arms:
            for need, part, _ in needs(claim, register.arms[name]):
                if part.metric in RECORDED:
                    kinds = {RECORDED[part.metric], *found.get(need, "").split("_")} - {""}
                    found[need] = "_".join(sorted(kinds))
    return found


def _place(method: str) -> tuple[int, str]:
    return (CONTROL.index(method) if method in CONTROL else len(CONTROL), method)


def _record(kind: _Kind, first: int) -> dict[str, Any]:
    found: dict[str, Any] = {"truth_every": 1000, "surfaces_every": 0} if kind.random else dict(USUALLY)
    found["surfaces_for"] = None if "surfaces" in kind.record else [first]
    found |= {table: True for table in ("pairs", "reinsertion") if table in kind.record}
    return found | ({"search": kind.record} if kind.record in SEARCHES[1:] else {})


def files(register: Register) -> dict[Path, str]:
    """Return all files that are made from the register, relative to `conf/`."""
    found: dict[Path, str] = {}
    for profile in PROFILES:
        content = {"about": profile.about, "grids": grids(register, profile)}
        command = "make reproduce" + ("" if profile.name == "paper" else f" PROFILE={profile.name}")
        head = (
            "# @package hydra.sweeper\n"
            f"# {command}, or python -m study -m +profile={profile.name}\n"
            "# Written by `make sweeps` from the claims register (analysis/claims/register): change that.\n"
        )
        text = yaml.safe_dump(content, default_flow_style=None, sort_keys=False, width=118)
        found[Path("profile") / f"{profile.name}.yaml"] = head + text
    return found


def write(register: Register, folder: Path = CONF) -> list[Path]:
    """Write the files into `conf/` and return their paths."""
    if not folder.is_dir():
        raise StudyError(f"{folder} is not there: the profiles are written in the checkout, where conf/ is")
    for path, text in files(register).items():
        (folder / path).write_text(text)
    return [folder / path for path in files(register)]
