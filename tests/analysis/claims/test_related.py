"""The register of related systems: read, frozen, judged on cells whose truth is known."""

import shutil

import pandas as pd
import pytest
import yaml
from hydra import compose

from analysis.claims import RELATED, RegisterError, evaluate_related, load
from analysis.claims.adding import ADDED, SHORT, add_related
from analysis.claims.register import FOLDER, freeze
from analysis.claims.rejudge import RELATED_VALUES, RELATED_VERDICTS, rejudge_related
from analysis.frames import READ, Frames
from analysis.metrics import table
from analysis.metrics.names import explained
from analysis.pipeline import judge
from analysis.statistics import holm
from study.common.errors import StudyError
from study.common.paths import CONF
from study.config.plan import plan as planned
from study.config.population import composer
from study.methods.base import check_weights
from study.records.condition import parted
from tests.analysis.synthetic import Cell, frames, study
from tests.analysis.tickets import Ticket, ticketed

TICKET, REINIT = "lottery_ticket[rounds={}]", "lottery_ticket[rounds={},control=reinit]"


def tickets(gain, seeds=range(100, 110), stop=2500):
    """Tickets that are so much more accurate at their early stop than their masks drawn anew, and stop at `stop`."""
    return [
        Ticket(protocol=name.format(rounds), seed=seed, stops=[(4000, 0.9), (stop + seed, accuracy)])
        for rounds in (7, 15)
        for seed in seeds
        for name, accuracy in ((TICKET, 0.92 + gain + 0.001 * (seed - 100)), (REINIT, 0.92))
    ]


def together(*stores):
    """The frames of several stores as those of one."""
    names = ("cells", *READ)
    return Frames(**{n: pd.concat([getattr(store, n) for store in stores], ignore_index=True) for n in names})


def overall(evaluation, claim):
    return evaluation.verdicts.query("claim == @claim and part == 'overall'").iloc[0]


@pytest.fixture(scope="module")
def related():
    return load(RELATED)


def test_every_claim_can_be_decided_and_every_metric_is_one(related):
    assert {claim.tier for claim in related.claims} >= set(related.plan["families"])
    columns = set(table(frames([Cell("m", "taylor1", [1.0, 2.0], [1, 0.5], hidden=(1,))]))) | {"wins_most_steps"}
    for claim in related.claims:
        assert claim.deciding or claim.reason, claim.id
        for part in claim.parts:
            named = {part.column, *(part.column_of(term) for term in part.operands)}
            assert named <= columns & {*explained(), *(f"{name}_held_out" for name in explained())}, (claim.id, named)


def test_the_conditions_are_those_of_single_weights_or_of_small_whole_networks(related):
    for claim in related.claims:
        for part in claim.parts:
            for term in part.operands:
                for condition in term.conditions:
                    weights = condition.scope == "weight" and parted(condition.protocol)[0] != "no_retrain"
                    assert condition.error == "cross_entropy", claim.id  # as the populations have it
                    assert weights or term.metric == "dense_accuracy", (claim.id, condition)


def test_bands_are_those_of_the_configuration(related):
    for name in related.populations:
        file = CONF / "population" / f"{name}.yaml"
        if file.is_file():
            said = yaml.safe_load(file.read_text())["population"].get("band")
            assert (said or None) == related.bands.get(name), name


def test_the_populations_are_ranked_by_the_error_that_every_term_says(related):
    files = [CONF / "population" / f"{name}.yaml" for name in related.populations]
    said = {file.stem: yaml.safe_load(file.read_text())["error"] for file in files if file.is_file()}
    assert said == dict.fromkeys(said, related.plan["terms"]["error"])


def test_every_term_can_be_run_and_its_cell_is_the_one_that_is_looked_for(related):
    """As the command line reads it: the method scores weights, the protocol fits the training, the tags are its own."""
    asked = {
        (term.population or part.population, condition)
        for claim in related.claims
        for part in claim.parts
        for term in part.operands
        for condition in term.conditions
    }
    there = {(population, c) for population, c in asked if (CONF / "population" / f"{population}.yaml").is_file()}
    assert len(there) > 20
    with composer():
        for population, condition in sorted(there, key=str):
            plan = planned(compose("config", [f"population={population}", *condition.overrides()]))
            assert plan.condition == condition, population
            if condition.scope == "weight":
                check_weights(plan.method)
                plan.settings.protocol.check(plan.recipe, plan.recipe.iterations or 10**6)


def test_the_two_registers_share_no_claim_and_leave_each_other_alone(related):
    paper = load()
    assert not {c.id for c in related.claims} & {c.id for c in paper.claims}
    assert not related.populations & paper.populations
    assert related.rules == paper.rules
    assert related.digest == yaml.safe_load((RELATED / "plan.yaml").read_text())["frozen"] != paper.digest


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("plan", "level: 0.05", "level: 0.06"),
        ("plan", "in_force: [not_run, ", "in_force: ["),
        ("tickets", "margin: 0.0025", "margin: 0.0026"),
        ("gradual", "metric: dense_accuracy", "metric: accuracy_0_held_out"),
        ("retrain", "networks: 10", "networks: 11"),
    ],
)
def test_a_changed_register_is_refused_until_it_is_frozen_anew(tmp_path, name, old, new):
    copy = shutil.copytree(RELATED, tmp_path / "related")
    file = copy / f"{name}.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(RegisterError, match=r"something else than what was frozen.*put it back.*claims freeze"):
        load(copy)
    digest = freeze(copy)
    assert load(copy).digest == digest != load(RELATED).digest


def test_a_comment_changes_nothing_and_freezing_twice_is_freezing_once(tmp_path):
    copy = shutil.copytree(RELATED, tmp_path / "related")
    (copy / "tickets.yaml").write_text("# more\n" + (copy / "tickets.yaml").read_text())
    assert load(copy).digest == load(RELATED).digest
    assert freeze(copy) == load(RELATED).digest
    assert (copy / "plan.yaml").read_text() == (RELATED / "plan.yaml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("in_force: [not_run", "in_force: [not_runs", "in_force.*not_runs"),
        ("families: [", "families: [other, ", "other"),
    ],
)
def test_a_word_of_the_plan_that_is_not_known_is_named(tmp_path, old, new, said):
    copy = shutil.copytree(RELATED, tmp_path / "related")
    plan = copy / "plan.yaml"
    plan.write_text(plan.read_text().replace(old, new, 1))
    with pytest.raises(RegisterError, match=said):
        load(copy)


def test_a_plan_without_a_line_for_its_digest_is_not_frozen(tmp_path):
    copy = shutil.copytree(FOLDER, tmp_path / "register")
    with pytest.raises(RegisterError, match=r"plan\.yaml has no line"):
        freeze(copy)


def test_a_supported_claim_corrected_over_its_family():
    store = ticketed(tickets(0.01))
    found = evaluate_related(store, table(store))
    row = overall(found, "L1")
    assert (row["verdict"], row["n"], row["arm"]) == ("supported", 10, "at_this_scale")
    assert found.confirmatory
    ran = {claim: overall(found, claim)["p"] for claim in ("L1", "L2", "L3")}
    assert row["p_corrected"] == pytest.approx(holm({**ran, "L4": 1.0})["L1"])


def test_a_refuted_claim_and_one_of_development_seeds():
    store = ticketed(tickets(-0.02))
    found = evaluate_related(store, table(store))
    assert overall(found, "L1")["verdict"] == "refuted"
    store = ticketed(tickets(0.01, range(10)))
    assert not evaluate_related(store, table(store)).confirmatory


def test_the_paper_is_judged_as_if_they_were_not_there():
    paper = study(populations=["mnist_1x100"], seeds=range(100, 103), draws=1)
    both, alone = judge(together(paper, ticketed(tickets(0.01, range(100, 103))))), judge(paper)
    pd.testing.assert_frame_equal(both.verdicts, alone.verdicts)
    assert alone.related is None
    assert overall(both.related, "L1")["n"] == 3


def gradual_store(seeds=range(100, 110)):
    """The large one keeps .9 of its accuracy whatever is cut; the small ones have .89, .88, .87 and .86."""
    small = {"82_27": (0.89, 0.75026), "41_14": (0.88, 0.87786), "17_6": (0.87, 0.95074), "8_8": (0.86, 0.97734)}
    whole, sparse = [], []
    for seed in seeds:
        for name, (accuracy, sparsity) in small.items():
            right = [accuracy + 0.001 * (seed - 100), 0.1]
            more = {"hidden": (1,), "seed": seed, "ranked_error": "cross_entropy"}
            whole.append(Cell(f"fashion_{name}", "magnitude", [1.0, 9.0], right, **more))
            gradual = f"gradual[sparsity={sparsity},begin=860,every=275,cuts=20]"
            sparse.append(Ticket("fashion_gradual", protocol=gradual, seed=seed, accuracy=[0.91, 0.5, 0.9], left=[0.1]))
    return together(frames(whole), ticketed(sparse))


def test_a_large_sparse_network_is_compared_with_small_whole_ones():
    store = gradual_store()
    found = evaluate_related(store, table(store))
    assert overall(found, "Z1")["verdict"] == overall(found, "Z2")["verdict"] == "supported"
    assert overall(found, "Z2")["estimate"] == pytest.approx(0.03)
    values = found.values.query("claim == 'Z1' and seed == 103").set_index("part")["value"]
    assert values["large above 17-6"] == pytest.approx(0.9 - 0.873)


def test_kept_values_are_judged_anew(tmp_path):
    store = ticketed(tickets(0.01))
    found = evaluate_related(store, table(store))
    assert rejudge_related(tmp_path).empty  # nothing is kept
    found.values.to_csv(tmp_path / f"{RELATED_VALUES}.csv", index=False)
    old = found.verdicts.assign(verdict=found.verdicts["verdict"].replace("supported", "inconclusive"))
    old.to_csv(tmp_path / f"{RELATED_VERDICTS}.csv", index=False)
    kept = pd.DataFrame({"part": ["claims", "weights"], "register": ["theirs", "older"]})
    kept.to_csv(tmp_path / "kept.csv", index=False)
    changed = rejudge_related(tmp_path)
    assert ("L1", "inconclusive", "supported") in changed[["claim", "before", "verdict"]].itertuples(index=False)
    again = pd.read_csv(tmp_path / f"{RELATED_VERDICTS}.csv")
    assert again["verdict"].tolist() == found.verdicts["verdict"].tolist()
    assert pd.read_csv(tmp_path / "kept.csv")["register"].tolist() == ["theirs", found.digest]


def test_a_system_that_another_store_has_whole_is_added(tmp_path):
    """Stores are not kept: tickets come from one, gradual pruning from another, and both are judged together."""
    with pytest.raises(StudyError, match="make results PART=weights"):
        add_related(ticketed(tickets(0.01)), tmp_path)
    first = evaluate_related(*seen(ticketed(tickets(0.01))))
    first.values.to_csv(tmp_path / f"{RELATED_VALUES}.csv", index=False)
    first.verdicts.to_csv(tmp_path / f"{RELATED_VERDICTS}.csv", index=False)
    pd.DataFrame({"part": ["weights"], "register": ["older"]}).to_csv(tmp_path / "kept.csv", index=False)
    other = gradual_store()
    told = add_related(other, tmp_path)
    assert set(told.loc[told["what"] == ADDED, "claim"]) == {"Z1", "Z2"}
    after = pd.read_csv(tmp_path / f"{RELATED_VERDICTS}.csv").query("part == 'overall'").set_index("claim")["verdict"]
    assert after["L1"] == overall(first, "L1")["verdict"] == "supported"
    assert after["Z1"] == "supported"
    few = add_related(gradual_store(range(100, 104)), tmp_path)
    assert set(few.loc[few["claim"].isin(["Z1", "Z2"]), "what"]) == {SHORT}
    with pytest.raises(StudyError, match="no cell of a population"):
        add_related(study(populations=["mnist_1x100"], seeds=range(100, 103), draws=1), tmp_path)


def seen(store):
    return store, table(store)
