"""The section on the authors' own networks."""
