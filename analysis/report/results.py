"""The small results of a report that are kept in the repository: tables and figures. No report ever reads them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from analysis.frames import StoreError
from analysis.sections import kept_parts

ORIGIN = "kept"
"""The table that says of each part what it was computed from."""
COLUMNS = ["cells", "networks", "seeds", "register"]
ABOVE = re.compile(r"(?<![\w.])/[^\s;,\"]*?/(?=(?:shared/)?data/)")
"""What leads to a data folder: a path of the machine that a reason names."""
ABOUT = """# Results

The small results of a report, as `make results` copied them; nothing reads them but tests (the verdicts follow from the
values, the README says what stands here) and people.

`tables/verdicts.csv` has a row for every claim, arm and part, with its test, margin, estimate, limits and p-values;
`tables/amended.csv` the verdicts of the plan as it was frozen beside them; `tables/values.csv` what each part tests in
every network, of either plan. `python -m analysis.claims judge` judges these values anew, `add --store` first adds
those of another store. `tables/kept.csv` says how many recorded cells of how many networks each part comes from, and
the digest of the register that they were judged by. The parts may come from stores of their own: *claims* from the
profiles `full`, `authors` and `methods`, the others from that of their name. *weights* has the claims of related
systems, at this scale, judged by a register of their own: `tables/related_verdicts.csv`, `tables/related_values.csv`.
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


def keep(report: Path, folder: Path, cells: dict[str, pd.DataFrame], digests: Mapping[str, str]) -> None:
    """Copy parts of a report's small results; other parts that are kept there stay.

    Args:
        report: folder of the report.
        folder: to write into; earlier results of these parts are removed (`check_kept` lets nothing else pass).
        cells: for every part that is to be kept the cells that entered it; columns key, network_key, seed.
        digests: of the register that each part is judged by.

    Raises:
        StoreError: for a folder of other things, and for a part without cells; nothing is removed then.
    """
    check_kept(folder)
    if empty := [part for part, of in cells.items() if of.empty]:
        raise StoreError(f"there is no cell of the part {', '.join(empty)}; the results in {folder} stay as they were")
    origin = _origin(folder)
    if not origin:  # nothing there, or results of a version that kept them whole
        for name in ("tables", "figures"):
            shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(ABOUT)  # first: it marks the folder as ours
    for part, of in cells.items():
        for file in _files(part):
            (folder / file).unlink(missing_ok=True)
            # A store without the authors' networks has no ladder.
            if (report / file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_text(ABOVE.sub("", (report / file).read_text()))
        seeds = f"{of['seed'].min()} to {of['seed'].max()}"
        origin[part] = (of["key"].nunique(), of["network_key"].nunique(), seeds, digests[part])
    written = pd.DataFrame.from_dict(origin, orient="index", columns=COLUMNS).rename_axis("part")
    written.to_csv(folder / "tables" / f"{ORIGIN}.csv")


def _files(part: str) -> Iterator[Path]:
    for section in kept_parts()[part]:
        if section.kept is not None:
            yield from (Path("tables") / f"{name}.csv" for name in section.kept.tables)
            yield from (Path("figures") / f"{name}.svg" for name in section.kept.figures)


def _origin(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return what each part in a folder was computed from, as `COLUMNS`."""
    file = folder / "tables" / f"{ORIGIN}.csv"
    if not file.is_file():
        return {}
    found = pd.read_csv(file)
    if list(found.columns) != ["part", *COLUMNS] or not set(found["part"]) <= set(kept_parts()):
        raise StoreError(f"{file} is none of ours; take it from the repository again, or name a new folder with --keep")
    return {str(part): tuple(row) for part, *row in found.itertuples(index=False)}
