"""The whole path: intervals, breakpoints, and what is left undecided."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import fmpq

from polyrelu.breakpoints.algebra import ExactZero
from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.budget import OutOfTime, current, spending, with_at_least
from polyrelu.certification import program_of
from polyrelu.curves.branch import BITS
from polyrelu.curves.faces import Faces
from polyrelu.curves.own_weights import heaviest_first, opposite, told_apart
from polyrelu.data.numbers import Floats, exact_number
from polyrelu.data.problem import Problem
from polyrelu.display import DIGITS, Reported, picture
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import bits_of, decimal_bounds, precision
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.guess import guessing
from polyrelu.paths.assembled import assembled
from polyrelu.paths.at_ends import Further, Walk, to_its_ends
from polyrelu.paths.continuity import Continuity, continuity_of
from polyrelu.paths.derivatives import Sensitivity
from polyrelu.paths.ends import ends_of_path, lambdas_in_range, table_in_range
from polyrelu.paths.gaps import Gap, Way, walked
from polyrelu.paths.intervals import Interval
from polyrelu.paths.kink_interval import KinkInterval
from polyrelu.paths.knot_interval import KnotInterval, limit_of
from polyrelu.paths.knot_path import knot_path
from polyrelu.paths.largest import Largest, largest_of
from polyrelu.paths.minimal import Along, minimal_along
from polyrelu.paths.one_sided import OneSided, at_breakpoint, derivatives
from polyrelu.paths.parts import Asked, further, start_at, walked_in_parts
from polyrelu.paths.settings import has_knots, path_supported
from polyrelu.paths.stretches import Stretch, unique_stretches
from polyrelu.paths.zero import Limit, down_to_zero
from polyrelu.proof.program import Program

LATE = 2
"""Seconds for the list of gates, and for the ranks of what was proved, when the time allowed is over."""
DECADES = 8
"""How often lambda is divided by 10 in search of the last structure."""
Bounds = tuple[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class Path(Reported):
    """Every optimal network for every lambda of an interval, proved piece by piece."""

    problem: Problem
    low: Fraction
    high: Fraction
    largest: Largest
    intervals: tuple[Interval, ...]
    """In increasing lambda; with a gap, the parts on both sides of it."""
    breakpoints: tuple[Breakpoint, ...]
    undecided: tuple[Gap, ...]
    seconds: float
    limit: Limit | None = None
    """What happens as lambda falls to 0, if that was asked."""
    program: Program | None = None
    """With the patterns or gates that are present, if not all are."""
    at_ends: tuple[Breakpoint | None, Breakpoint | None] = None, None
    """Breakpoints that are exactly its lower and its upper end: none of those in between."""

    @property
    def scope(self) -> str:
        """Among which networks, where not among all: a part of every sentence about them."""
        return "" if self.program is None else self.program.scope

    @property
    def status(self) -> str:
        """Whether the whole interval is covered without a gap: "proved" or "undecided"."""
        return "undecided" if self.undecided else "proved"

    def lambda_max(self, digits: int = DIGITS) -> Bounds:
        """The smallest penalty from which on no neuron is used, enclosed."""
        return decimal_bounds(self.largest.enclosed(bits_of(digits)), digits)

    def exact(self, k: int) -> ExactZero | None:
        """Breakpoint k as an algebraic number of low degree, verified; None where it is not recognised."""
        return self.breakpoints[k].exact

    def breakpoint(self, k: int, digits: int = DIGITS) -> Bounds:
        """Lambda at breakpoint k, enclosed to so many digits."""
        return self.breakpoints[k].bounds(digits)

    def interval_at(self, lam: Any) -> Interval:
        """The interval that holds a lambda."""
        value = to_fmpq(exact_number(lam))
        found = next((i for i in self.intervals if i.holds(value)), None)
        if found is None:
            raise Undecided(
                f"lambda = {lam} lies in no proved interval of this path: it is {self._why(value)}"
            )
        return found

    def _why(self, lam: fmpq) -> str:
        """Where a lambda lies that is in no interval."""
        if not self.low <= to_fraction(lam) <= self.high:
            return f"not between {self.low} and {self.high}"
        known = (*self.breakpoints, *(b for b in self.at_ends if b is not None))
        if any(b.lam.contains(lam) for b in known):
            return "a breakpoint, or next to one; `.at` certifies the optimum there"
        return "in a piece that is undecided; `.at` may certify the optimum there"

    def at(self, lam: Any) -> Any:
        """The full result at one lambda: `certify` there."""
        from polyrelu.certification import certify

        if self.program is None or self.program.listed is None:
            return certify(self.problem, lam=lam)
        return certify(self.problem, lam=lam, patterns=self.program.listed, gated=self.program.gated)

    def sensitivity(self, lam: Any) -> Sensitivity | OneSided:
        """Derivatives of weights, directions and fit by lambda, targets and table; at a breakpoint on both sides."""
        self.all_networks("derivatives")
        return derivatives(self.problem, lam)

    @cached_property
    def minimal(self) -> tuple[Along, ...]:
        """For each interval its minimal networks, listed at some lambdas, and where the list changes."""
        return tuple(minimal_along(interval, self.at) for interval in self.intervals)

    def all_networks(self, what: str) -> None:
        """Refuse what is not there for a list of patterns or gates."""
        if self.scope:
            raise BadInput(
                f"{what} are about all networks, and this path is {self.scope}; leave the list out"
            )

    def one_sided(self, k: int) -> OneSided:
        """The derivatives on both sides of breakpoint k."""
        self.all_networks("derivatives")
        if has_knots(self.problem):
            sides = derivatives(self.problem, to_fraction(self.breakpoints[k].zero.exact.lam))
            assert isinstance(sides, OneSided)
            return sides
        return at_breakpoint(self.problem, self.breakpoints[k])

    def plot(self) -> Any:
        """The profile of weights against lambda, as a figure with `.save(file)` and a `caption`."""
        return picture(self)

    def weights(self, lam: Any, digits: int = DIGITS) -> list[tuple[Any, Bounds]]:
        """Places and weights ||w|| of the neurons at a lambda inside an interval; those of a pair are added up where
        it shares its weight freely, and those of gates that exchange weight.

        Heavy neurons come first, as in `at(lam)`, which keeps the ends of a movable kink together (--bias free). Where
        the network is not unique they are those of one of them.
        """
        value = to_fmpq(exact_number(lam))
        piece = self.interval_at(lam).piece_at(value)
        assert piece is not None
        x = piece.root_at(value, bits_of(digits))
        with precision(bits_of(digits)):
            own, _ = told_apart(piece.curve, x)
            order = heaviest_first(own, opposite(piece.curve, x))
            return [(place, decimal_bounds(own[place], digits)) for place in order]

    @cached_property
    def continuity(self) -> Continuity:
        """Is the set of optimal networks continuous in lambda, and must block weights jump?"""
        return continuity_of(self.breakpoints, gaps=bool(self.undecided))

    @cached_property
    def unique(self) -> tuple[Stretch, ...]:
        """All lambdas for which the network is shown to be unique, the breakpoints in between included."""
        return unique_stretches(self.intervals)


def path(
    X: Any,
    y: Any = None,
    lo: Any = None,
    hi: Any = None,
    *,
    bias: bool | str = False,
    output_bias: str = "none",
    skip: bool = False,
    free: Sequence[str | int] = (),
    patterns: Any = "cells",
    gated: bool = False,
    to_zero: bool = False,
    floats: Floats = "decimal",
    told: Any = None,
    executor: Executor | None = None,
) -> Path:
    """Prove how the set of optimal networks changes from lambda = lo to hi (default: 1/1000 of lambda_max to above it).

    `to_zero` goes on to lambda = 0, with the limit; `bias`, `output_bias`, `skip`, `free`, `patterns` and `gated` are
    those of `certify`. On an executor (of processes) parts of the interval are walked at the same time, and the answer
    is the same.

    >>> found = path([[1], [2], [-1]], [1, 3, 2], 1, 8)
    >>> found.status, [found.exact(k).name for k in range(2)], [len(i.places) for i in found.intervals]
    ('proved', ['2', '7'], [2, 1, 0])
    """
    begin = time.monotonic()
    chosen = {"bias": bias, "output_bias": output_bias, "skip": skip, "free": free}
    problem = X if isinstance(X, Problem) else Problem.of(X, y, None, floats=floats, **chosen)  # type: ignore[arg-type]
    if problem.y is None:
        raise BadInput("a target y is needed for a path; give y, or a data file with a target column")
    path_supported(problem, gated=gated)
    with spending(with_at_least(LATE)):
        program = program_of(replace(problem, lam=Fraction(1)), patterns, gated=gated)
    with guessing(), precision(BITS):
        knots = has_knots(problem)
        if not knots:
            table_in_range(problem)
        largest = largest_of(problem, program)
        low, high = ends_of_path(largest.top, lo, hi)
        if knots:
            low = fmpq(0) if to_zero else low
            way = to_its_ends(*_exactly(program), low, high, exact=True)
            limit = limit_of(way) if to_zero else None
        else:
            lambdas_in_range(low, high)
            followed = _followed((problem, program, largest), told, executor or current().executor)
            way = to_its_ends(*followed, low, high, on=to_zero)
            limit, low = to_the_end(problem, way) if to_zero else (None, low)
        with spending(with_at_least(LATE)):
            intervals = assembled(
                way, KnotInterval if knots else KinkInterval if program.offset else Interval
            )
    return Path(
        replace(problem, lam=None),
        to_fraction(low),
        to_fraction(high),
        largest,
        intervals,
        tuple(reversed(way.breaks)),
        tuple(sorted(way.gaps, key=lambda g: g.low)),
        time.monotonic() - begin,
        limit,
        program,
        way.at_ends,
    )


def _followed(asked: Asked, told: Any, workers: Executor | None) -> tuple[Walk, Further]:
    """The way down, by one or by several, and how it goes on."""
    problem, program, largest = asked

    def walk(low: fmpq, high: fmpq) -> Way:
        if workers is not None:
            return walked_in_parts(asked, low, high, workers)
        return walked(problem, start_at(problem, Faces(program), largest, high), low, high, told)

    return walk, lambda way, lower: further(problem, way, lower)


def _exactly(program: Program) -> tuple[Walk, Further]:
    """The same where the path is exact."""
    return (
        lambda low, high: knot_path(program, low, high),
        lambda way, lower: knot_path(program, lower, way.pieces[0].chord.high),
    )


def to_the_end(problem: Problem, way: Way) -> tuple[Limit, fmpq]:
    """Go on to smaller lambda until one proof holds down to 0; the way is continued."""
    limit, low = Limit(None, "nothing was proved at the lower end"), way.reached
    for _ in range(DECADES):
        if not way.pieces or way.pieces[-1].chord.low > low:
            break
        curve = way.pieces[-1].curve
        point = curve.branch.newton(way.pieces[-1].chord.at_low, low)
        if point is None:
            break
        try:
            limit = down_to_zero(curve, curve.node(point, low))
        except OutOfTime as over:
            limit = Limit(None, str(over))
            break
        if limit.piece is not None:
            way.pieces.append(limit.piece)
            return limit, fmpq(0)
        way.extend(walked(problem, (curve, curve.node(point, low)), low / 10, low, None))
        low = low / 10
    way.gaps.append(Gap(fmpq(0), low, limit.reason or "the limit is not proved"))
    return limit, fmpq(0)
