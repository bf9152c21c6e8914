"""The enumeration as independent tasks, in this process or on any `concurrent.futures` executor."""

from __future__ import annotations

from concurrent.futures import as_completed
from itertools import accumulate
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from polyrelu.arrangement.counting import cells_upper_bound
from polyrelu.arrangement.lifting import cells_beside, distinct, signed, whole_space
from polyrelu.arrangement.planes import cells_of_planes
from polyrelu.exact.integers import IntMatrix, largest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from numpy.typing import NDArray

CELLS_PER_TASK = 2**14
MOST_TASKS = 48
SLOWER = 32  # Python integers against int64, roughly
KEPT = 2**25 - 2**13  # bytes: just below the largest block for which glibc learns anything


class Found(NamedTuple):
    """Cells of the whole arrangement, one of each antipodal pair, sorted by their signs, each once."""

    points: IntMatrix  # (N, d) in the shortest integer type that holds them: they may travel far
    words: NDArray[np.uint64]  # (N, number of words) packed signs; the first row is positive


def cells_by_task(
    rows: IntMatrix,
    executor: Executor | None,
    progress: Callable[[int, int], object] | None,
    *,
    in_order: bool,
) -> Iterator[Found]:
    """The cells up to antipodes, task by task (a cell may be found by several tasks), in a fixed order or not."""
    if not len(rows):
        yield Found(np.zeros((1, 0), dtype=np.int64), np.zeros((1, 0), dtype=np.uint64))
        return
    groups = groups_of_rows(rows)
    for done, found in enumerate(results(rows, groups, executor, in_order=in_order), 1):
        if progress is not None:
            progress(done, len(groups))
        yield found


def results(
    rows: IntMatrix, groups: list[NDArray[np.intp]], executor: Executor | None, *, in_order: bool
) -> Iterator[Found]:
    """One result for each group, in their order or as completed; what still waits is cancelled on the way out."""
    if executor is None:
        yield from (cells_touching(rows, group) for group in groups)
        return
    futures = [executor.submit(cells_touching, rows, group) for group in groups]
    try:
        for future in futures if in_order else as_completed(futures):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def cells_touching(rows: IntMatrix, chosen: NDArray[np.intp]) -> Found:
    """Cells of the whole arrangement, among them all whose last facet is on one of the chosen rows.

    The unit of parallel work: a top-level function of plain arrays.
    """
    keep_freed_memory()
    space = whole_space(rows)
    if space.dimension == 2:
        points, owner = cells_of_planes(space, rows)
        points, _, words = distinct([signed(points, owner, space.cutting, rows)])
    else:
        points, _, words = cells_beside(space, np.zeros(len(chosen), dtype=np.intp), chosen, rows)
    return Found(points.astype(np.min_scalar_type(-1 - largest(points))), words)


def keep_freed_memory() -> None:
    """Take a large block, untouched, and give it back: for glibc a sign to keep what is freed for reuse.

    A fresh process otherwise returns every batch to the system and faults it in again, for a third of the time.
    """
    np.empty(KEPT, dtype=np.uint8)


def groups_of_rows(rows: IntMatrix) -> list[NDArray[np.intp]]:
    """The rows, last first, in groups of less and less work: row j meets the order of j^(rank - 2) cells.

    Group k of T takes a share of about (T - k)^2 - (T - k - 1)^2 of T^2, so that the last, short tasks fill the
    gaps that the first leave. Minors have up to rank times the bits of the entries: beyond 64 they are slow.
    """
    count, rank = rows.shape
    if rank <= 2:
        return [np.arange(count)]
    work = cells_upper_bound(count, rank) * (SLOWER if rank * largest(rows).bit_length() >= 64 else 1)
    tasks = min(MOST_TASKS, 1 + work // CELLS_PER_TASK)
    left = [*accumulate(j ** (rank - 2) for j in range(1, count + 1))]  # with row j and those before it
    group = np.array([isqrt(tasks**2 * (part - 1) // left[-1]) for part in left])
    return [np.flatnonzero(group == number)[::-1] for number in np.unique(group)[::-1]]
