"""Sweeps run many cells by one command: they expand grids, skip finished cells and launch the others."""
