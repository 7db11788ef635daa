"""The claims of the paper as data, and what the recorded networks say of them."""

from analysis.claims.evaluation import Evaluation, entering_cells, evaluate, evaluate_related, newest_cells
from analysis.claims.register import RELATED, Claim, Part, Register, RegisterError, load

__all__ = [
    "RELATED",
    "Claim",
    "Evaluation",
    "Part",
    "Register",
    "RegisterError",
    "entering_cells",
    "evaluate",
    "evaluate_related",
    "load",
    "newest_cells",
]
