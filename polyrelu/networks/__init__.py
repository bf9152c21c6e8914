"""Two-layer networks with exact weights."""

from __future__ import annotations

READERS: list[str] = []
"""The module whose `network_from` makes a network of what other libraries have fitted. The package names it, since no
room below may."""
