"""Vertices, rays and lines of { w : w_b in K_b, sum s_b D_b X w_b = fit }, and a bound for their number beforehand.

Lines. Every K_b has the lineality space ker X, which the fit does not see: the lines are ker X in every block. What
is left lives in the row space, where the cones are pointed; there the engine works, and the answer is lifted.

Bound. Let L be the number of pairs (pattern, extreme ray of its cone modulo ker X) and R = dim F. The columns of the
two signs of a pair are f and -f. By Caratheodory a vertex w is a positive combination of extreme rays whose columns
are independent (on the smallest face that holds w the fit map is injective). The pairs used determine w, since the
fit has one expression in their columns; they extend to a basis among the L columns, and a basis determines the
vertex. So there are at most C(L, R) vertices. In the same way a ray of the polyhedron is one of the pairs (f, -f), or
a positive combination along a circuit of the L columns, of which there are at most C(L, R + 1), each with two
orientations.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
from flint import fmpq

from polyrelu.arrangement.cones import ActivationCone, activation_cone
from polyrelu.errors import LimitReached
from polyrelu.exact.lattice import kernel_lattice, row_lattice
from polyrelu.exact.polyhedron import HRepresentation, VRepresentation, vertices_rays_lines
from polyrelu.exact.rational import to_fraction, to_vector
from polyrelu.exact.vectors import primitive
from polyrelu.unregularised.fits import Fits

Row = list[Any]

READABLE = 10**12
"""Larger bounds are shown as a power of ten."""
SLACK = 10
"""The bound is met only in the most generic cases: it is enforced with this factor, and the limit itself afterwards."""


def at_most(columns: int, rank: int) -> int:
    """The bound above for the number of vertices and rays together.

    >>> at_most(2, 2), at_most(12, 3)
    (3, 1222)
    """
    return comb(columns, rank) + columns + 2 * comb(columns, rank + 1)


def generators(fits: Fits, limit: int) -> VRepresentation:
    """All generators, in coordinates w_0, w_1, ...; LimitReached beyond the limit."""
    program = fits.program
    d, N = program.d, len(program.patterns)
    if program.gated:
        return _affine(fits, limit)
    B = [[to_fraction(v) for v in row] for row in row_lattice(program.Xq, d).tolist()]
    _require(at_most(_pointed_dimensions(fits, len(B)), fits.rank), SLACK * limit)
    _require(2 * N * (d - len(B)), limit)
    X = [[sum(x * v for x, v in zip(row, b, strict=True)) for b in B] for row in program.X]
    cones = [activation_cone(X, pattern) for pattern in program.patterns] if B else []
    _require(at_most(sum(len(cone.rays) for cone in cones), fits.rank), SLACK * limit)
    found = vertices_rays_lines(_reduced(fits, X, cones))
    _require(len(found.vertices) + len(found.rays), limit)
    return VRepresentation.from_vectors(
        2 * N * d,
        [_lifted(v, B, d, 2 * N) for v in found.vertices],
        [primitive(_lifted(ray.direction, B, d, 2 * N)) for ray in found.rays],
        list(_lines(fits)),
    )


def h_representation(fits: Fits) -> HRepresentation:
    """The cones' facets and the fit, in coordinates w_0, w_1, ... of d entries each."""
    program = fits.program
    X = [list(row) for row in program.X]
    cones = [] if program.gated else [activation_cone(X, pattern) for pattern in program.patterns]
    return _reduced(fits, X, cones)


def _require(bound: int, limit: int) -> None:
    if bound > limit:
        size = f"{bound:,}" if bound < READABLE else f"10^{len(str(bound)) - 1}"
        raise LimitReached(
            f"the polyhedron may have up to {size} vertices, rays and lines; they were not listed "
            "(--max-vertices raises the limit)"
        )


def _pointed_dimensions(fits: Fits, rank: int) -> int:
    """The sum of the dimensions modulo ker X: no cone has fewer extreme rays than its dimension."""
    flat = fits.program.d - rank
    return fits.cone_dimensions - len(fits.program.patterns) * flat


def _reduced(fits: Fits, X: list[list[Any]], cones: list[ActivationCone]) -> HRepresentation:
    """The polyhedron over the rows X (n times any width), one copy of each cone for either sign (none for gates)."""
    patterns, gated = fits.program.patterns, fits.program.gated
    width, signs = (len(X[0]) if X else 0), (1,) if gated else (1, -1)
    dim = len(patterns) * len(signs) * width
    inequalities, equations = [], []
    for k, cone in enumerate(cone for cone in cones for _ in signs):
        h = cone.polyhedron.h
        before, after = [0] * (k * width), [0] * (dim - (k + 1) * width)
        inequalities += [[0, *before, *row.a, *after] for row in h.inequalities]
        equations += [[0, *before, *row.a, *after] for row in h.equations]
    for j, fit in enumerate(fits.fit):
        row: Row = [-to_fraction(fit)]
        for pattern in patterns:
            on = int(pattern[j])
            row += [on * s * v for s in signs for v in X[j]]
        equations.append(row)
    return HRepresentation.from_rows(dim, inequalities, equations)


def _lifted(coordinates: Any, B: list[list[Fraction]], d: int, blocks: int) -> list[Any]:
    """Coordinates in the row basis B, block by block, as vectors in R^d."""
    r, lifted = len(B), []
    for block in range(blocks):
        part = coordinates[block * r : (block + 1) * r]
        lifted += [
            sum((c * row[k] for c, row in zip(part, B, strict=True)), start=Fraction(0)) for k in range(d)
        ]
    return lifted


def _lines(fits: Fits) -> Iterator[Row]:
    """ker X in every block."""
    program = fits.program
    blocks, flat = 2 * len(program.patterns), kernel_lattice(program.Xq).tolist()
    for b in range(blocks):
        for v in flat:
            yield [0] * (b * program.d) + [int(x) for x in v] + [0] * ((blocks - b - 1) * program.d)


def _affine(fits: Fits, limit: int) -> VRepresentation:
    """Gated ReLU: one point and the kernel of the fit map."""
    d, N = fits.program.d, len(fits.program.patterns)
    _require(1 + fits.cone_dimensions - fits.rank, limit)
    return VRepresentation.from_vectors(
        N * d, [dense(fits.moves, N, d)], [], [dense(kernel, N, d) for kernel in fits.kernel()]
    )


def dense(weights: Any, blocks: int, d: int) -> list[Fraction]:
    """Sparse block weights as one vector."""
    flat = np.zeros(blocks * d, dtype=object) + Fraction(0)
    for b, w in weights.items():
        flat[b * d : (b + 1) * d] = [to_fraction(v) for v in w]
    return list(flat)


def sparse(point: Any, d: int) -> dict[int, list[fmpq]]:
    """A vector as sparse block weights."""
    blocks = {b: to_vector(point[b * d : (b + 1) * d]) for b in range(len(point) // d)}
    return {b: w for b, w in blocks.items() if any(w)}
