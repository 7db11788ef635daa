"""The notebooks run from top to bottom on a small store, and their text leaves every number to their cells."""

import re

import pytest
from hydra import compose
from nbclient.exceptions import CellExecutionError

from analysis.notebooks.execute import execute, page, read, scripts
from study.cells.run import run_cell
from study.config.population import composer
from tests.tracking.made import store_in


@pytest.fixture(scope="module")
def store(tmp_path_factory, empty_store):
    """A few cells of a classification and of a regression, as the smoke profile has them."""
    folder = tmp_path_factory.mktemp("outputs")
    store_in(folder / "mlflow", empty_store)
    cells = [("digits_1x100", 0, m) for m in ("brute_force", "taylor2", "random")]
    cells += [("cosine_2x10", seed, "brute_force") for seed in (0, 1)]
    with composer():
        for population, seed, method in cells:
            chosen = [f"population={population}", f"seed={seed}", f"method={method}", f"paths.outputs={folder}"]
            run_cell(compose("config", overrides=[*chosen, "record.truth_every=50", "run.figures_for=[]"]), alone=False)
    return folder / "mlflow" / "mlflow.db"


@pytest.mark.slow
@pytest.mark.parametrize("script", scripts(), ids=lambda s: s.stem)
def test_a_notebook_runs_and_shows_figures(script, store, monkeypatch):
    monkeypatch.setenv("STUDY_STORE", str(store))
    notebook = execute(script)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    shown = page(notebook, script.stem)
    assert 'src="data:image/png;base64,' in shown
    assert "Traceback" not in shown


@pytest.mark.slow
def test_without_a_store_it_is_said_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_STORE", str(tmp_path / "mlflow.db"))
    (script,) = (s for s in scripts() if "sweep" in s.stem)
    with pytest.raises(CellExecutionError, match="Run `make reproduce PROFILE=smoke`"):
        execute(script)


@pytest.mark.parametrize("script", scripts(), ids=lambda s: s.stem)
def test_text_states_no_results(script):
    for cell in read(script).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"`[^`]*`", "", cell.source)
            assert not re.findall(r"\d+\s*%|\d[.,]\d", text)
