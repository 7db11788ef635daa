"""Notebooks as percent scripts (jupytext): read as scripts, opened in Jupyter, rendered by `make notebooks`.

They use what the packages export, and their text states no number: a number is printed by the cell that computes it.
"""
