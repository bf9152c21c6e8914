"""Exact geometry of neural-network optima: all globally optimal two-layer ReLU networks, with proof."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from polyrelu.arrangement import enumerate_cells as enumerate_cells
    from polyrelu.certification import certify as certify
    from polyrelu.problem import Problem as Problem
    from polyrelu.result import Result as Result

# Imported on first use, so that `polyrelu --help` and `import polyrelu` answer at once.
_HOME = {
    "Problem": "polyrelu.problem",
    "Result": "polyrelu.result",
    "certify": "polyrelu.certification",
    "enumerate_cells": "polyrelu.arrangement",
}

__all__ = ["Problem", "Result", "__version__", "certify", "enumerate_cells"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'polyrelu' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
