"""The hash of a question: X, y, lambda and the setting as they stand in a proof file, so that 0.5 and 1/2 are one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from polyrelu.certificate.document import path_spec, problem_digest, problem_spec, setting_spec
from polyrelu.certification import program_of
from polyrelu.data.given_patterns import as_patterns
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.proof.program import distinct_patterns


def fingerprint(problem: Problem, patterns: Any = "cells", gated: bool = False) -> str:
    """The SHA-256 that a proof file about this problem carries; `patterns` is "cells" or a list of 0/1 patterns.

    >>> fingerprint(Problem.of([[1], [2]], [1, 0.5], "0.5")) == fingerprint(Problem.of([[1], [2]], ["1", "1/2"], "1/2"))
    True
    """
    if problem.y is None:
        raise BadInput("a fingerprint needs a target y; give a data file with a target column")
    if not problem.lam:
        raise BadInput("a fingerprint needs a penalty lambda > 0; give lam (on the command line --lam)")
    if isinstance(patterns, str):
        if patterns != "cells":
            raise BadInput(f'patterns={patterns!r} has no fingerprint; use "cells" or a list of 0/1 patterns')
        spec = problem_spec(problem.X, problem.y, problem.lam, "cells", gated, setting_spec(problem))
        return problem_digest(spec)
    problem.setting.refuse("a list of patterns")
    nonzero = np.array([any(row) for row in problem.X], dtype=bool)
    listed = distinct_patterns(as_patterns(patterns, problem.n), nonzero)
    rows = ["".join("01"[bit] for bit in np.where(nonzero, row, True)) for row in listed.astype(int)]
    return problem_digest(problem_spec(problem.X, problem.y, problem.lam, rows, gated))


def path_fingerprint(
    problem: Problem, low: Fraction, high: Fraction, patterns: Any = "cells", gated: bool = False
) -> str:
    """The SHA-256 of the question of a path from one penalty to another; gates are listed there, even if all are."""
    if problem.y is None:
        raise BadInput("a fingerprint needs a target y; give a data file with a target column")
    program = program_of(replace(problem, lam=high), patterns, gated=gated)
    return problem_digest(path_spec(problem, low, high, program))
