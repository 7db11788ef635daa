"""`python -m study.acceptance`; the command itself is in `study.cells.acceptance`."""

import sys

from study.cells.acceptance import main
from study.common.command import exit_code

if __name__ == "__main__":
    sys.exit(exit_code(main))
