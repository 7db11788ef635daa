"""Filters and neurons that are gone before a point of accuracy is lost, on paths that are known."""

import pandas as pd

from analysis.metrics import table
from analysis.sections.filters import in_words
from tests.analysis.synthetic import Cell, frames

ERROR = [1.0, 1, 1, 1, 50, 100]


def path(method, seed, layers, kept, **more):
    """A network of two filters and three neurons that is right until `kept` units are gone."""
    accuracy = [1.0] * (kept + 1) + [0.2] * (5 - kept)
    return Cell("digits_lenet5", method, ERROR, accuracy, seed=seed, hidden=(2, 3), layers=layers, **more)


def store(cells, network="8x8-2c3p2-3-10"):
    found = frames(cells)
    found.cells["network"] = network
    return found


def test_what_is_gone_is_counted_by_kind():
    cells = [path("brute_force", s, [0, 1, 1, 0, 1], 3) for s in range(100, 107)]
    cells += [path("taylor1", s, [1, 1, 0, 0, 1], 1) for s in range(100, 106)]
    cells.append(path("taylor1", 106, [0, 1, 1, 0, 1], 0, band="missed"))
    cells += [path("magnitude", 100, [0, 0, 1, 1, 1], 2), path("magnitude", 100, [0] * 2 + [1] * 3, 5, ranking="x")]
    # The quadratic model looks once: re-ranked it is another method.
    cells += [path("quadratic_once", 100, [1, 1, 1, 0, 0], k, ranking=r) for r, k in RANKED.items()]
    of = store(cells)
    found = in_words(of, table(of)).set_index("method")
    assert found["networks"].to_dict() == {
        "brute force": 7,
        "first order": 6,
        "magnitude": 1,
        "quadratic model, one pass": 1,
    }
    assert found.loc["brute force", ["units gone", "filters gone", "neurons gone"]].tolist() == [
        "0.6 [0.6, 0.6]",
        "0.5 [0.5, 0.5]",
        "0.67 [0.67, 0.67]",
    ]
    assert found.loc["first order", ["units gone", "of brute force's", "filters gone"]].tolist() == [
        "0.2 [0.2, 0.2]",
        "0.33 [0.33, 0.33]",
        "0 [0, 0]",
    ]
    assert found.loc["magnitude", ["filters gone", "neurons gone"]].tolist() == ["1", "0"]
    assert found.loc["quadratic model, one pass", ["units gone", "neurons gone"]].tolist() == ["0.8", "1"]


RANKED = {"single_overall": 4, "iterative": 1}


def test_dense_networks_are_not_in_it():
    of = store([path("brute_force", 100, [0, 1, 1, 0, 1], 3)], "64-2-3-10")
    assert isinstance(found := in_words(of, table(of)), pd.DataFrame)
    assert found.empty
