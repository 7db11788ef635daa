"""How to prune: the scientific settings of a trajectory but the network, the data and the method."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from study.common.errors import StudyError, choice, number, shown, truth, whole
from study.protocols import Protocol
from study.protocols.no_retrain import NoRetrain
from study.records.condition import ERRORS, USUAL, joined
from study.removals import names as removal_names
from study.scopes import names as scope_names

if TYPE_CHECKING:  # the command line reads the defaults of these classes, and waits for no torch
    from study.data.base import Dataset
    from study.data.split import Split

RANKINGS = ("single_overall", "iterative")
REMOVALS = removal_names()
SEARCHES = ("none", "beam", "exhaustive")
CHOICES = {"ranking": RANKINGS, "scope": scope_names(), "removal": REMOVALS, "error": ERRORS, "search": SEARCHES}


@dataclass(frozen=True)
class Selection:
    """The rows that a method ranks on; what is evaluated on is another thing.

    Attributes:
        rows: "pruning", "held_out" or "subset" (of the pruning rows).
        samples: rows of the subset, drawn without replacement; must be None for the others.
        seed: of the draw.
    """

    rows: str = "pruning"
    samples: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        choice("selection: rows", self.rows, ("pruning", "held_out", "subset"))
        if (self.rows == "subset") != (self.samples is not None):
            raise StudyError("selection: `samples` goes with rows=subset, and only with it")
        if self.samples is not None:
            object.__setattr__(self, "samples", whole("selection.samples", self.samples, 1))
        object.__setattr__(self, "seed", whole("selection.seed", self.seed))

    @property
    def label(self) -> str:
        """For people and tags.

        >>> Selection("subset", samples=100).label
        'subset[samples=100]'
        """
        draw = {"seed": self.seed} if self.seed else {}
        return self.rows if self.samples is None else joined(self.rows, {"samples": self.samples, **draw})

    def of(self, data: Dataset) -> Split:
        """Return the rows.

        Raises:
            StudyError: when the subset is empty or larger than the pruning rows.
        """
        if self.rows != "subset":
            return data.splits[self.rows]
        n = len(data.pruning)
        if self.samples is None or not 1 <= self.samples <= n:
            raise StudyError(f"selection: samples={self.samples} of {n} pruning rows; possible: 1 to {n}")
        import torch

        order = torch.randperm(n, generator=torch.Generator().manual_seed(self.seed))
        return data.pruning.rows(order[: self.samples].sort().values)


@dataclass(frozen=True)
class Settings:
    """How to prune: everything scientific but the network, the data and the method.

    Attributes:
        ranking: "single_overall" or "iterative".
        every: under iterative ranking, scores are computed anew after every so many removals.
        removal: "zero" (the paper); "mean": the unit's mean output on the ranking rows goes into the next bias; or
            "compensate": its least-squares regression on the other units of its layer, over the same rows, goes into
            their outgoing weights and the next bias (`removals.compensate`). A true impact is that of the removal as it
            is made, compensation included, with the coefficients of the ranking rows.
        scope: "unit" (the paper): any hidden unit may go; "filter", "neuron": those of convolutional, of dense layers;
            "weight": single weights.
        error: "half_squared" (the paper) or, under a softmax, "cross_entropy": what is ranked on.
        selection: the rows ranked on.
        protocol: the order of score, remove, train and evaluate.
        truth_every: true impacts are recorded at every n-th step (and wherever the method computes them anyway).
        surfaces_every: error surfaces of the units removed at steps 1, 1+n, 1+2n, ...; 0 for none.
        surface_gain: largest gain of an error surface.
        surface_step: distance of its gains.
        pairs: whether the true impacts of all pairs of units are recorded at the start.
        hessian: whether the second derivatives of E by the gains of all pairs of units are recorded at the start.
        reinsertion: whether the units that go before two points of accuracy are lost are put back, one at a time.
        search: "beam" or "exhaustive": the best sets of removed units are recorded, too (see `study.pruning.search`).
        search_width: sets that a beam keeps of each size.
        threads: of PyTorch's; another count gives other bits. What is retrained is trained with one.
        measures: further measures by name, each with its parameters (see `study.measures`).
    """

    ranking: str = "iterative"
    removal: str = "zero"
    scope: str = "unit"
    error: str = "half_squared"
    selection: Selection = field(default_factory=Selection)
    protocol: Protocol = field(default_factory=NoRetrain)
    truth_every: int = 1
    surfaces_every: int = 0
    surface_gain: float = 10.0
    surface_step: float = 0.1
    pairs: bool = False
    reinsertion: bool = False
    hessian: bool = False
    every: int = 1
    search: str = "none"
    search_width: int = 100
    threads: int = 1
    measures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, known in CHOICES.items():
            choice(key, getattr(self, key), known)
        for key, kind in {"selection": Selection, "protocol": Protocol}.items():
            if not isinstance(getattr(self, key), kind):
                raise StudyError(f"{key}: a {kind.__name__} is needed, got {shown(getattr(self, key))}")
        for key in ("pairs", "reinsertion", "hessian"):
            truth(key, getattr(self, key))
        whole("every", self.every, 1)
        if self.every != 1 and self.ranking != "iterative":
            raise StudyError(f"ranking.every={self.every} goes with ranking iterative: {self.ranking} scores once")
        whole("truth_every", self.truth_every, 1)
        whole("threads", self.threads, 1)
        whole("surfaces_every", self.surfaces_every)
        if self.reinsertion and self.protocol.trains:
            raise StudyError(
                "reinsertion goes with protocol no_retrain: units are put back into what was left, untrained"
            )
        whole("search_width", self.search_width, 1)
        if self.search_width != Settings.search_width and self.search != "beam":
            raise StudyError(f"record.search_width={self.search_width} goes with record.search=beam")
        if self.search != "none" and (self.protocol.name, self.removal) != ("no_retrain", "zero"):
            raise StudyError(
                f"record.search={self.search} goes with protocol no_retrain and removal zero: what a set costs may not "
                "depend on the order in which its units went"
            )
        if self.search != "none" and self.scope != "unit":
            raise StudyError(f"record.search={self.search} goes with scope unit: it looks at sets of all hidden units")
        self._check_parts()
        if self.removal == "compensate" and (self.pairs or self.reinsertion or self.hessian):
            raise StudyError(
                "pairs, reinsertion and hessian go with removal zero or mean: where other units' weights have taken "
                "over, a second unit, or one put back, has another impact"
            )
        number("surface_step", self.surface_step), number("surface_gain", self.surface_gain)
        if not (0 < self.surface_step < math.inf and 1 <= self.surface_gain < math.inf):
            raise StudyError("error surfaces: surface_step > 0 and surface_gain >= 1 are needed")

    def _check_parts(self) -> None:
        """Refuse what goes with units alone, or with single weights alone."""
        if self.scope != "weight":
            if self.protocol.weights_only:
                raise StudyError(
                    f"protocol={self.protocol.name} goes with scope=weight, not with scope={self.scope}; "
                    "protocol=rounds cuts and rewinds units"
                )
            return
        if self.removal != "zero":
            raise StudyError(f"removal={self.removal} goes with units: a single weight is removed by removal=zero")
        units = ("pairs", "reinsertion", "hessian", "surfaces_every")
        if given := [name for name in units if getattr(self, name)]:
            raise StudyError(f"record.{given[0]}={getattr(self, given[0])} is about units, not about scope=weight")

    @property
    def labels(self) -> dict[str, str]:
        """The dimensions of the condition but the method, in the words of a run's tags.

        >>> Settings(removal="mean", every=10).labels["removal"], Settings(every=10).labels["ranking"]
        ('mean', 'iterative[every=10]')
        """
        said = {name: getattr(self, name) for name in USUAL} | {"ranking": self.ranking_label}
        return {name: getattr(value, "label", value) for name, value in said.items()}

    @property
    def ranking_label(self) -> str:
        """For people and tags: what is scored anew less often than after every removal is another ranking.

        >>> Settings().ranking_label, Settings(every=10).ranking_label
        ('iterative', 'iterative[every=10]')
        """
        return joined(self.ranking, {"every": self.every} if self.every != 1 else {})
