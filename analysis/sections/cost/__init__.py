"""The section on what methods cost and what they achieve."""
