"""The sections of the report, a file or folder each, found by walking this folder; see `base.Section` to add one."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from analysis.frames import Frames
from analysis.sections.base import Kept, Material, Section, Shown
from study.common.errors import StudyError

__all__ = ["Kept", "Material", "Section", "Shown", "found", "kept_parts", "set_apart"]


def found() -> list[Section]:
    """Return the sections in the order of the page.

    Raises:
        StudyError: for a file or folder without a section; it says what a section needs.
    """
    modules = [module for module in pkgutil.iter_modules(__path__) if module.name != "base"]
    names = [f"{__name__}.{module.name}" + (".section" if module.ispkg else "") for module in modules]
    return sorted((_section(name) for name in names), key=lambda section: (section.place, section.name))


def set_apart(frames: Frames) -> tuple[Frames, dict[str, Frames]]:
    """Return the frames without the cells of single sections, and these cells by sweep (`Section.sweep`)."""
    sweeps = [section.sweep for section in found() if section.sweep]
    asked = frames.cells["sweep"]
    apart = {sweep: frames.of(frames.cells.loc[asked == sweep, "key"].tolist()) for sweep in sweeps}
    return frames.of(frames.cells.loc[~asked.isin(sweeps), "key"].tolist()), apart


def kept_parts() -> dict[str, list[Section]]:
    """Return the sections with results in the repository, by the part of the results."""
    parts: dict[str, list[Section]] = {}
    for section in found():
        if section.kept is not None:
            parts.setdefault(section.kept.part, []).append(section)
    return parts


def _section(module: str) -> Section:
    here = [
        value
        for value in vars(import_module(module)).values()
        if isinstance(value, type) and issubclass(value, Section) and value.__module__ == module
    ]
    if len(here) != 1:
        raise StudyError(
            f"{module}: one class of Section is wanted, {len(here)} found; see analysis.sections.base.Section"
        )
    return here[0]()
