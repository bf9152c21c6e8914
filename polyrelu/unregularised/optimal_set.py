"""The optimal set without a penalty: lambda = 0.

    minimise  1/2 || sum_b s_b D_b X w_b - y ||^2   over  w_b in K_b

The achievable fits are a linear subspace (`fits`), so the optimal fit is a rational projection and the optimal
weights are the rational polyhedron P = { w : w_b in K_b, sum_b s_b D_b X w_b = fit }, here in the coordinates of all
present blocks: without a penalty a neuron may be split at no cost, so there is no smaller set of neurons to speak of.

Dimension. dim P = sum_b dim K_b - dim F, where F is the space of achievable fits. For let u be any solution in the
spans of the cones, and g_b a point of the relative interior of K_b, the same for both signs: then u + t g has the fit
of u, and for large t it lies in the relative interior of every K_b at once. So P has the dimension of the solutions
in the spans. (Gated ReLU: the cones are R^d, and P is an affine subspace.)

Uniqueness. P is a point iff dim P = 0. If dim P > 0, then for ReLU the blocks (D, +) and (D, -) may both be given the
same further weight, which is another network even after merging splits. So the convex program and the network are
unique together; whether all optimal networks are one *function* is decided in `functions`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flint import fmpq

from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.linear import rank
from polyrelu.exact.polyhedron import HRepresentation, Line, Ray, VRepresentation
from polyrelu.exact.rational import to_vector
from polyrelu.optimal_set.levels import MAX_VERTICES
from polyrelu.proof.program import Patterns, Program
from polyrelu.unregularised import generators
from polyrelu.unregularised.cones import Vector
from polyrelu.unregularised.fits import Fits
from polyrelu.unregularised.functions import Agreement, Weights, agreement, block_weights, plus
from polyrelu.unregularised.predictions import as_network, predict
from polyrelu.unregularised.result import UnregularisedResult

if TYPE_CHECKING:
    from polyrelu.data.problem import Vector as Row
    from polyrelu.networks.network import Network
    from polyrelu.optimal_set.predictions import Prediction


@dataclass(frozen=True, eq=False)
class UnregularisedSet:
    """All optimal weights at lambda = 0, as a polyhedron with vertices, rays and lines.

    >>> from fractions import Fraction as Q
    >>> import numpy as np
    >>> program = Program(((Q(2),),), (Q(6),), Q(0), np.array([[True], [False]]))
    >>> optimal = UnregularisedSet(program)
    >>> optimal.dimension, [list(map(str, v)) for v in optimal.vertices]
    (3, [['3', '0', '0', '0']])
    >>> [ray.direction for ray in optimal.rays]
    [(0, 0, -1, 0), (0, 0, 0, -1), (1, 1, 0, 0)]
    """

    program: Program
    max_vertices: int = MAX_VERTICES

    @cached_property
    def fits(self) -> Fits:
        """The space of achievable fits."""
        return Fits(self.program)

    @property
    def fit(self) -> Vector:
        """The optimal fit, the same for all optimal networks."""
        return self.fits.fit

    @property
    def residual(self) -> Vector:
        """y - fit."""
        return [y - f for y, f in zip(self.program.yq, self.fit, strict=True)]

    @property
    def objective(self) -> fmpq:
        """|residual|^2 / 2."""
        return sum((v * v for v in self.residual), start=fmpq(0)) / 2

    @property
    def blocks(self) -> int:
        """Number of blocks: two for each pattern, or one for each gate."""
        return len(self.program.patterns) * self.signs

    @property
    def signs(self) -> int:
        """Number of blocks of one pattern: +, or + and -."""
        return 1 if self.program.gated else 2

    @cached_property
    def dimension(self) -> int:
        """dim P, without listing anything."""
        return self.signs * self.fits.cone_dimensions - self.fits.rank

    @property
    def lineality(self) -> int:
        """The dimension of the largest linear space in P (moved to 0): P has vertices iff it is 0."""
        if self.program.gated:
            return self.dimension
        return self.blocks * (self.program.d - rank(self.program.Xq))

    # ------------------------------------------------------------------ the polyhedron

    def h_representation(self) -> HRepresentation:
        """Half-spaces and hyperplanes in w_0, w_1, ...; block 2 i is (pattern i, +), block 2 i + 1 is (i, -)."""
        return generators.h_representation(self.fits)

    @cached_property
    def v_representation(self) -> VRepresentation:
        """Generators; where there are lines, `vertices` is one point of each minimal face. May raise LimitReached."""
        return generators.generators(self.fits, self.max_vertices)

    @property
    def vertices(self) -> tuple[Sequence[Any], ...]:
        """The vertices: none where there are lines."""
        return () if self.lineality else self.v_representation.vertices

    @property
    def rays(self) -> tuple[Ray, ...]:
        """The extreme rays, modulo the lines."""
        return self.v_representation.rays

    @property
    def lines(self) -> tuple[Line, ...]:
        """A basis of the lineality space."""
        return self.v_representation.lines

    # ------------------------------------------------------------------ points

    def point(self) -> dict[int, Vector]:
        """One optimal network with few neurons, as block weights that are not zero."""
        return block_weights(self.fits, self.fits.moves)

    def interior_point(self) -> dict[int, Vector]:
        """A point of the relative interior of P: all weights in the relative interior of their cones."""
        if self.program.gated:
            return dict(self.fits.moves)
        weights, zero = {}, [fmpq(0)] * self.program.d
        for i in range(len(self.program.patterns)):
            cone, u = self.fits.cone(i), self.fits.moves.get(i, zero)
            t = cone.push(u) + 1
            weights[2 * i], weights[2 * i + 1] = plus(u, cone.interior, t), [t * g for g in cone.interior]
        return {b: w for b, w in weights.items() if any(w)}

    def contains(self, weights: Weights | Sequence[Any]) -> bool:
        """Exactly: are these block weights (sparse, or one vector of all coordinates) optimal?"""
        given = self._sparse(weights)
        moves: dict[int, Vector] = {}
        for b, w in given.items():
            i, negative = b // self.signs, b % self.signs
            if not self.fits.cone(i).contains(w):
                return False
            old = moves.get(i, [fmpq(0)] * self.program.d)
            moves[i] = plus(old, w, -1 if negative else 1)
        return self.fits.fit_of(moves) == self.fit

    def _sparse(self, weights: Weights | Sequence[Any]) -> Mapping[int, Vector]:
        d = self.program.d
        if not isinstance(weights, Mapping):
            if len(weights) != self.blocks * d:
                raise BadInput(
                    f"{len(weights)} coordinates were given; {self.blocks} blocks have {self.blocks * d}"
                )
            return generators.sparse(weights, d)
        if any(not 0 <= b < self.blocks or len(w) != d for b, w in weights.items()):
            raise BadInput(f"block weights are keyed by 0 to {self.blocks - 1} and have {d} entries each")
        return {b: to_vector(w) for b, w in weights.items()}

    @property
    def networks(self) -> Iterator[Network]:
        """The vertices as networks (where there are lines, one point of each minimal face); may raise LimitReached."""
        if self.program.gated:
            raise BadInput(
                "a gated network needs its gate vectors, and the program knows their patterns alone"
            )
        d = self.program.d
        return (as_network(generators.sparse(v, d), d) for v in self.v_representation.vertices)

    def predict(self, x: Row, shown: Row | None = None) -> Prediction:
        """What all optimal networks predict at x, the bias column included; `shown` is the row as it was given."""
        return predict(self.fits, x, shown)

    # ------------------------------------------------------------------ verdicts

    @property
    def convex_unique(self) -> bool:
        """Whether P is a point."""
        return self.dimension == 0

    @property
    def p_unique(self) -> bool:
        """The same: see above."""
        return self.convex_unique

    @cached_property
    def agreement(self) -> Agreement:
        """Whether all optimal networks are one function, with two that differ where they are not."""
        return agreement(self.fits)

    @property
    def function_unique(self) -> bool:
        """Whether all optimal networks are one function on R^d."""
        return self.agreement.same


def certify_unregularised(
    problem: Problem,
    patterns: Patterns,
    gated: bool = False,
    max_vertices: int = MAX_VERTICES,
    *,
    all_cells: bool = False,
) -> UnregularisedResult:
    """The optimal fit and the optimal set for lambda = 0, all exact: never undecided.

    `all_cells` says that the patterns are all the cells of the data (it saves computing every cone).
    Generators are not listed where there may be more than `max_vertices`; the fit, the dimension and the
    verdicts do not depend on them.
    """
    if problem.y is None:
        raise BadInput(
            "a target y is needed to certify an optimum; give y, or a data file with a target column"
        )
    start = time.perf_counter()
    program = Program(problem.X, problem.y, Fraction(0), patterns, all_cells, gated)
    return UnregularisedResult.of(problem, UnregularisedSet(program, max_vertices), start)
