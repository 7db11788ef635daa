"""Who lives is told of processes whose locks are in the same folder: not of another machine's, or another /tmp's."""

import platform

import pytest

from study.tracking import alive


@pytest.fixture
def places(tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    return tmp_path / "here", tmp_path / "there"


def test_a_process_whose_locks_are_elsewhere_counts_as_living(places):
    here, there = places
    worker = alive.own(there)
    assert alive.lives(here, worker)
    assert alive.lives(there, worker)


def test_a_process_that_has_ended_is_known_by_its_own_folder_alone(places):
    here, there = places
    ended = alive.own(there).rpartition("-")[0] + "-0123456789ab"
    assert alive.lives(here, ended)
    assert not alive.lives(there, ended)


def test_a_machine_of_the_same_name_is_another_place(places, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "node")
    here, there = (alive.own(folder).rpartition("-")[0] for folder in places)
    assert here != there
    assert here == alive.own(places[0]).rpartition("-")[0]
