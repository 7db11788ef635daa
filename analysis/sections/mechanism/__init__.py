"""The section on why re-ranking helps."""
