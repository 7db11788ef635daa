"""Error surfaces: a known parabola, and interpolation against evaluation at every gain."""

from unittest import mock

import pytest
import torch

from study.impact import Stages, plain_errors, surface, surfaces
from study.impact.stages import ones, replacement
from study.networks import ErrorFunction
from study.networks.parts import Part, Parts
from tests import cases

NOTHING = cases.instead(0.0)
GAINS = torch.linspace(0, 10, 2001, dtype=torch.float64)


def evaluations(stages, layer, unit, instead=NOTHING):
    """The surface, and the number of gains that E was computed at."""
    with mock.patch.object(surfaces, "plain_surface", wraps=surfaces.plain_surface) as computed:
        found = surface(stages, Part(layer, unit), instead, GAINS)
    return found, sum(len(call.args[-1]) for call in computed.call_args_list)


def test_the_error_surface_of_the_linear_network_is_its_parabola():
    stages = Stages(cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear"))
    gains = torch.tensor([0.0, 0.5, 1.0, 3.0], dtype=torch.float64)
    # E(a) = 1/2 ((2 a - 2)^2 + 1)
    assert surface(stages, Part(0, 0), cases.instead(0.0), gains).tolist() == [2.5, 1.0, 0.5, 8.5]
    found, computed = evaluations(stages, 0, 0)
    assert computed < 100
    assert torch.allclose(found, 0.5 * ((2 * GAINS - 2) ** 2 + 1), rtol=1e-14)


@pytest.mark.parametrize("case", cases.CASES)
@pytest.mark.parametrize("gain", [2.0, 30.0, 3000.0], ids=["flat", "steep", "very steep"])
def test_surfaces_equal_one_forward_a_gain(case, gain):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output, gain=gain), cases.rows(60, 3, outputs)
    stages = Stages(net, data, ErrorFunction(output, error))
    checked = torch.arange(0, len(GAINS), 97)
    for m in range(net.depth):
        instead = replacement("mean" if m else "zero", stages)
        found, computed = evaluations(stages, m, 1, instead.at(m, 1))
        args = net, data, ErrorFunction(output, error), ones(net), Parts.of([(m, 1)]), instead
        plain = torch.cat([plain_errors(*args, gain=float(g)) for g in GAINS[checked]])
        assert (found[checked] - plain).abs().max() <= 1e-12 * plain.abs().max()
        assert gain > 2 or computed < 400


def test_a_kinked_activation_is_computed_at_every_gain():
    net, data = cases.network((3, 3), 2, "relu"), cases.rows(20, 3, 2)
    stages = Stages(net, data, ErrorFunction("sigmoid"))
    assert evaluations(stages, 0, 1)[1] == len(GAINS)
    assert evaluations(stages, 1, 1)[1] < len(GAINS)  # nothing kinked follows the last hidden layer
