"""Configurations that need no file: networks of any sizes, and populations made of a base and variants.

`network=mlp_64` and `network=mlp_50_20` are multi-layer perceptrons of these hidden sizes. A population's file names
the variants that it comes in, in its second line:

    # @variants untrained_hidden,sigmoid_outputs      each may be added to the others, in this order
    # @variants relu|tanh|softplus                    one of them

`population=one_vs_all_0_sigmoid_outputs` is then `conf/population/one_vs_all_0.yaml`, changed as
`conf/variant/sigmoid_outputs.yaml` says, under the joined name. Hydra asks this source where no file has the name.
"""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import OmegaConf

from study.common.paths import CONF

SIZES = "mlp_N[_N...]"
"""How the help writes the networks of any sizes."""
SIZED = ("mlp_100", "mlp_50_50")
"""Some of them, for who has mistyped one."""
_SIZED = re.compile(r"network/mlp((?:_[1-9]\d*)+)")
_VARIANTS = re.compile(r"^# @variants (\S+)$", re.MULTILINE)


def variants_of(file: Path) -> list[tuple[str, ...]]:
    """Return the variants of a population, alone and joined, in the order of its file; none where it names none.

    Args:
        file: of the population.

    >>> variants_of(CONF / "population" / "mnist_1x100.yaml")
    [('relu',), ('tanh',), ('softplus',)]
    """
    try:
        stated = _VARIANTS.search(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):  # Hydra tells, where the file is chosen
        return []
    if stated is None:
        return []
    ways = [("", *part.split("|")) for part in stated[1].split(",")]
    joined = [tuple(filter(None, chosen)) for chosen in product(*ways)]
    return [chosen for chosen in joined if chosen]


def populations() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the populations that have no file of their own: base and variants by name.

    >>> populations()["mnist_1x100_relu"]
    ('mnist_1x100', ('relu',))
    """
    files = sorted((CONF / "population").glob("*.yaml"))
    return {"_".join((f.stem, *chosen)): (f.stem, chosen) for f in files for chosen in variants_of(f)}


class DerivedConfigSource(ConfigSource):
    """Gives derived configurations to Hydra."""

    @staticmethod
    def scheme() -> str:
        """Return the prefix of the addresses of these configurations."""
        return "study"

    def available(self) -> bool:
        """Return whether a configuration of that name exists."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Tell whether a group has derived choices."""
        return config_path.strip("/") in ("network", "population")

    def is_config(self, config_path: str) -> bool:
        """Tell whether a choice is derived."""
        return _content(config_path) is not None

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return the derived populations; networks of any sizes cannot be listed."""
        listed = config_path.strip("/") == "population" and results_filter != ObjectType.GROUP
        return sorted(populations()) if listed else []

    def load_config(self, config_path: str) -> ConfigResult:
        """Return the content of a derived configuration.

        Raises:
            ConfigLoadError: where there is no such choice.
        """
        content = _content(config_path)
        if content is None:
            raise ConfigLoadError(f"there is no {config_path}")
        package = "_global_" if "defaults" in content else None
        return ConfigResult(self.provider, self.full_path(), OmegaConf.create(content), {"package": package})


class DerivedSearchPath(SearchPathPlugin):
    """Puts the source behind the files."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the source to the places in which Hydra looks for a configuration."""
        search_path.append("study", "study://derived")


def register() -> None:
    """Make the source known to Hydra."""
    for plugin in (DerivedConfigSource, DerivedSearchPath):
        Plugins.instance().register(plugin)


def _content(config_path: str) -> dict[str, Any] | None:
    """Return what a file would hold, as in "network/mlp_64"; None where the name is none of these."""
    path = config_path.removesuffix(".yaml")
    if sizes := _SIZED.fullmatch(path):
        return {"hidden": [int(n) for n in sizes[1][1:].split("_")]}
    group, _, name = path.partition("/")
    if group != "population" or name not in (known := populations()):
        return None
    base, variants = known[name]
    return {"defaults": [base, {"/variant": list(variants)}, "_self_"], "population": {"name": name}}
