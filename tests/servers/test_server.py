"""A real PostgreSQL, a real MLflow server before it, and sweeps that record there from processes of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from rich.console import Console

from study.common.command import exit_code
from study.common.errors import StudyError
from study.common.paths import ROOT
from study.servers import move, postgres, server, ui
from study.tracking import Store
from tests.analysis.reports import analysis
from tests.common.test_lifeline import gone
from tests.scale.sweeps import COUNT, digests, sweep
from tests.servers.test_move import everything, fill


def missing() -> str | None:
    try:
        postgres.check_driver()
        postgres.programs()
    except StudyError as error:
        return str(error)
    return None


REAL = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture(scope="module")
def folder():
    """A folder that PostgreSQL's user may enter, as those of pytest are not."""
    path = Path(tempfile.mkdtemp(prefix="study-server-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


servers: dict[str, subprocess.Popen] = {}


@contextmanager
def served(folder: Path):
    """The address of a server; it is stopped in the end, if not before, and PostgreSQL with it."""
    command = [sys.executable, "-m", "study.server", "--folder", folder, "--port", ui.free_port(5180), "--workers", 2]
    with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        address = next(line.strip() for line in iter(process.stdout.readline, "") if line.startswith("  http"))
        servers[address] = process
        try:
            yield address
        finally:
            stop(address)


def stop(address: str) -> None:
    if address in servers:
        process = servers.pop(address)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


@pytest.fixture(scope="module")
def address(folder):
    with served(folder) as found:
        yield found


def tables(uri: str, out: Path, drawn: Path) -> dict[str, pd.DataFrame]:
    """The tables of a store's report, but for times, and the order in which cells happened to be recorded."""
    done = analysis(drawn, "--store", uri, "--out", out / "report")
    assert done.code == 0, done.said
    files = [file for file in (out / "report" / "tables").glob("*.csv") if file.read_text().strip()]
    read = {file.name: pd.read_csv(file, dtype=str) for file in files}
    found = {name: frame[[c for c in frame if not c.startswith("seconds")]] for name, frame in read.items()}
    return {name: frame.sort_values(list(frame)).reset_index(drop=True) for name, frame in found.items()}


@REAL
@pytest.mark.slow
def test_a_sweep_of_two_workers_records_on_a_server_what_it_would_in_a_file(address, outputs, drawn, tmp_path):
    workers = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    if find_spec("hydra_plugins.hydra_ray_launcher") is not None:
        workers = ["hydra/launcher=ray", "hydra.launcher.ray.init.num_cpus=2"]
    shutil.copytree(outputs / "networks", tmp_path / "outputs" / "networks")
    said = sweep(*workers, "tracking=server", f"tracking.uri={address}", f"paths.outputs={tmp_path}/outputs")
    file = f"sqlite:///{outputs}/mlflow/mlflow.db"
    assert digests(address) == digests(file)
    store = Store(address)
    assert len(store.keys("finished")) == COUNT
    assert all(store.finished(key) for key in store.keys("finished"))  # every file is read back, its digest compared
    assert store.statuses().running() == set()
    places = {run.info.artifact_uri.split("/")[0] for run in MlflowClient(address).search_runs([store.experiment_id])}
    assert places == {"mlflow-artifacts:"}  # whatever becomes of the machine's folders
    assert not (tmp_path / "outputs" / "mlflow").exists()
    assert "Downloading artifacts" not in said
    from_server, from_file = tables(address, tmp_path / "server", drawn), tables(file, tmp_path / "file", drawn)
    assert from_server.keys() == from_file.keys() >= {"verdicts.csv", "values.csv", "correlations.csv"}
    assert len(from_file["metrics.csv"]) == COUNT
    for name, frame in from_file.items():
        pd.testing.assert_frame_equal(from_server[name], frame)


@REAL
@pytest.mark.slow
def test_a_store_moves_to_a_server_and_back(address, tmp_path):
    source, away = Store(f"sqlite:///{tmp_path}/a/mlflow.db", "moved"), Store(address, "moved")
    back = Store(f"sqlite:///{tmp_path}/b/mlflow.db", "moved")
    fill(source)
    for origin, goal in ((source, away), (away, back)):
        assert move.move(origin, goal, Console(quiet=True)) == 0
        assert everything(goal) == everything(source)
        assert all(goal.finished(key) for key in ("k0", "k1"))
    assert len(everything(away)) == 3


@REAL
@pytest.mark.slow
def test_a_folder_is_served_once_and_the_server_goes_when_it_is_stopped(address, folder, capsys):
    assert exit_code(lambda: server.main(["--folder", str(folder), "--port", str(ui.free_port(5280))])) == 2
    assert "is served already" in capsys.readouterr().err
    Store(address).note_not_run("mnist_1x100", "no MNIST")
    stop(address)
    assert not (folder / "database" / "postmaster.pid").exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/health", timeout=2)
    with served(folder) as found:
        tags = MlflowClient(found).get_experiment_by_name("incredible_shrinking_network").tags
        assert tags["study.not_run.mnist_1x100"] == "no MNIST"
        children = descendants(servers[found].pid)
        assert len(children) > 3
        servers.pop(found).kill()
        assert gone(children, 60)  # MLflow and its workers, and who keeps PostgreSQL, which is stopped in order
    assert not (folder / "database" / "postmaster.pid").exists()
    assert "database system is shut down" in (folder / "database" / "server.log").read_text().splitlines()[-1]


def children(pid: int) -> list[str]:
    return Path("/proc", str(pid), "task", str(pid), "children").read_text().split()


def descendants(pid: int) -> list[str]:
    found = children(pid)
    return found + [each for child in found for each in descendants(int(child))]


@REAL
@pytest.mark.slow
def test_a_database_is_stopped_in_order_when_its_user_is_killed():
    """Its server went on without anybody, and its socket lay in the temporary folder."""
    code = (
        "import sys, time; from pathlib import Path; from study.servers.postgres import running\n"
        "with running(Path(sys.argv[1])) as uri: print(uri, flush=True); time.sleep(600)"
    )
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        database = Path(name) / "database"
        with subprocess.Popen([sys.executable, "-c", code, database], cwd=ROOT, stdout=subprocess.PIPE) as process:
            socket_folder = Path(process.stdout.readline().decode().strip().partition("host=")[2])
            postmaster = (database / "postmaster.pid").read_text().split()[0]
            assert list(socket_folder.iterdir())
            process.kill()
        assert gone([postmaster], 30)
        limit = time.monotonic() + 10
        while socket_folder.exists() and time.monotonic() < limit:
            time.sleep(0.05)
        assert not socket_folder.exists()
        assert "database system is shut down" in (database / "server.log").read_text().splitlines()[-1]


@REAL
@pytest.mark.slow
def test_a_database_whose_keeper_was_killed_is_stopped_all_the_same():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        database = Path(name) / "database"
        seen = []
        with pytest.raises(StudyError, match="pg_ctl"):
            lose_the_keeper_of(database, seen)
        assert seen
        assert gone(seen)


def lose_the_keeper_of(database: Path, seen: list[str]) -> None:
    with postgres.running(database):
        seen += (database / "postmaster.pid").read_text().split()[:1]
        (keeper,) = (p for p in children(os.getpid()) if "pg_ctl" in Path("/proc", p, "cmdline").read_text())
        os.kill(int(keeper), signal.SIGKILL)


def test_a_taken_port_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(postgres, "check_driver", lambda: None)
    monkeypatch.setattr(postgres, "programs", lambda: tmp_path)
    with socket.create_server((ui.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert exit_code(lambda: server.main(["--folder", str(tmp_path / "s"), "--port", str(port)])) == 2
    assert f"127.0.0.1:{port} cannot be listened on" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_a_port_that_is_none_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(postgres, "check_driver", lambda: None)
    monkeypatch.setattr(postgres, "programs", lambda: tmp_path)
    assert exit_code(lambda: server.main(["--folder", str(tmp_path / "s"), "--port", "70000"])) == 2
    assert "127.0.0.1:70000 cannot be listened on" in capsys.readouterr().err


def test_an_absent_postgresql_and_an_absent_driver_are_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert exit_code(lambda: server.main(["--folder", str(tmp_path / "s")])) == 2
    assert "extra `server`: make setup" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setattr(postgres, "check_driver", lambda: None)
    monkeypatch.setattr(postgres, "PLACES", (f"{tmp_path}/*/bin",))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert exit_code(lambda: server.main(["--folder", str(tmp_path / "s")])) == 2
    assert "no PostgreSQL: initdb and pg_ctl" in capsys.readouterr().err


def test_the_newest_postgresql_off_the_path_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "PLACES", (f"{tmp_path}/*/bin",))
    monkeypatch.setenv("PATH", str(tmp_path))
    for version in ("9", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        for name in postgres.NEEDED if version != "17" else postgres.NEEDED[:1]:
            (tmp_path / version / "bin" / name).touch()
    assert postgres.programs() == tmp_path / "15" / "bin"


def test_only_this_machine_is_listened_on_unless_told_and_names_are_checked(tmp_path):
    command = server.command("postgresql://x", tmp_path, ui.HOST, 5000, 4, "head.example.org")
    assert command[command.index("--host") + 1] == "127.0.0.1"
    allowed = command[command.index("--allowed-hosts") + 1].split(",")
    assert {"head.example.org:*", "127.0.0.1:*"} <= set(allowed)
    for host in ("10.0.0.1", "10.20.30.40", "192.168.1.255", "172.16.0.9", "172.31.0.9", "localhost"):
        assert any(fnmatch(f"{host}:5000", pattern) for pattern in allowed), host
    for host in ("10.attacker.example", "192.168.0.1.attacker.example", "172.16.attacker.example", "172.32.0.1"):
        assert not any(fnmatch(f"{host}:5000", pattern) for pattern in allowed), host
