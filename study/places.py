"""Where the study's own files are."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The checkout."""
CONF = ROOT / "conf"
"""Its configuration: a folder a group."""
