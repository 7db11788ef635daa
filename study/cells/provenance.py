"""The provenance of a run: version of the code, machine and libraries."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

import torch

from study.common.paths import CHECKOUT
from study.impact import fused


@cache
def code_version() -> str:
    """Return the git commit of the code, `+` appended where files are changed; the package version without git."""
    if CHECKOUT is None:  # the repository that an installed package may lie in is another one
        return version("shrinking-study")
    try:
        changed = "+" if _git("status", "--porcelain", "-uno") else ""
        return _git("rev-parse", "--short=12", "HEAD") + changed
    except (OSError, subprocess.SubprocessError):
        return version("shrinking-study")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


@cache
def environment(device: str) -> dict[str, str]:
    """Return the machine and library versions on which the numbers may depend, for the device that pruned."""
    packages = ("torch", "numpy", "scipy", "pandas", "mlflow", "hydra-core")
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "device": device if device == "cpu" else f"{device}, {torch.cuda.get_device_name(device)}",
        "oracle": fused.path(device),
        "threads": str(torch.get_num_threads()),
        "blas": "mkl" if torch.backends.mkl.is_available() else "other",
        **{name: version(name) for name in packages},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
