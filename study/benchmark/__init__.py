"""The oracle benchmark: frozen networks, the true impact of every unit, and a score for any criterion.

In a notebook: `from study.benchmark import score`, then `score(my_criterion)`. See docs/benchmark.md.
"""

from study.benchmark.comparison import measured, score
from study.benchmark.criterion import Criterion
from study.benchmark.frozen import FrozenNetwork, FrozenSet, frozen_set
from study.networks import to_module as as_module

__all__ = ["Criterion", "FrozenNetwork", "FrozenSet", "as_module", "frozen_set", "measured", "score"]
