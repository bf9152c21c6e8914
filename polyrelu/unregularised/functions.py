"""Do all optimal networks compute the same function on R^d? Decided exactly for lambda = 0.

ReLU. Write u_D = w_(D,+) - w_(D,-). Weights are optimal iff they lie in their cones and sum D X u_D = optimal fit.

1. ker X holds some v != 0: it lies in every cone, so t v may be added to a weight without changing the fit; at x = v
   the function changes for large t.
2. Some optimal u has u_D != 0 where dim K_D >= 2. Choose b in the relative interior of K_D, not parallel to u_D and
   so long that a = u_D + b lies in K_D. The weights (a, b) and (a + b, 2b) of (D, +) and (D, -) have the same u_D,
   and their functions differ by (x.a)_+ + (x.b)_+ - (x.(a + b))_+ >= 0, which is positive where x.a and x.b have
   opposite signs; a and b are independent, so there is such an x.
3. Some K_D has dimension >= 2, and u_D = 0 in every optimal u (possible in a list of patterns alone). A network may
   split a block at no cost: neurons a and b of K_D with sign + and a + b with sign - leave the fit as it is, and the
   function changes as in 2.
4. Otherwise all cones (ker X = 0) are {0} or half-lines R_+ g, where u_D = a_D g and the function is
   sum a_D (x.g_D)_+: linear in u. So all functions agree iff every kernel vector gives the zero function, which is
   linear on each cell of the hyperplanes { x.g_D = 0 } and looked at there.

Gated ReLU. sum 1[g_D.x >= 0] x.u_D, with one gate vector per pattern and -g for the complement of g, is the zero
function iff u_D = 0 for patterns without complement, u_D = u_D' for complements, and the u_D over the pairs add up to
0 (look at the jump across each hyperplane g_D.x = 0, then at the rest). These u form a space of dimension d (q - 1)
for q > 0 pairs, and lie in the kernel; so all functions agree iff the kernel is not larger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat

from polyrelu.exact.lattice import kernel_lattice
from polyrelu.exact.linear import dot
from polyrelu.exact.rational import to_fraction
from polyrelu.unregularised.cones import Vector
from polyrelu.unregularised.fits import Fits, Moves

Weights = Mapping[int, Vector]
"""Block weights that are not zero, keyed by the block: 2 i + (0 for +, 1 for -) for pattern i, or i for gates."""


@dataclass(frozen=True)
class Agreement:
    """Whether all optimal networks are one function; if not, two of them and (for ReLU) an input where they differ."""

    same: bool
    reason: str
    first: Weights | None = None
    second: Weights | None = None
    x: Vector | None = None


def agreement(fits: Fits) -> Agreement:
    """The verdict, by the cases above."""
    if fits.program.gated:
        return _gated(fits)
    flat = kernel_lattice(fits.program.Xq)
    if flat.nrows():
        return _moved_along_kernel_of_X(fits, [fmpq(v) for v in flat.tolist()[0]])
    u, i = _move_in_wide_cone(fits)
    if i is not None:
        return _stretched(fits, u, i)
    wide = next((i for i in range(len(fits.program.patterns)) if len(fits.span(i)) >= 2), None)
    if wide is not None:
        why = (
            f"two neurons of pattern {wide + 1} and their sum with the opposite sign may be added at no cost"
        )
        return Agreement(False, why)
    return _half_lines(fits)


def block_weights(fits: Fits, moves: Moves) -> dict[int, Vector]:
    """Weights in the cones with w_(D,+) - w_(D,-) = u_D: pushed into the cone along its interior point."""
    if fits.program.gated:
        return dict(moves)
    weights = {}
    for i, u in moves.items():
        cone = fits.cone(i)
        t = cone.push(u)
        weights[2 * i] = plus(u, cone.interior, t)
        weights[2 * i + 1] = [t * g for g in cone.interior]
    return {b: w for b, w in weights.items() if any(w)}


def plus(u: Sequence[fmpq], v: Sequence[fmpq], factor: fmpq | int = 1) -> Vector:
    """u + factor v."""
    return [x + factor * y for x, y in zip(u, v, strict=True)]


def value(weights: Weights, x: Sequence[fmpq]) -> fmpq:
    """The function of a ReLU network at x."""
    terms = ((max(dot(x, w), fmpq(0)), b) for b, w in weights.items())
    return sum((-t if b % 2 else t for t, b in terms), start=fmpq(0))


def _moved_along_kernel_of_X(fits: Fits, v: Vector) -> Agreement:
    first = block_weights(fits, fits.moves)
    old = first.get(0, [fmpq(0)] * len(v))
    t = 1 + max(fmpq(0), -dot(v, old) / dot(v, v))
    why = "a weight may move along the kernel of X, which no row sees"
    return Agreement(False, why, first, {**first, 0: plus(old, v, t)}, v)


def _move_in_wide_cone(fits: Fits) -> tuple[Moves, int | None]:
    """An optimal u and a pattern with dim K_D >= 2 and u_D != 0; None if there is none."""
    for i in fits.moves:
        if len(fits.span(i)) >= 2:
            return fits.moves, i
    for kernel in fits.kernel():
        for i in kernel:
            if len(fits.span(i)) >= 2:
                return _sum(fits.moves, kernel), i  # the first loop left u_D = 0 here
    return {}, None


def _stretched(fits: Fits, moves: Moves, i: int) -> Agreement:
    cone, u = fits.cone(i), moves[i]
    g = cone.interior
    if fmpq_mat([g, u]).rank() < 2:
        off = next(e for e in fits.span(i) if fmpq_mat([e, u]).rank() == 2)
        g = plus(off, cone.interior, cone.push(off) + 1)
    t = cone.push(u, g)
    b = [(t if t > 0 else fmpq(1)) * v for v in g]
    a = plus(u, b)
    others = {k: w for k, w in block_weights(fits, moves).items() if k // 2 != i}
    first = {**others, 2 * i: a, 2 * i + 1: b}
    second = {**others, 2 * i: plus(a, b), 2 * i + 1: [2 * v for v in b]}
    gram = fmpq_mat([[dot(a, a), dot(a, b)], [dot(a, b), dot(b, b)]])
    p, q = gram.solve(fmpq_mat([[1], [-1]])).entries()
    x = plus([p * v for v in a], b, q)
    why = f"pattern {i + 1} carries weights of both signs that can be stretched apart at the same fit"
    return Agreement(False, why, first, second, x)


def _half_lines(fits: Fits) -> Agreement:
    first = block_weights(fits, fits.moves)
    for kernel in fits.kernel():
        x = _where_not_zero(list(kernel.values()), [fits.cone(i).interior for i in kernel])
        if x is not None:
            second = block_weights(fits, _sum(fits.moves, kernel))
            return Agreement(False, "fits of different neurons are dependent", first, second, x)
    return Agreement(True, "every dependence among the fits is the zero function")


def _where_not_zero(u: Sequence[Vector], g: Sequence[Vector]) -> Vector | None:
    """An x with sum a_k (x.g_k)_+ != 0, where u_k = a_k g_k; None if there is none."""
    from polyrelu.arrangement.cells import enumerate_cells

    cells = enumerate_cells([[to_fraction(v) for v in row] for row in g])
    for witness in cells.witnesses.tolist():
        w = [fmpq(int(v)) for v in witness]
        form = [fmpq(0)] * len(w)
        for u_k, g_k in zip(u, g, strict=True):
            if dot(g_k, w) > 0:
                form = plus(form, u_k)
        if dot(form, w) != 0:
            return w
        if any(form):  # push w off the zeros of the form, so little that no side changes
            room = [abs(dot(g_k, w)) / (1 + abs(dot(g_k, form))) for g_k in g]
            return plus(w, form, min(room) / 2)
    return None


def _sum(u: Moves, v: Moves) -> Moves:
    total = dict(u)
    for i, move in v.items():
        total[i] = plus(total[i], move) if i in total else move
    return {i: move for i, move in total.items() if any(move)}


def _gated(fits: Fits) -> Agreement:
    partner = _complements(fits)
    q = len(partner) // 2
    free = fits.cone_dimensions - fits.rank
    if free == max(0, q - 1) * fits.program.d:
        return Agreement(
            True, "every dependence among the fits is the zero function, as complements of gates cancel"
        )
    kernel = next(k for k in fits.kernel() if not _cancels(k, partner))
    why = "fits of different gates are dependent, beyond what complements of gates explain"
    return Agreement(False, why, dict(fits.moves), _sum(fits.moves, kernel))


def _complements(fits: Fits) -> dict[int, int]:
    """For every gate that has one, its complement on the nonzero rows."""
    live = fits.program.patterns[:, fits.program.nonzero_rows]
    place = {pattern.tobytes(): i for i, pattern in enumerate(live)}
    found = ((i, place.get(np.logical_not(pattern).tobytes())) for i, pattern in enumerate(live))
    return {i: k for i, k in found if k is not None and k != i}


def _cancels(u: Moves, partner: Mapping[int, int]) -> bool:
    """Whether u is the zero function."""
    if any(i not in partner or u.get(partner[i]) != move for i, move in u.items()):
        return False
    return not any(sum(column, start=fmpq(0)) for column in zip(*u.values(), strict=True))
