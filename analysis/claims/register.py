"""The claims register, read from `register/*.yaml`: the plan, the claims and their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from analysis.statistics import TEMPLATES

FOLDER = Path(__file__).parent / "register"
ROLES = ("decides", "beside", "sensitivity")
SPLITS = ("pruning", "held_out")


class RegisterError(ValueError):
    """Raised for an entry of the register that cannot be evaluated; names the claim and the field."""


@dataclass(frozen=True)
class Part:
    """One tested quantity of a claim on one population.

    Attributes:
        label, role: in words; "decides", "beside" or "sensitivity".
        population: that it is tested on.
        test, margin: template and margin (two numbers for QTY).
        metric: column of the metrics table, without the suffix of the split.
        of: method and ranking of the quantity, "brute_force iterative".
        minus: the same of what is subtracted ("... @population" for another population), a number, or None.
        split: "pruning" or "held_out".
        error: the error ranked on.
        published, published_kind: value of the published curve; "P", "D" or "".
        needs: why it cannot be tested yet; empty where it can.
    """

    label: str
    role: str
    population: str
    test: str
    margin: float | tuple[float, float]
    metric: str
    of: str
    minus: str | float | None = None
    split: str = "pruning"
    error: str = "half_squared"
    published: float | None = None
    published_kind: str = ""
    needs: str = ""


@dataclass(frozen=True)
class Claim:
    """One entry: a falsifiable statement with its arms and parts (none for claims of later work)."""

    id: str
    tier: str
    statement: str
    source: str = ""
    note: str = ""
    test: str = ""
    arms: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def deciding(self) -> tuple[Part, ...]:
        """The parts that must all hold."""
        return tuple(part for part in self.parts if part.role == "decides")


@dataclass(frozen=True)
class Arm:
    """A whole condition: how names of methods and populations change under it, and why it may be absent."""

    name: str
    meaning: str
    methods: Mapping[str, str] = field(default_factory=dict)
    population_prefix: str = ""
    population_suffix: str = ""
    reason: str = ""

    def population(self, name: str) -> str:
        """Return the arm's name of a population."""
        return f"{self.population_prefix}{name}{self.population_suffix}"

    def method(self, name: str) -> str:
        """Return the arm's name of a method."""
        return self.methods.get(name, name)


@dataclass(frozen=True)
class Register:
    """All claims, the arms, the acceptance bands and the rules that apply to every claim."""

    claims: tuple[Claim, ...]
    arms: Mapping[str, Arm]
    bands: Mapping[str, Mapping[str, Any]]
    plan: Mapping[str, Any]
    digest: str

    def tier(self, name: str) -> tuple[Claim, ...]:
        """Return the claims of a tier."""
        return tuple(claim for claim in self.claims if claim.tier == name)


def load(folder: Path = FOLDER) -> Register:
    """Read the register.

    Raises:
        RegisterError: for an unknown test, role, arm or split.
    """
    plan = _read(folder / "plan.yaml")
    arms = {name: Arm(name, **entry) for name, entry in plan["arms"].items()}
    claims = [_claim(entry, arms) for entry in _read(folder / "tier_a.yaml")]
    claims += [Claim(**entry) for entry in _read(folder / "later.yaml")]
    return Register(
        claims=tuple(sorted(claims, key=lambda claim: claim.id)),
        arms=arms,
        bands=_read(folder / "bands.yaml"),
        plan={name: value for name, value in plan.items() if name != "arms"},
        digest=digest(folder),
    )


def digest(folder: Path = FOLDER) -> str:
    """Return the sha256 over the names and bytes of all files of the register, acceptance bands included."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        content = path.read_bytes()
        total.update(f"{path.name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _claim(entry: dict[str, Any], arms: Mapping[str, Arm]) -> Claim:
    unknown = set(entry["arms"]) - set(arms)
    if unknown:
        raise RegisterError(f"{entry['id']}: unknown arms {sorted(unknown)}; known: {', '.join(arms)}")
    parts = [part for raw in entry["parts"] for part in _parts(entry["id"], raw)]
    words = {name: entry.get(name, "") for name in ("id", "statement", "source", "note")}
    return Claim(tier="A", arms=tuple(entry["arms"]), parts=tuple(parts), **words)


def _parts(claim: str, raw: dict[str, Any]) -> Iterator[Part]:
    """Expand one entry over `each`, populations, populations beside it, and splits."""
    for name, known in (("test", TEMPLATES), ("role", ROLES)):
        if raw.get(name, "decides" if name == "role" else None) not in known:
            raise RegisterError(f"{claim}, {raw['part']}: {name}={raw.get(name)!r}; known: {', '.join(known)}")
    role, margin = raw.get("role", "decides"), raw["margin"]
    methods = raw.get("each", {}).get("method", [None])
    places = [(p, role) for p in raw["populations"]] + [(p, "beside") for p in raw.get("beside", [])]
    for method, (population, place), split in product(methods, places, raw.get("splits", ["pruning"])):
        if split not in SPLITS:
            raise RegisterError(f"{claim}, {raw['part']}: split {split!r}; known: {', '.join(SPLITS)}")
        published = raw.get("published", {})
        value = (published.get(method, {}) if method else published).get(population)
        if split != "pruning":
            value = None  # the published curves are on the pruning rows
        yield Part(
            label=_fill(raw["part"], method) + (", held out" if split == "held_out" else ""),
            role=place,
            population=population,
            test=raw["test"],
            margin=tuple(margin) if isinstance(margin, list) else float(margin),
            metric=raw["metric"],
            of=_fill(raw["of"], method),
            minus=_fill(raw["minus"], method) if isinstance(raw.get("minus"), str) else raw.get("minus"),
            split=split,
            error=raw.get("error", "half_squared"),
            published=value,
            published_kind="" if value is None else raw["kind"],
            needs=raw.get("needs", ""),
        )


def _fill(text: str, method: str | None) -> str:
    return text.format(method=method) if method else text
