"""The bridge on networks whose weights' impacts are known by hand, and along a protocol that cuts without training."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import torch

from study import measures
from study.common.errors import StudyError
from study.data.base import Dataset
from study.data.split import Split
from study.impact.weights import every_weight, weight_errors
from study.measures.bridge import Bridge
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.networks.parts import Part
from study.protocols.base import Cut, Evaluate, Protocol, Score
from study.pruning.settings import Settings
from study.records import TABLES
from study.tracking.digest import tables_digest
from study.trajectories.trajectory import prune
from tests import cases


@dataclass(frozen=True)
class Twice(Protocol):
    """Two cuts; between them nothing is trained, though it is said to be."""

    weights_only: ClassVar[bool] = True
    threshold: str = "layer"

    def events(self, state, ranking):  # noqa: ARG002
        yield Score()
        yield Evaluate(0)
        yield Cut(0.6, threshold=self.threshold)
        yield Evaluate(1, measured=False)
        yield Score()
        yield Evaluate(1, phase="train")
        yield Cut(0.3, threshold=self.threshold)
        yield Evaluate(2)


def data(validation=True, samples=40):
    inside, *outside = (cases.rows(samples, 5, 3, seed) for seed in range(3))
    dead = inside.inputs.clone()
    dead[:, 2] = 0.0
    inside = replace(inside, inputs=dead)
    names = ("held_out", "validation")[: 1 + validation]
    splits = {"training": inside, "pruning": inside} | dict(zip(names, outside, strict=False))
    return Dataset("made", "classification", 3, "softmax", splits)


def pruned(method="magnitude", of=None, network=None, **options):
    network = network or cases.network((12, 9), 3, "tanh", "softmax", features=5)
    options = {"error": "cross_entropy", "protocol": Twice(), "measures": {"bridge": {"each": 2}}} | options
    return prune(network, of or data(), method, scope="weight", **options)


@pytest.fixture(scope="module")
def found():
    return pruned().tables


def test_two_weights_by_hand():
    """y = b (a x + c) + d of one input: what E does without a or b follows from three sums over the rows."""
    a, b, c, d = 2.0, -1.5, 0.5, 0.25
    arrays = [torch.tensor(v, dtype=torch.float64) for v in ([[a]], [[b]], [c], [d])]
    net = Network(tuple(arrays[:2]), tuple(arrays[2:]), ("linear",), "linear")
    x, t = np.array([1.0, -2.0, 0.5]), np.array([0.5, 1.0, -1.0])
    columns = [torch.from_numpy(values)[:, None] for values in (x, t)]
    rows = Split(*columns, torch.zeros(3, dtype=torch.int64))
    given = Dataset("made", "regression", 0, "linear", {"training": rows, "pruning": rows, "held_out": rows})
    sampled = pruned(of=given, network=net, error="half_squared").tables["sampled"].query("event == 0")
    h, y = a * x + c, b * (a * x + c) + d
    whole = ((y - t) ** 2).sum() / 2
    assert sampled["value"].tolist() == [a, b]
    impact = [((b * c + d - t) ** 2).sum() / 2 - whole, ((d - t) ** 2).sum() / 2 - whole]
    assert sampled["impact"].tolist() == pytest.approx(impact)
    assert sampled["first_order"].tolist() == pytest.approx([-a * ((y - t) * b * x).sum(), -b * ((y - t) * h).sum()])
    curvature = [a**2 / 2 * (b**2 * x**2).sum(), b**2 / 2 * (h**2).sum()]
    assert sampled["curvature"].tolist() == pytest.approx(curvature)
    assert sampled["gauss_newton"].tolist() == sampled["curvature"].tolist()
    assert (sampled["first_order"] + sampled["curvature"]).tolist() == pytest.approx(impact)
    assert sampled["score"].tolist() == [a, -b]
    assert sampled["impact_validation"].isna().all()
    assert sampled["probability"].tolist() == [1, 1]


def test_the_tables_are_as_declared_and_the_same_twice(found):
    for name in ("sampled", "bridge", "decisions"):
        assert list(found[name].columns) == list(TABLES[name])
        assert [str(dtype) for dtype in found[name].dtypes][:2] == [c.dtype for c in TABLES[name].values()][:2]
    assert tables_digest(pruned().tables) == tables_digest(found)
    assert {"impacts", "agreement"}.isdisjoint(name for name, frame in found.items() if len(frame))


def test_weights_are_sampled_where_they_are_measured_and_the_cut_is_said(found):
    sampled = found["sampled"]
    assert sampled["event"].unique().tolist() == [0, 2, 3]
    before, last = sampled[sampled["event"] < 3], sampled[sampled["event"] == 3]
    assert set(before["going"]) == {0, 1}
    assert ((before["from_cut"] < 0) == (before["going"] == 1)).all()
    assert before["from_cut"].between(-0.5, 0.6).all()
    assert (last["going"] == -1).all()
    assert last["from_cut"].isna().all()
    assert last["score"].isna().all()
    assert set(found["bridge"].query("event < 3")["criterion"]) == {
        *("method", "magnitude", "taylor1", "taylor1_abs", "curvature", "taylor2", "gauss_newton", "random"),
        "other_rows",
    }
    assert "method" not in set(found["bridge"].query("event == 3")["criterion"])


def test_impacts_are_those_of_the_oracle_and_silent_weights_are_apart(found):
    net, given = cases.network((12, 9), 3, "tanh", "softmax", features=5), data()
    error = ErrorFunction("softmax", "cross_entropy")
    every = every_weight(net)
    start = found["sampled"].query("event == 0")
    for name, split in (("impact", "pruning"), ("impact_validation", "validation")):
        rows = given.splits[split]
        whole = float(error.total(net.logits(rows.inputs), rows.targets.T))
        truth = dict(zip(every, (weight_errors(net, rows, error, every) - whole).tolist(), strict=True))
        drawn = [truth[place] for place in map(Part, start["layer"], start["weight"])]
        assert start[name].to_numpy() == pytest.approx(np.array(drawn), abs=1e-12 * whole)
    silent = start[start["stratum"] == -1]
    assert len(silent) == 2
    assert set(silent["weight"] % 5) == {2}
    assert (silent["impact"] == 0).all()
    assert (silent["impact_validation"] != 0).all()


def test_a_sample_of_all_weights_says_what_all_weights_say():
    tables = pruned("taylor1", measures={"bridge": {"each": 10**6}}).tables
    sampled, bridge, decisions = (tables[name] for name in ("sampled", "bridge", "decisions"))
    assert (sampled["probability"] == 1).all()
    start = sampled.query("event == 0 and stratum >= 0")
    columns = {
        "taylor1": start["first_order"],
        "magnitude": start["value"].abs(),
        "other_rows": start["impact_validation"],
    }
    columns |= {"taylor2": start["first_order"] + start["curvature"], "method": start["first_order"]}
    pooled = bridge.query("event == 0 and layer == -1").set_index("criterion")
    for name, values in columns.items():
        assert pooled["spearman"][name] == pytest.approx(values.corr(start["impact"], "spearman"))
        absolute = values.abs().corr(start["impact"].abs(), "spearman")
        assert pooled["spearman_absolute"][name] == pytest.approx(absolute)
    assert pooled["regret"]["method"] == pooled["regret"]["taylor1"] >= 0
    assert (bridge["regret"].dropna() >= 0).all()
    first, second = decisions.to_dict("records")
    goes = sampled.query("event == 0 and going == 1")
    assert (first["going"], first["weights_left"]) == (len(goes), len(sampled.query("event == 0")))
    assert first["single_sum"] == pytest.approx(goes["impact"].sum())
    errors = tables["evaluations"].query("split == 'pruning'")["error"].tolist()
    assert (first["joint"], second["joint"]) == (errors[1] - errors[0], errors[3] - errors[2])
    assert first["interaction"] == first["joint"] / first["single_sum"]
    both = sampled.query("event == 0").merge(sampled.query("event == 2"), on=["layer", "weight"])
    both = both[(both["stratum_x"] >= 0) & (both["stratum_y"] >= 0)]
    assert first["survivors"] == pytest.approx(both["impact_x"].corr(both["impact_y"], "spearman"))
    right = tables["evaluations"].query("split == 'validation'")["correct"].tolist()
    assert first["instability"] == pytest.approx(1 - right[1] / right[0])


def test_one_threshold_for_all_layers_is_seen_as_one():
    tables = pruned(protocol=Twice("global"), measures={"bridge": {"each": 10**6}}).tables
    start = tables["sampled"].query("event == 0").sort_values("score")
    n = len(start)
    assert start["from_cut"].to_numpy() == pytest.approx((np.arange(n) + 0.5 - (start["going"] == 1).sum()) / n)


def test_every_counts_rounds_and_what_covers_what():
    sampled = pruned(measures={"bridge": {"each": 2, "every": 2}}).tables["sampled"]
    assert sampled["event"].unique().tolist() == [0, 3]
    assert Bridge(every=2).covers(Bridge(every=4))
    assert not Bridge(every=2).covers(Bridge(every=3))
    assert not Bridge(each=20).covers(Bridge())
    assert Bridge(every=4).joined(Bridge(every=6)) == Bridge(every=2)
    assert Bridge(each=20).joined(Bridge()) is None
    with pytest.raises(StudyError, match="every=0"):
        Bridge(every=0)


def test_estimates_are_of_the_calibration_rows_in_the_units_of_the_pruning_rows():
    whole = pruned(measures={"bridge": {"each": 10**6}}).tables["sampled"]
    half = pruned(measures={"bridge": {"each": 10**6}}, selection="held_out").tables["sampled"]
    assert whole["impact"].tolist()[:50] == half["impact"].tolist()[:50]
    assert not np.allclose(whole["first_order"][:50], half["first_order"][:50])
    assert 0.3 < whole["first_order"].abs().mean() / half["first_order"].abs().mean() < 3


def test_straight_units_under_the_cross_entropy_have_no_more_than_the_gauss_newton_part():
    net = cases.network((12, 9), 3, "relu", "softmax", features=5)
    straight = pruned(network=net).tables["sampled"]
    assert straight["curvature"].tolist() == straight["gauss_newton"].tolist()
    squared = pruned(network=net, error="half_squared").tables["sampled"]
    assert squared["curvature"].tolist() != squared["gauss_newton"].tolist()


def test_of_filters_second_order_is_null():
    net = cases.filters(cases.FILTERS[2])
    rows = [cases.rows(8, net.features, 3, seed) for seed in range(2)]
    given = Dataset(
        "made", "classification", 3, "softmax", {"training": rows[0], "pruning": rows[0], "held_out": rows[1]}
    )
    tables = pruned(of=given, network=net, measures={"bridge": {"each": 1}}).tables
    assert tables["sampled"]["curvature"].isna().all()
    assert set(tables["bridge"].query("event == 0")["criterion"]) == {
        *("method", "magnitude", "taylor1", "taylor1_abs", "random"),
    }


def test_it_is_what_is_measured_of_weights_and_units_are_refused():
    assert measures.stated(measures.asked(Settings(scope="weight", truth_every=3))) == {
        "bridge": {"each": 50, "every": 3}
    }
    with pytest.raises(StudyError, match="goes with scope=weight"):
        prune(cases.network((4,), 3), cases.dataset(), "magnitude", measures={"bridge": {}})


def test_unit_cells_have_none_of_the_tables():
    tables = prune(cases.network((4,), 3), cases.dataset(), "magnitude").tables
    assert {"sampled", "bridge", "decisions"}.isdisjoint(tables)
    assert isinstance(tables["agreement"], pd.DataFrame)
