"""`python -m study.ui`; the command itself is in `study.servers.ui`."""

import sys

from study.common.command import exit_code
from study.servers.ui import main

if __name__ == "__main__":
    sys.exit(exit_code(main))
