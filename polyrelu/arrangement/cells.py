"""The central arrangement of the rows of X: every cell with an integer witness, and proof that none is missing.

The proof has two independent halves. Each sign vector is recomputed from its integer witness by an exact
product, and the sign vectors are pairwise different: so there are at least that many cells. The number of
cells is (-1)^d chi(-1), with chi found by another method (`polyrelu.arrangement.counting`): so there are no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polyrelu.arrangement.checking import ambient, ascending, checked_cells, signs_of
from polyrelu.arrangement.counting import cells_counted, cells_upper_bound, characteristic_polynomial
from polyrelu.arrangement.faces import points_of_faces
from polyrelu.arrangement.merging import mapping
from polyrelu.arrangement.tasks import cells_by_task
from polyrelu.display import Shown
from polyrelu.errors import Contradiction, LimitReached
from polyrelu.exact.integers import IntMatrix, divided_by_gcd, narrow, primitive_rows, product, values
from polyrelu.exact.labels import Lines, lines_of_rows
from polyrelu.exact.lattice import row_space_basis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    Progress = Callable[[int, int], object]

QUICK = 2_000_000  # flats that are counted within seconds


@dataclass(frozen=True, eq=False, repr=False)
class Arrangement(Shown):
    """All cells of a central arrangement in R^d; see the fields."""

    rows: IntMatrix  # (n, d) primitive, positive multiples of the rows given; zero rows stay zero
    signs: NDArray[np.int8]  # (N, n) sign of x_j . w, lexicographic; 0 only on zero rows
    witnesses: IntMatrix  # (N, d) an integer point w of each cell
    characteristic_polynomial: tuple[int, ...]  # leading coefficient first, degree d
    complete: bool  # all signs follow from the witnesses, and they are as many as the polynomial says

    @property
    def cells(self) -> int:
        """The number N of cells."""
        return len(self.signs)

    @property
    def rank(self) -> int:
        """The rank of the rows: t^(d - rank) is the power of t dividing the polynomial."""
        return max(k for k, coefficient in enumerate(self.characteristic_polynomial) if coefficient)

    @property
    def hyperplanes(self) -> int:
        """The number of different hyperplanes, -w_1."""
        return -self.characteristic_polynomial[1]

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """The activation patterns 1(X w >= 0), in the order of the cells; True on zero rows."""
        return self.signs >= 0


def enumerate_cells(
    rows: Any,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    max_cells: int | None = None,
) -> Arrangement:
    """Every cell of the arrangement of the rational rows, each with an integer witness.

    Raises `LimitReached` before working if there are more than `max_cells` cells, and `Contradiction` if the
    two counts disagree (never an answer that may miss a cell).

    >>> enumerate_cells([[1, 0], [0, 1], [0, 0]]).signs.tolist()
    [[-1, -1, 0], [-1, 1, 0], [1, -1, 0], [1, 1, 0]]
    """
    primitive = primitive_rows(rows)
    lines = lines_of_rows(primitive)
    basis = row_space_basis(lines.rows)
    polynomial = refuse_too_many(primitive, lines, len(basis), max_cells)
    counting = (
        None if polynomial or executor is None else executor.submit(characteristic_polynomial, primitive)
    )
    parts = list(cells_by_task(product(lines.rows, basis), executor, progress, in_order=True))
    with mapping(executor) as each:
        signs, witnesses = checked_cells(parts, basis, lines, each)
    polynomial = polynomial or (counting.result() if counting else characteristic_polynomial(primitive))
    confirm(len(signs), polynomial)
    for array in (primitive, signs, witnesses):
        array.setflags(write=False)
    return Arrangement(primitive, signs, witnesses, polynomial, complete=True)


def iter_cells(
    rows: Any,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    max_cells: int | None = None,
) -> Iterator[tuple[NDArray[np.int8], IntMatrix]]:
    """The cells in batches (signs, witnesses), each cell once, as soon as they are found and checked.

    Stopping early keeps what came before. Running to the end proves, like `enumerate_cells`, that no cell is
    missing: otherwise the last step raises `Contradiction`.
    """
    primitive = primitive_rows(rows)
    lines = lines_of_rows(primitive)
    basis = row_space_basis(lines.rows)
    polynomial = refuse_too_many(primitive, lines, len(basis), max_cells)
    seen: set[bytes] = set()
    for found in cells_by_task(product(lines.rows, basis), executor, progress, in_order=False):
        names = [word.tobytes() for word in found.words]
        new = [number for number, name in enumerate(names) if name not in seen]
        seen.update(names)
        if new:
            ascending(found.words)
            witnesses = ambient(found.points[new], basis)
            half = signs_of(witnesses, found.words[new], lines)
            if len(lines.rows):
                yield np.concatenate([half, -half]), np.concatenate([witnesses, -witnesses])
            else:
                yield half, witnesses
    confirm(2 * len(seen) if len(lines.rows) else 1, polynomial or characteristic_polynomial(primitive))


def refuse_too_many(
    primitive: IntMatrix, lines: Lines, rank: int, max_cells: int | None
) -> tuple[int, ...] | None:
    """Raise `LimitReached` if there are more cells than allowed: by the cheap bound, then exactly.

    The characteristic polynomial is returned if it had to be computed.
    """
    bound = cells_upper_bound(len(lines.rows), rank)
    if max_cells is None or bound <= max_cells:
        return None
    if cells_upper_bound(len(lines.rows), rank - 2) // 2 > QUICK:
        raise LimitReached(
            f"the arrangement may have up to {bound:,} cells, more than the limit of {max_cells:,}: "
            f"raise it with --max-cells {bound}, or take fewer rows"
        )
    polynomial = characteristic_polynomial(primitive)
    count = cells_counted(polynomial)
    if count > max_cells:
        raise LimitReached(
            f"the arrangement has {count:,} cells, more than the limit of {max_cells:,}: "
            f"raise it with --max-cells {count}, or take fewer rows"
        )
    return polynomial


def confirm(cells: int, polynomial: tuple[int, ...]) -> None:
    """The second half of the proof: as many cells as the characteristic polynomial says."""
    count = cells_counted(polynomial)
    if cells != count:
        raise Contradiction(
            f"{cells} cells were enumerated, but the characteristic polynomial {polynomial} says {count}: "
            "this is a bug in polyrelu"
        )


def all_patterns(arrangement: Arrangement) -> tuple[NDArray[np.bool_], IntMatrix]:
    """Every pattern 1(X g >= 0) over all g in R^d, with an integer g for each: first those of the cells.

    The others are reached only on hyperplanes: g runs over one point of every face of the arrangement. Rows
    that are zero are True in every pattern and distinguish none.

    >>> all_patterns(enumerate_cells([[1, 0], [-1, 0]]))[0].tolist()
    [[False, True], [True, False], [True, True]]
    """
    lines = lines_of_rows(arrangement.rows)
    basis = row_space_basis(lines.rows)
    patterns, witnesses = [arrangement.patterns], [arrangement.witnesses]
    seen = set(names_of(arrangement.patterns))
    for points in points_of_faces(product(lines.rows, basis)):
        ambient = divided_by_gcd(product(points, basis.T))
        active = values(ambient, arrangement.rows) >= 0
        new = {name: number for number, name in enumerate(names_of(active)) if name not in seen}
        seen.update(new)
        chosen = [new[name] for name in sorted(new)]
        patterns.append(active[chosen])
        witnesses.append(ambient[chosen])
    return np.concatenate(patterns), narrow(np.concatenate(witnesses))


def names_of(patterns: NDArray[np.bool_]) -> list[bytes]:
    """Patterns as byte strings, in lexicographic order."""
    return [line.tobytes() for line in np.packbits(patterns, axis=1)]
