"""CSV of ours in a spreadsheet: no text of a user's becomes a formula, and numbers stay numbers."""

import numpy as np
import pandas as pd
import pytest

from study.common.spreadsheet import write_csv

FORMULAS = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", '=HYPERLINK("http://x","y")', "-", "+ V1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_label_or_name_begins_a_formula(text, tmp_path):
    frame = pd.DataFrame({"population": [text, "digits"], text: [1.5, -2.5]}, index=pd.Index([text, "b"], name="who"))
    write_csv(frame, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False, index_col=0, lineterminator="\n")
    found = [*back.index, *back.columns, *back["population"]] if "\r" not in text else []
    assert not [cell for cell in found if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\n"))]
    assert (tmp_path / "t.csv").read_bytes().count(b"'") == 3


def test_numbers_are_written_as_they_were(tmp_path):
    frame = pd.DataFrame({"x": [-1.5, np.nan], "n": [-1, 2], "text": ["-0.5", "-inf"], "mixed": [-2, "a"]})
    write_csv(frame, tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "plain.csv", index=False)
    assert (tmp_path / "t.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()


def test_two_columns_of_one_name_are_kept(tmp_path):
    write_csv(pd.DataFrame([["=a", "=b"]], columns=["x", "x"]), tmp_path / "t.csv", index=False)
    assert (tmp_path / "t.csv").read_text() == "x,x\n'=a,'=b\n"
