"""What has to hold before a multirun's launcher starts workers: its plugin is there, and they keep to one thread."""

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
    """Return what is missing for a launcher, and how to get it; None where nothing is.

    Args:
        launcher: the configuration `hydra.launcher`.
    """
    package = ".".join(str(launcher._target_).split(".")[:2])
    if package not in EXTRAS or importlib.util.find_spec(package) is not None:
        return None
    extra, command = EXTRAS[package]
    return f"the package {package} is not installed; it comes with the extra `{extra}`: {command}"


def keep_to_one_thread() -> None:
    """Let the processes that this one starts compute with one thread each, whatever was exported before.

    PyTorch takes `run.threads`; this is for the libraries beside it, which would take every core in every worker.
    """
    os.environ.update(ONE_THREAD)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
