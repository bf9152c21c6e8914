"""The square system of a conjectured structure.

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
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from flint import arb, arb_mat, ctx, fmpq_mat

from polyrelu.exact.krawczyk import Root, prove_root
from polyrelu.exact.lattice import row_lattice
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

    def prove_root(self, nu: Sequence[float], weights: Sequence[float], c: Sequence[float]) -> Root | None:
        """A box with exactly one root of the square system near the given start; None where none was proved."""
        system = _SquareSystem(self)
        return prove_root(system.equations, system.jacobian, [*nu, *weights, *c], ROOT_BITS)


class _SquareSystem:
    """The equations and the Jacobian above, in ball arithmetic at whatever precision is current."""

    def __init__(self, structure: Structure) -> None:
        self.structure, self.n, self.K = structure, structure.program.n, len(structure.neurons)
        # Rational data is rounded to balls once per precision: a coarse ball must not serve a finer computation.
        self.rounded = lru_cache(maxsize=4)(self._rounded)

    def __reduce__(self) -> tuple[type[_SquareSystem], tuple[Structure]]:
        """For pickling: a cache does not travel."""
        return _SquareSystem, (self.structure,)

    def _rounded(self, _: int) -> tuple[list[arb_mat], list[arb_mat], arb_mat, arb_mat, arb]:
        A = [arb_mat(neuron.A) for neuron in self.structure.neurons]
        program = self.structure.program
        y = arb_mat(fmpq_mat(self.n, 1, program.yq))
        return (
            A,
            [A_k.transpose() for A_k in A],
            arb_mat(self.structure.XB),
            y,
            arb(program.lamq * program.lamq),
        )

    def equations(self, x: Sequence[arb]) -> list[arb]:
        """The fit, the halved norms, and the linear phase."""
        A, A_t, XB, y, lam_squared = self.rounded(ctx.prec)
        n, K, r = self.n, self.K, self.structure.r
        residual = arb_mat(n, 1, list(x[:n]))
        fit, norms = residual - y - XB * arb_mat(r, 1, list(x[n + K :])), []
        for A_k, A_kt, weight in zip(A, A_t, x[n : n + K], strict=True):
            z = A_k * residual
            fit = fit + (A_kt * z) * weight
            norms.append((sum((v * v for v in z.entries()), start=arb(0)) - lam_squared) / 2)
        return [*fit.entries(), *norms, *(-(XB.transpose() * residual)).entries()]

    def jacobian(self, x: Sequence[arb]) -> arb_mat:
        """The symmetric matrix of the docstring."""
        A, A_t, XB, _, _ = self.rounded(ctx.prec)
        n, K, r = self.n, self.K, self.structure.r
        residual = arb_mat(n, 1, list(x[:n]))
        borders, stacked, weighted = [], [], []
        for A_k, A_kt, weight in zip(A, A_t, x[n : n + K], strict=True):
            stacked += A_k.tolist()
            weighted += (A_k * weight).tolist()
            borders.append((A_kt * (A_k * residual)).entries())
        corner = arb_mat(stacked).transpose() * arb_mat(weighted)  # one product for all sum weight_k Q_k
        corner += arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
        borders += [[-XB[i, k] for i in range(n)] for k in range(r)]
        rows = [[*row, *(border[i] for border in borders)] for i, row in enumerate(corner.tolist())]
        return arb_mat(rows + [[*border, *([arb(0)] * (K + r))] for border in borders])
