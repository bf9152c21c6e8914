"""The equations of a structure and their Jacobian: see `structure`, where they are derived."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from polyrelu.exact.krawczyk import Root, prove_root
from polyrelu.exact.linear import squared, times
from polyrelu.proof.structure import Structure

ROOT_BITS = 100
"""Relative accuracy, in bits, to which the root is first proved."""


class SquareSystem:
    """The deflated equations and their Jacobian, in ball arithmetic at whatever precision is current."""

    def __init__(self, structure: Structure) -> None:
        self.structure, self.p, self.K = structure, structure.size, len(structure.neurons)
        # Rational data is rounded to balls once per precision: a coarse ball must not serve a finer computation.
        self.rounded = lru_cache(maxsize=4)(self._rounded)

    def __reduce__(self) -> tuple[type[SquareSystem], tuple[Structure]]:
        """For pickling: a cache does not travel."""
        return SquareSystem, (self.structure,)

    @cached_property
    def exact(self) -> tuple[list[fmpq_mat], fmpq_mat, fmpq_mat, fmpq_mat]:
        """a_k, W^T W, W^T E and W^T y."""
        structure, program = self.structure, self.structure.program
        y = fmpq_mat(program.n, 1, program.yq)
        a = [structure.in_W(neuron.N) for neuron in structure.neurons]
        W_t = None if structure.W is None else structure.W.transpose()
        if W_t is None:
            p = self.p
            return a, fmpq_mat(p, p, [int(i == j) for i in range(p) for j in range(p)]), structure.E, y
        return a, W_t * structure.W, W_t * structure.E, W_t * y

    def _rounded(self, _: int) -> tuple[list[arb_mat], arb_mat, arb_mat, arb_mat, arb]:
        a, gram, E, y = self.exact
        lam = self.structure.program.lamq
        return [arb_mat(m) for m in a], arb_mat(gram), arb_mat(E), arb_mat(y), arb(lam * lam)

    def equations(self, x: Sequence[arb]) -> list[arb]:
        """The fit, the halved norms, and the border."""
        a, gram, E, y, lam_squared = self.rounded(ctx.prec)
        p, K, r = self.p, self.K, self.structure.e
        g = arb_mat(p, 1, list(x[:p]))
        fit, norms = gram * g - y - E * arb_mat(r, 1, list(x[p + K :])), []
        for a_k, weight in zip(a, x[p : p + K], strict=True):
            z = a_k * g
            fit = fit + (a_k.transpose() * z) * weight
            norms.append((sum((v * v for v in z.entries()), start=arb(0)) - lam_squared) / 2)
        border = (-(E.transpose() * g)).entries()
        prices = zip(border, self.structure.R, x[p + K :], strict=True)
        return [*fit.entries(), *norms, *(v - c * price if price else v for v, price, c in prices)]

    def jacobian(self, x: Sequence[arb]) -> arb_mat:
        """The symmetric matrix of the docstring."""
        a, gram, E, _, _ = self.rounded(ctx.prec)
        p, K, r = self.p, self.K, self.structure.e
        g = arb_mat(p, 1, list(x[:p]))
        borders, stacked, weighted = [], [], []
        for a_k, weight in zip(a, x[p : p + K], strict=True):
            stacked += a_k.tolist()
            weighted += (a_k * weight).tolist()
            borders.append((a_k.transpose() * (a_k * g)).entries())
        corner = arb_mat(stacked).transpose() * arb_mat(weighted) + gram  # one product for all the neurons
        borders += [[-E[i, k] for i in range(p)] for k in range(r)]
        rows = [[*row, *(border[i] for border in borders)] for i, row in enumerate(corner.tolist())]
        below = [[arb(0)] * (K + r) for _ in borders]
        for k, price in enumerate(self.structure.R):
            below[K + k][K + k] = arb(-price)
        return arb_mat(rows + [[*border, *rest] for border, rest in zip(borders, below, strict=True)])

    def exactly(self, x: Sequence[Any]) -> list[Any]:
        """The same equations over an exact field."""
        a, gram, E, y = self.exact
        p, K = self.p, self.K
        g, weights, c = list(x[:p]), x[p : p + K], list(x[p + K :])
        fit = [v - t for v, t in zip(times(gram, g), y.entries(), strict=True)]
        norms = []
        for a_k, weight in zip(a, weights, strict=True):
            z = times(a_k, g)
            fit = [f + v * weight for f, v in zip(fit, times(a_k.transpose(), z), strict=True)]
            norms.append(squared(z) - self.structure.program.lamq * self.structure.program.lamq)
        if not c:
            return [*fit, *norms]
        fit = [f - v for f, v in zip(fit, times(E, c), strict=True)]
        border = zip(times(E.transpose(), g), self.structure.R, c, strict=True)
        return [*fit, *norms, *(v + e * price if price else v for v, price, e in border)]


def root_of(
    structure: Structure,
    nu: Sequence[float],
    weights: Sequence[float],
    c: Sequence[float],
    lam: fmpq | None = None,
) -> Root | None:
    """A box with exactly one root of the square system near the given start; None where none was proved.

    `weights` are the convex ones, lambda beta_k. The start may belong to a larger penalty `lam`: with g = lambda m
    the system is lambda W^T W m + sum_k (lambda beta_k) a_k^T a_k m - ... = W^T y and |a_k m| = 1, which has a
    limit as lambda falls to 0; so m and the convex weights change little, though floats cannot hold W g + y_N.
    """
    system, lamq = SquareSystem(structure), structure.program.lamq
    g = [v if lam is None else v * (lamq / lam) for v in structure.coordinates_of(nu)]
    start = [*g, *(fmpq(*w.as_integer_ratio()) / lamq for w in weights), *c]
    return prove_root(system.equations, system.jacobian, start, ROOT_BITS + _bits_below_one(lamq))


def _bits_below_one(lam: fmpq) -> int:
    """About 3 log2(1/lambda), not below 0: the unknowns g and beta are of size lambda and 1/lambda, and the norms of
    size lambda^2, so fewer bits do not tell the equations from noise.
    """
    return max(0, 3 * (int(lam.q).bit_length() - int(lam.p).bit_length()))
