"""Recorded results: hand-made files, and the authors' own against what their stored networks recorded."""

import numpy as np
import pandas as pd
import pytest

from study.authors import curves, neurons, recorded, surfaces
from study.authors.recorded import RecordedFormatError
from study.data.base import DataUnavailableError
from tests.authors import shared

FILES = {
    "made.dnn.ranking-result.csv": "3,1,2\n1,2,1\n2,3,3\n",
    "made.dnn.e0-e1-e2-change-result.csv": "0.5,1.0E-3,7.0\n0.5,0.0,-1.5\n2.0,-3.25,-8.0\n",
    "made.dnn.first-order-comparison.csv": "1.0,2.0,3.0\n4.0,5.0,6.0\n7.0,7.0,7.0\n",
    "made.dnn.second-order-comparison.csv": "10.0,20.0,30.0\n40.0,50.0,60.0\n70.0,70.0,70.0\n",
    "made.gt.gain.vals.csv": "0.0,1.0,2.0\n0.1,3.0,4.0\n0.30000000000000004,5.0,6.0\n",
    "made.g1.gain.vals.csv": "0.0,1.5,2.5\n0.1,3.5,4.5\n0.30000000000000004,5.5,6.5\n",
    "made.g2.gain.vals.csv": "0.0,-1.0,-2.0\n0.1,-3.0,-4.0\n0.30000000000000004,-5.0,-6.0\n",
}
PREFIXES = ["cos.network", "diamond.network", "drshape.network", "mnist-acc99", "mnist-test-small"]
MODELS = {
    "diamond.network": "mod.diamond.network.dnn",
    "drshape.network": "mod.drshape.network.dnn",
    "mnist-acc99": "mod.mnist-acc99-in-400-out-10-struct-100-id-1.dnn",
}


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "authors" / "results"
    where.mkdir(parents=True)
    for name, content in FILES.items():
        (where / name).write_text(content)
    return tmp_path


def rewrite(folder, name, content):
    (folder / "authors" / "results" / name).write_bytes(content)


@pytest.mark.parametrize("prefix", ["made", "made.dnn", "made.dnn."])
def test_values_are_joined_to_neurons_by_the_ids_of_their_own_column(folder, prefix):
    assert neurons(prefix, folder).to_dict("list") == {
        "neuron": [1, 2, 3],
        "error_off": [0.5, 2.0, 0.5],
        "g1": [0.001, 0.0, -3.25],
        "g2": [-1.5, 7.0, -8.0],
        "place_gt": [2, 3, 1],
        "place_g1": [1, 2, 3],
        "place_g2": [2, 1, 3],
    }


def test_curves_count_removals_from_one(folder):
    table = curves("made", folder).set_index(["criterion", "ranking", "removed"])["error"].sort_index()
    assert len(table) == 18
    assert table["gt", "single_overall"].to_dict() == {1: 1.0, 2: 4.0, 3: 7.0}
    assert table["g2", "iterative"].to_dict() == {1: 30.0, 2: 60.0, 3: 70.0}


def test_surfaces_have_gains_without_the_rounding_of_their_sums(folder):
    table = surfaces("made", folder).set_index(["criterion", "removed", "gain"])["error"].sort_index()
    assert len(table) == 18
    assert table["gt", 0].to_dict() == {0.0: 1.0, 0.1: 3.0, 0.3: 5.0}
    assert table["g2", 10].to_dict() == {0.0: -2.0, 0.1: -4.0, 0.3: -6.0}


RANKING, VALUES = "made.dnn.ranking-result.csv", "made.dnn.e0-e1-e2-change-result.csv"


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        (RANKING, b"", "is empty"),
        (RANKING, b"3,1,2\n1,2,1\n", "has 2 rows, .* 3: they are not of the same run"),
        (RANKING, b"3,1,2\n1,2\n2,3,3\n", r"line 2: expected 3 finite numbers, found '1,2'"),
        (RANKING, b"3,1,2\n1,2,x\n2,3,3\n", r"line 2: expected 3 finite numbers, found '1,2,x'"),
        (RANKING, b"3,1,2\n3,2,1\n2,3,3\n", "column 1 is not a list of different ids"),
        (RANKING, b"3,1,2\n1,2.5,1\n2,3,3\n", "column 2 is not a list of different ids"),
        (RANKING, b"3,1,2\n1,2,0\n2,3,3\n", "column 3 is not a list of different ids"),
        (RANKING, b"3,1,2\n1,2,1\n2,3,4\n", "columns 1 and 3 rank different neurons"),
        (RANKING, b"\xff\xfe", "is not text"),
        (VALUES, b"0.5,1,7\n0.5,NaN,-1\n2,-3,-8\n", r"line 2: expected 3 finite numbers"),
        (VALUES, b"0.5,1,7\n0.4,0,-1\n2,-3,-8\n", r"line 2: column 1 \(gt\) is not ascending"),
        (VALUES, b"0.5,1,7\n0.5,0,-1\n2,-3,8\n", r"line 3: column 3 \(g2\) is not descending"),
    ],
)
def test_malformed_values_are_refused_by_name_and_line(folder, name, content, found):
    rewrite(folder, name, content)
    with pytest.raises(RecordedFormatError, match=found) as error:
        neurons("made", folder)
    assert "made.dnn." in str(error.value)


@pytest.mark.parametrize("content", [b"0.0,1.0\n0.1,Infinity\n", b"0.0\n0.1\n", b"0.1,1.0\n0.0,1.0\n", b"0.0,1\n0.1\n"])
def test_malformed_surfaces_are_refused(folder, content):
    rewrite(folder, "made.g1.gain.vals.csv", content)
    with pytest.raises(RecordedFormatError, match=r"made\.g1\.gain\.vals\.csv"):
        surfaces("made", folder)


def test_malformed_curves_are_refused(folder):
    rewrite(folder, "made.dnn.second-order-comparison.csv", b"1,2,3\n1,2\n")
    with pytest.raises(RecordedFormatError, match=r"second-order-comparison\.csv, line 2"):
        curves("made", folder)


def test_a_missing_file_is_named(folder):
    with pytest.raises(DataUnavailableError, match=r"other\.dnn\.ranking-result\.csv found neither in"):
        neurons("other", folder)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_authors_values_are_in_order(prefix):
    shared.path("results", f"{prefix}.dnn.ranking-result.csv")
    table = neurons(prefix)
    assert table["neuron"].tolist() == list(range(1, len(table) + 1))
    for criterion, column in recorded.VALUES.items():
        steps = np.diff(table.sort_values(f"place_{criterion}")[column])
        assert ((steps >= 0) if criterion == "gt" else (steps <= 0)).all()


@pytest.mark.parametrize("prefix", MODELS)
def test_the_join_gives_what_the_stored_network_recorded(prefix):
    """To the last bit: the file's rows and the neurons' own fields are one and the same numbers."""
    shared.path("results", f"{prefix}.dnn.ranking-result.csv")
    stored = shared.network(MODELS[prefix])
    joined = neurons(prefix).merge(stored.identity, on="neuron").sort_values(["layer", "unit"])
    columns = ["layer", "unit", "error_off", "g1", "g2"]
    pd.testing.assert_frame_equal(joined[columns].reset_index(drop=True), stored.recorded, check_exact=True)


def test_the_cosine_results_are_of_another_draw_than_the_stored_network_recorded():
    """Its 10,000 rows were drawn anew in every run: the values agree as two samples do, and tell that ids are right."""
    shared.path("results", "cos.network.dnn.ranking-result.csv")
    stored = shared.network("mod.cos.network.dnn")
    joined = neurons("cos.network").merge(stored.identity, on="neuron").sort_values(["layer", "unit"])
    np.testing.assert_allclose(joined["error_off"], stored.recorded["error_off"], rtol=0.02)
    assert not np.allclose(joined["error_off"], stored.recorded["error_off"], rtol=1e-4)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_authors_curves_begin_with_the_first_neuron_and_end_alike(prefix):
    shared.path("results", f"{prefix}.dnn.ranking-result.csv")
    values, table = neurons(prefix), curves(prefix).set_index(["ranking", "criterion", "removed"])["error"]
    for criterion in recorded.CRITERIA:
        first = values.loc[values[f"place_{criterion}"] == 1, "error_off"].item()
        assert table["single_overall", criterion, 1] == pytest.approx(first, rel=1e-12)
    last = table.xs(len(values), level="removed")
    assert len(last) == 6
    assert np.ptp(last) <= 1e-12 * last.iloc[0]


@pytest.mark.parametrize("prefix", [p for p in PREFIXES if p != "cos.network"])
def test_the_authors_surfaces_are_about_the_iterative_order(prefix):
    """At gain 1 the curve before the neuron's removal, at gain 0 the curve after it."""
    shared.path("results", f"{prefix}.gt.gain.vals.csv")
    curve = curves(prefix).query("ranking == 'iterative'").set_index(["criterion", "removed"])["error"]
    surface = surfaces(prefix).set_index(["criterion", "removed", "gain"])["error"]
    assert surface.index.get_level_values("gain").unique().tolist() == [round(0.1 * i, 1) for i in range(101)]
    for criterion in recorded.CRITERIA:
        assert surface[criterion].index.get_level_values("removed").unique().tolist() == list(range(0, 100, 10))
        for removed in range(0, 100, 10):
            assert surface[criterion, removed, 0.0] == pytest.approx(curve[criterion, removed + 1], rel=1e-12)
            if removed:
                assert surface[criterion, removed, 1.0] == pytest.approx(curve[criterion, removed], rel=1e-12)
