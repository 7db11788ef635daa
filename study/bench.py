"""`python -m study.bench`; the command itself is in `study.speed.__main__`."""

import sys

from study.common.command import exit_code
from study.speed.__main__ import main

if __name__ == "__main__":
    sys.exit(exit_code(main))
