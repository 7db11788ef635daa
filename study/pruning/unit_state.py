"""A network while units of it go: what is gone stands here, and nowhere else."""

from __future__ import annotations

from torch import Tensor

from study.common.device import device as device_of
from study.data.base import Dataset
from study.impact import fused
from study.impact.cached import unit_errors
from study.impact.stages import Stages, replacement
from study.methods.base import Method, Scores, View
from study.networks.network import Network
from study.networks.parts import Parts
from study.pruning.choice import Choice
from study.pruning.settings import Settings
from study.pruning.state import State, Truths
from study.removals.base import Replacement


class UnitState(State):
    """Units with a gain of 0 are gone; what took their place is in the network's other weights and biases."""

    def __init__(
        self,
        network: Network,
        data: Dataset,
        settings: Settings,
        device: str = "cpu",
        seed: int = 0,
        truths: Truths | None = None,
    ) -> None:
        super().__init__(network, data, settings, device, seed)
        self._truths = truths
        self._looked: tuple[dict[str, Stages], Stages] | None = None
        self.scale = self.stages()["pruning"].samples / self.ranked.samples

    def stages(self) -> dict[str, Stages]:
        """Return cached passes of what is left, by split."""
        return self._passes()[0]

    @property
    def ranked(self) -> Stages:
        """The same on the calibration rows, those that the criterion scores on."""
        return self._passes()[1]

    @property
    def ranked_on_pruning(self) -> bool:
        """Whether these are the pruning rows."""
        return self.ranked is self.stages()["pruning"]

    def _passes(self) -> tuple[dict[str, Stages], Stages]:
        """Run what is left on all rows, where the weights are others than before."""
        if self._looked is None:
            there, chosen = self.network.to(device_of(self._device)), self.settings.selection
            splits = self.data.evaluation_splits.items()
            seen = {name: Stages(there, rows, self._error, self.gains) for name, rows in splits}
            on = seen.get(chosen.rows)
            self._looked = seen, Stages(there, chosen.of(self.data), self._error, self.gains) if on is None else on
        return self._looked

    def _changed(self) -> None:
        super()._changed()
        self._replacement: Replacement | None = None

    def _there(self) -> Parts:
        return self.scope.parts(self.network, self.gains)

    def there(self, parts: Parts) -> Tensor:
        """Return whether each of some units is there."""
        return parts.values(self.gains) != 0

    def size(self) -> tuple[int, int]:
        """Return what the physically smaller network has."""
        return self.network.left(self.gains)

    def scores(self, method: Method, again: bool) -> Scores:
        """Return what the criterion says of the units that are left."""
        return method.scores(View(self.ranked, self.parts, self.replacement, self.scale, self.seed, again))

    @property
    def replacement(self) -> Replacement:
        """What would take the place of each unit that is left, by the calibration rows."""
        if self._replacement is None:
            self._replacement = replacement(self.settings.removal, self.ranked)
        return self._replacement

    def _measured(self) -> Tensor:
        start = self._start()
        known = None if start is None or self._truths is None else self._truths.get(start)
        if known is None:
            pruning = self.stages()["pruning"]
            known = unit_errors(pruning, self.parts, self.replacement) - pruning.total()
            if start is not None and self._truths is not None:
                self._truths.note(start, known)
        return known

    def _start(self) -> tuple[str, ...] | None:
        """Return what the true impacts in a trained network depend on; None where units are gone."""
        if self.left < self.units:
            return None
        of = self.settings
        # What takes a unit's place depends on the rows ranked on.
        how = (of.error, of.removal, of.scope, repr(of.selection), fused.path(self._device))
        return (self.network.digest(), self.data.digest, *how)

    def remove(self, choice: Choice) -> None:
        """Take out one unit; run what follows again."""
        layer, unit = choice.part
        self.gains[layer][unit] = 0.0
        self.network = choice.instead.into(self.network, layer, unit)
        for stages in {id(s): s for s in (*self.stages().values(), self.ranked)}.values():
            stages.remove(layer, unit, choice.instead)
        self._changed()

    def become(self, network: Network) -> None:
        """Take over other weights; what is gone stays gone."""
        self.network, self._looked = network, None
        self._changed()
