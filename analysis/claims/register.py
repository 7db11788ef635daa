"""The claims register, read from `register/*.yaml`: the frozen plan, its amendments, the claims and their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from analysis.claims import amendments
from analysis.claims.amendments import Amendment, Amendments, RegisterError
from analysis.metrics import SEARCHED
from analysis.statistics import TEMPLATES

FOLDER = Path(__file__).parent / "register"
ROLES = ("decides", "beside", "sensitivity")
SPLITS = ("pruning", "held_out")
SEARCHES = ("none", "beam", "exhaustive")
SCALES = ("plain", "fisher_z")


@dataclass(frozen=True)
class Part:
    """One tested quantity of a claim on one population.

    Attributes:
        label, role: in words; "decides", "beside" or "sensitivity".
        population: that it is tested on.
        test, margin: template and margin (two numbers for QTY; for ATMOST a second one that refutes beyond it).
        metric: column of the metrics table, without the suffix of the split.
        of: method and ranking of the quantity, "brute_force iterative"; after "+" a protocol and after "|" the rows
            ranked on (as in a run's tags), after "@" another population. Several methods, "taylor1/taylor2 iterative",
            stand for the range over them: the largest value less the smallest.
        minus: the same of what is subtracted ("... @population" for another population), a number, or None.
        split: "pruning" or "held_out".
        per: the same of what the quantity is divided by; "" for none.
        error, removal: the error ranked on; what takes a removed unit's place.
        beyond: method and ranking of two more quantities: `of - minus` is taken beyond the difference of these.
        over: populations and their sizes, ascending, in place of one population: TREND tests the order of the
            quantity over them, every other test its slope per doubling of the size.
        published, published_kind: value of the published curve; "P", "D" or "".
        networks: registered number of networks; 0 for the claim's.
        arms: that have this part; none named for all of the claim's.
        best_of: restarts: the value of `of` is the smallest over so many networks, of one seed after another.
        scale: "fisher_z" for correlations, of whose inverse hyperbolic tangents the difference is taken.
        compares: id of the claim whose verdict this part is held against (C50), or "".
        search: "beam" or "exhaustive": how the best sets of removed units are searched for that the metric is about.
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
    removal: str = "zero"
    per: str = ""
    beyond: tuple[str, ...] = ()
    over: tuple[tuple[str, float], ...] = ()
    published: float | None = None
    published_kind: str = ""
    networks: int = 0
    arms: tuple[str, ...] = ()
    best_of: int = 1
    scale: str = "plain"
    compares: str = ""
    search: str = "none"

    @property
    def column(self) -> str:
        """The column of the metrics table that is tested."""
        return self.metric + ("_held_out" if self.split == "held_out" else "")

    @property
    def specs(self) -> list[str]:
        """What the quantity is made of, in the order `of`, `minus`, `beyond`, `per`."""
        minus = [self.minus] if isinstance(self.minus, str) else []
        return [self.of, *minus, *self.beyond, *([self.per] if self.per else [])]


@dataclass(frozen=True)
class Claim:
    """One entry: a falsifiable statement with its arms and parts.

    Attributes:
        id, tier, statement, source, note: in words; tier "A", "B" or "C".
        arms: that it is judged in; empty for a claim that is not run.
        parts: what is tested; empty for a claim that is not run.
        one_suffices: whether one deciding part shows the claim ("can be"); else all of them must hold.
        networks: registered number of networks a population.
        test, reason, cells, cost: of a claim that is not run: the test that it would need, why it is not run, the
            cells that it would need and what they would cost.
    """

    id: str
    tier: str
    statement: str
    source: str = ""
    note: str = ""
    arms: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    networks: int = 30
    one_suffices: bool = False
    test: str = ""
    reason: str = ""
    cells: str = ""
    cost: str = ""

    @property
    def deciding(self) -> tuple[Part, ...]:
        """The parts that must all hold, or of which one suffices."""
        return tuple(part for part in self.parts if part.role == "decides")

    @property
    def compared(self) -> tuple[str, ...]:
        """The claims whose verdicts this one's parts are held against."""
        return tuple(dict.fromkeys(part.compares for part in self.deciding if part.compares))

    def parts_in(self, arm: str) -> tuple[Part, ...]:
        """The parts that an arm has."""
        return tuple(part for part in self.parts if not part.arms or arm in part.arms)


@dataclass(frozen=True)
class Arm:
    """A whole condition: how names of methods and populations change under it.

    Attributes:
        name, meaning: in words.
        methods: names of methods that change.
        populations: names of populations that change.
        suffix: what is appended to every population's name.
        networks: registered number of networks, at most; 0 for no limit.
        single: whether its populations are one network each, of whatever seed, and those that `populations` names:
            no test can be decided on them.
    """

    name: str
    meaning: str
    methods: Mapping[str, str] = field(default_factory=dict)
    populations: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""
    networks: int = 0
    single: bool = False

    def population(self, name: str) -> str | None:
        """Return the arm's name of a population; None where it has none."""
        return self.populations.get(name, None if self.single else f"{name}{self.suffix}")

    def method(self, name: str) -> str:
        """Return the arm's name of a method."""
        return self.methods.get(name, name)


@dataclass(frozen=True)
class Register:
    """All claims, the arms, the acceptance bands and the rules that apply to every claim.

    Attributes:
        claims, arms, bands, plan: as amended, `plan` as frozen.
        digest, frozen: sha256 over all files, and over those that were frozen.
        amendments: of the frozen plan, in force here.
    """

    claims: tuple[Claim, ...]
    arms: Mapping[str, Arm]
    bands: Mapping[str, Mapping[str, Any]]
    plan: Mapping[str, Any]
    digest: str
    amendments: tuple[Amendment, ...] = ()
    frozen: str = ""

    @property
    def rules(self) -> frozenset[str]:
        """Names of the rules that were amended (`amendments.RULES`)."""
        return frozenset(amendment.rule for amendment in self.amendments if amendment.rule)

    def tier(self, name: str) -> tuple[Claim, ...]:
        """Return the claims of a tier."""
        return tuple(claim for claim in self.claims if claim.tier == name)


def load(folder: Path = FOLDER, amended: bool = True) -> Register:
    """Read the register.

    Args:
        folder: of its files.
        amended: with the amendments; without them as the plan was frozen.

    Raises:
        RegisterError: for an unknown word, a metric without the search it needs, and frozen files that were changed.
    """
    return _load(folder, amended, digest(folder))


@cache
def _load(folder: Path, amended: bool, _: str) -> Register:
    """Read the register once for each state of its files, as their digest tells it."""
    plan = _read(folder / "plan.yaml")
    arms = {name: Arm(name, **entry) for name, entry in plan["arms"].items()}
    changes = amendments.read(folder) if amended else Amendments()
    raw = [entry for name in ("tier_a", "tier_b", "tier_c") for entry in _read(folder / f"{name}.yaml")]
    amendments.check(changes, {entry["id"] for entry in raw})
    claims = [_claim(changes.entry(entry), arms) for entry in raw]
    claims += [Claim(**entry) for entry in _read(folder / "not_run.yaml")]
    frozen = digest(folder, amended=False)
    amendments.check_frozen(changes, frozen)
    return Register(
        claims=tuple(sorted(claims, key=lambda claim: claim.id)),
        arms=arms,
        bands=_read(folder / "bands.yaml") | dict(changes.bands),
        plan={name: value for name, value in plan.items() if name != "arms"},
        digest=digest(folder) if changes.all else frozen,
        amendments=changes.all,
        frozen=frozen,
    )


def digest(folder: Path = FOLDER, amended: bool = True) -> str:
    """Return the sha256 over the names and bytes of all files of the register, acceptance bands included.

    Args:
        folder: of its files.
        amended: with the amendments; without them the digest of the frozen plan.
    """
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        if path.name != amendments.FILE or amended:
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
    beyond = {arm for part in parts for arm in part.arms} - set(entry["arms"])
    if beyond:
        raise RegisterError(f"{entry['id']}: a part names arms {sorted(beyond)}; the claim's: {entry['arms']}")
    return Claim(**entry | {"arms": tuple(entry["arms"]), "parts": tuple(parts)})


def _parts(claim: str, raw: dict[str, Any]) -> Iterator[Part]:
    """Expand one entry over `each`, populations, populations beside it, and splits."""
    raw = {"role": "decides", "search": "none", "scale": "plain"} | raw
    for name, known in (("test", TEMPLATES), ("role", ROLES), ("search", SEARCHES), ("scale", SCALES)):
        if raw.get(name) not in known:
            raise RegisterError(f"{claim}, {raw['part']}: {name}={raw.get(name)!r}; known: {', '.join(known)}")
    if (raw["metric"] in SEARCHED) != (raw["search"] != "none"):
        takes = ", ".join(SEARCHED)
        raise RegisterError(f"{claim}, {raw['part']}: a search goes with the metrics {takes}, and with no other")
    role, margin = raw["role"], raw.get("margin", 0.0)
    methods = raw.get("each", {}).get("method", [None])
    over = tuple((name, float(size)) for name, size in raw.get("over", {}).items())
    populations = raw["populations"] if not over else [f"{over[0][0]} to {over[-1][0]}"]
    places = [(p, role) for p in populations] + [(p, "beside") for p in raw.get("beside", [])]
    splits = raw.get("splits", ["pruning"])
    if unknown := set(splits) - set(SPLITS):
        raise RegisterError(f"{claim}, {raw['part']}: splits {sorted(unknown)}; known: {', '.join(SPLITS)}")
    for method, (population, place), split in product(methods, places, splits):
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
            removal=raw.get("removal", "zero"),
            per=_fill(raw.get("per", ""), method),
            beyond=tuple(_fill(spec, method) for spec in raw.get("beyond", [])),
            over=over,
            published=value,
            published_kind="" if value is None else raw["kind"],
            networks=raw.get("networks", 0),
            arms=tuple(raw.get("arms", [])),
            best_of=raw.get("best_of", 1),
            scale=raw["scale"],
            compares=raw.get("compares", ""),
            search=raw["search"],
        )


def _fill(text: str, method: str | None) -> str:
    return text.format(method=method) if method else text
