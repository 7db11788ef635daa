"""What the authors published: stored networks, toy data and recorded results, found by `files` and read as they are."""

from __future__ import annotations

from study.authors.recorded import curves, neurons, surfaces
from study.authors.stored import Stored, load, parse

__all__ = ["Stored", "curves", "load", "neurons", "parse", "surfaces"]
