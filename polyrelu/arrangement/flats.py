"""Batches of flats (linear subspaces) with integer bases, and cutting them by further rows.

A flat is kept as a basis of its *lattice* L (the integer points in it). Cutting it by a row x: the map
v -> x.v sends L onto gZ, and Euclid's algorithm on the values of the basis vectors, done by unimodular
steps on the basis itself, ends with all values zero but one: the vectors of value zero are a basis of
the lattice of the cut. Any unimodular step keeps a basis a basis, so the reduction that keeps entries
small needs no justification beyond exact integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from polyrelu.exact.integers import (
    INT64_LIMIT,
    IntMatrix,
    largest,
    narrow,
    nearest_quotient,
    product,
    rough,
    widen,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SWEEPS = 2  # enough in practice; completeness does not depend on it


@dataclass(frozen=True)
class Flats:
    """P flats of one dimension f in Z^d, and which of the first m rows cut each of them."""

    bases: IntMatrix  # (P, f, d)
    cutting: NDArray[np.bool_]  # (P, m); every such row is nonzero on the flat, several may agree on it

    @property
    def dimension(self) -> int:
        """The common dimension f."""
        return int(self.bases.shape[1])

    def __len__(self) -> int:
        return len(self.bases)

    def values(self, rows: IntMatrix) -> IntMatrix:
        """The rows on the basis vectors, as an array (P, f, number of rows)."""
        count, dimension, ambient = self.bases.shape
        flat = product(self.bases.reshape(count * dimension, ambient), rows)
        return flat.reshape(count, dimension, len(rows))


@dataclass(frozen=True)
class Cuts:
    """Flats F cut by one row each: the cut, and a vector of F that leaves it."""

    flats: Flats
    owner: NDArray[np.intp]  # which flat was cut
    row: NDArray[np.intp]  # by which row
    direction: IntMatrix  # (P, d)


def cut(parents: Flats, owner: NDArray[np.intp], row: NDArray[np.intp], rows: IntMatrix) -> Cuts:
    """Cut parents[owner] by rows[row]."""
    values = parents.values(rows)[owner, :, row]
    kernel = reduce_bases(kernels(parents.bases[owner], values))
    vanishing = ~Flats(kernel, parents.cutting[:0]).values(rows).any(axis=1)
    cutting = parents.cutting[owner] & ~vanishing
    return Cuts(Flats(kernel, cutting), owner, row, steepest(parents.bases[owner], values))


def steepest(bases: IntMatrix, values: IntMatrix) -> IntMatrix:
    """The basis vector that leaves the cut at the steepest angle (roughly; any of nonzero value will do).

    A flat angle would keep the points beside the cut close to it: correct, but with long coordinates.
    """
    slope = np.abs(rough(values)) / np.maximum(np.abs(rough(bases)).sum(axis=2), 1)
    best = np.argmax(np.where(values != 0, slope, -1), axis=1)
    chosen: IntMatrix = bases[np.arange(len(bases)), best]
    return chosen


def kernels(bases: IntMatrix, values: IntMatrix) -> IntMatrix:
    """Unimodular steps until one basis vector of each flat has a nonzero value: the others."""
    bases, values = bases.copy(), values.copy()
    busy = np.flatnonzero(np.count_nonzero(values, axis=1) > 1)
    while len(busy):
        if 2 * (largest(values) + 1) * (largest(bases) + 1) > INT64_LIMIT:
            bases, values = widen(bases), widen(values)
        value, basis = values[busy], bases[busy]
        each = np.arange(len(busy))
        pivot = np.argmin(np.where(value == 0, largest(value) + 1, np.abs(value)), axis=1)
        quotient = nearest_quotient(value, value[each, pivot][:, None])
        quotient[each, pivot] = 0
        values[busy] = value - quotient * value[each, pivot][:, None]
        bases[busy] = basis - quotient[:, :, None] * basis[each, pivot][:, None, :]
        busy = busy[np.count_nonzero(values[busy], axis=1) > 1]
    last = np.argmax(values != 0, axis=1)
    others = np.ones(values.shape, dtype=bool)
    others[np.arange(len(values)), last] = False
    count, dimension, ambient = bases.shape
    kernel: IntMatrix = bases[others].reshape(count, dimension - 1, ambient)
    return kernel


def reduce_modulo(vectors: IntMatrix, bases: IntMatrix, skip: int = -1) -> IntMatrix:
    """Subtract from each vector the nearest multiple of each basis vector in turn (all but `skip`).

    No step lengthens a vector, so by Cauchy-Schwarz no scalar product exceeds d (largest entry)^2.
    """
    if 4 * vectors.shape[1] * (max(largest(vectors), largest(bases)) + 1) ** 2 > INT64_LIMIT:
        vectors, bases = widen(vectors), widen(bases)
    for k in range(bases.shape[1]):
        if k != skip:
            against = bases[:, k]
            dot, norm = (vectors * against).sum(axis=1), (against * against).sum(axis=1)
            vectors = vectors - nearest_quotient(dot, norm)[:, None] * against
    return narrow(vectors)


def reduce_bases(bases: IntMatrix) -> IntMatrix:
    """The same lattices with shorter basis vectors (pairwise reduction, a fixed number of sweeps)."""
    for _ in range(SWEEPS):
        for k in range(bases.shape[1]):
            bases[:, k] = reduce_modulo(bases[:, k], bases, skip=k)
    return narrow(bases)
