"""The report: an HTML page from the store alone."""

from analysis.report.build import build
from analysis.report.results import keep

__all__ = ["build", "keep"]
