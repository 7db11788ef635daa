"""Where the recipes of the data sets are kept: one YAML file each."""

from __future__ import annotations

from pathlib import Path

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from study.common.errors import StudyError, among, said
from study.common.paths import CONF
from study.training.recipe import Recipe


def has_recipe(name: str, conf: Path = CONF) -> bool:
    """Tell whether there is a file `conf/training/<name>.yaml`.

    >>> has_recipe("digits"), has_recipe("my_data")
    (True, False)
    """
    return (conf / "training" / f"{name}.yaml").is_file()


def read_recipe(name: str, conf: Path = CONF) -> Recipe:
    """Return the recipe of `conf/training/<name>.yaml`.

    Raises:
        StudyError: when there is no such file, or it has a field that a recipe lacks, or a value of the wrong type.
    """
    path = conf / "training" / f"{name}.yaml"
    if not has_recipe(name, conf):
        there = sorted(p.stem for p in (conf / "training").glob("*.yaml"))
        if not there:
            raise StudyError(f"no recipe lies in {path.parent}: install the study whole, or run it from its checkout")
        raise StudyError(f"no recipe {name!r} in {path.parent}; {among(name, there)}; or say recipe=Recipe(epochs=60)")
    merged = OmegaConf.structured(Recipe)
    try:
        for part in _chain(name, conf):
            merged = OmegaConf.merge(merged, part)
        return Recipe(**{str(key): value for key, value in merged.items()})
    except (OmegaConfBaseException, YAMLError, UnicodeDecodeError, OSError) as error:
        raise StudyError(said(error, path)) from error


def _chain(name: str, conf: Path) -> list[dict[str, object]]:
    """Return the contents of a recipe file after those that its defaults list names, base first."""
    content = OmegaConf.to_container(OmegaConf.load(conf / "training" / f"{name}.yaml"))
    if not isinstance(content, dict):
        raise StudyError(f"{conf / 'training' / name}.yaml must hold fields of a recipe, not {content!r}")
    bases = [base for base in content.pop("defaults", []) if base != "_self_"]
    return [part for base in bases for part in _chain(base, conf)] + [
        {str(key): value for key, value in content.items()}
    ]
