"""Impacts of pairs: each the error with both units out, by the plain forward pass."""

import itertools

import pytest
import torch

from study import prune
from study.impact import pair_errors
from study.networks import ErrorFunction
from tests import cases


@pytest.mark.parametrize("case", cases.CASES)
def test_every_pair_is_the_error_with_both_removed(case):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.rows(50, 3, outputs)
    positions, errors = pair_errors(net, data, ErrorFunction(output, error), cases.zeros(net))
    units = list(cases.units(net))
    assert [tuple(p) for p in positions.tolist()] == list(itertools.combinations(range(len(units)), 2))
    for (a, b), found in zip(positions.tolist(), errors.tolist(), strict=True):
        gains = [torch.ones(n, dtype=torch.float64) for n in hidden]
        for m, k in (units[a], units[b]):
            gains[m][k] = 0.0
        assert found == pytest.approx(float(cases.plain_error(net, data, error, gains)), rel=1e-12)


def test_pairs_are_recorded_when_asked_for():
    net, data = cases.network((5, 4), 3), cases.dataset()
    assert not len(prune(net, data, "magnitude").pairs)
    result = prune(net, data, "brute_force", pairs=True)
    assert len(result.pairs) == 9 * 8 / 2
    gains = [torch.ones(5, dtype=torch.float64), torch.ones(4, dtype=torch.float64)]
    gains[0][1] = gains[1][2] = 0.0
    start = float(cases.plain_error(net, data.pruning, "half_squared", [g * 0 + 1 for g in gains]))
    both = float(cases.plain_error(net, data.pruning, "half_squared", gains)) - start
    row = result.pairs.query("layer_a == 0 and unit_a == 1 and layer_b == 1 and unit_b == 2")
    assert row["impact"].item() == pytest.approx(both, rel=1e-12)
