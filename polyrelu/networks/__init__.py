"""Two-layer networks with exact weights."""
