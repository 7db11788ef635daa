"""The claims register, read from `register/*.yaml`: the frozen plan, its amendments, the claims and their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analysis.claims import amendments, meaning
from analysis.claims.amendments import Amendment, Amendments, RegisterError
from analysis.claims.entries import Arm, Claim, Part
from analysis.claims.expanding import SEARCHES, parts_of
from analysis.claims.operands import Operand, operand

__all__ = ["SEARCHES", "Arm", "Claim", "Operand", "Part", "Register", "RegisterError", "load", "operand"]

FOLDER = Path(__file__).parent / "register"
TIERS = ("tier_a", "tier_b", "tier_c")


@dataclass(frozen=True)
class Register:
    """All claims, the arms, the acceptance bands and the rules that apply to every claim.

    Attributes:
        claims, arms, bands, plan: as amended, `plan` as frozen.
        digest, frozen: SHA-256 over what it says (`meaning.digest`), and over what the frozen plan says.
        amendments: of the frozen plan, in force here.
    """

    claims: tuple[Claim, ...]
    arms: Mapping[str, Arm]
    bands: Mapping[str, Mapping[str, Any]]
    plan: Mapping[str, Any]
    digest: str
    amendments: tuple[Amendment, ...] = ()
    frozen: str = ""

    @property
    def rules(self) -> frozenset[str]:
        """Names of the rules that were amended (`amendments.RULES`)."""
        return frozenset(amendment.rule for amendment in self.amendments if amendment.rule)

    def tier(self, name: str) -> tuple[Claim, ...]:
        """Return the claims of a tier."""
        return tuple(claim for claim in self.claims if claim.tier == name)


def load(folder: Path = FOLDER, amended: bool = True) -> Register:
    """Read the register.

    Args:
        folder: of its files.
        amended: with the amendments; without them as the plan was frozen.

    Raises:
        RegisterError: for an unknown word, a metric without the search it needs, and frozen files that were changed.
    """
    return _load(folder, amended, _stamp(folder))


@cache
def _load(folder: Path, amended: bool, _: str) -> Register:
    """Read the register once for each state of its files, as their stamp tells it."""
    files = {path.stem: _read(path) for path in sorted(folder.glob("*.yaml")) if path.name != amendments.FILE}
    frozen = _register(files, Amendments())
    changes = amendments.read(folder) if amended else Amendments()
    if changes == Amendments():
        return frozen
    amendments.check(changes, {claim.id for claim in frozen.claims})
    amendments.check_frozen(changes, frozen.digest)
    return replace(_register(files, changes), frozen=frozen.digest)


def _register(files: Mapping[str, Any], changes: Amendments) -> Register:
    """Return the register with these amendments in force; its digest is its own `frozen`, too.

    Args:
        files: content by name.
        changes: of the frozen plan.
    """
    plan = files["plan"]
    arms = {name: Arm(name, **entry) for name, entry in plan["arms"].items()}
    claims = [_claim(changes.entry(entry), arms) for name in TIERS for entry in files[name]]
    claims += [Claim(**entry) for entry in files["not_run"]]
    said = {
        "claims": tuple(sorted(claims, key=lambda claim: claim.id)),
        "arms": arms,
        "bands": files["bands"] | dict(changes.bands),
        "plan": {name: value for name, value in plan.items() if name != "arms"},
        "amendments": changes.all,
    }
    # The entry of an amendment is in the claims, as everything of them is: read, not as it is written.
    in_words = [replace(amendment, entry={}) for amendment in changes.all]
    digest = meaning.digest(said | {"amendments": in_words})
    return Register(**said, digest=digest, frozen=digest)


def _stamp(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of all files."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        content = path.read_bytes()
        total.update(f"{path.name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _claim(entry: dict[str, Any], arms: Mapping[str, Arm]) -> Claim:
    unknown = set(entry["arms"]) - set(arms)
    if unknown:
        raise RegisterError(f"{entry['id']}: unknown arms {sorted(unknown)}; known: {', '.join(arms)}")
    parts = [part for raw in entry["parts"] for part in parts_of(entry["id"], raw)]
    beyond = {arm for part in parts for arm in part.arms} - set(entry["arms"])
    if beyond:
        raise RegisterError(f"{entry['id']}: a part names arms {sorted(beyond)}; the claim's: {entry['arms']}")
    return Claim(**entry | {"arms": tuple(entry["arms"]), "parts": tuple(parts)})
