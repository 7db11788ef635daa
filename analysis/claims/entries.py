"""What the register is made of: claims, their parts, and the arms in which they are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from analysis.claims.operands import Operand
from study.records.condition import Condition


@dataclass(frozen=True)
class Part:
    """One tested quantity of a claim on one population.

    Attributes:
        label, role: in words; "decides", "beside" or "sensitivity".
        population: that it is tested on.
        test, margin: template and margin (two numbers for QTY; for ATMOST a second one that refutes beyond it).
        metric: column of the metrics table, without the suffix of the split.
        of: the cells whose metric the quantity is.
        minus: those whose metric is subtracted, a number, or None.
        split: "pruning" or "held_out".
        per: the cells whose metric the quantity is divided by; None for no division.
        beyond: two more terms: `of - minus` is taken beyond the difference of these.
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

    @property
    def operands(self) -> list[Operand]:
        """The terms of the quantity, in the order `of`, `minus`, `beyond`, `per`."""
        minus = [self.minus] if isinstance(self.minus, Operand) else []
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

    def conditions(self, operand: Operand) -> tuple[Condition, ...]:
        """Return the conditions of a term, with the arm's names of the methods."""
        return tuple(replace(one, method=self.methods.get(one.method, one.method)) for one in operand.conditions)
