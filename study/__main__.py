"""`python -m study`: one cell, or with -m a sweep of cells; the command itself is in `study.sweeps.command`."""

import sys

from study.sweeps.command import command

if __name__ == "__main__":
    sys.argv[0] = "study"
    sys.exit(command())
