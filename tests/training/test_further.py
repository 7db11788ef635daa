"""Training on by the network's own recipe, and what further training gives besides a network."""

from dataclasses import replace

import pytest
import torch

from study.common.errors import StudyError
from study.data import Dataset
from study.training.early_stop import early_stop
from study.training.further import STRIDE, Further, shortened
from study.training.masks import compacted
from study.training.origin import Origin
from study.training.recipe import Recipe
from study.training.train import fit
from tests import cases

PLAIN = cases.dataset(samples=50, features=4, outputs=3)
DATA = Dataset("made", "classification", 3, "softmax", {**PLAIN.splits, "validation": cases.rows(31, 4, 3, seed=9)})
START = cases.network((5, 4), 3, "tanh", "softmax", features=4)
OWN = Recipe(epochs=4, batch_size=8, learning_rate=0.05, dropout=0.2, weight_decay=0.05, evaluate_every=3)
GAINS = [torch.tensor([1.0, 0, 1, 1, 0]), torch.ones(4)]
ONES = [torch.ones(5), torch.ones(4)]


def masks_of(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(w.shape, generator=generator) >= 0.5 for w in START.weights]


def further_of(recipe, folder=None):
    return Further(DATA, 3, Origin(START, recipe, 3), folder)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (OWN, replace(OWN, epochs=2, learning_rate=0.05 * 0.1, dropout=0.1)),
        (replace(OWN, target_accuracy=0.1), replace(OWN, epochs=2, learning_rate=0.05 * 0.1, dropout=0.1)),
        (replace(OWN, dropout=0.0, polish=2), replace(OWN, epochs=2, learning_rate=0.05 * 0.1, dropout=0.1)),
        (replace(OWN, iterations=30), replace(OWN, iterations=14, learning_rate=0.05 * 0.1, dropout=0.1)),
    ],
    ids=["epochs", "target", "polish", "iterations"],
)
def test_training_on_is_the_own_recipe_shorter_slower_and_with_its_own_batches(own, expected, tmp_path):
    masks, removed = masks_of(), 4
    args = (START, GAINS, masks, removed)
    found = further_of(own).anew(*args, False, epochs=2, rate=0.1, dropout=0.1)
    small = fit(
        START.compact(GAINS),
        DATA,
        seed=3 + STRIDE * removed,
        recipe=expected,
        masks=compacted(START, masks, GAINS),
    )
    assert found.network.digest() == START.expanded(GAINS, small.network).digest()
    assert found.stopped.digest() == START.expanded(GAINS, small.stopped).digest()
    assert found.history.equals(small.history)
    for _ in range(2):  # trained, and read
        kept = further_of(own, tmp_path).anew(*args, True, epochs=2, rate=0.1, dropout=0.1)
        assert kept.network.digest() == found.network.digest()
        assert kept.stopped.digest() == found.stopped.digest()
        assert kept.history.equals(found.history)
    assert len(list(tmp_path.glob("??/*.safetensors"))) == 1


def test_without_a_dropout_of_its_own_it_has_the_recipes():
    found = further_of(OWN).anew(START, ONES, None, 0, False, epochs=4, rate=1.0)
    assert found.network.digest() == fit(START, DATA, seed=3, recipe=OWN).network.digest()


@pytest.mark.parametrize(
    ("recipe", "epochs", "steps"),
    [
        (Recipe(epochs=60, schedule="steps", steps=(30, 45)), 10, (35, 52)),
        (Recipe(iterations=420, schedule="steps", steps=(210, 315)), 10, (35, 52)),
        (Recipe(epochs=100, schedule="steps", steps=(50, 51)), 1, (4, 5)),
        (Recipe(epochs=100, schedule="steps", steps=(1, 2)), 1, (1, 2)),
    ],
)
def test_steps_of_the_rate_stay_at_their_share_of_the_length(recipe, epochs, steps):
    short = shortened(recipe, epochs, per_epoch=7)
    assert (short.iterations, short.steps) == (7 * epochs, steps)
    falls = [short.share(k, 7) for k in range(7 * epochs)]
    assert [k for k in range(1, len(falls)) if falls[k] < falls[k - 1]] == list(steps)


def test_every_further_training_gives_history_and_early_stop_of_full_size():
    further = further_of(OWN)
    to_the_end = further.to_the_end(further.at(1), GAINS, since=1)
    small = fit(further.at(1).compact(GAINS), DATA, seed=3, recipe=OWN, since=1)
    assert to_the_end.history.equals(small.history)
    assert to_the_end.stopped.hidden == (5, 4)
    assert to_the_end.stopped.compact(GAINS).digest() == small.stopped.digest()
    assert early_stop(to_the_end.history).iteration >= 7
    few = further.few_epochs(START, GAINS, 1, removed=2)
    assert few.stopped is None
    assert few.history["epoch"].tolist() == [0, 1]


def test_training_on_is_refused_where_it_has_no_meaning():
    with pytest.raises(StudyError, match=r"training on by the network's own recipe needs .* not known here"):
        Further(DATA, 3).anew(START, ONES, None, 0, False, epochs=1, rate=1.0)
    with pytest.raises(StudyError, match="adam or sgd: lbfgs has no epochs"):
        further_of(Recipe(optimizer="lbfgs")).anew(START, ONES, None, 0, False, epochs=1, rate=1.0)
    for bad in ({"rate": 0.0}, {"epochs": 0}, {"dropout": 1.0}):
        with pytest.raises(StudyError, match=next(iter(bad))):
            further_of(OWN).anew(START, ONES, None, 0, False, **{"epochs": 1, "rate": 1.0, **bad})
