"""The claims register on the command line: `python -m analysis.claims` prints it."""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from analysis.claims.register import Register, load
from analysis.claims.sweeps import write
from study.command import exit_code


def as_table(register: Register) -> Table:
    """Return the register as a table for the terminal, one row a claim."""
    table = Table("id", "tier", "statement", "tests", "arms", title=f"register {register.digest[:12]}")
    for claim in register.claims:
        tests = dict.fromkeys(f"{part.test}({part.margin}) {part.metric}" for part in claim.deciding)
        table.add_row(claim.id, claim.tier, claim.statement, claim.test or "\n".join(tests), "\n".join(claim.arms))
    return table


def main() -> None:
    """Print the register, or write the sweeps that it needs."""
    parser = argparse.ArgumentParser(prog="python -m analysis.claims", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=("show", "sweeps"), default="show", help="sweeps: write conf/sweep and conf/profile"
    )
    what = parser.parse_args().what
    register = load()
    if what == "sweeps":
        for path in write(register):
            Console().print(path.name, highlight=False)
    else:
        Console().print(as_table(register))


if __name__ == "__main__":
    sys.exit(exit_code(main))
