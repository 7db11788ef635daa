"""The section on the regime map: which method can be trusted where, and which number predicts that."""
