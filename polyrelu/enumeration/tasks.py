"""The enumeration as independent tasks, in this process or on any `concurrent.futures` executor."""

from __future__ import annotations

from concurrent.futures import as_completed
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from polyrelu.counting import cells_upper_bound
from polyrelu.enumeration.lifting import Cells, cells_touching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from polyrelu.exact.integers import IntMatrix

CELLS_PER_TASK = 2**15
MOST_TASKS = 48


def cells_by_task(
    rows: IntMatrix, executor: Executor | None, progress: Callable[[int, int], object] | None
) -> Iterator[Cells]:
    """The cells up to antipodes, task by task (a cell may be found by several tasks)."""
    if not len(rows):
        nothing = np.zeros((1, 0), dtype=np.int64)
        yield Cells(nothing, np.zeros(1, dtype=np.intp), np.zeros((1, 0), dtype=np.uint64))
        return
    groups = groups_of_rows(*rows.shape)
    for done, found in enumerate(results(rows, groups, executor), 1):
        if progress is not None:
            progress(done, len(groups))
        yield found


def results(rows: IntMatrix, groups: list[NDArray[np.intp]], executor: Executor | None) -> Iterator[Cells]:
    """One result for each group, in order of completion; what is still waiting is cancelled on the way out."""
    if executor is None:
        yield from (cells_touching(rows, group) for group in groups)
        return
    futures = [executor.submit(cells_touching, rows, group) for group in groups]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def groups_of_rows(count: int, rank: int) -> list[NDArray[np.intp]]:
    """The rows, last first, in groups of similar work: row j meets the order of j^(rank - 2) cells."""
    if rank <= 2:
        return [np.arange(count)]
    tasks = min(MOST_TASKS, 1 + cells_upper_bound(count, rank) // CELLS_PER_TASK)
    work = [0, *accumulate(j ** (rank - 2) for j in range(count, 0, -1))]
    task = np.array([before * tasks // work[-1] for before in work[:-1]])
    rows = np.arange(count)[::-1]
    return [rows[task == number] for number in np.unique(task)]
