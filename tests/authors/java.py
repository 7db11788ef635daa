"""A writer of Java's object serialization protocol: as much of it as a network of the authors' classes needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import torch

from study.networks import Network

PACKAGE = "mlsp.cs.cmu.edu.dnn."
MAGIC = b"\xac\xed\x00\x05"
NULL, REFERENCE, CLASS, OBJECT, STRING, ARRAY, BLOCK, END = (
    b"\x70",
    b"\x71",
    b"\x72",
    b"\x73",
    b"\x74",
    b"\x75",
    b"\x77",
    b"\x78",
)
FORMATS = {"I": ">i", "D": ">d", "Z": ">?"}


@dataclass(frozen=True, eq=False)
class Class:
    """A class: its full name, the class that it extends, fields as (type, name); "L..." and "[L..." refer."""

    name: str
    parent: Class | None = None
    fields: tuple[tuple[str, str], ...] = ()
    flags: int = 2  # serializable; 3: with data of its own after the fields


@dataclass(eq=False)
class Object:
    """An instance: values of all fields by name, and the entries of a list or array."""

    of: Class
    values: dict = field(default_factory=dict)
    entries: list | None = None


ELEMENT = f"L{PACKAGE.replace('.', '/')}elements/NetworkElement;"
LAYER = f"L{PACKAGE.replace('.', '/')}structure/Layer;"
LIST = "Ljava/util/List;"
NUMBER = Class("java.lang.Number")
INTEGER = Class("java.lang.Integer", NUMBER, (("I", "value"),))
ARRAY_LIST = Class("java.util.ArrayList", None, (("I", "size"),), flags=3)
ELEMENTS = Class(f"[L{PACKAGE}elements.NetworkElement;")


def elements(name: str, parent: Class | None = None, *fields: tuple[str, str]) -> Class:
    return Class(f"{PACKAGE}elements.{name}", parent, fields)


def structure(name: str, parent: Class | None = None, *fields: tuple[str, str]) -> Class:
    return Class(f"{PACKAGE}structure.{name}", parent, fields)


NEURON = elements("Neuron", None, ("D", "gradient"), ("D", "output"), (LIST, "incoming"), (LIST, "outgoing"))
INPUT = elements("Input", NEURON, ("D", "inputValue"), ("D", "output"))
BIAS = elements("Bias", NEURON)
TANH = elements("TanhNeuron", NEURON)
GAIN_SWITCH = elements(
    "GainSwitchNeuron", NEURON, ("I", "count"), ("D", "gain"), ("D", "gradientSum"), ("D", "groundTruthError"),
    ("I", "idNum"), ("D", "secondGradientSum"), ("Z", "switchedOff"),
)  # fmt: skip
OUTPUT = elements("Output", NEURON, ("D", "outputTruthValue"))
SECOND_DERIVATIVE_OUTPUT = elements("SecondDerivativeOutput", OUTPUT, ("D", "secondGradient"))
LINEAR_OUTPUT = elements("LinearOutput", OUTPUT)
CROSS_ENTROPY_OUTPUT = elements("CrossEntropyOutput", LINEAR_OUTPUT)
EDGE = elements(
    "Edge", None, ("D", "batchSum"), ("Z", "batchUpdate"), ("D", "gradient"), ("D", "learningRate"), ("D", "output"),
    ("D", "weight"), (ELEMENT, "incoming"), (ELEMENT, "outgoing"),
)  # fmt: skip
SIMPLE_EDGE = elements("SimpleEdge", EDGE)
SWITCH_EDGE = elements("SwitchEdge", SIMPLE_EDGE, ("D", "secondGradient"), ("Z", "switchOff"))
PLAIN_LAYER = structure("NetworkElementLayer", None, (f"[{ELEMENT}", "elements"))
GAIN_SWITCH_LAYER = structure("GainSwitchLayer", None, (LAYER, "layer"))
SOFTMAX_LAYER = structure("SoftMaxLayer", None, (LAYER, "layer"))
NETWORK = structure(
    "NeuralNetwork", None, ("I", "inputDimension"), ("I", "outputDimension"), (LIST, "hiddenNeuronLayers"),
    (LIST, "layers"), (LIST, "weightMatrixLayers"),
)  # fmt: skip
CROSS_ENTROPY_NETWORK = structure("CrossEntropyNeuralNetwork", NETWORK)


def java_list(entries: list) -> Object:
    return Object(ARRAY_LIST, {"size": len(entries)}, entries)


def integers(values: list[int]) -> Object:
    return java_list([Object(INTEGER, {"value": value}) for value in values])


def neuron(of: Class, **values: object) -> Object:
    return Object(of, {"incoming": java_list([]), "outgoing": java_list([]), **values})


def edge(of: Class, start: Object, end: Object, weight: float) -> Object:
    made = Object(of, {"weight": weight, "incoming": start, "outgoing": end})
    for side, values in ((start, "outgoing"), (end, "incoming")):
        side.values[values].entries.append(made)
        side.values[values].values["size"] += 1
    return made


def graph(net: Network, recorded: list[tuple[float, float, float]] | None = None, hidden: Class = NEURON) -> Object:
    """Return a network as the authors' classes hold it: neurons that point to edges, edges to neurons.

    Args:
        net: sigmoid hidden layers.
        recorded: (groundTruthError, gradientSum, secondGradientSum) of every hidden neuron, as after a pruning run.
        hidden: class of hidden neurons that nothing was recorded of.
    """
    ran = recorded is not None
    levels = [[neuron(INPUT) for _ in range(net.weights[0].shape[1])] + [neuron(BIAS)]]
    ids = iter(range(sum(net.hidden)))
    for size in net.hidden:
        level = []
        for i in (next(ids) for _ in range(size)):
            if recorded is None:
                level.append(neuron(hidden))
            else:
                off, first, second = recorded[i]
                values = {"groundTruthError": off, "gradientSum": first, "secondGradientSum": second}
                level.append(neuron(GAIN_SWITCH, gain=1.0, idNum=i + 1, **values))
        levels.append([*level, neuron(BIAS)])
    kinds = {"softmax": CROSS_ENTROPY_OUTPUT, "linear": LINEAR_OUTPUT, "sigmoid": OUTPUT}
    kind = SECOND_DERIVATIVE_OUTPUT if ran and net.output == "sigmoid" else kinds[net.output]
    levels.append([neuron(kind) for _ in range(len(net.biases[-1]))])
    layers = [levels[0]]
    for m, (weight, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
        matrix = torch.cat([weight, bias[:, None]], 1).tolist()
        of = SWITCH_EDGE if ran else SIMPLE_EDGE
        ends = [end for end in levels[m + 1] if end.of is not BIAS]
        layers.append(
            [edge(of, start, end, matrix[r][c]) for r, end in enumerate(ends) for c, start in enumerate(levels[m])]
        )
        layers.append(levels[m + 1])
    held = [Object(PLAIN_LAYER, {"elements": Object(ELEMENTS, entries=entries)}) for entries in layers]
    if ran:
        held = [held[0], *(Object(GAIN_SWITCH_LAYER, {"layer": each}) for each in held[1:])]
    if net.output == "softmax":
        held[-1] = Object(SOFTMAX_LAYER, {"layer": held[-1]})
    root = CROSS_ENTROPY_NETWORK if net.output == "softmax" else NETWORK
    values = {
        "inputDimension": net.weights[0].shape[1],
        "outputDimension": len(net.biases[-1]),
        "hiddenNeuronLayers": integers(list(range(2, len(layers) - 1, 2))),
        "layers": java_list(held),
        "weightMatrixLayers": integers(list(range(1, len(layers), 2))),
    }
    return Object(root, values)


class Writer:
    """Writes one object with all that it refers to; each object and class once, then by its handle."""

    def __init__(self) -> None:
        self.out = bytearray(MAGIC)
        self.handles: dict[int | str, int] = {}
        self.kept: list[object] = []

    def handle(self, of: object) -> None:
        self.kept.append(of)  # so that no id is used twice
        self.handles[of if isinstance(of, str) else id(of)] = 0x7E0000 + len(self.handles)

    def known(self, of: object) -> bool:
        handle = self.handles.get(of if isinstance(of, str) else id(of))
        if handle is not None:
            self.out += REFERENCE + struct.pack(">i", handle)
        return handle is not None

    def text(self, value: str) -> None:
        self.out += struct.pack(">H", len(value)) + value.encode()

    def string(self, value: str) -> None:
        if not self.known(value):
            self.handle(value)
            self.out += STRING
            self.text(value)

    def described(self, of: Class | None) -> None:
        if of is None:
            self.out += NULL
        elif not self.known(of):
            self.out += CLASS
            self.text(of.name)
            self.out += struct.pack(">q", 1)
            self.handle(of)
            self.out += struct.pack(">bh", of.flags, len(of.fields))
            for kind, name in of.fields:
                self.out += kind[0].encode()
                self.text(name)
                if kind not in FORMATS:
                    self.string(kind)
            self.out += END
            self.described(of.parent)

    def written(self, value: Object | None) -> None:
        if value is None:
            self.out += NULL
        elif not self.known(value):
            array = value.of.name.startswith("[")
            self.out += ARRAY if array else OBJECT
            self.described(value.of)
            self.handle(value)
            if array:
                self.out += struct.pack(">i", len(value.entries or []))
                for entry in value.entries or []:
                    self.written(entry)
            else:
                self.data(value, value.of)

    def data(self, value: Object, of: Class) -> None:
        if of.parent is not None:
            self.data(value, of.parent)
        for kind, name in of.fields:
            if kind in FORMATS:
                self.out += struct.pack(FORMATS[kind], value.values.get(name, 0))
            else:
                self.written(value.values.get(name))
        if of.flags == 3:
            self.out += BLOCK + b"\x04" + struct.pack(">i", len(value.entries or []))
            for entry in value.entries or []:
                self.written(entry)
            self.out += END


def written(root: Object) -> bytes:
    """Return the stream of one object."""
    writer = Writer()
    writer.written(root)
    return bytes(writer.out)
