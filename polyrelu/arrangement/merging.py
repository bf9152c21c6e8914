"""What the tasks found, merged by ranges of signs: pieces that have nothing to do with one another.

Every part is sorted by its packed signs, so equal first words of two parts fall between the same two
borders: a piece, the cells between two borders, holds all copies of each of its cells, and the merged
pieces, one after the other, are all cells in lexicographic order. Which copy is kept depends on the order
of the parts alone.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from polyrelu.arrangement.lifting import starts
from polyrelu.arrangement.tasks import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

PIECE = 2**14  # cells merged together, repeated ones included
SAMPLED = 2**6  # every so many cells of a part are looked at to place the borders
THREADS = min(4, os.cpu_count() or 1)  # the work is bound by memory: more would wait for it


def pieces(parts: list[Found]) -> list[list[Found]]:
    """The parts cut at common borders, in ascending order of signs."""
    sample = np.sort(np.concatenate([part.words[::SAMPLED, 0] for part in parts]))
    borders = np.unique(sample[PIECE // SAMPLED :: PIECE // SAMPLED])
    cuts = [[0, *np.searchsorted(part.words[:, 0], borders).tolist(), len(part.words)] for part in parts]
    slices = zip(*([slice(*ends) for ends in pairwise(cut)] for cut in cuts), strict=True)
    return [
        [Found(part.points[where], part.words[where]) for part, where in zip(parts, piece, strict=True)]
        for piece in slices
    ]


def merged(piece: list[Found]) -> Found:
    """The cells of a piece sorted by signs, each once: with the witness of the first part that has it."""
    points, words = (np.concatenate(column) for column in zip(*piece, strict=True))
    order, new = starts(words)
    kept = order[new]
    return Found(points[kept], words[kept])


@contextmanager
def mapping(executor: Executor | None) -> Iterator[Callable[..., Iterator[Any]]]:
    """`map`; with an executor, on threads of this process, as numpy works outside the interpreter's lock.

    The pieces are large and soon done: sending them to the executor and back would cost as much again.
    """
    if executor is None:
        yield map
        return
    with ThreadPoolExecutor(THREADS) as threads:
        yield threads.map
