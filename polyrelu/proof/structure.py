"""The square system of a conjectured structure, in as few unknowns as its neurons need.

A structure is a list of neurons, each alone (a *single*) or standing for an antipodal *pair* {u, -u} of equal sign,
and the *border* E: the free columns (with a minus sign, so that their coefficients c count as in the network), the
columns D 1 of places that float (see `neuron`), the ridge column, and X B, where B is a rational basis of U = sum over
pairs of (L_k intersected with the row space of X), without what the columns before span; without pairs B is empty.
Unknowns: nu in R^n, one weight per single or pair (a pair's is the sum of both), and c in R^e:

    nu + sum_k weight_k Q_k nu - E c = y            n equations
    ( |A_k nu|^2 - lambda^2 ) / 2  = 0              one per single or pair
    - E^T nu - R c = 0                              e equations, R diagonal: lambda for the ridge column, else 0

In the linear phase B^T X^T nu = 0 makes -u tight with u, and an exchange of weight between the two changes the fit
by X z_k with z_k = s lambda u, in the span of E. The Jacobian

    [[ I + sum weight_k Q_k, (Q_k nu)_k, -E ], [ ..., 0, 0 ], [ ..., 0, -R ]]   (symmetric)

has a positive definite corner where the weights are >= 0, and a part -R below it, so it is nonsingular iff the Q_k nu
and the columns of E without a ridge are independent.

*Deflation.* Let W be a rational basis of the space spanned by the rows of all A_k and the columns of E. The fit
y - nu lies in it, so nu = W g + y_N, where y_N is the part of y orthogonal to W: A_k y_N = 0 and E^T y_N = 0. With
a_k = A_k W the system in (g, weights, c) is the one above multiplied by W^T,

    W^T W g + sum_k weight_k a_k^T a_k g - W^T E c = W^T y,   (|a_k g|^2 - lambda^2)/2 = 0,   - (W^T E)^T g - R c = 0,

again symmetric, with as many unknowns as W has columns in place of n: a thousand rows whose neurons live in five
dimensions make a small system. Where W is all of R^n it is the identity, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat, fmpz_mat

from polyrelu.exact.lattice import rank_modulo_a_prime
from polyrelu.exact.linear import (
    independent_rows,
    times,
)
from polyrelu.exact.rational import integer_rows, select_rows
from polyrelu.proof.border import Border


@dataclass(frozen=True, eq=False)
class Structure(Border):
    """Neurons with weights; `paired[k]` says that neuron k stands for itself and its antipode."""

    @property
    def spans(self) -> list[list[fmpq]]:
        """Rows that span the space that holds the fit."""
        return [*(row for neuron in self.neurons for row in neuron.N.tolist()), *self.E.transpose().tolist()]

    @cached_property
    def W(self) -> fmpq_mat | None:
        """Columns: a basis of the space that holds the fit; None where that is all of R^n."""
        rows = integer_rows(self.spans) if self.spans else fmpz_mat(0, self.program.n)
        if 4 * rank_modulo_a_prime(rows) > 3 * self.program.n:  # R^n holds the fit, too, and is little larger
            return None
        kept = independent_rows(rows)
        if len(kept) == self.program.n:
            return None
        return fmpq_mat(select_rows(rows, kept)).transpose()

    @property
    def target(self) -> list[fmpq]:
        """y."""
        return self.program.yq

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
        y = fmpq_mat(self.program.n, 1, self.target)
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
        rows, inverse = self.reading
        return times(inverse, [nu[j] - self.y_rest[j] for j in rows])

    @cached_property
    def reading(self) -> tuple[list[int], fmpq_mat]:
        """Independent rows of W, and the inverse of W there."""
        assert self.W is not None
        rows = independent_rows(self.W)
        return rows, fmpq_mat(select_rows(self.W, rows)).inv()

    def coordinates_of(self, nu: Sequence[float]) -> list[fmpq]:
        """The g whose W g + y_N is nearest to a residual in floats: where Newton's iteration starts.

        Solved exactly: columns of W may depend on each other nearly, and g then says more than floats hold.
        """
        exact = [fmpq(*v.as_integer_ratio()) for v in nu]
        if self.W is None:
            return exact
        W_t = self.W.transpose()
        return list((W_t * self.W).solve(W_t * fmpq_mat(self.program.n, 1, exact)).entries())
