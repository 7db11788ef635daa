"""How far the cells of a store are: what is being computed, what broke off and why, and how fast it goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from study.records import TAG
from study.tracking import alive, lookup
from study.tracking.runs import Runs

MOST = 1000
"""Runs that are looked through for failures."""


@dataclass(frozen=True)
class Standing:
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
        """Return the keys of the cells that are being computed at this moment, as far as this machine can tell."""
        key_of = self.with_status("running", "key")
        workers = self.with_status("running", "worker")
        return {key_of[run] for run, worker in workers.items() if run in key_of and alive.lives(self.locks, worker)}

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

        A name may stand there twice: it does not tell every setting.
        """
        wanted = f"tags.`{TAG}status` = 'failed' AND attributes.start_time >= {int(1000 * when)}"
        found = self.runs.client.search_runs([self.runs.experiment], wanted, max_results=MOST)
        return [(run.info.run_name, run.data.tags.get(f"{TAG}reason", "")) for run in reversed(found)]

    def pace(self, last: int = 50) -> float:
        """Return cells finished a second, over the last ones; 0 where there are too few to tell."""
        wanted = f"tags.`{TAG}status` = 'finished' AND tags.`{TAG}kind` = 'cell'"
        newest = self.runs.client.search_runs(
            [self.runs.experiment], wanted, order_by=["attributes.end_time DESC"], max_results=last
        )
        ends = [run.info.end_time / 1000 for run in newest if run.info.end_time]
        return (len(ends) - 1) / (ends[0] - ends[-1]) if len(ends) > 1 and ends[0] > ends[-1] else 0.0
