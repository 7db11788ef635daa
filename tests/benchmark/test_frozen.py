"""The published set: its digests, its impacts against the plain oracle, and that it can be made again."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from study.benchmark.freeze import POPULATIONS, STAGES, differences, freeze
from study.benchmark.frozen import HOME, NEWEST, PUBLISHED, frozen_set, opened, sha256
from study.common.errors import StudyError
from study.data import missing
from study.impact.reference import plain_error, plain_errors
from study.impact.stages import ones
from study.networks import ErrorFunction
from study.removals.base import Replacement
from tests.benchmark.made import frozen_network

SET = frozen_set(NEWEST)


def data_of(population):
    stated = SET.manifest["populations"][population]["dataset"]
    if (reason := missing(stated["name"], **stated["params"])) is not None:
        pytest.skip(reason)
    return SET.data(population)


def test_every_published_set_is_the_one_that_was_published():
    there = {p.name for p in HOME.iterdir() if (p / "manifest.json").exists()}
    assert there == set(PUBLISHED)
    for version, digest in PUBLISHED.items():
        assert sha256(HOME / version / "manifest.json") == digest
        files = {p.relative_to(HOME / version).as_posix() for p in (HOME / version).rglob("*") if p.is_file()}
        assert files == {"manifest.json", "builtin.csv", *opened(HOME / version).manifest["files"]}
        assert {f.rpartition(".")[2] for f in files} == {"json", "csv", "parquet", "safetensors"}


@pytest.mark.parametrize("version", PUBLISHED)
def test_a_set_holds_what_it_says(version):
    there = frozen_set(version)
    assert there.version == version
    assert there.has_filters == (version != "v1")
    for population in there.populations:
        stated = there.manifest["populations"][population]
        for note, network in zip(stated["networks"], there.networks(population), strict=True):
            total = sum(network.trained.hidden)
            assert (note["seed"], note["digest"]) == (network.seed, network.trained.digest())
            of = stated["architecture"]
            assert network.trained.hidden == (*of.get("filters", ()), *of["hidden"])
            assert network.trained.pools == tuple(of.get("pools", ()))
            assert network.trained.kernels == tuple(of.get("kernels", ()))
            assert network.stages == [round(share * total) for share in STAGES]
            assert network.span > 0
            for removed in network.stages:
                assert len(network.impact(removed)) == sum(network.network(removed).hidden) == total - removed
                at = network.impacts[network.impacts["removed"] == removed]
                left = [(m, int(k)) for m, g in enumerate(network.gains(removed)) for k in g.nonzero()[:, 0]]
                assert list(zip(at["layer"], at["unit"], strict=True)) == left


def test_a_manifest_states_filters_where_there_are_some():
    assert tuple(SET.populations) == POPULATIONS
    stated = {name: of["architecture"] for name, of in SET.manifest["populations"].items()}
    front = {"filters": [6, 16], "kernels": [3, 2], "pools": [2, 1]}
    assert stated.pop("digits_lenet5").items() > front.items()
    assert {tuple(architecture) for architecture in stated.values()} == {("hidden", "activation", "output")}


@pytest.mark.parametrize("population", POPULATIONS)
def test_frozen_impacts_are_those_of_the_plain_oracle(population):
    data, network = data_of(population), SET.networks(population)[1]
    error = ErrorFunction(network.trained.output)
    for removed in (network.stages[0], network.stages[-2]):
        small, impact = network.network(removed), network.impact(removed)
        parts = small.units
        some = np.unique([0, len(impact) // 2, len(impact) - 1, *np.argsort(impact)[:3]])
        zeros = Replacement.zero(small.hidden)
        start = plain_error(small, data.pruning, error, ones(small))
        assert start == pytest.approx(network.path["error"][removed], rel=1e-11)
        without = plain_errors(small, data.pruning, error, ones(small), parts[some], zeros).numpy()
        assert np.all(np.abs(without - start - impact[some]) <= 1e-12 * np.maximum(without, start))


@pytest.mark.parametrize("population", ["digits_2x50", "cosine_2x10"])
def test_the_path_takes_the_cheapest_unit_of_every_stage(population):
    for network in SET.networks(population):
        for removed in network.stages:
            at = network.impacts[network.impacts["removed"] == removed]
            best = at.loc[at["impact"].idxmin()]
            assert tuple(network.path.loc[removed + 1, ["layer", "unit"]]) == (best["layer"], best["unit"])
            rise = network.path["error"][removed + 1] - network.path["error"][removed]
            assert rise == pytest.approx(best["impact"], abs=1e-11 * network.path["error"].max())


@pytest.mark.parametrize("name", ["networks/digits_2x50-100.safetensors", "impacts.parquet", "manifest.json"])
def test_a_changed_file_is_refused(tmp_path, name):
    shutil.copytree(SET.folder, tmp_path / NEWEST)
    file = tmp_path / NEWEST / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(StudyError, match=f"{file.name} is not the .* that was"):
        opened(tmp_path / NEWEST, PUBLISHED[NEWEST])
    file.unlink()
    with pytest.raises(StudyError, match=f"{file.name} is missing"):
        opened(tmp_path / NEWEST, PUBLISHED[NEWEST])


def test_a_manifest_that_is_none_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"files": 3}))
    with pytest.raises(StudyError, match="cannot be read"):
        opened(tmp_path)


def test_an_unknown_version_names_those_that_there_are():
    with pytest.raises(StudyError, match="no benchmark 'v0'; there are v1, v2"):
        frozen_set("v0")


def test_data_of_another_digest_are_taken_while_the_start_error_comes_back(monkeypatch):
    stated = SET.manifest["populations"]["digits_2x50"]["dataset"]
    monkeypatch.setitem(stated, "digest", "0" * 64)
    assert SET.data("digits_2x50").name == "digits"
    monkeypatch.setitem(stated, "seed", 1)
    with pytest.raises(StudyError, match="not the one that v2 was frozen on"):
        SET.data("digits_2x50")


def test_stages_are_the_physically_smaller_networks():
    made = frozen_network()
    assert made.network(4).hidden == tuple(int(g.sum()) for g in made.gains(4))
    assert sum(made.network(4).hidden) == 5
    gone = set(map(tuple, made.path[["layer", "unit"]].to_numpy()[1:5]))
    assert {(m, k) for m, g in enumerate(made.gains(4)) for k in range(len(g)) if g[k] == 0} == gone


@pytest.mark.slow
def test_a_set_is_made_from_nothing(tmp_path):
    lines = list(freeze("made", tmp_path / "made", ("digits_2x50",), networks=1))
    assert len(lines) == 1
    made = opened(tmp_path / "made")
    (network,) = made.networks("digits_2x50")
    assert network.stages == [0, 20, 40, 60, 80]
    # Another processor, be its name the same, may train another network, and may do nothing else.
    found = differences(tmp_path / "made", SET)
    assert found in ([], ["digits_2x50, seed 100: training gave another network here"])
    with pytest.raises(StudyError, match="never changes"):
        list(freeze("made", tmp_path / "made", ("digits_2x50",)))


def test_a_new_version_takes_networks_over_as_they_are(tmp_path):
    populations = ("cosine_2x10", "digits_lenet5")
    lines = list(freeze("made", tmp_path / "made", populations, base=SET))
    assert lines == [f"{p}: as in {NEWEST}" for p in populations]
    assert differences(tmp_path / "made", SET) == []
    made = opened(tmp_path / "made")
    assert [made.manifest["populations"][p]["from"] for p in populations] == [NEWEST] * 2
    assert made.manifest["files"].keys() == {
        "impacts.parquet",
        "paths.parquet",
        *(f"networks/{p}-{seed}.safetensors" for p in populations for seed in SET.seeds(p)),
    }


@pytest.mark.parametrize(("change", "told"), [(1e-14, []), (1e-9, ["path of brute force, or its errors, differ"])])
def test_a_changed_path_is_found_and_rounding_is_none(tmp_path, change, told):
    list(freeze("made", tmp_path / "made", ("cosine_2x10",), base=SET))
    paths = pd.read_parquet(tmp_path / "made" / "paths.parquet")
    paths.loc[3, "error"] += change * SET.networks("cosine_2x10")[0].path["error"].max()
    paths.to_parquet(tmp_path / "made" / "paths.parquet", index=False)
    manifest = json.loads((tmp_path / "made" / "manifest.json").read_text())
    manifest["files"]["paths.parquet"] = sha256(tmp_path / "made" / "paths.parquet")
    (tmp_path / "made" / "manifest.json").write_text(json.dumps(manifest))
    assert differences(tmp_path / "made", SET) == [f"cosine_2x10, seed 100: {what}" for what in told]


def test_a_version_holds_what_the_one_before_it_held():
    """To the letter: numbers of two versions can be compared where both have them."""
    old = frozen_set("v1")
    assert SET.populations[: len(old.populations)] == old.populations
    for population in old.populations:
        for a, b in zip(old.networks(population), SET.networks(population), strict=True):
            assert a.trained.digest() == b.trained.digest()
            assert a.path.equals(b.path)
            assert a.impacts.equals(b.impacts)
