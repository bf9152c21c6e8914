"""Bounds of the optimum over networks with a free hidden bias and with some patterns alone: no list of cells is needed.

The block of a pattern D and a sign s holds the (w, b) with (2D - I)(Xw + b 1) >= 0, at the price ||w||. For nu with
1^T nu = 0 and any rho >= 0 with g + sum_j S_j rho_j = 0, where S = 2D - I, c = s X^T D nu and g = s 1^T D nu,

    s nu.D(Xw + b 1) = c.w + g b <= (c + X^T S rho).w + (g + sum_j S_j rho_j) b <= ||c + X^T S rho|| ||w||

on the block. So nu / (1 + eps) is feasible for the program of these patterns where all these lengths are at most
(1 + eps) lambda, and D(t nu) is below its optimum. Floats propose rho; one entry is raised for the equation to hold.

Above it lies the objective of every network each of whose neurons is in one of the blocks.
"""

from __future__ import annotations

import time
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from polyrelu.bounding.bounds import Bounds, Weights
from polyrelu.bounding.search import CRASHES, Search
from polyrelu.bounding.weights import dot, extended, residual_of
from polyrelu.budget import OutOfTime
from polyrelu.data.problem import Problem, Vector
from polyrelu.exact.enclosure import ends, precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.guess import Guesser, balanced_multipliers, guessing
from polyrelu.proof.program import Program

Patterns = NDArray[np.bool_]
BITS = 200
STEPS = tuple(Fraction(1, 10**k) for k in (18, 15, 12, 9, 6))
"""How far, in parts of its length, a rounded neuron is moved into its block."""


def bounds_of_patterns(problem: Problem, patterns: Patterns, network: Weights) -> Bounds:
    """Bounds of the optimum of a program with a free hidden bias and these patterns; `network` has no other pattern."""
    begin, program = time.monotonic(), Program.of(problem)
    search = Search(problem, program, Fraction(1))
    with guessing():
        _offer(search, network, patterns, network)
        _take(search, residual_of(problem, search.network), patterns)
        with suppress(OutOfTime, KeyboardInterrupt, *CRASHES):
            rows, whitening = program.shift.guess_rows, program.guesser.whitening
            guesser = Guesser(rows, program.y_float, patterns, all_cells=False, whitening=whitening)
            guess = guesser.optimum(program.lam)
            _offer(search, search.rounded(guess), patterns, network)
            _take(search, tuple(Fraction(float(v)) for v in guess.nu), patterns)
    return search.best(time.monotonic() - begin, None)


def _take(search: Search, residual: Vector, patterns: Patterns) -> None:
    """A residual, made orthogonal to the free columns, with the eps that is proved for it."""
    program = search.program
    nu = extended(program, residual)[:-1]
    most = max((length(program, nu, D, s) for D in patterns for s in (1, -1)), default=Fraction(0))
    search.take(nu, max(most / program.lam - 1, Fraction(0)))


def length(program: Program, nu: Vector, pattern: Any, sign: int) -> Fraction:
    """An upper bound of s nu.D(Xw + b 1) / ||w|| on a block, for nu that adds up to 0."""
    X, S = program.shift.moved, np.where(pattern, 1, -1)
    c = [
        sign * dot(column, [v * int(on) for v, on in zip(nu, pattern, strict=True)])
        for column in zip(*X, strict=True)
    ]
    g = sign * sum((v for v, on in zip(nu, pattern, strict=True) if on), start=Fraction(0))
    rho = _balanced(X, S, c, g) if (S < 0).any() else {}
    v = [
        a + sum((int(S[j]) * r * X[j][k] for j, r in rho.items()), start=Fraction(0)) for k, a in enumerate(c)
    ]
    with precision(BITS):
        return ends(arb(to_fmpq(dot(v, v))).sqrt())[1]


def _balanced(
    X: list[list[Fraction]], S: Any, c: Vector | list[Fraction], g: Fraction
) -> dict[int, Fraction]:
    """rho >= 0 with g + sum S_j rho_j = 0, for a pattern with a row of either sign, or with no active row (g = 0)."""
    size = float(max(map(abs, c), default=Fraction(0))) or 1.0
    proposed = balanced_multipliers(
        np.array([[float(v) for v in row] for row in X]) * S[:, None],
        S.astype(np.float64),
        np.array([float(v) / size for v in c]),
        float(g) / size,
    )
    rho = {int(j): Fraction(float(proposed[j] * size)) for j in np.flatnonzero(proposed > 0)}
    left = g + sum((int(S[j]) * r for j, r in rho.items()), start=Fraction(0))
    if left:
        j = max((j for j in range(len(S)) if S[j] * left < 0), key=lambda j: rho.get(j, Fraction(0)))
        rho[j] = rho.get(j, Fraction(0)) + abs(left)
    return rho


def _offer(search: Search, found: Weights, patterns: Patterns, inner: Weights) -> None:
    """A network whose neurons are moved into their blocks, towards the neurons of another one there."""
    placed = [(sign, _inside(search.problem, w, patterns, inner)) for sign, w in found if any(w)]
    if all(w is not None for _, w in placed):
        search.offer(tuple((sign, w) for sign, w in placed if w is not None))


def _inside(problem: Problem, w: Vector, patterns: Patterns, inner: Weights) -> Vector | None:
    """The neuron itself if it is in a block, or one nearby that is."""
    if _is_held(problem, w, patterns):
        return w
    near = [v for _, v in inner if any(v)]
    for step in STEPS:
        for v in near:
            part = step * max(map(abs, w)) / max(map(abs, v))
            moved = tuple(a + part * b for a, b in zip(w, v, strict=True))
            if _is_held(problem, moved, patterns):
                return moved
    return None


def _is_held(problem: Problem, w: Vector, patterns: Patterns) -> bool:
    """Whether (2D - I)(Xw + b 1) >= 0 for one of the patterns."""
    side = np.array([(v > 0) - (v < 0) for v in (dot(row, w) for row in problem.X)])
    off = side != 0
    return bool((patterns[:, off] == (side[off] > 0)).all(axis=1).any())
