"""The claims of the paper as data, and what the recorded networks say of them."""

from analysis.claims.evaluation import Evaluation, entering_cells, evaluate, newest_cells
from analysis.claims.register import Claim, Part, Register, RegisterError, load

__all__ = [
    "Claim",
    "Evaluation",
    "Part",
    "Register",
    "RegisterError",
    "entering_cells",
    "evaluate",
    "load",
    "newest_cells",
]
