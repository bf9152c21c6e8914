"""`certify`, once for each problem: who writes a file and who holds its claims against the optimum ask alike."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from polyrelu.certification import certify
from polyrelu.data.problem import Problem
from polyrelu.result import Result


def certified(
    X: Any, y: Any = None, lam: Any = None, *, patterns: Any = "cells", gated: bool = False, **setting: Any
) -> Result:
    """The arguments are those of `certify`; the answer must not be changed."""
    problem = X if isinstance(X, Problem) else Problem.of(X, y, lam, **setting)
    listed = patterns if isinstance(patterns, str) else tuple(tuple(map(int, row)) for row in patterns)
    return _certified(problem, listed, gated)


@lru_cache(maxsize=256)
def _certified(problem: Problem, patterns: Any, gated: bool) -> Result:
    return certify(problem, patterns=patterns, gated=gated)
