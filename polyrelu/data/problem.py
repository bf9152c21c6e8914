"""The only door for data: X, y, lambda and options become one exact, frozen `Problem`.

Everything behind this door is rational and finite, rectangular and non-empty, so no later room checks it again.
Rows and columns in messages are counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from polyrelu.data.numbers import Floats, exact_number
from polyrelu.data.setting import PLAIN, Setting
from polyrelu.data.tables import Table, read_table
from polyrelu.display import Shown
from polyrelu.errors import BadInput

Matrix = tuple[tuple[Fraction, ...], ...]
Vector = tuple[Fraction, ...]


@dataclass(frozen=True, repr=False)
class Problem(Shown):
    """Data X (n rows, d features), target y, penalty lambda; all exact.

    >>> problem = Problem.of([[1, "1/2"], [0.1, 3]], y=[1, 2], lam="1e-2")
    >>> problem.X[1], problem.lam
    ((Fraction(1, 10), Fraction(3, 1)), Fraction(1, 100))
    >>> problem.with_bias().X[0]
    (Fraction(1, 1), Fraction(1, 2), Fraction(1, 1))
    """

    X: Matrix
    y: Vector | None = None
    lam: Fraction | None = None
    features: tuple[str, ...] = ()
    target: str = "y"
    setting: Setting = PLAIN
    columns: Matrix = ()
    """The values of the free columns that the table gives: one row for each row of X, or nothing."""

    @staticmethod
    def of(
        X: Any,
        y: Any = None,
        lam: Any = None,
        *,
        bias: bool | str = False,
        output_bias: str = "none",
        skip: bool = False,
        free: Sequence[str | int] = (),
        floats: Floats = "decimal",
    ) -> Problem:
        """Build a problem from nested lists, numpy arrays or pandas frames of any exact or float numbers.

        `bias` is that of the hidden layer: "none" (False), "penalised" (True) or "free"; `output_bias` is "none",
        "free" or "ridge"; `skip` adds a free linear term; `free` names columns of X, by name or from 0, that join
        linearly without a penalty instead of being features.
        """
        if floats not in ("decimal", "exact", "reject"):
            raise BadInput(f'floats={floats!r} is unknown; use "decimal", "exact" or "reject"')
        names, rows = _rows_of(X)
        matrix = _exact_matrix(rows, floats)
        features = names or tuple(f"x{j + 1}" for j in range(len(matrix[0])))
        target = str(getattr(y, "name", None) or "y")
        vector = None if y is None else _exact_target(y, len(matrix), floats)
        problem = Problem(matrix, vector, penalty(lam, floats), features, target)
        return problem.with_setting(bias, output_bias, skip, free)

    @staticmethod
    def read(
        path: str,
        *,
        target: str | int | None = None,
        no_target: bool = False,
        lam: Any = None,
        bias: bool | str = False,
        output_bias: str = "none",
        skip: bool = False,
        free: Sequence[str | int] = (),
    ) -> Problem:
        """Read a CSV or TSV file (`-` is standard input); the last column is the target unless said otherwise."""
        table = read_table(path)
        if no_target and target is not None:
            raise BadInput("--target and --no-target contradict each other; give one of them")
        j = None if no_target else _target_column(table, target)
        if j is not None and len(table.names) == 1:
            raise BadInput(
                "one column is the target and none is left for X; add features (or use --no-target, where X alone "
                "makes sense)"
            )
        kept = [k for k in range(len(table.names)) if k != j]
        X = tuple(tuple(row[k] for k in kept) for row in table.rows)
        y = None if j is None else tuple(row[j] for row in table.rows)
        name = "y" if j is None else table.names[j]
        problem = Problem(X, y, penalty(lam), tuple(table.names[k] for k in kept), name)
        return problem.with_setting(bias, output_bias, skip, free)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.X)

    @property
    def d(self) -> int:
        """Number of features, the bias column included."""
        return len(self.X[0])

    @property
    def bias(self) -> bool:
        """Whether the last column of X is the 1 of a hidden bias, penalised or free."""
        return self.setting.bias

    @property
    def free_names(self) -> tuple[str, ...]:
        """The free functions: the constant, the features of a skip connection, the columns that the table gives."""
        skipped = self.features[: self.d - self.bias] if self.setting.skip else ()
        return (*(("constant",) if self.setting.output == "free" else ()), *skipped, *self.setting.columns)

    def free_at(self, inputs: Vector, columns: Vector) -> Vector:
        """The values of the free functions at a row of X (its bias column included) with its free columns."""
        one = (Fraction(1),) if self.setting.output == "free" else ()
        return (*one, *(inputs[: self.d - self.bias] if self.setting.skip else ()), *columns)

    @property
    def free_values(self) -> Matrix:
        """The values of the free functions, row by row."""
        columns = self.columns or ((),) * self.n
        return tuple(self.free_at(row, given) for row, given in zip(self.X, columns, strict=True))

    def with_bias(self) -> Problem:
        """The same data with a last column of ones, penalised like every other feature."""
        return self.with_setting("penalised")

    def with_setting(
        self, bias: bool | str, output_bias: str = "none", skip: bool = False, free: Sequence[str | int] = ()
    ) -> Problem:
        """The same table as another problem: see `of`."""
        chosen = [_free_column(self.features, name) for name in free]
        if len(set(chosen)) < len(chosen):
            raise BadInput("a free column is named twice; name each once")
        if len(chosen) == len(self.features):
            raise BadInput("every feature is a free column and none is left for the neurons; free fewer")
        setting = Setting.of(bias, output_bias, skip, (self.features[j] for j in chosen))
        kept, one = [j for j in range(self.d) if j not in chosen], (Fraction(1),) * setting.bias
        return replace(
            self,
            X=tuple((*(row[j] for j in kept), *one) for row in self.X),
            features=(*(self.features[j] for j in kept), *("bias",) * setting.bias),
            setting=setting,
            columns=tuple(tuple(row[j] for j in chosen) for row in self.X) if chosen else (),
        )


def _free_column(features: tuple[str, ...], name: str | int) -> int:
    """The place of a column given by name or by number."""
    if isinstance(name, str) and features.count(name) == 1:
        return features.index(name)
    try:
        place = int(name)
    except ValueError:
        place = -1
    if not 0 <= place < len(features):
        known = ", ".join(features[:12]) + (", ..." if len(features) > 12 else "")
        raise BadInput(
            f"free column {name}: no feature of this name; the features are {known}, numbered from 0"
        )
    return place


def penalty(lam: Any, floats: Floats = "decimal") -> Fraction | None:
    """Lambda as an exact number that is not negative."""
    if lam is None:
        return None
    try:
        value = exact_number(lam, floats=floats)
    except BadInput as error:
        raise BadInput(f"lambda: {error}") from None
    if value < 0:
        raise BadInput(f"lambda is {lam}, and a penalty must not be negative; give lambda >= 0")
    return value


def _rows_of(X: Any) -> tuple[tuple[str, ...], list[Any]]:
    """Column names (empty if unknown) and rows. A frame is read by columns: mixed types keep their own numbers."""
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        columns = [X.iloc[:, j].tolist() for j in range(X.shape[1])]
        return tuple(str(c) for c in X.columns), [list(row) for row in zip(*columns, strict=True)]
    if isinstance(X, str | bytes) or not isinstance(X, Iterable):
        raise BadInput(
            f"X is a {type(X).__name__}; give a table: nested lists, a numpy array or a pandas frame"
        )
    return (), list(X)


def _exact_matrix(rows: list[Any], floats: Floats) -> Matrix:
    if not rows:
        raise BadInput("X is empty; give at least one row")
    matrix = []
    for i, row in enumerate(rows, start=1):
        if isinstance(row, str | bytes) or not isinstance(row, Iterable):
            raise BadInput(
                f"X, row {i} is a single value; X must be two-dimensional: write [[1], [2]] for one feature"
            )
        matrix.append(
            tuple(_located(v, f"X, row {i}, column {j}", floats) for j, v in enumerate(row, start=1))
        )
        if len(matrix[-1]) != len(matrix[0]):
            raise BadInput(
                f"X, row {i} has {len(matrix[-1])} entries where row 1 has {len(matrix[0])}; "
                "make all rows equally long"
            )
    if not matrix[0]:
        raise BadInput("X has no columns; give at least one feature")
    return tuple(matrix)


def _exact_target(y: Any, n: int, floats: Floats) -> Vector:
    if isinstance(y, str | bytes) or not isinstance(y, Iterable):
        raise BadInput(f"y is a {type(y).__name__}; give one number per row of X")
    values = list(_rows_of(y)[1])
    if any(_is_sequence(v) for v in values):  # a column vector
        if not all(_is_sequence(v) and len(v) == 1 for v in values):
            raise BadInput("y has more than one column; give one number per row of X")
        values = [v[0] for v in values]
    if len(values) != n:
        raise BadInput(f"y has {len(values)} entries and X has {n} rows; give one target per row")
    return tuple(_located(v, f"y, row {i}", floats) for i, v in enumerate(values, start=1))


def _is_sequence(value: Any) -> bool:
    return (isinstance(value, Sequence) and not isinstance(value, str)) or getattr(value, "ndim", 0) > 0


def _located(value: Any, where: str, floats: Floats) -> Fraction:
    try:
        return exact_number(value, floats=floats)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None


def _target_column(table: Table, target: str | int | None) -> int:
    width = len(table.names)
    if target is None:
        return width - 1
    if isinstance(target, str) and table.names.count(target) == 1:
        return table.names.index(target)
    if isinstance(target, str) and table.names.count(target) > 1:
        raise BadInput(
            f"--target {target}: {table.names.count(target)} columns have this name; give an index instead"
        )
    try:
        index = int(target)
    except ValueError:
        known = ", ".join(table.names[:12]) + (", ..." if width > 12 else "")
        raise BadInput(f"--target {target}: no column of this name; the columns are {known}") from None
    if not -width <= index < width:
        raise BadInput(f"--target {target}: columns are numbered 0 to {width - 1} (or -1 for the last)")
    return index % width
