"""One cell: its key, its network, its trajectory, its run."""
