"""Free combinations: what somebody sweeps who names no population."""

from analysis import claims, metrics
from analysis.runs import read_store
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
