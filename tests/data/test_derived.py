"""Sets derived from images: closed forms on digits, which are always there, and what is refused."""

import numpy as np
import pytest
import torch

from study.common.errors import StudyError
from study.config.plan import plan
from study.data import load_dataset, missing, parameters
from study.data._derived import Derived
from tests.config.test_plan import composed

IMAGES = ["digits", "mnist", "fashion_mnist", "kmnist"]
PLAIN = load_dataset("digits")
ROWS = {split: PLAIN.splits[split].inputs.reshape(-1, 8, 8) for split in ("training", "held_out")}


def derived(**changes):
    return load_dataset("digits", **changes)


def images(data, split):
    return data.splits[split].inputs.reshape(-1, 8, 8)


def row_set(split):
    return {row.numpy().tobytes() for row in split.inputs}


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_set_takes_them_and_their_defaults_change_nothing(name):
    known = parameters(name)
    assert {key: default for key, (_, default) in known.items()} == vars(Derived())
    if name == "digits":
        assert derived(**vars(Derived())) is derived()  # one entry in the memory, so one digest


@pytest.mark.parametrize("split", ["training", "held_out"])
def test_pixels_are_inverted_turned_and_permuted(split):
    plain = ROWS[split]
    assert torch.equal(images(derived(inverted=True), split), 1 - plain)
    turned = images(derived(rotated=True), split)
    assert torch.equal(turned[:, 0, :], plain[:, :, 7])  # the right edge comes to the top: counter-clockwise
    assert torch.equal(turned.rot90(-1, (1, 2)), plain)
    flat, moved = plain.reshape(-1, 64), derived(permuted=3).splits[split].inputs
    where = [int((flat[:, [i]] == moved).all(0).nonzero()[0, 0]) for i in range(64) if len(flat[:, i].unique()) > 9]
    assert len(set(where)) == len(where) > 30
    assert torch.equal(flat.sort(1).values, moved.sort(1).values)
    assert not torch.equal(moved, derived(permuted=4).splits[split].inputs)


def test_a_permutation_is_the_same_for_all_rows():
    assert row_set(derived(permuted=3, rows=1000).training) < row_set(derived(permuted=3).training)
    both = derived(permuted=3, inverted=True).training.inputs
    assert torch.equal(both, 1 - derived(permuted=3).training.inputs)


@pytest.mark.parametrize("split", ["training", "pruning", "held_out"])
def test_halves_are_the_classes_counted_anew(split):
    plain = PLAIN.splits[split]
    for half, first in (("a", 0), ("b", 5)):
        data, kept = derived(half=half), (plain.labels >= first) & (plain.labels < first + 5)
        assert torch.equal(data.splits[split].labels, plain.labels[kept] - first)
        assert torch.equal(data.splits[split].inputs, plain.inputs[kept])
        assert (data.classes, data.outputs) == (5, 5)
    assert derived(classes=[5, 6, 7, 8, 9]).digest == derived(half="b").digest


def test_the_first_class_named_is_class_0():
    data = derived(classes=[7, 2])
    kept = (PLAIN.training.labels == 7) | (PLAIN.training.labels == 2)
    assert torch.equal(data.training.labels, (PLAIN.training.labels[kept] == 2).long())
    assert data.training.targets.sum(0).tolist() == data.training.labels.bincount().tolist()
    permuted = derived(classes=[*range(1, 10), 0])
    assert torch.equal(permuted.training.labels, (PLAIN.training.labels - 1) % 10)


def test_numpy_numbers_tuples_and_lists_of_classes_are_one_data_set():
    assert derived(classes=(7, 2)) is derived(classes=[7, 2]) is derived(classes=np.array([7, 2]))


def test_fewer_rows_are_a_part_of_more_beside_the_same_validation_rows():
    few, more, all_ = (derived(rows=n, validation=238) for n in (300, 900, 1200))
    assert [len(d.training) for d in (few, more, all_)] == [300, 900, 1200]
    assert row_set(few.training) < row_set(more.training) < row_set(all_.training)
    assert torch.equal(few.splits["validation"].inputs, all_.splits["validation"].inputs)
    assert row_set(all_.training) | row_set(all_.splits["validation"]) == row_set(PLAIN.training)
    assert len(all_.splits["validation"]) == 238
    assert derived(validation=238).digest == all_.digest
    assert torch.equal(few.pruning.inputs, few.training.inputs)
    assert torch.equal(few.held_out.inputs, PLAIN.held_out.inputs)


def test_the_data_seed_draws_the_rows():
    parts = [load_dataset("digits", seed=seed, rows=500).training.inputs for seed in (0, 1)]
    assert not torch.equal(*parts)
    in_order = row_set(PLAIN.training)
    assert all(row.numpy().tobytes() in in_order for row in parts[0])


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_rows_to_prune_on_are_training_rows_that_are_left(name):
    if reason := missing(name):
        pytest.skip(reason)
    data = load_dataset(name, half="a", rows=9000, validation=5000)
    assert (len(data.training), len(data.pruning), len(data.splits["validation"])) == (9000, 9000, 5000)
    assert len(load_dataset(name, half="a", validation=5000).pruning) == 10_000
    assert not row_set(data.pruning) & row_set(data.splits["validation"])


REFUSED = {
    "permuted=-1": "permuted=-1: 0 or more",
    "rows=0": "rows=0: 1 or more",
    "rows=1439": "rows=1439 of 1,438 training rows: 1,438 or fewer",
    "rows=1300 validation=200": "rows=1300 of 1,438 training rows beside 200 validation rows: 1,238 or fewer",
    "rows=3": "3 training rows have none of the classes .*keep more rows",
    "half=c": "half='c'; possible: a, b",
    "validation=-1": "validation=-1: 0 or more",
    "validation=1438": "validation=1438 of 1,438 training rows: rows to train on have to be left",
    "validation=1435": "3 training rows beside 1,435 validation rows have none of the classes",
    "rows=5 validation=2000": "rows=5 of 1,438 training rows beside 2,000 validation rows: rows to train on",
    "classes=[3]": r"classes=\[3\]: two or more different ones of 0 to 9",
    "classes=[3,3]": r"classes=\[3, 3\]: two or more different ones",
    "classes=[3,10]": r"classes=\[3, 10\]: two or more different ones",
    "classes=[1,2] half=a": r"classes=\[1, 2\] and half=a both choose classes",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_a_wrong_value_gets_one_clear_message(typed):
    planned = plan(composed("dataset=digits", *(f"+dataset.params.{one}" for one in typed.split())))
    with pytest.raises(StudyError, match=f"data set 'digits': {REFUSED[typed]}"):
        load_dataset(planned.dataset, **planned.dataset_params)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inverted": 1}, "inverted is of type bool, got 1"),
        ({"rows": "many"}, "rows is of type int, got 'many'"),
        ({"classes": 3}, "classes is a list, got 3"),
        ({"classes": ["three"]}, "classes is of type int, got 'three'"),
        ({"turned": True}, "has no parameter 'turned'; it has inverted, rotated, permuted"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(changes, told):
    with pytest.raises(StudyError, match=told):
        derived(**changes)
