"""Free combinations: what somebody sweeps who names no population."""

from analysis import claims, metrics
from analysis.runs import read_store
from analysis.start_here.publish import told_apart
from tests.tracking.made import record, store_in


def test_every_free_combination_is_a_population_of_its_own(tmp_path, empty_store):
    store = store_in(tmp_path / "store", empty_store)
    for n, (network, activation) in enumerate(
        (("64-50-10", "sigmoid"), ("64-100-10", "sigmoid"), ("64-50-10", "relu"))
    ):
        cell = record(f"k{n}")
        own = {"population": "free", "dataset": "digits", "network": network, "activation": activation}
        cell.tags.update(own, network_key=f"n{n}", seed="100", variant="epochs=5" if n else "")
        store.record_cell(cell)
    frames = read_store(store.uri, store.experiment)
    names = {"digits 64-50-10", "digits 64-100-10 epochs=5", "digits 64-50-10 relu epochs=5"}
    assert set(frames.cells["population"]) == names
    table = metrics.table(frames)
    judged = claims.evaluate(frames, table)
    assert set(claims.entering_cells(frames, table, judged.register)["population"]) == names


def test_its_cells_are_found_in_the_store_by_what_they_are_made_of(tmp_path, empty_store):
    store = store_in(tmp_path / "store", empty_store)
    for n, variant in enumerate(("", "epochs=5")):
        cell = record(f"k{n}")
        own = {"population": "free", "dataset": "digits", "network": "64-50-10", "activation": "relu"}
        cell.tags.update(own, network_key=f"n{n}", seed="100", variant=variant)
        store.record_cell(cell)
    cells = read_store(store.uri, store.experiment).cells.set_index("population")
    runs = store.statuses().runs
    name = "digits 64-50-10 relu epochs=5"
    wanted = told_apart(cells.loc[name], name)
    filters = " AND ".join(f"tags.\"study.{tag}\" = '{value}'" for tag, value in wanted.items())
    (found,) = runs.client.search_runs([runs.experiment], filters)
    assert found.data.tags["study.key"] == "k1"
    assert told_apart(cells.loc[name], "mnist_2x50") == {"population": "mnist_2x50"}
