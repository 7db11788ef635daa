"""Networks: stacks of dense layers that can be evaluated from any layer on."""

from study.networks.error import ErrorFunction, correct
from study.networks.mlp import from_module, mlp, sizes_of, to_module
from study.networks.network import Network

__all__ = ["ErrorFunction", "Network", "correct", "from_module", "mlp", "sizes_of", "to_module"]
