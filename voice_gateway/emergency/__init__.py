"""The emergency lane: interception, the case, the company while it rings."""
