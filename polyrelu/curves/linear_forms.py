"""Linear conditions on one branch: what they are for any x, with constants and identities sorted out exactly.

Row i has the value (R x)_i, or lambda (R x)_i + constant_i where nu has a part outside of W that the form sees. The
sides of a neuron are forms +-x_j.z of z = A nu, which has few coordinates: so they are all read off A W g.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.condition import SIDE, WEIGHT, Condition
from polyrelu.exact.enclosure import ball, ball_column, precision
from polyrelu.proof.neuron import Neuron, Place


class Row(NamedTuple):
    """A condition over x, what it sees of y_rest, and its sign if that is the same for every lambda."""

    over_x: Balls
    constant: fmpq = fmpq(0)
    sign: int | None = None


@dataclass(frozen=True, eq=False)
class Sides:
    """A W of a neuron, and for rows whose sides are no plain forms what they see of y_rest, and their sign."""

    seen: arb_mat
    constant: dict[int, fmpq]
    sign: dict[int, int]


@dataclass
class Known:
    """Rows and sides that were made before."""

    rows: dict[Condition, tuple[Sequence[Any], Row]] = field(default_factory=dict)
    """With their forms: conditions may be equal that are about other forms."""
    sides: dict[Place, Sides] = field(default_factory=dict)

    def row(self, f: Condition) -> Row | None:
        """What is known of exactly this form."""
        form, row = self.rows.get(f, (None, None))
        return row if form is f.form or form == f.form else None

    def clear(self) -> None:
        """Forget them."""
        self.rows.clear()
        self.sides.clear()


class Forms:
    """Some conditions, evaluated together."""

    def __init__(
        self,
        branch: Branch,
        conditions: Sequence[Condition],
        known: Known,
        neuron: Callable[[Place], Neuron],
    ) -> None:
        self.branch, self.conditions = branch, conditions
        self.sign: dict[int, int] = {}
        """Of those that are constants, or multiples of lambda."""
        self.constant: dict[int, fmpq] = {}
        with precision(max(ctx.prec, BITS)):
            others = [(i, f) for i, f in enumerate(conditions) if f.kind != SIDE]
            self._read_rows(others, _rows(branch, [f for _, f in others], known))
            self._read_sides(known, neuron)

    def _read_rows(self, others: Sequence[tuple[int, Condition]], rows: Sequence[Row]) -> None:
        self._places = [i for i, _ in others]
        self._R = arb_mat([row.over_x for row in rows]) if rows else arb_mat(0, self.branch.unknowns)
        for (i, _), row in zip(others, rows, strict=True):
            self._sort_out(i, row.constant, row.sign)

    def _read_sides(self, known: Known, neuron: Callable[[Place], Neuron]) -> None:
        """The matrices of all neurons whose sides are asked for, and where these are: condition, neuron, row, side."""
        order: dict[Place, int] = {}
        self._picks: list[tuple[int, int, int, int]] = []
        for i, f in enumerate(self.conditions):
            if f.kind == SIDE and f.row is not None:
                if f.place not in known.sides:
                    known.sides[f.place] = _sides(self.branch, neuron(f.place))
                sides, turn = known.sides[f.place], f.place.sign * f.place.face[f.row]
                self._picks.append((i, order.setdefault(f.place, len(order)), f.row, turn))
                sign = sides.sign.get(f.row)
                self._sort_out(
                    i, sides.constant.get(f.row, fmpq(0)) * turn, None if sign is None else sign * turn
                )
        self._count = len(order)
        stack = [row for place in order for row in known.sides[place].seen.tolist()]
        self._S = arb_mat(stack) if self.branch.size and stack else arb_mat(len(stack), self.branch.size)

    def _sort_out(self, i: int, constant: fmpq, sign: int | None) -> None:
        if sign is not None:
            self.sign[i] = sign
        elif constant != 0:
            self.constant[i] = constant

    def times(self, v: Sequence[arb]) -> Balls:
        """R v for a vector v like x."""
        found = [arb(0)] * len(self.conditions)
        if not self.branch.unknowns:
            return found
        for i, value in zip(self._places, (self._R * ball_column(v)).entries(), strict=True):
            found[i] = value
        if self._picks and self.branch.size:
            K, z = self._count, (self._S * ball_column(v[: self.branch.size])).entries()
            d = len(z) // K
            products = (
                self.branch.data.X * arb_mat(d, K, [z[k * d + c] for c in range(d) for k in range(K)])
            ).entries()
            for i, k, j, turn in self._picks:
                found[i] = products[j * K + k] if turn > 0 else -products[j * K + k]
        return found

    def row(self, which: Condition) -> Balls:
        """One row of R."""
        i, n = self.conditions.index(which), self.branch.unknowns
        if which.kind != SIDE:
            k = self._places.index(i)
            return [self._R[k, j] for j in range(n)]
        _, k, j, turn = next(pick for pick in self._picks if pick[0] == i)
        X, p = self.branch.data.X, self.branch.size
        x = arb_mat([[X[j, c] * turn for c in range(X.ncols())]])
        d = X.ncols()
        seen = arb_mat(d, p, [self._S[k * d + c, b] for c in range(d) for b in range(p)])
        return [*(x * seen).entries(), *([arb(0)] * (n - p))]


def _sides(branch: Branch, neuron: Neuron) -> Sides:
    """Those of a neuron; of its own sides a branch sees nothing in y_rest, since they are forms of its A nu."""
    program, place, own = branch.program, neuron.place, neuron.place in branch.held
    seen = branch.seen_by(neuron)
    inside = branch.symmetry is None and any(place == k.place for k in branch.neurons)
    constant = {} if inside else _nonzero(program.Xq * (neuron.A * _column(branch.y_rest)))
    sign = dict[int, int]()
    rows = {j for j, side in enumerate(place.face) if side}
    for j in _near_zero(branch, seen, [fmpq(k + 1) for k in range(branch.size)], rows):
        if not any(_exact_row(branch, neuron, j)):
            c = constant.get(j, fmpq(0))
            sign[j] = int(c > 0) - int(c < 0)
    rows -= set(constant) | set(sign)
    for j in () if own else _near_zero(branch, seen, branch.fixed.witness_over_g, rows):
        known = branch.fixed.sign(_exact_row(branch, neuron, j))
        if known is not None:
            sign[j] = known
    return Sides(seen, constant, sign)


def _near_zero(branch: Branch, seen: arb_mat, v: Sequence[fmpq], rows: Iterable[int]) -> list[int]:
    """The rows x_j for which x_j.(A W v) may be 0."""
    if not branch.size:
        return list(rows)
    products = (branch.data.X * (seen * ball_column([arb(t) for t in v]))).entries()
    return [j for j in rows if products[j].contains(0)]


def _exact_row(branch: Branch, neuron: Neuron, j: int) -> list[fmpq]:
    """x_j.A W."""
    X = branch.program.Xq
    found: list[fmpq] = (fmpq_mat([[X[j, c] for c in range(X.ncols())]]) * neuron.A * branch.W).entries()
    return found


def _column(v: Sequence[fmpq]) -> fmpq_mat:
    return fmpq_mat(len(v), 1, list(v))


def _nonzero(column: fmpq_mat) -> dict[int, fmpq]:
    return {j: v for j, v in enumerate(column.entries()) if v != 0}


def _rows(branch: Branch, conditions: Sequence[Condition], known: Known) -> list[Row]:
    """The rows of conditions that are no sides."""
    found = [_weight(branch, f) if f.kind == WEIGHT else known.row(f) for f in conditions]
    new = [f for f, row in zip(conditions, found, strict=True) if row is None]
    if new:
        F = fmpq_mat(len(new), branch.program.n, [v for f in new for v in f.form])
        over_g = (arb_mat(F) * branch.data.W).tolist() if branch.size else [[]] * len(new)
        constants = (F * _column(branch.y_rest)).entries()
        made = [_row(branch, *parts) for parts in zip(new, over_g, constants, strict=True)]
        known.rows.update(zip(new, zip((f.form for f in new), made, strict=True), strict=True))
        rows = iter(made)
        found = [next(rows) if row is None else row for row in found]
    return [row for row in found if row is not None]


def _weight(branch: Branch, f: Condition) -> Row:
    """The row of a weight."""
    own = f.form or tuple(int(neuron.place == f.place) for neuron in branch.neurons)
    after = [arb(0)] * (branch.unknowns - branch.size - branch.K)
    return Row([*([arb(0)] * branch.size), *(ball(v, ctx.prec) for v in own), *after])


def _row(branch: Branch, f: Condition, row: Balls, constant: fmpq) -> Row:
    """A row from its part over g."""
    if row and all(v.contains(0) for v in row):
        row = [arb(v) for v in (fmpq_mat([list(f.form)]) * branch.W).entries()]
    sign = None
    if all(v.is_zero() for v in row):
        sign = int(constant > 0) - int(constant < 0)
    elif constant == 0:
        sign = branch.fixed.sign_of(f.form)
    return Row([*row, *([arb(0)] * (branch.unknowns - branch.size))], constant, sign)
