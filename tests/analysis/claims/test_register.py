import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from analysis.claims import RELATED, RegisterError, load
from analysis.claims.register import FOLDER, Operand, operand
from analysis.metrics import table, trajectory
from study.records.condition import Condition
from tests.analysis.synthetic import Cell, frames

ROOT = Path(__file__).parents[3]
TIER_A = [
    "C01",
    "C02",
    "C04",
    "C05",
    "C08",
    "C11",
    "C12",
    "C13",
    "C16",
    "C17",
    "C22",
    "C23",
    "C25",
    "C26",
    "C32",
    "C36",
    "C40",
    "C42",
]
PUBLISHED_METHODS = {"brute_force": "brute_force", "taylor1": "first_order", "taylor2": "second_order"}


def test_all_claims_are_registered():
    register = load()
    assert [claim.id for claim in register.claims] == [f"C{i:02d}" for i in range(1, 56)]
    assert [claim.id for claim in register.tier("A")] == TIER_A
    assert [claim.id for claim in register.tier("C")] == ["C03", "C38", "C44", "C49", "C54"]
    not_run = [claim for claim in register.claims if not claim.parts]
    assert len(not_run) <= 20
    assert all(claim.reason and claim.cells and claim.cost and claim.tier != "A" for claim in not_run)


def test_every_claim_that_is_run_can_be_decided_and_every_metric_exists():
    made = frames([Cell("m", "taylor1", error=[1.0, 2.0, 3.0], accuracy=[1, 0.9, 0.5], hidden=(2,))])
    columns = set(table(made).columns) | {"wins_most_steps"}
    for claim in load().claims:
        assert bool(claim.deciding) == bool(claim.parts), claim.id
        for part in claim.parts:
            name = part.metric + ("_held_out" if part.split == "held_out" else "")
            assert name in columns, (claim.id, name)


def test_accuracy_claims_have_the_held_out_rows_as_co_primary():
    for claim in load().tier("A"):
        decided = {(p.metric, p.split) for p in claim.deciding}
        for metric in ("r_1", "r_2"):
            assert ((metric, "pruning") in decided) == ((metric, "held_out") in decided), claim.id


def test_bands_are_those_of_the_configuration():
    bands = load().bands | load(RELATED).bands
    found = {}
    for file in (ROOT / "conf" / "population").glob("*.yaml"):
        population = yaml.safe_load(file.read_text())["population"]
        if population["band"] is not None:
            found[population["name"]] = population["band"]
    assert found
    for name, band in found.items():
        assert {k: float(v) if k in ("low", "high") else v for k, v in band.items()} == bands[name], name


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("bands", "0.995", "0.994"),
        ("plan", "level: 0.05", "level: 0.06"),
        ("plan", "arms:\n  as_published:\n    meaning: the", "arms:\n  as_published:\n    meaning: these"),
        ("tier_a", "margin: 0.55, metric: r_1", "margin: 0.54, metric: r_1"),
        ("tier_a", "of: {method: taylor1}", "of: {method: taylor1, ranking: single_overall}"),
        ("tier_b", "networks: 50", "networks: 49"),
        ("tier_b", "epochs: 20", "epochs: 21"),
        ("tier_c", "samples: [50, 100", "samples: [60, 100"),
        ("tier_c", "still close to", "close to"),
        ("not_run", "cost: about 5 minutes", "cost: about 6 minutes"),
    ],
)
def test_the_digest_covers_all_that_is_said(tmp_path, name, old, new):
    copy = shutil.copytree(FOLDER, tmp_path / "register")
    file = copy / f"{name}.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    assert load(copy, amended=False).digest != load().frozen


def test_the_digest_is_not_about_how_it_is_written(tmp_path):
    """Neither comments nor line breaks are part of it, nor whether the usual is said."""
    copy = shutil.copytree(FOLDER, tmp_path / "register")
    for file in copy.glob("*.yaml"):
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()), sort_keys=False))
    file = copy / "tier_a.yaml"
    usual = file.read_text().replace("method: taylor1\n", "method: taylor1\n      ranking: iterative\n", 1)
    assert usual != file.read_text()
    file.write_text(usual)
    assert (load(copy).digest, load(copy).frozen) == (load().digest, load().frozen)


def test_conditions_are_read_by_the_names_of_their_dimensions():
    said = {"method": {"name": "taylor2", "threshold": "median"}, "ranking": {"name": "iterative", "every": 5}}
    said |= {
        "scope": "filter",
        "removal": "mean",
        "error": "cross_entropy",
        "selection": {"name": "subset", "samples": 50, "seed": 2},
    }
    (condition,) = operand(said | {"protocol": {"name": "retrain", "epochs": 1, "every": 0.3}}).conditions
    assert condition == Condition(
        "taylor2[threshold=median]",
        "iterative[every=5]",
        "filter",
        "mean",
        "subset[samples=50,seed=2]",
        "retrain[epochs=1,every=0.3]",
        "cross_entropy",
    )
    five = operand({"method": ["taylor1", "random"], "population": "mnist_2x50"})
    assert five == Operand((Condition("taylor1"), Condition("random")), "mnist_2x50")
    assert operand({"method": "taylor1", "metric": "rho_0"}) == Operand((Condition("taylor1"),), metric="rho_0")


def test_the_parameters_of_a_protocol_are_those_that_its_tag_says():
    ticket = {"name": "lottery_ticket", "control": "reinit", "rounds": 7}
    (condition,) = operand({"method": "magnitude", "scope": "weight", "protocol": ticket}).conditions
    assert condition.protocol == "lottery_ticket[rounds=7,control=reinit]"  # in the protocol's own order


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        ({"name": "lottery_ticket", "rounds": 7, "share": 0.2}, r"share: 0.2 is the default.*leave it out.*rounds=7\]"),
        ({"name": "lottery_ticket", "round": 7}, "protocol.*round"),
        ({"name": "lottery", "rounds": 7}, "protocol.*lottery_ticket"),
        ({"name": "lottery_ticket", "control": "reset"}, "protocol.control.*reinit"),
    ],
)
def test_a_protocol_that_no_cell_has_is_refused(protocol, said):
    with pytest.raises(RegisterError, match=said):
        operand({"method": "magnitude", "protocol": protocol})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("of: {method: taylor1}", "of: {methods: taylor1}", "C04, AUC_E.*with a method"),
        (
            "of: {method: taylor1}",
            "of: {method: taylor1, rankings: single_overall}",
            "C04, AUC_E.*no rankings",
        ),
        ("of: {method: taylor1}", "of: taylor1 iterative", "C04, AUC_E.*'taylor1 iterative'.*write a mapping"),
        ("of: {method: taylor1}", "of: {method: 'taylor2[threshold=median]'}", "C04, AUC_E.*parameters are written"),
        ("of: {method: taylor1}", "of: {method: taylor1, selection: 50}", "C04, AUC_E.*selection: 50 is no name"),
        (
            "each: {method: [taylor1, taylor2]}",
            "each: {method: [taylor1], metric: [m4]}",
            "C05.*one word",
        ),
    ],
)
def test_a_wrong_condition_is_named(tmp_path, old, new, said):
    copy = shutil.copytree(FOLDER, tmp_path / "register")
    file = copy / "tier_a.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(RegisterError, match=said):
        load(copy)


@pytest.mark.parametrize(
    ("old", "new", "said"), [("test: PROP", "test: PROB", "C04"), ("role: sensitivity", "role: other", "role")]
)
def test_a_wrong_entry_is_named(tmp_path, old, new, said):
    copy = tmp_path / "register"
    shutil.copytree(FOLDER, copy)
    file = copy / "tier_a.yaml"
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(RegisterError, match=said):
        load(copy)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("search: beam", "search: bean", "C43.*bean.*exhaustive"),
        ("search: beam,\n", "", "C43.*goes with the metrics"),
        ("metric: m8,", "metric: m8, search: beam,", "C35.*with no other"),
    ],
)
def test_a_search_goes_with_the_metrics_that_need_one(tmp_path, old, new, said):
    copy = tmp_path / "register"
    shutil.copytree(FOLDER, copy)
    file = copy / "tier_b.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(RegisterError, match=said):
        load(copy, amended=False)


def test_published_values_are_the_metrics_of_the_published_points():
    folder = ROOT.parent / "shared" / "published"
    if not folder.is_dir():
        pytest.skip("../shared/published is not there")
    points = pd.read_csv(folder / "figure_points.csv")
    starts = pd.read_csv(folder / "starts.csv").set_index("population")

    def published(operand, population, metric):
        (of,) = operand.conditions
        start = starts.loc[population]
        chosen = (points["population"] == population) & (points["ranking"] == of.ranking)
        curve = points[chosen & (points["method"] == PUBLISHED_METHODS[of.method])].sort_values("removed")
        error = pd.concat([pd.Series([start["error_at_start"]]), curve["squared_error"]]).to_numpy()
        correct = None
        if curve["accuracy"].notna().all():
            accuracy = pd.concat([pd.Series([start["accuracy_on_pruning_set"]]), curve["accuracy"]]).to_numpy()
            correct = accuracy * start["samples"]
        return trajectory(error, correct, int(start["samples"]))[metric]

    checked = 0
    for claim in load().tier("A"):
        for part in claim.parts:
            if part.published is None or part.metric.startswith("m7"):  # the order of layers is not in the figures
                continue
            value = published(part.of, part.population, part.metric)
            if isinstance(part.minus, Operand):
                value -= published(part.minus, part.minus.population or part.population, part.metric)
            assert part.published == pytest.approx(
                value, abs=0.0051 if part.metric.startswith(("r_", "m")) else 0.0011
            ), part
            checked += 1
    assert checked > 40
