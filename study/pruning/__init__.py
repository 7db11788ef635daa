"""Pruning: one network, one criterion, a protocol's events in their order, and what is seen on the way."""
