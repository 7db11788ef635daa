"""The sweeps: written from the register, and enough for every claim."""

from hydra import compose

from analysis.claims import load
from analysis.claims.sweeps import PROFILES, files, needs
from study.common.paths import CONF
from study.config.population import composer
from study.pruning.search import MOST
from study.records.condition import DIMENSIONS
from study.sweeps.profile import profile


def test_the_files_are_those_of_the_register():
    for path, text in files(load()).items():
        assert (CONF / path).read_text() == text, f"{path}: run `make sweeps`"


def recorded(grid):
    return dict(o.removeprefix("record.").split("=", 1) for o in grid.shared if o.startswith("record."))


def test_the_full_profile_has_the_cells_of_every_claim():
    found = set()
    for grid in profile("full"):
        search = recorded(grid).get("search", "none")
        for job in grid.jobs():
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
