"""Sweeps: many cells by one command: what a profile holds, what of it is finished, who computes the rest."""
