"""Residuals that are exactly zero, shown without a field.

Where no neuron of the structure acts on row j, nu_j = y_j. And for tight neurons k and l of the structure, with
A_k - A_l = v e_j^T (up to columns where nu is known to be 0),

    0 = |A_k nu|^2 - |A_l nu|^2 = (A_k - A_l) nu . (A_k + A_l) nu = nu_j v.(A_k + A_l) nu,

so nu_j = 0 where a ball shows that the other factor is not 0; likewise for A_k + A_l. Then every neuron whose A agrees
with that of a tight neuron in all other columns is tight as well, whatever the field of the optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, product

from flint import arb, fmpq_mat

from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, times
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.point import Point

BITS = 200


@lru_cache(maxsize=8)
def vanishing_rows(point: Point) -> frozenset[int]:
    """Rows j with nu_j = 0, as far as the structure's neurons show."""
    structure, nu = point.structure, point.balls(BITS).nu
    touched = frozenset[int]().union(
        *(_columns(k.N) for k in structure.neurons), _columns(structure.E.transpose())
    )
    known = frozenset(j for j, v in enumerate(structure.program.yq) if v == 0) - touched
    pairs = list(product(combinations(point.structure.neurons, 2), (1, -1)))
    while True:
        found = set[int]()
        for (k, other), sign in pairs:
            columns = _columns(k.N - other.N * sign) - known
            if len(columns) != 1:
                continue
            (j,) = columns
            v = [(k.N - other.N * sign)[i, j] for i in range(k.N.nrows())]
            with precision(BITS):
                factor = arb(0) + dot(v, times(k.N + other.N * sign, nu))
            if factor > 0 or factor < 0:
                found.add(j)
        if not found:
            return known
        known |= found


def is_twin(point: Point, neuron: Neuron) -> bool:
    """Whether A nu = +-A_k nu for a neuron k of the structure, by vanishing rows, or by the equations of the border,
    alone: then it is tight.
    """
    zero = vanishing_rows(point)
    for k, sign in product(point.structure.neurons, (1, -1)):
        apart = neuron.N - k.N * sign
        if _columns(apart) <= zero or all(map(point.structure.implies_zero, apart.tolist())):
            return True
    return False


def idle(point: Point, neurons: Sequence[Neuron]) -> set[int]:
    """Tight neurons without weight in all optima: the fit is 0 on a row where those that act have one strict sign."""
    nu, found = point.balls(BITS).nu, set[int]()
    for j in vanishing_rows(point):
        if point.structure.program.yq[j] != 0:
            continue
        acting = [k for k, neuron in enumerate(neurons) if j in _columns(neuron.N)]
        with precision(BITS):
            values = [neurons[k].activation(nu)[j] for k in acting]
        if all(bool(v > 0) for v in values) or all(bool(v < 0) for v in values):
            found.update(acting)
    return found


def _columns(matrix: fmpq_mat) -> frozenset[int]:
    """The columns that are not zero."""
    table = matrix.tolist()
    return frozenset(j for j in range(matrix.ncols()) if any(row[j] != 0 for row in table))
