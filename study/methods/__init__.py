"""Pruning methods, one file each; the file's name is the method's name."""

from study.methods.base import Method, Scores, View, method, names

__all__ = ["Method", "Scores", "View", "method", "names"]
