"""What the recipes of the small populations for weights and tickets reach: no worse than their files say."""

import pytest

from study.config.plan import plan
from study.data import load_dataset
from study.networks import correct, fresh
from study.training.train import fit
from tests.config.test_plan import composed

REACHED = {"digits_100_50": 0.97, "mnist1d_200_200": 0.6}
"""Least share of the validation rows right: four standard deviations below the mean of seeds 0 to 4."""


@pytest.mark.parametrize("population", REACHED)
def test_a_recipe_reaches_what_its_file_says(population):
    planned = plan(composed(f"population={population}"))
    data = load_dataset(planned.dataset, **planned.dataset_params)
    start = fresh(planned.architecture(data), data.features, data.outputs, 0)
    assert (start.output, set(start.activations)) == ("softmax", {"relu"})
    network = fit(start, data, seed=0, recipe=planned.recipe).network
    rows = data.splits["validation"]
    right = correct(network.logits(rows.inputs), rows.labels, network.output).double().mean()
    assert REACHED[population] <= float(right) < 1


@pytest.mark.parametrize("population", ["mnist_300_100", "fashion_300_100"])
def test_large_ones_set_5000_rows_apart(population):
    planned = plan(composed(f"population={population}"))
    assert planned.dataset_params == {"validation": 5000}
    assert (planned.hidden, planned.activation, planned.output) == ((300, 100), "relu", "softmax")
    assert (planned.settings.error, planned.recipe.precision) == ("cross_entropy", "float32")
