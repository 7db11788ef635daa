"""The section on related systems: a row a claim and a part, and nothing where no cell is of them."""

import io

import pandas as pd
import pytest
from rich.console import Console

from analysis.__main__ import show_related
from analysis.pipeline import judge
from analysis.report import build
from analysis.sections.claims import Claims
from analysis.sections.related import TITLE, Related, in_words
from tests.analysis.claims.test_related import tickets
from tests.analysis.synthetic import study
from tests.analysis.tickets import Ticket, ticketed


@pytest.fixture(scope="module")
def judged():
    return judge(ticketed(tickets(0.01)))


def test_claims_and_their_parts_are_told(judged):
    told = in_words(judged.related)
    claims = told[told["claim"] != ""].set_index("claim")
    assert list(claims.index[:4]) == ["L1", "L2", "L3", "L4"]
    assert set(claims.index) == {claim.id for claim in judged.related.register.claims}
    assert claims.loc["L1", ["n", "verdict", "estimate"]].tolist() == ["10", "supported", "–"]
    assert claims.loc["L4", ["n", "verdict"]].tolist() == ["–", "not run"]
    parts = told[told["what"].str.startswith("ticket above its mask drawn anew, 7")]
    assert parts[["population", "n", "verdict"]].to_numpy().tolist() == [["mnist_ticket", "10", "supported"]]
    assert parts["estimate"].item().startswith("0.0145")
    assert "at the end of training (sensitivity)" in set(told["what"])


def test_the_page_says_at_which_scale(judged, tmp_path):
    page = build(judged.material(pd.DataFrame()), tmp_path, lambda *_: None, [Related()]).read_text()
    assert f"<h2>{TITLE}</h2>" in page
    assert "verdict at this scale" in page
    assert "Lottery tickets (Frankle &amp; Carbin 2019)" in page
    assert "Development seeds only: nothing here" not in page
    assert {p.name for p in (tmp_path / "tables").glob("related*")} == {"related_verdicts.csv", "related_values.csv"}


def test_the_terminal_tells_the_claims_that_were_run(judged):
    console = Console(record=True, width=200, file=io.StringIO())
    show_related(judged.related, console)
    lines = console.export_text().splitlines()
    assert lines[0].strip() == TITLE
    assert any("L1" in line and "supported" in line for line in lines)
    assert not any("L4" in line for line in lines)  # not run


def test_it_is_absent_without_such_cells():
    alone = judge(study(populations=["mnist_1x100"], seeds=[100], draws=1))
    assert not Related().present(Related().made(alone.material(pd.DataFrame())))
    another = judge(ticketed([Ticket("mnist_ticket", protocol="early")]))  # of the population, in no claim
    assert not Related().present(Related().made(another.material(pd.DataFrame())))


def test_what_is_kept_of_the_paper_counts_none_of_their_cells(judged):
    of = judged.material(pd.DataFrame())
    assert len(Related().cells(of)) == 40
    assert Claims().cells(of).empty
