"""A real browser to look at pages with: Chromium without a window, spoken to through two pipes.

Chromium answers the commands of the Chrome DevTools Protocol on file descriptors 3 and 4 (`--remote-debugging-pipe`),
so that no port is opened and no driver has to be installed.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--remote-debugging-pipe",
)


def installed() -> str | None:
    """Return the path of a Chromium on this machine, None without one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page of a browser, a context manager.

    Args:
        profile: folder for what the browser keeps; a fresh one, so that it has never seen the page.
        size: of the window, in pixels.
    """

    def __init__(self, profile: Path, size: tuple[int, int] = (1600, 1000)) -> None:
        executable = installed()
        assert executable is not None
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        command = [executable, *FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"]
        shell = ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", *command]
        self._process = subprocess.Popen(shell, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self._number, self._rest, self._session = 0, b"", ""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._out)
        os.close(self._in)

    def open(self, address: str) -> None:
        """Go to an address, from a blank page: a change behind the `#` alone loads nothing."""
        self._ask("Page.navigate", url="about:blank")
        self._ask("Page.navigate", url=address)

    def find(self, script: str, patience: float = 60.0) -> Any:
        """Return the value of a JavaScript expression as soon as it is true.

        Raises:
            AssertionError: with the page's text, when it has not become true in time.
        """
        limit = time.monotonic() + patience
        while True:
            answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
            if value := answer["result"].get("value"):
                return value
            if time.monotonic() > limit:
                raise AssertionError(f"not there after {patience:.0f} s: {script}\n{self.text()}")
            time.sleep(0.2)

    def see(self, words: str, patience: float = 60.0) -> None:
        """Wait until the page shows some words."""
        self.find(f"document.body.innerText.includes({json.dumps(words)})", patience)

    def text(self) -> str:
        """Return what the page shows as text."""
        answer = self._ask("Runtime.evaluate", expression="document.body.innerText", returnByValue=True)
        return str(answer["result"].get("value", ""))

    def picture(self, file: Path) -> Path:
        """Write what the window shows as PNG."""
        file.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))
        return file

    def _ask(self, method: str, patience: float = 60.0, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; events that arrive meanwhile are passed over."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        limit = time.monotonic() + patience
        while True:
            *whole, self._rest = self._rest.split(b"\0")
            for n, answer in enumerate(map(json.loads, whole)):
                if answer.get("id") == self._number:
                    self._rest = b"\0".join([*whole[n + 1 :], self._rest])
                    assert "error" not in answer, f"{method}: {answer['error']}"
                    return answer["result"]
            assert time.monotonic() < limit, f"Chromium does not answer to {method}"
            if select.select([self._in], [], [], 1.0)[0]:
                read = os.read(self._in, 1 << 20)
                assert read, f"Chromium has ended (at {method})"
                self._rest += read
