"""How good is greedy? The best sets of removed units, by looking at all of them, or along a beam.

Brute force takes the cheapest unit next; the set of n units that costs least need not contain the best set of n - 1.
Zero removal; E is exact (`impact.unit_errors`). A set's members are places among all units, by layer, then index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.errors import StudyError, whole
from study.data.split import Split
from study.impact import Stages, unit_errors
from study.methods import Method
from study.networks import ErrorFunction, Network
from study.removals.base import Replacement

SEARCH_VERSION = 1
"""Raised when the sets that are found change."""
MOST = 14
"""Units whose subsets are all looked at: 2^14 networks."""
TIE = Method.tie
"""Errors this close, relatively, count as equal: the set of the lowest places is taken, as brute force does."""
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Found:
    """The best sets, by number of units removed, 0 to K.

    Attributes:
        errors: E, float64, shape (K + 1,).
        sets: the units removed, ascending.
    """

    errors: Tensor
    sets: list[tuple[int, ...]]


class Sets:
    """E of sets of removed units of one network on some rows; a set is a bit mask over all units."""

    def __init__(self, network: Network, rows: Split, error: ErrorFunction) -> None:
        self.stages = Stages(network, rows, error)
        self.units = network.units
        self.zeros = Replacement.zero(network.hidden, network.device)

    def __len__(self) -> int:
        return len(self.units)

    def gains(self, removed: int) -> list[Tensor]:
        """Return the gains that a set leaves, one vector a hidden layer, on the CPU."""
        gains = [torch.ones(n, dtype=torch.float64) for n in self.stages.hidden]
        for place in members(removed):
            layer, unit = self.units.at(place)
            gains[layer][unit] = 0.0
        return gains

    def next(self, removed: int, least: int = 0) -> dict[int, float]:
        """Return E of each set that has one unit more, at a place of at least `least`, by set."""
        places = [k for k in range(least, len(self)) if not removed >> k & 1]
        if not places:
            return {}
        here = torch.tensor(places)
        stages = self.stages.at(self.gains(removed)) if removed else self.stages
        errors = unit_errors(stages, self.units[here], self.zeros)
        return {removed | 1 << k: e for k, e in zip(places, errors.tolist(), strict=True)}


def exhaustive(network: Network, rows: Split, error: ErrorFunction, told: Told | None = None) -> Found:
    """Return the best of all sets of each size: every one of the 2^K networks is evaluated, each once.

    Args:
        network: the trained network, of at most `MOST` hidden units.
        rows: the rows that E sums over.
        error: the error.
        told: called with (units removed, units) after every size.

    Raises:
        StudyError: for a network with more units.
    """
    check_size(network, "exhaustive")
    sets = Sets(network, rows, error)
    level = {0: sets.stages.total()}
    best = [(0, level[0])]
    for n in range(len(sets)):
        # Units are added in ascending order, so that a set comes from one other only.
        level = {s: e for removed in level for s, e in sets.next(removed, removed.bit_length()).items()}
        best.append(ordered(level, 1)[0])
        if told is not None:
            told(n + 1, len(sets))
    return _found(best)


def beam(network: Network, rows: Split, error: ErrorFunction, width: int = 100, told: Told | None = None) -> Found:
    """Return the best sets that a beam search comes by: of each size the `width` best are kept, and each extended.

    The set of re-ranked brute force is kept besides, so that no error is above its error. With a width of 1 there is
    nothing else; with that of all sets it is `exhaustive`. Lowerre 1976 (the Harpy speech recogniser) searched so.

    Args:
        network: the trained network.
        rows: the rows that E sums over.
        error: the error.
        width: sets kept, 1 or more.
        told: called with (units removed, units) after every size.

    Raises:
        StudyError: for an impossible width.
    """
    whole("search_width", width, 1)
    sets = Sets(network, rows, error)
    greedy, kept = 0, {0: sets.stages.total()}
    best = [(0, kept[0])]
    for n in range(len(sets)):
        level: dict[int, float] = {}
        for removed in kept:
            found = sets.next(removed)
            if removed == greedy:
                follows = ordered(found, 1, kept[removed])[0]
            for larger, e in found.items():
                level[larger] = min(e, level.get(larger, e))
        kept = dict(ordered(level, width))
        best.append(next(iter(kept.items())))
        greedy = follows[0]
        kept.setdefault(*follows)
        if told is not None:
            told(n + 1, len(sets))
    return _found(best)


def check_size(network: Network, how: str) -> None:
    """Refuse a network with too many units for a kind of search.

    Raises:
        StudyError: saying how many there may be.
    """
    units = sum(network.hidden)
    if how == "exhaustive" and units > MOST:
        raise StudyError(
            f"search=exhaustive looks at 2^K networks, K at most {MOST}; {network.name} has {units} hidden units: "
            "take record.search=beam"
        )


def best_sets(network: Network, rows: Split, error: ErrorFunction, how: str, width: int) -> Found:
    """Return `beam` of a width, or `exhaustive`, by name."""
    return exhaustive(network, rows, error) if how == "exhaustive" else beam(network, rows, error, width)


def ordered(errors: Mapping[int, float], most: int, before: float = 0.0) -> list[tuple[int, float]]:
    """Return the sets of the smallest errors, ascending; of those that tie, the set of the lowest places first.

    Args:
        errors: by set.
        most: how many.
        before: E of the set that they all come from: errors tie within `TIE` max(E(0), E(1)).

    >>> ordered({0b100: 1.0, 0b010: 1.0 + 1e-15, 0b001: 2.0}, 2)[0][0]
    2
    """
    out: list[tuple[int, float]] = []
    tied: list[tuple[int, float]] = []
    for removed, e in sorted(errors.items(), key=lambda item: item[1]):
        if tied and e > tied[0][1] + TIE * max(before, tied[0][1]):
            out += sorted(tied, key=lambda item: members(item[0])) if len(tied) > 1 else tied
            tied = []
            if len(out) >= most:
                break
        tied.append((removed, e))
    return (out + sorted(tied, key=lambda item: members(item[0])))[:most]


def members(removed: int) -> tuple[int, ...]:
    """Return the places of a bit mask, ascending.

    >>> members(0b1010)
    (1, 3)
    """
    return tuple(k for k in range(removed.bit_length()) if removed >> k & 1)


def _found(best: list[tuple[int, float]]) -> Found:
    return Found(torch.tensor([e for _, e in best], dtype=torch.float64), [members(s) for s, _ in best])
