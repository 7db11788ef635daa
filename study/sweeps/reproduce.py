"""`python -m study.reproduce PROFILE`: short for `python -m study -m +profile=PROFILE`; finished cells are skipped."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from study.sweeps.grid import quoted
from study.sweeps.profile import profile


def main() -> int:
    """Run a profile; return 0 when all cells that can run here are finished."""
    parser = argparse.ArgumentParser(prog="python -m study.reproduce", description=__doc__)
    parser.add_argument("profile", nargs="?", default="paper", help="a file in conf/profile/ (default: paper)")
    parser.add_argument("--jobs", type=int, default=-1, help="worker processes (default: one a core)")
    parser.add_argument("--outputs", type=Path, help="folder of the outputs (default: outputs/ in the checkout)")
    parser.add_argument("--check", action="store_true", help="read every finished cell's files and compare digests")
    parser.add_argument("--offline", action="store_true", help="do not download data that are not at hand")
    given = parser.parse_args()
    if given.jobs < -1 or given.jobs == 0:
        parser.error(f"--jobs {given.jobs}: 1 or more, or -1 for one a core")
    profile(given.profile)  # a wrong name is refused in the words of this command
    return run(given.profile, given.jobs, given.outputs, given.check, given.offline)


def run(name: str, jobs: int = -1, outputs: Path | None = None, check: bool = False, offline: bool = False) -> int:
    """Run the cells of a profile that are not finished, as `python -m study` does.

    Args:
        name: of the profile.
        jobs: worker processes; -1 for one a core.
        outputs: folder of the outputs; None for that of the configuration.
        check: whether every finished cell's files are read; else each is looked at.
        offline: leave out what lacks data, instead of downloading them.
    """
    from study.sweeps.command import command

    again = f"make reproduce PROFILE={name}"
    words = ["-m", f"+profile={name}", f"hydra.launcher.jobs={jobs}"]
    if outputs is not None:
        words.append(f"paths.outputs={quoted(str(outputs.absolute()))}")
        again = shlex.join(["python", "-m", "study.reproduce", name, "--outputs", str(outputs)])
    words += ["hydra.sweeper.check=true"] * check + ["hydra.sweeper.offline=true"] * offline
    sys.argv[1:] = words
    return command(again)
