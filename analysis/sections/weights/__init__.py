"""The section on single weights: what the protocols of the field decide, and what a criterion sees of it."""
