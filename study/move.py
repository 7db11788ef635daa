"""`python -m study.move`; the command itself is in `study.servers.move`."""

import sys

from study.common.command import exit_code
from study.servers.move import main

if __name__ == "__main__":
    sys.exit(exit_code(main))
