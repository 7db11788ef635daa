"""What is installed is what was locked: both lists of a lock have the same versions, and every file has its hash."""

import re

import pytest

from study.common.paths import ROOT

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def packages(name: str) -> dict[str, list[str]]:
    """The lines that name a package with its version, and the lines below each."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("#"):
            continue
        if line.startswith(" "):
            found[next(reversed(found))].append(line.strip(" \\"))
        else:
            found[line.removesuffix("\\").rstrip()] = []
    return found


@pytest.mark.parametrize("stem", ["requirements", "requirements-ray"])
def test_every_locked_version_but_that_of_pytorch_has_its_hashes(stem):
    versions, hashed = packages(f"{stem}.lock"), packages(f"{stem}-hashes.lock")
    assert [line for line in versions if line not in hashed] == ["torch==2.13.0"]
    assert len(hashed) == len(versions) - 1 > 150
    for line, below in hashed.items():
        assert re.match(r"[\w.-]+==[\w.]+( ; .+)?$", line)
        assert below, line
        assert all(map(HASH.fullmatch, below)), line


def test_setup_installs_nothing_locked_without_its_hash():
    made = (ROOT / "Makefile").read_text().partition(".venv/.done:")[2].partition("@touch")[0]
    first, torch, last = (line.strip() for line in made.splitlines() if "$(PIP)" in line)
    assert first == "$(PIP) --no-deps --require-hashes -r requirements-hashes.lock"
    assert torch.endswith("$(TORCH)")
    assert "--no-build-isolation" in last  # with the locked setuptools
    assert any(line.startswith("setuptools==") for line in packages("requirements-hashes.lock"))
