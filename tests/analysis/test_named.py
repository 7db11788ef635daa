"""What names say: the register's arms and the populations of `conf` end as one place knows."""

import pandas as pd

from analysis.claims import load
from analysis.named import AS_IMPLEMENTED, SIGMOID_OUTPUTS, THEIRS, UNTRAINED_HIDDEN, is_theirs
from study.methods import names

ENDINGS = {UNTRAINED_HIDDEN, SIGMOID_OUTPUTS, f"{UNTRAINED_HIDDEN}{SIGMOID_OUTPUTS}"}


def test_arms_add_endings_that_are_known():
    arms = load().arms.values()
    added = {arm.suffix for arm in arms} - {""}
    assert added
    assert added <= ENDINGS
    theirs = pd.DataFrame({"population": [name for arm in arms if arm.single for name in arm.populations.values()]})
    assert len(theirs)
    assert is_theirs(theirs).all()
    assert THEIRS == "authors_"


def test_methods_as_implemented_have_a_published_one_beside_them():
    implemented = [name for name in names() if name.endswith(AS_IMPLEMENTED)]
    assert len(implemented) == 2
    assert {name.removesuffix(AS_IMPLEMENTED) for name in implemented} <= set(names())
