"""`python -m study` with whatever may be typed after it: a message and an exit code, nothing finished, no traceback."""

from __future__ import annotations

import shlex

import pandas as pd
import pytest
import torch
from mlflow.tracking import MlflowClient
from safetensors.torch import load_file

from study.data import load_dataset
from study.networks import Network
from study.tracking import Store
from tests import cases
from tests.analysis.reports import analysis
from tests.hostile.commands import in_process, process, refused
from tests.tracking.made import store_in

pytestmark = pytest.mark.usefixtures("ready_stores")

SMALL = (
    *("network=mlp_10", "training.epochs=1", "training.polish=0", "record.truth_every=5"),
    *("run.figures_for=[]", "run.progress=false"),
)

REFUSED = {
    # unknown and mistyped keys and choices
    "sead=3": r"did you mean seed=3\?",
    "+sead=3": r"unknown key sead; did you mean seed=3\? there are dataset, experiment, method",
    "+record.surface_every=3": r"did you mean .*record\.surfaces_every=3.* there are .*record\.truth_every",
    "+training.optimiser=adam": r"did you mean training\.optimizer=adam\? there are .*training\.optimizer",
    "dataset=circle +dataset.params.digit=3": r"dataset=circle has no parameter digit; it has none",
    "dataset=digits +dataset.params.half=c": r"data set 'digits': half='c'; possible: a, b",
    "dataset=digits +dataset.params.validation=1438": r"validation=1438 of 1,438 training rows: rows to train on",
    "dataset=digits +dataset.params.rows=all": r"dataset\.params\.rows.*all",
    "training.optimiser=adam": "optimiser",
    "ranking=iterativ": r"iterativ.*single_overall",
    "method=taylor3": r"taylor3.*taylor2_exact",
    "dataset=mnst": r"mnst.*mnist",
    "network=mlp_07": r"mlp_07.*did you mean mlp_.*mlp_N\[_N\.\.\.\] has hidden layers of these sizes",
    "population=mnist_1x10": r"mnist_1x10.*mnist_1x100",
    "experiment=smok": r"smok",
    "hydra/launcher=nowhere": "nowhere",
    "tracking=lokal": r"lokal.*local",
    "=3": "cannot be read: write key=value",
    "seed": "seed",
    "seed=[": r"\[",
    r"seed=\'": "seed",
    "~seed": "seed",
    "--nosuchflag": "nosuchflag",
    "--run --cfg job": "Only one of",
    # values of the wrong type
    "seed=abc": "abc",
    "seed=1.5": r"1\.5",
    "seed=null": "seed",
    "run.threads=many": "many",
    "network.hidden=[a]": "hidden",
    "record.truth_every=often": "often",
    "training.epochs=few": "few",
    "method=random method.params.draw=abc": r"method\.params.*abc.*parameters: draw",
    "dataset=mnist_one_vs_all dataset.params.digit=seven": r"dataset\.params.*seven",
    # values that are impossible
    "seed=-1": "seed=-1: 0 or more",
    "seed=99999999999999999999": "less than 2",
    "run.threads=0": "run.threads=0: 1 or more",
    "run.device=tpu": "device=tpu: possible are cpu, cuda",
    "run.device=cuda:99": "device=cuda:99",
    "training.epochs=0": "training.epochs must be positive",
    "training.batch_size=-5": "training.batch_size must be positive",
    "training.learning_rate=nan": "training.learning_rate must be positive",
    "training.final_rate=2": "final_rate",
    "training.input_scale=inf": "not finite|diverged",
    "training.optimizer=rmsprop": "known: adam, sgd, lbfgs",
    "training.precision=float16": "known: float64, float32",
    "network.hidden=[]": "network.hidden is empty: write the sizes",
    "network.hidden=[0]": "at least one unit",
    "network.hidden=[-3]": "at least one unit",
    "network.activation=gelu": r"unknown activation 'gelu'; known: sigmoid",
    "network.output=relu": r"unknown output layer 'relu'",
    "network.pruned_output=relu": r"unknown output layer 'relu'",
    "network.stored=nothing": r"unknown stored network 'nothing'; known: mnist_1x100",
    "dataset.seed=-1": "the data seed is a whole number",
    "dataset.name=../digits": r"write dataset=\.\./digits",
    "dataset=../digits": "named without a path",
    "dataset._target_=study.data.base.load": "there is no data set .base.",
    "method.name=os": "write method=os",
    "method._target_=os.getcwd": "a subclass of study.methods.Method is needed",
    "method._target_=../taylor1": "is named with its module",
    "+method.params.draw=1": r"method=brute_force has no parameter draw; it has none",
    "method=random method.params.draw=-1": "draw=-1: 0 or more",
    "method=taylor2 method.params.threshold=max": "possible: none, mean, median",
    "error=absolute": r"error='absolute'; possible: half_squared, cross_entropy",
    "error=cross_entropy": "needs a softmax",
    "ranking.name=twice": r"ranking='twice'",
    "removal.name=halve": r"removal='halve'",
    "record.truth_every=0": "truth_every=0: 1 or more",
    "record.surfaces_every=-1": "surfaces_every=-1: 0 or more",
    "selection=subset selection.samples=0": "selection.samples=0: 1 or more",
    "selection=subset selection.samples=100000": "possible: 1 to 1438",
    "selection.rows=everything": "possible: pruning, held_out, subset",
    "selection.samples=5": "goes with rows=subset",
    "protocol=retrain protocol.every=0": r"protocol\.every=0",
    "protocol=retrain protocol.every=nan": r"protocol\.every=nan",
    "protocol=retrain protocol.epochs=-1": r"protocol\.epochs=-1",
    "protocol.epochs=9": "protocol=no_retrain has no parameter epochs",
    "protocol=retrain record.reinsertion=true": "no_retrain",
    "record.search=beams": "search='beams'; possible: none, beam, exhaustive",
    "record.search=beam record.search_width=0": "search_width=0: 1 or more",
    "record.search=beam removal=mean": "search=beam goes with protocol no_retrain and removal zero",
    "method=quadratic_once removal=compensate": "method=quadratic_once goes with removal=mean or removal=zero",
    "record.search_width=50": "record.search_width=50 goes with record.search=beam",
    "record.search=exhaustive network.hidden=[15]": "K at most 14; 64-15-10 has 15 hidden units: take record.search",
    "population=digits_1x100 seed=0": "fixes its network",  # SMALL changes it
    "network.output=linear training.precision=float32 training.learning_rate=1e300": "training diverged|not finite",
    # places that cannot be
    "paths.outputs=/dev/null/x": r"Not a directory.*/dev/null|/dev/null.*cannot be",
    "tracking.uri=sqlite:////dev/null/x.db": "/dev/null",
    "tracking.uri=sqlite:///": "names a folder",
    "tracking.uri=nonsense://x": r"tracking store nonsense://x cannot be reached",
    "tracking.uri=http://127.0.0.1:9": r"no tracking server answers at http://127\.0\.0\.1:9",
    "tracking.experiment=''": "experiment",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.mark.parametrize("typed", REFUSED)
def test_it_is_refused_with_a_message(typed, outputs, capsys, monkeypatch):
    done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={outputs}", *shlex.split(typed))
    refused(done, REFUSED[typed])
    assert Store(f"sqlite:///{outputs}/mlflow/mlflow.db").keys("finished") == set()


def test_a_network_of_one_unit_is_pruned_and_its_numbers_are_those_of_plain_forward_passes(
    tmp_path, capsys, monkeypatch
):
    one = ["network.hidden=[1]", "run.figures_for=null"]
    one += ["record.pairs=true", "record.reinsertion=true", "record.surfaces_every=1"]
    one += ["record.search=exhaustive"]
    done = in_process(capsys, monkeypatch, "study", *SMALL, *one, f"paths.outputs={tmp_path}")
    assert done.code == 0, done.said
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow/mlflow.db")
    (experiment,) = [e.experiment_id for e in client.search_experiments() if e.name != "Default"]
    runs = {run.data.tags["study.kind"]: run for run in client.search_runs([experiment])}
    kept = load_file(next((tmp_path / "networks").rglob("*.safetensors")))
    weights, biases = ([kept[f"{name}.{m}"] for m in (0, 1)] for name in ("weight", "bias"))
    network = Network(tuple(weights), tuple(biases), ("sigmoid",), "sigmoid")
    table = pd.read_parquet(f"{runs['cell'].info.artifact_uri}/tables/evaluations.parquet")
    data = load_dataset("digits")
    for split, rows in data.evaluation_splits.items():
        found = table[table["split"] == split]["error"].tolist()
        gains = [[torch.full((1,), g, dtype=torch.float64)] for g in (1.0, 0.0)]
        assert found == pytest.approx([float(cases.plain_error(network, rows, "half_squared", g)) for g in gains])
    surfaces = pd.read_parquet(f"{runs['cell'].info.artifact_uri}/tables/surfaces.parquet").set_index("gain")["error"]
    gains = [torch.full((1,), 7.0, dtype=torch.float64)]
    assert surfaces[7.0] == pytest.approx(float(cases.plain_error(network, data.pruning, "half_squared", gains)))


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["network.hidden=[1]"]], ids=["ten units", "one unit"])
def test_a_folder_with_an_odd_name_is_a_folder(more, drawn, tmp_path, capsys, monkeypatch):
    odd = tmp_path / "it's 100% #1 [ö] a=b"
    done = in_process(capsys, monkeypatch, "study", *SMALL, *more, f'paths.outputs="{odd}"')
    assert done.code == 0, done.said
    store = f"sqlite:///{odd}/mlflow/mlflow.db"
    assert len(Store(store).keys("finished")) == 1
    report = analysis(drawn, "--store", store, "--out", odd / "report")
    assert report.code == 0, report.said
    assert (odd / "report" / "index.html").is_file()


def test_an_unexpected_error_is_one_line_and_its_traceback_lies_in_its_run(tmp_path, capsys, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("the sky\nis falling")

    monkeypatch.setattr("study.cells.cell.collect", broken)
    done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={tmp_path}")
    refused(done, r"RuntimeError: the sky.* STUDY_TRACEBACK=1", codes=(1,))
    (kept,) = tmp_path.rglob("traceback.txt")
    assert "in broken" in kept.read_text()
    store = Store(f"sqlite:///{tmp_path}/mlflow/mlflow.db")
    assert len(store.keys("failed")) == 1
    assert list(store.statuses().reasons(store.keys("failed")).values()) == ["RuntimeError: the sky"]


@pytest.mark.parametrize("when", ["in a cell", "in a sweep"])
def test_a_stop_from_the_keyboard_is_a_line(when, tmp_path, capsys, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("study.cells.cell.collect", stop)
    more = ["-m", "seed=0,1", "hydra.launcher.jobs=1"] if when == "in a sweep" else []  # in this very process
    done = in_process(capsys, monkeypatch, "study", *more, *SMALL, f"paths.outputs={tmp_path}")
    refused(done, "Stopped", codes=(130,))
    assert len(Store(f"sqlite:///{tmp_path}/mlflow/mlflow.db").keys("killed")) == 1


def reasons(outputs) -> list[str]:
    """Why the failed cells of a store failed, those without a key, too."""
    store = Store(f"sqlite:///{outputs}/mlflow/mlflow.db")
    return [reason for _, reason in store.statuses().failed_since(0)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "launcher", [(), ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")], ids=["basic", "joblib"]
)
def test_failing_cells_of_a_sweep_fail_alone_and_the_command_runs_just_those_again(
    launcher, empty_store, tmp_path, capsys, monkeypatch
):
    """A refused seed and a diverging network, between two cells that are fine; joblib in real processes."""
    (tmp_path / "outputs").mkdir()
    store = store_in(tmp_path / "outputs" / "mlflow", empty_store)
    monkeypatch.setenv("STUDY_OFFLINE", "1")
    damaged = tmp_path / "data" / "mnist" / "raw"
    damaged.mkdir(parents=True)
    (damaged / "train-images-idx3-ubyte.gz").write_bytes(b"not MNIST")
    sweep = [
        *("-m", *SMALL, f"paths.outputs={tmp_path / 'outputs'}", f"paths.data={tmp_path / 'data'}"),
        *("dataset=digits,mnist", "seed=0,-1", "network.output=linear", "training.precision=float32"),
        "training.learning_rate=0.001,1e300",
    ]
    done = process("study", *sweep, *launcher) if launcher else in_process(capsys, monkeypatch, "study", *sweep)
    # digits: one finished, one diverged, two refused; mnist: two whose file is damaged, two refused
    refused(done, r"\b7 cells failed.*The same command runs just those again.* python -m study -m network=mlp_10", (1,))
    assert "dataset=mnist seed=0 training.learning_rate=0.001: " in done.err
    assert len(store.keys("finished")) == 1
    why = reasons(tmp_path / "outputs")
    assert len(why) == 7
    assert sum("training diverged" in reason or "not finite" in reason for reason in why) == 1
    assert sum("seed=-1: 0 or more" in reason for reason in why) == 4
    assert sum("train-" in reason for reason in why) == 2
    tracebacks = [path.read_text() for path in (tmp_path / "outputs").rglob("traceback.txt")]
    assert len(tracebacks) == 7
    assert all(text.startswith("Traceback") for text in tracebacks)
    again = in_process(capsys, monkeypatch, "study", *sweep)  # whatever has launched the first
    refused(again, r"\b7 cells failed", (1,))
    assert "Finished, and skipped: 1 of 8 cells" in again.said
    assert len(store.keys("finished")) == 1


@pytest.mark.slow
def test_a_profile_with_damaged_data_finishes_the_rest_and_says_how_to_go_on(
    empty_store, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "data"))
    damaged = tmp_path / "data" / "mnist" / "raw"
    damaged.mkdir(parents=True)
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (damaged / f"{stem}-ubyte.gz").write_bytes(b"not MNIST")
    outputs = tmp_path / "out puts"
    outputs.mkdir()
    store_in(outputs / "mlflow", empty_store)
    arguments = ["few_and_mnist", "--jobs", "2", "--outputs", outputs]
    done = process("tests.few", *arguments)
    refused(done, r"6 cells failed.*just those again.*\+profile=few_and_mnist", (1,))
    assert "truncated, corrupt or another file: SHA-256 expected" in done.said
    store = Store(f"sqlite:///{outputs}/mlflow/mlflow.db")
    assert len(store.keys("finished")) == 9
    assert len(reasons(outputs)) == 6
    arguments[2] = 1  # in this process
    again = in_process(capsys, monkeypatch, "tests.few", *arguments)
    refused(again, r"15 cells in 2 grids, 9 finished, 6 to run.*6 cells failed", (1,))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["papr"],
            r"unknown profile 'papr'; did you mean paper\? known: authors, companions-smoke, filters, full, methods",
        ),
        (["../config"], "unknown profile"),
        (["../profile/smoke"], "unknown profile"),
        (["a=b,c"], "unknown profile"),
        ([""], "unknown profile"),
        (["smoke", "--jobs", "0"], "--jobs 0: 1 or more, or -1"),
        (["smoke", "--jobs", "-7"], "--jobs -7"),
        (["smoke", "--jobs", "two"], "invalid int"),
        (["smoke", "--outputs", "/dev/null/x"], "/dev/null"),
        (["smoke", "--nosuch"], "unrecognized"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(arguments, told, capsys, monkeypatch):
    refused(in_process(capsys, monkeypatch, "study.reproduce", *arguments), told, codes=(2,))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("grids: [smok]", "mine.yaml: unknown experiment 'smok'; known: authors"),
        ("grids: {", "mine.yaml cannot be read"),
        ("sweeps: [smoke]", "must list its grids"),
        ("", "must list its grids"),
        ("grids: 3", "must list its grids"),
        ("grids: [{sweep: {seed: 0}}]", "has a `name`, got {'sweep'"),
        ("grids: [{name: one}]", "grid one must list the values"),
    ],
)
def test_a_profile_of_ones_own_that_is_broken_is_named(content, told, tmp_path, monkeypatch):
    from study.common.errors import StudyError
    from study.sweeps import profile

    for part in ("profile", "experiment"):
        (tmp_path / part).mkdir()
    (tmp_path / "profile" / "mine.yaml").write_text(content)
    (tmp_path / "experiment" / "authors.yaml").write_text("")
    monkeypatch.setattr(profile, "CONF", tmp_path)
    with pytest.raises(StudyError, match=told):
        profile.profile("mine")


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b'{"k": 3}', b'{"k": ["a"]}', b"\xff\xfe\x00", b"null"])
def test_a_damaged_plan_is_made_again(content, tmp_path, caplog):
    from study.sweeps import plan as plans
    from study.sweeps.profile import experiment

    sweep = experiment("smoke").having({"population": "cosine_2x10", "seed": "0"})
    first = plans.planned([sweep], tmp_path)
    (kept,) = (tmp_path / "plans").glob("*.json")
    kept.write_bytes(content)
    assert plans.planned([sweep], tmp_path) == first
    assert "is damaged" in caplog.text
    assert plans.planned([sweep], tmp_path) == first
