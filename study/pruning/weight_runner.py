"""The runner of single weights: many go at once, and masks, controls and trainings of every kind are for them."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from study.common.errors import LARGEST
from study.data import load_dataset
from study.methods.base import Method
from study.protocols.base import END, Adopt, Control, Cut, Drop, Event, Remove, Rewind, Score, Train
from study.protocols.transfer import Transfer
from study.pruning.choice import check_scores
from study.pruning.controls import degree_preserving, layer_wise
from study.pruning.cut import going, smallest
from study.pruning.runner import Runner
from study.pruning.source import elsewhere, with_head
from study.pruning.weight_state import WeightState
from study.training.course import Fitted
from study.training.further import STRIDE, Further
from study.training.ongoing import Ongoing


class WeightRunner(Runner):
    """Removes single weights, many at once."""

    state: WeightState

    def __init__(self, state: WeightState, method: Method, further: Further) -> None:
        super().__init__(state, method, further)
        self._ongoing: Ongoing | None = None
        self._planned: Tensor | None = None  # what the next cut takes, where it was seen already

    def _changed(self) -> None:
        super()._changed()
        self._planned = None

    def _score(self) -> None:
        if self.state.left:  # a threshold may have taken all
            super()._score()

    def _remove(self, count: int) -> None:
        self._cut(Remove(count))
        self._changed()

    def _cut(self, event: Remove | Cut) -> None:
        if not self.state.left:
            return
        self._scores_now()
        gone = self._going(event)
        assert gone is not None
        self.state.cut(gone)

    def _going(self, event: Event | None) -> Tensor | None:
        now, state = self._remaining(), self.state
        if now is None or not isinstance(event, Remove | Cut):
            return None
        if self._planned is None:
            check_scores(now.score, state.parts, state.scope)
            if isinstance(event, Remove):
                self._planned = smallest(now.score, state.parts, event.count)
            else:
                sizes = state.scope.sizes(state.network)
                self._planned = going(now.score, state.parts, event, sizes, state.values)
        return self._planned

    def _change(self, event: Event) -> None:
        state, further = self.state, self.further
        match event:
            case Cut():
                self._cut(event)
            case Drop():
                state.drop()
            case Adopt():
                assert isinstance(state.settings.protocol, Transfer)
                self._adopt(state.settings.protocol)
                self._scores = None
            case Control(kind):
                self._control(kind)
                self._scores = None  # what was said of other weights, or of none
            case Rewind(epoch):
                state.become(further.at(epoch))
                self._ongoing = None
            case Train():
                self._training = self._trained(event)
                state.become(self._training.network)
        self._changed()

    def _trained(self, event: Train) -> Fitted:
        state, further = self.state, self.further
        given = (state.network, state.gains)
        match event:
            case Train(since=int(since), kept=kept):
                return further.to_the_end(*given, since, kept, state.masks)
            case Train(until=int() | str() as until):
                if self._ongoing is None:
                    self._ongoing = further.ongoing()
                self._ongoing.cut(state.masks)
                network = self._ongoing.until(self._ongoing.last if until == END else int(until))
                return Fitted(network, self._ongoing.fitted().history, None)  # an early stop may lie before a cut
            case Train(epochs=int(epochs), rate=float(rate), kept=kept):
                share = math.sqrt(state.left / state.units)  # of connections, as Han et al. scale dropout by
                dropout = None if further.origin is None else further.origin.recipe.dropout * share
                order = state.removed
                return further.anew(*given, state.masks, order, kept, epochs=epochs, rate=rate, dropout=dropout)
            case Train(epochs=int(epochs), kept=kept):
                return further.few_epochs(*given, epochs, state.removed, kept, state.masks)
        raise ValueError(f"{event} says neither epochs, nor since, nor until")

    def _adopt(self, protocol: Transfer) -> None:
        """Take over mask and rewound weights of the source's ticket, or a control of the mask."""
        state, ticket = self.state, protocol.ticket
        name, params = protocol.dataset
        source = self.further.source or load_dataset(name, **params)
        there = elsewhere(self.further, source, protocol.head == "redraw")
        assert there.own is not None
        at = WeightState(there.own.network, there.data, replace(state.settings, protocol=ticket), seed=there.seed)
        runner = WeightRunner(at, self.method, there)
        for event in (Score(), *ticket.masking(self.ranking)):
            runner.do(event)
        masks, begun = at.masks, there.at(ticket.rewind)
        if protocol.head == "redraw":
            own = self.further.known("a whole output layer").start
            masks, begun = (*masks[:-1], torch.ones_like(own.weights[-1], dtype=torch.bool)), with_head(begun, own)
        state.wear(masks)
        if protocol.control != "none":
            self._control(protocol.control)
        state.become(begun)

    def _control(self, kind: str) -> None:
        state, further = self.state, self.further
        seed = (further.seed + STRIDE * state.removed) % LARGEST
        match kind:
            case "reinit":
                state.become(further.redrawn())
            case "random":
                state.wear(layer_wise(state.masks, seed))
            case "degree":
                state.wear(degree_preserving(state.masks, seed))
