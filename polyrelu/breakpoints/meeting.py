"""A structure at a breakpoint that is known exactly: its root there, and which of its functions are 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, fmpq

from polyrelu.breakpoints.algebra import ExactZero, Weights, derivative_at, solves, weights_at
from polyrelu.breakpoints.zeros import tangent
from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.condition import MULTIPLIER, SHARE, SIDE, SLACK, WEIGHT, Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.curve import Curve
from polyrelu.curves.demands import exact_rate, exact_value
from polyrelu.curves.implied import Implied, ImpliedThere
from polyrelu.exact.enclosure import ball, ball_column
from polyrelu.exact.linear import solve, times, transposed
from polyrelu.exact.real import is_zero, sign
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.tightness import on_hyperplane


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two curves that meet: its root in balls, and the functions that are exactly 0, or flat: their
    derivatives are 0, too.
    """

    x: Balls
    guests: tuple[Place, ...]
    zero: frozenset[Condition]
    flat: frozenset[Condition]
    silent: frozenset[int]
    """Lines (the first row of each) whose coefficient is exactly 0."""


Settled = tuple[tuple[Place, ...], frozenset[Condition], frozenset[Condition]]
"""Guests, conditions that vanish, and soft lines that do."""
FACES = 6
"""How often the face of a guest is corrected."""


def side_of(
    curve: Curve, exact: ExactZero, guests: Sequence[Place], way: int, thin: Sequence[Place] = ()
) -> Side | None:
    """The exact root of a curve with this residual; None if it has none, or if it is no optimum.

    The curve leads up from the breakpoint (`way` = 1) or down (-1). Members of units at `thin` places are not on the
    other side of the breakpoint.
    """
    branch = curve.branch
    solved = weights_at(branch, exact)
    if solved is None or not solves(branch, exact.lam, exact.nu, *solved):
        return None
    b, c = solved
    lam = ball(exact.lam, BITS)
    eta = ball_column([ball(v, BITS) / lam for v in exact.nu])
    data = branch.data
    g = data.gram.solve(data.W.transpose() * eta).entries() if branch.size else []
    x = [*g, *(ball(v, BITS) for v in (*b, *c))]
    dx = tangent(branch, x, lam)
    if dx is None:
        return None
    here = Here(curve, x, dx, lam, way, lambda f: _sign(exact_value(f, branch, exact.nu, b, exact.lam)))
    found = here.settled(guests)
    if found is None:
        return None
    silent = frozenset(
        j
        for j, line in curve.faces.line_weights.items()
        if is_zero(sum((exact.nu[i] * m for i, m in line.items()), start=exact.lam * 0))
    )
    guests, zero, soft = found
    zero |= _shares_that_vanish(branch, exact, c, thin)
    return Side(x, guests, zero | soft, _flat(curve, exact, solved, (x, lam), zero), silent)


def side_by_identities(
    curve: Curve,
    at: tuple[Balls, arb, int],
    there: ImpliedThere,
    new: Sequence[Place],
    guests: Sequence[Place] = (),
) -> Side | None:
    """The same where no exact numbers are known: what is 0 is implied. `new` neurons have no weight there.

    So have those that take theirs from new ones alone.
    """
    x, lam, way = at
    dx = tangent(curve.branch, x, lam)
    if dx is None:
        return None

    places = [k.place for k in curve.branch.neurons]

    def sign_of(f: Condition) -> int | None:
        if f.kind == WEIGHT:
            own = f.form or tuple(int(p == f.place) for p in places)
            return 0 if all(p in new for p, c in zip(places, own, strict=True) if not is_zero(c)) else None
        if f.kind == SLACK:
            return 0 if there.is_tight(curve.faces.neuron(f.place)) else None
        return 0 if there.is_zero(f.form) else None

    here = Here(curve, x, dx, lam, way, sign_of)
    found = here.settled(guests)
    if found is None:
        return None
    n, lines = curve.branch.program.n, curve.faces.line_weights.items()
    silent = frozenset(j for j, line in lines if there.is_zero([line.get(i, fmpq(0)) for i in range(n)]))
    return Side(x, found[0], found[1] | found[2], here.flat_beyond(found[1]), silent)


@dataclass(frozen=True, eq=False)
class Here:
    """A curve at its breakpoint."""

    curve: Curve
    x: Balls
    dx: Balls
    lam: arb
    way: int
    sign: Callable[[Condition], int | None]
    """Of a function that may be 0; None where it is not decided."""

    def settled(self, guests: Sequence[Place]) -> Settled | None:
        """The faces of the guests, with those that have to be added, and what vanishes; None where that is open."""
        guests = tuple(dict.fromkeys(self.face_of(p) for p in guests))
        found = self.vanishing(self.curve.table(guests))
        if found is None:
            return None
        beyond = self.beyond(found, guests)
        if beyond:
            guests = (*guests, *beyond)
            found = self.vanishing(self.curve.table(guests))
        soft = self.vanishing(self.curve.soft(guests), optional=True) or frozenset()
        return None if found is None else (guests, found, soft)

    def vanishing(self, table: Table, *, optional: bool = False) -> frozenset[Condition] | None:
        """The conditions that are exactly 0; None where one is negative, or not decided."""
        found, values = set[Condition](), table.values(self.x, self.lam)
        for i, (f, v) in enumerate(zip(table.conditions, values, strict=True)):
            if v > 0 or (i in table.settled and i < len(table.linear)):
                continue
            side = -1 if v < 0 else self.sign(f)
            needed = not optional and (f.kind != SIDE or f.place in self.curve.tight)
            if needed and (side is None or side < 0):
                return None
            if side == 0:
                found.add(f)
        return frozenset(found)

    def beyond(self, zero: frozenset[Condition], guests: Sequence[Place]) -> tuple[Place, ...]:
        """Guests on the far side of rows that a neuron leaves here, where f may rise again.

        There f has a second maximum, whose slack vanishes with its derivative.
        """
        table, found = self.curve.soft(), list[Place]()
        slopes = table.slopes(self.x, self.dx, self.lam)
        rising = {
            (f.place, f.row): i in table.settled or v * self.way > 0
            for i, (f, v) in enumerate(zip(table.conditions, slopes, strict=True))
        }
        lines = {i: line for line in self.curve.faces.angles.parallel for i in line}
        for f in zero:
            if f.kind != SIDE or f.row is None:
                continue
            if rising.get((f.place, lines[f.row][0]), False) or self._never_rises(f.place, lines[f.row]):
                continue
            guest = self.face_of(across(self.curve.faces.neuron(f.place), f.row))
            if guest not in (*self.curve.tight, *guests, *found) and self._may_stay(guest):
                found.append(guest)
        return tuple(found)

    def _never_rises(self, place: Place, line: Sequence[int]) -> bool:
        """Whether f of this sign is concave across a line for every lambda, by structure: no star ends there."""
        rows = self.curve.rows
        return all(i in rows.still or rows.sided.get(i) == place.sign for i in line)

    def flat_beyond(self, zero: frozenset[Condition]) -> frozenset[Condition]:
        """Slacks of guests right beyond a row that a tight neuron u leaves: if they vanish, their derivatives do.

        With the same zero rows, A_g nu = A_u nu + c P x_j with a form c of nu, so that the slack, where u is tight, is
        -c P x_j.(2 A_u nu + c P x_j) / 2. As x_j.A_u nu = 0 here, that is -(c |P x_j|)^2 / 2, so that c = 0: both of
        its factors vanish.
        """
        left = [f for f in zero if f.kind == SIDE and f.row is not None and f.place in self.curve.tight]
        beyond = (across(self.curve.faces.neuron(f.place), f.row) for f in left if f.row is not None)
        return frozenset(Condition(SLACK, p) for p in beyond) & zero

    def _may_stay(self, guest: Place) -> bool:
        """Whether nothing of a guest goes the wrong way, as far as balls tell."""
        table = self.curve.table((guest,))
        values, slopes = table.values(self.x, self.lam), table.slopes(self.x, self.dx, self.lam)
        return not any(
            f.place == guest and (v < 0 or (v.contains(0) and s * self.way < 0))
            for f, v, s in zip(table.conditions, values, slopes, strict=True)
        )

    def face_of(self, guest: Place) -> Place:
        """The face that the direction of a guest has along this curve: where nothing goes the wrong way.

        A direction that stays on a row belongs to the face there, unless a multiplier goes the wrong way then: f rises
        on one side of the row, and what is asked about is the other.
        """
        for _ in range(FACES):
            first = next(self._wrong(guest), None)
            if first is None:
                break
            if first.target is not None:
                guest = first.target
            elif first.row is not None:
                slid = on_hyperplane(self.curve.faces.neuron(guest), first.row)
                if any(f.target is not None for f in self._wrong(slid)):
                    break
                guest = slid
        return guest

    def _wrong(self, guest: Place) -> Iterator[Condition]:
        """Sides and multipliers of a guest that go the wrong way, or sides that stay at 0."""
        table = self.curve.table((guest,))
        zero, slopes = self.vanishing(table) or frozenset(), table.slopes(self.x, self.dx, self.lam)
        for i, (f, v) in enumerate(zip(table.conditions, slopes, strict=True)):
            if f.place != guest or f.kind not in (SIDE, MULTIPLIER):
                continue
            if i in table.broken or (f in zero and (v * self.way < 0 or self._stays_at_0(f, v))):
                yield f

    def _stays_at_0(self, f: Condition, slope: arb) -> bool:
        """Whether a side is 0 on the whole curve."""
        return f.kind == SIDE and bool(slope.contains(0)) and self.implied.is_zero(f.form)

    @cached_property
    def implied(self) -> Implied:
        """What the equations of the curve imply."""
        return Implied(self.curve.branch, self.x)


def _shares_that_vanish(
    branch: Branch, exact: ExactZero, c: Sequence[Any], thin: Sequence[Place]
) -> frozenset[Condition]:
    """Shares of thin members, if the others alone exchange B c, exactly, which determines no other."""
    if not thin:
        return frozenset()
    held = [e for e in branch.exchanges if e.place not in thin]
    target = [exact.lam * v for v in times(branch.onto * branch.B, c)]
    columns = [times(e.told, branch.neurons[e.unit].z(exact.nu)) for e in held]
    if any(not is_zero(v) for v in target) and (not columns or solve(transposed(columns), target) is None):
        return frozenset()
    return frozenset(Condition(SHARE, place) for place in thin)


def across(neuron: Neuron, row: int) -> Place:
    """The face on the other side of a row."""
    place, slid = neuron.place, on_hyperplane(neuron, row)
    return Place(place.sign, tuple(v if w else -v for v, w in zip(place.face, slid.face, strict=True)))


def _flat(
    curve: Curve, exact: ExactZero, weights: Weights, at: tuple[Balls, arb], zero: frozenset[Condition]
) -> frozenset[Condition]:
    """Those of the vanishing functions whose derivative is exactly 0; balls rule out most."""
    branch, dx = curve.branch, tangent(curve.branch, *at)
    if dx is None:
        return frozenset()
    guests = tuple(f.place for f in zero if f.kind == SLACK)
    table = curve.table(guests)
    slopes = table.slopes(at[0], dx, at[1])
    open_ = {f for f, v in zip(table.conditions, slopes, strict=True) if f in zero and v.contains(0)}
    moved = derivative_at(branch, exact, weights) if open_ else None
    if moved is None:
        return frozenset()
    return frozenset(f for f in open_ if _sign(exact_rate(f, branch, exact.nu, moved, exact.lam)) == 0)


def _sign(value: Any) -> int | None:
    return None if value is None else sign(value)
