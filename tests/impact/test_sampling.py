"""A sample of weights: every stratum has its share, nothing twice, and weighted means are unbiased."""

from dataclasses import replace

import pytest
import torch

from study.common.errors import StudyError
from study.impact.sampling import priorities, stratified
from study.impact.weights import Pass, every_weight, weight_impacts
from study.networks.error import ErrorFunction
from study.pruning.cut import smallest
from tests import cases


@pytest.fixture(scope="module")
def seen():
    net, rows = cases.network((20, 15), 3, "relu"), cases.rows(25, 3, 3)
    inputs = rows.inputs.clone()
    inputs[:, 1] = 0.0  # a dead pixel
    return Pass.of(net, replace(rows, inputs=inputs), ErrorFunction("sigmoid"))


def test_strata_are_deciles_of_magnitude_in_each_layer_and_what_cannot_matter(seen):
    every = every_weight(seen.stages.network)
    sample = stratified(seen, every, 7, seed=1)
    at = list(sample.weights)
    assert len(set(at)) == len(at) == len(sample.stratum)
    assert at == sorted(at)
    for m, w in enumerate(seen.stages.network.weights):
        here = sample.weights.layer == m
        silent = seen.silent(m)
        live = w.reshape(-1).abs()[~silent].sort().values
        for k in range(10):
            group = live.tensor_split(10)[k]
            drawn = here & (sample.stratum == k)
            assert int(drawn.sum()) == min(7, len(group))
            values = w.reshape(-1)[sample.weights.index[drawn]].abs()
            assert values.min() >= group.min()
            assert values.max() <= group.max()
            assert torch.allclose(sample.probability[drawn], torch.tensor(min(1.0, 7 / len(group))).double())
        dark = here & (sample.stratum == -1)
        assert silent[sample.weights.index[dark]].all()
    dark = sample.weights[sample.stratum == -1]
    assert len(dark) == 7 + min(7, int(seen.silent(1).sum())) + min(7, int(seen.silent(2).sum()))
    assert weight_impacts(seen, dark).tolist() == [0.0] * len(dark)


def test_a_weighted_mean_is_that_of_all_on_average(seen):
    every = every_weight(seen.stages.network)
    impact = dict(zip(every, weight_impacts(seen, every).tolist(), strict=True))
    truth, means = sum(impact.values()), []
    for seed in range(200):
        sample = stratified(seen, every, 3, seed)
        values = torch.tensor([impact[part] for part in sample.weights], dtype=torch.float64)
        means.append(float((values / sample.probability).sum()))
    means = torch.tensor(means, dtype=torch.float64)
    assert abs(float(means.mean()) - truth) <= 4 * float(means.std()) / 200**0.5


def test_what_is_left_of_a_sample_is_drawn_again_after_a_cut_and_training():
    net, rows = cases.network((80, 60), 3, "relu", features=30), cases.rows(20, 30, 3)
    seen, error = Pass.of(net, rows, ErrorFunction("sigmoid")), ErrorFunction("sigmoid")
    every = every_weight(net)
    first = stratified(seen, every, 10, seed=3)
    cut = smallest(every.values(net.weights).abs(), every, len(every) // 5)
    left, gone = every[~cut], set(every[cut])
    generator = torch.Generator().manual_seed(0)
    moved = [w + 0.05 * w.std() * torch.randn(w.shape, generator=generator, dtype=w.dtype) for w in net.weights]
    for m, w in enumerate(moved):
        w.view(-1)[every[cut].index[every[cut].layer == m]] = 0.0
    then = Pass.of(replace(net, weights=tuple(moved)), rows, error)
    staying = [part for part in first.weights if part not in gone]
    assert len(staying) > 200
    for at, least in ((Pass.of(net, rows, error), 0.97), (then, 0.95)):
        again = set(stratified(at, left, 10, seed=3).weights)
        assert len(again.intersection(staying)) >= least * len(staying)
        other = set(stratified(at, left, 10, seed=4).weights)
        assert len(other.intersection(staying)) < 0.3 * len(staying)


def test_what_a_seed_draws_of_a_network_says_nothing_of_its_weights():
    net = cases.network((80, 60), 3, features=30, seed=5)
    for m, w in enumerate(net.weights):
        both = torch.stack([priorities(w.numel(), m, 5), w.reshape(-1)])
        assert abs(float(torch.corrcoef(both)[0, 1])) < 4 / w.numel() ** 0.5


def test_one_seed_is_one_sample_and_a_wrong_size_is_told(seen):
    every = every_weight(seen.stages.network)
    one, other, third = (stratified(seen, every, 5, seed) for seed in (1, 1, 2))
    assert list(one.weights) == list(other.weights) != list(third.weights)
    with pytest.raises(StudyError, match="each=0"):
        stratified(seen, every, 0, 1)


def test_of_images_a_silent_map_silences_its_kernels():
    net = cases.filters(cases.FILTERS[2])
    rows = cases.rows(6, net.features, 3)
    inputs = rows.inputs.reshape(6, 2, -1).clone()
    inputs[:, 1] = 0.0
    there = Pass.of(net, replace(rows, inputs=inputs.flatten(1)), ErrorFunction("softmax", "cross_entropy"))
    silent = there.silent(0).reshape(net.weights[0].shape)
    assert silent[:, 1].all()
    assert not silent[:, 0].any()
