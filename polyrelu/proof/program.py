"""The convex program at hand: which blocks are present, and its data in exact form.

    minimise over blocks b = (D, s), w_b in K_D:   1/2 || sum_b s D X w_b - y ||^2 + lambda sum_b ||w_b||
    K_D = { w : (2D - I) X w >= 0 }        (gated ReLU: K_D = R^d, and s = +1 only)

`listed` holds the diagonals of the present D, distinct on the nonzero rows of X. `all_cells` says that they are exactly
the full-dimensional cells, so that the program is the full one; then the list may be missing (None), and what concerns
all blocks is proved of all directions instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from polyrelu.budget import OutOfTime, part_of_the_time
from polyrelu.display import Shown
from polyrelu.errors import BadInput
from polyrelu.exact.linear import dot, rank, squared
from polyrelu.exact.rational import to_fraction
from polyrelu.limits import MAX_CELLS
from polyrelu.proof.free_columns import FreeColumns
from polyrelu.proof.oracle import Oracle
from polyrelu.proof.shift import Shift

if TYPE_CHECKING:
    from polyrelu.data.problem import Problem
    from polyrelu.guess import Guesser, Whitening

VARIANTS = ((10_000, False), (300, True), (300, False), (2000, True), (2000, False), (60, False))
"""How cheap a free hidden bias is for the guess, and whether a vertex is polished: what is tried after the first."""
Patterns = NDArray[np.bool_]
PART_FOR_COUNTING = 0.1
"""The part of the time that may go into the number of cells, which no proof needs."""


@dataclass(frozen=True, eq=False, repr=False)
class Program(Shown):
    """Exact data, penalty lambda > 0, and the list of present patterns."""

    X: tuple[tuple[Fraction, ...], ...]
    y: tuple[Fraction, ...]
    lam: Fraction
    listed: Patterns | None
    all_cells: bool = True
    gated: bool = False
    columns: FreeColumns | None = None
    offset: bool = False
    """A free hidden bias: the last column of X is its 1, and the last coordinate of a direction has no penalty."""
    scale: int = 10_000
    """For the guess alone, where the bias pays a little: see `shift`."""
    finished: bool = True
    """For the guess alone, too: whether it polishes a vertex."""

    @staticmethod
    def of(
        problem: Problem, listed: Patterns | None = None, all_cells: bool = True, gated: bool = False
    ) -> Program:
        """The program of a problem, its free columns and its kind of hidden bias included."""
        columns = None if problem.setting.is_plain else FreeColumns.of(problem)
        y, lam, offset = problem.y or (), problem.lam or Fraction(0), problem.setting.hidden == "free"
        return Program(problem.X, y, lam, listed, all_cells, gated, columns, offset)

    def __post_init__(self) -> None:
        """Tests of a list of blocks know penalised biases alone."""
        if self.offset and self.listed is not None:
            raise ValueError("a free hidden bias is proved by directions, not by a list of patterns")

    @cached_property
    def free(self) -> FreeColumns:
        """The columns that join linearly: none, unless `columns` says so."""
        return self.columns or FreeColumns(self.n)

    @cached_property
    def zero(self) -> tuple[list[fmpq], list[fmpq]]:
        """The residual without neurons, and the coefficients of the free columns then."""
        return self.free.zero(self.yq, self.lamq)

    @cached_property
    def zero_float(self) -> NDArray[np.float64]:
        """That residual rounded, for guesses."""
        return (
            _floats(([to_fraction(v) for v in self.zero[0]],), "y").ravel() if self.columns else self.y_float
        )

    @cached_property
    def is_mirrored(self) -> bool:
        """Whether X^T nu = 0 whatever nu: every feature is a combination of free columns. Then u and -u are alike."""
        if self.gated or not self.free.kept:
            return False
        joined = [[*a, *b] for a, b in zip(self.free.B.tolist(), self.Xq.tolist(), strict=True)]
        return rank(joined) == len(self.free.kept)

    def fit(self, nu: Sequence[Any]) -> list[Any]:
        """What the neurons contribute to the fit at a residual, modulo the free columns."""
        return self.free.fit(self.yq, nu, self.lamq)

    def objective(self, nu: Sequence[Any]) -> Any:
        """The optimal value at the optimal residual."""
        value = dot(self.yq, nu) - squared(nu) / 2
        if self.free.ridge:
            e = self.free.ridge_bias(nu, self.lamq)
            value = value - e * e * self.lamq / 2
        return value

    @cached_property
    def patterns(self) -> Patterns:
        """The present patterns; of a program without a list all cells are enumerated, if they are not too many."""
        if self.listed is not None:
            return self.listed
        from polyrelu.arrangement.cells import enumerate_cells

        return np.asarray(enumerate_cells(self.X, max_cells=MAX_CELLS).patterns, dtype=bool)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def d(self) -> int:
        """Number of features."""
        return len(self.X[0])

    @cached_property
    def shift(self) -> Shift:
        """Coordinates for a free hidden bias."""
        return Shift(self.X, self.scale)

    @cached_property
    def middle(self) -> list[fmpq]:
        """With a free hidden bias: the middle of the rows."""
        return [*(fmpq(v.numerator, v.denominator) for v in self.shift.centre), fmpq(1)]

    @cached_property
    def variants(self) -> list[Program]:
        """The same program as different guesses see it."""
        others = [replace(self, scale=s, finished=f) for s, f in VARIANTS] if self.offset else []
        return [self, *others]

    def seen(self, direction: Any, other: Program) -> Any:
        """A direction of the guess of another variant."""
        factor = other.scale / self.scale if self.offset else 1.0
        return direction * np.append(np.ones(self.normed), [factor] * self.offset)

    @property
    def normed(self) -> int:
        """Number of coordinates of a direction that enter its norm."""
        return self.d - self.offset

    @cached_property
    def cells(self) -> int | None:
        """Number of patterns; counted where they are not listed, and None where there are more than `MAX_CELLS`, or
        where counting them takes more than a part of the time that is allowed.
        """
        if self.listed is not None:
            return len(self.listed)
        from polyrelu.arrangement.counting import number_of_cells_up_to

        with suppress(OutOfTime), part_of_the_time(PART_FOR_COUNTING):
            return number_of_cells_up_to(self.X, MAX_CELLS)
        return None

    @property
    def block_count(self) -> int | None:
        """Number of blocks: two for each pattern, or one for each gate; None where they are not counted."""
        return None if self.cells is None else self.cells * (1 if self.gated else 2)

    @property
    def listed_blocks(self) -> int:
        """Number of blocks of a program with a list."""
        return len(self.patterns) * (1 if self.gated else 2)

    @property
    def scope(self) -> str:
        """Among which networks the optima are optimal, where not among all: a part of every sentence about them."""
        if self.listed is None or (self.all_cells and not self.gated):
            return ""
        return among(len(self.listed), self.gated)

    @cached_property
    def Xq(self) -> fmpq_mat:
        """X as a rational matrix."""
        return fmpq_mat(self.n, self.d, [fmpq(v.numerator, v.denominator) for row in self.X for v in row])

    @cached_property
    def yq(self) -> list[fmpq]:
        """y as rationals."""
        return [fmpq(v.numerator, v.denominator) for v in self.y]

    @cached_property
    def lamq(self) -> fmpq:
        """Lambda as a rational."""
        return fmpq(self.lam.numerator, self.lam.denominator)

    @cached_property
    def denominator(self) -> int:
        """The least common denominator of X."""
        return lcm(*(v.denominator for row in self.X for v in row))

    @cached_property
    def X_integer(self) -> NDArray[Any]:
        """`denominator * X` as Python integers."""
        return np.array([[int(v * self.denominator) for v in row] for row in self.X], dtype=object)

    @property
    def covered_rows(self) -> tuple[NDArray[Any], int]:
        """The rows as coverings see them, from their middle with a free hidden bias, times the second."""
        if self.offset:
            return self.shift.integer_rows, self.shift.denominator
        return self.X_integer, self.denominator

    @cached_property
    def nonzero_rows(self) -> NDArray[np.bool_]:
        """Which rows of X are not zero."""
        return np.array([any(row) for row in self.X], dtype=bool)

    @cached_property
    def X_float(self) -> NDArray[np.float64]:
        """X rounded, for guesses and for display only."""
        return _floats(self.X, "X")

    @cached_property
    def y_float(self) -> NDArray[np.float64]:
        """y rounded, for guesses and for display only."""
        return _floats((self.y,), "y").ravel()

    @cached_property
    def guesser(self) -> Guesser:
        """The same program in floats: proposes what is proved here."""
        from polyrelu.guess import Guesser

        whitening = self._whitening()
        if self.offset:
            oracle = Oracle(*self.covered_rows, self.shift)
            rows, finished = self.shift.guess_rows, self.finished
            return Guesser(rows, self.y_float, None, oracle=oracle, whitening=whitening, finished=finished)
        if self.listed is None:
            oracle = Oracle(*self.covered_rows)
            return Guesser(self.X_float, self.y_float, None, oracle=oracle, whitening=whitening)
        return Guesser(
            self.X_float, self.y_float, self.listed, self.gated, self.all_cells, whitening=whitening
        )

    @cached_property
    def pricer(self) -> Guesser:
        """The same for residuals of any penalty: a ridge, whose share of the fit depends on lambda, is left out."""
        free = self.free
        return replace(self, columns=replace(free, ridge=False)).guesser if free.ridge else self.guesser

    def _whitening(self) -> Whitening | None:
        """The free columns for the guess."""
        from polyrelu.guess import Whitening

        free = self.free
        if not free.border:
            return None
        B = _floats([[to_fraction(v) for v in row] for row in free.B.tolist()], "a free column")
        return Whitening.of(B.reshape(self.n, -1), np.ones(self.n) if free.ridge else None, float(self.lam))


def among(count: int, gated: bool = False) -> str:
    """Among networks with so many patterns (or gates)."""
    these, ending = f"these {count}" if count > 1 else "this one", "s" * (count > 1)
    return (
        f"among gated networks with {these} gate{ending}"
        if gated
        else f"among networks with {these} pattern{ending}"
    )


def _floats(rows: Sequence[Sequence[Fraction]], name: str) -> NDArray[np.float64]:
    try:
        return np.array([[float(v) for v in row] for row in rows])
    except OverflowError:
        raise BadInput(
            f"{name} has an entry beyond the range of floats, where nothing can be guessed; multiplying y by t and X "
            "by r multiplies lambda by t r and the optimal weights by t / r: scale the data"
        ) from None


def distinct_patterns(patterns: Patterns, nonzero_rows: NDArray[np.bool_]) -> Patterns:
    """One pattern of each class that agrees on the nonzero rows, in the order of first appearance."""
    keys = np.packbits(patterns[:, nonzero_rows], axis=1)
    if keys.shape[1] == 0:
        return patterns[:1]
    _, first = np.unique(keys, axis=0, return_index=True)
    return np.asarray(patterns[np.sort(first)])
