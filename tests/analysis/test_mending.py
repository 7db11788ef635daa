"""The command that is told makes the damaged cells again: the smallest profile that holds them, else sweeps."""

import pandas as pd
import pytest

from analysis.mending import UNKNOWN, commands
from study.common.paths import CONF, ROOT
from study.sweeps.profile import profile

OURS = f"sqlite:///{ROOT}/outputs/mlflow/mlflow.db"


def lost(*sweeps: str, seen: str = "at a glance", command: str = "") -> pd.DataFrame:
    return pd.DataFrame({"sweep": sweeps, "seen": seen, "command": command})


@pytest.mark.parametrize(
    ("damaged", "store", "expected"),
    [
        (lost("smoke"), OURS, ["make reproduce PROFILE=smoke"]),
        (lost("elsewhere", "regime"), OURS, ["make reproduce PROFILE=regime"]),
        (lost("smoke", seen="by its digest"), OURS, ["make reproduce PROFILE=smoke CHECK=1"]),
        (lost("paper"), OURS, ["make reproduce PROFILE=paper"]),
        (lost("smoke", "filters"), OURS, ["make reproduce PROFILE=smoke", "make reproduce PROFILE=filters"]),
        (lost("smoke"), "sqlite:////a/mlflow/mlflow.db", ["python -m study.reproduce smoke --outputs /a"]),
        (
            lost("smoke", seen="by its digest"),
            "sqlite:////a b/mlflow/mlflow.db",
            ["python -m study.reproduce smoke --outputs '/a b' --check"],
        ),
        (
            lost("smoke"),
            "http://host:5000",
            ["python -m study -m +profile=smoke tracking=server tracking.uri=http://host:5000"],
        ),
        (
            lost("smoke"),
            "sqlite:////a/other.db",
            ["python -m study -m +profile=smoke tracking.uri=sqlite:////a/other.db tracking.artifacts=/a/artifacts"],
        ),
        (lost("manual", command="python -m study seed=3"), OURS, ["python -m study seed=3"]),
        (lost("manual"), OURS, [UNKNOWN]),
        (lost(), OURS, []),
    ],
)
def test_the_command_is_that_of_the_cells_sweeps(damaged, store, expected):
    if not (ROOT / "Makefile").is_file():
        pytest.skip("no Makefile beside the code")
    assert sorted(commands(damaged, store)) == sorted(expected)


@pytest.mark.parametrize("name", [path.stem for path in sorted((CONF / "profile").glob("*.yaml"))])
def test_every_profile_mends_its_own_sweeps(name):
    told = commands(lost(*{grid.recorded_as for grid in profile(name)}), OURS)
    assert told
    assert all(command.startswith("make reproduce PROFILE=") for command in told)


def test_an_experiment_of_no_profile_is_named_itself(tmp_path, monkeypatch):
    for name, content in {"experiment/mine": "", "profile/broken": "grids: ["}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.yaml").write_text(content)
    monkeypatch.setattr("analysis.mending.CONF", tmp_path)
    monkeypatch.setattr("study.sweeps.profile.CONF", tmp_path)
    assert commands(lost("mine"), OURS) == ["python -m study -m experiment=mine"]
