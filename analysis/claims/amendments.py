"""The amendments of the frozen plan, with their reasons: `register/amendments.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FILE = "amendments.yaml"
RULES = ("not_run", "refutation", "medians")
"""Rules of the plan that an amendment can replace; the code holds the rules that are in force."""


class RegisterError(ValueError):
    """Raised for an entry of the register that cannot be read; names the claim and the field."""


@dataclass(frozen=True)
class Amendment:
    """One change of the frozen plan: of a rule for every claim, or of the entry of one claim.

    Attributes:
        id, date: "A1", an ISO date.
        was, now, reason: the frozen rule or entry, its replacement, and the reason, in words.
        rule: one of `RULES`, or "".
        claim: id of the claim, or "".
        entry: fields that replace those of the claim's frozen entry.
    """

    id: str
    date: str
    was: str
    now: str
    reason: str
    rule: str = ""
    claim: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def about(self) -> str:
        """The claim's id, or "all claims"."""
        return self.claim or "all claims"


@dataclass(frozen=True)
class Amendments:
    """All amendments, and the digest of the plan that they amend.

    Attributes:
        frozen: digest of what the frozen plan says (`meaning.digest`).
        frozen_files: SHA-256 of its files as they were written when it was frozen: over name, length and bytes of each.
        all: the amendments, in their order.
        bands: acceptance bands of populations that the frozen plan did not have.
    """

    frozen: str = ""
    frozen_files: str = ""
    all: tuple[Amendment, ...] = ()
    bands: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def entry(self, frozen: dict[str, Any]) -> dict[str, Any]:
        """Return a claim's entry with its amended fields."""
        for amendment in self.all:
            if amendment.claim == frozen["id"]:
                frozen = frozen | dict(amendment.entry)
        return frozen


def read(folder: Path) -> Amendments:
    """Read the amendments of a register; none where the file is not there."""
    file = folder / FILE
    if not file.is_file():
        return Amendments()
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    date = str(found["date"])
    entries = tuple(Amendment(date=date, **entry) for entry in found["amendments"])
    return Amendments(str(found["frozen"]), str(found.get("frozen_files", "")), entries, found.get("bands", {}))


def check(changes: Amendments, claims: Collection[str]) -> None:
    """Raise RegisterError for an amendment of neither a rule nor a claim, of both, or of an unknown one."""
    for amendment in changes.all:
        if bool(amendment.rule) == bool(amendment.claim):
            raise RegisterError(f"{amendment.id}: an amendment is of a rule or of a claim, and of one of them")
        for what, known in ((amendment.rule, RULES), (amendment.claim, sorted(claims))):
            if what and what not in known:
                raise RegisterError(f"{amendment.id}: it amends {what!r}; known: {', '.join(known)}")


def check_frozen(changes: Amendments, digest: str) -> None:
    """Raise RegisterError if the amendments are of another frozen plan than the one with this digest."""
    if changes.frozen and changes.frozen != digest:
        raise RegisterError(
            f"the register does not say what was frozen (digest {digest[:12]}, in {FILE} {changes.frozen[:12]}): "
            "put it back, and write what is to change as an amendment"
        )
