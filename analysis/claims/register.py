"""The claims registers: the frozen plan, its amendments, the claims and their digests.

That of the paper is read from `register/*.yaml`, that of related systems from `related/*.yaml`. Claims are corrected
together within a tier; the related systems have a family each in place of the paper's tiers.
"""

from __future__ import annotations

import hashlib
import re
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

__all__ = [
    "RELATED",
    "SEARCHES",
    "Arm",
    "Claim",
    "Operand",
    "Part",
    "Register",
    "RegisterError",
    "freeze",
    "load",
    "operand",
]

FOLDER = Path(__file__).parent / "register"
RELATED = Path(__file__).parent / "related"
TIERS = ("tier_a", "tier_b", "tier_c")
"""Files of the paper's claims; a plan that lists `families` has a file of that name for each."""
FROZEN = re.compile(r"^frozen:.*$", re.MULTILINE)
APART = ("arms", "frozen")
"""Words of the plan that are not among its rules."""


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
        """Names of the rules that were amended (`amendments.RULES`), or that a later plan has from its beginning."""
        amended = (amendment.rule for amendment in self.amendments if amendment.rule)
        return frozenset([*amended, *self.plan.get("in_force", ())])

    @property
    def populations(self) -> frozenset[str]:
        """The populations that its claims are about, by the arms' names."""
        parts = [(part, self.arms[arm]) for claim in self.claims for arm in claim.arms for part in claim.parts_in(arm)]
        named = (
            arm.population(term.population or place)
            for part, arm in parts
            for term in part.operands
            for place in [p for p, _ in part.over] or [part.population]
        )
        return frozenset(name for name in named if name is not None)

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


def freeze(folder: Path = RELATED) -> str:
    """Write the digest of what a register says into its plan, which is frozen with it, and return the digest.

    Raises:
        RegisterError: for a register that cannot be read, and for a plan without a line for the digest.
    """
    file = folder / "plan.yaml"
    text = file.read_text(encoding="utf-8")
    if len(FROZEN.findall(text)) != 1:
        raise RegisterError(f"{file} has no line `frozen: DIGEST` to write the digest into: add `frozen:`")
    digest = _register(_files(folder), Amendments()).digest
    file.write_text(FROZEN.sub(f"frozen: {digest}", text), encoding="utf-8")
    return digest


@cache
def _load(folder: Path, amended: bool, _: str) -> Register:
    """Read the register once for each state of its files, as their stamp tells it."""
    files = _files(folder)
    frozen = _register(files, Amendments())
    if "frozen" in files["plan"]:
        _check_frozen(folder, files["plan"]["frozen"], frozen.digest)
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
    if unknown := set(plan.get("in_force", ())) - set(amendments.RULES):
        raise RegisterError(f"plan: in_force: {sorted(unknown)}; known: {', '.join(amendments.RULES)}")
    if absent := [name for name in plan.get("families", ()) if name not in files]:
        raise RegisterError(f"plan: families: {absent[0]} has no file {absent[0]}.yaml beside the plan")
    entries = [{"tier": family} | entry for family in plan.get("families", ()) for entry in files[family]]
    entries = entries or [entry for name in TIERS for entry in files[name]]
    claims = [_claim(changes.entry(entry), arms, plan.get("terms", {})) for entry in entries]
    claims += [Claim(**entry) for entry in files["not_run"]]
    said = {
        "claims": tuple(sorted(claims, key=lambda claim: claim.id)),
        "arms": arms,
        "bands": files["bands"] | dict(changes.bands),
        "plan": {name: value for name, value in plan.items() if name not in APART},
        "amendments": changes.all,
    }
    # The entry of an amendment is in the claims, as everything of them is: read, not as it is written.
    in_words = [replace(amendment, entry={}) for amendment in changes.all]
    digest = meaning.digest(said | {"amendments": in_words})
    return Register(**said, digest=digest, frozen=digest)


def _files(folder: Path) -> dict[str, Any]:
    """Return the content of a register's files by name, without the amendments."""
    found = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.yaml"))}
    return {name: said for name, said in found.items() if name != Path(amendments.FILE).stem}


def _check_frozen(folder: Path, said: str, digest: str) -> None:
    """Refuse a register that says something else than when its plan was frozen.

    Raises:
        RegisterError: with both digests and the way out.
    """
    if said != digest:
        raise RegisterError(
            f"{folder} says something else than what was frozen (digest {digest[:12]}, frozen: {str(said)[:12]}, in "
            "plan.yaml): put it back, or, before any network with a confirmatory seed was judged by it, freeze it "
            "anew: python -m analysis.claims freeze"
        )


def _stamp(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of all files."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.yaml")):
        content = path.read_bytes()
        total.update(f"{path.name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def _claim(entry: dict[str, Any], arms: Mapping[str, Arm], terms: Mapping[str, Any]) -> Claim:
    unknown = set(entry["arms"]) - set(arms)
    if unknown:
        raise RegisterError(f"{entry['id']}: unknown arms {sorted(unknown)}; known: {', '.join(arms)}")
    parts = [part for raw in entry["parts"] for part in parts_of(entry["id"], raw, terms)]
    beyond = {arm for part in parts for arm in part.arms} - set(entry["arms"])
    if beyond:
        raise RegisterError(f"{entry['id']}: a part names arms {sorted(beyond)}; the claim's: {entry['arms']}")
    return Claim(**entry | {"arms": tuple(entry["arms"]), "parts": tuple(parts)})
