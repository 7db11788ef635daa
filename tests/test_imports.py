"""What costs seconds to import is imported where it is used: the help and a mistyped key wait for none of it."""

import os
import subprocess
import sys

from study.common.paths import ROOT

HEAVY = ("torch", "mlflow", "matplotlib", "scipy", "sklearn", "pandas", "pyarrow", "numba", "joblib")
RUN = f"""
import os, runpy, sys
FIXED = ["population=digits_1x100", "network=mlp_7"]
NAMED = ["method=taylor3"]
NO_EXPERIMENT = ["-m", "experiment=nothing"]
NO_SEED = ["-m", "+profile=smoke", "seed=5"]
for typed in (["--help"], ["sead=3"], NAMED, NO_EXPERIMENT, NO_SEED, ["--cfg", "job"], ["seed=abc"], FIXED):
    sys.argv = ["study", *typed]
    try:
        runpy.run_module("study", run_name="__main__")
    except SystemExit as end:
        loaded = [name for name in {HEAVY!r} if name in sys.modules]
        print(*typed, "exit", end.code, "loaded", *loaded, file=sys.__stderr__)
    os.environ.pop("HYDRA_FULL_ERROR"), os.environ.pop("STUDY_TRACEBACK", None)  # a process would leave nothing behind
"""


def test_help_and_what_is_refused_load_nothing_heavy():
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, timeout=120, env=environment)
    ends = [line for line in done.stderr.splitlines() if " exit " in line and " loaded" in line]
    assert [line.split(" exit ")[0] for line in ends] == [
        *("--help", "sead=3", "method=taylor3", "-m experiment=nothing", "-m +profile=smoke seed=5", "--cfg job"),
        "seed=abc",
        "population=digits_1x100 network=mlp_7",
    ], done.stderr
    assert all(line.endswith(" loaded") for line in ends), ends
