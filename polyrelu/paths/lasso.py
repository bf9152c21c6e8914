"""The whole path of a lasso with nonnegative weights on fixed columns, in rational numbers.

    minimise over b >= 0:   1/2 || y - sum_k b_k a_k ||^2 + lambda sum_k b_k

The residual nu(lambda) is the point nearest to y in the polytope { a_k.nu <= lambda for all k }: piecewise affine in
lambda, as are suitable weights. With f = y - nu = sum b_k a_k, so that nu.f = lambda R for the total weight R, let T
hold the tight columns at some lambda. Below it nu moves by -v for a unit of lambda, where v is the shortest vector with

    a_k.v >= 1 for k in T,     f.v <= R:

the first keeps nu feasible, the second (together with it) keeps a_k.v = 1 wherever a_k may have weight, and shortest is
optimal: v = sum c_k a_k - c_0 f with multipliers >= 0, zero where a_k.v > 1, so f + t v stays a sum of tight columns
with weights >= 0 for small t. Such a least distance problem is a projection onto a cone (Lawson and Hanson, chapter
23): if (p, q) is the projection of (0, -1) onto { (w, s) : G w + h s >= 0 }, the shortest w with G w >= h is p / |q|.

A segment ends where a further column becomes tight, or where a weight of the basis that carries f becomes 0. Whatever
led to it is proved by its two ends, since all is affine: a_k.nu <= lambda, with equality at both ends for the tight
columns and at one of them at most for the others; and y - nu = sum b_k a_k with b >= 0 over tight columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from polyrelu import budget
from polyrelu.errors import Contradiction
from polyrelu.exact.linear import dot, independent_rows, solve, transposed
from polyrelu.exact.projection import project

Vector = list[fmpq]
HALVINGS = 200


@dataclass(frozen=True, eq=False)
class Segment:
    """An interval of lambda on which residual and weights are affine; `high` is None above the largest lambda."""

    low: fmpq
    high: fmpq | None
    nu: Vector
    """The residual at `low`, and its derivative."""
    slope: Vector
    tight: tuple[int, ...]
    """All columns that are tight on the whole segment."""
    basis: tuple[int, ...]
    """Independent ones among them that carry the fit, with their weights at `low` and the derivatives."""
    weights: Vector
    rates: Vector

    def residual(self, lam: fmpq) -> Vector:
        """nu at a lambda of the segment."""
        return [v + s * (lam - self.low) for v, s in zip(self.nu, self.slope, strict=True)]

    def weights_at(self, lam: fmpq) -> Vector:
        """The weights of the basis there."""
        return [b + r * (lam - self.low) for b, r in zip(self.weights, self.rates, strict=True)]

    def continues(self, above: Segment) -> bool:
        """Whether the residual goes on as above, with the same tight columns: no breakpoint lies between."""
        return self.slope == above.slope and self.tight == above.tight


def segments(columns: Sequence[Vector], y: Vector, low: fmpq) -> Iterator[Segment]:
    """From above the largest lambda down to `low` >= 0; the columns are distinct and not 0."""
    n, nu = len(y), list(y)
    table = fmpq_mat(len(columns), n, [v for a in columns for v in a])
    lam = max(low, *_values(table, nu)) if columns else low
    yield Segment(lam, None, nu, [fmpq(0)] * n, (), (), [], [])
    while lam > low:
        budget.check()
        values = _values(table, nu)
        f = [s - t for s, t in zip(y, nu, strict=True)]
        T = [k for k, value in enumerate(values) if value == lam]
        v = _motion([columns[k] for k in T], nu, f, lam)
        rates = _values(table, v)
        tight = tuple(k for k in T if rates[k] == 1)
        inactive = set(range(len(columns))) - set(T)
        t = min([lam - low, *((lam - values[k]) / (1 - rates[k]) for k in inactive if rates[k] < 1)])
        basis, b, growth = _carriers(columns, tight, f, v, t)
        t = min([t, *(w / -g for w, g in zip(b, growth, strict=True) if g < 0)])
        lam -= t
        nu = [s - t * m for s, m in zip(nu, v, strict=True)]
        weights = [w + t * g for w, g in zip(b, growth, strict=True)]
        found = Segment(lam, lam + t, nu, v, tight, basis, weights, [-g for g in growth])
        _show_optimal(found, columns, table, y)
        yield found


def _show_optimal(found: Segment, columns: Sequence[Vector], table: fmpq_mat, y: Vector) -> None:
    """The proof, at both ends."""
    assert found.high is not None
    loose = set[int]()
    for lam in (found.low, found.high):
        nu, b = found.residual(lam), found.weights_at(lam)
        values = _values(table, nu)
        fit = [
            sum((w * columns[k][i] for k, w in zip(found.basis, b, strict=True)), fmpq(0))
            for i in range(len(y))
        ]
        optimal = (
            all(value <= lam for value in values)
            and all(values[k] == lam for k in found.tight)
            and all(w >= 0 for w in b)
            and all(s + t == u for s, t, u in zip(fit, nu, y, strict=True))
        )
        if not (optimal and set(found.basis) <= set(found.tight)):
            raise Contradiction("a segment of a lasso's path is not optimal at its ends")
        loose |= {k for k, value in enumerate(values) if value < lam}
    if loose | set(found.tight) != set(range(len(columns))):
        raise Contradiction("a column is tight on a whole segment and was not seen")


def _values(table: fmpq_mat, v: Vector) -> Vector:
    """a_k.v for all k."""
    return list((table * fmpq_mat(len(v), 1, v)).entries())


def _motion(tight: Sequence[Vector], nu: Vector, f: Vector, lam: fmpq) -> Vector:
    """v: the shortest vector with a.v >= 1 for all tight columns a, and f.v <= nu.f / lambda."""
    R = dot(nu, f) / lam
    rows = [[*a, fmpq(1)] for a in tight] + ([[*(-v for v in f), -R]] if any(v != 0 for v in f) else [])
    p = project(rows, [*([fmpq(0)] * len(nu)), fmpq(-1)]).p
    if not p[-1] < 0:
        raise Contradiction("the residual of a lasso cannot follow lambda")
    return [v / -p[-1] for v in p[:-1]]


def _carriers(
    columns: Sequence[Vector], tight: Sequence[int], f: Vector, v: Vector, t: fmpq
) -> tuple[tuple[int, ...], Vector, Vector]:
    """Independent tight columns, weights b >= 0 of f and their growth g: f + s v has b + s g >= 0 for small s."""
    chosen = [columns[k] for k in tight]
    if len(independent_rows(chosen)) == len(chosen):
        return tuple(tight), *_over(chosen, f, v)
    for _ in range(HALVINGS):
        ahead = [s + t * m for s, m in zip(f, v, strict=True)]
        found = project(chosen, [-s for s in ahead])
        if not any(found.p):
            kept = [columns[tight[i]] for i in found.support]
            if solve(transposed(kept), v) is not None:
                b, g = _over(kept, f, v)
                if all(w >= 0 for w in b):
                    return tuple(tight[i] for i in found.support), b, g
        t = t / 2
    raise Contradiction("the fit of a lasso is no sum of its tight columns")


def used_columns(columns: Sequence[Vector], f: Vector) -> list[bool]:
    """Which columns have a positive weight in some sum of all with weights >= 0 that makes f, a point of their cone.

    Column a has one iff f - t a is in the cone for small t > 0. Else the point of the cone nearest to it is linear in t
    for small t, and the way p there from f - t a has p.f = 0, p.a > 0, and p.b >= 0 for every column b: a proof.
    """
    used = [False] * len(columns)
    for k, a in enumerate(columns):
        t, decided = fmpq(1), used[k]
        while not decided:
            found = project(columns, [t * v - s for v, s in zip(a, f, strict=True)])
            if not any(found.p):
                for i in (k, *found.support):
                    used[i] = True
            decided, t = used[k] or dot(found.p, f) == 0, t / 4
    return used


def _over(chosen: Sequence[Vector], f: Vector, v: Vector) -> tuple[Vector, Vector]:
    """f and v as sums of independent columns."""
    if not chosen:
        return [], []
    found = [solve(transposed(chosen), right) for right in (f, v)]
    if found[0] is None or found[1] is None:
        raise Contradiction("the fit of a lasso is no sum of its tight columns")
    return found[0], found[1]
