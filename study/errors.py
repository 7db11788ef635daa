"""The errors that a user may see: each says what is wrong and the way out."""

from __future__ import annotations

import errno
import numbers

SWITCH = "STUDY_TRACEBACK"
"""Environment variable: `1` lets commands show where an error comes from."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of the errors of a disk, a quota or a limit that is full."""
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Numbers of the errors of a place that may not be written to (or read)."""


class StudyError(ValueError):
    """Something that the user can mend: shown as one message, without a traceback, by the command line."""


class PoorTrainingWarning(UserWarning):
    """Says that a network has hardly learnt its task: what pruning says of it says little."""


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
        raise StudyError(f"{name}={value!r}: a whole number is needed, {least} or more")
    number = int(value)
    if not least <= number < LARGEST:
        raise StudyError(f"{name}={number}: {least} or more" + ("" if number < least else ", and less than 2^62"))
    return number


def said(error: BaseException) -> str:
    """Return what a person is told of an error: its own words where it is a `StudyError`, else what can be done.

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
    if isinstance(error, OSError) and error.strerror:
        place = "" if error.filename is None else f": {error.filename!r}"
        return f"{error.strerror}{place}{_way_out(error)}"
    if "database or disk is full" in words:
        return f"the tracking store's disk is full{_way_out(OSError(errno.ENOSPC, ''))}"
    first = words.splitlines()[0] if words else "no reason was given"
    return f"{type(error).__name__}: {first}"


def hint(error: BaseException | None) -> str:
    """Return how to see where an error comes from; nothing for those that say all that there is to say.

    >>> hint(RuntimeError("one")), hint(StudyError("two"))
    ('STUDY_TRACEBACK=1 in the environment shows where it comes from.', '')
    """
    expected = error is None or isinstance(error, (StudyError, OSError))
    return "" if expected else f"{SWITCH}=1 in the environment shows where it comes from."


def _way_out(error: OSError) -> str:
    if error.errno in FULL:
        return ". Free some space; what is finished is kept, the same command goes on from there"
    if error.errno in FORBIDDEN:
        return ". It needs a place that may be read and written: change its permissions, or name another"
    return ""
