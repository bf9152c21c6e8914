"""New rows for a problem: the same columns as its data, read as exactly as its data.

>>> problem = Problem.of([[1, 2], [3, 4]], [1, 0], 1, bias=True)
>>> new_rows(problem, [[0.1, "1/3"]])
((Fraction(1, 10), Fraction(1, 3)),)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Matrix, Problem, Vector
from polyrelu.data.tables import read_table
from polyrelu.errors import BadInput


def new_rows(problem: Problem, X: Any, floats: Floats = "decimal") -> Matrix:
    """Rows of a table, an array, a frame or another problem; a column named like the target is left out."""
    given = X if isinstance(X, Problem) else Problem.of(X, floats=floats)
    width = given.d - given.bias
    names = (*given.features[:width], *given.setting.columns)
    more = given.columns or ((),) * given.n
    rows = [(*row[:width], *columns) for row, columns in zip(given.X, more, strict=True)]
    return _chosen(problem, names, rows, "the new rows")


def read_new_rows(problem: Problem, path: str) -> Matrix:
    """Rows of a CSV or TSV file (`-` is standard input), with or without a header."""
    table = read_table(path)
    return _chosen(problem, table.names, table.rows, "standard input" if path == "-" else path)


def with_bias(problem: Problem, row: Vector) -> Vector:
    """The row as the neurons see it: with the 1 of the bias column, if there is one, and without free columns."""
    inputs = row[: problem.d - problem.bias]
    return (*inputs, Fraction(1)) if problem.bias else inputs


def free_values(problem: Problem, row: Vector) -> Vector:
    """The values of the free functions at the row."""
    return problem.free_at(with_bias(problem, row), row[problem.d - problem.bias :])


def _chosen(problem: Problem, names: Sequence[str], rows: Sequence[Vector], shown: str) -> Matrix:
    """The columns of the data, in its order: by name where there are names, else by position."""
    features = (*problem.features[: problem.d - problem.bias], *problem.setting.columns)
    kept = [j for j, name in enumerate(names) if name != problem.target or name in features]
    found = [names[j] for j in kept]
    if len(set(found)) == len(found) and set(found) == set(features):
        kept = [names.index(name) for name in features]
    elif not _unnamed(names) and found != list(features):
        raise BadInput(
            f"{shown}: the columns are {_listed(found)} where the data has {_listed(features)}; "
            "name them alike, or leave the names out"
        )
    if len(kept) != len(features):
        raise BadInput(
            f"{shown}: {len(kept)} columns where the data has {len(features)} features ({_listed(features)}); "
            "give one value for each"
        )
    return tuple(tuple(row[j] for j in kept) for row in rows)


def _unnamed(names: Sequence[str]) -> bool:
    """Whether the columns only carry the numbers that a reader gives them: x1, x2, ..., or 0, 1, ... of a frame."""
    numbers = range(len(names))
    return list(names) in ([f"x{j + 1}" for j in numbers], [str(j) for j in numbers])


def _listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
