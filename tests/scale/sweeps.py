"""Real sweeps of a few quick cells, and what they recorded."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from mlflow.tracking import MlflowClient

from study.common.paths import ROOT

CELLS = ("population=cosine_2x10", "seed=0,1", "method=taylor2,random", "run.figures_for=[]")
COUNT = 4


def needs(package: str, extra: str) -> pytest.MarkDecorator:
    """Skip a test of an extra that is not installed."""
    return pytest.mark.skipif(find_spec(package) is None, reason=f"the extra `{extra}` is not installed")


def sweep(*overrides: object, cells: tuple[str, ...] = CELLS, environment: dict[str, str] | None = None) -> str:
    """Run a sweep by its real command line, with threads exported that it must not heed; return what it said."""
    command = [sys.executable, "-m", "study", "-m", *cells, *map(str, overrides)]
    env = os.environ | {"OMP_NUM_THREADS": "3", "PYTHONPATH": str(ROOT)} | (environment or {})
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def digests(uri: str) -> dict[str, str]:
    """Return key -> digest of the tables of every cell of a store."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("incredible_shrinking_network")
    runs = client.search_runs([experiment.experiment_id], "tags.`study.kind` = 'cell'")
    assert {run.data.tags["study.status"] for run in runs} == {"finished"}
    assert len({run.data.tags["study.key"] for run in runs}) == len(runs)
    return {run.data.tags["study.key"]: run.data.tags["study.tables_digest"] for run in runs}
