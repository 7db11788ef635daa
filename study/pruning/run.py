"""Runs a protocol on a trained network, with the runner of the parts that may go."""

from __future__ import annotations

from collections.abc import Iterator

from study.methods.base import Method, check_removal, check_scope
from study.networks.network import Network
from study.pruning.runner import Runner, Step
from study.pruning.settings import Settings
from study.pruning.state import Truths
from study.pruning.unit_runner import UnitRunner
from study.pruning.unit_state import UnitState
from study.pruning.weight_runner import WeightRunner
from study.pruning.weight_state import WeightState
from study.scopes import scope
from study.training.further import Further


def steps(
    network: Network,
    method: Method,
    settings: Settings,
    further: Further,
    device: str = "cpu",
    truths: Truths | None = None,
) -> Iterator[Step]:
    """Yield a step at each evaluation of the protocol, the trained network's first.

    Args:
        network: the trained network.
        method: gives the scores.
        settings: how. A single ranking keeps its first scores, whatever is trained.
        further: the data (rows to rank on, to measure impacts on and to evaluate on), and how what is left is trained,
            where the protocol says so; its seed is that of methods that draw, too.
        device: where the passes over the rows run; those of single weights run on the CPU, as does any training, and
            what a step holds is there.
        truths: true impacts that are known of trained networks; None for none.

    Raises:
        StudyError: when network and data do not fit, the device is not there, a score is not a number, or training
            diverges.
    """
    runner: Runner
    check_removal(method, settings.removal)
    check_scope(method, settings.scope, filters=bool(network.front))
    if settings.protocol.retraces:
        further.known(f"protocol={settings.protocol.label}")
    if scope(settings.scope).weights:
        runner = WeightRunner(WeightState(network, further.data, settings, device, further.seed), method, further)
    else:
        state = UnitState(network, further.data, settings, device, further.seed, truths)
        runner = UnitRunner(state, method, further)
    yield from runner.steps()
