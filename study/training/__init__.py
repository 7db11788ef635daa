"""Training: recipe and data in, trained network out, kept by content."""
