"""A trajectory: one network pruned by one method, with all that is measured on the way."""
