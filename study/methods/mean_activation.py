"""Mean activation: the mean magnitude of a unit's output on the ranking rows (no estimate of an impact)."""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View


@dataclass(frozen=True)
class MeanActivation(Method):
    """Rank by mean |o|; for sigmoid, ReLU and softplus units this is the mean output itself."""

    def scores(self, view: View) -> Scores:
        """Return the means; costs a forward pass."""
        return Scores(view.of_units([h.abs().mean(dim=1) for h in view.stages.h]), forward_passes=1)
