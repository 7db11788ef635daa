"""A PostgreSQL of one's own in a folder: found on this machine, made, started and stopped. No port, no password.

It listens on a Unix socket alone, in a folder that only its user (and root) may enter.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from study.errors import StudyError

PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/opt/local/lib/postgresql*/bin",
)
"""Where packages put the programs that Debian, Red Hat, Homebrew and MacPorts keep off the path."""
NEEDED = ("initdb", "pg_ctl")
ROLE = "study"
UNPRIVILEGED = ("postgres", "nobody")
"""Users that the server may run as when we are root, which it refuses; the first that is there."""
PATIENCE = 120
"""Seconds for the server to start or stop; after a crash it replays what it had not yet written."""


def programs() -> Path:
    """Return the folder of PostgreSQL's programs: that of the path, else the newest version installed.

    Raises:
        StudyError: when there is none.
    """
    on_path = shutil.which(NEEDED[0])
    found = [Path(on_path).resolve().parent] if on_path else []
    for place in PLACES:
        folders = Path("/").glob(place.removeprefix("/"))
        found += sorted(folders, key=lambda folder: _version(folder.parent.name), reverse=True)
    for folder in found:
        if all((folder / name).is_file() for name in NEEDED):
            return folder
    raise StudyError(
        f"no PostgreSQL: {' and '.join(NEEDED)} are neither on the path nor in {', '.join(PLACES)}; install it "
        "(apt-get install postgresql, brew install postgresql, conda install postgresql)"
    )


def check_driver() -> None:
    """Raise StudyError when Python's driver is not installed."""
    if importlib.util.find_spec("psycopg2") is None:
        raise StudyError("psycopg2 (for PostgreSQL) is not installed; it comes with the extra `server`: make setup")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the database of a folder, made where it is not there, and give its address for SQLAlchemy.

    Args:
        folder: of the database alone; nobody else may have it running.

    Raises:
        StudyError: when it cannot be made or started.
    """
    bin_folder, user = programs(), _user()
    socket = Path(tempfile.mkdtemp(prefix="study-postgres-"))  # a socket's path has to be short: 107 characters
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for path in (folder, socket):
            path.chmod(0o700)
            if user is not None:
                os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        if not (folder / "PG_VERSION").exists():
            made = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-instructions"]
            _run(user, bin_folder / "initdb", "--pgdata", folder, *made)
        control = (user, bin_folder / "pg_ctl", "--pgdata", folder, "--timeout", PATIENCE, "--silent")
        if _run(*control, "status", check=False) == 0:  # left behind by a process that was killed
            _run(*control, "--mode", "fast", "stop")
        options = f"-c listen_addresses='' -c unix_socket_directories='{socket}'"
        _run(*control, "--log", folder / "server.log", "--options", options, "start")
        try:
            yield f"postgresql+psycopg2://{ROLE}@/postgres?host={socket}"
        finally:
            _run(*control, "--mode", "fast", "stop")
    finally:
        shutil.rmtree(socket, ignore_errors=True)


def _run(user: str | None, program: Path, *arguments: object, check: bool = True) -> int:
    """Run a program as a user (None: ourselves) and return its exit code."""
    environment = os.environ | {"LC_ALL": "C"}
    try:
        # Not captured by a pipe: the server that pg_ctl starts would hold it open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [program, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd="/",
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                extra_groups=None if user is None else [],
                start_new_session=True,  # Ctrl+C is for us; we stop it in order
                check=False,
            )
            said.seek(0)
            output = said.read().strip()
    except OSError as error:
        raise StudyError(f"{program} cannot be run{'' if user is None else f' as user {user}'}: {error}") from error
    if check and done.returncode != 0:
        who = "" if user is None else f" as user {user}, since PostgreSQL refuses root"
        raise StudyError(
            f"{program}, run{who}, failed: {output or f'exit code {done.returncode}'}; the store's folder has to be "
            "one that this user can reach, made by the same version of PostgreSQL; name another with --folder"
        )
    return done.returncode


def _user() -> str | None:
    """Return the user to run as, None for ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in UNPRIVILEGED:
        if name in known:
            return name
    raise StudyError(
        f"PostgreSQL refuses to run as root, and there is no user {' or '.join(UNPRIVILEGED)} to run it as"
    )


def _version(name: str) -> tuple[int, ...]:
    """Return the numbers in a folder's name, for sorting.

    >>> _version("15") < _version("pgsql-16") < _version("postgresql@17")
    True
    """
    digits = "".join(c if c.isdigit() else " " for c in name)
    return tuple(map(int, digits.split()))
