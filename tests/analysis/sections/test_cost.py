"""Quality against cost: medians over populations of medians over networks."""

import pandas as pd

from analysis.sections.cost.section import quality


def test_a_methods_line_is_the_median_of_the_populations_medians():
    rows = [
        (method, ranking, population, share + 0.01 * n, None, passes)
        for method, ranking, passes in (("brute_force", "iterative", 100.0), ("taylor1", "single_overall", 2.0))
        for population, share in (("a", 0.1), ("b", 0.3), ("c", 0.8))
        for n in (-1, 0, 1)
    ]
    # A regression is judged by its error.
    rows += [("brute_force", "iterative", "d", None, 0.5, 300.0)]
    columns = ["method", "ranking", "population", "r_1", "r_1pct", "forward_passes"]
    networks = pd.DataFrame(rows, columns=columns).astype({"r_1": float, "r_1pct": float}).assign(seconds=1.0)
    found = quality(networks, ["a", "b", "d"]).set_index("method")
    assert found.loc["brute_force", ["populations", "removed, re-ranked", "forward passes, re-ranked"]].tolist() == [
        *(3, "0.3", "100")
    ]
    assert found.loc["brute_force", "removed, ranked once"] == "–"
    assert found.loc["taylor1", ["populations", "removed, ranked once", "forward passes, ranked once"]].tolist() == [
        *(2, "0.2", "2")
    ]
    assert quality(networks, ["e"]).empty
