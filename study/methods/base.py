"""What a method is: it gives every remaining unit a score, and an estimate of its impact where it has one."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from study.common import by_name
from study.common.errors import StudyError, among
from study.impact.stages import Stages
from study.impact.weights import Pass
from study.networks.parts import Parts
from study.removals import names as removal_names
from study.removals import removal as removal_of
from study.removals.base import Replacement


@dataclass(frozen=True)
class View:
    """What a method may look at: the network as it is, on the rows that it ranks on.

    Attributes:
        stages: cached forward pass on the ranking rows.
        parts: the units that are left and may go, n of them, by layer, then index.
        replacement: what takes a removed unit's place.
        scale: pruning rows / ranking rows, so that estimates are in the error's units on the pruning rows.
        seed: the cell's seed, for methods that draw.
        ranked_again: whether scores are computed anew as units go.
    """

    stages: Stages
    parts: Parts
    replacement: Replacement
    scale: float = 1.0
    seed: int = 0
    ranked_again: bool = False

    def of_units(self, per_layer: Sequence[Tensor]) -> Tensor:
        """Return the values of `parts`, shape (n,), from one vector a hidden layer in the stages' rows."""
        rows = [self.stages.rows(m, self.parts.index[self.parts.layer == m]) for m in range(len(per_layer))]
        return torch.cat([values[of_layer] for values, of_layer in zip(per_layer, rows, strict=True)])

    @property
    def flat(self) -> Tensor:
        """Index of the remaining units when all units of the trained network are counted through, shape (n,)."""
        start = torch.tensor([0, *self.stages.hidden]).cumsum(0)
        return start[self.parts.layer] + self.parts.index

    def change(self, layer: int) -> Tensor:
        """Return what a unit's removal takes away, o - c - a o, shape (units, samples), in the stages' rows."""
        units, h = self.stages.units[layer], self.stages.h[layer]
        return self.replacement.layers[layer][units].among(units).change(h, h)


@dataclass(frozen=True)
class WeightView:
    """What a method may look at where single weights may go: the network as it is, on the rows that it ranks on.

    Attributes:
        seen: the network on those rows, with what every layer sees.
        weights: those that are left and may go, n of them; see `impact.weights.every_weight`.
        scale: pruning rows / ranking rows, so that estimates are in the error's units on the pruning rows.
        seed: the cell's seed, for methods that draw.
    """

    seen: Pass
    weights: Parts
    scale: float = 1.0
    seed: int = 0

    def of(self, per_layer: Sequence[Tensor]) -> Tensor:
        """Return the values of `weights`, shape (n,), from one array a layer of the shape of its weights."""
        return self.weights.values(per_layer)

    @property
    def w(self) -> Tensor:
        """The weights themselves, shape (n,)."""
        return self.of(self.seen.stages.network.weights)


@dataclass(frozen=True)
class Scores:
    """A method's answer for the remaining units, each float64, shape (n,).

    Attributes:
        score: the smallest goes first.
        estimate: signed prediction of E(0) - E(1) in the error's units; None for methods without one.
        first_order: its first-order term -E'(1), where there is one.
        curvature: its second-order term E''(1)/2, where there is one.
        forward_passes: full passes over the ranking rows that it took (a backward or tangent pass counts as one).
        exact: whether the estimate is the true impact on the ranking rows.
        couplings: shape (n, n): what the removal of unit k adds, at [j, k], to score, estimate and first-order term of
            unit j for as long as these scores are carried on. None: each unit keeps what was said of it.
    """

    score: Tensor
    estimate: Tensor | None = None
    first_order: Tensor | None = None
    curvature: Tensor | None = None
    forward_passes: int = 0
    exact: bool = False
    couplings: Tensor | None = None

    def left(self, there: Tensor) -> Scores:
        """Return what these scores say of the units that are still there.

        Args:
            there: whether each is, bool, shape (n,).

        >>> both = torch.tensor([1.0, 2.0, 4.0])
        >>> scores = Scores(both, both, couplings=torch.tensor([[9.0, 8, 7], [8, 9, 6], [7, 6, 9]]))
        >>> scores.left(torch.tensor([True, False, True])).estimate.tolist()
        [9.0, 10.0]
        """
        moved = None if self.couplings is None else self.couplings[there][:, ~there].sum(1)

        def of(values: Tensor | None, moves: bool = True) -> Tensor | None:
            if values is None:
                return None
            return values[there] if moved is None or not moves else values[there] + moved

        score = of(self.score)
        assert score is not None
        return Scores(
            score,
            of(self.estimate),
            of(self.first_order),
            of(self.curvature, moves=False),
            exact=self.exact,
            couplings=None if self.couplings is None else self.couplings[there][:, there],
        )

    def cpu(self) -> Scores:
        """Return the same on the CPU."""

        def there(values: Tensor | None) -> Tensor | None:
            return None if values is None else values.cpu()

        return Scores(
            self.score.cpu(),
            there(self.estimate),
            there(self.first_order),
            there(self.curvature),
            self.forward_passes,
            self.exact,
            there(self.couplings),
        )


@dataclass(frozen=True)
class Method(ABC):
    """A pruning method; a subclass is a dataclass of its parameters and lives in the module of its name.

    Attributes:
        any_removal: whether it can score for removals after which other units have other weights, too.
        version: raised when the method's numbers change; a part of the cell's key.
        tie: scores this close, relatively, count as equal: the lowest layer, then the lowest index goes. It is above
            what rounding makes of the scores of units that do the same.
    """

    version: ClassVar[int] = 1
    any_removal: ClassVar[bool] = True
    tie: ClassVar[float] = 1e-12

    def filters_refused(self) -> str | None:
        """Return why filters cannot be scored; None where they can."""
        return None

    @abstractmethod
    def scores(self, view: View) -> Scores:
        """Score the remaining units."""

    def weight_scores(self, view: WeightView) -> Scores:  # noqa: ARG002
        """Score the remaining weights, where the method can.

        Raises:
            StudyError: naming the methods that can.
        """
        raise _of_units_alone(self)


def check_removal(method: Method, removal: str) -> None:
    """Refuse a removal that a method cannot score for.

    Raises:
        StudyError: naming those that it can.
    """
    if removal not in (taken := removals(type(method))):
        raise StudyError(f"method={name_of(method)} goes with removal={' or removal='.join(taken)}, not with {removal}")


def removals(method: type[Method]) -> tuple[str, ...]:
    """Return the names of the removals that a method can score for, sorted."""
    return tuple(name for name in removal_names() if method.any_removal or removal_of(name).independent)


def check_scope(method: Method, scope: str, filters: bool) -> None:
    """Refuse a method that cannot score what may go.

    Args:
        method: the method.
        scope: name of the scope.
        filters: whether the network has any.

    Raises:
        StudyError: saying why, or naming those that can.
    """
    if scope == "weight":
        check_weights(method)
    elif filters:
        check_filters(method)


def check_filters(method: Method) -> None:
    """Refuse a method that cannot score filters.

    Raises:
        StudyError: saying why.
    """
    if (reason := method.filters_refused()) is not None:
        raise StudyError(f"method={name_of(method)} cannot rank the filters of convolutional layers: {reason}")


def check_weights(method: Method) -> None:
    """Refuse a method that cannot score single weights.

    Raises:
        StudyError: naming those that can.
    """
    if type(method).weight_scores is Method.weight_scores:
        raise _of_units_alone(method)


def _of_units_alone(method: Method) -> StudyError:
    able = [name for name in names() if method_class(name).weight_scores is not Method.weight_scores]
    return StudyError(f"method={name_of(method)} scores units, not single weights; {', '.join(able)} score weights")


def name_of(method: Method) -> str:
    """Return the name of a method: that of its module."""
    return type(method).__module__.rpartition(".")[-1]


def names() -> list[str]:
    """Return the names of all methods, sorted."""
    import study.methods as package

    return list(by_name.names(package.__path__))


def method_class(name: str) -> type[Method]:
    """Return the class of the method of that name: the one `Method` that the module of that name defines.

    Raises:
        StudyError: when there is none.
    """
    if not isinstance(name, str):
        what = f"the class {name.__name__}: make one of it" if isinstance(name, type) else f"a {type(name).__name__}"
        raise StudyError(f"method: a name or a method is needed, got {what}; known: {', '.join(names())}")
    if name not in names():
        raise StudyError(f"unknown method {name!r}; {among(name, names())}")
    found: type[Method] = by_name.class_of(f"study.methods.{name}", Method)
    return found


def method(name: str, **params: object) -> Method:
    """Return a method by name.

    >>> method("taylor2", threshold="median").threshold
    'median'

    Raises:
        StudyError: for an unknown name or parameter.
    """
    cls = method_class(name)
    by_name.check_parameters(f"method {name!r}", params, sorted(inspect.signature(cls).parameters))
    return cls(**params)
