"""Networks as the authors' code stored them: Java serialization of neurons and edges, read into a `Network`.

The object graph (package `mlsp.cs.cmu.edu.dnn`): a `structure.NeuralNetwork` lists its `layers`, neurons and edges by
turns: first `Input`s, then hidden neurons, last `Output`s, with one `Bias` in every layer but the last; between them
`Edge`s, each with a `weight` and its two ends. A layer holds its `elements` itself or wraps another: `SoftMaxLayer`
makes linear outputs a softmax. The authors' pruning run (files `mod.X`) turns hidden neurons into `GainSwitchNeuron`s
with what it recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from study.authors import _graph
from study.authors._graph import StoredFormatError
from study.common.errors import StudyError
from study.networks import Network

PACKAGE = "mlsp.cs.cmu.edu.dnn."
"""What the names of the authors' classes begin with."""

HIDDEN = {"elements.Neuron": "sigmoid", "elements.GainSwitchNeuron": "sigmoid"}
"""Classes of hidden neurons, with their activations."""

OUTPUT = {
    "elements.Output": "sigmoid",
    "elements.SecondDerivativeOutput": "sigmoid",
    "elements.LinearOutput": "linear",
    "elements.CrossEntropyOutput": "linear",
}
"""Classes of output neurons, with what they do to their pre-activation; inside a `SoftMaxLayer`, linear is softmax."""

SUMS = ((("gradientSum", "gainSum"), -1.0), (("secondGradientSum", "secondGainSum"), 0.5))
"""Fields that g1 and g2 are made from, under their later and earlier names, with their factors: g2 has both."""


@dataclass(frozen=True)
class Stored:
    """A stored network.

    Attributes:
        network: weights and biases (a bias is the weight of the edge from the layer's bias neuron); hidden activations
            "sigmoid", output "sigmoid", "softmax" or "linear".
        identity: one row a hidden neuron, int64 columns `neuron` (its id in the ranking files; 1..K, first hidden layer
            first, unless the file numbers them otherwise), `layer` and `unit` (0-based, as in the network).
        recorded: what the authors' pruning run left in a `mod.` file, else None: columns `layer`, `unit` (int64),
            `error_off` (E with the neuron off, summed over their rows), `g1` and `g2` (their two criteria: float64).
        gains: what each hidden neuron's output is multiplied by, one vector a hidden layer: ones, unless a file was
            stored with neurons switched off or at another gain. Not part of the weights.
        softmax_replaced: the file says that the network was made for cross-entropy over a softmax, but its outputs
            are sigmoids now.
    """

    network: Network
    identity: pd.DataFrame
    recorded: pd.DataFrame | None
    gains: tuple[Tensor, ...]
    softmax_replaced: bool


def load(path: Path | str) -> Stored:
    """Return the stored network in a file; see `parse`.

    Raises:
        StoredFormatError: if it is not a stored network that this reader knows.
        StudyError: if the file cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error}") from error
    return parse(content, str(path))


def parse(content: bytes, name: str) -> Stored:
    """Return the stored network in the bytes of a file.

    The file is only parsed; no class in it is ever looked up or run. 40,000 edges take 3 seconds.

    Args:
        content: the file's bytes.
        name: of the file, for messages.

    Raises:
        StoredFormatError: if it is truncated, not Java serialization, an object of another class, has neurons whose
            formula is not known, or weights that are not finite or do not fit together.

    >>> parse(b"PK", "archive.zip")
    Traceback (most recent call last):
        ...
    study.authors._graph.StoredFormatError: archive.zip is not a Java-serialized file: it begins with 504b, not aced0005
    """
    root = _graph.parse(content, name)
    classes = [_short(each) for each in _graph.lineage(root)]
    if "structure.NeuralNetwork" not in classes:
        raise StoredFormatError(
            f"{name} holds a Java object of class {classes[0]}, not a {PACKAGE}structure.NeuralNetwork"
        )
    try:
        return _Reader(name).network(root, crossed="structure.CrossEntropyNeuralNetwork" in classes)
    except StoredFormatError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # StudyError of Network is a ValueError
        raise StoredFormatError(f"{name} is not a stored network that this reader knows: {error!r}") from error


def _short(described: str) -> str:
    return described.removeprefix(PACKAGE)


def _ends(row: int, column: int, below: _Layer) -> str:
    start = "the bias" if column == len(below.neurons) else f"neuron {column}"
    return f"from {start} to neuron {row}"


@dataclass(frozen=True)
class _Layer:
    """The elements of one layer, in its order, without its bias neuron."""

    neurons: tuple[Any, ...]
    bias: Any | None
    softmax: bool


class _Reader:
    """Reads one file's object graph; knows the file's name, which every message begins with."""

    def __init__(self, name: str) -> None:
        self.name = name

    def wrong(self, what: str) -> StoredFormatError:
        return StoredFormatError(f"{self.name} is not a stored network that this reader knows: {what}")

    def network(self, root: Any, crossed: bool) -> Stored:
        about = _graph.fields(root)
        layers = _graph.items(about.get("layers"))
        if layers is None or len(layers) < 5 or len(layers) % 2 == 0:
            found = "no list of layers" if layers is None else f"{len(layers)} layers"
            raise self.wrong(f"{found}; expected neurons and edges by turns, with at least one hidden layer")
        levels = [self.level(each, i, last=i == len(layers) - 1) for i, each in enumerate(layers) if i % 2 == 0]
        self.check_sizes(about, levels)
        weights, biases = [], []
        for m, each in enumerate(layers[1::2]):
            weight, bias = self.edges(each, 2 * m + 1, levels[m], levels[m + 1])
            weights.append(torch.from_numpy(weight))
            biases.append(torch.from_numpy(bias))
        hidden = levels[1:-1]
        output = self.output(levels[-1])
        activations = tuple(self.activation(level, m) for m, level in enumerate(hidden))
        identity = self.identity(hidden)
        return Stored(
            Network(tuple(weights), tuple(biases), activations, output),
            identity,
            self.recorded(hidden, identity),
            tuple(torch.tensor([self.gain(each) for each in level.neurons], dtype=torch.float64) for level in hidden),
            softmax_replaced=crossed and output == "sigmoid",
        )

    def elements(self, layer: Any, wrapped: Sequence[int] = ()) -> tuple[list[Any], bool]:
        """Return a layer's elements and whether a softmax wraps them."""
        if id(layer) in wrapped:
            raise self.wrong("a layer contains itself")
        inside = (*wrapped, id(layer))
        about, kind = _graph.fields(layer), _short(layer.classdesc.name)
        if kind == "structure.NetworkElementLayer" and (found := _graph.items(about["elements"])) is not None:
            return found, False
        if kind in ("structure.GainSwitchLayer", "structure.SoftMaxLayer"):
            found, softmax = self.elements(about["layer"], inside)
            return found, softmax or kind == "structure.SoftMaxLayer"
        if kind == "structure.CompositeLayer" and (parts := _graph.items(about["subLayers"])) is not None:
            read = [self.elements(part, inside) for part in parts]
            if not any(softmax for _, softmax in read):
                return [each for found, _ in read for each in found], False
        raise self.wrong(f"a layer of class {kind}")

    def level(self, layer: Any, index: int, last: bool) -> _Layer:
        """Read a layer of neurons."""
        found, softmax = self.elements(layer)
        kinds = [_short(each.classdesc.name) for each in found]
        neurons = [each for each, kind in zip(found, kinds, strict=True) if kind != "elements.Bias"]
        known = {"elements.Input"} if index == 0 else set(OUTPUT) if last else set(HIDDEN)
        strange = sorted({_short(each.classdesc.name) for each in neurons} - known)
        if strange or not neurons:
            what = f"neurons of class {', '.join(strange)}" if strange else "no neurons"
            raise self.wrong(f"layer {index} has {what}; known there: {', '.join(sorted(known))}")
        biases = [each for each, kind in zip(found, kinds, strict=True) if kind == "elements.Bias"]
        if len(biases) > (0 if last else 1) or (softmax and not last):
            raise self.wrong(f"layer {index} has {len(biases)} bias neurons{' and a softmax' if softmax else ''}")
        return _Layer(tuple(neurons), biases[0] if biases else None, softmax)

    def check_sizes(self, about: dict[str, Any], levels: list[_Layer]) -> None:
        for field, level in (("inputDimension", levels[0]), ("outputDimension", levels[-1])):
            if field in about and about[field] != len(level.neurons):
                raise self.wrong(f"{field} is {about[field]}, but there are {len(level.neurons)} such neurons")

    def edges(self, layer: Any, index: int, below: _Layer, above: _Layer) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights, shape (units above, units below), and the biases, shape (units above,)."""
        columns = {id(each): i for i, each in enumerate((*below.neurons, below.bias)) if each is not None}
        rows = {id(each): i for i, each in enumerate(above.neurons)}
        matrix = np.full((len(rows), len(below.neurons) + 1), np.nan)
        given = np.zeros(matrix.shape, dtype=int)
        if below.bias is None:
            matrix[:, -1], given[:, -1] = 0.0, 1
        for edge in self.elements(layer)[0]:
            about = _graph.fields(edge)
            if "elements.Edge" not in map(_short, _graph.lineage(edge)):
                raise self.wrong(f"layer {index} has a {_short(edge.classdesc.name)} among its edges")
            start, end = about["incoming"], about["outgoing"]
            if end is above.bias and end is not None:
                continue  # a bias neuron puts out 1 whatever comes in
            if id(start) not in columns or id(end) not in rows:
                raise self.wrong(f"layer {index} has an edge that does not join the layers before and after it")
            row, column = rows[id(end)], columns[id(start)]
            matrix[row, column] = about["weight"]
            given[row, column] += 1
        if (given != 1).any():
            row, column = np.argwhere(given != 1)[0]
            raise self.wrong(f"layer {index} has {given[row, column]} edges {_ends(row, column, below)}, not one")
        if not np.isfinite(matrix).all():
            row, column = np.argwhere(~np.isfinite(matrix))[0]
            raise self.wrong(f"layer {index} has the weight {matrix[row, column]} {_ends(row, column, below)}")
        return matrix[:, :-1].copy(), matrix[:, -1].copy()

    def activation(self, level: _Layer, hidden: int) -> str:
        names = {HIDDEN[_short(each.classdesc.name)] for each in level.neurons}
        if len(names) != 1:
            raise self.wrong(f"hidden layer {hidden} mixes the activations {', '.join(sorted(names))}")
        return names.pop()

    def output(self, level: _Layer) -> str:
        names = {OUTPUT[_short(each.classdesc.name)] for each in level.neurons}
        if len(names) != 1 or (level.softmax and names != {"linear"}):
            raise self.wrong(f"outputs are {' and '.join(sorted(names))}{' inside a softmax' if level.softmax else ''}")
        return "softmax" if level.softmax else names.pop()

    def gain(self, neuron: Any) -> float:
        about = _graph.fields(neuron)
        off = about.get("switchedOff", about.get("switchOff", False))
        return 0.0 if off else float(about.get("gain", 1.0))

    def identity(self, hidden: list[_Layer]) -> pd.DataFrame:
        """Return the ids: those that the file gives, or 1..K where it gives none."""
        rows = [(m, k, _graph.fields(each)) for m, level in enumerate(hidden) for k, each in enumerate(level.neurons)]
        ids = [about.get("idNum", i + 1) for i, (_, _, about) in enumerate(rows)]
        if len(set(ids)) != len(ids):
            raise self.wrong("two hidden neurons have the same id")
        table = {"neuron": ids, "layer": [m for m, _, _ in rows], "unit": [k for _, k, _ in rows]}
        return pd.DataFrame(table, dtype="int64")

    def recorded(self, hidden: list[_Layer], identity: pd.DataFrame) -> pd.DataFrame | None:
        """Return the recorded values; None where no neuron has any."""
        neurons = [_graph.fields(each) for level in hidden for each in level.neurons]
        having = ["groundTruthError" in about for about in neurons]
        if not any(having):
            return None
        if not all(having):
            raise self.wrong(f"only {sum(having)} of {len(having)} hidden neurons have recorded values")
        first, second = (
            np.array([factor * about[names[0] if names[0] in about else names[1]] for about in neurons], np.float64)
            for names, factor in SUMS
        )
        off = np.array([about["groundTruthError"] for about in neurons], dtype=np.float64)
        if not (off.any() or first.any() or second.any()):
            return None  # converted for a pruning run that never took place
        return identity[["layer", "unit"]].assign(error_off=off, g1=first, g2=second + first)
