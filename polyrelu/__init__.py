"""Exact geometry of neural-network optima: all globally optimal two-layer ReLU networks, with proof."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from polyrelu import display, networks

__version__ = "0.1.0"

if TYPE_CHECKING:
    from polyrelu.arrangement.cells import enumerate_cells as enumerate_cells
    from polyrelu.bounding.search import bound as bound
    from polyrelu.certificate.load import load as load
    from polyrelu.certification import certify as certify
    from polyrelu.data.problem import Problem as Problem
    from polyrelu.judging.questions import ask as ask
    from polyrelu.networks.network import Network as Network
    from polyrelu.optimal_set.levels import OptimalSet as OptimalSet
    from polyrelu.optimal_set.uniqueness import Uniqueness as Uniqueness
    from polyrelu.paths.solution_path import Path as Path
    from polyrelu.paths.solution_path import path as path
    from polyrelu.result import Result as Result
    from polyrelu.selection.pruning import prune as prune

# Imported on first use, so that `polyrelu --help` and `import polyrelu` answer at once.
_HOME = {
    "Network": "polyrelu.networks.network",
    "OptimalSet": "polyrelu.optimal_set.levels",
    "Path": "polyrelu.paths.solution_path",
    "Problem": "polyrelu.data.problem",
    "Result": "polyrelu.result",
    "Uniqueness": "polyrelu.optimal_set.uniqueness",
    "ask": "polyrelu.judging.questions",
    "bound": "polyrelu.bounding.search",
    "certify": "polyrelu.certification",
    "enumerate_cells": "polyrelu.arrangement.cells",
    "load": "polyrelu.certificate.load",
    "path": "polyrelu.paths.solution_path",
    "prune": "polyrelu.selection.pruning",
}

__all__ = [
    "Network",
    "OptimalSet",
    "Path",
    "Problem",
    "Result",
    "Uniqueness",
    "__version__",
    "ask",
    "bound",
    "certify",
    "enumerate_cells",
    "load",
    "path",
    "prune",
]


display.WORDS.append("polyrelu.show.words")
networks.READERS.append("polyrelu.interop.fitted")


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'polyrelu' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
