"""What of a profile is left out for want of data: fetched where it can be, else said."""

from __future__ import annotations

import os

from rich.console import Console
from rich.markup import escape

from study.config import data_folder
from study.data import DataUnavailableError
from study.data._fetch import fetch
from study.data._sources import DownloadFailedError
from study.sweeps.plan import Sweep, downloadable, tracked, unavailable

SWITCH = "STUDY_OFFLINE"
"""Environment variable: `1` keeps downloads off."""


def fetched(sweeps: list[Sweep], console: Console, offline: bool = False) -> dict[str, str]:
    """Fetch the data that sweeps lack, where that is possible, and return the populations that are left out, and why.

    Args:
        sweeps: of a profile.
        console: told what is fetched.
        offline: fetch nothing, as with `STUDY_OFFLINE=1`.
    """
    absent = unavailable(sweeps)
    if offline or os.environ.get(SWITCH, "0") not in ("", "0"):
        return absent
    folder = data_folder(tracked(sweeps[0])[0])
    for collection in downloadable(sweeps, absent):
        console.print(f"{collection.title} is not at hand: it is downloaded and verified (--offline goes on without).")
        try:
            fetch(collection, folder, console)
        except DownloadFailedError as error:
            console.print(f"[yellow]{collection.title} cannot be had: {escape(error.why)}[/yellow]", highlight=False)
        except DataUnavailableError as error:
            console.print(f"[yellow]{escape(str(error))}[/yellow]", highlight=False)
        else:
            console.print(f"{collection.title} is there.")
    return unavailable(sweeps) if absent else absent
