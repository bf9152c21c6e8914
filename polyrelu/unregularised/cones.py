"""The cone K_D of a pattern: its linear span and a point of its relative interior, exactly, without enumeration.

With a_j = (2D - I)_jj x_j the cone is { w : a_j.w >= 0 }. Let p_j be the projection of a_j onto it. Then p_j = 0 iff
a_j.w <= 0 on the whole cone, that is, iff a_j.w = 0 there; and otherwise a_j.p_j = |p_j|^2 > 0. So the rows with
p_j = 0 are the equations of the span, and the sum of the other p_j lies in the relative interior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpz_mat

from polyrelu.exact.lattice import kernel_lattice
from polyrelu.exact.linear import dot
from polyrelu.exact.projection import project
from polyrelu.exact.rational import primitive_scale

Vector = list[fmpq]


@dataclass(frozen=True, eq=False)
class Cone:
    """Rows a_j >= 0 of a closed polyhedral cone, a point of its relative interior, and a basis of its span."""

    rows: tuple[Vector, ...]
    interior: Vector
    span: tuple[Vector, ...]

    @property
    def dimension(self) -> int:
        """The dimension of the span."""
        return len(self.span)

    def contains(self, w: Sequence[fmpq]) -> bool:
        """Whether w lies in the closed cone."""
        return all(dot(a, w) >= 0 for a in self.rows)

    def push(self, u: Sequence[fmpq], g: Sequence[fmpq] | None = None) -> fmpq:
        """The least t >= 0 with u + t g in the cone, for u in its span and g in its relative interior."""
        along = self.interior if g is None else g
        need = fmpq(0)
        for a in self.rows:
            room, slack = dot(a, along), dot(a, u)
            if room > 0 and slack < 0:
                need = max(need, -slack / room)
        return need


def pattern_cone(X: Sequence[Sequence[fmpq]], pattern: Sequence[bool], d: int) -> Cone:
    """K_D = { w : (2D - I) X w >= 0 }.

    >>> e1, e2 = [fmpq(1), fmpq(0)], [fmpq(0), fmpq(1)]
    >>> pattern_cone([e1, [-x for x in e1], e2], [True, True, True], 2).span
    ([0, 1],)
    """
    rows = tuple(_distinct_rows(X, pattern))
    interior = [fmpq(0)] * d
    equations = []
    for a in rows:
        if dot(a, interior) > 0:
            continue
        p = project(rows, a).p
        if any(p):
            interior = [
                fmpq(v) for v in primitive_scale([x + y for x, y in zip(interior, p, strict=True)])[0]
            ]
        else:
            equations.append(a)
    basis: fmpz_mat = kernel_lattice(equations, d)
    return Cone(rows, interior, tuple([fmpq(v) for v in row] for row in basis.tolist()))


def whole_space(d: int) -> Cone:
    """R^d, the cone of every gate of the gated ReLU."""
    axes = [[fmpq(int(i == j)) for j in range(d)] for i in range(d)]
    return Cone((), [fmpq(0)] * d, tuple(axes))


def _distinct_rows(X: Sequence[Sequence[fmpq]], pattern: Sequence[bool]) -> list[Vector]:
    """The nonzero rows a_j, each direction once."""
    found: dict[tuple[int, ...], None] = {}
    for row, on in zip(X, pattern, strict=True):
        integers = tuple(int(v) if on else -int(v) for v in primitive_scale(row)[0])
        if any(integers):
            found.setdefault(integers)
    return [[fmpq(v) for v in row] for row in found]
