"""Half of the proof: each sign vector recomputed from its integer witness, and all of them different."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from polyrelu.arrangement.lifting import batches
from polyrelu.arrangement.merging import merged, pieces
from polyrelu.errors import Contradiction
from polyrelu.exact.integers import divided_by_gcd, narrow, packed, product, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from polyrelu.arrangement.tasks import Found
    from polyrelu.exact.integers import IntMatrix
    from polyrelu.exact.labels import Lines


def checked_cells(
    parts: list[Found], basis: IntMatrix, lines: Lines, each: Callable[..., Iterable[Any]]
) -> tuple[NDArray[np.int8], IntMatrix]:
    """All signs and witnesses from what the tasks found, in lexicographic order; the parts are used up.

    The pieces follow one another, so their words ascend together: all sign vectors are different. The upper
    half are the cells with the first line positive; minus these are the others, in the opposite order.
    """
    if not len(lines.rows):
        return np.zeros((1, len(lines.line)), dtype=np.int8), np.zeros((1, basis.shape[1]), dtype=np.int64)
    found = list(each(merged, pieces(parts)))
    parts.clear()
    ascending(np.concatenate([words for _, words in found]))
    halves = list(each(lambda cells: ambient(cells.points, basis), found))
    count = sum(len(half) for half in halves)
    kind = object if any(half.dtype == object for half in halves) else np.int64
    signs = np.empty((2 * count, len(lines.line)), dtype=np.int8)
    witnesses = np.empty((2 * count, basis.shape[1]), dtype=kind)

    def fill(start: int, half: IntMatrix, cells: Found) -> None:
        for whole, upper in ((witnesses, half), (signs, signs_of(half, cells.words, lines))):
            whole[count + start : count + start + len(half)] = upper
            np.negative(upper[::-1], out=whole[count - start - len(half) : count - start])

    starts = [0, *accumulate(len(half) for half in halves[:-1])]
    list(each(fill, starts, halves, found))
    return signs, witnesses


def ambient(points: IntMatrix, basis: IntMatrix) -> IntMatrix:
    """Points of the row space as primitive integer points of R^d."""
    return narrow(divided_by_gcd(product(points, basis.T)))


def signs_of(witnesses: IntMatrix, words: NDArray[np.uint64], lines: Lines) -> NDArray[np.int8]:
    """The sign vector of each witness, recomputed from exact products: none zero, and packed as in the words.

    The first line is positive on all of them, so no two are antipodes.
    """
    positive = np.empty((len(witnesses), len(lines.rows)), dtype=bool)
    for batch in batches(len(witnesses), len(lines.rows)):
        at = values(witnesses[batch], lines.rows)
        positive[batch] = at > 0
        if not at.all():
            raise Contradiction("the witness of a cell lies on a hyperplane: this is a bug in polyrelu")
    if not positive[:, :1].all():
        raise Contradiction("a cell and its antipode were both listed: this is a bug in polyrelu")
    if not np.array_equal(packed(positive), words):
        raise Contradiction("the witness of a cell lies in another cell: this is a bug in polyrelu")
    on_lines = 2 * positive.view(np.int8) - 1
    if np.array_equal(lines.line, np.arange(len(lines.rows))):
        return on_lines
    signs = np.zeros((len(witnesses), len(lines.line)), dtype=np.int8)
    nonzero = lines.line >= 0
    signs[:, nonzero] = on_lines[:, lines.line[nonzero]] * lines.sign[nonzero]
    return signs


def ascending(words: NDArray[np.uint64]) -> None:
    """Confirm that packed sign vectors are in strictly ascending order, so that all are different."""
    equal, less = np.ones(len(words) - 1, dtype=bool), np.zeros(len(words) - 1, dtype=bool)
    for before, after in zip(words[:-1].T, words[1:].T, strict=True):
        less |= equal & (before < after)
        equal &= before == after
    if not less.all():
        raise Contradiction("two cells have equal sign vectors: this is a bug in polyrelu")
