"""Neurons that stay tight because their activations depend on those of others, for every lambda (delta > 0).

On structured rows more neurons can be tight than have independent activations. The branch then has a maximal
independent part of them. A further neuron f with rational c_k,

    Q_f nu = sum_k c_k Q_k nu  for every nu = lambda W g + y_N,      sum_k c_k = 1,

has |A_f nu|^2 = nu.Q_f nu = lambda^2 along the whole branch: it is tight. Where this does not hold for every g, it may
hold for all (g, 1) = Z zeta that the equations leave (see `implied`), which is asked again on every chord.

The c_k may be irrational where directions are fixed (see `fixed`): of a neuron whose direction is the same for every
lambda, Q_k W g is a constant vector of sums of square roots. If all neurons with c_k != 0 are such, the identity is one
between constant vectors.

Beside pairs, whose exchange is free, all this holds modulo X B: for R nu = X w(nu) with w in U is nu.R nu = 0, too. So
f may be a pair itself, if X^T nu = 0 on its directions. As long as all weights of the branch are positive, and all
shares strictly inside, any small weight of f can be made up for: it is used, and no part of it has to be named.

Else, giving it the weight t_f takes c_k t_f from the others. All are used iff some t_f leave every weight
positive; here t_f is a fixed part of the sum of some weights: of all, or, where neurons have just entered, of
theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpq_mat
from numpy.typing import NDArray

from polyrelu.curves.branch import BITS, Branch
from polyrelu.curves.implied import Implied
from polyrelu.exact.enclosure import ball
from polyrelu.exact.linear import solve, times
from polyrelu.exact.rational import is_rational
from polyrelu.exact.real import is_zero
from polyrelu.guess import basis_of, nonnegative_least_squares, positive_weights
from polyrelu.proof.neuron import Neuron, Place

PART_BITS = 20
FLAT = 1e-9


@dataclass(frozen=True)
class Dependent:
    """A further neuron: its coefficients over the neurons of the branch, and its part of the weight of some of them."""

    place: Place
    over: tuple[Any, ...]
    """Rational, or sums of square roots."""
    part: fmpq
    of: tuple[int, ...]
    pair: bool = False


def coefficients(branch: Branch, neuron: Neuron, implied: Implied | None = None) -> tuple[Any, ...] | None:
    """The c_k, if the identity holds for every lambda, exactly: for all g, or for those that the equations leave."""
    rest = fmpq_mat(branch.program.n, 1, branch.y_rest)

    def entries(Q: fmpq_mat) -> list[fmpq]:
        here = Q * branch.W if implied is None else implied.on_zeta(Q)
        return [v for columns in (here, Q * rest) for v in branch.beyond_exchange(columns).entries()]

    columns = [entries(branch.square(k)) for k in range(branch.K)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    found = solve(
        [*rows, [fmpq(1)] * branch.K], [*entries(branch.like([(neuron, False)]).square(0)), fmpq(1)]
    )
    if found is not None or implied is None or branch.r:
        return None if found is None else tuple(found)
    return _among_constants(branch, neuron, implied)


def _among_constants(branch: Branch, neuron: Neuron, implied: Implied) -> tuple[Any, ...] | None:
    """The c_k over the neurons with constant Q_k W g."""
    own = _constant(branch, branch.like([(neuron, False)]).square(0), implied)
    if own is None:
        return None
    known = {k: v for k in range(branch.K) if (v := _constant(branch, branch.square(k), implied)) is not None}
    rows = [list(row) for row in zip(*known.values(), strict=True)]
    found = solve([*rows, [fmpq(1)] * len(known)], [*own, fmpq(1)]) if known else None
    if found is None:
        return None
    over = dict(zip(known, found, strict=True))
    return tuple(over.get(k, fmpq(0)) for k in range(branch.K))


def _constant(branch: Branch, Q: fmpq_mat, implied: Implied) -> list[Any] | None:
    """Q W g, if it is the same for every lambda, and Q sees nothing of y_N."""
    if any((Q * fmpq_mat(branch.program.n, 1, branch.y_rest)).entries()):
        return None
    return implied.values(Q)


def depends(implied: Implied, branch: Branch, neuron: Neuron, further: Dependent) -> bool:
    """Whether the identity of a further neuron holds, exactly."""
    Q, over = branch.like([(neuron, False)]).square(0), further.over
    if not is_zero(sum(over, start=fmpq(0)) - 1) or (branch.r and further.part):
        return False
    if further.pair and not branch.is_exchanged(neuron):
        return False
    if not all(is_rational(c) for c in over):
        return _depends_among_constants(implied, branch, Q, over)
    rest = fmpq_mat(branch.program.n, 1, branch.y_rest)
    for k, c in enumerate(over):
        Q = Q - branch.square(k) * c
    left = (implied.on_zeta(Q), Q * rest)
    return not any(v for columns in left for v in branch.beyond_exchange(columns).entries())


def _depends_among_constants(implied: Implied, branch: Branch, Q: fmpq_mat, over: Sequence[Any]) -> bool:
    total = _constant(branch, Q, implied)
    for k, c in enumerate(over):
        if is_zero(c):
            continue
        own = _constant(branch, branch.square(k), implied)
        if total is None or own is None:
            return False
        total = [t - v * c for t, v in zip(total, own, strict=True)]
    return total is not None and all(is_zero(t) for t in total)


def independent_first(branch: Branch, nu: Sequence[arb], known: Iterable[Place]) -> list[int]:
    """Neurons whose activations are independent, known ones first; from floats, and proved by what is made of it."""
    heard, table = set(known), _activations(branch, nu)
    rank = int(np.linalg.matrix_rank(table, tol=FLAT * np.abs(table).max())) if table.size else 0
    return sorted(basis_of(table, np.array([float(k.place in heard) for k in branch.neurons]), rank))


def supporting(branch: Branch, nu: Sequence[arb]) -> list[int]:
    """Units with independent activations modulo what pairs exchange, and positive weights as far as that can be."""
    n = branch.program.n
    onto = branch.beyond_exchange(fmpq_mat([[fmpq(int(i == j)) for j in range(n)] for i in range(n)]))
    T = np.array([[float(v) for v in row] for row in onto.tolist()])
    table = _activations(branch, nu) @ T.T
    fit = T @ np.array([float((arb(y) - v).mid()) for y, v in zip(branch.target, nu, strict=True)])
    rank = int(np.linalg.matrix_rank(table, tol=FLAT * np.abs(table).max())) if table.size else 0
    return sorted(basis_of(table, nonnegative_least_squares(table.T, fit), rank))


def with_parts(
    branch: Branch, nu: Sequence[arb], found: dict[Place, tuple[Any, ...]], new: Iterable[Place] = ()
) -> tuple[Dependent, ...] | None:
    """Parts that leave all weights positive, proposed in floats; None where there seem to be none.

    Weights of `new` neurons vanish where they enter: such a neuron gets a part of what the new ones have together.
    """
    neurons = [*branch.neurons, *(Neuron(place, branch.program) for place in found)]
    table = _activations(branch.like((k, False) for k in neurons), nu)
    fit = np.array([float((arb(y) - v).mid()) for y, v in zip(branch.target, nu, strict=True)])
    if branch.program.free.ridge:
        r, lam = np.array([float(v) for v in branch.ridge.entries()]), _penalty(branch.neurons[0], nu)
        fit -= r * (r @ np.array([float(v.mid()) for v in nu])) / lam
    proposed = positive_weights(table, fit, branch.K)
    if proposed is None:
        return None
    weights, heard = proposed[0], set(new)
    given = np.array([[float(ball(c, BITS).mid()) for c in over] for over in found.values()]).reshape(
        len(found), branch.K
    )
    alone = weights[: branch.K] + weights[branch.K :] @ given  # where nobody else has any
    entered = tuple(k for k, neuron in enumerate(branch.neurons) if neuron.place in heard)
    parts = []
    for (place, over), weight in zip(found.items(), weights[branch.K :], strict=True):
        twin = [k for k, c in enumerate(over) if not (is_rational(c) and c == 0)]
        if branch.program.offset and len(twin) == 1:  # the same activation: half of its weight
            parts.append(Dependent(place, over, fmpq(1, 2), tuple(twin)))
            continue
        of = entered if place in heard and entered else tuple(range(branch.K))
        share = float(weight / sum(alone[k] for k in of))
        parts.append(Dependent(place, over, fmpq(round(share * 2**PART_BITS), 2**PART_BITS), of))
    return tuple(parts)


def _penalty(neuron: Neuron, nu: Sequence[arb]) -> float:
    """lambda, from a neuron that is tight."""
    return float(np.sqrt(sum(float(arb(v).mid()) ** 2 for v in times(neuron.N, nu))))


def _activations(branch: Branch, nu: Sequence[arb]) -> NDArray[np.float64]:
    rows = [[float((arb(0) + v).mid()) for v in branch.activation(k, nu)] for k in range(branch.K)]
    return np.array(rows).reshape(branch.K, branch.program.n)


def mixes(branch: Branch, further: Sequence[Dependent]) -> dict[Place, tuple[Any, ...]]:
    """The weight of every tight neuron as a linear form of b."""
    K, found = branch.K, dict[Place, tuple[Any, ...]]()
    given = {f.place: [f.part * int(k in f.of) for k in range(K)] for f in further}
    for k, neuron in enumerate(branch.neurons):
        taken = [sum((f.over[k] * given[f.place][j] for f in further), start=fmpq(0)) for j in range(K)]
        found[neuron.place] = tuple(fmpq(int(j == k)) - v for j, v in enumerate(taken))
    return found | {place: tuple(form) for place, form in given.items()}
