"""What the study takes from inside Hydra, for want of a public way; a test fails where a version moves it."""

from __future__ import annotations

import argparse

from hydra._internal.utils import get_args_parser


def arguments_parser() -> argparse.ArgumentParser:
    """Return the parser of Hydra's own command line: its flags, and the overrides as `overrides`."""
    return get_args_parser()
