"""Among which networks a given one is judged: all of them, those with its own patterns, or with a list of patterns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.data.given_patterns import as_patterns
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.linear import products
from polyrelu.exact.rational import to_fmpq
from polyrelu.networks.coordinates import sign_of
from polyrelu.networks.network import Network
from polyrelu.proof.program import Program, distinct_patterns

Patterns = NDArray[np.bool_]


def chosen_patterns(network: Network, problem: Problem, patterns: Any) -> Any:
    """What `certify` is asked for: "cells", or a matrix of patterns; a list must hold every unit of the network."""
    if network.is_gated or (isinstance(patterns, str) and patterns == "own"):
        return own_patterns(network, problem)
    if isinstance(patterns, str):
        if patterns != "cells":
            raise BadInput(f'patterns={patterns!r} is unknown; use "cells", "own" or a list of 0/1 patterns')
        return patterns
    given = as_patterns(patterns, problem.n)
    for i, sides in enumerate(_sides(network, problem), start=1):
        off = sides != 0
        if not (given[:, off] == (sides[off] > 0)).all(axis=1).any():
            raise BadInput(
                f"unit {i} of the network has none of the listed patterns; add its pattern to the list"
            )
    return given


def own_patterns(network: Network, problem: Problem) -> Patterns:
    """1[X theta >= 0] of every unit that is not zero; the gates' patterns of a gated network."""
    found = [sides >= 0 for sides in _sides(network, problem)]
    return np.array(found, dtype=bool).reshape(len(found), problem.n)


def _sides(network: Network, problem: Problem) -> list[Any]:
    """The sign of every row's product with each unit that is not zero (gated: with its gate)."""
    units = [unit for unit in network.units if unit.gate is not None or not unit.is_zero]
    rows = [[to_fmpq(v) for v in row] for row in problem.X]
    before = products(rows, [unit.gate or unit.theta for unit in units])
    table = [[sign_of(v, f"x_{j + 1} . theta") for v in line] for j, line in enumerate(before)]
    return list(np.array(table, dtype=int).reshape(problem.n, len(units)).T)


def listed_program(problem: Problem, patterns: Any, gated: bool, *, whole: bool = False) -> Program:
    """The program with a list of patterns, which may be all cells (`whole`)."""
    nonzero = np.array([any(row) for row in problem.X], dtype=bool)
    present = np.asarray(distinct_patterns(patterns, nonzero), dtype=bool)
    return Program.of(problem, present, whole, gated)
