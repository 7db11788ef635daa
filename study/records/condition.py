"""The condition that a network is pruned under: what tells the cells of one network apart, but for the draw.

Every dimension is one field of `Condition`: its usual value, what its tag says, where it stands in a configuration, and
how a name mentions it. Tags, parameters and names of runs, the configuration's schema, the keys of cells, the grouping
of the analysis and the sweeps of the claims follow from the fields; a new dimension is one more, a field of the same
name of `pruning.settings.Settings`, and a folder of choices in `conf/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

ERRORS = ("half_squared", "cross_entropy")
"""What can be ranked on."""


def _dimension(about: str, words: str = "{}", params: str = "", named: bool = False, **usual: Any) -> Any:
    """Return a field of `Condition`.

    Args:
        about: what its tag holds.
        words: how the name of a run mentions a value that is not the usual one.
        params: where the parameters of a value stand in a configuration; "" for below the value itself.
        named: whether its group of a configuration holds a name and nothing else.
        usual: `default`, the usual value; none for a dimension that has none.
    """
    return field(metadata={"about": about, "words": words, "params": params, "named": named}, **usual)


@dataclass(frozen=True)
class Condition:
    """How a network is pruned, in the words of a run's tags.

    A value is a name, followed in brackets by the parameters that differ from their defaults.

    Attributes:
        method: whose scores decide.
        ranking: when they are computed.
        scope: which parts may go.
        removal: what takes a removed unit's place.
        selection: the rows that are ranked on.
        protocol: whether what is left is trained on the way.
        error: the error that is ranked on.

    >>> condition = Condition("taylor2[threshold=median]", selection="subset[samples=50]")
    >>> condition.overrides()
    ['method=taylor2', 'method.params.threshold=median', 'selection=subset', 'selection.samples=50']
    >>> condition.unusual()
    ['ranked on subset[samples=50] rows']
    """

    method: str = _dimension(
        "name of the method, with its parameters that differ from their defaults: taylor2[threshold=median]",
        params="method.params",
    )
    ranking: str = _dimension(
        "single_overall | iterative | iterative[every=...]: when scores are computed", default="iterative"
    )
    scope: str = _dimension(
        "unit | filter | neuron | weight: which parts may go", "{}s alone", named=True, default="unit"
    )
    removal: str = _dimension("zero | mean | compensate", "removal {}", named=True, default="zero")
    selection: str = _dimension(
        "rows ranked on: pruning | held_out | subset[samples=...]", "ranked on {} rows", default="pruning"
    )
    protocol: str = _dimension(
        "no_retrain | retrain[epochs=...]: whether what is left is trained on the way", default="no_retrain"
    )
    error: str = _dimension("half_squared | cross_entropy: what is ranked on", "ranked by {}", default="half_squared")

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Condition:
        """Return the condition that a run's tags, or a row of a table, state; usual where nothing is said.

        >>> condition = Condition.of({"method": "obs", "removal": "mean", "seed": "3"})
        >>> condition.removal, condition.protocol
        ('mean', 'no_retrain')
        """
        return cls(**{name: str(said[name]) for name in DIMENSIONS if name in said})

    @property
    def tags(self) -> dict[str, str]:
        """The tags of a run."""
        return {name: getattr(self, name) for name in DIMENSIONS}

    def unusual(self) -> list[str]:
        """Return in words what is not as usual, beside the method and the ranking, which names tell always."""
        differ = [(f, getattr(self, f.name)) for f in fields(self) if f.name not in ("method", "ranking")]
        return [f.metadata["words"].format(value.replace("_", " ")) for f, value in differ if value != f.default]

    def overrides(self) -> list[str]:
        """Return what is typed for it: the choices and parameters that are not as usual, and the method."""
        typed = []
        for dimension in fields(self):
            value = getattr(self, dimension.name)
            if value != dimension.default:
                name, params = parted(value)
                typed += [f"{dimension.name}={name}"] if name != dimension.default else []
                place = dimension.metadata["params"] or dimension.name
                typed += [f"{place}.{key}={given}" for key, given in params.items()]
        return typed


DIMENSIONS = tuple(f.name for f in fields(Condition))
"""The names of the dimensions, which are those of their tags and of the columns of every table of cells."""
USUAL = {f.name: str(f.default) for f in fields(Condition) if f.name != "method"}
"""The usual value of every dimension but the method."""
NAMED = tuple(f.name for f in fields(Condition) if f.metadata["named"])
"""The dimensions whose group of a configuration holds a name and nothing else."""
ABOUT = {f.name: str(f.metadata["about"]) for f in fields(Condition)}
"""What the tag of every dimension holds."""


def parted(value: str) -> tuple[str, dict[str, str]]:
    """Return the name of a value of a dimension, and its parameters.

    >>> parted("subset[samples=50,seed=2]"), parted("zero")
    (('subset', {'samples': '50', 'seed': '2'}), ('zero', {}))
    """
    found = re.fullmatch(r"([^\[]*)(?:\[(.*)\])?", value)
    name, inner = found.groups() if found else (value, None)
    return name, dict(part.split("=", 1) for part in inner.split(",")) if inner else {}


def joined(name: str, params: Mapping[str, Any]) -> str:
    """Return the value of a dimension with this name and these parameters: what `parted` takes apart.

    >>> joined("subset", {"samples": 50, "seed": 2}), joined("zero", {})
    ('subset[samples=50,seed=2]', 'zero')
    """
    inner = ",".join(f"{key}={value}" for key, value in params.items())
    return f"{name}[{inner}]" if inner else name
