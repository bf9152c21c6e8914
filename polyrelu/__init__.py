"""Exact geometry of neural-network optima: all globally optimal two-layer ReLU networks, with proof."""

__version__ = "0.1.0"
