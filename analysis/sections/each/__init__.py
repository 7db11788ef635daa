"""The section that goes claim by claim: arms, parts, a strip of every network's values."""
