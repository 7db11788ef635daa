import math
from functools import partial

import numpy as np
import pandas as pd
import pytest

from analysis.claims import load
from analysis.metrics import table, trajectory
from analysis.selftest import agreement, nominal, once, power, rates, rates_once
from analysis.selftest.designs import UNITS, Design, designs
from analysis.selftest.nominal import ABOUT, AT_MOST, Nominal
from analysis.selftest.simulation import COLUMNS, verdict
from analysis.selftest.together import CONJUNCTION, FAMILY, NOT_RUN
from analysis.selftest.trajectories import SAMPLES, Trajectory, areas, correct, error, frames
from analysis.statistics import FROZEN, REFUTED, SUPPORTED, TEMPLATES, TOO_FEW, PValues, evaluate
from tests.hostile.commands import in_process

UNITLESS = "EQ_WELCH"  # C18 counts units, its design shares of them


def design(template):
    return next(d for d in designs() if d.template == template)


@pytest.fixture(scope="module")
def few():
    return rates(repetitions=40, seed=3)


def test_every_template_has_a_design():
    assert {d.template for d in designs()} == set(TEMPLATES)


@pytest.mark.parametrize("known", designs(), ids=lambda d: d.template)
def test_margins_are_those_of_the_claims(known):
    tests = [p for claim in load().claims if claim.id == known.claim for p in claim.parts if p.test == known.template]
    assert tests
    if known.template not in (UNITLESS, "TREND"):
        assert known.margin in [p.margin for p in tests]


@pytest.mark.parametrize("known", designs(), ids=lambda d: d.template)
def test_truths_are_what_is_drawn(known):
    for effect, truth in known.truths.items():
        x = known.draw(effect, 200, 50, np.random.default_rng(0))
        centre = {
            "difference": lambda x: x.mean(),
            "samples": lambda x: (x[..., 0] - x[..., 1]).mean(),
            "share": np.median,
            "chance": lambda x: x.mean(),
            "correlation": lambda x: np.tanh(np.arctanh(x).mean()),
            "levels": lambda x: np.diff(x.mean(axis=(0, 1))).mean(),
        }[known.kind](x)
        assert centre == pytest.approx(truth, abs=0.02 if known.kind == "chance" else 0.005)


@pytest.mark.parametrize("area", [0.06, 0.2, 0.5, 0.77, 0.94])
def test_areas_are_exact(area):
    found = trajectory(error(area), correct(0.4), SAMPLES)
    assert found["auc_e"] == pytest.approx(area, abs=1e-12)
    assert found["auc_e"] == pytest.approx(found["auc_e_unclipped"], abs=1e-12)
    assert np.all(np.diff(error(area)) > 0)


def test_an_area_out_of_reach_is_refused():
    with pytest.raises(ValueError, match="AUC_E must lie in"):
        error(areas()[1] + 0.01)


@pytest.mark.parametrize("k", [0, 1, 29, 57, UNITS])
def test_shares_are_exact(k):
    assert trajectory(error(0.5), correct(k / UNITS), SAMPLES)["r_1"] == k / UNITS


def test_a_store_has_the_metrics_that_were_chosen():
    rows = table(frames([Trajectory("p", "taylor1", 100, area=0.3, removable=0.2, rho=0.7)]))
    assert rows[["auc_e", "r_1", "rho_0"]].to_numpy().round(12).tolist() == [[0.3, 0.2, 0.7]]


def test_both_levels_agree():
    levels = agreement(repetitions=2, n=7)
    assert set(levels["template"]) == set(TEMPLATES)
    assert levels["differing"].sum() == 0
    assert levels["largest_gap"].max() < 1e-9
    assert (levels["repetitions"] == 2).all()


def test_levels_that_differ_are_told(monkeypatch):
    monkeypatch.setattr("analysis.selftest.levels.Trajectory", lambda *a, **k: Trajectory(*a, **k | {"removable": 0.9}))
    levels = agreement(repetitions=1).set_index(["template", "effect"])
    assert levels.loc[("ATMOST", "2 delta"), "differing"] == 1
    assert levels.loc["ATLEAST", "largest_gap"].max() > 0.1


def test_rates_are_tidy(few):
    assert list(few.columns) == COLUMNS
    assert not few.duplicated(["template", "effect", "n", "family"]).any()
    for name in ("supported", "refuted"):
        assert few[name].between(few[f"{name}_low"], few[f"{name}_high"]).all()
    assert few["ok"].all()
    assert set(few["n"]) == {10, 30}
    mixed = few["template"].isin((FAMILY, NOT_RUN, CONJUNCTION))
    assert set(few.loc[~mixed, "repetitions"]) == {40}


def test_rates_do_not_depend_on_the_run(few):
    pd.testing.assert_frame_equal(rates(repetitions=2, seed=3), rates(repetitions=2, seed=3))
    assert not rates(repetitions=2, seed=4)["supported"].equals(rates(repetitions=2, seed=3)["supported"])


def test_power_grows_with_the_effect_and_with_n(few):
    alone = few[(few["family"] == 1) & (few["template"] != CONJUNCTION)]
    found = alone.set_index(["template", "n", "effect"])["supported"].unstack()
    assert (found["none"] <= found["2 delta"]).all()
    assert (found["against"] <= 0.1).all()
    by_n = found["2 delta"].unstack()
    assert (by_n[30] >= by_n[10]).all()


def test_decisions_that_are_errors_bind_to_the_level():
    sup = design("SUP")
    assert nominal.supported(sup, "none", 10, 1) == Nominal(0.05, AT_MOST)
    assert nominal.supported(sup, "none", 10, 18) == Nominal(0.05 / 18, AT_MOST)
    assert nominal.refuted(sup, "delta", 10) == Nominal(0.05, AT_MOST)
    assert nominal.refuted(sup, "none", 10).binds == ABOUT
    assert nominal.refuted(design("ATLEAST"), "none", 10) == Nominal(0.05, AT_MOST)
    assert nominal.refuted(design("ATLEAST"), "none", 10, 18) == Nominal(0.05 / 18, AT_MOST)
    assert nominal.supported(sup, "delta", 30, 1).value == 0.5  # its power is above one half; the rule binds


def test_nominal_power_in_closed_form():
    level = 0.05
    prop = Design("PROP", 0.5, "", "chance", 0.0, {"none": 0.5, "delta": 0.9}, "none")
    chance = nominal.supported(prop, "delta", 10, 1).value
    assert chance == pytest.approx(0.9**10 + 10 * 0.9**9 * 0.1)  # 9 or 10 of 10: (1 + 10) / 1024 < .05 < 56 / 1024
    z = np.random.default_rng(0).normal(np.arctanh(0.6), 0.2, (4000, 10))
    statistic = (z.mean(axis=1) - np.arctanh(0.5)) / z.std(axis=1, ddof=1) * np.sqrt(10)
    found = np.mean(statistic > 1.8331)  # t with 9 degrees of freedom
    assert nominal.supported(design("ASSOC"), "delta", 10, 1).value == pytest.approx(found, abs=0.03)
    assert power.signed_rank(0.0, 10, level) == pytest.approx(43 / 1024, abs=0.004)  # the 43 extreme of 1,024 outcomes
    assert power.equivalence(1.0, 12, level) == pytest.approx(0.89, abs=0.01)


def test_power_of_the_sign_test_in_closed_form():
    """Shares of 100 units: "above .40" begins at .41, to which all from .405 on are rounded."""
    above = 0.5 * (1 + math.erf(0.045 / 0.05 / math.sqrt(2)))
    nine_or_ten = above**10 + 10 * above**9 * (1 - above)  # 11 / 1024 < .05 < 56 / 1024
    assert nominal.supported(design("ATLEAST"), "delta", 10, 1).value == pytest.approx(nine_or_ten)
    assert nominal.refuted(design("ATMOST"), "against", 10).value == pytest.approx(nine_or_ten)


def test_a_rate_far_from_its_nominal_value_is_out():
    assert Nominal(0.05, AT_MOST).excluded(0.06, 0.1)
    assert not Nominal(0.05, AT_MOST).excluded(0.0, 0.01)
    assert Nominal(0.8, ABOUT).excluded(0.6, 0.7)
    assert not Nominal().excluded(0.6, 0.7)


def test_a_test_without_its_level_is_found(monkeypatch):
    """P-values of a tenth: a defect that the self-test must see."""

    def lenient(template, values, margin):
        result = evaluate(template, values, margin)
        return type(result)(**vars(result) | {"p": result.p / 10})

    monkeypatch.setattr("analysis.selftest.simulation.evaluate", lenient)
    found = rates(repetitions=40)
    wrong = found[~found["ok"] & (found["effect"] == "none") & (found["family"] == 1)]
    assert {"ATLEAST", "TREND"} <= set(wrong["template"])


def test_a_refutation_without_its_level_is_found(monkeypatch):
    """Each part of a claim at .05 by itself, as the plan was frozen."""

    def uncorrected(parts):
        return PValues(max(part.p for part in parts), 0.0, min(part.refute for part in parts), 0.0)

    monkeypatch.setattr("analysis.selftest.together.all_hold", uncorrected)
    found = rates(repetitions=40).set_index(["template", "n"])
    assert not found.loc[(CONJUNCTION, 30), "ok"]
    assert found.loc[(CONJUNCTION, 30), "refuted"] > 0.3  # 1 - .95^20 is .64; sign tests keep below their level


def test_medians_by_the_signed_rank_are_found_on_skewed_draws(monkeypatch):
    """At 30 networks with their median at the margin it decides wrongly in more than a tenth of the draws."""
    frozen = partial(evaluate, templates=FROZEN)
    monkeypatch.setattr("analysis.selftest.simulation.evaluate", frozen)
    found = rates(repetitions=60)
    wrong = found[~found["ok"] & (found["n"] == 30) & found["effect"].str.contains("skewed")]
    assert {"ATLEAST", "ATMOST"} <= set(wrong["template"])


def test_verdicts_in_a_family():
    d = np.full(9, 0.5) + np.arange(9) / 100
    row = evaluate("SUP", d, 0.02)
    assert verdict(row, family=18) == SUPPORTED  # 18 * 2^-9 = .035
    assert verdict(row, family=30) == TOO_FEW
    assert verdict(evaluate("SUP", -d, 0.02), family=18) == REFUTED


@pytest.mark.slow
def test_nothing_is_out_of_nominal():
    found = rates(repetitions=500)  # as a report's; p-values that are halved are out in a third of the rows
    assert found.loc[~found["ok"]].empty
    at_margin = found[(found["effect"] == "none") & (found["family"] == 1)]
    assert (at_margin["supported_low"] <= 0.05).all()


def test_the_command_writes_the_rates(tmp_path, capsys, monkeypatch):
    out = tmp_path / "rates.csv"
    done = in_process(capsys, monkeypatch, "analysis.selftest", "--repetitions", 20, "--stores", 1, "--out", out)
    assert done.code == 0, done.said
    assert "0 differ" in done.out
    assert list(pd.read_csv(out).columns) == COLUMNS


def test_rates_are_drawn_once(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(once, "rates", lambda *given: drawn.append(given) or pd.DataFrame({"n": [len(drawn)]}))
    assert rates_once(tmp_path, 10).equals(rates_once(tmp_path, 10))
    assert drawn == [(10, 0, None)]
    assert rates_once(tmp_path, 20)["n"].tolist() == [2]
    assert len(list(tmp_path.iterdir())) == 1
