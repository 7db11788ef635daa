"""Paths of the study's files and of its outputs, in a checkout and after a plain `pip install`."""

from __future__ import annotations

from pathlib import Path

from study.common.errors import StudyError

PACKAGE = Path(__file__).parent.parent
"""The code of `study`."""
ROOT = PACKAGE.parent
"""The checkout; where the study is installed from a wheel, the folder of the installed packages."""
CHECKOUT = ROOT if (ROOT / "pyproject.toml").is_file() and (ROOT / "conf").is_dir() else None
"""The checkout that this code lies in; None where it is installed from a wheel."""
CONF = ROOT / "conf" if CHECKOUT else PACKAGE / "conf"
"""The configuration, a folder a group: `conf/` of the checkout, which a wheel holds as a part of the package."""


def home() -> Path:
    """Return the folder of `outputs/` and `data/`: the checkout, or else the working folder."""
    return CHECKOUT or Path.cwd()


def expanded(path: Path | str) -> Path:
    """Return a path with `~` and `~name` written out.

    >>> expanded("data")
    PosixPath('data')

    Raises:
        StudyError: where there is no such home.
    """
    try:
        return Path(path).expanduser()
    except TypeError as error:
        raise StudyError(f"a folder is needed, got a {type(path).__name__}") from error
    except RuntimeError as error:
        raise StudyError(f"{path}: that home is not known here; write the folder out, as in /home/me/data") from error
