"""Messages for errors of Hydra, OmegaConf and YAML: the setting, or the file and line, and the way out.

Their own messages name classes, list every choice there is, and advise a plus that adds a key nobody reads.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from hydra.errors import CompactHydraException, MissingConfigException
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationKeyError,
    InterpolationResolutionError,
    MissingMandatoryValue,
    OmegaConfBaseException,
)
from yaml import MappingNode, MarkedYAMLError, Node, YAMLError

from study.common.errors import among
from study.common.paths import CONF
from study.config.derived import SIZED, SIZES
from study.config.known import unknown_key, wanted

HELP = "`python -m study --help` shows the groups and settings"


def told(error: BaseException, file: Path | None = None) -> str:
    """Return a one-sentence message for a composition error, with the way out.

    Args:
        error: YAML's, OmegaConf's or Hydra's, or of text that is none.
        file: of `conf/GROUP/`, that was read on its own when it happened; None where all were composed.

    >>> told(yaml.YAMLError("found a tab"))
    'a file of the configuration is no YAML: found a tab'
    """
    if file is not None:
        return _in_file(file, error)
    if isinstance(error, YAMLError):
        return _of_yaml(error)
    if isinstance(error, MissingConfigException):
        return _of_missing(error)
    if isinstance(error, OmegaConfBaseException):
        return _of_value(error)
    text = str(error).strip()
    if absent := re.match(r"In '(.+?)': Could not load '(.+?)'", text):
        return (
            f"{CONF / absent[1]}.yaml: its defaults list names {absent[2]}, which is not there; mend that line, or "
            "leave it out (every group is typed without a schema of its own)"
        )
    if in_file := re.match(r"In '(.+?)': (?:\w+ raised while composing config:\s*)?(.*)", text, re.DOTALL):
        return _of_file(in_file[1], in_file[2])
    if merging := re.match(r"Error merging override (.*)", text):
        return _of_override(merging[1], error.__cause__)
    if missing := re.match(r"Could not override '(.+?)'", text):
        if missing[1].startswith("hydra."):
            return _of_plugin(missing[1])
        group = missing[1].partition(".")[0]
        place = group if group == "protocol" else f"{group}.params"
        return (
            f"{missing[1]} is no parameter of the {group} that is chosen: its file in conf/{group}/ lists what there "
            f"is, each set by {place}.NAME=VALUE"
        )
    if several := re.search(r"(?:Ambiguous value for argument|Sweep parameters) '(.*?)'", text):
        return (
            f"{several[1]} names several cells: add -m to run them as a sweep, or write [a,b] where one list is meant"
        )
    if isinstance(error, UnicodeDecodeError):
        return broken_file() or f"a file is no text in UTF-8 ({_first(text)}): name another, or save it anew"
    if not text or "Invalid loaded object" in text:
        return broken_file() or f"the configuration cannot be composed: {_first(text)}; {HELP}"
    if type(error) is CompactHydraException:  # a cell's own words, from the process that it ran in
        return text
    return f"{_first(text)}; {HELP}"


def broken_file() -> str | None:
    """Return the fault of the first file of `conf/` that is not a YAML mapping; None where all are."""
    for file in sorted(CONF.rglob("*.yaml")):
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except YAMLError as error:
            return _of_yaml(error, file)
        except (UnicodeDecodeError, OSError) as error:
            return f"{file} cannot be read as text in UTF-8 ({type(error).__name__}): save it anew, or remove it"
        if content is not None and not isinstance(content, dict):
            return f"{file}, line 1: lines of the form `key: value` are needed, not {_first(repr(content))}"
    return None


def _of_override(typed: str, cause: BaseException | None) -> str:
    key = typed.lstrip("+~").partition("=")[0]
    at = getattr(cause, "full_key", None) or key
    needed = wanted(key) or wanted(at)
    if needed is None or isinstance(cause, ConfigKeyError | ConfigAttributeError):
        return f"{typed}: {unknown_key(at)}"
    return f"{typed}: {needed} is needed"


def _of_plugin(key: str) -> str:
    """Return the message for a setting that the chosen sweeper or launcher lacks, naming the one that has it."""
    group, _, name = key.removeprefix("hydra.").partition(".")
    files = sorted((CONF / "hydra" / group).glob("*.yaml"))
    having = [f"hydra/{group}={file.stem}" for file in files if line_of(file, name) is not None]
    if having:
        return f"{key} is a setting of {' and '.join(having)}: type that beside it, or leave {key} out"
    known = [f"{file.stem}: {', '.join(keys)}" for file in files if (keys := _keys(file))]
    if not known:
        return f"unknown key {key}: leave it out; `python -m study --hydra-help` shows Hydra's own flags"
    return f"{key}: no hydra/{group} has such a setting; there are {'; '.join(known)}"


def _keys(file: Path) -> list[str]:
    """Return the settings in a file of `conf/`, at the top level."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [str(key) for key in content if not str(key).startswith("_")]


def _of_value(error: OmegaConfBaseException) -> str:
    key, first = getattr(error, "full_key", None) or "the configuration", _first(str(error))
    if isinstance(error, MissingMandatoryValue):
        return f"{key} is not set: choose one, as in {key.partition('.')[0]}=NAME; {HELP}"
    if isinstance(error, InterpolationKeyError | InterpolationResolutionError):
        named = re.search(r"'([^']+)' not found", first)
        what = f" to {named[1]}, which is not there" if named else " to what cannot be found"
        return f"{key} refers{what}: write a value, or the name of a setting, as in ${{run.threads}}"
    if isinstance(error, ConfigKeyError | ConfigAttributeError):
        return unknown_key(key)
    if (needed := wanted(key)) is not None:
        return f"{key}: {needed} is needed ({_plain(first)})"
    return f"{key}: {_plain(first)}; {HELP}"


def _in_file(file: Path, error: BaseException) -> str:
    if isinstance(error, YAMLError):
        return _of_yaml(error, file)
    if isinstance(error, OmegaConfBaseException):
        return _of_file(f"{file.parent.name}/{file.stem}", str(error), file)
    return f"{file} cannot be read as lines of the form `key: value` ({_first(str(error))}); save it anew, or remove it"


def _of_file(name: str, text: str, file: Path | None = None) -> str:
    file = file or CONF / f"{name}.yaml"
    file = file if file.exists() else Path(f"{name}.yaml")  # of `--config-dir`
    key = (re.search(r"full_key: (\S+)", text) or ["", ""])[1]
    inner = key.removeprefix(f"{name.partition('/')[0]}.")
    line = next((n for k in (key, inner) if (n := line_of(file, k)) is not None), None)
    where = f"{file}, line {line}" if line else f"{file}"
    unknown = re.match(r"Key '(\w+)' (?:is )?not in", text)
    full = key if key.startswith(f"{name.partition('/')[0]}.") else f"{name.partition('/')[0]}.{key}"
    needed = wanted(full) or wanted(key)
    if unknown:
        return f"{where}: {unknown_key(full)}"
    if key and needed:
        return f"{where}: {inner} has to be {needed} ({_plain(_first(text))})"
    return f"{where}: {_plain(_first(text))}"


def _of_missing(error: MissingConfigException) -> str:
    wanted_file = (error.missing_cfg_file or "").strip("/")
    group, _, name = wanted_file.rpartition("/") if error.options is None else _split(error)
    if error.options is None and "primary" in str(error):
        return f"there is no configuration {wanted_file}: leave --config-name out, the study's own is conf/config.yaml"
    if error.options is None:
        return f"{_plain(_first(str(error)))}; {HELP}"
    known = [*error.options, *(SIZED if group == "network" else ())]
    more = f"; {SIZES} has hidden layers of these sizes" if group == "network" else ""
    return f"{group}={name}: there is none of that name; {among(name, known)}{more}"


def _split(error: MissingConfigException) -> tuple[str, str, str]:
    """Return group, "" and name; a name may hold slashes itself (ladder/taylor1_v1)."""
    wanted_file = error.missing_cfg_file or ""
    group = (re.search(r"Available options in '(.+?)'", str(error)) or ["", wanted_file.partition("/")[0]])[1]
    return group, "", wanted_file.removeprefix(f"{group}/")


def _of_yaml(error: YAMLError, file: Path | None = None) -> str:
    if isinstance(error, MarkedYAMLError) and (mark := error.problem_mark) is not None:
        name = file or mark.name
        return (
            f"{name}, line {mark.line + 1}, column {mark.column + 1}: this is no YAML ({error.problem}); mend the line"
        )
    return f"{file or getattr(error, 'name', None) or 'a file of the configuration'} is no YAML: {_first(str(error))}"


def line_of(file: Path, key: str) -> int | None:
    """Return the line of a YAML file that sets a key, as in "training.epochs"; None where none does."""
    try:
        node: Node | None = yaml.compose(file.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError):
        return None
    line = None
    for part in key.split("."):
        if not isinstance(node, MappingNode):
            return line
        at = next(((k, v) for k, v in node.value if k.value == part), None)
        if at is None:
            return None
        line, node = at[0].start_mark.line + 1, at[1]
    return line


def _first(text: str) -> str:
    return text.strip().splitlines()[0].strip() if text.strip() else "no reason was given"


def _plain(text: str) -> str:
    """Return a sentence of OmegaConf's without the names of its classes."""
    text = re.sub(r"\b\w+(?:Error|Exception) raised while \w+ \w+: ?", "", text)
    text = re.sub(r" of type '\w+'| to (?:Integer|Float|Boolean|String)\b|\bfield '[\w.]+' ", "", text)
    return text.replace("is not Optional", "null is not possible").strip().rstrip(".")
