"""What a recipe says is done: masks, schedules, iterations, dropout, penalties, against plain torch or by hand."""

import math
from dataclasses import replace

import pytest
import torch

from study.common.errors import StudyError
from study.config.plan import plan
from study.networks import mlp
from study.training.backprop import Parameters
from study.training.cache import started_key, trained_from
from study.training.dropout import Dropout
from study.training.further import Further
from study.training.masks import compacted, masked, masks_digest
from study.training.origin import Origin
from study.training.recipe import Recipe
from study.training.recipes import read_recipe
from study.training.train import fit
from tests import cases
from tests.cells.test_cell import composed
from tests.training.plain import plain_fit, plain_lbfgs

DATA = cases.dataset(samples=50, features=6, outputs=3)
SHORT = Recipe(iterations=20, batch_size=8, learning_rate=0.05)
SGD = replace(SHORT, optimizer="sgd", learning_rate=0.3)


def drawn(start, share=0.5, seed=0):
    """Random masks, a half-empty row and column among them."""
    generator = torch.Generator().manual_seed(seed)
    masks = [(torch.rand(w.shape, generator=generator) >= share).double() for w in start.weights]
    masks[0][0] = 0.0
    return masks


def start_of(hidden=(5, 4), activation="tanh", output="softmax"):
    return cases.network(hidden, 3, activation, output, features=6)


def same(a, b):
    return a.digest() == b.digest()


def is_product(small, whole, masks):
    products = [w * m for w, m in zip(whole.weights, masks, strict=True)]
    return all(torch.equal(w, p) for w, p in zip(small.weights, products, strict=True))


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"weight_decay": 0.05},
        {"l1": 0.01},
        {"dropout": 0.4},
        {"schedule": "constant"},
        {"schedule": "steps", "steps": (3, 11), "step_factor": 0.2, "l1": 0.01, "weight_decay": 0.01, "dropout": 0.2},
    ],
    ids=lambda more: "-".join(more) or "plain",
)
@pytest.mark.parametrize("recipe", [SHORT, SGD, replace(SGD, momentum=0.9)], ids=["adam", "sgd", "momentum"])
def test_twenty_steps_are_those_of_autograd_and_torchs_optimisers(recipe, more, held):
    recipe, start = replace(recipe, **more), start_of()
    masks = drawn(start) if held else None
    found = fit(start, DATA, seed=3, recipe=recipe, masks=masks).network
    weights, biases = plain_fit(start, DATA, recipe, 3, masks)
    for ours, theirs in zip((*found.weights, *found.biases), (*weights, *biases), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("activation", "output"), [("sigmoid", "sigmoid"), ("softplus", "linear"), ("relu", "softmax")]
)
def test_and_with_other_activations_and_outputs(activation, output):
    start = start_of((7,), activation, output)
    found = fit(start, DATA, seed=0, recipe=replace(SHORT, dropout=0.3), masks=drawn(start)).network
    weights, _ = plain_fit(start, DATA, replace(SHORT, dropout=0.3), 0, drawn(start))
    assert all(torch.allclose(a, b, rtol=1e-10, atol=1e-10) for a, b in zip(found.weights, weights, strict=True))


def test_and_so_are_those_of_lbfgs():
    start, recipe = start_of(), Recipe(optimizer="lbfgs", epochs=20, weight_decay=0.01)
    masks = drawn(start)
    found = fit(start, DATA, seed=0, recipe=recipe, masks=masks).network
    weights, biases = plain_lbfgs(start, DATA, recipe, masks)
    for ours, theirs in zip((*found.weights, *found.biases), (*weights, *biases), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-10, atol=1e-10)


EVERY = [
    replace(SHORT, weight_decay=0.1),
    replace(SGD, momentum=0.9, weight_decay=0.1, l1=0.01),
    replace(SHORT, precision="float32", dropout=0.2),
    Recipe(optimizer="lbfgs", epochs=5, weight_decay=0.01),
    Recipe(epochs=2, polish=3, input_scale=3.0),
]


@pytest.mark.parametrize("recipe", EVERY)
def test_a_masked_weight_is_0_to_the_bit_and_the_others_move(recipe):
    start = start_of()
    masks = drawn(start)
    found = fit(start, DATA, seed=1, recipe=recipe, masks=masks).network
    for w, first, mask in zip(found.weights, start.weights, masks, strict=True):
        gone = w[mask == 0]
        assert torch.equal(gone, torch.zeros_like(gone))
        assert not torch.signbit(gone).any()
        assert float((w != first)[mask == 1].double().mean()) > 0.9
    assert all((a != b).any() for a, b in zip(found.biases, start.biases, strict=True))


def test_masks_of_ones_change_no_bit_and_bits_not_types_make_the_digest():
    start = start_of()
    ones = [torch.ones_like(w) for w in start.weights]
    for recipe in EVERY:
        both = [fit(start, DATA, seed=1, recipe=recipe, masks=m).network for m in (None, ones)]
        assert same(*both)
    masks = drawn(start)
    assert masks_digest(start, masks) == masks_digest(start, [m.bool() for m in masks]) != masks_digest(start, ones)
    assert all(
        torch.equal(w, s * m) for w, s, m in zip(masked(start, masks).weights, start.weights, masks, strict=True)
    )


def test_masks_enter_the_key_where_there_are_any(tmp_path):
    start = start_of()
    masks = drawn(start)
    plain = started_key(start, DATA, SHORT, 0)
    assert plain == started_key(start, DATA, SHORT, 0, None)
    keys = {plain, *(started_key(start, DATA, SHORT, 0, m) for m in (masks, drawn(start, seed=1)))}
    assert len(keys) == 3
    assert started_key(masked(start, masks), DATA, SHORT, 0, masks) in keys
    first, again = (trained_from(start, DATA, SHORT, 0, tmp_path, masks) for _ in range(2))
    assert same(first.network, fit(start, DATA, seed=0, recipe=SHORT, masks=masks).network)
    assert again.seconds == first.seconds


@pytest.mark.parametrize("change", [lambda m: m[:1], lambda m: [m[0].T, *m[1:]], lambda m: [m[0] / 2, *m[1:]]])
def test_masks_of_another_network_or_of_other_numbers_are_refused(change):
    start = start_of()
    with pytest.raises(StudyError, match=r"masks (of shapes|hold 0)"):
        fit(start, DATA, seed=0, recipe=SHORT, masks=change([torch.ones_like(w) for w in start.weights]))


def test_a_recipe_in_iterations_is_that_in_epochs():
    """Seven batches an epoch: 21 iterations are 3 epochs, and 17 end within the third."""
    start = start_of()
    by_epochs = fit(start, DATA, seed=2, recipe=replace(SHORT, iterations=None, epochs=3))
    by_iterations = fit(start, DATA, seed=2, recipe=replace(SHORT, iterations=21))
    assert same(by_epochs.network, by_iterations.network)
    assert by_epochs.history.equals(by_iterations.history)
    history = fit(start, DATA, seed=2, recipe=replace(SHORT, iterations=17)).history
    assert history["step"].tolist() == [0, 7, 14, 17]
    assert history["epoch"].iloc[-1] == 17 / 7


def test_progress_is_told_in_what_the_recipe_counts():
    told = []
    fit(start_of(), DATA, seed=2, recipe=replace(SHORT, iterations=17), progress=lambda *n: told.append(n))
    assert told == [(7, 17), (14, 17), (17, 17)]
    told.clear()
    fit(start_of(), DATA, seed=2, recipe=Recipe(epochs=2, polish=1), progress=lambda *n: told.append(n))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_recipes_are_read_from_the_command_line_and_from_files(tmp_path):
    asked = ["optimizer=sgd", "momentum=0.9", "schedule=steps", "steps=[3,5]", "iterations=20", "polish=0"]
    read = plan(composed("dataset=digits", *(f"training.{each}" for each in asked))).recipe
    assert (read.steps, read.iterations, read.momentum) == ((3, 5), 20, 0.9)
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "mine.yaml").write_text("schedule: steps\nsteps: [30, 45]\nl1: 0.001\n")
    assert read_recipe("mine", tmp_path) == Recipe(schedule="steps", steps=(30, 45), l1=0.001)


@pytest.mark.parametrize("k", [0, 1, 7, 9, 20])
def test_weights_of_an_iteration_are_those_of_the_run_stopped_there(k, tmp_path):
    start, recipe = start_of(), replace(SHORT, iterations=21, dropout=0.3)
    further = Further(DATA, 2, Origin(start, recipe, 2), tmp_path)
    begun = fit(start, DATA, seed=2, recipe=recipe, until=k).network
    assert same(further.at(k), begun)
    # Under a constant rate a run of k iterations has the very steps of the beginning of a longer one.
    constant = replace(recipe, schedule="constant")
    longer = fit(start, DATA, seed=2, recipe=constant, until=max(k, 1)).network
    assert same(longer, fit(start, DATA, seed=2, recipe=replace(constant, iterations=max(k, 1))).network)


def test_a_rewound_ticket_has_the_weights_times_the_mask_and_goes_on_with_the_batches_of_the_whole():
    """Plain SGD has no memory: from any iteration it goes on to the bits of the uninterrupted training."""
    start, recipe = start_of(), replace(SGD, iterations=21, dropout=0.3)
    further, gains = Further(DATA, 2, Origin(start, recipe, 2)), [torch.ones(5), torch.ones(4)]
    whole = fit(start, DATA, seed=2, recipe=recipe).network
    for k in (3, 7, 10):
        assert same(further.to_the_end(further.at(k), gains, since=k).network, whole)
    masks = drawn(start)
    ticket = further.at(9)
    assert all(
        torch.equal(w, v * m) for w, v, m in zip(masked(ticket, masks).weights, ticket.weights, masks, strict=True)
    )
    done = further.to_the_end(ticket, gains, since=9, masks=masks).network
    assert same(done, fit(ticket, DATA, seed=2, recipe=recipe, since=9, masks=masks).network)
    few = further.few_epochs(ticket, gains, 1, removed=3, masks=masks).network
    assert all(bool((w[m == 0] == 0).all()) for net in (done, few) for w, m in zip(net.weights, masks, strict=True))


def test_masks_and_removed_units_go_together():
    start, gains = start_of(), [torch.tensor([1.0, 0, 1, 1, 0]), torch.ones(4)]
    masks = drawn(start)
    small = compacted(start, masks, gains)
    assert [tuple(m.shape) for m in small] == [(3, 6), (4, 3), (3, 4)]
    assert torch.equal(small[1], masks[1][:, [0, 2, 3]])
    done = Further(DATA, 0).few_epochs(start, gains, 1, removed=2, masks=masks).network
    assert all(bool((w[m == 0] == 0).all()) for w, m in zip(done.weights, masks, strict=True))
    assert not done.weights[1][:, [1, 4]].any()


@pytest.mark.parametrize(("since", "until"), [(0, 21), (5, 3), (21, None)])
def test_what_is_no_part_of_a_training_is_refused(since, until):
    with pytest.raises(StudyError, match="training of 20 iterations"):
        fit(start_of(), DATA, seed=0, recipe=SHORT, since=since, until=until)
    with pytest.raises(StudyError, match=r"possible: 0 \(as drawn\) to 19 \(training.iterations=20\)"):
        Further(DATA, 0, Origin(start_of(), SHORT, 0)).at(20)


def test_rates_are_those_of_the_schedule():
    cosine = Recipe(iterations=100, final_rate=0.1)
    assert [cosine.share(k, 7) for k in (0, 50, 100)] == pytest.approx([1.0, 0.55, 0.1])
    by_epochs = Recipe(epochs=4, schedule="steps", steps=(1, 3), step_factor=0.5)
    assert [by_epochs.share(k, 10) for k in (0, 9, 10, 29, 30, 39)] == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert {Recipe(schedule="constant").share(k, 3) for k in range(9)} == {1.0}


def test_dropout_drops_its_share_keeps_the_mean_and_is_drawn_anew():
    drop = Dropout(0.3, seed=5)
    drop.begin(0)
    first, second = drop(torch.zeros(200, 100)), drop(torch.zeros(200, 100))
    assert set(first.unique().tolist()) == {0.0, first.max().item()}
    assert first.max().item() == pytest.approx(1 / 0.7)
    for factors in (first, second):
        spread = math.sqrt(0.3 * 0.7 / factors.numel())
        assert abs(float((factors == 0).double().mean()) - 0.3) < 4 * spread
    assert not torch.equal(first, second)
    drop.begin(0)
    assert torch.equal(drop(torch.zeros(200, 100)), first)
    drop.begin(1)
    assert not torch.equal(drop(torch.zeros(200, 100)), first)


def test_dropout_is_back_propagated_through_filters():
    case = cases.FILTERS[0]
    net, data = cases.filters(case), cases.rows(20, cases.filters(case).features, case[3])
    drop, parameters = Dropout(0.5, 0), Parameters(net)

    def error(step):
        drop.begin(0)
        parameters.vector.add_(step)
        z = parameters.backward(data.inputs, data.targets, drop)
        parameters.vector.sub_(step)
        return parameters.minimised(z, data.targets.T).item() / 20

    error(torch.zeros_like(parameters.vector))
    gradient = parameters.gradient.clone()
    for i in range(0, len(gradient), 17):
        step = torch.zeros_like(gradient)
        step[i] = 1e-6
        assert (error(step) - error(-step)) / 2e-6 == pytest.approx(gradient[i].item(), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"momentum": 0.9}, "goes with training.optimizer=sgd"),
        ({"optimizer": "sgd", "momentum": 1.0}, r"training.momentum=1.0; possible: 0 or more, below 1"),
        ({"dropout": 1}, "training.dropout=1; possible"),
        ({"l1": -1e-3}, "training.l1=-0.001; possible: 0 or more"),
        ({"l1": float("nan")}, "training.l1=nan"),
        ({"schedule": "linear"}, "known: cosine, constant, steps"),
        ({"schedule": "steps"}, "schedule=steps needs steps"),
        ({"steps": (3,)}, "no other schedule has any"),
        ({"schedule": "steps", "steps": (5, 5)}, "each must come after the one before"),
        ({"schedule": "steps", "steps": 5}, "a list of epochs is needed"),
        ({"schedule": "steps", "steps": (5,), "step_factor": 0}, "training.step_factor=0; possible: above 0"),
        ({"iterations": 0}, "training.iterations=0: 1 or more"),
        ({"evaluate_every": 2.5}, "training.evaluate_every=2.5: a whole number"),
        (
            {"optimizer": "lbfgs", "dropout": 0.5},
            "training.dropout=0.5 is not for L-BFGS, which training.optimizer=lbfgs",
        ),
        ({"optimizer": "lbfgs", "evaluate_every": 5}, "goes with training.optimizer=adam or sgd"),
        ({"polish": 3, "iterations": 5}, "goes with training.polish=0"),
    ],
)
def test_a_recipe_that_cannot_be_is_told_in_one_message(given, told):
    with pytest.raises(StudyError, match=told):
        Recipe(**given)


def test_new_fields_leave_keys_as_they_are_and_enter_them_where_they_are_set():
    data, start = DATA, mlp(6, [3], 3)
    keys = {started_key(start, data, Recipe(), 0)}
    sgd = Recipe(optimizer="sgd")
    for recipe in (
        *(Recipe(), sgd, replace(sgd, momentum=0.9), Recipe(l1=0.1), Recipe(iterations=60), Recipe(dropout=0.1)),
        *(Recipe(schedule="constant"), Recipe(schedule="steps", steps=(3,)), Recipe(evaluate_every=5)),
    ):
        keys.add(started_key(start, data, recipe, 0))
    assert len(keys) == 9
    assert started_key(start, data, Recipe(iterations=60, epochs=5), 0) in keys
