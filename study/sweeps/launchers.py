"""Checks that a launcher's plugin is installed, and limits its workers to one thread."""

from __future__ import annotations

import importlib.util
import os

from omegaconf import DictConfig

from study.sweeps.workers import ONE_THREAD

EXTRAS = {
    "hydra_plugins.hydra_ray_launcher": ("ray", "make ray"),
    "hydra_plugins.hydra_submitit_launcher": ("slurm", "make setup"),
}
"""Package of a launcher -> the extra of pyproject.toml that brings it, and the command that installs that."""


def missing(launcher: DictConfig) -> str | None:
    """Return the missing package of a launcher and the command that installs it; None where nothing is missing.

    Args:
        launcher: the configuration `hydra.launcher`.
    """
    package = ".".join(str(launcher._target_).split(".")[:2])
    if package not in EXTRAS or importlib.util.find_spec(package) is not None:
        return None
    extra, command = EXTRAS[package]
    return f"the package {package} is not installed; it comes with the extra `{extra}`: {command}"


def keep_to_one_thread() -> None:
    """Limit the processes that this one starts to one thread each, against any exported value.

    PyTorch follows `run.threads`. Other libraries would take every core in every worker.
    """
    os.environ.update(ONE_THREAD)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
