import http.client
import http.server
import itertools
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

from study.common.command import exit_code
from study.servers import ui
from tests.tracking.made import store_in


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind((ui.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < ui.free_port(port) < port + ui.PORTS


def test_a_store_that_is_not_there_is_named_and_not_made(tmp_path, capsys):
    assert exit_code(lambda: ui.main(["--uri", f"sqlite:///{tmp_path}/none.db"])) == 2
    assert f"{tmp_path}/none.db" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_server_address_is_not_served_again(capsys):
    assert exit_code(lambda: ui.main(["--uri", "http://127.0.0.1:9"])) == 2
    assert "http://127.0.0.1:9" in capsys.readouterr().err


def test_only_this_machine_is_listened_on():
    command = ui.command(5000)
    assert command[command.index("--host") + 1] == "127.0.0.1"


def test_what_is_served_is_named_as_mlflow_names_it():
    names = (Path(find_spec("mlflow").origin).parent / "server" / "constants.py").read_text()
    assert f'\nBACKEND_STORE_URI_ENV_VAR = "{ui.BACKEND_STORE_URI}"\n' in names
    assert f'\nARTIFACT_ROOT_ENV_VAR = "{ui.ARTIFACT_ROOT}"\n' in names


class Ends:
    """A server's process that is seen to run so many times."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def poll(self) -> int | None:
        self.looks -= 1
        return None if self.looks >= 0 else 3


@pytest.fixture
def slow():
    """The address of a server that is not ready the first two times, and takes its time the third."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            time.sleep(2.2 if len(asked) == 3 else 0)
            self.send_response(503 if len(asked) < 3 else 200)
            self.end_headers()

        def log_message(self, *words):
            pass

    with http.server.ThreadingHTTPServer((ui.HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{ui.HOST}:{server.server_port}"
        server.shutdown()


def test_a_slow_server_is_waited_for_as_long_as_it_runs(slow, monkeypatch, capsys):
    """An answer took more than two seconds on a busy machine, and after two minutes nobody waited any more."""
    hours = itertools.count(0, 3600)
    monkeypatch.setattr(ui.time, "monotonic", lambda: next(hours))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ui.answers(slow, Ends(3))
    said = capsys.readouterr().out
    assert said.count("still starting") == 2
    assert "http" not in said  # no address before it can be opened
    assert not ui.answers("http://127.0.0.1:9", Ends(1))


def test_a_server_that_ends_before_it_answers_is_told(empty_store, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(ui, "command", lambda _: ["platform"])  # prints a line and ends
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert exit_code(lambda: ui.main(["--uri", store_in(tmp_path, empty_store).uri])) == 2
    assert "the MLflow UI ended before it answered (exit code 0): see above" in capfd.readouterr().err


def headers_of(root: str, path: str, host: str) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection(root.removeprefix("http://"), timeout=60)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


FOREIGN = ["attacker.example", "attacker.example:5160", "10.attacker.example", "192.168.0.1.attacker.example:5160"]


@pytest.mark.slow
def test_the_ui_answers_this_machine_alone_and_goes_when_it_is_stopped(empty_store, tmp_path):
    store_in(tmp_path, empty_store)
    arguments = [sys.executable, "-m", "study.ui", "--uri", f"sqlite:///{tmp_path}/mlflow.db", "--port", "5160"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        lines = iter(process.stdout.readline, "")
        address = next(line.split()[-1] for line in lines if "http://127.0.0.1" in line)
        assert "workflowType=machine_learning" in address
        root = address.split("/#")[0]
        with urllib.request.urlopen(root, timeout=10) as page:
            assert page.status == 200
            assert "machine_learning" in page.read().decode()  # what the page prefers, before it looks
        port = root.rpartition(":")[2]
        for path in ("/", "/version", "/static-files/favicon.ico"):
            for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", "localhost"):
                status, headers = headers_of(root, path, host)
                assert status == 200, (path, host)
                assert headers["x-frame-options"] == "SAMEORIGIN"
                assert headers["x-content-type-options"] == "nosniff"
        assert headers_of(root, "/", "localhost")[1]["content-security-policy"] == "frame-ancestors 'self'"
        for path in ("/", "/static-files/favicon.ico", "/ajax-api/2.0/mlflow/experiments/search"):
            assert {headers_of(root, path, host)[0] for host in FOREIGN} == {403}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    time.sleep(1)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(root, timeout=2)
