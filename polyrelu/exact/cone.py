"""Cones of homogeneous vectors: generators in canonical form, and duals thinned to the irredundant ones."""

from __future__ import annotations

from collections.abc import Sequence

from polyrelu.exact.engines import choose
from polyrelu.exact.linear import dot, echelon
from polyrelu.exact.real import Vector, is_zero
from polyrelu.exact.vectors import all_rational, common_field, distinct, primitive


def generators(
    inequalities: Sequence[Vector],
    equations: Sequence[Vector],
    dim: int,
    engine: str | None = None,
) -> tuple[list[Vector], list[Vector]]:
    """Canonical extreme rays and lines of { x : a.x >= 0, e.x = 0 }.

    Read the other way, as generators of a cone, the rows go to the facets and equations of that cone.
    """
    rows = common_field([*inequalities, *equations])
    run = choose(engine, rational=all_rational(rows))
    rays, lines = run(rows[: len(inequalities)], rows[len(inequalities) :], dim)
    return canonical_generators(rays, lines)


def canonical_generators(
    rays: Sequence[Vector], lines: Sequence[Vector]
) -> tuple[list[Vector], list[Vector]]:
    """The same rays modulo the lines, in a form free of scale and order; the lines as an echelon basis."""
    both = common_field([*rays, *lines])
    basis = echelon(both[len(rays) :])
    reduced = [basis.reduce(ray) for ray in both[: len(rays)]]
    kept: list[Vector] = [primitive(ray) for ray in reduced if not all(map(is_zero, ray))]
    return distinct(kept), [primitive(line) for line in basis.rows]


def irredundant(
    rows: Sequence[Vector], equations: Sequence[Vector], rays: Sequence[Vector]
) -> tuple[list[Vector], list[Vector]]:
    """The facets among the rows, and all equations, of the cone with these extreme rays (and any lines).

    A row tight at every ray is an implicit equation. Of the others, a row is a facet iff the set of rays in it
    is maximal, since facets are the maximal proper faces and every facet lies in one of the rows.
    """
    everyone = (1 << len(rays)) - 1
    tight = [sum(1 << k for k, ray in enumerate(rays) if is_zero(dot(row, ray))) for row in rows]
    implied = [row for row, mask in zip(rows, tight, strict=True) if mask == everyone]
    proper = set(tight) - {everyone}
    maximal = {mask for mask in proper if not any(mask & other == mask for other in proper - {mask})}
    facets = [row for row, mask in zip(rows, tight, strict=True) if mask in maximal]
    return canonical_generators(facets, [*equations, *implied])
