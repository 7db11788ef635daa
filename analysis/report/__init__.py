"""The report: an HTML page from the store alone."""

from analysis.report.build import build
from analysis.report.results import PARTS, check_kept, keep

__all__ = ["PARTS", "build", "check_kept", "keep"]
