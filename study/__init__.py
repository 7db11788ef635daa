"""Which neurons of a trained network can go, and who can tell: a reproducibility study of arXiv 1701.04465."""
