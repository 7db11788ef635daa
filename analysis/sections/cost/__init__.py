"""The section on cost against quality of the methods."""
