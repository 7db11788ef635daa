"""Java serialization as a graph of plain records: javaobj-py3 parses, nothing of the file is ever executed."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from javaobj.v2.beans import JavaArray, JavaClassDesc, JavaInstance
from javaobj.v2.core import JavaStreamParser
from javaobj.v2.transformers import DefaultObjectTransformer, JavaList

from study.common.errors import StudyError

MAGIC = b"\xac\xed\x00\x05"
"""How every Java serialization stream begins: its magic number and version 5."""

STACK = 512 * 2**20
"""Bytes of stack for the parser's thread: address space, of which only what is used becomes memory."""

FRAMES = 2_000_000
"""Deepest recursion allowed, in Python frames; networks of 500 neurons and 41,000 edges need less than 20,000."""

Result = TypeVar("Result")


class StoredFormatError(StudyError):
    """Raised when a file is not a stored network that this reader knows; says the file and what was found."""


def parse(content: bytes, name: str) -> JavaInstance:
    """Return the one object of a Java serialization stream, with all that it refers to.

    Args:
        content: the stream.
        name: of the file, for messages.

    Raises:
        StoredFormatError: if it is not such a stream, is truncated or corrupt, or holds anything but one object.

    >>> parse(b"PK", "archive.zip")
    Traceback (most recent call last):
        ...
    study.authors._graph.StoredFormatError: archive.zip is not a Java-serialized file: it begins with 504b, not aced0005
    """
    if not content.startswith(MAGIC):
        found = content[:4].hex() or "nothing: it is empty"
        raise StoredFormatError(f"{name} is not a Java-serialized file: it begins with {found}, not {MAGIC.hex()}")
    parser = JavaStreamParser(io.BytesIO(content), [DefaultObjectTransformer()])
    try:
        # Edges lead from neuron to neuron: the stream nests as deep as the network has neurons, at a dozen frames or
        # more each, and never deeper than it has bytes.
        objects = deeply(parser.run, frames=min(FRAMES, len(content) + 10_000))
    except Exception as error:  # the parser raises whatever a broken stream makes it stumble on
        raise StoredFormatError(
            f"{name} is a truncated or corrupt Java-serialized file of {len(content)} bytes: "
            f"{type(error).__name__}: {error or 'the stream ends early'}. Fetch it again"
        ) from error
    if len(objects) != 1 or not isinstance(objects[0], JavaInstance):
        raise StoredFormatError(f"{name} holds {len(objects)} Java objects {_types(objects)}, not one network")
    return objects[0]


def _types(objects: list[Any]) -> str:
    return "(" + ", ".join(type(each).__name__ for each in objects[:3]) + ")"


def deeply(function: Callable[[], Result], frames: int) -> Result:
    """Return `function()`, run in a thread of its own that may recurse deeply.

    The recursion limit holds for the whole process, the size of a stack for the threads that start next: both are set
    for the time of the call and restored, so calls take turns.

    Args:
        function: what to run.
        frames: how deep it may recurse; never less than the limit in force.

    Raises:
        BaseException: whatever `function` raises.
    """
    outcome: list[tuple[Result | None, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((function(), None))
        except BaseException as error:
            outcome.append((None, error))

    with _TURN:
        limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
        try:
            sys.setrecursionlimit(max(limit, frames))
            thread = threading.Thread(target=run, name="java-parser")
            thread.start()
        finally:
            threading.stack_size(size)
        try:
            thread.join()
        finally:
            sys.setrecursionlimit(limit)
    result, error = outcome[0]
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


_TURN = threading.Lock()


def lineage(instance: JavaInstance) -> Iterator[str]:
    """Yield the names of an object's class and of the classes that it extends."""
    described: JavaClassDesc | None = instance.classdesc
    while described is not None:
        yield described.name or ""
        described = described.super_class


def fields(instance: JavaInstance) -> dict[str, Any]:
    """Return an object's fields by name; a subclass's own field hides the inherited one of the same name."""
    found: dict[str, Any] = {}
    for own in instance.field_data.values():  # the stream begins with the root class
        found.update({field.name: value for field, value in own.items()})
    return found


def items(value: object) -> list[Any] | None:
    """Return the entries of a Java list or array; None if it is neither."""
    return list(value) if isinstance(value, (JavaList, JavaArray)) else None
