"""Proved bounds of the optimum where the optimum itself is out of reach: a gap, never an empty hand (lambda > 0).

*Below.* If f_s(u) = s nu.(Xu)_+ <= (1 + eps) lambda ||u|| for all u and both s, mu = t nu is dual feasible for
0 <= t <= 1 / (1 + eps), and D(mu) = y.mu - |mu|^2 / 2 is at most the optimum: for any network, with residual r and
convex weights w, P = |r|^2/2 + lambda sum |w| >= |r|^2/2 + mu.(y - r) >= D(mu). The covering proves the hypothesis for
all activation patterns without listing one; the best t is y.nu / |nu|^2, cut off at 1 / (1 + eps).

*Above.* The objective of any network: here that of a float guess, its weights taken exactly.

With free columns, a ridge or a free hidden bias the same holds for vectors nu that are orthogonal to the free columns;
|nu|^2 has what a ridge adds, and a network joins whatever is best for its weights (see `weights`).

*The ball.* P - D(mu) >= |nu* - mu|^2 / 2 and P - P* >= |nu* - r|^2 / 2 for the optimal residual nu*; added up,
|nu* - (mu + r)/2|^2 <= P - D - |mu - r|^2 / 4.

Coverings for coarse eps come first, so that there is a bound after the first seconds, and the last is as fine as the
gap that is asked for needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from flint import arb

from polyrelu.bounding.bounds import Bounds, DualPoint, Weights
from polyrelu.bounding.weights import (
    BITS,
    dot,
    extended,
    penalty_bounds,
    refitted,
    residual_of,
    rounded_network,
    square,
    weights_of,
)
from polyrelu.budget import OutOfTime, current, part_of_the_time
from polyrelu.covering import Covered, Question, Resisting, cover
from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem, Vector
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ends, precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.guess import Guess, guessing
from polyrelu.networks.objective import judged as as_candidate
from polyrelu.networks.objective import objective_of
from polyrelu.networks.objective import residual_of as residual
from polyrelu.proof.directions import ask, in_guess
from polyrelu.proof.lambda_max import reach_above
from polyrelu.proof.program import Program

GAP = Fraction(1, 10**4)
COARSE = (Fraction(1, 4), Fraction(1, 32), Fraction(1, 256), Fraction(1, 2048))
TINY = Fraction(1, 10**6)
FEW_BOXES = 200_000
LEAST = Fraction(1, 10**9)
MAX_ATTEMPTS = 8
CRASHES = (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError)
"""What becomes of floats that overflow; a guess that crashes is no guess."""
PART = 0.7
"""The part of the time that a guess may take."""


def bound(
    X: Any,
    y: Any = None,
    lam: Any = None,
    *,
    gap: Fraction = GAP,
    network: Any = None,
    max_boxes: int | None = None,
    bias: bool | str = False,
    output_bias: str = "none",
    skip: bool = False,
    free: Sequence[str | int] = (),
    floats: Floats = "decimal",
) -> Bounds:
    """Prove lower and upper bounds of the optimum, to a relative gap or until the time of the budget is over.

    `network` is judged against them; `max_boxes` ends each covering after so many boxes.

    >>> found = bound([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1)
    >>> found.lower <= 9 <= found.upper, found.reached
    (True, True)
    """
    begin = time.monotonic()
    setting: dict[str, Any] = {"bias": bias, "output_bias": output_bias, "skip": skip, "free": free}
    problem = X if isinstance(X, Problem) else Problem.of(X, y, lam, **setting, floats=floats)
    if problem.y is None or not problem.lam:
        raise BadInput("bounds need a target y and a penalty lambda > 0; give both")
    search = Search(problem, Program.of(problem), gap, max_boxes)
    with guessing():
        if network is not None:
            network = as_candidate(network, problem)
            search.offer(weights_of(network, problem))
        with suppress(OutOfTime, KeyboardInterrupt):  # what was proved before stays proved
            search.run()
        search.offer_begun()
    return search.best(time.monotonic() - begin, None if network is None else _judged(problem, network))


def bounds_of(problem: Problem) -> Bounds:
    """The bounds that are proved about a problem whose optimum is not, within what is left of the budget.

    Here nobody has asked for a gap: coverings stop after `FEW_BOXES`, so that an undecided answer does not take hours.
    """
    return replace(bound(problem, max_boxes=FEW_BOXES), wanted=Fraction(1))


class Search:
    """The best bounds so far; every improvement is kept, whatever ends the search."""

    def __init__(
        self, problem: Problem, program: Program, gap: Fraction, max_boxes: int | None = None
    ) -> None:
        self.problem, self.program, self.gap, self.max_boxes = problem, program, gap, max_boxes
        self.y = program.y
        self.network: Weights = ()
        self.residual, self.coefficients = refitted(program, self.y)
        self.start = self.residual[:-1]
        self.upper = square(program, self.residual) / 2
        self.dual = DualPoint(tuple(Fraction(0) for _ in self.y), Fraction(0), Fraction(0))
        self.lower, self.boxes = Fraction(0), 0

    def run(self, known: Guess | None = None) -> None:
        """Guess, cover ever more finely, and guess again where a direction was missed."""
        self.at_once()
        if self.reached():
            return
        with suppress(*CRASHES):
            self.first()
        for _ in range(MAX_ATTEMPTS):
            guess = known or self.guess()
            known = None
            if guess is None:
                self.use_begun()
                return
            self.offer(self.rounded(guess))
            nu = extended(self.program, tuple(Fraction(float(v)) for v in guess.nu))[:-1]
            if self.reached() or not self.cover_finer(nu):
                return

    def guess(self) -> Guess | None:
        """The guess, if it comes early enough for something to be proved about it."""
        with suppress(OutOfTime, *CRASHES), part_of_the_time(PART):
            return self.program.guesser.optimum(self.program.lam)
        return None

    def offer_begun(self) -> None:
        """The network of a guess that was interrupted: any network is an upper bound."""
        for begun in self.program.guesser.begun_guesses():
            self.offer(self.rounded(begun))

    def use_begun(self) -> None:
        """Its residual, feasible for nearly its own level (the solver comes down to lambda), shrunk to ours."""
        self.offer_begun()
        for begun in self.program.guesser.begun_guesses():
            part = Fraction(min(float(self.program.lam / begun.lam), 1.0)) if begun.lam else Fraction(1)
            nu = extended(self.program, tuple(part * Fraction(float(v)) for v in begun.nu))[:-1]
            for eps in COARSE:
                if not isinstance(self.try_(nu, eps), Covered):
                    return

    def at_once(self) -> None:
        """A bound without a covering: f_s(u) <= sum |nu_i| |x_i| |u|."""
        reach = reach_above(self.program, [to_fmpq(v) for v in self.start])
        part = self.program.lam / reach if reach else Fraction(1)
        self.take(tuple(part * v for v in self.start), TINY if reach else Fraction(0))

    def first(self) -> None:
        """A bound within the first second: the target itself, shrunk until it is feasible."""
        top = self.program.guesser.lambda_max()
        if top > 0 and np.isfinite(top):
            shrunk = min(Fraction(1), self.program.lam / Fraction(top))
            part = Fraction(float(shrunk)) if shrunk < 1 else shrunk
            self.try_(tuple(part * v for v in self.start), COARSE[0])

    def try_(self, nu: Vector, eps: Fraction) -> Covered | Resisting:
        """Cover once; keep the bound if it is proved."""
        means, progress = current().means, current().progress
        if progress is not None:
            means["progress"] = self.told(progress)
        answer = cover(self.question(nu, eps), max_boxes=self.max_boxes, **means)
        self.boxes += answer.boxes
        if isinstance(answer, Covered):
            self.take(nu, eps)
        elif answer.reason == "time":
            raise OutOfTime("the time allowed is over")
        return answer

    def told(self, progress: Callable[..., object]) -> Callable[[float], object]:
        """Progress with the gap that is proved so far."""
        gap = float((self.upper - self.lower) / self.upper) if self.upper else 0.0
        return lambda share: progress(share, f"gap {gap:.2g}")

    def cover_finer(self, nu: Vector) -> bool:
        """Prove nu / (1 + eps) feasible for smaller and smaller eps; True if directions were missed."""
        for eps in self.steps(nu):
            answer = self.try_(nu, eps)
            if not isinstance(answer, Covered):
                self.program.guesser.seeds.extend(in_guess(self.program, u.vector) for u in answer.missed)
                return bool(answer.missed)
            if self.reached():
                return False
        return False

    def steps(self, nu: Vector) -> Iterator[Fraction]:
        """Coarse ones, then what the gap needs: D loses about eps (y - nu).nu. None is of use where eps = 0 is not."""
        loss = max(dot(self.y, nu) - self.square(nu), Fraction(1, 10**30))
        least = max(min(self.gap * self.upper / loss / 2, COARSE[0]), LEAST)
        finest = Fraction(float(least)).limit_denominator(10**12) or LEAST
        yield from (eps for eps in COARSE if eps > finest)
        enough = self.upper * (1 - self.gap)
        yield finest
        while finest > LEAST and self.along(nu, Fraction(0))[1] >= enough:
            finest /= 4
            yield finest

    def question(self, nu: Vector, eps: Fraction) -> Question:
        """f_s < (1 + eps) lambda for exactly this nu."""
        program, scale = self.program, lcm(*(v.denominator for v in nu))
        if not self.problem.setting.is_plain:  # what is orthogonal to free columns may have long entries
            with precision(BITS):
                return ask(program, [arb(to_fmpq(v)) for v in nu], program.lam * (1 + eps), ())
        integers = tuple(int(v * scale) for v in nu)  # f is homogeneous in nu: the level grows with it
        return Question(program.X_integer, integers, 0, program.lam * program.denominator * scale, gap=eps)

    def along(self, nu: Vector, eps: Fraction) -> tuple[Fraction, Fraction]:
        """The best t <= 1 / (1 + eps) for t nu, and its value."""
        length, product = self.square(nu), dot(self.y, nu)
        t = max(min(1 / (1 + eps), product / length), Fraction(0)) if length else Fraction(0)
        return t, t * product - t * t * length / 2

    def square(self, nu: Vector) -> Fraction:
        """|nu|^2 for a vector that is orthogonal to the free columns, with what a ridge adds."""
        return square(self.program, extended(self.program, nu))

    def rounded(self, guess: Guess) -> Weights:
        """The network of a guess."""
        return rounded_network(guess, self.program.shift if self.program.offset else None)

    def take(self, nu: Vector, eps: Fraction) -> None:
        """A feasible direction of dual points: the best of them."""
        t, value = self.along(nu, eps)
        if value > self.lower or not any(self.dual.nu):
            self.lower, self.dual = max(value, self.lower), DualPoint(nu, eps, t)

    def offer(self, network: Weights) -> None:
        """A network: its objective is an upper bound. A neuron without a direction is a constant, which is free."""
        if self.program.offset:
            network = tuple((sign, w) for sign, w in network if any(w[:-1]))
        residual, c = refitted(self.program, residual_of(self.problem, network))
        penalty = penalty_bounds(network, self.program.normed)[1]
        value = square(self.program, residual) / 2 + self.program.lam * penalty
        if value < self.upper:
            self.upper, self.network, self.residual, self.coefficients = value, network, residual, c

    def reached(self) -> bool:
        """Whether the gap is small enough."""
        return self.upper - self.lower <= self.gap * self.upper

    def best(self, seconds: float, judged: tuple[Fraction, Fraction] | None) -> Bounds:
        """What is proved."""
        mu = extended(self.program, self.dual.mu)
        apart = tuple(a - b for a, b in zip(mu, self.residual, strict=True))
        radius = max(self.upper - self.lower - square(self.program, apart) / 4, Fraction(0))
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
            self.coefficients,
        )


def _judged(problem: Problem, network: Any) -> tuple[Fraction, Fraction]:
    """The objective of the network as it is, 1/2 |f - y|^2 + lambda/2 sum (|theta|^2 + phi^2), enclosed."""
    value = objective_of(network, problem, residual(network, problem), False)[0]
    if isinstance(value, arb):
        return ends(value)
    exact = Fraction(int(value.p), int(value.q))
    return exact, exact
