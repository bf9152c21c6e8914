"""A structure at a breakpoint that is known exactly: its root there, and which of its functions are 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, fmpq

from polyrelu.breakpoints.algebra import ExactZero, of_ridge, solves
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


Weights = tuple[list[Any], list[Any]]
Settled = tuple[tuple[Place, ...], frozenset[Condition], frozenset[Condition]]
"""Guests, conditions that vanish, and soft lines that do."""
FACES = 6
"""How often the face of a guest is corrected."""


def side_of(
    curve: Curve, exact: ExactZero, guests: Sequence[Place], way: int, thin: Sequence[Place] = ()
) -> Side | None:
    """The exact root of a curve with this residual; None if it has none, or if it is no optimum.

    The curve leads up from the breakpoint (`way` = 1) or down (-1). Antipodes of pairs at `thin` places are not on the
    other side of the breakpoint.
    """
    branch = curve.branch
    solved = _weights(branch, exact)
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
    curve: Curve, at: tuple[Balls, arb, int], there: ImpliedThere, new: Sequence[Place]
) -> Side | None:
    """The same where no exact numbers are known: what is 0 is implied. `new` neurons come, without weight there."""
    x, lam, way = at
    dx = tangent(curve.branch, x, lam)
    if dx is None:
        return None

    def sign_of(f: Condition) -> int | None:
        if f.kind == WEIGHT:
            return 0 if f.place in new and not f.form else None
        if f.kind == SLACK:
            return 0 if there.is_tight(curve.faces.neuron(f.place)) else None
        return 0 if there.is_zero(f.form) else None

    found = Here(curve, x, dx, lam, way, sign_of).settled(new if way == 1 else ())
    if found is None:
        return None
    n, lines = curve.branch.program.n, curve.faces.line_weights.items()
    silent = frozenset(j for j, line in lines if there.is_zero([line.get(i, fmpq(0)) for i in range(n)]))
    return Side(x, found[0], found[1] | found[2], frozenset(), silent)


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
            if (side is None or side < 0) and not optional:
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
        rising = {(f.place, f.row): v * self.way for f, v in zip(table.conditions, slopes, strict=True)}
        first = {i: line[0] for line in self.curve.faces.angles.parallel for i in line}
        for f in zero:
            if f.kind != SIDE or f.row is None:
                continue
            if rising.get((f.place, first[f.row]), arb(0)) > 0:
                continue
            guest = self.face_of(_across(self.curve.faces.neuron(f.place), f.row))
            if guest not in (*self.curve.tight, *guests, *found) and self._may_stay(guest):
                found.append(guest)
        return tuple(found)

    def _may_stay(self, guest: Place) -> bool:
        """Whether nothing of a guest goes the wrong way, as far as balls tell."""
        table = self.curve.table((guest,))
        values, slopes = table.values(self.x, self.lam), table.slopes(self.x, self.dx, self.lam)
        return not any(
            f.place == guest and (i in table.broken or v < 0 or (v.contains(0) and s * self.way < 0))
            for i, (f, v, s) in enumerate(zip(table.conditions, values, slopes, strict=True))
        )

    def face_of(self, guest: Place) -> Place:
        """The face that the direction of a guest has along this curve: where nothing goes the wrong way."""
        for _ in range(FACES):
            table = self.curve.table((guest,))
            zero, slopes = self.vanishing(table) or frozenset(), table.slopes(self.x, self.dx, self.lam)
            wrong = [
                f
                for i, (f, v) in enumerate(zip(table.conditions, slopes, strict=True))
                if f.place == guest
                and f.kind in (SIDE, MULTIPLIER)
                and (i in table.broken or (f in zero and (v * self.way < 0 or self._stays_at_0(f, v))))
            ]
            if not wrong:
                break
            first = wrong[0]
            if first.target is not None:
                guest = first.target
            elif first.row is not None:
                guest = on_hyperplane(self.curve.faces.neuron(guest), first.row)
        return guest

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
    """Shares of thin pairs, if the other pairs alone exchange B c, exactly, which determines no other."""
    if not thin:
        return frozenset()
    held = [k for k, pair in zip(branch.neurons, branch.paired, strict=True) if pair and k.place not in thin]
    target = [exact.lam * v for v in times(branch.B, c)]
    columns = [k.z(exact.nu) for k in held]
    if any(not is_zero(v) for v in target) and (not columns or solve(transposed(columns), target) is None):
        return frozenset()
    return frozenset(Condition(SHARE, place) for place in thin)


def _across(neuron: Neuron, row: int) -> Place:
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
    moved = _derivative(branch, exact, weights) if open_ else None
    if moved is None:
        return frozenset()
    return frozenset(f for f in open_ if _sign(exact_rate(f, branch, exact.nu, moved, exact.lam)) == 0)


def _sign(value: Any) -> int | None:
    return None if value is None else sign(value)


def _derivative(branch: Branch, exact: ExactZero, weights: Weights) -> tuple[list[Any], list[Any]] | None:
    """(nu', b'), from the system differentiated by lambda:

    (nu - y) + (lambda + r r^T) nu' + sum b_k Q_k nu' + sum b'_k Q_k nu - X B (lambda c)' = 0,
    (A_k nu).(A_k nu') = lambda, and B^T X^T nu' = 0.
    """
    n, K, (b, _), nu, lam = branch.program.n, branch.K, weights, exact.nu, exact.lam
    ridge = (branch.ridge * branch.ridge.transpose()).tolist()
    corner = [[lam * int(i == j) + ridge[i][j] for j in range(n)] for i in range(n)]
    for k, weight in enumerate(b):
        for row, other in zip(corner, branch.square(k).tolist(), strict=True):
            row[:] = [v + weight * q for v, q in zip(row, other, strict=True)]
    borders = [branch.activation(k, nu) for k in range(K)]
    borders += [[-v for v in column] for column in branch.XB.transpose().tolist()] if branch.r else []
    rows = [[*row, *(border[i] for border in borders)] for i, row in enumerate(corner)]
    rows += [[*border, *([lam * 0] * len(borders))] for border in borders]
    right = [
        *(y - v for y, v in zip(branch.target, nu, strict=True)),
        *([lam] * K),
        *([lam * 0] * branch.r),
    ]
    found = solve(rows, right)
    return None if found is None else (found[:n], found[n : n + K])


def _weights(branch: Branch, exact: ExactZero) -> Weights | None:
    """The weights b_k and the exchanges c: lambda (y - nu) - r (r.nu) = sum b_k Q_k nu - lambda X B c."""
    if not branch.K:
        return [], []
    columns = [branch.activation(k, exact.nu) for k in range(branch.K)]
    columns += (
        [[-exact.lam * v for v in column] for column in branch.XB.transpose().tolist()] if branch.r else []
    )
    target = [exact.lam * (y - v) for y, v in zip(branch.target, exact.nu, strict=True)]
    target = [t - e for t, e in zip(target, of_ridge(branch, exact.nu), strict=True)]
    found = solve(transposed(columns), target)
    return None if found is None else (found[: branch.K], found[branch.K :])
