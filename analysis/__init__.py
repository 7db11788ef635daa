"""From a tracking store to verdicts."""
