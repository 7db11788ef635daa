"""A network as a torch module."""

from __future__ import annotations

import pytest
import torch

from study.networks import to_module
from tests import cases

# A network as a module.


@pytest.mark.parametrize("case", cases.FILTERS)
@pytest.mark.parametrize("emptied", [(0,), (1,), (0, 1), (0, 1, 2)])
def test_a_network_without_filters_left_is_a_module_that_runs(case, emptied):
    network = cases.filters(case)
    x = cases.rows(7, network.features, case[3]).inputs
    gains = [torch.ones(n, dtype=torch.float64) for n in network.hidden]
    for layer in emptied:
        if layer < network.depth:
            gains[layer].zero_()
    module = to_module(network.compact(gains))
    assert torch.allclose(module(x.reshape(-1, *network.image)), network(x, gains), atol=1e-13)
    module(x.reshape(-1, *network.image)).sum().backward()
    for n in (0, 1):
        assert module(x[:n].reshape(-1, *network.image)).shape == (n, case[3])


def test_a_module_of_a_network_draws_nothing():
    before = torch.get_rng_state()
    to_module(cases.network((4,), 3))
    assert torch.equal(torch.get_rng_state(), before)
