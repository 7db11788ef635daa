"""The same command line under every launcher: its configuration, one thread a worker, and the same bits."""

import os
import shutil

import pytest
from hydra import compose

from study.config.population import composer
from study.sweeps import launchers
from tests.scale import slurm
from tests.scale.sweeps import COUNT, digests, needs, sweep
from tests.tracking.made import store_in

RAY = needs("hydra_plugins.hydra_ray_launcher", "ray")
SUBMITIT = needs("hydra_plugins.hydra_submitit_launcher", "slurm")

FEW = ("population=cosine_2x10", "seed=1", "method=random,taylor2", "run.figures_for=[]")
REVERSED = ("population=cosine_2x10", "seed=1,0", "method=random,taylor2", "run.figures_for=[]")


def launcher(*overrides):
    with composer():
        cfg = compose("config", overrides=list(overrides), return_hydra_config=True)
    return cfg.hydra.launcher


@pytest.mark.parametrize(("name", "extra"), [("ray", "ray"), ("submitit_slurm", "slurm"), ("submitit_local", "slurm")])
def test_a_launcher_that_is_not_installed_says_how_to_install_it(name, extra, monkeypatch):
    cfg = launcher(f"hydra/launcher={name}")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert f"the extra `{extra}`: make" in launchers.missing(cfg)


@pytest.mark.parametrize("name", ["basic", "joblib"])
def test_a_launcher_that_comes_with_the_study_needs_nothing(name):
    assert launchers.missing(launcher(f"hydra/launcher={name}")) is None


@pytest.mark.parametrize(
    "name",
    [
        "basic",
        "joblib",
        pytest.param("ray", marks=RAY),
        *(pytest.param(f"submitit_{n}", marks=SUBMITIT) for n in ("slurm", "local")),
    ],
)
def test_a_named_sweep_runs_under_any_launcher(name):
    assert "n_jobs" not in launcher("experiment=smoke", f"hydra/launcher={name}") or name == "joblib"


def test_processes_that_are_started_keep_to_one_thread(monkeypatch):
    for name in launchers.ONE_THREAD:
        monkeypatch.setenv(name, "8")
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    launchers.keep_to_one_thread()
    assert {os.environ[name] for name in launchers.ONE_THREAD} == {"1"}


@pytest.fixture
def one_process(outputs):
    found = digests(f"sqlite:///{outputs}/mlflow/mlflow.db")
    assert len(found) == COUNT
    return found


@pytest.fixture
def trained(outputs, empty_store, tmp_path):
    """A folder of outputs that has the trained networks, most of a quick cell's time, and a store without a run."""
    store_in(tmp_path / "mlflow", empty_store)
    shutil.copytree(outputs / "networks", tmp_path / "networks")
    return tmp_path


@pytest.mark.slow
def test_two_workers_train_and_prune_to_the_same_bits_in_any_order(one_process, tmp_path):
    said = sweep("hydra/launcher=joblib", "hydra.launcher.n_jobs=2", f"paths.outputs={tmp_path}", cells=REVERSED)
    assert digests(f"sqlite:///{tmp_path}/mlflow/mlflow.db") == one_process
    assert "validated against" not in said


@RAY
@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3])
def test_ray_gives_the_same_bits_whatever_the_number_of_workers(one_process, trained, workers):
    ray = ["hydra/launcher=ray", f"hydra.launcher.ray.init.num_cpus={workers}"]
    sweep(*ray, f"paths.outputs={trained}", cells=REVERSED)
    assert digests(f"sqlite:///{trained}/mlflow/mlflow.db") == one_process


@SUBMITIT
@pytest.mark.slow
def test_processes_of_submitit_give_the_same_bits(one_process, trained):
    sweep("hydra/launcher=submitit_local", "hydra.sweeper.max_batch_size=1", f"paths.outputs={trained}", cells=FEW)
    found = digests(f"sqlite:///{trained}/mlflow/mlflow.db")
    assert len(found) == 2
    assert found.items() <= one_process.items()


@SUBMITIT
@pytest.mark.slow
def test_a_slurm_array_gives_the_same_bits_and_asks_for_what_the_configuration_says(one_process, trained):
    chosen = ["hydra/launcher=submitit_slurm", "hydra.launcher.partition=short", f"paths.outputs={trained}"]
    (trained / "bin").mkdir()
    sweep(*chosen, cells=FEW, environment=slurm.install(trained / "bin"))
    found = digests(f"sqlite:///{trained}/mlflow/mlflow.db")
    assert len(found) == 2
    assert found.items() <= one_process.items()
    script = (trained / "bin" / "submitted").read_text()
    for line in ("--array=0-1%2", "--cpus-per-task=1", "--mem=4GB", "--time=60", "--partition=short", "--requeue"):
        assert f"#SBATCH {line}\n" in script
    assert "#SBATCH --signal=USR2@120\n" in script
    assert script.index("export OMP_NUM_THREADS=1") < script.index("srun")
