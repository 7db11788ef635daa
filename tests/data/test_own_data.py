"""Data of one's own: taken as their rows, held against each other, and never mistaken for the study's."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from study import load_dataset, prune, train
from study.common.errors import StudyError
from study.data import Dataset, Split, one_hot
from study.networks import Architecture, mlp
from study.pruning.settings import Selection
from study.training.cache import network_key
from study.training.recipe import Recipe
from study.training.recipes import read_recipe
from study.training.train import own_recipe
from tests import cases

LABELS = torch.arange(12) % 3
ROWS = np.arange(24.0).reshape(12, 2) / 7
SHORT = Recipe(epochs=1)


def own(targets=None, labels=None, inputs=None, name="own", task="classification", classes=3, output="sigmoid"):
    labels = LABELS if labels is None else labels
    rows = Split(ROWS if inputs is None else inputs, one_hot(LABELS, 3) if targets is None else targets, labels)
    return Dataset(name, task, classes, output, dict.fromkeys(("training", "pruning", "held_out"), rows))


def regression(targets, output="linear", labels=None):
    labels = torch.zeros(12, dtype=torch.int64) if labels is None else labels
    return own(targets, labels, task="regression", classes=0, output=output)


def soft(share):
    return one_hot(LABELS, 3) * share + (1 - share) / 3


BINARY = LABELS.clamp(max=1)
SEVERAL = one_hot(LABELS, 3) + one_hot((LABELS + 1) % 3, 3)
CONTRADICTIONS = {
    "labels of other rows": (lambda: own(one_hot(LABELS.flip(0), 3)), "disagree in 8 of 12 rows.*in one order"),
    "labels counted from 1": (
        lambda: own(one_hot(LABELS, 4), LABELS + 1, classes=4),
        "disagree in 12 of 12 rows.*labels - 1 counts them from 0",
    ),
    "labels counted from 1, beyond the classes": (lambda: own(labels=LABELS + 1), "labels 1 to 3.*labels - 1"),
    "soft targets of another class": (lambda: own(soft(0.8).roll(1, 1)), "disagree in 12 of 12 rows"),
    "one output of the other class": (
        lambda: own(1.0 - BINARY[:, None], BINARY, classes=2),
        r"row 0: label 0, target at 1",
    ),
    "a probability of the other class": (
        lambda: own(0.9 - 0.8 * BINARY[:, None], BINARY, classes=2),
        "disagree in 12 of 12 rows",
    ),
    "several labels a row": (lambda: own(SEVERAL), r"no one class in 12 of 12 rows.*task='regression'"),
    "a row of no class": (lambda: own(torch.zeros(12, 3)), "no one class"),
    "one output of one half": (lambda: own(BINARY[:, None] * 0.5, BINARY, classes=2), "no one class"),
    "three classes of one output": (lambda: own(BINARY[:, None].double()), "3 classes and 1 outputs"),
    "targets of -1 and 1 for one output": (
        lambda: own(2.0 * BINARY[:, None] - 1, BINARY, classes=2, output="linear"),
        "class 1 from one half on",
    ),
    "labels in a regression": (lambda: regression(ROWS, labels=LABELS), "labels 0 to 2; a regression has none"),
    "targets beyond a sigmoid": (lambda: regression(ROWS, "sigmoid"), r"targets from 0 to 3.*output='linear'"),
    "negative targets of a softmax": (lambda: own(one_hot(LABELS, 3) * 2 - 1, output="softmax"), "are 0 to 1"),
    "targets of a softmax that sum to more": (
        lambda: own(one_hot(LABELS, 3) * 0.9 + 0.1, output="softmax"),
        r"sum to 1.2 in row 0",
    ),
    "targets of a softmax that sum to less": (lambda: own(one_hot(LABELS, 3) * 0.9, output="softmax"), "sum to 0.9"),
    "a softmax of one output": (
        lambda: own(BINARY[:, None].double(), BINARY, classes=2, output="softmax"),
        "always 1",
    ),
    "splits that are no mapping": (lambda: Dataset("own", "regression", 0, "linear", [1]), "splits by name"),
    "a split whose name is a number": (
        lambda: Dataset("own", "classification", 3, "sigmoid", {**own().splits, 3: own().training}),
        "the name of a split is a word",
    ),
    **{
        f"a name that is {what}": (lambda name=name: own(name=name), "the name of a data set")
        for what, name in {
            "a path upwards": "../digits",
            "a path": "/tmp/digits",
            "a path of Windows": "..\\digits",
            "hidden": ".digits",
            "empty": "",
            "blank": "  ",
            "two lines": "my\ndata",
            "not printable": "my\0data",
            "a number": 3,
            "none": None,
            "a page": "x" * 101,
        }.items()
    },
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_parts_that_contradict_each_other_are_refused(what):
    make, told = CONTRADICTIONS[what]
    with pytest.raises(StudyError, match=told):
        make()


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
def test_what_fits_is_taken(output):
    assert own(output=output).classes == 3
    assert own(soft(0.8).float(), output=output).outputs == 3
    assert own(one_hot(LABELS, 4), classes=3, output=output).outputs == 4
    assert regression(soft(0.8), output).classes == 0
    if output != "softmax":
        assert own(BINARY[:, None].double(), BINARY, classes=2, output=output).outputs == 1
        assert regression(SEVERAL / 2, output).outputs == 3  # several labels a row, without an accuracy


def test_a_digest_is_that_of_the_rows_whatever_is_given():
    other = replace(own(), splits=own(inputs=ROWS + 1).splits)
    assert other.digest == own(inputs=ROWS + 1).digest != own().digest
    assert type(own(classes=np.int64(3)).classes) is int


def test_own_data_under_a_name_of_the_study_do_not_take_its_recipe():
    start = mlp(2, (3,), 3)
    for name in ("digits", "mnist", "shapes", "regime_band"):
        with pytest.raises(StudyError, match=rf"recipe=read_recipe\('{name}'\)"):
            train(start, own(name=name))
        assert train(start, own(name=name), recipe=SHORT).name == "2-3-3"
    digits = load_dataset("digits")
    few = replace(digits, splits={name: rows.rows(torch.arange(50)) for name, rows in digits.splits.items()})
    with pytest.raises(StudyError, match="other rows than"):
        train("mlp_3", few)


def test_the_study_s_own_data_and_data_of_another_name_have_a_recipe():
    assert own_recipe(load_dataset("digits", seed=4)) == read_recipe("digits") != Recipe()
    assert own_recipe(own()) == Recipe()


# ---------------------------------------------------------------------------------------------------------------------
# Rows of every kind of table.

FRAME = pd.DataFrame(ROWS, columns=["a", "b"])
SQUARE = np.arange(144.0).reshape(12, 12)
TABLES = {
    "named columns": (FRAME, ROWS),
    "numbered columns": (pd.DataFrame(ROWS), ROWS),
    "square, numbered columns": (pd.DataFrame(SQUARE), SQUARE),
    "an index of its own": (FRAME.set_axis(np.arange(12)[::-1]), ROWS),
    "an index of words": (FRAME.set_axis(list("lkjihgfedcba")), ROWS),
    "nullable numbers": (FRAME.astype("Float64"), ROWS),
    "whole and true numbers beside others": (
        pd.DataFrame({"a": np.arange(12), "b": np.arange(12) % 2 == 0, "c": ROWS[:, 0]}),
        np.stack([np.arange(12), np.arange(12) % 2 == 0, ROWS[:, 0]], 1),
    ),
    "sparse columns": (pd.DataFrame(np.eye(12)).astype(pd.SparseDtype(float, 0)), np.eye(12)),
    "columns of one name": (FRAME.set_axis(["a", "a"], axis=1), ROWS),
    "lists": (ROWS.tolist(), ROWS),
    "a tuple of tensors": (tuple(torch.from_numpy(ROWS)), ROWS),
    "a parameter": (torch.nn.Parameter(torch.from_numpy(ROWS)), ROWS),
    "half precision": (torch.from_numpy(ROWS).half(), ROWS.astype(np.float16)),
    "half precision of NumPy": (ROWS.astype(np.float16), ROWS.astype(np.float16)),
    "rows backwards": (ROWS[::-1], ROWS[::-1]),
    "another order of bytes": (ROWS.astype(">f8"), ROWS),
    "a matrix by columns": (np.asfortranarray(ROWS), ROWS),
    "a masked array without a mask": (np.ma.array(ROWS), ROWS),
    "bytes": (np.arange(24, dtype=np.uint8).reshape(12, 2), np.arange(24).reshape(12, 2)),
}


@pytest.mark.parametrize("what", TABLES)
def test_tables_are_taken_as_their_rows(what):
    given, rows = TABLES[what]
    found = Split(given, one_hot(LABELS, 3), LABELS).inputs
    assert found.dtype == torch.float64
    assert not found.requires_grad
    assert np.array_equal(found.numpy(), np.asarray(rows, dtype=float))


@pytest.mark.parametrize(
    "labels",
    [
        pd.Series(LABELS.numpy()),
        pd.Series(LABELS.numpy(), index=np.arange(12) + 40),
        pd.Series(LABELS.numpy(), index=list("lkjihgfedcba"), dtype="Int64"),
        pd.Series(LABELS.numpy(), dtype="int64[pyarrow]"),
        pd.Index(LABELS.numpy()),
        LABELS.tolist(),
        LABELS.numpy().astype(np.uint8),
    ],
)
def test_labels_of_every_kind_are_those_of_the_rows(labels):
    found = Split(FRAME, one_hot(LABELS, 3), labels).labels
    assert found.dtype == torch.int64
    assert torch.equal(found, LABELS)


WORDS = np.array(["a", "b", "c"])[LABELS]
MASKED = np.ma.array(ROWS, mask=ROWS > 3)
REFUSED = {
    "a column of words": (lambda: Split(FRAME.assign(c="x"), FRAME, LABELS), r"inputs: column c: .*factorize"),
    "a column of dates": (lambda: Split(FRAME.assign(c=pd.Timestamp(0)), FRAME, LABELS), "column c: datetime64"),
    "numbers as objects": (
        lambda: Split(FRAME.astype(object), FRAME, LABELS),
        r": object, not numbers.*\.astype\(float\)",
    ),
    "a missing number": (
        lambda: Split(FRAME.where(FRAME < 3), FRAME, LABELS),
        "inputs must be finite; found 3 missing",
    ),
    "a missing whole number": (
        lambda: Split(ROWS, FRAME, pd.Series([0, pd.NA] * 6, dtype="Int64")),
        "labels must be finite; found 6 missing",
    ),
    "a masked number": (lambda: Split(MASKED, FRAME, LABELS), r"inputs have masked values.*\.filled"),
    "an array of objects": (lambda: Split(ROWS.astype(object), FRAME, LABELS), r"got object: \.astype\(float\)"),
    "labels as objects": (lambda: Split(ROWS, FRAME, LABELS.numpy().astype(object)), r"\.astype\(int\)"),
    "labels as words": (lambda: Split(ROWS, FRAME, WORDS), "labels have to be .* got text.*factorize"),
    "labels as a series of words": (
        lambda: Split(ROWS, FRAME, pd.Series(WORDS)),
        "labels: .*, not numbers.*factorize",
    ),
    "labels as categories": (lambda: Split(ROWS, FRAME, pd.Series(WORDS).astype("category")), r"\.cat\.codes"),
    "labels as a categorical": (lambda: Split(ROWS, FRAME, pd.Categorical(WORDS)), "got text"),
    "labels that are true or false": (
        lambda: Split(ROWS, FRAME, pd.Series(WORDS == "a")),
        r"torch.bool.*\.astype\(int\)",
    ),
    "labels with a point": (lambda: Split(ROWS, FRAME, pd.Series(LABELS.double())), "whole numbers are needed"),
    "labels as a frame": (lambda: Split(ROWS, FRAME, pd.DataFrame({"y": LABELS})), r"\.iloc\[:, 0\]"),
    "one-hot labels": (lambda: Split(ROWS, FRAME, pd.get_dummies(WORDS).astype(int)), r"\.argmax\(1\)"),
    "targets as a series": (
        lambda: Split(ROWS, FRAME["a"], LABELS),
        r"targets\.reshape\(-1, 1\), of a series \.to_frame",
    ),
    "inputs as a series": (lambda: Split(FRAME["a"], FRAME, LABELS), r"inputs\.reshape\(-1, 1\)"),
    "images": (lambda: Split(torch.zeros(12, 1, 4, 4), FRAME, LABELS), r"inputs\.reshape\(len\(inputs\), -1\)"),
    "a dictionary of columns": (lambda: Split({"a": [1]}, FRAME, LABELS), "got a dict: one array"),
    "a sparse tensor": (lambda: Split(torch.eye(12).to_sparse(), FRAME, LABELS), r"sparse.*\.to_dense\(\)"),
    "rows of unequal length": (lambda: Split([[1.0], [1.0, 2.0]], FRAME, LABELS), "inputs have to be a tensor"),
    "a tensor without numbers": (lambda: Split(torch.zeros(12, 2, device="meta"), FRAME, LABELS), "inputs have to be"),
    "labels in another order than the inputs": (
        lambda: Split(FRAME, one_hot(LABELS, 3), pd.Series(LABELS, index=np.arange(12)[::-1])),
        r"inputs and labels have the same rows.*\.to_numpy\(\)",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_tables_that_are_not_numbers_are_refused_with_the_way_out(what):
    make, told = REFUSED[what]
    with pytest.raises(StudyError, match=told):
        make()


def test_a_sparse_matrix_is_told_how_to_become_an_array():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(StudyError, match=r"not sparse.*\.toarray\(\)"):
        Split(sparse.csr_matrix(ROWS), FRAME, LABELS)


@pytest.mark.parametrize("of", [pd.Series, list, np.array, torch.tensor, lambda y: torch.tensor(y).double()])
def test_labels_of_every_kind_become_one_hot(of):
    assert one_hot(of([2, 0, 1]), 3).tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("labels", "classes", "told"),
    [
        ([0, 3], 3, "labels 0 to 3; possible are 0 to 2"),
        ([-1, 0], 3, "labels -1 to 0"),
        ([0.5], 3, "one whole number a sample"),
        ([[0], [1]], 2, r"shape \(2, 1\)"),
        (pd.Series(["a"]), 2, "factorize"),
        ([0], "2", "classes='2': a whole number"),
    ],
)
def test_labels_that_are_none_do_not_become_one_hot(labels, classes, told):
    with pytest.raises(StudyError, match=told):
        one_hot(labels, classes)


def test_a_network_takes_tables_as_a_split_does():
    net, rows = mlp(2, (3,), 3), Split(ROWS, one_hot(LABELS, 3), LABELS)
    known = net(rows.inputs)
    for given in (ROWS, FRAME, pd.DataFrame(ROWS), ROWS.tolist()):
        assert torch.equal(net(given), known)
    with pytest.raises(StudyError, match=r"takes inputs \(samples, 2\), got \(12, 12\)"):
        net(pd.DataFrame(SQUARE))
    assert torch.equal(rows.rows(pd.Series([3, 1])).inputs, rows.inputs[[3, 1]])
    with pytest.raises(StudyError, match="this split has 12 rows"):
        rows.rows([99])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: train("mlp_2", DATA, recipe="digits"), "a Recipe is needed"),
        (lambda: train("mlp_2", DATA, recipe={}), "a Recipe is needed"),
        (lambda: load_dataset("digits", folder=3), "folder=3: the path"),
    ],
)
def test_what_is_no_recipe_and_no_folder_is_said(call, told):
    with pytest.raises(StudyError, match=told):
        call()


# ---------------------------------------------------------------------------------------------------------------------
# Seeds: one rule, whatever takes them.

DATA = cases.dataset()
TAKES_A_SEED = {
    "load_dataset": lambda seed: load_dataset("digits", seed=seed).digest,
    "load_dataset of drawn points": lambda seed: load_dataset("diamond", seed=seed).digest,
    "mlp": lambda seed: mlp(3, (2,), 1, seed=seed).digest(),
    "train": lambda seed: train("mlp_2", DATA, seed=seed, recipe=SHORT).digest(),
    "train without batches": lambda seed: train(
        mlp(3, (2,), 3), DATA, seed=seed, recipe=Recipe(optimizer="lbfgs", epochs=1)
    ).digest(),
    "network_key": lambda seed: network_key(Architecture((2,), "sigmoid", "sigmoid"), DATA, SHORT, seed),
    "prune": lambda seed: str(prune(cases.network((3, 4), 3), DATA, "random", seed=seed).tables["events"]["unit"]),
    "prune and retrain": lambda seed: str(
        prune(cases.network((3,), 3), DATA, "random", protocol="retrain", seed=seed).trajectory["error_pruning"]
    ),
    "shapley": lambda seed: str(prune(cases.network((3,), 3), DATA, "shapley", seed=seed).impacts["score"]),
    "Selection": lambda seed: str(Selection("subset", 5, seed).of(DATA).inputs),
    "draw": lambda seed: str(prune(cases.network((3, 4), 3), DATA, "random", draw=seed).tables["events"]["unit"]),
}


@pytest.mark.parametrize("what", TAKES_A_SEED)
def test_every_seed_is_any_whole_number_below_2_to_62(what):
    call = TAKES_A_SEED[what]
    assert call(np.int64(3)) == call(np.uint8(3)) == call(3)
    for seed in (0, 2**32 - 1, 2**32, 1732730942123456789, 2**62 - 1):
        assert call(seed) == call(np.int64(seed))
    for seed in (-1, np.int64(-1), 2**62, True, np.True_, 3.0, np.float64(3), "3", None):
        with pytest.raises(StudyError, match=r"whole number is needed|0 or more|less than 2\^62"):
            call(seed)


def test_the_memory_of_data_sets_knows_a_seed_by_its_value():
    assert load_dataset("diamond", seed=np.int64(5)) is load_dataset("diamond", seed=5)
    assert load_dataset("digits", seed=2**32).digest != load_dataset("digits", seed=2**33).digest
    assert load_dataset("digits", seed=2**32).digest == load_dataset("digits", seed=np.uint64(2**32)).digest
