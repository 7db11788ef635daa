"""The page of `python -m study --help`: groups with their choices, and the settings of the default cell."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from string import Template

from hydra import compose
from omegaconf import OmegaConf, open_dict

from study.common.paths import CONF
from study.config.derived import SIZES
from study.config.known import groups
from study.config.population import composer

WIDTH = 120
"""Columns of the page."""


def help_page(overrides: Sequence[str] = (), own: Path | None = None) -> str:
    """Return the page; its text is in `conf/hydra/help/study.yaml`.

    Args:
        overrides: the typed settings, which the page shows too.
        own: a folder of one's own configurations (`--config-dir`).
    """
    with composer():
        cfg = compose("config", overrides=list(overrides), return_hydra_config=True)
    page = Template(cfg.hydra.help.template)
    with open_dict(cfg):
        del cfg["hydra"]
    chosen = groups(own) | {"network": [*groups(own)["network"], SIZES]}
    listed = "".join(f"{_listed(group, choices)}\n" for group, choices in sorted(chosen.items()))
    return page.substitute(APP_CONFIG_GROUPS=listed, CONFIG=OmegaConf.to_yaml(cfg), PROFILES=", ".join(_profiles(own)))


def _profiles(own: Path | None) -> list[str]:
    return sorted({file.stem for folder in (CONF, own) if folder for file in (folder / "profile").glob("*.yaml")})


def _listed(group: str, choices: Sequence[str]) -> str:
    return textwrap.fill(f"{group}: {', '.join(choices)}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)
