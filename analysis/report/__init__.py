"""The report: an HTML page from the store alone."""

from analysis.report.build import build
from analysis.report.results import check_kept, keep

__all__ = ["build", "check_kept", "keep"]
