"""Objects that a configuration names by `_target_`: those of the study, or of a user's package or file.

A target is a module and a name in it, as in `study.methods.taylor2.Taylor2` or, for a file `mine.py` in the working
folder, `mine.Mine`. Its parameters are those of its signature.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import inspect
import re
import sys
import typing
from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import MISSING, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from study.common.errors import SWITCH, StudyError, among, said

Parameters = dict[str, tuple[Any, Any]]
"""Type and default of every parameter, by name; the default of one that has none is `MISSING`."""


def short(target: str) -> str:
    """Return the name of a target in keys, tags and messages: of the study's own that of the module, else the target.

    >>> short("study.methods.taylor2.Taylor2"), short("study.data.circle.load"), short("mine.Mine")
    ('taylor2', 'circle', 'mine.Mine')
    """
    own = re.fullmatch(r"study\.(?:data|methods|protocols)\.([a-z]\w*)\.\w+", target)
    return own[1] if own else target


def found(target: object, where: str) -> Callable[..., Any]:
    """Return the class or function that a target names.

    Args:
        target: module and name.
        where: the setting, for messages.

    Raises:
        StudyError: where there is none, saying what the module has.
    """
    place, _, name = check_address(target, where).rpartition(".")
    module = imported(place)
    if not callable(one := getattr(module, name, None)):
        own = [n for n, v in vars(module).items() if getattr(v, "__module__", None) == place and not n.startswith("_")]
        raise StudyError(f"{where}={target}: no class or function of {place}; {among(name, own)}")
    called: Callable[..., Any] = one
    return called


def check_address(target: object, where: str) -> str:
    """Return a target that is a module, a dot and a name; nothing is imported but what the module lies in.

    Raises:
        StudyError: for anything else, and where the package or file is not there.
    """
    if not (isinstance(target, str) and re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)+", target)):
        raise StudyError(f"{where}={target}: a class or function is named with its module, as in my_module.MyMethod")
    top = target.partition(".")[0]
    _look_here()
    if top not in sys.modules and importlib.util.find_spec(top) is None:
        raise _absent(top)
    return target


def _absent(name: str) -> StudyError:
    return StudyError(
        f"there is no module {name!r}, neither installed nor in {Path.cwd()}: go to its folder, or install it (a "
        "criterion may also be named by its file, path/to/my_module.py:my_criterion)"
    )


def _look_here() -> None:
    """Let modules be found that lie in the working folder."""
    here = str(Path.cwd())
    sys.path[:0] = [] if here in sys.path else [here]


def imported(name: str) -> ModuleType:
    """Return a module that is installed or lies in the working folder.

    Raises:
        StudyError: where there is none, or it cannot be imported.
    """
    _look_here()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise _absent(name) from error
        raise StudyError(f"module {name!r} cannot be imported: {said(error)}") from error
    except (Exception, SystemExit) as error:
        raise StudyError(f"module {name!r} cannot be imported: {said(error)}") from error


def parameters(of: Callable[..., Any], but: Collection[str] = ()) -> Parameters:
    """Return the parameters of a class or function.

    Args:
        of: the class or function.
        but: those that the study gives.

    >>> def mine(data, share: float = 0.5, *, rows): ...
    >>> parameters(mine, but=["data"])
    {'share': (<class 'float'>, 0.5), 'rows': (typing.Any, '???')}
    """
    hints = typing.get_type_hints(of.__init__ if inspect.isclass(of) else of)
    return {
        name: (_kind(hints.get(name, Any)), MISSING if p.default is p.empty else p.default)
        for name, p in inspect.signature(of).parameters.items()
        if name not in but and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }


def _kind(hint: Any) -> Any:
    """Return a type as OmegaConf checks it; Any for one that no configuration can hold."""
    try:
        OmegaConf.structured(dataclasses.make_dataclass("Kind", [("value", hint, MISSING)]))
    except OmegaConfBaseException:
        return Any
    return hint


def typed(known: Parameters, params: dict[str, Any], where: str, owner: str = "") -> dict[str, Any]:
    """Check parameters against declared names and types and return them.

    Args:
        known: as `parameters` returns them.
        params: what is given.
        where: the setting that holds them, for messages.
        owner: what they are parameters of, for messages.

    >>> typed({"samples": (int, 10)}, {"samples": "7"}, "dataset.params")
    {'samples': 7}

    Raises:
        StudyError: for an unknown name, a value of the wrong type, or one that is needed and not given.
    """
    for name in params:
        if name not in known:
            has = among(name, known) if known else "it has none"
            raise StudyError(f"{where}.{name}: {owner or 'what is chosen'} has no parameter {name}; {has}")
    if needed := [name for name, (_, default) in known.items() if default == MISSING and name not in params]:
        raise StudyError(f"{where}.{needed[0]} is not set: {owner or 'what is chosen'} needs it")
    fields = [(name, kind, dataclasses.field(default=MISSING)) for name, (kind, _) in known.items()]
    schema = OmegaConf.structured(dataclasses.make_dataclass("Params", fields))
    try:
        merged = OmegaConf.merge(schema, params)
    except OmegaConfBaseException as error:
        what = f"{where}.{error.full_key}" if error.full_key else where
        raise StudyError(f"{what}: {str(error).splitlines()[0]} (parameters: {', '.join(known)})") from error
    checked: Any = OmegaConf.to_container(merged, resolve=True)
    return {name: checked[name] for name in params}


def made(target: str, params: dict[str, Any], where: str) -> Any:
    """Return the object that a target makes of its parameters.

    Raises:
        StudyError: its own, or one that says how it failed.
    """
    try:
        return instantiate({"_target_": target, **params}, _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, StudyError):
            raise cause from None
        raise StudyError(
            f"{where}={target} failed: {said(cause or error)}; {SWITCH}=1 in the environment shows where it comes from"
        ) from error
