"""The authors' files: places, checksums, downloads, and what is never done."""

import functools
import gzip
import hashlib
import http.server
import re
import threading
import tracemalloc
from pathlib import Path

import pytest

from study.common.errors import StudyError
from study.data import _authors_files as files
from study.data import _sources
from study.data._authors_files import Entry
from study.data.base import DataCorruptError, DataUnavailableError
from tests.authors import shared

CONTENT = b"the network" * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()
COMMIT = "0123456789" * 4


@pytest.fixture(autouse=True)
def manifest(monkeypatch, tmp_path):
    """A manifest of one file with and one without a checksum; nothing beside the checkout."""
    entries = [
        Entry("models", "known.dnn", COMMIT, "models/known.dnn", len(CONTENT), SHA),
        Entry("models", "unknown.dnn", "", "models/unknown.dnn", None, ""),
        Entry("models", "lost.dnn", COMMIT, "", len(CONTENT), SHA),
    ]
    monkeypatch.setattr(files, "manifest", lambda: {(each.kind, each.name): each for each in entries})
    monkeypatch.setattr(_sources, "project_root", lambda: tmp_path / "checkout")
    monkeypatch.setattr(files, "BASE", "http://127.0.0.1:9")
    monkeypatch.delenv("STUDY_OFFLINE", raising=False)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The public repository, on this machine; counts what it is asked for."""
    asked = []
    for commit, name in ((COMMIT, "known.dnn"), (files.COMMIT, "unknown.dnn")):
        place = tmp_path / "served" / commit / "models"
        place.mkdir(parents=True)
        (place / name).write_bytes(CONTENT)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append((self.path, args)[0])

    handler = functools.partial(Handler, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr(files, "BASE", f"http://127.0.0.1:{running.server_port}")
        yield asked
        running.shutdown()


def put(folder, content, name="known.dnn"):
    place = folder / "authors" / "models"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)
    return place / name


@pytest.mark.parametrize(
    ("content", "name"), [(CONTENT, "known.dnn"), (gzip.compress(CONTENT), "known.dnn.gz")], ids=["plain", "packed"]
)
def test_packed_and_unpacked_files_are_read_from_both_places(tmp_path, content, name):
    beside = put(tmp_path / "shared" / "data", content, name)
    assert files.find("models", "known.dnn", tmp_path / "mine") == beside
    assert files.read("models", "known.dnn", tmp_path / "mine") == CONTENT
    mine = put(tmp_path / "mine", content, name)
    assert files.find("models", "known.dnn", tmp_path / "mine") == mine
    assert files.read("models", "known.dnn.gz", tmp_path / "mine") == CONTENT


def test_the_data_folder_may_be_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "elsewhere"))
    assert files.find("models", "known.dnn") if put(tmp_path / "elsewhere", CONTENT) else None


@pytest.mark.parametrize("content", [CONTENT[:-1], b"", b"<html>no such page</html>"], ids=["short", "empty", "page"])
def test_a_wrong_local_file_is_refused_with_both_checksums(tmp_path, content):
    path = put(tmp_path, content)
    for function in (files.find, files.read):
        with pytest.raises(DataCorruptError) as error:
            function("models", "known.dnn", tmp_path)
        for told in (str(path), SHA, hashlib.sha256(content).hexdigest(), "Delete it"):
            assert told in str(error.value)


@pytest.mark.parametrize("cut", [1, 30])
def test_a_truncated_packed_file_is_refused(tmp_path, cut):
    path = put(tmp_path, gzip.compress(CONTENT)[:-cut], "known.dnn.gz")
    with pytest.raises(DataCorruptError, match=re.escape(f"{path} is truncated or corrupt")):
        files.read("models", "known.dnn", tmp_path)


@pytest.mark.parametrize("name", ["known.dnn", "unknown.dnn", "new.dnn"])
@pytest.mark.parametrize("packed", [True, False])
def test_no_more_is_unpacked_than_the_original_or_any_of_theirs_has(tmp_path, monkeypatch, name, packed):
    """A packed file of a few kilobytes was unpacked whole before its size and its checksum were looked at."""
    monkeypatch.setattr(files, "LARGEST", 2 * len(CONTENT))
    content = bytes(30_000_000)
    path = put(tmp_path, gzip.compress(content) if packed else content, name + ".gz" * packed)
    limit = len(CONTENT) if name == "known.dnn" else 2 * len(CONTENT)
    del content
    tracemalloc.start()
    try:
        with pytest.raises(DataCorruptError, match=re.escape(f"{path} is") + f".*at most {limit} bytes"):
            files.read("models", name, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    put(tmp_path, gzip.compress(bytes(2 * len(CONTENT))), "large.dnn.gz")
    assert len(files.read("models", "large.dnn", tmp_path)) == 2 * len(CONTENT)


def test_a_local_file_that_the_manifest_does_not_know_is_read(tmp_path):
    put(tmp_path, b"anything", "new.dnn")
    put(tmp_path, b"anything", "unknown.dnn")
    assert files.read("models", "new.dnn", tmp_path) == b"anything"
    assert files.read("models", "unknown.dnn", tmp_path) == b"anything"


def test_a_download_is_verified_and_kept(tmp_path, server):
    for _ in range(2):
        assert files.read("models", "known.dnn", tmp_path) == CONTENT
    assert server == [f"/{COMMIT}/models/known.dnn"]
    assert files.find("models", "known.dnn", tmp_path) == tmp_path / "authors" / "models" / "known.dnn"


def test_a_wrong_download_is_never_put_in_place(tmp_path, server):
    (tmp_path / "served" / COMMIT / "models" / "known.dnn").write_bytes(CONTENT[:-5])
    with pytest.raises(DataUnavailableError, match=r"known\.dnn found neither in .* Downloading .* failed"):
        files.read("models", "known.dnn", tmp_path)
    assert [path.name for path in (tmp_path / "authors" / "models").iterdir() if path.name != ".lock"] == []


def test_what_has_no_checksum_is_downloaded_only_when_asked(tmp_path, server):
    with pytest.raises(DataUnavailableError, match=r"asked for: python -m study\.authors --unverified"):
        files.read("models", "unknown.dnn", tmp_path)
    assert server == []
    assert files.read("models", "unknown.dnn", tmp_path, unverified=True) == CONTENT
    assert server == [f"/{files.COMMIT}/models/unknown.dnn"]


def test_a_page_that_is_not_there_is_a_message(tmp_path, server):
    (tmp_path / "served" / files.COMMIT / "models" / "unknown.dnn").unlink()
    with pytest.raises(DataUnavailableError, match="404"):
        files.read("models", "unknown.dnn", tmp_path, unverified=True)
    assert not (tmp_path / "authors" / "models" / "unknown.dnn").exists()


@pytest.mark.parametrize("how", ["environment", "argument"])
def test_offline_nothing_is_asked_for(tmp_path, monkeypatch, server, how):
    if how == "environment":
        monkeypatch.setenv("STUDY_OFFLINE", "1")
    with pytest.raises(
        DataUnavailableError, match=r"found neither in .*authors/models nor in .*shared/data.*STUDY_OFFLINE.*STUDY_DATA"
    ):
        files.read("models", "known.dnn", tmp_path, download=False if how == "argument" else None)
    assert server == []
    assert not (tmp_path / "authors").exists()


def test_without_a_network_the_reason_is_told(tmp_path):
    with pytest.raises(DataUnavailableError, match=r"Downloading http://127.0.0.1:9/.*/known\.dnn failed"):
        files.read("models", "known.dnn", tmp_path)


@pytest.mark.parametrize(
    ("name", "found"), [("lost.dnn", "no public address of it is known"), ("new.dnn", "manifest .* does not list it")]
)
def test_what_has_no_address_is_not_asked_for(tmp_path, name, found):
    with pytest.raises(DataUnavailableError, match=found):
        files.read("models", name, tmp_path)


@pytest.mark.parametrize("name", ["", "..", "../known.dnn", "a/b.dnn", "/etc/passwd"])
def test_only_names_of_files_are_taken(tmp_path, name):
    with pytest.raises(StudyError):
        files.read("models", name, tmp_path)


def test_only_known_kinds_are_taken(tmp_path):
    with pytest.raises(StudyError, match="unknown kind of file 'weights'; known: models, data, results"):
        files.read("weights", "known.dnn", tmp_path)


def real_manifest():
    lines = Path(files.MANIFEST).read_text().splitlines()
    assert lines[0] == "kind,name,commit,path,bytes,sha256"
    return [line.split(",") for line in lines[1:]]


def test_the_manifest_is_well_formed():
    rows = real_manifest()
    assert len({(kind, name) for kind, name, *_ in rows}) == len(rows)
    for kind, name, commit, path, size, sha in rows:
        assert kind in files.KINDS
        assert re.fullmatch(r"[\w.-]+\.(dnn|csv)", name)
        assert re.fullmatch(r"([0-9a-f]{40})?", commit)
        assert path == path.strip("/")
        assert bool(size) == bool(sha)
        assert re.fullmatch(r"([0-9a-f]{64})?", sha)


def test_the_manifest_agrees_with_the_files_at_hand():
    if not shared.FOLDER.is_dir():
        pytest.skip(f"{shared.FOLDER} is not there")
    known = {(kind, name): (size, sha) for kind, name, _, _, size, sha in real_manifest()}
    for kind in files.KINDS:
        for path in (shared.FOLDER / kind).iterdir():
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            size, sha = known[kind, path.name.removesuffix(".gz")]
            assert (int(size), sha) == (len(content), hashlib.sha256(content).hexdigest()), path
