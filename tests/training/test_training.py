"""Training: the same bits for the same seed, real gradients, and a cache that never hands out a wrong network."""

import dataclasses
import inspect
import subprocess
import sys
from functools import partial

import pytest
import torch
from torch import nn

from study.common.errors import StudyError
from study.common.paths import ROOT
from study.data import load_dataset
from study.networks import Architecture, ErrorFunction, from_module, mlp
from study.training import cache
from study.training.acceptance import acceptance, measured
from study.training.backprop import Parameters
from study.training.cache import load_or_train, network_key
from study.training.optimizers import SGD, Adam
from study.training.recipe import Recipe
from study.training.recipes import read_recipe
from study.training.train import train
from tests import cases

SHORT = Recipe(epochs=3, learning_rate=0.02)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def cached(data, folder, seed=0, recipe=SHORT):
    return load_or_train(Architecture((7,), "sigmoid", "sigmoid"), data, recipe, seed, folder)


@pytest.mark.parametrize("case", cases.CASES)
def test_back_propagation_equals_autograd(case):
    hidden, outputs, activation, output, _ = case
    net, data = cases.network(hidden, outputs, activation, output), cases.rows(20, 3, outputs)
    parameters = Parameters(net)
    parameters.backward(data.inputs, data.targets)
    leaves = [w.clone().requires_grad_() for w in (*net.weights, *net.biases)]
    h = data.inputs
    act = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": nn.functional.softplus}[activation]
    layers = len(net.weights)
    for m in range(layers - 1):
        h = act(h @ leaves[m].T + leaves[layers + m])
    z = h @ leaves[layers - 1].T + leaves[-1]
    if output == "softmax":
        error = -(data.targets * torch.log_softmax(z, 1)).sum(1).mean()
    else:
        o = torch.sigmoid(z) if output == "sigmoid" else z
        error = 0.5 * ((o - data.targets) ** 2).sum(1).mean()
    expected = torch.autograd.grad(error, leaves)
    start = 0
    for m in range(layers):
        for part in (expected[m], expected[layers + m]):
            found = parameters.gradient[start : start + part.numel()].view(part.shape)
            assert torch.allclose(found, part, rtol=1e-10, atol=1e-13)
            start += part.numel()


def test_weight_decay_adds_its_gradient_and_its_penalty_and_spares_the_biases():
    net, data = cases.network((3,), 2), cases.rows(20, 3, 2)
    plain, decayed = Parameters(net), Parameters(net, decay=0.1)
    for parameters in (plain, decayed):
        parameters.backward(data.inputs, data.targets)
    expected = [0.1 * w.flatten() if kind == "weight" else 0 * w for w, kind in _in_order(net)]
    assert torch.allclose(decayed.gradient - plain.gradient, torch.cat(expected), rtol=1e-12, atol=1e-15)
    assert decayed.penalty() == pytest.approx(0.05 * sum(float((w**2).sum()) for w in net.weights), rel=1e-12)
    assert plain.penalty() == 0.0


def _in_order(net):
    """Weights and biases as they lie in the vector."""
    for w, b in zip(net.weights, net.biases, strict=True):
        yield from ((w, "weight"), (b, "bias"))


def test_training_with_weight_decay_ends_where_error_and_penalty_balance(digits):
    recipe = Recipe(optimizer="lbfgs", epochs=600, weight_decay=1e-4)
    net = train("mlp_7", digits, recipe=recipe)
    plain, decayed = Parameters(net), Parameters(net, decay=1e-4)
    for parameters in (plain, decayed):
        parameters.backward(digits.training.inputs, digits.training.targets)
    assert float(decayed.gradient.norm()) < 1e-3 * float(plain.gradient.norm())


def test_training_lowers_the_error_and_leaves_the_start_alone(digits):
    start = cases.network((7,), 10, features=64, gain=1.0)
    before = start.digest()
    after = train(start, digits, recipe=SHORT)
    error, t = ErrorFunction("sigmoid"), digits.training.targets.T
    x = digits.training.inputs
    assert float(error.total(after.logits(x), t)) < 0.8 * float(error.total(start.logits(x), t))
    assert start.digest() == before


def test_hidden_layers_are_trained_under_a_softmax(digits):
    # The authors' code left them as they were initialised (audit V2).
    start = cases.network((7,), 10, features=64, output="softmax", gain=1.0)
    after = train(start, digits, recipe=SHORT)
    assert float((after.weights[0] - start.weights[0]).abs().max()) > 0.01


def test_the_seed_sets_the_bits(digits):
    assert (
        train("mlp_7", digits, seed=3, recipe=SHORT).digest() == train("mlp_7", digits, seed=3, recipe=SHORT).digest()
    )
    assert (
        train("mlp_7", digits, seed=3, recipe=SHORT).digest() != train("mlp_7", digits, seed=4, recipe=SHORT).digest()
    )


def unwrapped(kind):
    """PyTorch's, without what imports its compiler."""
    plain = {name: inspect.unwrap(getattr(kind, name)) for name in ("add_param_group", "step")}
    return type("Unwrapped", (kind,), plain)


def adam(vector, gradient):
    return Adam(vector, gradient), partial(unwrapped(torch.optim.Adam), fused=True)


def sgd(momentum):
    def both(vector, gradient):
        return SGD(vector, gradient, momentum), partial(unwrapped(torch.optim.SGD), momentum=momentum, fused=True)

    return both


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("both", [adam, sgd(0.0), sgd(0.9)])
def test_a_step_is_that_of_pytorchs_optimiser_to_the_bit(dtype, both):
    vector, steps = torch.randn(99, dtype=dtype), torch.randn(20, 99, dtype=dtype)
    leaf, gradient = nn.Parameter(vector.clone()), torch.zeros_like(vector)
    ours, made = both(vector, gradient)
    theirs = made([leaf], lr=0.01)
    leaf.grad = gradient
    for k, step in enumerate(steps):
        gradient.copy_(step)
        theirs.param_groups[0]["lr"] = rate = 0.01 / (k + 1)
        ours.step(rate)
        with torch.no_grad():
            theirs.step()
        assert torch.equal(leaf, vector)


BOTH = Recipe(epochs=2, learning_rate=0.02, polish=2)
PROCESS = """
import sys, pathlib, torch
torch.set_num_threads(1)
from study.data import load_dataset
from study.networks import Architecture
from study.training.cache import load_or_train
from study.training.recipe import Recipe
recipe = Recipe(epochs=2, learning_rate=0.02, polish=2)
data = load_dataset("cosine")
of = Architecture((7,), "sigmoid", "linear")
print(load_or_train(of, data, recipe, 0, pathlib.Path(sys.argv[1])).network.digest())
assert "torch._dynamo" not in sys.modules  # a second and a half
"""


def test_processes_at_once_train_one_network_with_the_same_bits(tmp_path):
    command = [sys.executable, "-c", PROCESS, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    found = {process.communicate(timeout=120)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0, 0]
    of = Architecture((7,), "sigmoid", "linear")
    alone = load_or_train(of, load_dataset("cosine"), BOTH, 0, tmp_path / "alone")
    assert found == {alone.network.digest()}
    assert len(list(tmp_path.glob("??/*.safetensors"))) == 1


def test_a_trained_network_is_loaded_and_not_trained_again(digits, tmp_path, monkeypatch):
    first = cached(digits, tmp_path)
    monkeypatch.setattr("study.training.cache.fit", None)
    again = cached(digits, tmp_path)
    assert again.network.digest() == first.network.digest()
    assert again.history.equals(first.history)
    assert again.seconds == first.seconds


@pytest.mark.parametrize("harm", ["truncate", "flip", "another", "empty"])
def test_a_damaged_file_is_reported_and_trained_again(digits, tmp_path, caplog, harm):
    first = cached(digits, tmp_path)
    content = first.file.read_bytes()
    other = cached(digits, tmp_path, seed=1).file.read_bytes()
    harmed = {"truncate": content[:-9], "flip": content[:-9] + b"\x01" + content[-8:], "another": other, "empty": b""}
    first.file.write_bytes(harmed[harm])
    again = cached(digits, tmp_path)
    assert again.network.digest() == first.network.digest()
    assert "damaged" in caplog.text
    assert cached(digits, tmp_path).network.digest() == first.network.digest()
    assert not list(tmp_path.rglob("*.part"))


def test_keys_stay_what_they_are_and_new_fields_disown_nothing(digits, monkeypatch):
    def key(recipe):
        return network_key(Architecture((50, 50), "sigmoid", "sigmoid"), digits, recipe, 3)

    # A changed pin disowns every trained network: raise TRAINING_VERSION instead.
    assert key(Recipe())[:16] == "cd91280ff4a898bf"
    assert key(Recipe(epochs=5, polish=7))[:16] == "9a3c2421014c1f79"
    wider = dataclasses.make_dataclass("Wider", [("new", int, 0)], bases=(Recipe,), frozen=True)
    assert key(wider()) == key(Recipe())
    assert key(wider(new=1)) != key(Recipe())
    before = key(Recipe())
    monkeypatch.setattr("study.training.cache.TRAINING_VERSION", cache.TRAINING_VERSION + 1)
    assert key(Recipe()) != before


def test_divergence_is_an_error_with_the_way_out(digits):
    wild = Recipe(epochs=2, learning_rate=1e300, precision="float32")
    with pytest.raises(StudyError, match=r"lower training.learning_rate|not finite"):
        train("mlp_7", digits, recipe=wild, output="linear")


def test_a_persons_own_module_is_trained(digits):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, 10), nn.Softmax(dim=1))
    before = float((from_module(module)(digits.held_out.inputs).argmax(1) == digits.held_out.labels).double().mean())
    after = train(module, digits, recipe=Recipe(epochs=10))
    share = float((after(digits.held_out.inputs).argmax(1) == digits.held_out.labels).double().mean())
    assert share > 0.85 > before


def test_recipes_are_read_with_what_they_build_on():
    assert read_recipe("diamond") == read_recipe("circle")
    with pytest.raises(StudyError, match="polish"):
        Recipe(polish=-1)
    with pytest.raises(StudyError, match="known: adam, sgd, lbfgs"):
        Recipe(optimizer="rmsprop")


def test_bands_are_inclusive_and_about_their_split(digits):
    net = cases.network((5,), 10, features=64)
    band = {"metric": "accuracy", "split": "held_out", "low": 0.2, "high": 0.4}
    right = float((net(digits.held_out.inputs).argmax(1) == digits.held_out.labels).double().mean())
    assert measured(band, net, digits) == right
    verdicts = [acceptance(band, v) for v in (0.1999, 0.2, 0.4, 0.4001)]
    assert verdicts == ["missed", "met", "met", "missed"]
    assert acceptance(None, 0.5) == "none"
    with pytest.raises(StudyError, match="digits has: training"):
        measured(band | {"split": "test"}, net, digits)


@pytest.mark.parametrize("population", ["digits_1x100", "cosine_2x10"])
def test_recipes_reach_their_bands_on_a_development_seed(population, tmp_path):
    from hydra import compose

    from study.cells.cell import judge, prepare
    from study.config.plan import plan
    from study.config.population import composer

    with composer():
        chosen = plan(compose("config", overrides=[f"population={population}", "seed=0"]))
    data = prepare(chosen).data
    trained = load_or_train(chosen.architecture(data), data, chosen.recipe, 0, tmp_path)
    assert judge(chosen, trained.network, data)[0] == "met"


def test_an_untrained_hidden_layer_stays_as_it_was_drawn(digits):
    for more in ({"optimizer": "adam", "epochs": 2}, {"optimizer": "lbfgs", "epochs": 3}):
        start = mlp(64, (5,), 10, seed=3)
        trained = train("mlp_5", digits, seed=3, recipe=Recipe(untrained_hidden=True, **more))
        assert torch.equal(trained.weights[0], start.weights[0])
        assert torch.equal(trained.biases[0], start.biases[0])
        assert not torch.equal(trained.weights[1], start.weights[1])
