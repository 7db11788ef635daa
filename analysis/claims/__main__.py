"""Print the register: `python -m analysis.claims`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from analysis.claims.register import Register, load


def as_table(register: Register) -> Table:
    """Return the register as a table for the terminal, one row a claim."""
    table = Table("id", "tier", "statement", "tests", "arms", title=f"register {register.digest[:12]}")
    for claim in register.claims:
        tests = dict.fromkeys(f"{part.test}({part.margin}) {part.metric}" for part in claim.deciding)
        table.add_row(claim.id, claim.tier, claim.statement, claim.test or "\n".join(tests), "\n".join(claim.arms))
    return table


if __name__ == "__main__":
    Console().print(as_table(load()))
