"""docs/extending.md: its files, written into a copy of the study, and its commands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from study.tracking import Store

ROOT = Path(__file__).parents[1]
DOC = (ROOT / "docs" / "extending.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", DOC, re.DOTALL)
KINDS = {
    *("study/methods", "study/data", "study/networks", "study/removals", "study/protocols", "study/measures"),
    "analysis/sections",
}


def test_all_seven_are_shown_in_a_file_each():
    files = [re.match(r"# (\S+)\n", text)[1] for kind, text in BLOCKS if kind == "python"]
    assert {str(Path(file).parent) for file in files} == KINDS
    assert len(files) == 7


@pytest.mark.slow
def test_the_examples_run_as_they_stand(tmp_path):
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__", "results", "notebooks")
    for folder in ("study", "analysis", "conf", "hydra_plugins"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    commands = []
    for kind, text in BLOCKS:
        if kind == "sh":
            commands += text.splitlines()
            continue
        file = re.match(r"# (\S+)\n", text)[1]
        assert not (copy / file).exists()
        (copy / file).parent.mkdir(exist_ok=True)
        (copy / file).write_text(text.partition("\n")[2])
    environment = {**os.environ, "PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    for command in commands:
        done = subprocess.run(
            [sys.executable, *command.split()[1:]], cwd=copy, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    store = Store(f"sqlite:///{copy}/outputs/mlflow/mlflow.db")
    (run,) = store.inspected(keys=store.keys("finished"), thorough=True).whole.values()
    tables = store.artifacts / run / "artifacts" / "tables"
    assert len(pd.read_parquet(tables / "norms.parquet")) == 8 + 4
    assert pd.read_parquet(tables / "events.parquet")["removed"].tolist() == [0, 6, 9, 10, 11, 12]
    assert "What takes longest" in (copy / "outputs" / "report" / "index.html").read_text()
