"""A certified path without neurons or roots: nodes with proved bounds, and a proved gap everywhere between them.

At a node a let w_a be a network with residual r_a and sum of weights R_a, nu_a a dual vector that is feasible for a,
and g_a the difference of their values. The set of (nu, lambda) with nu feasible for lambda is a convex cone, so between
two nodes, at lambda = (1 - t) a + t b, the mixture of the dual vectors is feasible, the mixture of the networks is a
network, and their values differ by at most

    (1 - t) g_a + t g_b + t (1 - t) ( (b - a) (R_a - R_b) - |r_b - r_a|^2 / 2 - |nu_b - nu_a|^2 / 2 ),

a parabola in t whose maximum is taken exactly. With a ridge output bias e the penalty is R + e^2 / 2, lambda e^2 of the
mixture is below that of the nodes by at least t (1 - t) ((b - a) (e_b^2 - e_a^2) + a (e_b - e_a)^2), and what the ridge
takes off the value of a dual vector, (1.nu)^2 / 2 lambda, is convex in (nu, lambda).

The optimal value grows with lambda, so a gap relative to its bound at a
is one relative to the value in between. Any number of breakpoints may lie there. Free columns and a free hidden bias
change nothing in this: coefficients are mixed, too, and dual vectors are orthogonal to the columns.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from polyrelu.bounding.bounds import Bounds
from polyrelu.bounding.search import Search
from polyrelu.bounding.weights import dot, extended, penalty_bounds, refitted, residual_of, square
from polyrelu.budget import OutOfTime, check
from polyrelu.data.problem import Problem, Vector
from polyrelu.display import Reported
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.rational import to_fraction
from polyrelu.guess import guessing
from polyrelu.paths.ends import between, ends_of_path, lambdas_in_range, penalty, table_in_range
from polyrelu.paths.largest import Largest, bound_at_once, ridge_bound
from polyrelu.proof.lambda_max import lambda_max_squared
from polyrelu.proof.program import Program

PART = Fraction(1, 4)
"""Of the gap that is allowed, at a node."""
FIRST = 8
"""Nodes to begin with, at equal ratios."""
MOST = 4000


@dataclass(frozen=True, eq=False)
class BoundedNode:
    """A penalty with proved bounds, and what is needed of them."""

    lam: Fraction
    bounds: Bounds
    residual: Vector
    """That of the network, with the best coefficients of free columns."""
    dual: Vector
    total: Fraction
    """At least the sum of the network's weights."""
    bias: Fraction
    """Minus the ridge output bias of the network: the last entry of its extended residual."""
    gap: Fraction
    """Value of the network less that of the dual vector, at most."""

    @staticmethod
    def of(problem: Problem, lam: Fraction, gap: Fraction) -> BoundedNode:
        """Bounds at one penalty, as fine as is asked if that can be had."""
        here = replace(problem, lam=lam)
        program = Program.of(here)
        found = _bounds(here, program, gap * PART)
        *residual, bias = refitted(program, residual_of(problem, found.network))[0]
        dual, total = found.dual.mu[: problem.n], penalty_bounds(found.network, program.normed)[1]
        value = dot(residual, residual) / 2 + lam * (total + bias * bias / 2)
        below = dot(problem.y, dual) - square(program, extended(program, dual)) / 2
        return BoundedNode(lam, found, tuple(residual), dual, total, bias, value - below)

    @property
    def price(self) -> Fraction:
        """R + e^2 / 2."""
        return self.total + self.bias * self.bias / 2


def _bounds(problem: Problem, program: Program, gap: Fraction) -> Bounds:
    """Those of `bound`; but an interruption ends the path, and not the search at one node."""
    begin, search = time.monotonic(), Search(problem, program, gap)
    with guessing():
        with suppress(OutOfTime):
            search.run()
        search.offer_begun()
    return search.best(time.monotonic() - begin, None)


@dataclass(frozen=True, eq=False, repr=False)
class BoundedPath(Reported):
    """Nodes in increasing lambda; between any two neighbours an explicit network and dual vector are within `gap`."""

    problem: Problem
    nodes: tuple[BoundedNode, ...]
    wanted: Fraction
    gap: Fraction
    """The largest gap, relative to the optimal value, anywhere from the first node to the last."""
    seconds: float

    @property
    def reached(self) -> bool:
        """Whether the gap is as small as was asked."""
        return self.gap <= self.wanted


def gapbetween(low: BoundedNode, high: BoundedNode) -> Fraction:
    """The largest relative gap between two nodes."""
    apart = [u - v for u, v in zip(high.residual, low.residual, strict=True)]
    moved = [u - v for u, v in zip(high.dual, low.dual, strict=True)]
    apart_squared = dot(apart, apart) + dot(moved, moved) + low.lam * (high.bias - low.bias) ** 2
    bend = (high.lam - low.lam) * (low.price - high.price) - apart_squared / 2
    largest = max(low.gap, high.gap)
    if bend > abs(high.gap - low.gap):  # the parabola has its top inside
        top = (bend + high.gap - low.gap) / (2 * bend)
        largest = (1 - top) * low.gap + top * high.gap + top * (1 - top) * bend
    least = low.bounds.lower
    return largest / least if least else (Fraction(0) if largest == 0 else Fraction(10**9))


def bounded_path(
    problem: Problem, lo: Any = None, hi: Any = None, *, gap: Any = Fraction(1, 1000)
) -> BoundedPath:
    """Prove a path to within a relative gap; `hi` and `lo` as for `path`.

    >>> found = bounded_path(Problem.of([[1], [2], [-1]], [1, 3, 2]), 1, 8, gap=Fraction(1, 100))
    >>> found.reached
    True
    """
    begin = time.monotonic()
    if problem.y is None:
        raise BadInput("a target y is needed for a path; give y, or a data file with a target column")
    table_in_range(problem)
    ends = ends_of_path(top_of(problem), lo, hi)
    lambdas_in_range(*ends)
    low, high = map(to_fraction, ends)
    wanted = penalty(gap, "--gap")
    lams = sorted({low, high, *between(low, high, FIRST)})
    nodes = [BoundedNode.of(problem, lam, wanted) for lam in lams]
    done, waiting = [nodes[0]], list(reversed(nodes[1:]))
    try:
        while waiting:
            left, right = done[-1], waiting[-1]
            middle = between(left.lam, right.lam, 2)
            refined = bool(middle) and len(done) + len(waiting) < MOST
            if refined and gapbetween(left, right) > max(wanted, _least(left, right)):
                check()
                waiting.append(BoundedNode.of(problem, middle[0], wanted))
            else:
                done.append(waiting.pop())
    except (OutOfTime, KeyboardInterrupt):  # all of it is bounded, though not as closely as was asked
        done += reversed(waiting)
    worst = max((gapbetween(a, b) for a, b in pairwise(done)), default=done[0].bounds.gap)
    return BoundedPath(problem, tuple(done), wanted, worst, time.monotonic() - begin)


def top_of(problem: Problem) -> Fraction:
    """A penalty from which on no neuron is used: lambda_max, or with a ridge, or where time is over, a bound."""
    program = Program.of(replace(problem, lam=Fraction(1)))
    try:
        if program.free.ridge:
            return to_fraction(ridge_bound(program))
        return Largest(lambda_max_squared(program)).top
    except Undecided:
        return to_fraction(bound_at_once(program))


def _least(left: BoundedNode, right: BoundedNode) -> Fraction:
    """The gap that is left at the nodes themselves, which no further node mends."""
    least = left.bounds.lower
    return max(left.gap, right.gap) / least * Fraction(11, 10) if least else Fraction(0)
