"""Errors that a user may see: each names the fault and the way out."""

from __future__ import annotations

import difflib
import errno
import importlib
import numbers
import re
from collections.abc import Iterable
from pathlib import Path

SWITCH = "STUDY_TRACEBACK"
"""Environment variable: `1` lets commands show where an error comes from."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of the errors of a disk, a quota or a limit that is full."""
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Numbers of the errors of a place that may not be written to (or read)."""


class StudyError(ValueError):
    """Something that the user can mend: shown as one message, without a traceback, by the command line."""


class PoorTrainingWarning(UserWarning):
    """Warns of a network that has hardly learnt its task, so that its pruning shows little."""


MANY = 24
"""More names than this are not listed in a message: they would scroll it away."""
NO_MEMORY = re.compile(r"can't allocate memory|out of memory|unable to allocate|overflow(ed)?\b", re.IGNORECASE)
"""What libraries say when something is too large for the memory, or for the numbers that count it."""
COMPOSING = ("hydra", "omegaconf", "yaml")
"""Packages whose errors are about what is typed or written in `conf/`."""
MISTAKES = "study.config.mistakes"
"""The module that puts those into words: named, not imported, since it knows the whole configuration."""


LARGEST = 2**62
"""Whole numbers stay below it, so that what is made of a seed still is one for every generator."""


def whole(name: str, value: object, least: int = 0) -> int:
    """Return a whole number.

    Args:
        name: of the setting, for the message.
        value: what it is set to.
        least: the smallest that is possible.

    Raises:
        StudyError: for anything else.

    >>> whole("seed", 3)
    3
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise StudyError(f"{name}={shown(value)}: a whole number is needed, {least} or more")
    number = int(value)
    if not least <= number < LARGEST:
        raise StudyError(f"{name}={number}: {least} or more" + ("" if number < least else ", and less than 2^62"))
    return number


def among(name: object, known: Iterable[str], listing: str = "python -m study --help") -> str:
    """Return the known names to suggest for an unknown one: the nearest first, never a long list.

    Args:
        name: what was asked for.
        known: the names that there are.
        listing: the command that lists them all, where they are many.

    >>> among("sead", ["network", "seed"])
    'did you mean seed? known: network, seed'
    >>> among("x7", [f"mlp_{n}" for n in range(50)])
    'known: mlp_0, mlp_1, mlp_2, mlp_3, mlp_4 and 45 more, which `python -m study --help` lists'
    """
    names = list(known)
    near = difflib.get_close_matches(str(name), names, n=3)
    if len(names) <= MANY:
        listed = f"known: {', '.join(names) or 'none'}"
    else:
        shown = near if near else names[:5]
        listed = f"known: {', '.join(shown)} and {len(names) - len(shown)} more, which `{listing}` lists"
    return f"did you mean {' or '.join(near)}? {listed}" if near else listed


def choice(name: str, value: object, known: Iterable[str]) -> str:
    """Return a value that is one of a few names.

    Raises:
        StudyError: for anything else, with the names.

    >>> choice("ranking", "iterative", ("single_overall", "iterative"))
    'iterative'
    """
    names = list(known)
    if isinstance(value, str) and value in names:
        return value
    raise StudyError(f"{name}={shown(value)}; possible: {', '.join(names)}")


def number(name: str, value: object) -> float:
    """Return a number.

    Raises:
        StudyError: for anything else.

    >>> number("protocol.every", 0.5)
    0.5
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise StudyError(f"{name}={shown(value)}: a number is needed")
    return float(value)


def truth(name: str, value: object) -> bool:
    """Return what is True or False, of Python or NumPy.

    Raises:
        StudyError: for anything else, which Python would take for one of them.

    >>> truth("pairs", False)
    False
    """
    if type(value).__name__ not in ("bool", "bool_"):
        raise StudyError(f"{name}={shown(value)}: True or False is needed")
    return bool(value)


def shown(value: object) -> str:
    """Return a value for a message; its kind where its text is long.

    >>> shown("x"), shown(StudyError), shown([1, 2])
    ("'x'", 'the class StudyError', 'a list')
    """
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return repr(value) if isinstance(value, str | bytes | int | float | None) else f"a {type(value).__name__}"


def check_progress(progress: object) -> None:
    """Refuse what cannot be called after every step: it would end the first one.

    Raises:
        StudyError: saying what it is.
    """
    if progress is not None and (isinstance(progress, type) or not callable(progress)):
        raise StudyError(f"progress: a function of the steps done and planned is needed, got {shown(progress)}")


def mendable(error: BaseException) -> bool:
    """Return whether the user can mend an error by another request."""
    kind = type(error)
    of_a_cell = kind.__name__ == "CompactHydraException"  # of one of a sweep's cells; Hydra raises subclasses of it
    return (
        _homeless(error)
        or isinstance(error, StudyError | UnicodeDecodeError)
        or (kind.__module__.partition(".")[0] in COMPOSING and not of_a_cell)
    )


def said(error: BaseException, file: Path | None = None) -> str:
    """Return the message of an error: its own text for a `StudyError`, else the way out.

    Args:
        error: what happened.
        file: of `conf/GROUP/`, that was read on its own when it happened; the message names its line.

    >>> said(StudyError("seed=-1: 0 or more"))
    'seed=-1: 0 or more'
    >>> said(FileNotFoundError(errno.ENOENT, "No such file or directory", "x.csv"))
    "No such file or directory: 'x.csv'"
    >>> said(RuntimeError("one"))
    'RuntimeError: one'
    """
    words = str(error).strip()
    if isinstance(error, StudyError) and words:
        return words
    of_composing = type(error).__module__.partition(".")[0] in COMPOSING or isinstance(error, UnicodeDecodeError)
    if of_composing or file is not None:
        return _of_composing(error, file)
    if _too_large(error):
        return (
            "there is not enough memory for this: take a smaller network or fewer rows (selection=subset), leave out "
            "record.pairs, record.hessian and record.search, or run fewer worker processes at once"
        )
    if _homeless(error):
        return "this user has no home folder, which MLflow looks for: name one in the environment, as in HOME=/tmp"
    if isinstance(error, OSError) and error.strerror:
        place = "" if error.filename is None else f": {error.filename!r}"
        return f"{error.strerror}{place}{_way_out(error)}"
    if "database or disk is full" in words:
        return f"the tracking store's disk is full{_way_out(OSError(errno.ENOSPC, ''))}"
    first = words.splitlines()[0] if words else "no reason was given"
    return f"{type(error).__name__}: {first}"


def hint(error: BaseException | None) -> str:
    """Return how to see an error's traceback; nothing for errors whose message is complete.

    >>> hint(RuntimeError("one")), hint(StudyError("two"))
    ('STUDY_TRACEBACK=1 in the environment shows where it comes from.', '')
    """
    expected = error is None or mendable(error) or isinstance(error, OSError) or _too_large(error)
    return "" if expected else f"{SWITCH}=1 in the environment shows where it comes from."


def _of_composing(error: BaseException, file: Path | None) -> str:
    words: str = importlib.import_module(MISTAKES).told(error, file)
    return words


def _homeless(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and "Could not determine home directory" in str(error)


def _too_large(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and bool(NO_MEMORY.search(str(error))))


def _way_out(error: OSError) -> str:
    if error.errno in FULL:
        return ". Free some space; what is finished is kept, the same command goes on from there"
    if error.errno in FORBIDDEN:
        return ". It needs a place that may be read and written: change its permissions, or name another"
    return ""
