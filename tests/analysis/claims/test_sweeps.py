"""The sweeps: written from the register, and enough for every claim."""

from pathlib import Path

import yaml
from hydra import compose

from analysis.claims import load
from analysis.claims.sweeps import CONF, PROFILES, files, needs, write
from study.condition import DIMENSIONS
from study.population import composer
from study.search import MOST
from study.sweeps.plan import jobs, profile


def test_the_files_are_those_of_the_register():
    for path, text in files(load()).items():
        assert (CONF / path).read_text() == text, f"{path}: run `make sweeps`"
    written = {file.name for p in PROFILES for file in (CONF / "sweep").glob(f"{p.name}_*.yaml")}
    assert written == {path.name for path in files(load()) if path.parent == Path("sweep")}


def recorded(sweep):
    return yaml.safe_load((CONF / "sweep" / f"{sweep.name}.yaml").read_text())["record"]


def test_the_full_profile_has_the_cells_of_every_claim():
    found = set()
    for sweep in profile("full"):
        search = recorded(sweep).get("search", "none")
        for job in jobs(sweep):
            given = dict(o.split("=", 1) for o in (*job.choices, *job.values))
            typed = {(key, text) for key, text in given.items() if key.partition(".")[0] in DIMENSIONS}
            typed -= {("ranking", "iterative"), *((key, text) for key, text in typed if key == "method.params.draw")}
            found.add((given["population"], frozenset(typed), search, int(given["seed"])))
    register = load()
    for claim in register.claims:
        for name in claim.arms:
            arm = register.arms[name]
            if arm.single:
                continue
            for need, part, restarts in needs(claim, arm):
                last = 99 + restarts * min(n for n in (part.networks or claim.networks, arm.networks or 1000))
                typed = frozenset(tuple(override.split("=", 1)) for override in need.condition.overrides())
                wanted = (need.population, typed, need.search, last)
                assert wanted in found, (claim.id, wanted)


def test_searches_have_cells_of_their_own():
    searched = {s.name: s for p in PROFILES for s in profile(p.name) if "search" in recorded(s)}
    assert {name: recorded(s)["search"] for name, s in searched.items()} == {
        "full_iterative_beam_n10": "beam",
        "full_iterative_exhaustive_n30": "exhaustive",
    }
    for sweep in searched.values():
        assert sweep.params["method"] == "brute_force"
        assert not {"pairs", "reinsertion"} & set(recorded(sweep))
    with composer():
        for name in searched["full_iterative_exhaustive_n30"].populations:
            assert sum(compose("config", overrides=[f"population={name}"]).network.hidden) <= MOST


def test_files_of_an_older_register_go(tmp_path):
    for folder in ("sweep", "profile"):
        (tmp_path / folder).mkdir()
    old, other = tmp_path / "sweep" / "paper_old.yaml", tmp_path / "sweep" / "smoke.yaml"
    old.touch()
    other.touch()
    write(load(), tmp_path)
    assert not old.exists()
    assert other.exists()
