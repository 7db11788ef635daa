"""The recipe of a training run, and where the recipes of the data sets are kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from pathlib import Path

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from study.errors import StudyError, whole

CONF = Path(__file__).parents[2] / "conf"
OPTIMIZERS = ("adam", "lbfgs")
PRECISIONS = ("float64", "float32")


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
            if getattr(self, name) not in known:
                raise StudyError(f"training.{name}={getattr(self, name)!r} is unknown; known: {', '.join(known)}")
        for name in ("learning_rate", "batch_size", "epochs", "input_scale", "check_every", "watched"):
            if not getattr(self, name) > 0:
                raise StudyError(f"training.{name} must be positive, got {getattr(self, name)}")
        whole("training.threads", self.threads, 1)
        if self.polish < 0 or not 0 <= self.final_rate <= 1 or not 0 <= self.weight_decay < math.inf:
            raise StudyError(
                f"training.polish and training.weight_decay must be at least 0 and training.final_rate in 0..1; got "
                f"{self.polish}, {self.weight_decay}, {self.final_rate}"
            )

    def settings(self) -> dict[str, object]:
        """Return the fields that differ from their defaults: what a key is made of.

        >>> Recipe(epochs=5).settings()
        {'epochs': 5}
        """
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}


def has_recipe(name: str, conf: Path = CONF) -> bool:
    """Tell whether there is a file `conf/training/<name>.yaml`.

    >>> has_recipe("digits"), has_recipe("my_data")
    (True, False)
    """
    return (conf / "training" / f"{name}.yaml").is_file()


def read_recipe(name: str, conf: Path = CONF) -> Recipe:
    """Return the recipe of `conf/training/<name>.yaml`; generic defaults where there is no such file.

    Raises:
        StudyError: when the file has a field that a recipe lacks, or a value of the wrong type.
    """
    path = conf / "training" / f"{name}.yaml"
    if not has_recipe(name, conf):
        return Recipe()
    merged = OmegaConf.structured(Recipe)
    try:
        for part in _chain(name, conf):
            merged = OmegaConf.merge(merged, part)
        return Recipe(**{str(key): value for key, value in merged.items()})
    except OmegaConfBaseException as error:
        raise StudyError(f"{path}: {error}") from error


def _chain(name: str, conf: Path) -> list[dict[str, object]]:
    """Return the contents of a recipe file after those that its defaults list names, base first."""
    content = OmegaConf.to_container(OmegaConf.load(conf / "training" / f"{name}.yaml"))
    if not isinstance(content, dict):
        raise StudyError(f"{conf / 'training' / name}.yaml must hold fields of a recipe, not {content!r}")
    bases = [base for base in content.pop("defaults", []) if base not in ("schema", "_self_")]
    return [part for base in bases for part in _chain(base, conf)] + [
        {str(key): value for key, value in content.items()}
    ]
