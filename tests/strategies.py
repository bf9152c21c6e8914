"""Shared hypothesis strategies: exact matrices that are degenerate on purpose.

`from tests.strategies import integer_matrices, rational_matrices, integer_vectors, rationals`
"""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

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
