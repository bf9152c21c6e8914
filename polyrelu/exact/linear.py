"""Linear algebra over every kind of number, each operation once.

What computes is chosen by the kind of the entries:

* *rational* (int, Fraction, fmpz, fmpq): flint's `fmpq_mat`;
* *balls* (one ball among the entries is enough): `arb_mat` and certified minors. A nonzero number is recognised but
  a zero never is, so what needs no zero is proved (a rank that is full, a solution of independent equations) and
  everything else raises `Imprecise`;
* *another exact field* (`SqrtSum`, elements of one `NumberField`): elimination, where every zero is decided.

So an answer is exact, or an enclosure of the exact one, or it is not given.

>>> from polyrelu.exact.square_roots import SqrtSum
>>> r2 = SqrtSum.sqrt_of(2)
>>> rank([[r2, 2], [1, r2]]), rank([[r2, 2], [1, 2]]), rank([[arb(2).sqrt(), 2], [1, 2]])
(1, 2, 2)
>>> [str(x) for x in null_space([[r2, 2]])[0]]
['-sqrt(2)', '1']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat

from polyrelu.exact.enclosure import ball
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.rational import integer_rows, is_rational, select_rows, to_matrix
from polyrelu.exact.real import Imprecise, Number, Vector, exact, is_zero

Rows: TypeAlias = "fmpq_mat | fmpz_mat | Sequence[Vector]"
Columns: TypeAlias = Sequence[Vector]

# ------------------------------------------------------------------ products


def dot(a: Vector, b: Vector) -> Number:
    """The inner product. Exact zeros take no part: 0 times an unknown is 0, and the sum over nothing is the rational 0.

    >>> dot([fmpq(1, 2), 0], [4, arb(1, 1)])
    2
    """
    products = [p * q for p, q in zip(a, b, strict=True) if not (_vanishes(p) or _vanishes(q))]
    return sum(products[1:], start=products[0]) if products else fmpq(0)


def _vanishes(x: Number) -> bool:
    return not isinstance(x, arb) and bool(x == 0)


def squared(vector: Vector) -> Number:
    """|v|^2."""
    return dot(vector, vector)


def products(rows: Rows, vectors: Rows) -> list[list[Number]]:
    """The inner products of every row with every vector, by one matrix product where all is rational."""
    left, right = _table(rows), _table(vectors)
    if right and _is_rational(left) and _is_rational(right):
        table: list[list[Number]] = (to_matrix(left) * to_matrix(right).transpose()).tolist()
        return table
    return [[dot(row, vector) for vector in right] for row in left]


def times(matrix: Rows, vector: Vector) -> list[Number]:
    """The matrix times the vector."""
    return [dot(row, vector) for row in _table(matrix)]


# ------------------------------------------------------------------ elimination


@dataclass(frozen=True)
class Echelon:
    """The reduced row echelon form: its rows (every pivot 1) and their pivot columns; canonical for the span."""

    rows: list[list[Number]]
    pivot_columns: list[int]

    def reduce(self, vector: Vector) -> list[Number]:
        """The representative of the vector modulo the rows: zero in every pivot column."""
        rest = list(vector)
        for row, j in zip(self.rows, self.pivot_columns, strict=True):
            rest = _without(rest, row, j)
        return rest


def echelon(rows: Rows) -> Echelon:
    """Row reduction; the pivot columns are the lexicographically first independent ones. Not for balls."""
    if _is_rational(rows):
        R, r = to_matrix(rows).rref()
        reduced = R.tolist()[:r]
        return Echelon(reduced, [next(j for j, x in enumerate(row) if x != 0) for row in reduced])
    if in_balls(rows):
        raise Imprecise("an echelon form asks which entries are zero")
    return _eliminated([[exact(x) for x in row] for row in rows])


def _eliminated(table: list[list[Number]]) -> Echelon:
    pivots: list[int] = []
    for j in range(len(table[0])):
        r = len(pivots)
        p = next((i for i in range(r, len(table)) if not is_zero(table[i][j])), None)
        if p is None:
            continue
        table[r], table[p] = table[p], table[r]
        pivot = table[r][j]
        table[r] = [x / pivot for x in table[r]]
        table = [row if i == r else _without(row, table[r], j) for i, row in enumerate(table)]
        pivots.append(j)
    return Echelon(table[: len(pivots)], pivots)


def _without(vector: list[Number], row: Vector, j: int) -> list[Number]:
    """The vector minus its entry j times a row with entry 1 there."""
    factor = vector[j]
    return vector if is_zero(factor) else [x - factor * y for x, y in zip(vector, row, strict=True)]


def rank(rows: Rows) -> int:
    """The rank; over balls only where it is the number of rows or of columns."""
    if _is_rational(rows):
        return int(to_matrix(rows).rank())
    if not in_balls(rows):
        return len(echelon(rows).pivot_columns)
    table = _balls(rows)
    certified = len(nonzero_minor(table)[0])
    if certified < min(table.nrows(), table.ncols()):
        raise Imprecise(f"is the rank {certified}?")
    return certified


def independent_columns(rows: Rows) -> list[int]:
    """The lexicographically first maximal independent set of columns; over balls only where it is all of them."""
    if not in_balls(rows):
        return echelon(rows).pivot_columns
    width = _balls(rows).ncols()
    if rank(rows) < width:
        raise Imprecise("which columns are the first independent ones?")
    return list(range(width))


def independent_rows(rows: Rows) -> list[int]:
    """The lexicographically first maximal independent set of rows; over balls only where it is all of them."""
    if isinstance(rows, fmpq_mat | fmpz_mat):
        return independent_columns(rows.transpose())
    return independent_columns(transposed(rows))


def independent(columns: Columns, order: Sequence[int]) -> list[int]:
    """A maximal independent subset of the columns, earlier ones in `order` first; over balls a certain one.

    Over balls the subset is independent, and maximal if there are as many as rows.
    """
    if not order or not columns[order[0]]:
        return []
    rows = transposed([columns[j] for j in order])
    places = nonzero_minor(_balls(rows))[1] if in_balls(rows) else independent_columns(rows)
    return [order[p] for p in places]


# ------------------------------------------------------------------ equations


def solve(rows: Rows, b: Vector) -> list[Number] | None:
    """One solution of A x = b (zero off the pivot columns), or None if there is none.

    Over balls the equations must be certainly independent; then there is one.
    """
    table = _table(rows)
    width = len(table[0]) if table else 0
    x: list[Number] = [fmpq(0)] * width
    if in_balls(table) or in_balls([b]):
        basis = nonzero_minor(_balls(table))[1] if width > len(table) else range(width)
        if len(basis) < len(table):
            raise Imprecise("are the equations independent?")
        columns = transposed(table)
        for j, value in zip(basis, solve_columns([columns[j] for j in basis], [b])[0], strict=True):
            x[j] = value
        return x
    form = echelon([[*row, y] for row, y in zip(table, b, strict=True)])
    if form.pivot_columns and form.pivot_columns[-1] == width:
        return None
    for row, j in zip(form.rows, form.pivot_columns, strict=True):
        x[j] = row[width]
    return x


def solve_columns(basis: Columns, right: Columns) -> list[list[Number]]:
    """The columns of B^-1 C for the square matrix B and the matrix C, both given by columns.

    >>> solve_columns([[fmpq(2), fmpq(0)], [fmpq(1), fmpq(1)]], [[fmpq(3), fmpq(1)]])
    [[1, 1]]
    """
    r = len(basis)
    if r == 0 or not right:
        return [[] for _ in right]
    B, C = transposed(basis), transposed(right)
    if _is_rational(B) and not _is_rational(C):  # no division of unknowns, no pivot in balls
        inverse = to_matrix(B).inv()
        return [times(inverse, column) for column in right]
    if in_balls(B) or in_balls(C):
        try:
            solution = _balls(B).solve(_balls(C))
        except ZeroDivisionError:
            raise Imprecise("is a basis singular?") from None
        return transposed(solution.tolist())
    if _is_rational(B) and _is_rational(C):
        return transposed(to_matrix(B).solve(to_matrix(C)).tolist())
    form = echelon([[*row, *values] for row, values in zip(B, C, strict=True)])
    if form.pivot_columns[:r] != list(range(r)):
        raise ZeroDivisionError("the basis is singular")
    return [[row[r + c] for row in form.rows] for c in range(len(right))]


def null_space(rows: Rows, columns: int | None = None) -> list[list[Number]]:
    """A basis of { x : A x = 0 }, one vector per free column; `columns` is the width when there are no rows.

    Over balls the rows must be certainly independent.
    """
    table = _table(rows)
    width = len(table[0]) if table else columns or 0
    if in_balls(table):
        pivots = sorted(nonzero_minor(_balls(table))[1])
        if len(pivots) < len(table):
            raise Imprecise("are the rows independent?")
        given = transposed(table)
        free = [j for j in range(width) if j not in pivots]
        parts = solve_columns([given[j] for j in pivots], [given[j] for j in free])
    else:
        form = echelon(table)
        pivots, free = form.pivot_columns, [j for j in range(width) if j not in form.pivot_columns]
        parts = [[row[j] for row in form.rows] for j in free]
    return [_null_vector(width, pivots, j, part) for j, part in zip(free, parts, strict=True)]


def _null_vector(width: int, pivots: Sequence[int], free: int, part: Vector) -> list[Number]:
    x: list[Number] = [fmpq(0)] * width
    x[free] = fmpq(1)
    for j, value in zip(pivots, part, strict=True):
        x[j] = -value
    return x


def projector(rows: Rows, columns: int | None = None) -> fmpq_mat:
    """The orthogonal projection onto { u : A u = 0 }, A rational."""
    A = to_matrix(rows, columns)
    d = A.ncols()
    return projected(A, fmpq_mat(d, d, [int(i == j) for i in range(d) for j in range(d)]))


def projected(rows: Rows, M: fmpq_mat) -> fmpq_mat:
    """The projector of the rows times M, without the projector: M - B^T (B B^T)^-1 B M for a basis B of the rows."""
    A = to_matrix(rows, M.nrows())
    B = fmpq_mat(integer_rows(select_rows(A, independent_rows(A))))
    return M if B.nrows() == 0 else M - B.transpose() * (B * B.transpose()).solve(B * M)


# ------------------------------------------------------------------ the kind of the entries


def in_balls(rows: Iterable[Any] | fmpq_mat | fmpz_mat) -> bool:
    """Whether some entry is a ball."""
    if isinstance(rows, fmpq_mat | fmpz_mat):
        return False
    return any(isinstance(x, arb) for row in rows for x in row)


def transposed(rows: Sequence[Vector]) -> list[list[Number]]:
    """Rows as columns."""
    return [list(column) for column in zip(*rows, strict=True)]


def _is_rational(rows: Rows) -> bool:
    if isinstance(rows, fmpq_mat | fmpz_mat):
        return True
    return all(type(x) is fmpq or is_rational(x) for row in rows for x in row)


def _table(rows: Rows) -> Sequence[Vector]:
    return rows.tolist() if isinstance(rows, fmpq_mat | fmpz_mat) else rows


def _balls(rows: Sequence[Vector]) -> arb_mat:
    return arb_mat([[ball(x, ctx.prec) for x in row] for row in rows])
