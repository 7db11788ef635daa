"""The recipe of a training run: how a network is trained. No torch here: the command line needs its fields alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from study.common.errors import StudyError, number, shown, truth, whole

OPTIMIZERS = ("adam", "sgd", "lbfgs")
PRECISIONS = ("float64", "float32")
SCHEDULES = ("cosine", "constant", "steps")
ALL_ROWS = ("l1", "dropout", "iterations")
"""Settings that go with mini-batches alone: L-BFGS needs a smooth function that stays the same."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. Every field is scientific: it enters the network's key unless it has its default.

    Because defaults are left out of keys, a default is never changed here without raising `TRAINING_VERSION`.

    A recipe counts in epochs or, where `iterations` is given, in iterations (one mini-batch each). `steps`, and the
    `since` and `until` of `fit`, are counted in the same unit.

    Attributes:
        optimizer: "adam" (Kingma & Ba 2015, mini-batches), "sgd" (mini-batches, with `momentum`) or "lbfgs" (Nocedal
            1980, all rows at once).
        learning_rate: the step of Adam or SGD at the start; `schedule` says how it goes on.
        final_rate: share of the learning rate that is left at the end of a cosine.
        batch_size: rows a step; the last, smaller batch of an epoch counts too.
        epochs: passes over the training rows (Adam, SGD) or iterations (L-BFGS).
        polish: iterations of L-BFGS on all rows after Adam or SGD, towards a stationary point.
        input_scale: the network is trained on inputs / input_scale and the factor then folded into the first
            weights: the same function of the raw inputs, reached by better conditioned steps.
        target_accuracy: stop once the share correct on the watched rows has reached this; null trains all epochs.
        check_every: iterations between two looks at the target.
        watched: most training rows (evenly spaced) that history and target look at.
        precision: "float64", or "float32" for speed; the trained network is float64 either way.
        weight_decay: lambda of the penalty lambda/2 sum w^2 that is added to the mean error over samples: all weights
            as they are trained (the first ones for scaled inputs), no biases. What training ends in is then no
            stationary point of the error alone.
        untrained_hidden: leave the hidden layers as they were drawn and train the output layer alone, as the authors'
            code did wherever outputs were a softmax (V2).
        momentum: mu of SGD, v <- mu v + g, w <- w - rate v, without damping (Polyak 1964); 0 is plain SGD.
        schedule: of the learning rate. "cosine": down to `final_rate` of it on half a cosine; "constant"; "steps":
            times `step_factor` at each of `steps`.
        steps: when the rate falls under schedule=steps, ascending, in the recipe's unit.
        step_factor: what is left of the rate after each of `steps`, above 0 and at most 1.
        l1: lambda of the penalty lambda sum |w| that is added to the mean error, of the same weights as `weight_decay`;
            its slope at 0 is 0.
        iterations: a budget in mini-batches, in place of `epochs`, which then says nothing; null for none.
        dropout: share of the hidden outputs that is dropped in a training step; the others are divided by what is kept
            (inverted dropout, Srivastava et al. 2014). Which ones follows from seed and iteration alone, so that the
            order of the batches stays what it is without.
        evaluate_every: iterations between two looks at the rows of the split `validation`; 0 for none.
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
    momentum: float = 0.0
    schedule: str = "cosine"
    steps: tuple[int, ...] = ()
    step_factor: float = 0.1
    l1: float = 0.0
    iterations: int | None = None
    dropout: float = 0.0
    evaluate_every: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        for name, known in (("optimizer", OPTIMIZERS), ("precision", PRECISIONS), ("schedule", SCHEDULES)):
            if not isinstance(value := getattr(self, name), str) or value not in known:
                raise StudyError(f"training.{name}={shown(value)} is unknown; known: {', '.join(known)}")
        truth("training.untrained_hidden", self.untrained_hidden)
        for name in ("learning_rate", "batch_size", "epochs", "input_scale", "check_every", "watched"):
            if not number(f"training.{name}", getattr(self, name)) > 0:
                raise StudyError(f"training.{name} must be positive, got {getattr(self, name)}")
        for name in ("batch_size", "epochs", "check_every", "watched", "threads"):
            whole(f"training.{name}", getattr(self, name), 1)
        for name in ("polish", "weight_decay", "final_rate"):
            number(f"training.{name}", getattr(self, name))
        if self.polish < 0 or not 0 <= self.final_rate <= 1 or not 0 <= self.weight_decay < math.inf:
            raise StudyError(
                f"training.polish and training.weight_decay must be at least 0 and training.final_rate in 0..1; got "
                f"{self.polish}, {self.weight_decay}, {self.final_rate}"
            )
        whole("training.polish", self.polish)
        if self.target_accuracy is not None:
            number("training.target_accuracy", self.target_accuracy)
        if self.iterations is not None:
            whole("training.iterations", self.iterations, 1)
        whole("training.evaluate_every", self.evaluate_every)
        self._check_shares()
        self._check_steps()
        self._check_together()

    def _check_shares(self) -> None:
        for name in ("momentum", "dropout"):
            if not 0 <= number(f"training.{name}", getattr(self, name)) < 1:
                raise StudyError(f"training.{name}={getattr(self, name)}; possible: 0 or more, below 1")
        if not 0 <= number("training.l1", self.l1) < math.inf:
            raise StudyError(f"training.l1={self.l1}; possible: 0 or more")
        if not 0 < number("training.step_factor", self.step_factor) <= 1:
            raise StudyError(f"training.step_factor={self.step_factor}; possible: above 0, 1 at most")

    def _check_steps(self) -> None:
        if isinstance(self.steps, str) or not hasattr(self.steps, "__iter__"):
            raise StudyError(f"training.steps={shown(self.steps)}: a list of {self.unit} is needed, as in [30, 45]")
        object.__setattr__(self, "steps", tuple(whole("training.steps", step, 1) for step in self.steps))
        if any(a >= b for a, b in zip(self.steps, self.steps[1:], strict=False)):
            raise StudyError(f"training.steps={list(self.steps)}: each must come after the one before")
        if bool(self.steps) != (self.schedule == "steps"):
            raise StudyError(
                f"training.steps={list(self.steps)} and training.schedule={self.schedule}: schedule=steps needs steps, "
                "and no other schedule has any"
            )

    def _check_together(self) -> None:
        """Refuse settings that say nothing beside each other."""
        if self.momentum and self.optimizer != "sgd":
            raise StudyError(f"training.momentum={self.momentum} goes with training.optimizer=sgd")
        batches = [name for name in ALL_ROWS if getattr(self, name) != Recipe.__dataclass_fields__[name].default]
        if self.optimizer == "lbfgs":
            batches += [name for name in ("evaluate_every", "steps") if getattr(self, name)]
        if batches and (self.optimizer == "lbfgs" or self.polish):
            name = batches[0]
            given = "training.optimizer=lbfgs" if self.optimizer == "lbfgs" else f"training.polish={self.polish}"
            instead = "training.optimizer=adam or sgd" if self.optimizer == "lbfgs" else "training.polish=0"
            raise StudyError(
                f"training.{name}={getattr(self, name)} is not for L-BFGS, which {given} asks for: it goes with "
                f"{instead}"
            )

    @property
    def unit(self) -> str:
        """What the recipe counts in: "epochs" or "iterations".

        >>> Recipe().unit, Recipe(iterations=500).unit
        ('epochs', 'iterations')
        """
        return "epochs" if self.iterations is None else "iterations"

    @property
    def length(self) -> int:
        """Epochs or iterations of mini-batches, whichever the recipe counts in."""
        return self.epochs if self.iterations is None else self.iterations

    def check_moment(self, name: str, moment: int) -> None:
        """Refuse an epoch (or iteration) that is none before the end of this training.

        Args:
            name: of the setting.
            moment: its value.

        Raises:
            StudyError: saying which there are.
        """
        if self.optimizer == "lbfgs":
            raise StudyError(f"{name}={moment} goes with training.optimizer=adam or sgd: lbfgs has no epochs")
        if moment >= self.length:
            raise StudyError(
                f"{name}={moment} is none of the {self.unit} before the end of training; possible: 0 (as drawn) to "
                f"{self.length - 1} (training.{self.unit}={self.length})"
            )

    def share(self, iteration: int, per_epoch: int) -> float:
        """Return the share of the learning rate that is left after so many iterations.

        Args:
            iteration: iterations done, from the recipe's beginning.
            per_epoch: iterations in an epoch.

        >>> falling = Recipe(schedule="steps", steps=(2, 3), iterations=5)
        >>> [round(falling.share(k, per_epoch=10), 9) for k in range(5)]
        [1.0, 1.0, 0.1, 0.01, 0.01]
        """
        each = per_epoch if self.iterations is None else 1
        if self.schedule == "constant":
            return 1.0
        if self.schedule == "steps":
            return float(self.step_factor ** sum(iteration >= step * each for step in self.steps))
        left = (1 + math.cos(math.pi * iteration / (each * self.length))) / 2
        return self.final_rate + (1 - self.final_rate) * left

    def settings(self) -> dict[str, object]:
        """Return the fields that differ from their defaults: what a key is made of.

        >>> Recipe(epochs=5).settings(), Recipe(epochs=5, iterations=30).settings()
        ({'epochs': 5}, {'iterations': 30})
        """
        said = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        if self.iterations is not None:
            said.pop("epochs", None)
        return said
