"""Where the study's files are, in a checkout and in a wheel; what a relative place is relative to."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hydra import compose

from study.common.command import exit_code
from study.common.errors import StudyError
from study.common.paths import CONF, ROOT
from study.config.population import composer
from study.tracking import Store
from study.tracking.stores import located
from study.training.recipes import read_recipe
from tests.hostile.commands import in_process

SECTIONS = ROOT / "analysis" / "sections"
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def test_every_package_and_the_configuration_are_installed():
    files = {p for top in ("study", "analysis", "hydra_plugins") for p in (ROOT / top).rglob("__init__.py")}
    # A folder of a section of the report is listed nowhere: its files are data of the package.
    files -= set(SECTIONS.glob("*/__init__.py"))
    assert "sections/*/*.py" in SETUPTOOLS["package-data"]["analysis"]
    found = {".".join(p.parent.relative_to(ROOT).parts) for p in files}
    assert set(SETUPTOOLS["packages"]) == found | {"study.conf"}
    assert SETUPTOOLS["package-dir"] == {"study.conf": "conf"}
    shipped = {p for pattern in SETUPTOOLS["package-data"]["study.conf"] for p in CONF.glob(pattern)}
    assert shipped == {p for p in CONF.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_an_installed_study_is_the_study(tmp_path):
    """A wheel, built offline; what it says of choices and recipes from an empty folder, and where its outputs go."""
    build = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", str(tmp_path)]
    copied = tmp_path / "source"
    names = ("study", "analysis", "hydra_plugins", "conf", "pyproject.toml", "README.md", "LICENSE")
    copied.mkdir()
    subprocess.run(["cp", "-r", *(str(ROOT / name) for name in names), str(copied)], check=True)
    subprocess.run(build, cwd=copied, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    shipped = {p.relative_to(tmp_path / "installed") for p in (tmp_path / "installed" / "analysis").rglob("*.*")}
    assert {p.relative_to(ROOT) for p in SECTIONS.rglob("*.[ph][yt]*") if p.suffix != ".pyc"} <= shipped
    empty = tmp_path / "empty"
    empty.mkdir()
    code = """
import sys, study.common.paths, study.config.schema
from pathlib import Path
from study.config.population import composer
from study.tracking.stores import located
from study.training.recipes import read_recipe
from hydra import compose
with composer():
    cfg = located(compose("config"), Path.cwd())
print(study.common.paths.CONF, read_recipe("digits"), cfg.paths.outputs, cfg.paths.data, sep="\\n")
"""
    environment = {"PYTHONPATH": str(tmp_path / "installed"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    assert done.returncode == 0, done.stderr
    conf, recipe, outputs, data = done.stdout.splitlines()
    assert Path(conf) == tmp_path / "installed" / "study" / "conf"
    assert recipe == str(read_recipe("digits"))
    assert (outputs, data) == (str(empty / "outputs"), str(empty / "data"))


@pytest.mark.usefixtures("ready_stores")
@pytest.mark.parametrize("chdir", ["false", "true"])
def test_relative_places_are_where_the_command_was_typed(chdir, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STUDY_DATA", "data")
    small = ["network=mlp_10", "training.epochs=1", "training.polish=0", "record.truth_every=5", "run.figures_for=[]"]
    jobs = [f"hydra.job.chdir={chdir}", f"hydra.sweep.dir={tmp_path}/jobs", "hydra.sweep.subdir=${hydra.job.num}"]
    done = in_process(capsys, monkeypatch, "study", "-m", *small, *jobs, "seed=0,1,0", "paths.outputs=out")
    assert done.code == 0, done.said
    assert list(tmp_path.rglob("out")) == [tmp_path / "out"]
    assert len(Store(f"sqlite:///{tmp_path}/out/mlflow/mlflow.db").keys("finished")) == 2
    assert "Medians over 2 cells" in done.out


def test_every_place_is_absolute_and_a_home_is_written_out(monkeypatch):
    monkeypatch.setenv("STUDY_DATA", "mine")
    monkeypatch.setenv("HOME", "/home/me")
    with composer():
        cfg = compose("config", overrides=["paths.outputs=out", "tracking=server", "tracking.artifacts=files"])
        other = compose("config", overrides=['paths.outputs="~/out"', 'paths.data="~/data"'])
        remote = compose("config", overrides=["tracking=server", "tracking.artifacts=s3://bucket/x"])
    found = located(cfg, Path("/typed"))
    assert (found.paths.outputs, found.paths.data) == ("/typed/out", "/typed/mine")
    assert found.tracking.artifacts == "/typed/files"
    assert found.tracking.uri == cfg.tracking.uri
    found = located(other, Path("/typed"))
    assert (found.paths.outputs, found.paths.data) == ("/home/me/out", "/home/me/data")
    assert found.tracking.uri == "sqlite:////home/me/out/mlflow/mlflow.db"
    assert located(remote, Path("/typed")).tracking.artifacts == "s3://bucket/x"
    cfg.paths.outputs = "~nobody_of_that_name/out"
    with pytest.raises(StudyError, match="that home is not known here"):
        located(cfg, Path("/typed"))


def test_a_working_folder_that_was_removed_is_told(tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert exit_code(lambda: 0) == 2
    assert "working folder is not there any more: change to another" in capsys.readouterr().err


def test_a_user_without_a_home_is_told(monkeypatch, capsys):
    """As in a container that runs under a number: MLflow asks for the home when it is imported."""

    def nobody(*_):
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert exit_code(lambda: bool(Path.home())) == 2
    assert "no home folder" in (told := capsys.readouterr().err)
    assert "HOME=/tmp" in told
