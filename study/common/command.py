"""The end of every command: an exit code, and one message for an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape

from study.common.errors import SWITCH, StudyError, hint, mendable, said

SHOWN = 10
"""Failed cells that are named in the terminal, at most."""


def exit_code(main: Callable[[], int | None]) -> int:
    """Run a command and return its exit code; no traceback reaches the user unless `STUDY_TRACEBACK=1`.

    Args:
        main: the command; what it returns is the code, None is 0.

    Returns:
        2 for what the user can mend (a `StudyError`, a slip in what is typed or in `conf/`), 1 for any other error, 130
        where it was stopped by Ctrl+C.

    >>> exit_code(lambda: 3), exit_code(lambda: None)
    (3, 0)
    """
    try:
        _check_working_folder()
        return main() or 0
    except KeyboardInterrupt:
        print("Stopped. What is finished is recorded; the same command goes on from there.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # its reader has left: `... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if wants_tracebacks():
            raise
        print(" ".join(part for part in (said(error), hint(error)) if part), file=sys.stderr)
        return 2 if mendable(error) else 1


def _check_working_folder() -> None:
    """Refuse to begin in a folder that was removed: nothing says from where a relative place is meant.

    Raises:
        StudyError: with the way out.
    """
    try:
        os.getcwd()
    except FileNotFoundError as error:
        raise StudyError(
            "the working folder is not there any more: change to another, and give the command again"
        ) from error


def tell_failed(failed: Sequence[tuple[object, str]], console: Console) -> None:
    """Print the first failed cells, each with its reason."""
    for name, reason in failed[:SHOWN]:
        console.print(f"[red]failed[/red] {escape(f'{name}: {reason}')}", highlight=False, soft_wrap=True)


def wants_tracebacks() -> bool:
    """Return whether the user wants tracebacks."""
    return os.environ.get(SWITCH) == "1"
