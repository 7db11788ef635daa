"""A pseudo-terminal in place of this process's output streams."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SIZE = {"COLUMNS": "100", "LINES": "40"}
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r(?!\n)")
"""What moves the cursor, colours or deletes."""
FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
"""Of the line that moves."""


class Seen:
    """What a terminal was sent, as far as it has been read."""

    def __init__(self) -> None:
        self.sent = ""

    @property
    def left(self) -> str:
        """What stands on the screen in the end: lines that were overwritten or deleted are gone."""
        lines, row = [""], 0
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", self.sent):
            if part == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif part == "\r":
                pass
            elif part.startswith("\x1b["):
                if part[-1] == "A":
                    row = max(0, row - int(part[2:-1] or 1))
                elif part[-1] == "K":
                    lines[row] = ""
            else:
                lines[row] += part
        return "\n".join(line.rstrip() for line in lines).strip("\n")


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seen]:
    """Let this process's output and error streams be one terminal, and read what is sent there."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm-256color", **SIZE}.items():
        monkeypatch.setenv(name, value)
    mine, theirs = os.openpty()
    seen = Seen()

    def read() -> None:
        while True:
            try:
                got = os.read(mine, 1 << 16)
            except OSError:  # on Linux, when the other end is closed
                return
            if not got:
                return
            seen.sent += got.decode(errors="replace")

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", stream)
        patch.setattr("sys.stderr", stream)
        yield seen
    reader.join(5)
    os.close(mine)
