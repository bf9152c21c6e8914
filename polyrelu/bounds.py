"""Proved bounds of the optimum where the optimum itself is out of reach: a gap, never an empty hand (lambda > 0).

*Below.* If f_s(u) = s nu.(Xu)_+ <= (1 + eps) lambda ||u|| for all u and both s, then mu = t nu is dual feasible for
0 <= t <= 1 / (1 + eps), and D(mu) = y.mu - |mu|^2 / 2 is at most the optimum: for any network, with residual r and convex
weights w, P = |r|^2/2 + lambda sum |w| >= |r|^2/2 + mu.(y - r) >= D(mu). The covering proves the hypothesis for all
activation patterns without listing one; the best t is y.nu / |nu|^2, cut off at 1 / (1 + eps).

*Above.* The objective of any network: here that of a float guess, its weights taken exactly.

*The ball.* P - D(mu) >= |nu* - mu|^2 / 2 and P - P* >= |nu* - r|^2 / 2 for the optimal residual nu*; added up,
|nu* - (mu + r)/2|^2 <= P - D - |mu - r|^2 / 4.

Coverings for coarse eps come first, so that there is a bound after the first seconds, and the last is as fine as the
gap that is asked for needs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb
from threadpoolctl import threadpool_limits

from polyrelu.budget import OutOfTime, current
from polyrelu.covering import Covered, Question, cover
from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem, Vector
from polyrelu.display import Reported
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ends, precision
from polyrelu.guess import Guess
from polyrelu.proof.oracle import in_floats
from polyrelu.proof.program import Program

GAP = Fraction(1, 10**4)
COARSE = (Fraction(1, 4), Fraction(1, 32), Fraction(1, 256), Fraction(1, 2048))
LEAST = Fraction(1, 10**9)
MAX_ATTEMPTS = 8
BITS = 200


@dataclass(frozen=True)
class DualPoint:
    """mu = t nu, feasible for all activation patterns: f_s <= (1 + eps) lambda for nu, and t <= 1 / (1 + eps)."""

    nu: Vector
    eps: Fraction
    t: Fraction

    @property
    def mu(self) -> Vector:
        """The feasible vector."""
        return tuple(self.t * v for v in self.nu)


Weights = tuple[tuple[int, Vector], ...]
"""Convex weights of a network: signs s and vectors w, each computing s (w.x)_+ ."""


@dataclass(frozen=True, eq=False, repr=False)
class Bounds(Reported):
    """lower <= optimum <= upper over networks of any width, both proved."""

    problem: Problem
    dual: DualPoint
    network: Weights
    lower: Fraction
    upper: Fraction
    radius_squared: Fraction
    """The optimal residual lies within its root of (mu + r) / 2, r the residual of the network."""
    wanted: Fraction
    """The relative gap that was asked for."""
    boxes: int
    seconds: float
    judged: tuple[Fraction, Fraction] | None = None
    """The objective of a network that was asked about, enclosed."""
    notes: tuple[str, ...] = field(default=())

    @property
    def gap(self) -> Fraction:
        """(upper - lower) / upper; 0 if both are 0."""
        return (self.upper - self.lower) / self.upper if self.upper else Fraction(0)

    @property
    def reached(self) -> bool:
        """Whether the gap is as small as was asked."""
        return self.gap <= self.wanted

    @property
    def network_gap(self) -> tuple[Fraction | None, Fraction | None] | None:
        """(objective - optimum) / optimum of the network asked about; 0 when both are 0, None where unbounded."""
        if self.judged is None:
            return None
        if self.upper == 0:
            return (Fraction(0), Fraction(0)) if self.judged[1] == 0 else (None, None)
        above = (self.judged[1] - self.lower) / self.lower if self.lower else None
        return max(Fraction(0), (self.judged[0] - self.upper) / self.upper), above


def bound(
    X: Any,
    y: Any = None,
    lam: Any = None,
    *,
    gap: Fraction = GAP,
    network: Any = None,
    bias: bool = False,
    floats: Floats = "decimal",
) -> Bounds:
    """Prove lower and upper bounds of the optimum, to a relative gap or until the time of the budget is over.

    >>> found = bound([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1)
    >>> found.lower <= 9 <= found.upper, found.reached
    (True, True)
    """
    begin = time.monotonic()
    problem = X if isinstance(X, Problem) else Problem.of(X, y, lam, bias=bias, floats=floats)
    if problem.y is None or not problem.lam:
        raise BadInput("bounds need a target y and a penalty lambda > 0; give both")
    search = _Search(problem, Program(problem.X, problem.y, problem.lam, None), gap)
    with threadpool_limits(limits=1, user_api="blas"), np.errstate(all="ignore"):
        if network is not None:
            search.offer(weights_of(network, problem))
        try:
            search.run()
        except OutOfTime:
            pass
    return search.best(time.monotonic() - begin, None if network is None else _judged(problem, network))


class _Search:
    """The best bounds so far; every improvement is kept, whatever ends the search."""

    def __init__(self, problem: Problem, program: Program, gap: Fraction) -> None:
        self.problem, self.program, self.gap = problem, program, gap
        self.y = program.y
        self.network: Weights = ()
        self.upper = _dot(self.y, self.y) / 2
        self.residual: Vector = self.y
        self.dual = DualPoint(tuple(Fraction(0) for _ in self.y), Fraction(0), Fraction(0))
        self.lower, self.boxes = Fraction(0), 0

    def run(self) -> None:
        """Guess, cover ever more finely, and guess again where a direction was missed."""
        if not any(self.y) or not self.program.nonzero_rows.any():
            self.take(self.y, Fraction(0))
            return
        for _ in range(MAX_ATTEMPTS):
            guess = self.program.guesser.optimum(float(self.program.lam))
            self.offer(_rounded_network(guess))
            nu = tuple(Fraction(float(v)) for v in guess.nu)
            if self.reached() or not self.cover_finer(nu):
                return

    def cover_finer(self, nu: Vector) -> bool:
        """Prove nu / (1 + eps) feasible for smaller and smaller eps; True if directions were missed."""
        for eps in self.steps(nu):
            answer = cover(
                self.question(nu, eps),
                executor=current().executor,
                deadline=current().deadline,
                progress=current().progress,
            )
            self.boxes += answer.boxes
            if not isinstance(answer, Covered):
                if answer.reason == "time":
                    raise OutOfTime("the time allowed is over")
                self.program.guesser.seeds.extend(in_floats(u.vector) for u in answer.missed)
                return bool(answer.missed)
            self.take(nu, eps)
            if self.reached():
                return False
        return False

    def steps(self, nu: Vector) -> Iterator[Fraction]:
        """Coarse ones, then what the gap needs: D loses about eps (y - nu).nu."""
        loss = max(_dot(self.y, nu) - _dot(nu, nu), Fraction(1, 10**30))
        least = max(min(self.gap * self.upper / loss / 2, COARSE[0]), LEAST)
        finest = Fraction(float(least)).limit_denominator(10**12) or LEAST
        yield from (eps for eps in COARSE if eps > finest)
        yield from (finest / 4**k for k in range(4))

    def question(self, nu: Vector, eps: Fraction) -> Question:
        """f_s < (1 + eps) lambda for exactly this nu."""
        bits = max(v.denominator.bit_length() - 1 for v in nu)
        program = self.program
        level = program.lam * program.denominator
        return Question(program.X_integer, tuple(int(v * 2**bits) for v in nu), bits, level, gap=eps)

    def take(self, nu: Vector, eps: Fraction) -> None:
        """A feasible direction of dual points: the best of them."""
        square = _dot(nu, nu)
        t = min(1 / (1 + eps), _dot(self.y, nu) / square) if square else Fraction(0)
        t = max(t, Fraction(0))
        value = t * _dot(self.y, nu) - t * t * square / 2
        if value > self.lower or not any(self.dual.nu):
            self.lower, self.dual = max(value, self.lower), DualPoint(nu, eps, t)

    def offer(self, network: Weights) -> None:
        """A network: its objective is an upper bound."""
        residual = residual_of(self.problem, network)
        value = _dot(residual, residual) / 2 + self.program.lam * penalty_bounds(network)[1]
        if value < self.upper:
            self.upper, self.network, self.residual = value, network, residual

    def reached(self) -> bool:
        """Whether the gap is small enough."""
        return self.upper - self.lower <= self.gap * self.upper

    def best(self, seconds: float, judged: tuple[Fraction, Fraction] | None) -> Bounds:
        """What is proved."""
        apart = [a - b for a, b in zip(self.dual.mu, self.residual, strict=True)]
        radius = max(self.upper - self.lower - _dot(apart, apart) / 4, Fraction(0))
        return Bounds(
            self.problem,
            self.dual,
            self.network,
            self.lower,
            self.upper,
            radius,
            self.gap,
            self.boxes,
            seconds,
            judged,
        )


def residual_of(problem: Problem, network: Weights) -> Vector:
    """y minus the network's fit, exactly."""
    residual = list(problem.y or ())
    for sign, w in network:
        for i, row in enumerate(problem.X):
            product = _dot(row, w)
            if product > 0:
                residual[i] -= sign * product
    return tuple(residual)


def penalty_bounds(network: Weights) -> tuple[Fraction, Fraction]:
    """An enclosure of sum |w|."""
    with precision(BITS):
        total = arb(0)
        for _, w in network:
            square = _dot(w, w)
            total += (arb(square.numerator) / square.denominator).sqrt()
    return ends(total)


def _rounded_network(guess: Guess) -> Weights:
    return tuple(
        (k.sign, tuple(Fraction(float(v)) for v in k.weight * k.direction))
        for k in guess.neurons
        if k.weight > 0
    )


def _dot(a: Any, b: Any) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), start=Fraction(0))


def weights_of(network: Any, problem: Problem) -> Weights:
    """The convex weights of a trained network, rounded where they are not rational: another network nearby."""
    if network.is_gated:
        raise BadInput("a gated network has no bound among ReLU networks; give one without gates")
    if network.d != problem.d:
        raise BadInput(f"the network has {network.d} inputs and the data has {problem.d} columns")
    W1, W2 = network.arrays()
    return tuple(
        (1 if phi > 0 else -1, tuple(Fraction(float(v)) * Fraction(abs(float(phi))) for v in theta))
        for theta, phi in zip(W1, W2[0], strict=True)
        if phi
    )


def _judged(problem: Problem, network: Any) -> tuple[Fraction, Fraction]:
    """The objective of the network as it is, 1/2 |f - y|^2 + lambda/2 sum (|theta|^2 + phi^2), enclosed."""
    from polyrelu.judging.questions import objective

    value = objective(network, problem)
    if isinstance(value, arb):
        return ends(value)
    exact = Fraction(int(value.p), int(value.q))
    return exact, exact
