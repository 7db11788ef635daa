import subprocess
import sys

import pandas as pd

from study.tracking import tables_digest
from tests.tracking.made import tables


def test_the_digest_survives_parquet_and_another_order_or_index(tmp_path):
    made = tables()
    digest = tables_digest(made)
    read = {}
    for name, frame in reversed(made.items()):
        frame.to_parquet(tmp_path / name, compression="gzip")
        read[name] = pd.read_parquet(tmp_path / name).set_index(pd.RangeIndex(7, 7 + len(frame)))
    assert tables_digest(read) == digest


def test_timing_does_not_enter_and_everything_else_does():
    made = tables()
    digest = tables_digest(made)
    timed = made["events"].assign(seconds=-1.0)
    assert tables_digest(made | {"events": timed}) == digest
    error = made["evaluations"]["error"].copy()
    error[3] *= 1 + 2.3e-16
    assert tables_digest(made | {"evaluations": made["evaluations"].assign(error=error)}) != digest
    assert tables_digest(made | {"impacts": made["impacts"].iloc[::-1]}) != digest
    assert tables_digest(made | {"surfaces": made["surfaces"].iloc[:-1]}) != digest
    classes = made["evaluations"]["correct_per_class"].copy()
    classes[0] = [1, 2, 4]
    assert tables_digest(made | {"evaluations": made["evaluations"].assign(correct_per_class=classes)}) != digest


def test_null_and_zero_differ():
    made = tables()
    null = made["impacts"].assign(estimate=float("nan"))
    zero = made["impacts"].assign(estimate=0.0)
    assert tables_digest(made | {"impacts": null}) != tables_digest(made | {"impacts": zero})


def test_another_process_finds_the_same_digest():
    imports = "from tests.tracking.made import tables\nfrom study.tracking import tables_digest\n"
    code = imports + "print(tables_digest(tables()))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == tables_digest(tables())
