"""The section on single weights: there where a store has such cells, with the numbers of their tables."""

import re
from html import unescape
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from analysis.figures import drawn
from analysis.frames import RUN_COLUMNS, Frames
from analysis.pipeline import judge
from analysis.report import build
from analysis.sections import Material, found
from analysis.sections.weights.cells import cells_of_weights, conditions
from analysis.sections.weights.criteria import agreements
from analysis.sections.weights.overlap import overlaps
from analysis.sections.weights.paths import paths
from tests import made_weights
from tests.analysis.synthetic import study
from tests.seen import hidden

RATES = pd.DataFrame({"repetitions": [20], "ok": [True]})
POPULATION = "digits 16-6-3 relu validation=300 output=softmax polish=0"
CELLS = [
    ("magnitude", "lottery_ticket[rounds=3]", 3, 0.0),
    ("taylor1", "lottery_ticket[rounds=3]", 3, 0.02),
    ("magnitude", "lottery_ticket[rounds=2,control=reinit]", 2, 0.04),
]
"""Method, protocol, rounds and what is lost after training."""


def weights_store(seeds=(100, 101, 102)):
    tags, tables = [], {}
    for seed in seeds:
        for n, (method, protocol, rounds, loss) in enumerate(CELLS):
            key = f"{method} {protocol} {seed}"
            row = dict.fromkeys(RUN_COLUMNS, "") | {"key": key, "network_key": f"weights {seed}", "kind": "cell"}
            row |= {"population": POPULATION, "method": method, "ranking": "iterative", "removal": "zero"}
            row |= {"selection": "pruning", "error": "cross_entropy", "scope": "weight", "protocol": protocol}
            row |= {"seed": seed, "draw": 0, "band": "none", "network": "16-6-3", "task": "classification"}
            tags.append(row | {"numerics_version": '{"oracle": 1}', "records_version": "2"})
            for name, table in made_weights.tables(10 * (seed - 100) + n, rounds, loss + 0.001 * (seed - 101)).items():
                tables.setdefault(name, []).append(table.assign(key=key))
    cells = pd.DataFrame(tags, columns=list(RUN_COLUMNS))
    return Frames(cells=cells, networks=cells.drop_duplicates("network_key"), **_joined(tables))


def both(one, other):
    names = ["cells", "networks", *(name for name in vars(other) if len(getattr(other, name)) and name != "about")]
    joined = {name: [getattr(one, name), getattr(other, name)] for name in dict.fromkeys(names)}
    return Frames(**_joined(joined))


def _joined(tables):
    return {name: pd.concat(of, ignore_index=True) for name, of in tables.items()}


def sections():
    return [section for section in found() if section.name != "selftest"]


@pytest.fixture(scope="module")
def store():
    return weights_store()


@pytest.fixture(scope="module")
def page(store, tmp_path_factory):
    units = study(("digits_1x100",), (100, 101), ("brute_force", "taylor1", "taylor2"), draws=1)
    folder = tmp_path_factory.mktemp("report")
    build(judge(both(units, store)).material(RATES), folder, lambda *_: None, sections())
    return folder


def test_numbers_on_the_page_are_those_of_the_tables(page):
    html = (page / "index.html").read_text()
    section = html[html.index('<section id="weights">') :]
    section = section[: section.index("</section>")]
    rows = [
        [unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<td.*?</td>", row)]
        for row in re.findall(r"<tr>.*?</tr>", section)
    ]
    ends = {row[0]: row[1:] for row in rows if row}
    assert set(ends) == {"first order", "magnitude", "magnitude, weights drawn anew"}
    # .9 at the start, .01 less a round and the loss after training, .5 right after a cut; of 200 rows.
    assert ends["magnitude"][:6] == ["3", "3", "13.2", "0.9 [0.9, 0.9]", "0.5 [0.5, 0.5]", "0.87 [0.87, 0.87]"]
    assert ends["first order"][5] == "0.85 [0.85, 0.85]"
    assert ends["magnitude"][6:8] == ["250 [240, 260]", "0 of 3"]
    assert ends["magnitude"][8] == "0.86 [0.86, 0.86]"
    kept = pd.read_csv(page / "tables" / "weights_last.csv").set_index("condition")
    for words, cells in ends.items():
        assert cells == [str(kept.loc[words, name]) for name in kept.columns if name not in ("population", "protocol")]
    for name in re.findall(r"figures/(weights_[^<]*?)\.svg", section):
        assert (page / "figures" / f"{name}.csv").is_file()


def test_other_sections_know_nothing_of_cells_of_weights(page):
    html = (page / "index.html").read_text()
    shown = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', html, re.DOTALL))
    assert shown["curves"].count("<figure>") == 2, "one population, two rankings"
    assert {name for name, text in shown.items() if POPULATION in text} == {"weights"}


def test_without_cells_of_weights_the_section_is_not_there(tmp_path):
    units = study(("digits_1x100",), (100, 101), ("brute_force", "taylor1"), draws=1)
    html = build(judge(units).material(RATES), tmp_path, lambda *_: None, sections()).read_text()
    assert 'id="weights"' not in html
    assert "Single weights" not in html


def test_controls_and_tickets_of_any_number_of_rounds_are_one_condition_each(store):
    cells = cells_of_weights(store)
    assert [words for words, *_ in conditions(cells)] == ["first order", "magnitude", "magnitude, weights drawn anew"]
    assert set(cells["settings"]) == {""}
    assert set(cells["protocol"]) == {"lottery_ticket"}


def test_event_0_is_on_the_path_only_where_weights_are_cut_next(store):
    cells = cells_of_weights(store)
    events = store.events.assign(phase=store.events["phase"].where(store.events["event"] != 1, "train"))
    young = Frames(cells=store.cells, **{**_tables(store), "events": events})
    rows, seen = paths(store, cells), agreements(store, cells)
    assert rows.loc[rows["event"] == 0, "trained"].eq(0.9).all()
    assert seen["on_path"].all()
    rows, seen = paths(young, cells), agreements(young, cells)
    assert rows.loc[rows["event"] == 0, "trained"].isna().all()
    assert not seen.loc[seen["event"] == 0, "on_path"].any()
    assert rows["whole"].eq(0.9).all()


def _tables(frames):
    return {
        name: getattr(frames, name)
        for name in ("evaluations", "bridge", "decisions", "sparsity", "masks", "trainings", "stopped")
    }


def test_overlap_of_masks_is_that_of_their_bits_and_controls_are_left_out(store):
    found = overlaps(store, cells_of_weights(store))
    assert set(found["pair"]) == {"first order", "magnitude", "first order / magnitude"}
    one, other = made_weights.masks(0, 3)[2][0], made_weights.masks(1, 3)[2][0]
    rows = found[(found["pair"] == "first order / magnitude") & (found["round"] == 2) & (found["layer"] == 0)]
    expected = (one & other).sum() / (one | other).sum()
    np.testing.assert_allclose(rows["jaccard"].iloc[0], expected)
    np.testing.assert_allclose(rows["chance"], (24 * 24 / 96) / (48 - 24 * 24 / 96))
    seeds = found[(found["of"] == "seeds") & (found["pair"] == "magnitude") & (found["layer"] == 1)]
    assert len(seeds) == 3 * 3, "three pairs of networks, three rounds"


def test_all_that_its_figures_say_can_be_read(store):
    of = Material(store, pd.DataFrame(), None, RATES, {})
    (section,) = [section for section in found() if section.name == "weights"]
    with patch.object(drawn, "svg", lambda figure, _: figure):
        shown = section.made(of)
    assert [figure.name.split("_")[1] for figure in shown.figures] == [
        "path",
        "controls",
        "criteria",
        "cuts",
        "overlap",
    ]
    assert [figure.name for figure in shown.figures][1].startswith("weights_controls_magnitude_")
    assert {figure.name: hidden(figure.svg) for figure in shown.figures} == {
        figure.name: [] for figure in shown.figures
    }


def test_what_has_one_cut_is_a_table(tmp_path):
    store = weights_store()
    first = {name: table[table["event"] < 2] for name, table in _tables(store).items() if "event" in table}
    masks = store.masks
    once = Frames(cells=store.cells, events=store.events[store.events["event"] < 2], **{**first, "masks": masks})
    of = Material(once, pd.DataFrame(), None, RATES, {})
    (section,) = [section for section in found() if section.name == "weights"]
    shown = section.made(of)
    assert [figure.name.split("_")[1] for figure in shown.figures] == ["path", "controls"]
    ((_, _, table),) = shown.words["seen_once"]
    np.testing.assert_allclose(table.set_index("condition")["magnitude"], [0.91, 0.9])
    ((_, _, table),) = shown.words["taken_once"]
    assert table["of the weights left, better gone"].eq(0.3).all()
    ((_, _, table),) = shown.words["shared_once"]
    assert set(table["pair"]) == {"first order", "magnitude", "first order / magnitude"}
