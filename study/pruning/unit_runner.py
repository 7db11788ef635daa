"""The runner of units: they go one by one, and what takes the place of each goes into the network."""

from __future__ import annotations

from study.protocols.base import Event, Rewind, Train
from study.pruning.choice import Choice, choose
from study.pruning.runner import Runner
from study.pruning.unit_state import UnitState


class UnitRunner(Runner):
    """Removes units one by one; a protocol's cuts, masks and controls are not for them."""

    state: UnitState

    def _remove(self, count: int) -> None:
        for _ in range(min(count, self.state.left)):
            self._scores_now()
            choice = self._chosen()
            assert choice is not None
            self.state.remove(choice)
            self._gone.append(choice)
            self._changed()

    def _chosen(self) -> Choice | None:
        if self._next is None and (now := self._remaining()) is not None:
            state = self.state
            i = choose(now, state.parts, state.scope, state.stages()["pruning"].total(), self.method.tie)
            part, estimate = state.parts.at(i), None if now.estimate is None else float(now.estimate[i])
            self._next = Choice(part, float(now.score[i]), estimate, state.replacement.at(*part))
        return self._next

    def _change(self, event: Event) -> None:
        state, further = self.state, self.further
        match event:
            case Rewind(epoch):
                network = further.at(epoch)
            case Train(since=int(since), kept=kept):
                self._training = further.to_the_end(state.network, state.gains, since, kept)
                network = self._training.network
            case Train(epochs=int(epochs), rate=None, kept=kept):
                self._training = further.few_epochs(state.network, state.gains, epochs, state.removed, kept)
                network = self._training.network
            case _:
                raise ValueError(f"{event} is for single weights")
        state.become(network)
        self._next = None
