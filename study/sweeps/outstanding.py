"""The cells of a plan that are not finished, and the finished ones that are damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from study.sweeps.grid import Job
from study.tracking import Store
from study.tracking.inspection import NETWORK

SHOWN = 10
"""Damaged cells and networks that are named, at most."""


@dataclass(frozen=True)
class Outstanding:
    """The outstanding part of a plan.

    Attributes:
        finished: key -> run of the cells that the analysis can read.
        cells: the cells to run, in the plan's order.
        networks: a cell of every network whose run is damaged; run again, it records the network alone.
        damaged: cell or network -> the fault of its files.
    """

    finished: dict[str, str]
    cells: list[Job]
    networks: list[Job]
    damaged: dict[str, str]

    @property
    def jobs(self) -> list[Job]:
        """All cells to run."""
        return [*self.cells, *self.networks]

    def tell(self, console: Console) -> None:
        """Print the damaged cells and networks, if there are any."""
        if not self.damaged:
            return
        console.print(f"[yellow]Damaged since they were finished, and made again:[/yellow] {len(self.damaged)}")
        for name, reason in list(self.damaged.items())[:SHOWN]:
            console.print(f"  {escape(f'{name}: {reason}')}", highlight=False, soft_wrap=True)


def outstanding(store: Store, by_key: Mapping[str, Job], thorough: bool = False) -> Outstanding:
    """Return the outstanding part of a plan.

    Args:
        store: where its cells are recorded.
        by_key: the plan, `study.sweeps.plan.planned`.
        thorough: whether every file is read and its digest compared; else each is looked at (see `inspection`).
    """
    found = store.inspected(keys=set(by_key), thorough=thorough)
    network_of = store.statuses().with_status("finished", "network_key") if found.whole else {}
    cell_of = {network_of[run]: key for key, run in found.whole.items() if run in network_of}
    networks = store.inspected(NETWORK, set(cell_of), thorough).damaged if cell_of else {}
    damaged = {str(by_key[key]): reason for key, reason in found.damaged.items()}
    damaged |= {f"the network of {by_key[cell_of[key]]}": reason for key, reason in networks.items()}
    return Outstanding(
        finished=dict(found.whole),
        cells=[job for key, job in by_key.items() if key not in found.whole],
        networks=[by_key[cell_of[key]] for key in networks],
        damaged=damaged,
    )
