"""The recipe of a training run: how a network is trained. No torch here: the command line needs its fields alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from study.common.errors import StudyError, number, shown, truth, whole

OPTIMIZERS = ("adam", "lbfgs")
PRECISIONS = ("float64", "float32")
NUMBERS = (
    *("learning_rate", "final_rate", "batch_size", "epochs", "polish", "input_scale", "check_every", "watched"),
    "weight_decay",
)


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. Every field is scientific: it enters the network's key unless it has its default.

    Because defaults are left out of keys, a default is never changed here without raising `TRAINING_VERSION`.

    Attributes:
        optimizer: "adam" (Kingma & Ba 2015, mini-batches) or "lbfgs" (Nocedal 1980, all rows at once).
        learning_rate: Adam's step at the start; falls to `final_rate` of it on half a cosine.
        final_rate: share of the learning rate that is left at the end.
        batch_size: rows a step; the last, smaller batch of an epoch counts too.
        epochs: passes over the training rows (Adam) or iterations (L-BFGS).
        polish: iterations of L-BFGS on all rows after Adam, towards a stationary point.
        input_scale: the network is trained on inputs / input_scale and the factor then folded into the first
            weights: the same function of the raw inputs, reached by better conditioned steps.
        target_accuracy: stop once the share correct on the watched rows has reached this; null trains all epochs.
        check_every: steps of Adam between two looks at the target.
        watched: most training rows (evenly spaced) that history and target look at.
        precision: "float64", or "float32" for speed; the trained network is float64 either way.
        weight_decay: lambda of the penalty lambda/2 sum w^2 that is added to the mean error over samples: all weights
            as they are trained (the first ones for scaled inputs), no biases. What training ends in is then no
            stationary point of the error alone.
        untrained_hidden: leave the hidden layers as they were drawn and train the output layer alone, as the authors'
            code did wherever outputs were a softmax (V2).
        threads: of PyTorch's; another count gives other bits. On the command line it is `run.threads`.
    """

    optimizer: str = "adam"
    learning_rate: float = 0.005
    final_rate: float = 0.01
    batch_size: int = 100
    epochs: int = 60
    polish: int = 0
    input_scale: float = 1.0
    target_accuracy: float | None = None
    check_every: int = 10
    watched: int = 10_000
    precision: str = "float64"
    weight_decay: float = 0.0
    untrained_hidden: bool = False
    threads: int = 1

    def __post_init__(self) -> None:
        for name, known in (("optimizer", OPTIMIZERS), ("precision", PRECISIONS)):
            if not isinstance(value := getattr(self, name), str) or value not in known:
                raise StudyError(f"training.{name}={shown(value)} is unknown; known: {', '.join(known)}")
        truth("training.untrained_hidden", self.untrained_hidden)
        for name in NUMBERS:
            number(f"training.{name}", getattr(self, name))
        if self.target_accuracy is not None:
            number("training.target_accuracy", self.target_accuracy)
        for name in ("learning_rate", "batch_size", "epochs", "input_scale", "check_every", "watched"):
            if not getattr(self, name) > 0:
                raise StudyError(f"training.{name} must be positive, got {getattr(self, name)}")
        for name in ("batch_size", "epochs", "check_every", "watched", "threads"):
            whole(f"training.{name}", getattr(self, name), 1)
        if self.polish < 0 or not 0 <= self.final_rate <= 1 or not 0 <= self.weight_decay < math.inf:
            raise StudyError(
                f"training.polish and training.weight_decay must be at least 0 and training.final_rate in 0..1; got "
                f"{self.polish}, {self.weight_decay}, {self.final_rate}"
            )
        whole("training.polish", self.polish)

    def settings(self) -> dict[str, object]:
        """Return the fields that differ from their defaults: what a key is made of.

        >>> Recipe(epochs=5).settings()
        {'epochs': 5}
        """
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
