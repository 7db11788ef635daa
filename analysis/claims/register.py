"""The claims register, read from `register/*.yaml`: the frozen plan, its amendments, the claims and their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from analysis.claims import amendments
from analysis.claims.amendments import Amendment, Amendments, RegisterError
from analysis.claims.entries import Arm, Claim, Part
from analysis.claims.expanding import SEARCHES, parts_of

__all__ = ["SEARCHES", "Arm", "Claim", "Part", "Register", "RegisterError", "digest", "load"]

FOLDER = Path(__file__).parent / "register"


@dataclass(frozen=True)
class Register:
    """All claims, the arms, the acceptance bands and the rules that apply to every claim.

    Attributes:
        claims, arms, bands, plan: as amended, `plan` as frozen.
        digest, frozen: sha256 over all files, and over those that were frozen.
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
    return _load(folder, amended, digest(folder))


@cache
def _load(folder: Path, amended: bool, _: str) -> Register:
    """Read the register once for each state of its files, as their digest tells it."""
    plan = _read(folder / "plan.yaml")
    arms = {name: Arm(name, **entry) for name, entry in plan["arms"].items()}
    changes = amendments.read(folder) if amended else Amendments()
    raw = [entry for name in ("tier_a", "tier_b", "tier_c") for entry in _read(folder / f"{name}.yaml")]
    amendments.check(changes, {entry["id"] for entry in raw})
    claims = [_claim(changes.entry(entry), arms) for entry in raw]
    claims += [Claim(**entry) for entry in _read(folder / "not_run.yaml")]
    frozen = digest(folder, amended=False)
    amendments.check_frozen(changes, frozen)
    return Register(
        claims=tuple(sorted(claims, key=lambda claim: claim.id)),
        arms=arms,
        bands=_read(folder / "bands.yaml") | dict(changes.bands),
        plan={name: value for name, value in plan.items() if name != "arms"},
        digest=digest(folder) if changes.all else frozen,
        amendments=changes.all,
        frozen=frozen,
    )


def digest(folder: Path = FOLDER, amended: bool = True) -> str:
    """Return the sha256 over the names and bytes of all files of the register, acceptance bands included.

    Args:
        folder: of its files.
        amended: with the amendments; without them the digest of the frozen plan.
    """
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        if path.name != amendments.FILE or amended:
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
