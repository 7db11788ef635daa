"""One file from one address: it comes at a pace worth waiting for, or it is given up within seconds."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

#: Seconds to wait for a connection and for each piece of an answer: without a network, a load fails soon.
HTTP_TIMEOUT = (3.05, 10.0)
#: Seconds to wait for the address that belongs to a name, which no other timeout is about.
NAME_TIMEOUT = 5.0
#: After so many seconds less than so many bytes a second are too few: 11 MB would take half an hour.
PATIENCE, SLOWEST = 15.0, 6_000
PIECE = 1 << 16


class Bar(Protocol):
    """A progress bar of one download."""

    total: float | None

    def update(self, size: int) -> None:
        """Count `size` further bytes."""


class Download:
    """Fetches a file for pooch, which verifies it and puts it in its place.

    Args:
        bar: told of every piece; None for no bar.
    """

    def __init__(self, bar: Bar | None = None) -> None:
        self.bar = bar

    def __call__(self, url: str, output_file: str, pooch: object) -> None:  # noqa: ARG002
        """Write what stands at an address into a file.

        Raises:
            OSError: if there is no answer, or none fast enough.
        """
        import requests  # it takes a fifth of a second, and only a download needs it
        from urllib3.exceptions import HTTPError

        _check_name(url, requests.utils.get_environ_proxies(url))
        connect, read = HTTP_TIMEOUT
        try:
            with requests.get(url, stream=True, timeout=HTTP_TIMEOUT) as answer, Path(output_file).open("wb") as file:
                if not answer.ok:
                    raise OSError(f"{answer.status_code} {answer.reason}")
                if self.bar is not None:
                    self.bar.total = float(answer.headers.get("content-length", 0)) or None
                self._copy(answer.raw, file)
        except requests.ConnectTimeout as error:
            raise OSError(f"no connection within {connect:g} seconds") from error
        except requests.ReadTimeout as error:
            raise OSError(f"no answer for {read:g} seconds") from error
        except requests.RequestException as error:
            raise OSError(f"no connection ({type(error).__name__})") from error
        except HTTPError as error:
            raise OSError(f"the answer broke off ({type(error).__name__})") from error

    def _copy(self, answer: Any, file: Any) -> None:
        begun, got = time.monotonic(), 0
        while piece := answer.read1(PIECE):
            file.write(piece)
            got += len(piece)
            if self.bar is not None:
                self.bar.update(len(piece))
            seconds = time.monotonic() - begun
            if seconds > PATIENCE and got < SLOWEST * seconds:
                raise OSError(f"given up at {got / seconds:.0f} bytes a second")


def _check_name(url: str, proxies: object) -> None:
    """Give up on a name that no name server answers for; with a proxy names are the proxy's business."""
    parts = urlsplit(url)
    found: list[object] = []
    ask = threading.Thread(target=lambda: found.append(_asked(parts.hostname, parts.port)), daemon=True)
    if proxies:
        return
    ask.start()
    ask.join(NAME_TIMEOUT)
    if not found:
        raise OSError(f"no name server has answered within {NAME_TIMEOUT:g} seconds")
    if isinstance(found[0], OSError):
        raise found[0]


def _asked(host: str | None, port: int | None) -> object:
    try:
        return socket.getaddrinfo(host, port or 443)
    except OSError as error:
        return error
