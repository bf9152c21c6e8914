"""Ranks of tight neurons' activations and directions: a minor in balls from below, a cheap reason from above.

Elimination over a number field divides, and there a division costs more than all else together. So it comes last. From
below a rank is a minor whose ball excludes zero. From above it is the number of columns, the dimension of a rational
space, or the number of columns less that of dependences: under a symmetry these often are rational, and then
sum_k c_k Q_k nu = 0 is a linear equation in nu that exact numbers decide without a division.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball_column, ends, precision
from polyrelu.exact.linear import independent_rows, rank, times
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.rational import to_fmpq
from polyrelu.exact.real import is_zero
from polyrelu.proof.fibre import Interior
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.point import BITS, Point
from polyrelu.proof.program import Program

SMALL = 2
"""The dimension of a space that differences of activations may lie in, to be looked at."""
LARGEST = 10_000
"""The greatest denominator of a coefficient in a dependence that is tried before elimination."""


@dataclass(frozen=True)
class Dependences:
    """Independent neurons, and every other neuron's activation as a rational combination of theirs."""

    basis: tuple[int, ...]
    others: dict[int, tuple[fmpq, ...]]


def rational_dependences(point: Point, neurons: Sequence[Neuron]) -> Dependences | None:
    """The dependences among the Q_k nu, read off balls and shown exactly; None where they are not rational."""
    bits = BITS[1]
    nu = point.balls(bits).nu
    with precision(bits):
        table = arb_mat([neuron.column(nu) for neuron in neurons])
        basis, rows = nonzero_minor(table) if neurons else ([], [])
        others = [k for k in range(len(neurons)) if k not in basis]
        if not basis or not others:
            return Dependences(tuple(basis), dict.fromkeys(others, ()))
        square = arb_mat([[table[k, i] for k in basis] for i in rows])
        right = arb_mat([[table[k, i] for k in others] for i in rows])
        guesses = [[_simple(v) for v in column] for column in square.solve(right).transpose().tolist()]
    known, found = [neurons[j] for j in basis], {}
    for k, guess in zip(others, guesses, strict=True):
        c = tuple(v for v in guess if v is not None)
        if len(c) < len(basis) or not _depends(point, neurons[k], known, c):
            return None
        found[k] = c
    return Dependences(tuple(basis), found)


def rank_of_activations(point: Point, neurons: Sequence[Neuron]) -> int:
    """The rank of the Q_k nu."""
    found = rational_dependences(point, neurons)
    if found is not None:
        return len(found.basis)
    with precision(BITS[1]):
        low = len(nonzero_minor(arb_mat([k.column(point.balls(BITS[1]).nu) for k in neurons]))[0])
    if low == _at_most(point, neurons):
        return low
    if point.exact is None:
        raise Undecided("is a minor of the activations = 0? Balls hold zero, and no exact field was found")
    return rank([neuron.column(point.exact.at.nu) for neuron in neurons])


def _at_most(point: Point, neurons: Sequence[Neuron]) -> int:
    """A bound of the rank: differences of two activations often lie in a small rational space, whatever nu is.

    m differences that make a forest, and span a space of dimension e, leave a rank of K - m + e at most.
    """
    from networkx.utils import UnionFind

    images = [
        point.vanishing.on_zeta(_modulo_free(point, neuron.N.transpose() * neuron.N)) for neuron in neurons
    ]
    differences = (
        (a, b, (images[a] - images[b]).transpose().tolist()) for a, b in combinations(range(len(neurons)), 2)
    )
    small = sorted((rank(columns), a, b) for a, b, columns in differences)
    tree, space, edges = UnionFind(range(len(neurons))), list[list[fmpq]](), 0
    for size, a, b in small:
        if size > SMALL or tree[a] == tree[b]:
            continue
        wider = [*space, *(images[a] - images[b]).transpose().tolist()]
        if rank(wider) <= len(space) + 1:
            tree.union(a, b)
            space, edges = [wider[k] for k in independent_rows(wider)], edges + 1
    return len(neurons) - edges + len(space)


def _modulo_free(point: Point, matrix: fmpq_mat) -> fmpq_mat:
    return point.structure.program.free.onto_complement(matrix)


def _simple(v: arb) -> fmpq | None:
    """The only fraction of small denominator that the ball can hold; None if there is none."""
    low, high = ends(v)
    guess = ((low + high) / 2).limit_denominator(LARGEST)
    return fmpq(guess.numerator, guess.denominator) if low <= guess <= high else None


def _depends(point: Point, neuron: Neuron, basis: Sequence[Neuron], c: Sequence[fmpq]) -> bool:
    """Exactly: is Q nu the combination of the basis with these coefficients?"""
    total = neuron.N.transpose() * neuron.N
    for k, value in zip(basis, c, strict=True):
        if value != 0:
            total -= (k.N.transpose() * k.N) * value
    total = _modulo_free(point, total)
    if all(map(point.vanishing.is_zero, total.tolist())):
        return True
    return point.exact is not None and all(is_zero(v) for v in times(total, point.exact.at.nu))


def rank_of_directions(point: Point, neurons: Sequence[Neuron]) -> int:
    """Rank of the z_k modulo the linear functions that are free: a minor in balls from below, min(q, dim U) from
    above, exact algebra between them.
    """
    if not neurons:
        return 0
    at, program = point.balls(200), point.structure.program
    with precision(200):
        low = len(nonzero_minor(arb_mat([modulo_forms(program, neuron.z(at.nu)) for neuron in neurons]))[0])
    span = fmpq_mat([row for neuron in neurons for row in neuron.L.transpose().tolist()]).transpose()
    high = min(len(neurons), span.rank() - free_dimension(span, program))
    if low == high:
        return low
    if point.exact is None:
        raise Undecided(
            "is a minor of the antipodal directions = 0? Balls hold zero, and no exact field was found"
        )
    return rank([modulo_forms(program, neuron.z(point.exact.at.nu)) for neuron in neurons])


def modulo_forms(program: Program, v: Sequence[Any]) -> list[Any]:
    """The function v.x modulo the free functions that are linear: orthogonal to all of these."""
    forms = program.free.forms
    if not forms:
        return list(v)
    F = fmpq_mat([[to_fmpq(x) for x in form] for form in forms])
    inside = times(F.transpose(), times((F * F.transpose()).inv(), times(F, v)))
    return [a - b for a, b in zip(v, inside, strict=True)]


def free_dimension(span: fmpq_mat, program: Program) -> int:
    """The dimension of what the columns of a matrix and the free linear functions have in common."""
    forms = [[to_fmpq(x) for x in form] for form in program.free.forms]
    own = span.rank()
    return own + len(forms) - rank([*span.transpose().tolist(), *forms]) if forms and own else 0


def all_positive(point: Point, neurons: Sequence[Neuron], of_all: int) -> Interior | None:
    """A solution that is proved to have every beta > 0, or None.

    Fix the betas outside a basis at rationals and solve for the others on the rows of a minor. With the rank known the
    other equations follow, because the fit lies in the span: the structure's root is a solution.
    """
    from polyrelu.guess import positive_weights

    if not neurons:  # the empty sum, where the fit is known to be zero
        return Interior({}, ())
    bits = BITS[0]
    nu = point.balls(bits).nu
    with precision(bits):
        table = arb_mat([neuron.column(nu) for neuron in neurons])
        fit = point.structure.program.fit(nu)
        known = sorted(nonzero_minor(table)[1])  # rows that are not zero but for rounding, and independent
        floats = _floats(table)[:, known]
        proposed = positive_weights(floats, np.array([float(fit[i].mid()) for i in known]), of_all)
        if proposed is None:
            return None
        weights, basis = proposed
        _, rows = nonzero_minor(arb_mat([[table[k, i] for i in range(table.ncols())] for k in basis]))
        if len(rows) < of_all:
            return None
        right, basis = ball_column([fit[i] for i in rows]), sorted(basis)
        others = [k for k in range(len(neurons)) if k not in basis]
        fixed = {k: fmpq(*weights[k].as_integer_ratio()) for k in others}
        for k, value in fixed.items():
            right -= ball_column([table[k, i] for i in rows]) * arb(value)
        solution = arb_mat([[table[k, i] for k in basis] for i in rows]).solve(right).entries()
        inside = all(v > 0 for v in (*fixed.values(), *solution))
        return Interior(fixed, tuple(basis)) if inside else None


def _floats(table: arb_mat) -> Any:
    return np.array([[float(v.mid()) for v in row] for row in table.tolist()])
