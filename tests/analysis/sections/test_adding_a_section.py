"""A section is one file: the example of `Section` becomes part of the page, with its table; nothing else changes."""

import inspect
import re
import textwrap

import pandas as pd
import pytest

from analysis import sections
from analysis.pipeline import judge
from analysis.report import build
from analysis.sections import Section, found, kept_parts
from study.common.errors import StudyError
from tests.analysis.synthetic import study

IMPORTS = "from analysis.sections import Section, Shown\n"
EXAMPLE = textwrap.dedent(re.search(r"```python\n(.*?)```", inspect.getdoc(Section), re.DOTALL)[1])


@pytest.fixture(scope="module")
def material():
    rates = pd.DataFrame({"repetitions": [20], "ok": [True]})
    return judge(study(("digits_1x100",), (100, 101), ("brute_force", "taylor1"), draws=1)).material(rates)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder that is walked beside the project's own."""
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    return tmp_path


def test_a_file_is_a_section(folder, material, tmp_path_factory):
    (folder / "slowest.py").write_text(IMPORTS + EXAMPLE)
    names = [section.name for section in found()]
    assert names[names.index("cost") : names.index("mechanism") + 1] == ["cost", "slowest", "mechanism"]
    chosen = [section for section in found() if section.name in ("cost", "slowest", "layers")]
    out = tmp_path_factory.mktemp("report")
    page = build(material, out, lambda *_: None, chosen).read_text()
    assert '<a href="#slowest">What takes longest</a>' in page
    assert 'id="slowest"><h2>What takes longest</h2>' in page
    assert set(pd.read_csv(out / "tables" / "slowest.csv")["method"]) == {"brute_force", "taylor1"}
    assert 'id="layers"' not in page, "a section without a figure or a row is not on the page"


def test_a_folder_is_a_section_with_a_template_of_its_own(folder, material, tmp_path_factory):
    own = folder / "taking_longest"
    own.mkdir()
    (own / "__init__.py").touch()
    (own / "section.py").write_text(IMPORTS + EXAMPLE)
    (own / "section.html").write_text('<p>{{ tables["slowest"]|length }} & more: {{ "<b>" }}</p>')
    (section,) = (section for section in found() if section.name == "taking_longest")
    page = build(material, tmp_path_factory.mktemp("report"), lambda *_: None, [section]).read_text()
    assert "<p>2 & more: &lt;b&gt;</p>" in page


def test_a_file_that_is_no_section_is_named(folder):
    (folder / "empty.py").touch()
    with pytest.raises(StudyError, match=r"analysis\.sections\.empty: one class of Section is wanted, 0 found"):
        found()


def test_places_names_and_kept_files_are_those_of_one_section_each():
    every = found()
    assert len({section.place for section in every}) == len({section.name for section in every}) == len(every) >= 18
    assert list(kept_parts()) == ["claims", "regime", "filters", "weights"]
    kept = [name for section in every if section.kept for name in (*section.kept.tables, *section.kept.figures)]
    assert len(set(kept)) == len(kept) - 1  # the ladder is a table and a figure
    assert all(section.title and section.__doc__ for section in every)
