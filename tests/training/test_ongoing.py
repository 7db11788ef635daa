"""One training that pauses and is cut: without cuts it is `fit` to the bit; what was cut never grows back."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.common.errors import StudyError
from study.data import Dataset
from study.training.early_stop import early_stop
from study.training.further import Further
from study.training.ongoing import Ongoing
from study.training.origin import Origin
from study.training.recipe import Recipe
from study.training.train import fit
from tests import cases

PLAIN = cases.dataset(samples=50, features=4, outputs=3)
DATA = Dataset("made", "classification", 3, "softmax", {**PLAIN.splits, "validation": cases.rows(31, 4, 3, seed=9)})
START = cases.network((5, 4), 3, "tanh", "softmax", features=4)
ADAM = Recipe(epochs=3, batch_size=8, learning_rate=0.05, dropout=0.2, weight_decay=0.05, l1=0.01, evaluate_every=2)
SGD = replace(ADAM, optimizer="sgd", learning_rate=0.2)
RECIPES = {
    "adam": ADAM,
    "sgd": SGD,
    "momentum": replace(SGD, momentum=0.9, epochs=2, schedule="steps", steps=(1,)),
    "float32": replace(ADAM, precision="float32", input_scale=2.0),
    "iterations": replace(SGD, momentum=0.9, iterations=17, schedule="constant"),
}
"""Seven batches an epoch."""


def masks_of(share=0.5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(w.shape, generator=generator) >= share for w in START.weights]


def gone(network, masks):
    return torch.cat([w[~m] for w, m in zip(network.weights, masks, strict=True)])


@pytest.mark.parametrize("name", RECIPES)
@given(stops=st.lists(st.integers(0, 14), max_size=5).map(sorted))
@settings(max_examples=8)
def test_wherever_it_pauses_it_is_the_uninterrupted_training(name, stops):
    recipe = RECIPES[name]
    whole, ongoing = fit(START, DATA, seed=3, recipe=recipe), Ongoing(START, DATA, recipe, 3)
    for stop in stops:
        ongoing.until(stop)
        assert ongoing.iteration == stop
        ongoing.fitted()
    assert ongoing.until(ongoing.last).digest() == whole.network.digest()
    found = ongoing.fitted()
    assert found.history.equals(whole.history)
    assert found.stopped.digest() == whole.stopped.digest()


def test_where_it_pauses_it_is_the_training_that_ends_there():
    recipe = RECIPES["iterations"]
    ongoing = Ongoing(START, DATA, recipe, 3)
    for k in (4, 7, 13):
        assert ongoing.until(k).digest() == fit(START, DATA, seed=3, recipe=recipe, until=k).network.digest()
    rewound = Ongoing(START, DATA, recipe, 3, since=5)
    assert (rewound.iteration, rewound.last) == (5, 17)
    assert rewound.until(17).digest() == fit(START, DATA, seed=3, recipe=recipe, since=5).network.digest()
    by_epochs = Ongoing(START, DATA, ADAM, 3, since=1)
    assert (by_epochs.iteration, by_epochs.last) == (7, 21)
    assert by_epochs.until(21).digest() == fit(START, DATA, seed=3, recipe=ADAM, since=1).network.digest()


@pytest.mark.parametrize("name", RECIPES)
def test_a_cut_at_the_start_is_training_with_masks(name):
    recipe, masks = RECIPES[name], masks_of()
    ongoing = Ongoing(START, DATA, recipe, 3)
    ongoing.cut(masks)
    masked = fit(START, DATA, seed=3, recipe=recipe, masks=masks)
    assert ongoing.until(ongoing.last).digest() == masked.network.digest()


@pytest.mark.parametrize("name", RECIPES)
def test_what_was_cut_is_0_to_the_end_and_the_others_are_left_alone_by_the_cut(name):
    ongoing = Ongoing(START, DATA, RECIPES[name], 3)
    before = ongoing.until(5)
    first, second = masks_of(seed=1), masks_of(seed=2)
    cut = ongoing.cut(first)
    assert all(
        torch.equal(a[m], b[m]) and (a[m] != 0).all()
        for a, b, m in zip(before.weights, cut.weights, first, strict=True)
    )
    assert all(torch.equal(a, b) for a, b in zip(before.biases, cut.biases, strict=True))
    for k in range(6, 10):
        lost = gone(ongoing.until(k), first)
        assert torch.equal(lost, torch.zeros_like(lost))
        assert not torch.signbit(lost).any()
    ongoing.cut(second)
    end = ongoing.until(ongoing.last)
    both = [a & b for a, b in zip(first, second, strict=True)]
    lost = gone(end, both)
    assert torch.equal(lost, torch.zeros_like(lost))
    assert all((w[m] != 0).all() for w, m in zip(end.weights, both, strict=True))


@pytest.mark.parametrize("name", ["adam", "momentum"])
def test_what_the_optimiser_remembers_of_a_cut_weight_is_gone_and_of_the_others_stays(name):
    ongoing, whole = (Ongoing(START, DATA, RECIPES[name], 3) for _ in range(2))
    for each in (ongoing, whole):
        each.until(6)
    mask = torch.cat([torch.cat([m.flatten(), b == b]) for m, b in zip(masks_of(), START.biases, strict=True)])
    ongoing.cut(masks_of())
    for cut, other in zip(remembered(ongoing), remembered(whole), strict=True):
        assert torch.equal(cut, other * mask)
        assert other.all()


def remembered(ongoing):
    moving = ongoing._descent._moving
    return [moment for (moment,) in moving._moments] if hasattr(moving, "_moments") else moving._velocity


def test_a_cut_step_is_that_of_adam_by_hand():
    """After a cut, Adam's next step of what is left is of its own old moments and its new gradient."""
    recipe = Recipe(iterations=4, batch_size=50, learning_rate=0.05, schedule="constant")
    ongoing, masks = Ongoing(START, DATA, recipe, 0), masks_of()
    ongoing.until(2)
    ongoing.cut(masks)
    m, v = (moment.clone() for moment in remembered(ongoing))
    course, parameters = ongoing._course, ongoing._course.parameters
    course.backward(course.inputs, course.targets)  # all rows are one batch
    w, g = parameters.vector.clone(), parameters.gradient.clone()
    ongoing.until(3)
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    step = 0.05 * (m / (1 - 0.9**3)) / ((v / (1 - 0.999**3)).sqrt() + 1e-8)
    assert torch.allclose(parameters.vector, w - step, rtol=1e-12, atol=1e-14)


def test_history_and_early_stop_are_of_the_whole_training():
    ongoing = Ongoing(START, DATA, ADAM, 3)
    networks = {k: ongoing.until(k).digest() for k in range(9)}
    ongoing.cut(masks_of(0.9))
    networks |= {k: ongoing.until(k).digest() for k in range(9, 22)}
    found = ongoing.fitted()
    looks = found.history.dropna(subset=["validation_error"])
    assert looks["step"].tolist() == list(range(0, 21, 2))
    assert found.stopped.digest() == networks[early_stop(found.history).iteration]
    assert found.network.digest() == networks[21]


def test_further_training_begins_at_the_networks_own(tmp_path):
    further = Further(DATA, 3, Origin(START, ADAM, 3), tmp_path)
    whole = fit(START, DATA, seed=3, recipe=ADAM).network
    assert further.ongoing().until(21).digest() == whole.digest()
    later = further.ongoing(since=2)
    expected = fit(further.at(2), DATA, seed=3, recipe=ADAM, since=2)
    assert later.until(21).digest() == expected.network.digest()
    with pytest.raises(StudyError, match=r"cutting within the network's own training needs .* not known here"):
        Further(DATA, 3).ongoing()


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        (Recipe(optimizer="lbfgs", epochs=5), r"training.optimizer=lbfgs: .* training.optimizer=adam or sgd"),
        (Recipe(epochs=5, polish=3), r"training.polish=3: .* go with training.polish=0"),
        (Recipe(epochs=5, target_accuracy=0.8), r"training.target_accuracy=0.8: .*training.target_accuracy=null"),
    ],
)
def test_a_training_without_a_course_of_batches_to_a_known_end_is_refused(recipe, told):
    with pytest.raises(StudyError, match=told):
        Further(DATA, 3, Origin(START, recipe, 3)).ongoing()


def test_an_iteration_that_is_past_or_after_the_end_is_refused():
    ongoing = Ongoing(START, DATA, ADAM, 3)
    ongoing.until(4)
    for k in (3, 22):
        with pytest.raises(StudyError, match=f"iteration={k} is none .*: it is at 4 and ends at 21"):
            ongoing.until(k)
    with pytest.raises(StudyError, match="since=4"):
        Ongoing(START, DATA, ADAM, 3, since=4)
    with pytest.raises(StudyError, match="masks of shapes"):
        ongoing.cut(masks_of()[:1])
