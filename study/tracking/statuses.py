"""Status of the cells in a store: running, failed or killed with the reason, and the pace."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from study.records import TAG
from study.tracking import liveness, lookup
from study.tracking.runs import Runs
from study.tracking.views import tagged

DAY = 24 * 3600.0
GIVEN_UP = 7 * DAY
"""Age in seconds at which a run is given up whose process cannot be asked; a cell takes minutes, hours at most."""
MOST, A_QUERY = 1000, 100
"""Runs that are looked through for failures, and that one query names."""


@dataclass(frozen=True)
class Statuses:
    """Questions to a store that exists; nothing is written.

    Attributes:
        runs: of its experiment.
        locks: folder where its processes hold their locks.
    """

    runs: Runs
    locks: Path

    def with_status(self, status: str, value_of: str) -> dict[str, str]:
        """Return run -> value of a tag, newest first, of the cells' runs with a status."""
        return lookup.runs_with(self.runs.uri, self.runs.experiment, {"status": status, "kind": "cell"}, value_of)

    def running(self) -> set[str]:
        """Return the keys of the running cells, as far as this machine can know."""
        ended = self.ended()
        return {key for run, key in self.with_status("running", "key").items() if run not in ended}

    def ended(self) -> dict[str, str]:
        """Return run -> why it is taken to have ended, of the runs that are there as running and are no more.

        Their process has ended; or nothing can be known of it, since the folder of its lock is another machine's or was
        lost, and it began longer than `GIVEN_UP` ago. Should it live after all, it ends its run as it would have.
        """
        found = {}
        begun = lookup.runs_with(self.runs.uri, self.runs.experiment, {"status": "running"}, "worker")
        for run, worker in begun.items():
            known = liveness.state(self.locks, worker)
            if known == liveness.ENDED:
                found[run] = "its process was killed before it had finished"
            elif known == liveness.UNKNOWN:
                age = time.time() - self.runs.client.get_run(run).info.start_time / 1000
                if age > GIVEN_UP:
                    found[run] = (
                        f"given up: it began {age / DAY:.0f} days ago, and its process, {worker}, cannot be asked from "
                        "here (its lock is on another machine, or was lost)"
                    )
        return found

    def reasons(self, keys: set[str]) -> dict[str, str]:
        """Return run name -> reason of the last run of every one of these cells that failed, or else was killed."""
        found, left = dict[str, str](), set(keys)
        for status in ("failed", "killed"):
            reason_of = self.with_status(status, "reason")
            for run, key in self.with_status(status, "key").items():
                if key in left:
                    left.remove(key)
                    found[self.runs.client.get_run(run).info.run_name] = reason_of.get(run, "")
        return found

    def failed_since(self, when: float) -> list[tuple[str, str]]:
        """Return run name and reason of the cells that failed in runs begun since a time, in seconds of the epoch.

        Names may repeat because they omit some settings.
        """
        wanted = f"tags.`{TAG}status` = 'failed' AND attributes.start_time >= {int(1000 * when)}"
        found = self.runs.client.search_runs([self.runs.experiment], wanted, max_results=MOST)
        return [(run.info.run_name, run.data.tags.get(f"{TAG}reason", "")) for run in reversed(found)]

    def finished(self, noted: Sequence[str], since: float, sweep: str) -> list[tuple[dict[str, str], dict[str, float]]]:
        """Return tags (without their prefix) and final metrics of finished cells.

        Args:
            noted: their runs; where there are none, those of a sweep that were begun since a time.
            since: in seconds of the epoch.
            sweep: its name.
        """
        usual = f"tags.`{TAG}status` = 'finished' AND tags.`{TAG}kind` = 'cell'"
        wanted = [
            f"{usual} AND attributes.run_id IN ({', '.join(repr(run) for run in noted[at : at + A_QUERY])})"
            for at in range(0, len(noted), A_QUERY)
        ] or [f"{usual} AND {tagged('sweep', sweep)} AND attributes.start_time >= {int(1000 * since)}"]
        found = [
            run
            for each in wanted
            for run in self.runs.client.search_runs([self.runs.experiment], each, max_results=MOST)
        ]
        return [
            ({name.removeprefix(TAG): value for name, value in run.data.tags.items()}, run.data.metrics)
            for run in found
        ]

    def pace(self, last: int = 50) -> float:
        """Return the cells finished a second, over the last ones; 0 for too few cells."""
        wanted = f"tags.`{TAG}status` = 'finished' AND tags.`{TAG}kind` = 'cell'"
        newest = self.runs.client.search_runs(
            [self.runs.experiment], wanted, order_by=["attributes.end_time DESC"], max_results=last
        )
        ends = [run.info.end_time / 1000 for run in newest if run.info.end_time]
        return (len(ends) - 1) / (ends[0] - ends[-1]) if len(ends) > 1 and ends[0] > ends[-1] else 0.0
