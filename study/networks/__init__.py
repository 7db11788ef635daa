"""Networks: stacks of dense layers that can be evaluated from any layer on."""

from study.networks.error import ErrorFunction, correct
from study.networks.mlp import as_network, from_module, mlp, sizes_of, to_module
from study.networks.network import Network, architecture

__all__ = [
    "ErrorFunction",
    "Network",
    "architecture",
    "as_network",
    "correct",
    "from_module",
    "mlp",
    "sizes_of",
    "to_module",
]
