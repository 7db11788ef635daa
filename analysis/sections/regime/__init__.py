"""The section on the regime map: where which method can be trusted, and what tells in advance."""
