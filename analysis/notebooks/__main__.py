"""`python -m analysis.notebooks`: run the notebooks and write one page each."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from analysis.notebooks.execute import execute, page, scripts
from analysis.runs import StoreError
from study.common.command import exit_code


def main() -> int:
    """Run all notebooks, or those whose names begin as given; return 1 when one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m analysis.notebooks", description=__doc__)
    parser.add_argument("names", nargs="*", help="beginnings of names, as in 01 (default: all)")
    parser.add_argument("--out", type=Path, default=Path("outputs/notebooks"), help="folder of pages (%(default)s)")
    arguments = parser.parse_args()
    every = [script.stem for script in scripts()]
    if unknown := [name for name in arguments.names if not any(stem.startswith(name) for stem in every)]:
        parser.error(f"no notebook begins with {', '.join(unknown)}; there are {', '.join(every)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for script in scripts():
        if arguments.names and not script.name.startswith(tuple(arguments.names)):
            continue
        started = time.perf_counter()
        try:
            notebook = execute(script)
        except CellExecutionError as error:
            if error.ename == StoreError.__name__:
                print(f"Not run: {script.stem}. {error.evalue}", flush=True)
                continue
            failed += 1
            print(f"Failed: {script}: {error.ename}: {error.evalue}", file=sys.stderr, flush=True)
            continue
        target = arguments.out / f"{script.stem}.html"
        target.write_text(page(notebook, script.stem), encoding="utf-8")
        print(f"{target} ({time.perf_counter() - started:.0f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
