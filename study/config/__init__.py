"""A configuration: its schema, what is typed and what is written, checked; the objects that it means."""
