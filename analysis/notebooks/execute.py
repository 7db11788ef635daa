"""From a percent script to an executed notebook and its page."""

from __future__ import annotations

from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
"""Where kernels start, so that a relative path means the same as on the command line."""
LONGEST = 600
"""Seconds that a cell may take."""


def scripts() -> list[Path]:
    """Return the notebooks in their order.

    >>> [s.name for s in scripts()][0]
    '01_one_network_by_hand.py'
    """
    return sorted(FOLDER.glob("[0-9][0-9]_*.py"))


def read(script: Path) -> NotebookNode:
    """Return a script as a notebook, not executed."""
    return jupytext.read(script, fmt="py:percent")


def execute(script: Path) -> NotebookNode:
    """Run a script in a kernel of its own and return the notebook with its outputs.

    Raises:
        nbclient.exceptions.CellExecutionError: when a cell fails.
    """
    notebook = read(script)
    resources = {"metadata": {"path": str(ROOT)}}
    client = NotebookClient(notebook, timeout=LONGEST, kernel_name="python3", resources=resources)
    client.create_kernel_manager().transport = "ipc"  # a socket in a private folder, no port
    client.execute()
    return notebook


def page(notebook: NotebookNode, title: str) -> str:
    """Return the executed notebook as HTML."""
    body, _ = HTMLExporter().from_notebook_node(notebook, {"metadata": {"name": title}})
    return str(body)
