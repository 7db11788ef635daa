"""The report: an HTML page from the store alone."""

from analysis.report.build import build

__all__ = ["build"]
