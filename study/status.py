"""`python -m study.status PROFILE`; the command itself is in `study.sweeps.status`."""

import sys

from study.common.command import exit_code
from study.sweeps.status import main

if __name__ == "__main__":
    sys.exit(exit_code(main))
