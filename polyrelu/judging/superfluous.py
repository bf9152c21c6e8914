"""Which units of a network are superfluous: without them the others, scaled, do the same at no larger penalty.

Let a_k be the signed activations of the units on the rows, and f_k >= 0 with sum f_k a_k = sum a_k modulo the free
columns. Units times sqrt(f_k) (each w_k times f_k) have the same outputs on the rows, and the balanced penalty
sum f_k |w_k|. Floats propose which f_k are not zero, by a linear program; the f_k are then the solution of a rational
system, and they are >= 0 and cost no more, or nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpq_mat

from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, independent_rows, times
from polyrelu.exact.rational import is_rational, to_fmpq, to_fraction
from polyrelu.exact.vectors import primitive
from polyrelu.guess import cheapest_support
from polyrelu.networks.coordinates import BITS, enclosed, rounded
from polyrelu.networks.network import Network
from polyrelu.networks.unit import Unit
from polyrelu.proof.free_columns import FreeColumns

MAX_SIZE = 600
"""Units and rows together, beyond which nothing is sought."""


@dataclass(frozen=True, eq=False)
class Leaner:
    """Superfluous units, and a network without them: same outputs on the rows, and a balanced penalty not larger."""

    superfluous: tuple[int, ...]
    network: Network
    saved: arb
    """What the balanced penalty lost, times lambda."""


def leaner(network: Network, problem: Problem) -> Leaner:
    """The network without its superfluous units."""
    if network.is_gated or not all(is_rational(v) for u in network.units for v in u.coordinates):
        raise Undecided("superfluous units are sought in networks with rational weights and without gates")
    if network.width + problem.n > MAX_SIZE:
        raise LimitReached(f"superfluous units are sought for up to {MAX_SIZE} rows and units together")
    rows = [[to_fmpq(v) for v in row] for row in problem.X]
    free, joined = FreeColumns.of(problem), _joined(network)
    full = {i: [v * f for v in _activations(network.units[i], rows)] for i, f in joined.items()}
    places = [i for i, a in full.items() if any(a)]
    factors = _factors(
        [free.modulo(full[i]) for i in places], [network.normed[i].size() * joined[i] for i in places]
    )
    kept = {places[k]: f * joined[places[k]] for k, f in factors.items()}
    moved = [sum((a[j] for a in full.values()), start=fmpq(0)) for j in range(problem.n)]
    for k, f in factors.items():
        moved = [v - f * a for v, a in zip(moved, full[places[k]], strict=True)]
    found = replace(
        network,
        units=tuple(_scaled(network.units[i], f) for i, f in kept.items()),
        coefficients=_coefficients(network, free, moved),
    )
    with precision(BITS):
        before, after = enclosed(network.balanced_penalty()), enclosed(found.balanced_penalty())
        saved = (before - after) * to_fmpq(problem.lam or 0)
    gone = tuple(i for i in range(network.width) if i not in kept)
    return Leaner(gone, found, saved.max(arb(0)))


def _activations(unit: Unit, rows: list[list[fmpq]]) -> list[fmpq]:
    return [unit.activation(x, dot(x, unit.theta)) * unit.phi for x in rows]


def _joined(network: Network) -> dict[int, fmpq]:
    """Of units whose w are positive multiples of each other the first, and by what its w grows for all of them."""
    first: dict[Any, int] = {}
    found: dict[int, fmpq] = {}
    for i, unit in enumerate(network.units):
        if unit.is_zero:
            continue
        w = unit.convex_weight
        j = first.setdefault((unit.sign, primitive(w)), i)
        own = network.units[j].convex_weight
        c = next(c for c, v in enumerate(own) if v)
        found[j] = found.get(j, fmpq(0)) + w[c] / own[c]
    return found


def _factors(columns: list[list[fmpq]], sizes: list[Any]) -> dict[int, fmpq]:
    """The f_k of the columns that stay: proposed, solved for, and all 1 where the proposal fails a test."""
    same = {k: fmpq(1) for k in range(len(columns))}
    if not columns:
        return same
    try:
        table = np.array([[float(to_fraction(v)) for v in a] for a in columns]).T
    except OverflowError:  # nothing is proposed beyond the range of floats
        return same
    with np.errstate(all="ignore"):
        support = cheapest_support(table, table.sum(axis=1), np.array([rounded(v) for v in sizes]))
    basis = [support[k] for k in independent_rows([columns[k] for k in support])] if support else []
    total = [sum(values, start=fmpq(0)) for values in zip(*columns, strict=True)]
    solved = _solved([columns[k] for k in basis], total)
    if solved is None or any(f < 0 for f in solved):
        return same
    with precision(BITS):
        cost = sum((enclosed(v) for v in sizes), start=arb(0))
        now = sum((enclosed(sizes[k]) * f for k, f in zip(basis, solved, strict=True)), start=arb(0))
    if len(basis) == len(columns) or not now <= cost:
        return same
    return {k: f for k, f in zip(basis, solved, strict=True) if f}


def _solved(basis: list[list[fmpq]], total: list[fmpq]) -> list[fmpq] | None:
    """The only combination of independent columns that is the total, if there is one."""
    if not basis:
        return None if any(total) else []
    A = fmpq_mat(basis)
    solved = list((A * A.transpose()).solve(A * fmpq_mat(len(total), 1, total)).entries())
    reached = times(A.transpose(), solved)
    return solved if all(a == b for a, b in zip(reached, total, strict=True)) else None


def _scaled(unit: Unit, factor: fmpq) -> Unit:
    """The unit with w times the factor exactly: theta times a rational near its root, phi times the rest."""
    c = fmpq(*(rounded(factor) ** 0.5).as_integer_ratio()) or fmpq(1)
    return unit if factor == 1 else Unit(tuple(v * c for v in unit.theta), unit.phi * factor / c)


def _coefficients(network: Network, free: FreeColumns, moved: list[fmpq]) -> tuple[Any, ...]:
    """Those of the free functions, with what the units no longer give; a ridge output bias stays."""
    if not free.kept:
        return network.coefficients
    more = free.coefficients(moved)
    c = network.coefficients
    return (*(a + b for a, b in zip(c, more, strict=False)), *c[len(more) :])
