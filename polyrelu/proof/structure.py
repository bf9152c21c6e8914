"""The square system of a conjectured structure, in as few unknowns as its neurons need.

A structure is a list of neurons, each alone (a *single*) or standing for an antipodal *pair* {u, -u} of equal sign,
and a rational basis B of U = sum over pairs of (L_k intersected with the row space of X); without pairs B is empty.
Unknowns: nu in R^n, one weight per single or pair (a pair's is the sum of both), and c in R^r, r = dim U:

    nu + sum_k weight_k Q_k nu - X B c = y          n equations
    ( |A_k nu|^2 - lambda^2 ) / 2  = 0              one per single or pair
    - B^T X^T nu = 0                                r equations

In the linear phase B^T X^T nu = 0 makes -u tight with u, and an exchange of weight between the two changes the fit
by X z_k with z_k = s lambda u, in the span of X B. The Jacobian

    [[ I + sum weight_k Q_k, (Q_k nu)_k, -X B ], [ ..., 0 ]]   (symmetric)

has a positive definite corner where the weights are >= 0, so it is nonsingular iff its last columns are independent.

*Deflation.* Let W be a rational basis of the space spanned by the rows of all A_k and the columns of X B. The fit
y - nu lies in it, so nu = W g + y_N, where y_N is the part of y orthogonal to W: A_k y_N = 0 and B^T X^T y_N = 0. With
a_k = A_k W the system in (g, weights, c) is the one above multiplied by W^T,

    W^T W g + sum_k weight_k a_k^T a_k g - W^T X B c = W^T y,   (|a_k g|^2 - lambda^2)/2 = 0,   - (W^T X B)^T g = 0,

again symmetric, with as many unknowns as W has columns in place of n: a thousand rows whose neurons live in five
dimensions make a small system. Where W is all of R^n it is the identity, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat

from polyrelu.exact.krawczyk import Root, prove_root
from polyrelu.exact.lattice import rank_modulo_a_prime, row_lattice
from polyrelu.exact.linear import independent_rows, rank, squared, times
from polyrelu.exact.rational import integer_rows, select_rows
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.program import Program

ROOT_BITS = 100
"""Relative accuracy, in bits, to which the root is first proved."""


@dataclass(frozen=True, eq=False)
class Structure:
    """Neurons with weights; `paired[k]` says that neuron k stands for itself and its antipode."""

    program: Program
    neurons: tuple[Neuron, ...]
    paired: tuple[bool, ...]

    @cached_property
    def B(self) -> fmpq_mat:
        """Columns: a rational basis of U."""
        spans = [p.L.transpose().tolist() for p, pair in zip(self.neurons, self.paired, strict=True) if pair]
        rows = [row for span in spans for row in span]
        return fmpq_mat(row_lattice(rows, self.program.d)).transpose()

    @cached_property
    def XB(self) -> fmpq_mat:
        """The exchange directions X B."""
        return self.program.Xq * self.B

    @property
    def r(self) -> int:
        """Dimension of U."""
        return int(self.B.ncols())

    def is_exchanged(self, neuron: Neuron) -> bool:
        """Whether the neuron's directions lie in U: there -u is tight with u."""
        return self.r > 0 and rank([*self.B.transpose().tolist(), *neuron.L.transpose().tolist()]) == self.r

    @cached_property
    def W(self) -> fmpq_mat | None:
        """Columns: a basis of the space that holds the fit; None where that is all of R^n."""
        spans = [row for neuron in self.neurons for row in neuron.A.tolist()] + self.XB.transpose().tolist()
        rows = integer_rows(spans) if spans else fmpz_mat(0, self.program.n)
        if 4 * rank_modulo_a_prime(rows) > 3 * self.program.n:  # R^n holds the fit, too, and is little larger
            return None
        kept = independent_rows(rows)
        if len(kept) == self.program.n:
            return None
        return fmpq_mat(select_rows(rows, kept)).transpose()

    @property
    def size(self) -> int:
        """Number of coordinates g of the residual."""
        return int(self.W.ncols()) if self.W is not None else self.program.n

    @cached_property
    def y_rest(self) -> list[fmpq]:
        """y_N, the part of the target that no neuron reaches."""
        if self.W is None:
            return [fmpq(0)] * self.program.n
        W_t = self.W.transpose()
        y = fmpq_mat(self.program.n, 1, self.program.yq)
        return list((y - self.W * (W_t * self.W).solve(W_t * y)).entries())

    def in_W(self, matrix: fmpq_mat) -> fmpq_mat:
        """matrix * W."""
        return matrix if self.W is None else matrix * self.W

    def residual(self, g: Sequence[Any]) -> list[Any]:
        """nu = W g + y_N, over whatever numbers g is made of."""
        if self.W is None:
            return list(g)
        if all(isinstance(v, arb) for v in g):
            moved = arb_mat(self.W) * arb_mat(len(g), 1, list(g))
            return [v + r for v, r in zip(moved.entries(), self.y_rest, strict=True)]
        return [v + r for v, r in zip(times(self.W, g), self.y_rest, strict=True)]

    def exact_coordinates_of(self, nu: Sequence[Any]) -> list[Any]:
        """The g of a residual nu = W g + y_N over an exact field, read off as many rows as W has columns."""
        if self.W is None:
            return list(nu)
        rows = independent_rows(self.W)
        inverse = fmpq_mat(select_rows(self.W, rows)).inv()
        return times(inverse, [nu[j] - self.y_rest[j] for j in rows])

    def coordinates_of(self, nu: Sequence[float]) -> list[fmpq]:
        """The g whose W g + y_N is nearest to a residual in floats: where Newton's iteration starts.

        Solved exactly: columns of W may depend on each other nearly, and g then says more than floats hold.
        """
        exact = [fmpq(*v.as_integer_ratio()) for v in nu]
        if self.W is None:
            return exact
        W_t = self.W.transpose()
        return list((W_t * self.W).solve(W_t * fmpq_mat(self.program.n, 1, exact)).entries())

    def prove_root(
        self, nu: Sequence[float], weights: Sequence[float], c: Sequence[float], lam: fmpq | None = None
    ) -> Root | None:
        """A box with exactly one root of the square system near the given start; None where none was proved.

        `weights` are the convex ones, lambda beta_k. The start may belong to a larger penalty `lam`: with g = lambda m
        the system is lambda W^T W m + sum_k (lambda beta_k) a_k^T a_k m - ... = W^T y and |a_k m| = 1, which has a
        limit as lambda falls to 0; so m and the convex weights change little, though floats cannot hold W g + y_N.
        """
        system, lamq = SquareSystem(self), self.program.lamq
        g = [v if lam is None else v * (lamq / lam) for v in self.coordinates_of(nu)]
        start = [*g, *(fmpq(*w.as_integer_ratio()) / lamq for w in weights), *c]
        return prove_root(system.equations, system.jacobian, start, ROOT_BITS + _bits_below_one(lamq))


def _bits_below_one(lam: fmpq) -> int:
    """About 3 log2(1/lambda), not below 0: the unknowns g and beta are of size lambda and 1/lambda, and the norms of
    size lambda^2, so fewer bits do not tell the equations from noise.
    """
    return max(0, 3 * (int(lam.q).bit_length() - int(lam.p).bit_length()))


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
        """a_k, W^T W, W^T X B and W^T y."""
        structure, program = self.structure, self.structure.program
        y = fmpq_mat(program.n, 1, program.yq)
        a = [structure.in_W(neuron.A) for neuron in structure.neurons]
        W_t = None if structure.W is None else structure.W.transpose()
        if W_t is None:
            p = self.p
            return a, fmpq_mat(p, p, [int(i == j) for i in range(p) for j in range(p)]), structure.XB, y
        return a, W_t * structure.W, W_t * structure.XB, W_t * y

    def _rounded(self, _: int) -> tuple[list[arb_mat], arb_mat, arb_mat, arb_mat, arb]:
        a, gram, E, y = self.exact
        lam = self.structure.program.lamq
        return [arb_mat(m) for m in a], arb_mat(gram), arb_mat(E), arb_mat(y), arb(lam * lam)

    def equations(self, x: Sequence[arb]) -> list[arb]:
        """The fit, the halved norms, and the linear phase."""
        a, gram, E, y, lam_squared = self.rounded(ctx.prec)
        p, K, r = self.p, self.K, self.structure.r
        g = arb_mat(p, 1, list(x[:p]))
        fit, norms = gram * g - y - E * arb_mat(r, 1, list(x[p + K :])), []
        for a_k, weight in zip(a, x[p : p + K], strict=True):
            z = a_k * g
            fit = fit + (a_k.transpose() * z) * weight
            norms.append((sum((v * v for v in z.entries()), start=arb(0)) - lam_squared) / 2)
        return [*fit.entries(), *norms, *(-(E.transpose() * g)).entries()]

    def jacobian(self, x: Sequence[arb]) -> arb_mat:
        """The symmetric matrix of the docstring."""
        a, gram, E, _, _ = self.rounded(ctx.prec)
        p, K, r = self.p, self.K, self.structure.r
        g = arb_mat(p, 1, list(x[:p]))
        borders, stacked, weighted = [], [], []
        for a_k, weight in zip(a, x[p : p + K], strict=True):
            stacked += a_k.tolist()
            weighted += (a_k * weight).tolist()
            borders.append((a_k.transpose() * (a_k * g)).entries())
        corner = arb_mat(stacked).transpose() * arb_mat(weighted) + gram  # one product for all the neurons
        borders += [[-E[i, k] for i in range(p)] for k in range(r)]
        rows = [[*row, *(border[i] for border in borders)] for i, row in enumerate(corner.tolist())]
        return arb_mat(rows + [[*border, *([arb(0)] * (K + r))] for border in borders])

    def exactly(self, x: Sequence[Any]) -> list[Any]:
        """The same equations over an exact field."""
        a, gram, E, y = self.exact
        p, K, r = self.p, self.K, self.structure.r
        g, weights, c = list(x[:p]), x[p : p + K], list(x[p + K :])
        fit = [v - t for v, t in zip(times(gram, g), y.entries(), strict=True)]
        norms = []
        for a_k, weight in zip(a, weights, strict=True):
            z = times(a_k, g)
            fit = [f + v * weight for f, v in zip(fit, times(a_k.transpose(), z), strict=True)]
            norms.append(squared(z) - self.structure.program.lamq * self.structure.program.lamq)
        if r:
            fit = [f - v for f, v in zip(fit, times(E, c), strict=True)]
        return [*fit, *norms, *times(E.transpose(), g)]
