"""Shared hypothesis strategies: exact matrices that are degenerate on purpose, and whole problems made of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import strategies as st

from tests.instance import (
    Change,
    Instance,
    columns_negated,
    columns_permuted,
    features_scaled,
    rotated,
    row_split,
    rows_permuted,
    targets_negated,
    targets_scaled,
    with_a_zero_column,
    with_a_zero_row,
)

Row = list[int]


def integer_vectors(size: int, bound: int = 3) -> st.SearchStrategy[Row]:
    """Vectors of small integers; zero is as likely as anything."""
    return st.lists(st.integers(-bound, bound), min_size=size, max_size=size)


def rationals(bound: int = 5, denominator: int = 6) -> st.SearchStrategy[Fraction]:
    """Small fractions."""
    return st.builds(Fraction, st.integers(-bound, bound), st.integers(1, denominator))


@st.composite
def integer_matrices(draw, max_rows: int = 6, max_columns: int = 4, bound: int = 3) -> list[Row]:
    """Matrices with at least one row and column, and often: zero rows, rows repeated, opposite or scaled,
    sums of other rows, rank below the number of columns, a zero column, one row, one column.
    """
    columns = draw(st.integers(1, max_columns))
    wanted = draw(st.integers(1, max_rows))
    space = draw(st.lists(integer_vectors(columns, bound), min_size=columns, max_size=columns))
    if draw(st.booleans()):  # rows from the span of a few vectors: rank-deficient
        space = space[: draw(st.integers(1, columns))]
    rows: list[Row] = []
    while len(rows) < wanted:
        rows.append(draw(next_rows(rows, columns, bound, space)))
    return draw(st.permutations(rows))


def next_rows(rows: list[Row], columns: int, bound: int, space: list[Row]) -> st.SearchStrategy[Row]:
    """A further row: fresh, zero, in a subspace, or made from earlier ones."""
    spanned = integer_vectors(len(space), 2).map(lambda c: combination(c, space))
    choices = [spanned, spanned, st.just([0] * columns)]
    if len(space) == columns:
        choices.append(integer_vectors(columns, bound))
    if rows:
        earlier = st.sampled_from(rows)
        choices.append(
            st.builds(lambda k, row: [k * x for x in row], st.sampled_from([1, -1, 2, -3]), earlier)
        )
        choices.append(st.builds(lambda a, b: [x + y for x, y in zip(a, b, strict=True)], earlier, earlier))
    return st.one_of(choices)


def combination(coefficients: Row, vectors: list[Row]) -> Row:
    """The integer combination of the vectors."""
    return [sum(c * v[k] for c, v in zip(coefficients, vectors, strict=True)) for k in range(len(vectors[0]))]


@st.composite
def rational_matrices(draw, max_rows: int = 6, max_columns: int = 4) -> list[list[Fraction]]:
    """The degenerate integer matrices, each row divided by a positive integer."""
    rows = draw(integer_matrices(max_rows, max_columns))
    scales = draw(st.lists(st.integers(1, 12), min_size=len(rows), max_size=len(rows)))
    return [[Fraction(x, scale) for x in row] for row, scale in zip(rows, scales, strict=True)]


@st.composite
def invertible_matrices(draw, size: int, bound: int = 3) -> list[list[Fraction]]:
    """Invertible rational matrices: triangular with nonzero diagonal, rows permuted and scaled."""
    rows = []
    for i in range(size):
        row = draw(integer_vectors(size, bound))
        row[i] = draw(st.sampled_from([1, -1, 2, -2, 3]))
        rows.append([Fraction(x if k <= i else 0, draw(st.integers(1, 3))) for k, x in enumerate(row)])
    return draw(st.permutations(rows))


# ------------------------------------------------------------------ whole problems

SHARES = ["1/1000", "1/100", "1/40", "7/200", "1/20", "1/10", "1/4", "1/3", "3/5", "2"]
"""Penalties as shares of max_j |y_j| |x_j|, which is of the size of lambda_max."""
PYTHAGOREAN = [(3, 4, 5), (5, 12, 13), (8, 15, 17), (0, 1, 1)]


@st.composite
def problems(draw, max_rows: int = 8, max_columns: int = 3, *, variants: bool = True) -> Instance:
    """Whole problems: generic, small and degenerate, or structured; with `variants` gated ones and lists, too."""
    kinds = [generic_rows, integer_matrices, rational_matrices, structured_rows, structured_rows]
    X = draw(draw(st.sampled_from(kinds))(max_rows, max_columns))
    n = len(X)
    y = draw(targets(n))
    bound = max(abs(t * v) for t, row in zip(y, X, strict=True) for v in row)
    lam = Fraction(draw(st.sampled_from(SHARES))) * (bound or 1)
    options = draw(programs(n)) if variants and n <= 6 else {}
    return Instance([[Fraction(v) for v in row] for row in X], [Fraction(v) for v in y], lam, options)


def targets(n: int) -> st.SearchStrategy[list[Any]]:
    """All equal, few values, small integers, or fine."""
    few = st.lists(st.sampled_from([1, 2, -1, 0]), min_size=n, max_size=n)
    fine = st.lists(st.fractions(-3, 3, max_denominator=1000), min_size=n, max_size=n)
    return st.one_of(st.just([1] * n), few, integer_vectors(n, 5), integer_vectors(n, 5), fine)


def programs(n: int) -> st.SearchStrategy[dict[str, Any]]:
    """All cells, all patterns, all gates, or a list of either."""
    pattern = st.lists(st.integers(0, 1), min_size=n, max_size=n)
    patterns = st.lists(pattern, min_size=1, max_size=5)
    opposite = patterns.map(lambda found: [*found, *([1 - v for v in p] for p in found)])
    listed = st.one_of(patterns, opposite).map(lambda found: {"patterns": found})
    whole = st.sampled_from([{}, {}, {}, {"patterns": "all"}, {"gated": True}])
    gated = listed.map(lambda options: {**options, "gated": True})
    return st.integers(0, 5).flatmap(lambda k: listed if k == 4 else gated if k == 5 else whole)


@st.composite
def generic_rows(draw, max_rows: int = 8, max_columns: int = 3) -> list[list[Fraction]]:
    """Entries with three decimals, drawn evenly: no accidental equality is to be expected."""
    n, d, pick = draw(st.integers(2, max_rows)), draw(st.integers(1, max_columns)), draw(st.randoms())
    return [[Fraction(pick.randint(-3000, 3000), 1000) for _ in range(d)] for _ in range(n)]


@st.composite
def structured_rows(draw, max_rows: int = 8, max_columns: int = 3) -> list[Row]:
    """Orbits of a vector under a group, grids and 0/1 tables, with a constant column or without."""
    d = draw(st.integers(1, max_columns))
    kind = draw(st.sampled_from(["orbit", "orbit", "grid", "both signs"]))
    if kind == "orbit":
        rows = orbit(draw(integer_vectors(d)), draw(st.sampled_from(sorted(MOVES))))
    else:
        sides = (1, -1) if kind == "both signs" else tuple(range(draw(st.integers(2, 3))))
        rows = [list(row) for row in product(sides, repeat=d)]
    rows = draw(st.permutations(rows))[:max_rows]
    return [[*row, 1] for row in rows] if d < max_columns and draw(st.booleans()) else rows


MOVES: dict[str, list[Callable[[Row], Row]]] = {
    "cycle": [lambda v: [*v[1:], v[0]]],
    "negation": [lambda v: [-x for x in v]],
    "quarter turn": [lambda v: [-v[-1], *v[:-1]]],
    "permutations": [lambda v: [*v[1:], v[0]], lambda v: [*v[1:2], v[0], *v[2:]]],
    "signs": [lambda v: [-v[0], *v[1:]], lambda v: [*v[1:], v[0]]],
}
"""Generators of groups of signed permutations."""


def orbit(vector: Row, group: str) -> list[Row]:
    """All images of the vector."""
    found = [vector]
    for row in found:
        found.extend(image for image in (move(row) for move in MOVES[group]) if image not in found)
    return found


@st.composite
def changes(draw, p: Instance) -> Change:
    """A change of the problem whose effect is known."""
    n, d = len(p.y), len(p.X[0])
    a, b, c = draw(st.sampled_from(PYTHAGOREAN))
    factor, shift = Fraction(draw(st.sampled_from(["3", "2/7", "1/100", "50"]))), draw(rationals())
    halves, apart = [Fraction(1, 2)] * 4, [shift, -shift, Fraction(0), Fraction(0)]
    j, i = draw(st.integers(0, n - 1)), draw(st.integers(0, d - 1))
    known = [
        lambda: features_scaled(p, factor),
        lambda: targets_scaled(p, factor),
        lambda: targets_negated(p),
        lambda: columns_permuted(p, draw(st.permutations(range(d)))),
        lambda: columns_negated(p, draw(st.lists(st.sampled_from([1, -1]), min_size=d, max_size=d))),
        lambda: rows_permuted(p, draw(st.permutations(range(n)))),
        lambda: with_a_zero_row(p, shift),
        lambda: with_a_zero_column(p, i),
        lambda: row_split(p, j, [Fraction(a, c), Fraction(b, c)], [-shift * b, shift * a]),
        lambda: row_split(p, j, halves, apart),
    ]
    if d > 1:
        known += [lambda: rotated(p, i, (i + 1) % d, Fraction(a, c), Fraction(b, c))] * 2
    return draw(st.sampled_from(known))()
