"""Where locks lie: in a folder that nobody else can prepare, and never through a link."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from study.common.errors import StudyError
from study.tracking import Store, liveness
from study.tracking.locks import own_folder

SERVER = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder and a temporary folder of the test's own."""
    (tmp_path / "tmp").mkdir(mode=0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def top(cache):
    """The one folder of this user that is made there."""
    own_folder("x")
    (found,) = cache.iterdir()
    return found


def emptied(folder: Path) -> Path:
    for inner in folder.iterdir():
        inner.rmdir()
    folder.rmdir()
    return folder


def test_nothing_lies_in_the_temporary_folder_and_others_may_not_enter(cache):
    folder = Store(SERVER)._locks()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []
    assert folder.is_relative_to(cache)
    for each in (folder, folder.parent):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
        assert each.stat().st_uid == os.geteuid()


def test_all_processes_of_one_store_meet_whatever_session_they_are_of(monkeypatch):
    first = Store(SERVER)._locks()
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/0")
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    assert Store(SERVER)._locks() == first
    assert Store("http://127.0.0.1:8")._locks() != first


def test_a_link_in_its_place_is_not_followed(top, tmp_path):
    aim = tmp_path / "aim"
    aim.mkdir(mode=0o700)
    emptied(top).symlink_to(aim)
    with pytest.raises(StudyError, match=f"{top} is a link.*XDG_CACHE_HOME"):
        Store(SERVER)._locks()
    assert list(aim.iterdir()) == []


def test_a_dangling_link_and_a_file_in_its_place_are_refused(top, tmp_path):
    emptied(top).symlink_to(tmp_path / "nothing")
    with pytest.raises(StudyError, match="is a link"):
        Store(SERVER)._locks()
    assert not (tmp_path / "nothing").exists()
    top.unlink()
    top.write_text("")
    with pytest.raises(StudyError, match=f"{top} is no folder"):
        Store(SERVER)._locks()


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o750, 0o701])
def test_one_that_others_may_enter_is_refused(top, mode):
    top.chmod(mode)
    with pytest.raises(StudyError, match="may be entered by others"):
        Store(SERVER)._locks()


def test_one_of_another_user_is_refused(top, monkeypatch):
    if os.geteuid() == 0:
        os.chown(top, 12345, -1)
        owner = 12345
    else:
        owner, name = os.geteuid(), f"{top.name.rpartition('-')[0]}-12345"
        top.rename(top.with_name(name))
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(StudyError, match=f"belongs to user {owner}"):
        Store(SERVER)._locks()


@pytest.mark.parametrize("home", ["", "/proc/nowhere", "~/none"])
def test_without_a_home_it_is_in_the_temporary_folder_under_the_same_rules(home, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    monkeypatch.setenv("HOME", "/proc/nowhere")
    folder = Store(SERVER)._locks()
    assert folder.is_relative_to(tempfile.gettempdir())
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    folder.parent.chmod(0o755)
    with pytest.raises(StudyError, match="may be entered by others"):
        Store(SERVER)._locks()


def test_links_in_a_store_that_was_handed_over_are_not_followed(tmp_path):
    """The folder, a lock's file and the place: each led elsewhere before, and was written to or read there."""
    store, aim = Store(f"sqlite:///{tmp_path}/handed/mlflow.db"), tmp_path / "aim"
    locks = tmp_path / "handed" / "locks"
    aim.mkdir()
    locks.parent.mkdir()
    locks.symlink_to(aim)
    with pytest.raises(StudyError, match=f"{locks} is a link"):
        store.create()
    locks.unlink()
    locks.mkdir()
    (aim / "private").write_text("mine")
    (locks / "store.lock").symlink_to(aim / "private")
    with pytest.raises(StudyError, match=r"store\.lock is a link"):
        store.create()
    (locks / "place.part").symlink_to(aim / "private")  # what the place was written to, under a name known beforehand
    liveness.own(locks)
    assert (aim / "private").read_text() == "mine"
    (locks / "place").unlink()
    (locks / "place").symlink_to(aim / "private")
    with pytest.raises(StudyError, match="place is a link"):
        liveness.lives(locks, "host-mine-1")
    assert [file.name for file in aim.iterdir()] == ["private"]


def test_a_worker_whose_name_leads_out_of_the_folder_is_not_looked_for(tmp_path):
    locks, outside = tmp_path / "locks", tmp_path / "victim.lock"
    locks.mkdir()
    outside.write_text("")
    place = liveness.own(locks).rpartition("-")[0]
    (locks / f"worker-{place}-").mkdir()
    assert liveness.lives(locks, f"{place}-/../../victim")
    assert outside.exists()
