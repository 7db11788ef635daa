"""A frozen network made of a small one, pruned here by brute force."""

from study.benchmark.freeze import pruned
from study.benchmark.frozen import FrozenNetwork
from tests import cases

DATA = cases.dataset()


def frozen_network(hidden=(5, 4), seed=0, shares=(0.0, 0.4)):
    net = cases.network(hidden, 3, seed=seed)
    path, impacts = pruned(net, DATA, shares)
    return FrozenNetwork("made", seed, net, path, impacts)
