"""Columns that join the network linearly: free of a penalty, or (the output bias) with a ridge.

    min over c, w:  1/2 || y - B c - r e - sum_b s D X w_b ||^2 + lambda sum ||w_b|| + lambda e^2 / 2

With nu the residual, B^T nu = 0 and r.nu = lambda e; the neurons see nu alone, and all tests of blocks and directions
stay as they are. Two networks have the same fit and penalty iff their activations differ by a vector of span B, so
activations count *modulo B*: `modulo` is the orthogonal projection onto the complement. With r e = r (r.nu) / lambda

    sum_k beta_k Q_k nu  =  y - nu - r e   modulo B      (`fit`),      lambda sum ||w_b|| = nu.(y - nu) - lambda e^2,
    objective = y.nu - |nu|^2/2 - lambda e^2/2;

and where no neuron is used nu is `zero`: rational, linear in y, the residual of the best network without neurons.

Columns that depend on others on the rows are dropped: the functions are not, and `vanishing` holds their combinations
that are zero on all rows. Where there are any, coefficients are not unique, nor is the function off the rows' span.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mat

from polyrelu.data.problem import Matrix, Problem
from polyrelu.exact.linear import dot, independent_columns, null_space, times
from polyrelu.exact.rational import to_fmpq


@dataclass(frozen=True, eq=False)
class FreeColumns:
    """The values of the free functions on n rows; which of them are v.x; whether there is a ridge output bias."""

    n: int
    values: Matrix = ()
    forms: Matrix = ()
    """Vectors v, as long as a row of X: v.x is a free function."""
    ridge: bool = False
    names: tuple[str, ...] = ()
    at: Callable[[Any, Any], Any] | None = None
    """From (inputs, columns), a row of X and its free columns, to the values of the free functions there."""
    skipped: tuple[tuple[int, int], ...] = ()
    """The free functions that are features of X (a skip connection), by their numbers, with the features'."""

    @staticmethod
    def of(problem: Problem) -> FreeColumns:
        """Those of a problem."""
        d, forms, first = problem.d, [], int(problem.setting.output == "free")
        features = range(d - problem.bias) if problem.setting.skip else range(0)
        forms += [[int(i == j) for i in range(d)] for j in features]
        if problem.bias and problem.setting.output == "free":
            forms.append([int(i == d - 1) for i in range(d)])
        values, exact = (
            problem.free_values if problem.free_names else (),
            [tuple(map(Fraction, v)) for v in forms],
        )
        ridge = problem.setting.output == "ridge"
        skipped, names = tuple((first + j, j) for j in features), problem.free_names
        return FreeColumns(problem.n, values, tuple(exact), ridge, names, problem.free_at, skipped)

    @cached_property
    def table(self) -> fmpq_mat:
        """The values of all free functions: a column for each."""
        q = len(self.values[0]) if self.values else 0
        return fmpq_mat(self.n, q, [to_fmpq(v) for row in self.values for v in row])

    @cached_property
    def kept(self) -> list[int]:
        """Independent columns, the first ones."""
        return independent_columns(self.table) if self.values else []

    @cached_property
    def B(self) -> fmpq_mat:
        """The independent columns."""
        rows = self.table.tolist()
        return fmpq_mat(self.n, len(self.kept), [row[j] for row in rows for j in self.kept])

    @cached_property
    def vanishing(self) -> list[list[Any]]:
        """Combinations of the free functions that are zero on all rows."""
        return null_space(self.table) if len(self.kept) < self.table.ncols() else []

    @property
    def r(self) -> list[fmpq]:
        """The column of the ridge output bias."""
        return [fmpq(int(self.ridge))] * self.n

    @property
    def border(self) -> list[list[fmpq]]:
        """The columns that have a coefficient of their own in the square system: B, then r."""
        columns = self.B.transpose().tolist() if self.kept else []
        return [*columns, self.r] if self.ridge else columns

    @cached_property
    def inverse(self) -> fmpq_mat:
        """(B^T B)^-1 B^T, which reads the coefficients off a vector of span B."""
        B_t = self.B.transpose()
        return (B_t * self.B).inv() * B_t

    def acts_on(self, row: int) -> bool:
        """Whether a free column is not 0 on a row."""
        return any(column[row] != 0 for column in self.border)

    def onto_complement(self, matrix: fmpq_mat) -> fmpq_mat:
        """The columns of a matrix, projected onto what is orthogonal to B."""
        return matrix - self.B * (self.inverse * matrix) if self.kept else matrix

    def modulo(self, vector: Sequence[Any]) -> list[Any]:
        """The part of a vector orthogonal to B, over whatever numbers it is made of."""
        if not self.kept:
            return list(vector)
        inside = times(self.B, times(self.inverse, vector))
        return [v - b for v, b in zip(vector, inside, strict=True)]

    def zero(self, y: Sequence[fmpq], lam: fmpq) -> tuple[list[fmpq], list[fmpq]]:
        """The residual of the best network without neurons, and its coefficients in the order of `border`."""
        nu, c = self.modulo(y), []
        if self.ridge:
            r = self.modulo(self.r)
            c = [dot(r, nu) / (lam + dot(r, r))]
            nu = [v - c[0] * a for v, a in zip(nu, r, strict=True)]
        rest = [t - v - sum(c, start=fmpq(0)) for t, v in zip(y, nu, strict=True)]
        return nu, [*(times(self.inverse, rest) if self.kept else []), *c]

    def ridge_bias(self, nu: Sequence[Any], lam: fmpq) -> Any:
        """e = r.nu / lambda."""
        return sum(nu, start=fmpq(0)) / lam if self.ridge else fmpq(0)

    def fit(self, y: Sequence[fmpq], nu: Sequence[Any], lam: fmpq) -> list[Any]:
        """What the neurons contribute, modulo B."""
        e = self.ridge_bias(nu, lam)
        rest = [t - v for t, v in zip(y, nu, strict=True)]
        return self.modulo([v - e for v in rest] if self.ridge else rest)

    def coefficients(self, rest: Sequence[Any]) -> list[Any]:
        """The coefficients of all free functions (0 for those dropped) whose values are nearest to a vector."""
        found = dict(zip(self.kept, times(self.inverse, rest) if self.kept else [], strict=True))
        return [found.get(j, fmpq(0)) for j in range(len(self.names))]
