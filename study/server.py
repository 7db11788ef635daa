"""`python -m study.server`; the command itself is in `study.servers.server`."""

import sys

from study.common.command import exit_code
from study.servers.server import main

if __name__ == "__main__":
    sys.exit(exit_code(main))
