"""Every data set: sizes, classes, digests that stay what they are, geometry known by hand."""

import hashlib

import numpy as np
import pytest
import torch

from study.common.errors import StudyError
from study.data import authors_shape, load_dataset, missing, names
from study.data.base import DataCorruptError, Dataset
from study.data.split import Split

LOCAL = ["circle", "cosine", "cosine_wave", "diamond", "digits", "double_shape", "mnist1d", "random_shape"]
SIZES = {
    "cosine": (10_000, 10_000, 10_000, 1, 1, 0, "sigmoid"),
    "cosine_wave": (10_000, 10_000, 10_000, 1, 1, 0, "linear"),
    "diamond": (10_000, 10_000, 20_000, 2, 1, 2, "sigmoid"),
    "circle": (10_000, 10_000, 20_000, 2, 1, 2, "sigmoid"),
    "random_shape": (10_000, 10_000, 20_000, 2, 1, 2, "sigmoid"),
    "double_shape": (10_000, 10_000, 20_000, 2, 1, 2, "sigmoid"),
    "digits": (1_438, 1_438, 359, 64, 10, 10, "sigmoid"),
    "mnist1d": (4_000, 1_000, 1_000, 40, 10, 10, "softmax"),
    "fashion_mnist": (60_000, 10_000, 10_000, 784, 10, 10, "sigmoid"),
    "kmnist": (9_000, 9_000, 1_000, 784, 10, 10, "sigmoid"),
    "mnist": (60_000, 10_000, 10_000, 784, 10, 10, "sigmoid"),
    "mnist_one_vs_all": (60_000, 10_000, 10_000, 784, 2, 2, "softmax"),
    "mnist20x20": (4_500, 4_500, 10_000, 400, 10, 10, "sigmoid"),
    "authors_mnist": (4_500, 4_500, 10_000, 400, 10, 10, "sigmoid"),
    "authors_shape": (48_564, 48_564, 100_000, 2, 1, 2, "sigmoid"),
}


def needs_files(name):
    if reason := missing(name):
        pytest.skip(reason)


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_those_of_the_populations(name):
    needs_files(name)
    data = load_dataset(name)
    found = (len(data.training), len(data.pruning), len(data.held_out), data.features, data.outputs, data.classes)
    assert (*found, data.output) == SIZES[name]
    assert set(names()) == set(SIZES)


PINNED = {
    "circle": "2b3e3dbde5525d31",
    "cosine": "59f8edfa5ec374fa",
    "cosine_wave": "18d6182c1ad17733",
    "diamond": "2ffe4765cc10a5dc",
    "digits": "1ba064d2674ce358",
    "double_shape": "2abdac20a824fff3",
    "fashion_mnist": "1fd06bfcf8c0108b",
    "kmnist": "8d680516782148b8",
    "mnist": "8148a9ded1c65f18",
    "mnist1d": "4e951b9938ad5b01",
    "mnist20x20": "a34a65e7fe689728",
    "mnist_one_vs_all": "b22d1677a827e61c",
    "random_shape": "2884287627351995",
}


@pytest.mark.parametrize("name", PINNED)
def test_data_stay_what_they_are(name):
    # A changed digest disowns every recorded result on these data.
    needs_files(name)
    assert load_dataset(name).digest[:16] == PINNED[name]


@pytest.mark.parametrize("name", LOCAL)
def test_the_data_seed_and_nothing_else_changes_the_data(name):
    assert load_dataset(name, seed=0).digest != load_dataset(name, seed=1).digest
    data = load_dataset(name)
    rows = {row.numpy().tobytes() for row in data.training.inputs}
    shared = sum(row.numpy().tobytes() in rows for row in data.held_out.inputs)
    assert shared <= (1 if name == "digits" else 0)


def test_cosines_are_cosines():
    arc, wave = load_dataset("cosine").training, load_dataset("cosine_wave").training
    assert torch.allclose(arc.targets, torch.cos(arc.inputs), rtol=0, atol=1e-15)
    assert 0 <= float(arc.inputs.min()) < 0.001
    assert 0.999 < float(arc.inputs.max()) <= 1
    assert float(wave.targets.min()) == pytest.approx(-1, abs=1e-5)
    assert float(wave.targets.max()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["circle", "diamond", "random_shape", "double_shape"])
def test_both_classes_of_a_shape_are_well_represented(name):
    share = float(load_dataset(name).training.targets.mean())
    assert 0.2 < share < 0.8


def test_one_vs_all_is_the_digit_against_the_rest():
    needs_files("mnist_one_vs_all")
    data = load_dataset("mnist_one_vs_all", digit=2)
    assert int(data.training.labels.sum()) == 5958  # twos in the training file
    assert float(data.training.inputs.max()) == 255.0
    assert torch.equal(data.training.targets[:, 1], data.training.labels.double())
    with pytest.raises(StudyError, match="digit"):
        load_dataset("mnist_one_vs_all", digit=10)


def test_clothes_and_characters_are_as_many_of_each_kind():
    needs_files("fashion_mnist")
    clothes = load_dataset("fashion_mnist")
    assert clothes.training.labels.bincount().tolist() == [6000] * 10
    assert clothes.held_out.labels.bincount().tolist() == [1000] * 10
    assert float(clothes.training.inputs.mean()) * 255 == pytest.approx(72.940352, abs=1e-5)  # as published


def test_characters_held_out_are_the_same_for_every_data_seed():
    needs_files("kmnist")
    data = load_dataset("kmnist")
    assert data.training.labels.bincount().tolist() == [900] * 10
    assert data.held_out.labels.bincount().tolist() == [100] * 10
    assert load_dataset("kmnist", seed=1).digest == data.digest
    everything = torch.cat([data.training.inputs, data.held_out.inputs])
    assert float(everything.mean()) * 255 == pytest.approx(47.06204, abs=1e-5)


def test_mnist20x20_is_500_of_each_digit_with_the_authors_split():
    needs_files("mnist20x20")
    data = load_dataset("mnist20x20")
    assert data.training.labels.bincount().tolist() == [450] * 10
    assert data.splits["authors_test"].labels.bincount().tolist() == [50] * 10
    assert float(data.training.inputs.min()) == pytest.approx(-0.131963, abs=2e-3)  # bicubic overshoot
    again = load_dataset("mnist20x20", seed=1, resampled=True)
    assert again.digest != data.digest
    assert again.training.labels.bincount().tolist() == [450] * 10


AUTHORS_FILES = {
    ("training", 0): "3f65a7db6406580ee04873f70462cc6b725d67e0",  # mnist-small-train.csv
    ("training", -1): "35697453c6a3599565e3682cb466c260e76f18c8",  # mnist-small-fixed-train.csv
    ("authors_test", 0): "b9edcbc5d405221849fb55b37fa34804c22cd7ca",  # mnist-small-test.csv
    ("authors_test", -1): "4c5b89debc01731e85bc585e815f9bdadfb7655a",  # mnist-small-fixed-test.csv
}
"""Git blob SHA-1 by split and shift of the label: the "fixed" files have (digit - 1) mod 10."""


@pytest.mark.parametrize("file", AUTHORS_FILES)
def test_mnist20x20_written_as_text_is_the_authors_file_byte_by_byte(file):
    needs_files("mnist20x20")
    split, shift = file
    rows = load_dataset("mnist20x20").splits[split]
    lines = []
    for label, pixels in zip(rows.labels.tolist(), rows.inputs.tolist(), strict=True):
        # The label first, then each pixel as '%.5g' read back and printed as a float: 0.0, 8.5606e-06, 1.0011.
        lines.append(",".join(map(str, [float((label + shift) % 10), *(float(f"{v:.5g}") for v in pixels)])))
    content = ("\n".join(lines) + "\n").encode()
    assert hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() == AUTHORS_FILES[file]


def test_the_reduction_equals_the_recomputed_course_data():
    needs_files("mnist20x20")
    from study.data._sources import project_root

    path = project_root().parent / "shared" / "data" / "mnist20x20" / "mnist20x20.npz"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    known, data = np.load(path), load_dataset("mnist20x20")
    test = np.arange(5000) % 10 == 0
    assert np.abs(data.training.inputs.numpy() - known["X"][~test]).max() < 1e-14
    assert np.abs(data.splits["authors_test"].inputs.numpy() - known["X"][test]).max() < 1e-14
    assert (data.training.labels.numpy() == known["y"][~test]).all()


def test_unknown_names_and_parameters_are_refused_with_what_there_is():
    with pytest.raises(StudyError, match="digits"):
        load_dataset("digit")
    with pytest.raises(StudyError, match="digit"):
        load_dataset("mnist_one_vs_all", number=3)


def test_impossible_splits_are_refused():
    x, y = torch.zeros(3, 2, dtype=torch.float64), torch.zeros(3, dtype=torch.int64)
    with pytest.raises(StudyError, match="at least one sample"):
        Split(x[:0], x[:0], y[:0])
    with pytest.raises(StudyError, match="finite"):
        Split(x / 0, x, y)
    with pytest.raises(StudyError, match="a split needs inputs"):
        Split(x, x[:2], y)
    with pytest.raises(StudyError, match="lacks the splits"):
        Dataset("made", "classification", 2, "sigmoid", {"training": Split(x, x, y)})


def test_the_authors_digits_are_those_of_mnist20x20_in_five_digits_and_shifted():
    needs_files("authors_mnist")
    plain, shifted = load_dataset("mnist20x20"), load_dataset("authors_mnist")
    same = load_dataset("authors_mnist", shifted=False)
    assert torch.equal(shifted.pruning.labels, (plain.pruning.labels - 1) % 10)
    assert torch.equal(same.pruning.labels, plain.pruning.labels)
    difference = (shifted.pruning.inputs - plain.pruning.inputs).abs()
    assert difference.max() > 0
    assert (difference <= 5e-5 * plain.pruning.inputs.abs()).all()
    assert all(float(f"{x:.5g}") == x for x in shifted.pruning.inputs[0].tolist())


@pytest.mark.parametrize("harm", ["2\t0\t0", "1\t0", "1\tx\t0", ""])
def test_points_that_are_not_a_label_and_two_coordinates_are_refused(harm):
    content = b"1\t0.5\t-0.25\n0\t1\t1"
    rows = authors_shape.points(content, "points.csv")
    assert rows.inputs.tolist() == [[0.5, -0.25], [1.0, 1.0]]
    assert rows.labels.tolist() == [1, 0]
    with pytest.raises(DataCorruptError, match=r"points\.csv is malformed"):
        authors_shape.points(harm.encode(), "points.csv")


def test_an_unknown_shape_is_refused_with_those_that_there_are():
    with pytest.raises(StudyError, match="shape='cube'; possible: diamond"):
        missing("authors_shape", shape="cube")


def test_the_rows_of_xor_are_drawn_as_the_authors_drew_them():
    """No file of theirs has them, so their xor networks could never be pruned."""
    assert authors_shape.missing(shape="xor") is None
    data, other = (authors_shape.load(seed=seed, shape="xor") for seed in (0, 1))
    inputs, labels = data.pruning.inputs, data.pruning.labels
    assert inputs.shape == (10_000, 2)
    assert (labels == (inputs[:, 0] != inputs[:, 1])).all()
    assert (data.pruning.targets[:, 0] == labels).all()
    corners, counts = inputs.unique(dim=0, return_counts=True)
    assert corners.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert (counts - 2500).abs().max() < 200
    assert not torch.equal(inputs, other.pruning.inputs)
    assert not torch.equal(inputs, data.splits["held_out"].inputs)
