import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from study import ui
from study.command import exit_code
from study.tracking import Store


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


@pytest.mark.slow
def test_the_ui_answers_and_goes_when_it_is_stopped(tmp_path):
    Store(f"sqlite:///{tmp_path}/mlflow.db").create()
    arguments = [sys.executable, "-m", "study.ui", "--uri", f"sqlite:///{tmp_path}/mlflow.db", "--port", "5160"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        lines = iter(process.stdout.readline, "")
        address = next(line.split()[-1] for line in lines if "http://127.0.0.1" in line)
        assert "workflowType=machine_learning" in address
        root = address.split("/#")[0]
        with urllib.request.urlopen(root, timeout=10) as page:
            assert page.status == 200
            assert "machine_learning" in page.read().decode()  # what the page prefers, before it looks
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    time.sleep(1)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(root, timeout=2)
