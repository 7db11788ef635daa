"""Training: recipe and data in, trained network out, kept by content."""

from study.recipe import Recipe
from study.training.acceptance import acceptance
from study.training.cache import TRAINING_VERSION, Trained, keep, load_or_train, network_key, stored_key
from study.training.recipe import read_recipe
from study.training.train import fit, train

__all__ = [
    "TRAINING_VERSION",
    "Recipe",
    "Trained",
    "acceptance",
    "fit",
    "keep",
    "load_or_train",
    "network_key",
    "read_recipe",
    "stored_key",
    "train",
]
