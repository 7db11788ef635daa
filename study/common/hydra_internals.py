"""The private parts of Hydra that the study uses, for lack of public ones; a test fails where a version moves them."""

from __future__ import annotations

import argparse

from hydra._internal.utils import get_args_parser


def arguments_parser() -> argparse.ArgumentParser:
    """Return the parser of Hydra's own command line: its flags, and the overrides as `overrides`."""
    return get_args_parser()
