"""A private PostgreSQL in a folder: found on this machine, created, started and stopped. No port, no password.

It listens on a Unix socket alone, in a folder that only its user (and root) may enter.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from study.common.errors import StudyError

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
    control = [bin_folder / "pg_ctl", "--pgdata", folder, "--timeout", PATIENCE, "--silent"]
    try:
        for path in (folder, socket):
            path.chmod(0o700)
            if user is not None:
                os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        if not (folder / "PG_VERSION").exists():
            made = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-instructions"]
            _run(user, bin_folder / "initdb", "--pgdata", folder, *made)
        _stop_left(user, control)
        try:
            with _kept(user, control, folder / "server.log", socket):
                yield f"postgresql+psycopg2://{ROLE}@/postgres?host={socket}"
        finally:
            _stop_left(user, control)
    finally:
        shutil.rmtree(socket, ignore_errors=True)


KEEPER = """log=$1; socket=$2; shift 2
trap : PIPE
"$@" --log "$log" --options "-c listen_addresses='' -c unix_socket_directories='$socket'" start >&2 || exit
echo started
cat > /dev/null
"$@" --mode fast stop >&2
code=$?
rmdir "$socket" 2> /dev/null
exit $code"""
"""Starts the server, and stops it in order when its own input is closed: by us, or by our end, whatever that was."""


@contextmanager
def _kept(user: str | None, control: Sequence[object], log: Path, socket: Path) -> Iterator[None]:
    """Keep the server running by a process that outlives us for as long as it takes to stop it."""
    with tempfile.TemporaryFile("w+") as said:
        asked = ["sh", "-c", KEEPER, "sh", log, socket, *control]
        keeper = _started(user, asked, said, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        try:
            if not keeper.stdout.readline():  # it has ended
                _check(user, control[0], keeper.wait(), said)
            yield
        finally:
            keeper.stdin.close()
            keeper.wait()
            keeper.stdout.close()
        _check(user, control[0], keeper.returncode, said)


def _stop_left(user: str | None, control: Sequence[object]) -> None:
    """Stop a server whose keeper was killed, or whose machine went down."""
    if _run(user, *control, "status", check=False) == 0:
        _run(user, *control, "--mode", "fast", "stop")


def _run(user: str | None, *command: object, check: bool = True) -> int:
    """Run a program as a user (None: ourselves) and return its exit code."""
    # Not captured by a pipe: the server that pg_ctl starts would hold it open.
    with tempfile.TemporaryFile("w+") as said:
        code = _started(user, command, said, stdin=subprocess.DEVNULL, stdout=said).wait()
        if check:
            _check(user, command[0], code, said)
    return code


def _started(
    user: str | None, command: Sequence[object], said: IO[str], stdin: int, stdout: int | IO[str]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [*map(str, command)],
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            env=os.environ | {"LC_ALL": "C"},
            cwd="/",
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
            start_new_session=True,  # Ctrl+C is for us; we stop it in order
        )
    except OSError as error:
        who = "" if user is None else f" as user {user}"
        raise StudyError(f"{command[0]} cannot be run{who}: {error}") from error


def _check(user: str | None, program: object, code: int, said: IO[str]) -> None:
    """Raise StudyError for an exit code that is not 0."""
    if code == 0:
        return
    said.seek(0)
    who = "" if user is None else f" as user {user}, since PostgreSQL refuses root"
    raise StudyError(
        f"{program}, run{who}, failed: {said.read().strip() or f'exit code {code}'}; the store's folder has to be "
        "one that this user can reach, made by the same version of PostgreSQL; name another with --folder"
    )


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
