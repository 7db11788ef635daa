"""`python -m study.reproduce PROFILE`; the command itself is in `study.sweeps.reproduce`."""

import sys

from study.common.command import exit_code
from study.sweeps.reproduce import main

if __name__ == "__main__":
    sys.exit(exit_code(main))
