"""A tracking server for several machines: `python -m study.server [--host 127.0.0.1] [--port 5000]`.

PostgreSQL for the runs, `mlflow server` before it, and a folder of artefacts that only the server touches: a run names
them by the server, not by a path. All of it lies in one folder, outputs/server.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from study.common.errors import StudyError
from study.common.lifeline import started, stop
from study.servers import postgres
from study.servers.ui import HOST, answers
from study.tracking.database import quiet
from study.tracking.mlflow_internals import MIGRATION

WORKERS = 4
"""Processes that answer requests."""
EVERYWHERE = ("0.0.0.0", "::")
"""Addresses to listen on that are all of this machine's."""
PRIVATE = ("10", "192.168", *(f"172.{n}" for n in range(16, 32)))
"""How addresses of private networks begin."""
NEAR = ("localhost:*", "127.0.0.1:*", *(f"{begin}.*.{'[0-9]' * n}:*" for begin in PRIVATE for n in (1, 2, 3)))
"""How clients of this machine and of private networks address a server, as patterns. No name ends in a number: MLflow's
own `10.*` lets `10.example.org` in, which may lead here (DNS rebinding)."""


def command(uri: str, artifacts: Path, host: str, port: int, workers: int, names: str = "") -> list[str]:
    """Return the module and the arguments of the MLflow server.

    Args:
        uri: of the database.
        artifacts: folder of the artefacts.
        host: address to listen on.
        port: to listen on.
        workers: processes.
        names: of this machine that clients may use beside those it knows itself by, divided by commas.
    """
    server = ["mlflow", "server", "--host", host, "--port", str(port), "--workers", str(workers)]
    known = [f"{name}:*" for name in (socket.gethostname(), socket.getfqdn(), *names.split(",")) if name]
    allowed = ["--allowed-hosts", ",".join(dict.fromkeys([*NEAR, *known]))]
    return [*server, *allowed, "--backend-store-uri", uri, "--artifacts-destination", str(artifacts)]


def serve(folder: Path, host: str, port: int, workers: int = WORKERS, names: str = "") -> int:
    """Serve the store of a folder until it is interrupted, and return the exit code.

    Raises:
        StudyError: when PostgreSQL, its driver or the port cannot be had, or the folder is served already.
    """
    postgres.check_driver()
    postgres.programs()
    check_port(host, port)
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "server.lock", timeout=0):
            return _serve(folder, host, port, workers, names)
    except Timeout:
        raise StudyError(
            f"{folder} is served already, by another process; stop that, or name another --folder"
        ) from None


def _serve(folder: Path, host: str, port: int, workers: int, names: str) -> int:
    quiet()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it is stopped, PostgreSQL is stopped in order
    (folder / "artifacts").mkdir(exist_ok=True)
    log = folder / "mlflow.log"
    print(f"starting PostgreSQL and MLflow in {folder} (takes up to a minute) ...", flush=True)
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    try:
        with postgres.running(folder / "database") as uri, log.open("w") as said:
            upgraded = [sys.executable, "-c", MIGRATION, uri]
            done = subprocess.run(upgraded, env=environment, stdout=said, stderr=subprocess.STDOUT, check=False)
            if done.returncode != 0:
                raise StudyError(
                    f"the database in {folder} cannot be brought to the installed MLflow's schema: see {log}"
                )
            asked = command(uri, folder / "artifacts", host, port, workers, names)
            server = started(*asked, environment=environment, said=said)
            try:
                near = HOST if host in EVERYWHERE else host  # this machine need not know its own name
                if not answers(f"http://{near}:{port}", server):
                    raise StudyError(f"the MLflow server did not start: see {log}")
                print(_said(host, port), flush=True)
                return server.wait()
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl+C must not leave PostgreSQL behind
                stop(server)
    except KeyboardInterrupt:
        return 0


def reached(host: str) -> str:
    """Return the name by which a server that listens on an address is reached from this machine.

    >>> reached("127.0.0.1"), reached("0.0.0.0") == socket.gethostname()
    ('127.0.0.1', True)
    """
    return socket.gethostname() if host in EVERYWHERE else host


def check_port(host: str, port: int) -> None:
    """Raise StudyError when a port cannot be listened on."""
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StudyError(f"{host}:{port} cannot be listened on ({reason}); name another with --port") from error


def _said(host: str, port: int) -> str:
    address = f"http://{reached(host)}:{port}"
    lines = [
        f"\n  {address}\n",
        f"a sweep:     python -m study -m experiment=smoke tracking=server tracking.uri={address}",
        f"the report:  python -m analysis --store {address}",
    ]
    if host != HOST:
        lines.append("no password is asked for: whoever reaches this port reads and writes")
    return "\n".join([*lines, "stop it with Ctrl+C"])


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m study.server", description="A tracking server on PostgreSQL.")
    parser.add_argument(
        "--folder", type=Path, default=Path("outputs/server"), help="of the store (default: %(default)s)"
    )
    parser.add_argument("--host", default=HOST, help="address to listen on; 0.0.0.0 for all (default: %(default)s)")
    parser.add_argument("--port", type=int, default=5000, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=WORKERS, help="processes that answer (default: %(default)s)")
    parser.add_argument("--names", default="", help="further names of this machine that clients use, as in a.org,b.org")
    asked = parser.parse_args(arguments)
    return serve(asked.folder, asked.host, asked.port, asked.workers, asked.names)
