"""The entries of the register: claims, their parts, and the arms in which they are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from analysis.claims.operands import Operand
from study.records.condition import Condition


@dataclass(frozen=True)
class Part:
    """One tested quantity of a claim on one population.

    Attributes:
        label: in words.
        role: "decides", "beside" (another population) or "sensitivity" (another metric, margin or condition).
        population: the networks that are tested.
        test, margin: template and margin; two numbers for QTY (value, tolerance), for ASSOC (correlation, units) and,
            if it has a bound of refutation of its own, for ATMOST (support, refutation).
        metric: column of the metrics table, without the suffix of the split.
        of: the cells whose metric the quantity is.
        minus: those whose metric is subtracted, a number, or None.
        split: "pruning" or "held_out".
        per: the cells whose metric the quantity is divided by; None for no division.
        beyond: two more terms: `of - minus` is taken beyond the difference of these.
        over: populations and their sizes, ascending, instead of one population: TREND tests the order of the
            quantity over them, every other test its slope per doubling of the size.
        published, published_kind: value of the published curve; "P" (printed), "D" (computed from the figure) or "".
        networks: registered number of networks; 0 for the claim's.
        arms: those that have this part; empty for all of the claim's.
        best_of: restarts: the value of `of` is the smallest of so many networks with successive seeds.
        scale: "fisher_z" for the difference of Fisher's z of two correlations, else "plain".
        compares: id of the claim whose verdict is compared with this part's (C50), or "".
        search: "beam" or "exhaustive" for metrics that need the best sets of removed units, else "none".
    """

    label: str
    role: str
    population: str
    test: str
    margin: float | tuple[float, float]
    metric: str
    of: Operand
    minus: Operand | float | None = None
    split: str = "pruning"
    per: Operand | None = None
    beyond: tuple[Operand, ...] = ()
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

    def column_of(self, operand: Operand) -> str:
        """Return the column that a term is read from: the part's, unless the term names a metric of its own."""
        return replace(self, metric=operand.metric or self.metric).column

    @property
    def operands(self) -> list[Operand]:
        """The terms of the quantity, in the order `of`, `minus`, `beyond`, `per`."""
        minus = [self.minus] if isinstance(self.minus, Operand) else []
        return [self.of, *minus, *self.beyond, *([self.per] if self.per else [])]


@dataclass(frozen=True)
class Claim:
    """One entry: a falsifiable statement with its arms and parts.

    Attributes:
        id, statement, source, note: in words.
        tier: "A", "B" or "C"; of related systems the family that it is corrected in.
        arms: the conditions in which it is judged; empty for a claim that is not run.
        parts: the tested quantities; empty for a claim that is not run.
        one_suffices: whether one deciding part shows the claim ("can be"); else all must hold.
        networks: registered number of networks a population.
        test, reason, cells, cost: of a claim that is not run: the test and the cells that it would need, their cost,
            and the reason.
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
        """The parts with the role "decides"."""
        return tuple(part for part in self.parts if part.role == "decides")

    @property
    def compared(self) -> tuple[str, ...]:
        """The claims whose verdicts are compared with those of this claim's parts."""
        return tuple(dict.fromkeys(part.compares for part in self.deciding if part.compares))

    def parts_in(self, arm: str) -> tuple[Part, ...]:
        """The parts that an arm has."""
        return tuple(part for part in self.parts if not part.arms or arm in part.arms)


@dataclass(frozen=True)
class Arm:
    """A setting in which claims are judged: it replaces names of methods and populations.

    Attributes:
        name, meaning: in words.
        methods: the replaced methods.
        populations: the replaced populations.
        suffix: appended to the name of every other population.
        networks: largest registered number of networks; 0 for no limit.
        single: whether it has the populations of `populations` alone, with one network each, whatever its seed. No test
            can be decided on them.
    """

    name: str
    meaning: str
    methods: Mapping[str, str] = field(default_factory=dict)
    populations: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""
    networks: int = 0
    single: bool = False

    def population(self, name: str) -> str | None:
        """Return the arm's name of a population; None if it has none."""
        return self.populations.get(name, None if self.single else f"{name}{self.suffix}")

    def conditions(self, operand: Operand) -> tuple[Condition, ...]:
        """Return the conditions of a term, with the arm's names of the methods."""
        return tuple(replace(one, method=self.methods.get(one.method, one.method)) for one in operand.conditions)
