"""Cells that were recorded once: whatever becomes of the code, their keys, numbers and runs are found again."""
