"""The double description method of Motzkin, Raiffa, Thompson and Thrall over any ordered field.

The cone starts as the whole space, described by lines alone, and is cut by one half-space a.x >= 0 at a time.

* If a line l leaves a.x = 0, the cone is the sum of its part in a.x = 0 and the ray of l (turned so that
  a.l > 0): every other generator is moved along l into a.x = 0, and l becomes a ray.
* Otherwise the rays with a.r < 0 go, and every *adjacent* pair r+, r- on the two sides gives the new ray
  (a.r+) r- - (a.r-) r+ in a.x = 0.

Two extreme rays are adjacent (span a two-dimensional face, modulo lines) iff no third ray is tight in all the
inequalities in which both are. The list of rays stays irredundant and free of repetitions throughout, which is
what makes the combinatorial test right; repeated or redundant inequalities do it no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from polyrelu.exact.linear import dot
from polyrelu.exact.real import Number, Vector, is_zero, sign
from polyrelu.exact.vectors import distinct, primitive


class _Ray(NamedTuple):
    vector: Vector
    tight: int  # bit i: inequality i holds with equality


def generators(
    inequalities: Sequence[Vector], equations: Sequence[Vector], dim: int
) -> tuple[list[Vector], list[Vector]]:
    """Extreme rays and a lineality basis of { x in K^dim : a.x >= 0, e.x = 0 }.

    >>> generators([(1, 0, 0), (0, 1, 0), (1, 1, 0)], [], 3)
    ([(0, 1, 0), (1, 0, 0)], [(0, 0, 1)])
    """
    lines = _identity(dim, [*inequalities, *equations])
    for equation in equations:
        _, lines = _project(lines, equation)
    pointed_at = len(lines)
    rays: list[_Ray] = []
    # lexicographic order keeps the intermediate cones small; repetitions would only cost time
    for index, row in enumerate(distinct(primitive(r) for r in inequalities)):
        line, lines = _project(lines, row)
        if line is not None:
            rays = [_slide(ray, line, row, 1 << index) for ray in rays]
            rays.append(_Ray(line, (1 << index) - 1))  # a line was tight in everything so far
        else:
            rays = _cut(rays, row, 1 << index, pointed_at - len(lines) - 2)
    return [ray.vector for ray in rays], lines


def _identity(dim: int, rows: Sequence[Vector]) -> list[Vector]:
    """The coordinate vectors, with the zero and the one of the field the rows are in."""
    entry: Number = rows[0][0] if rows and dim else 0
    zero = entry - entry
    return [tuple(zero + int(i == j) for j in range(dim)) for i in range(dim)]


def _project(lines: list[Vector], row: Vector) -> tuple[Vector | None, list[Vector]]:
    """A line with row.l > 0 (None if there is none), and the other lines moved along it into row.x = 0."""
    values = [dot(row, line) for line in lines]
    k = next((i for i, value in enumerate(values) if not is_zero(value)), None)
    if k is None:
        return None, lines
    flip = sign(values[k])
    chosen, size = tuple(flip * x for x in lines[k]), flip * values[k]
    moved = [
        _combine(size, line, value, chosen)
        for i, (line, value) in enumerate(zip(lines, values, strict=True))
        if i != k
    ]
    return chosen, moved


def _slide(ray: _Ray, line: Vector, row: Vector, bit: int) -> _Ray:
    return _Ray(_combine(dot(row, line), ray.vector, dot(row, ray.vector), line), ray.tight | bit)


def _combine(p: Number, v: Vector, q: Number, w: Vector) -> Vector:
    """The canonical multiple of p v - q w."""
    return primitive([p * x - q * y for x, y in zip(v, w, strict=True)])


def _cut(rays: list[_Ray], row: Vector, bit: int, codimension: int) -> list[_Ray]:
    """The extreme rays after the cut by row.x >= 0; `codimension` is that of a two-dimensional face."""
    values = [dot(row, ray.vector) for ray in rays]
    sides = [sign(value) for value in values]
    positive, negative = ([i for i, s in enumerate(sides) if s == side] for side in (1, -1))
    kept = [
        ray if s else _Ray(ray.vector, ray.tight | bit) for ray, s in zip(rays, sides, strict=True) if s >= 0
    ]
    if not positive or not negative:
        return kept
    tight_rays, everyone = _transpose(rays), (1 << len(rays)) - 1
    for i in positive:
        for j in negative:
            common = rays[i].tight & rays[j].tight
            if common.bit_count() >= codimension and _only_these(
                common, tight_rays, everyone, 1 << i | 1 << j
            ):
                kept.append(
                    _Ray(_combine(values[i], rays[j].vector, values[j], rays[i].vector), common | bit)
                )
    return kept


def _transpose(rays: list[_Ray]) -> dict[int, int]:
    """For every inequality (as a bit) the set of rays tight in it."""
    table: dict[int, int] = {}
    for k, ray in enumerate(rays):
        for bit in _bits(ray.tight):
            table[bit] = table.get(bit, 0) | 1 << k
    return table


def _only_these(common: int, tight_rays: dict[int, int], everyone: int, pair: int) -> bool:
    """Whether the two rays of the pair are the only ones tight in all the common inequalities."""
    shared = everyone
    for bit in _bits(common):
        shared &= tight_rays[bit]
        if shared == pair:
            return True
    return shared == pair


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low
        mask ^= low
