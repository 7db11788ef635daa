"""The small results of a report that are kept in the repository: tables and figures. No report ever reads them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd

from analysis.claims import Evaluation
from analysis.runs import StoreError

TABLES = (
    *("verdicts", "values", "correlations", "populations", "sanity", "excluded"),
    *("authors", "ladder", "falls", "scales", "selftest"),
    *("quality", "greedy", "mechanism", "regime", "regime_tiles", "trust"),
)
FIGURES = (
    *("removable", "cost", "cost_passes", "layers", "lorenz", "ladder"),
    *("mechanism_slopes", "mechanism_order", "regime_zero", "regime_mean", "predictor"),
)
ABOVE = re.compile(r"(?<![\w.])/[^\s;,\"]*?/(?=(?:shared/)?data/)")
"""What leads to a data folder: a path of the machine that a reason names."""
ABOUT = """# Results

The small results of {cells:,} recorded cells of {networks:,} networks: `make results` copied them from the report that
it built, and nothing reads them but tests (the verdicts follow from the values, the README says what stands here) and
people.

`tables/verdicts.csv` has a row for every claim, arm and part, with its test, margin, estimate, limits and p-values;
`tables/values.csv` has what each part tests in every network. The register that they were judged by has the digest
`{digest}`.
"""


def check_kept(folder: Path) -> None:
    """Refuse a folder that holds anything but earlier results, since what it holds is replaced.

    Raises:
        StoreError: naming what is there.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError(f"{folder} is not a folder; name another with --keep")
    there = sorted(p.name for p in folder.iterdir())
    foreign = [name for name in there if name not in ("README.md", "tables", "figures")]
    about = folder / "README.md"
    ours = about.is_file() and about.read_text(errors="replace").startswith(ABOUT[:10])
    if foreign or (there and not ours):
        raise StoreError(
            f"{folder} holds other things than results ({', '.join((foreign or there)[:3])}), which would be replaced: "
            "name an empty or a new folder with --keep"
        )


def keep(report: Path, folder: Path, judged: Evaluation, cells: pd.DataFrame) -> None:
    """Copy a report's small results.

    Args:
        report: folder of the report.
        folder: to write into; earlier results there are removed (`check_kept` lets no others pass).
        judged: what the report shows.
        cells: `metrics.table` of the cells that entered it.
    """
    check_kept(folder)
    for part in ("tables", "figures"):
        shutil.rmtree(folder / part, ignore_errors=True)
    about = ABOUT.format(cells=len(cells), networks=cells["network_key"].nunique(), digest=judged.digest)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(about)  # first: it marks the folder as ours
    kept = [Path("tables") / f"{name}.csv" for name in TABLES] + [Path("figures") / f"{name}.svg" for name in FIGURES]
    for file in kept:
        # A store without the authors' networks has no ladder.
        if (report / file).is_file():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(ABOVE.sub("", (report / file).read_text()))
