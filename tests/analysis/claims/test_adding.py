"""Pieces of a long sweep: what a store holds whole is added to the kept values, and judged with them."""

import shutil

import pandas as pd
import pytest

from analysis.claims import evaluate, load
from analysis.claims.adding import ADDED, KEPT, PART, SHORT, add
from analysis.metrics import table
from study.common.errors import StudyError
from tests.analysis.synthetic import study
from tests.hostile.commands import in_process

ALL, FEW = range(100, 130), range(100, 106)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Kept tables that know one population, of thirty networks."""
    folder, store = tmp_path_factory.mktemp("kept"), study(populations=("mnist_1x100",), seeds=ALL)
    judged = evaluate(store, table(store))
    judged.values.to_csv(folder / "values.csv", index=False)
    judged.verdicts.to_csv(folder / "verdicts.csv", index=False)
    pd.DataFrame({"part": ["claims"], "register": "older"}).to_csv(folder / "kept.csv", index=False)
    return folder


@pytest.fixture
def kept(made, tmp_path):
    return shutil.copytree(made, tmp_path / "tables")


def values(folder):
    found = pd.read_csv(folder / "values.csv")
    return {place: rows["seed"].nunique() for place, rows in found.fillna("").groupby(PART)}


def test_a_population_that_is_whole_is_added_and_judged(kept):
    before, verdict = values(kept), pd.read_csv(kept / "verdicts.csv")
    found = add(study(populations=("mnist_2x50",), seeds=ALL), kept)
    assert {"mnist_2x50"} == set(found.loc[found["what"] == ADDED, "population"])
    after = values(kept)
    assert before.items() <= after.items()
    assert {place[3] for place in after.keys() - before.keys()} == {"mnist_2x50"}
    assert len(after) == len(before) + (found["what"] == ADDED).sum()
    again = pd.read_csv(kept / "verdicts.csv")
    whole = study(populations=("mnist_1x100", "mnist_2x50"), seeds=ALL)
    at_once = evaluate(whole, table(whole)).verdicts
    short = set(found.loc[found["what"] == SHORT, "claim"])  # fifty networks are registered
    now, then = (overall(verdicts, short) for verdicts in (again, at_once))
    # These compare one population with the other, which no piece has both of.
    assert {claim for (claim, arm), said in now.items() if said != then[claim, arm]} == {"C10", "C11"}
    assert now != overall(verdict, short)


def overall(verdicts, without):
    rows = verdicts[(verdicts["part"] == "overall") & ~verdicts["claim"].isin(without)]
    return dict(zip(zip(rows["claim"], rows["arm"], strict=True), rows["verdict"], strict=True))


def test_what_is_not_whole_is_told_and_nothing_is_written(kept):
    content = {file.name: file.read_bytes() for file in kept.iterdir()}
    found = add(study(populations=("mnist_2x50", "mnist_1x100"), seeds=FEW), kept)
    assert set(found["what"]) == {SHORT}
    assert set(found["networks"]) == {6}
    registered = {claim.id: claim.networks for claim in load().claims}
    assert found.drop_duplicates("claim").set_index("claim")["of"].to_dict().items() <= registered.items()
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == content


def test_kept_values_stay_unless_they_are_to_be_replaced(kept):
    other = study(populations=("mnist_1x100",), seeds=range(200, 230))
    content = (kept / "values.csv").read_bytes()
    assert set(add(other, kept)["what"]) == {KEPT, SHORT}  # fifty networks are registered of some parts
    assert (kept / "values.csv").read_bytes() == content
    found = add(other, kept, replace=True)
    assert set(found["what"]) == {ADDED, SHORT}
    now = pd.read_csv(kept / "values.csv").fillna("").set_index(PART)["seed"]
    for what, first in ((ADDED, 200), (SHORT, 100)):
        places = [tuple(place) for place in found.loc[found["what"] == what, PART].to_numpy()]
        assert set(now[now.index.isin(places)]) == set(range(first, first + 30))


def test_development_seeds_and_absent_tables_are_refused(kept, tmp_path_factory, capsys, monkeypatch):
    with pytest.raises(StudyError, match="development seeds alone"):
        add(study(populations=("mnist_1x100",), seeds=range(30)), kept)
    with pytest.raises(StudyError, match=r"values\.csv is not there.*make results"):
        add(study(populations=("mnist_1x100",), seeds=FEW), tmp_path_factory.mktemp("empty"))
    (kept / "verdicts.csv").unlink()
    content = (kept / "values.csv").read_bytes()
    with pytest.raises(StudyError, match=r"verdicts\.csv is not there"):
        add(study(populations=("mnist_2x50",), seeds=FEW), kept)
    assert (kept / "values.csv").read_bytes() == content
    done = in_process(capsys, monkeypatch, "analysis.claims", "add")
    assert done.code == 2
    assert "name the store, --store sqlite:///" in done.said
