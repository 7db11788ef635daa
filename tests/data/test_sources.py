"""Files: the places in their order, and that nothing wrong, torn or half-written is ever read."""

import functools
import gzip
import hashlib
import http.server
import io
import re
import subprocess
import sys
import threading
import time

import pytest
from rich.console import Console

from study.common.paths import ROOT
from study.data import _download, _fetch, _sources, load_dataset, missing
from study.data.__main__ import main
from study.data._sources import Collection, FileRecord
from study.data.base import DataCorruptError, DataUnavailableError

CONTENT = b"the file" * 1000
PACKED = gzip.compress(CONTENT, mtime=0)
RECORD = FileRecord("made", hashlib.sha256(PACKED).hexdigest(), hashlib.sha256(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def online(monkeypatch):
    monkeypatch.delenv("STUDY_OFFLINE")


def collection(*mirrors):
    return Collection("Made", "made/raw", (RECORD,), mirrors)


def put(folder, content, name="made.gz"):
    place = folder / "made" / "raw"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)
    return place / name


@pytest.fixture
def server(tmp_path):
    """A mirror on this machine, which counts what it is asked for."""
    served, asked = tmp_path / "served", []
    served.mkdir()
    (served / "made.gz").write_bytes(PACKED)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(args)

    handler = functools.partial(Handler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/", asked, served
        running.shutdown()


def test_packed_and_unpacked_files_are_read(tmp_path):
    put(tmp_path / "a", PACKED)
    put(tmp_path / "b", CONTENT, "made")
    for folder in ("a", "b"):
        assert _sources.read(collection(), tmp_path / folder)[0] == {"made": CONTENT}


@pytest.mark.parametrize("content", [PACKED[:-7], PACKED[:40] + b"x" + PACKED[41:], b"", b"<html>no such page</html>"])
def test_a_truncated_corrupt_or_wrong_file_is_refused_with_both_checksums(tmp_path, content):
    path = put(tmp_path, content)
    with pytest.raises(DataCorruptError) as error:
        _sources.read(collection(), tmp_path)
    for told in (str(path), RECORD.sha256_gz, hashlib.sha256(content).hexdigest(), "make data"):
        assert told in str(error.value)


def test_a_download_is_verified_and_kept(tmp_path, server):
    url, asked, _ = server
    for _ in range(2):
        assert _sources.read(collection(url), tmp_path)[0] == {"made": CONTENT}
    assert len(asked) == 1


def test_a_wrong_download_is_never_put_in_place(tmp_path, server):
    url, _, served = server
    (served / "made.gz").write_bytes(PACKED[:-5])
    with pytest.raises(DataUnavailableError, match="Downloading failed"):
        _sources.read(collection(url), tmp_path)
    assert not (tmp_path / "made" / "raw" / "made.gz").exists()


def test_the_next_mirror_is_tried(tmp_path, server):
    url, _, _ = server
    assert _sources.read(collection(f"{url}nowhere/", url), tmp_path)[0] == {"made": CONTENT}


@pytest.fixture
def odd(tmp_path):
    """A mirror that answers and never sends anything (silent/), or a byte now and then (slow/)."""
    over = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(PACKED)))
            self.end_headers()
            while "slow" in self.path and not over.wait(0.01):
                self.wfile.write(b"x")
            over.wait(20)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        over.set()
        running.shutdown()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://127.0.0.1:9/", "no connection"),
        ("http://no-such-name.invalid/", "."),
        ("{odd}silent/", "no answer|broke off"),
        ("{odd}slow/", "bytes a second"),
        ("{server}nowhere/", "404"),
        ("{server}wrong/", "another file"),
    ],
)
def test_a_mirror_that_is_not_there_or_too_slow_is_given_up_within_seconds(
    tmp_path, monkeypatch, server, odd, address, told
):
    monkeypatch.setattr(_download, "HTTP_TIMEOUT", (0.5, 0.5))
    monkeypatch.setattr(_download, "NAME_TIMEOUT", 0.5)
    monkeypatch.setattr(_download, "PATIENCE", 0.3)
    url, _, served = server
    (served / "wrong").mkdir()
    (served / "wrong" / "made.gz").write_bytes(PACKED + b"x")
    begun = time.monotonic()
    with pytest.raises(_sources.DownloadFailedError) as error:
        _sources.ensure(collection(address.format(server=url, odd=odd)), tmp_path, download=True)
    assert time.monotonic() - begun < 15
    assert re.search(told, error.value.why)
    assert len(error.value.why.splitlines()) == 1
    assert not [file for file in (tmp_path / "made" / "raw").iterdir() if file.name != ".lock"]


def test_a_name_server_that_does_not_answer_is_not_waited_for(tmp_path, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(_download, "NAME_TIMEOUT", 0.2)
    monkeypatch.setattr(_download.socket, "getaddrinfo", lambda *_: over.wait(10))
    with pytest.raises(_sources.DownloadFailedError, match="name server"):
        _sources.ensure(collection("http://127.0.0.1:9/"), tmp_path, download=True)
    over.set()


def test_a_download_is_shown_with_its_size(tmp_path, server):
    url, _, _ = server
    shown = io.StringIO()
    _fetch.fetch(collection(url), tmp_path, Console(file=shown, force_terminal=True, width=80))
    assert "made.gz" in shown.getvalue()
    assert "100%" in shown.getvalue() or f"{len(PACKED)}/{len(PACKED)}" in shown.getvalue()


def test_without_a_network_all_places_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_OFFLINE", "1")
    with pytest.raises(
        DataUnavailableError, match=r"made.gz found neither in .*made/raw.*shared.*make data.*STUDY_DATA"
    ):
        _sources.read(collection("http://127.0.0.1:9/"), tmp_path)


def test_what_is_missing_is_said_without_a_download(tmp_path, monkeypatch):
    monkeypatch.setattr(_sources, "project_root", lambda: tmp_path / "checkout")
    reason = missing("mnist20x20", folder=tmp_path / "empty")
    assert "train-images-idx3-ubyte.gz" in reason
    assert "make data" in reason
    assert missing("digits") is None


def test_files_without_a_download_are_asked_for_in_a_folder(tmp_path):
    with pytest.raises(
        DataUnavailableError, match=r"made\.gz found neither .* there is no download; place the original"
    ):
        _sources.read(collection(), tmp_path, download=True)
    assert not (tmp_path / "made").exists()


def test_make_data_fetches_every_collection_and_does_not_fail_for_one_that_cannot_be(tmp_path, monkeypatch, capsys):
    asked = []
    command = "study.data.__main__"
    monkeypatch.setattr(f"{command}.names", lambda: ["digits", "fashion_mnist", "kmnist", "mnist", "mnist20x20"])
    monkeypatch.setattr(f"{command}.fetch", lambda files, *_: asked.append(files.title))
    monkeypatch.setattr(f"{command}.missing", lambda name, **_: "no file" if name == "kmnist" else None)
    monkeypatch.setattr(f"{command}.load_dataset", lambda *_, **__: load_dataset("digits"))
    assert main(["--folder", str(tmp_path)]) == 0
    assert asked == ["Fashion-MNIST", "MNIST"]
    assert "not available" in capsys.readouterr().out
    monkeypatch.setattr(f"{command}.missing", lambda name, **_: "no file" if name == "mnist" else None)
    assert main(["--folder", str(tmp_path)]) == 1


PROCESS = """
import sys
from study.data import _sources
from tests.data.test_sources import CONTENT, collection
assert _sources.read(collection(sys.argv[1]), sys.argv[2])[0] == {"made": CONTENT}
"""


def test_processes_that_download_at_once_do_no_harm(tmp_path, server):
    url, asked, _ = server
    command = [sys.executable, "-c", PROCESS, url, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], errors
    assert len(asked) == 1
