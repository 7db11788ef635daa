"""Networks: stacks of dense layers, convolutional ones before them, that can be evaluated from any layer on."""

from study.networks.architecture import Architecture, Front, layers_name
from study.networks.building import LENET_5, LENET_5_SMALL, fresh, layers_of, lenet, mlp, sizes_of
from study.networks.error import ErrorFunction, correct
from study.networks.maps import image_of
from study.networks.module import from_module
from study.networks.network import Network
from study.networks.outputs import as_network
from study.networks.writing import to_module

__all__ = [
    "LENET_5",
    "LENET_5_SMALL",
    "Architecture",
    "ErrorFunction",
    "Front",
    "Network",
    "as_network",
    "correct",
    "fresh",
    "from_module",
    "image_of",
    "layers_name",
    "layers_of",
    "lenet",
    "mlp",
    "sizes_of",
    "to_module",
]
