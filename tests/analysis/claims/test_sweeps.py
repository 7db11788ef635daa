"""The sweeps: written from the register, and enough for every claim."""

from pathlib import Path

from analysis.claims import load
from analysis.claims.sweeps import CONF, PROFILES, files, needs, write
from study.plans import jobs, profile


def test_the_files_are_those_of_the_register():
    for path, text in files(load()).items():
        assert (CONF / path).read_text() == text, f"{path}: run `make sweeps`"
    written = {file.name for p in PROFILES for file in (CONF / "sweep").glob(f"{p.name}_*.yaml")}
    assert written == {path.name for path in files(load()) if path.parent == Path("sweep")}


def test_the_full_profile_has_the_cells_of_every_claim():
    found = set()
    for sweep in profile("full"):
        for job in jobs(sweep):
            given = dict(o.split("=", 1) for o in (*job.choices, *job.values))
            rows = given.get("selection", "pruning")
            rows += f"[samples={given['selection.samples']}]" if rows == "subset" else ""
            error = given.get("error", "half_squared")
            protocol = given.get("protocol", "no_retrain")
            protocol += f"[epochs={given['protocol.epochs']}]" if protocol == "retrain" else ""
            where = given["population"], given["method"], given["ranking"], error, rows, protocol
            found.add((*where, int(given["seed"])))
    register = load()
    for claim in register.claims:
        for name in claim.arms:
            arm = register.arms[name]
            if arm.single:
                continue
            for need, part, restarts in needs(claim, arm):
                last = 99 + restarts * min(n for n in (part.networks or claim.networks, arm.networks or 1000))
                wanted = (need.population, need.method, need.ranking, need.error, need.selection, need.protocol, last)
                assert wanted in found, (claim.id, wanted)


def test_files_of_an_older_register_go(tmp_path):
    for folder in ("sweep", "profile"):
        (tmp_path / folder).mkdir()
    old, other = tmp_path / "sweep" / "paper_old.yaml", tmp_path / "sweep" / "smoke.yaml"
    old.touch()
    other.touch()
    write(load(), tmp_path)
    assert not old.exists()
    assert other.exists()
