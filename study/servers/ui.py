"""The MLflow UI for a tracking store: `python -m study.ui [--uri sqlite:///...] [--port 5000]`."""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from study.common.errors import StudyError
from study.common.lifeline import started, stop
from study.tracking import Store
from study.tracking.database import quiet, sqlite_file
from study.tracking.names import VIEW
from study.tracking.summaries import Summaries
from study.tracking.views import page

HOST = "127.0.0.1"
PORTS = 50
"""Ports that are tried, from the asked one on."""

BACKEND_STORE_URI, ARTIFACT_ROOT = "_MLFLOW_SERVER_FILE_STORE", "_MLFLOW_SERVER_ARTIFACT_ROOT"
"""Environment variables of MLflow's server, whose names it has in a module that takes a second to import."""
ANSWER = 30.0
"""Seconds that one look at the server may take: on a busy machine even a short answer does."""
STILL = 60.0
"""Seconds after which it is said, again and again, that the server is still starting."""


def free_port(first: int) -> int:
    """Return the first free port from `first` on.

    Raises:
        StudyError: when none of the next ones is free.
    """
    for port in range(first, min(first + PORTS, 65536)):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port
    raise StudyError(f"no free port from {first} on; name another with --port")


def command(port: int) -> list[str]:
    """Return the module and the arguments of the server; one worker, for one person."""
    server = ["uvicorn", "--host", HOST, "--port", str(port), "--log-level", "warning"]
    return [*server, "--app-dir", str(Path(__file__).parents[2]), "study.servers.ui_page:app"]


def environment(store: Store, start: str) -> dict[str, str]:
    """Return the environment of the server of a store that exists.

    Args:
        store: that is served.
        start: address that opens where none is named.
    """
    served = {BACKEND_STORE_URI: store.uri, ARTIFACT_ROOT: str(store.artifacts)}
    return os.environ | served | {"PYTHONWARNINGS": "ignore", "STUDY_UI_START": start[start.index("#") :]}


def addresses(store: Store, address: str) -> dict[str, str]:
    """Return the pages to open, each with its address; the first is the starting point.

    Args:
        store: that is served.
        address: of the server.
    """
    summaries = Summaries(store.uri, store.experiment, store.artifacts)
    found = {}
    if (summed := summaries.experiment) is not None:
        summaries.relocate()
        found["start here"] = page(address, summed, VIEW)
    found["all cells"] = page(address, store.experiment_id, VIEW)
    return found


def serve(store: Store, port: int) -> int:
    """Serve a store until it is interrupted, and return the exit code.

    Raises:
        StudyError: when the store does not exist, or the server ends before it has answered.
    """
    file = sqlite_file(store.uri)
    if file is None:
        raise StudyError(f"{store.uri} is no SQLite file; a tracking server has its own UI: open its address")
    if not file.exists():
        raise StudyError(f"there is no tracking store {file} yet; `make reproduce PROFILE=smoke` makes one in a minute")
    store.create()
    port = free_port(port)
    address = f"http://{HOST}:{port}"
    open_at = addresses(store, address)
    print(f"starting the MLflow UI for {file} on port {port} (takes up to half a minute) ...", flush=True)
    quiet()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it is stopped, the server goes too
    server = started(*command(port), environment=environment(store, next(iter(open_at.values()))))
    try:
        if not answers(address, server):
            raise StudyError(f"the MLflow UI ended before it answered (exit code {server.returncode}): see above")
        print("", *(f"  {name}:  {place}" for name, place in open_at.items()), "", sep="\n")
        print("stop it with Ctrl+C", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop(server)


def answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    """Wait for the server's health page, as long as the server runs; False if it ended before.

    How long it takes is a matter of the machine. Every minute it is said that it has not come to it yet.

    Args:
        address: of the server.
        server: its process.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy does not reach this machine
    told = began = time.monotonic()
    while server.poll() is None:
        try:
            with direct.open(f"{address}/health", timeout=ANSWER):
                return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.3)
        if (now := time.monotonic()) - told >= STILL:
            told = now
            print(f"still starting after {now - began:.0f} s; it goes on, stop it with Ctrl+C ...", flush=True)
    return False


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m study.ui", description="Browse the tracked runs in the MLflow UI.")
    parser.add_argument("--uri", default="sqlite:///outputs/mlflow/mlflow.db", help="store (default: %(default)s)")
    parser.add_argument("--artifacts", type=Path, help="folder of the artefacts (default: beside the store)")
    parser.add_argument("--experiment", default="incredible_shrinking_network", help="default: %(default)s")
    parser.add_argument("--port", type=int, default=5000, help="default: %(default)s, or the next free one")
    asked = parser.parse_args(arguments)
    if asked.port < 1:
        parser.error(f"--port {asked.port}: 1 or more")
    return serve(Store(asked.uri, asked.experiment, asked.artifacts), asked.port)
