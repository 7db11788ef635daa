"""What a sweep of one's own ends with: a table of it, where to see it, how to load it."""

import io
import re

import pytest
from rich.console import Console

import analysis
from study.sweeps import medians
from tests.hostile.commands import in_process

TAGS = {"population": "p", "method": "taylor1", "ranking": "iterative", "network_key": "n1", "removal": "zero"}


def runs(*changes):
    metrics = {"removable": 3.0, "units": 10.0, "spearman_start": 0.5, "regret": 0.01}
    return [(TAGS | {k: v for k, v in of.items() if k in TAGS}, metrics | of) for of in changes]


def test_medians_are_of_networks_and_a_setting_that_varies_is_a_column():
    found = medians.medians(
        runs(
            {"network_key": "n1", "removable": 1.0},
            {"network_key": "n2", "removable": 3.0},
            {"network_key": "n3", "removable": 4.0, "regret": float("nan")},
            {"method": "magnitude", "removable": 5.0},
        )
    )
    assert found["method"].tolist() == ["magnitude", "taylor1"]
    assert found["removable"].tolist() == pytest.approx([0.5, 0.3])
    assert found["networks"].tolist() == [1, 3]
    assert "removal" not in found
    varied = medians.medians(runs({"removal": "zero"}, {"removal": "mean"}))
    assert varied["removal"].tolist() == ["zero", "mean"]
    assert varied["cells"].tolist() == [1, 1]


def test_a_number_that_is_not_there_is_a_dash():
    shown = Console(file=io.StringIO(), width=120)
    medians.tell(medians.medians([(TAGS, {"removable": 3.0, "units": 10.0})]), shown)
    assert "nan" not in shown.file.getvalue()
    assert re.search(r"taylor1 .* 30% .* – .* – .* 1 ", shown.file.getvalue())


@pytest.mark.usefixtures("ready_stores")
def test_a_sweep_ends_with_a_table_a_place_and_a_data_frame(tmp_path, capsys, monkeypatch):
    settings = ["population=cosine_2x10", "method=magnitude,random", "seed=0,1", "ranking=single_overall"]
    sweep = ["-m", "sweep.name=mine", *settings, f"paths.outputs={tmp_path}", "run.figures_for=[]"]
    ends = []
    for method in ("magnitude", "magnitude,random"):  # what is finished before is part of the second one, too
        settings[1] = f"method={method}"
        sweep[2 : 2 + len(settings)] = settings
        done = in_process(capsys, monkeypatch, "study", *sweep)
        assert done.code == 0, done.err
        ends.append(done.out)
    assert "Medians over 2 cells" in ends[0]
    assert "Medians over 4 cells" in ends[1]
    for line in (r"cosine_2x10 .* magnitude .* single_overall .*% .* 2 ", r"cosine_2x10 .* random .*% .* 2 "):
        assert re.search(line, ends[1]), ends[1]
    assert "searchFilter=" in ends[1]
    assert "study.sweep%60%20%3D%20%27mine%27" in ends[1]
    told = re.search(r'analysis\.load\(sweep="(\w+)", uri="([^"]+)"\)', ends[1])
    assert told
    cells = analysis.load(sweep=told[1], uri=told[2])
    assert len(cells) == 4
    assert len(cells.curves()) == 4 * 21
    assert not list((tmp_path / "hydra").glob("runs-*"))
