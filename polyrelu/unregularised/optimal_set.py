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

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from flint import fmpq

from polyrelu.display import Shown
from polyrelu.errors import BadInput
from polyrelu.exact.linear import rank
from polyrelu.exact.polyhedron import HRepresentation, Line, Ray, VRepresentation
from polyrelu.exact.rational import to_fraction, to_vector
from polyrelu.exact.vectors import primitive
from polyrelu.limits import MAX_VERTICES
from polyrelu.proof.program import Program
from polyrelu.unregularised import generators
from polyrelu.unregularised.cones import Vector
from polyrelu.unregularised.fits import Fits
from polyrelu.unregularised.functions import Agreement, Weights, agreement, block_weights, plus
from polyrelu.unregularised.optimum import LeastSquares
from polyrelu.unregularised.predictions import as_network, predict
from polyrelu.verdict import Verdict

if TYPE_CHECKING:
    from polyrelu.data.problem import Vector as Row
    from polyrelu.networks.network import Network
    from polyrelu.optimal_set.predictions import Prediction


@dataclass(frozen=True, eq=False, repr=False)
class UnregularisedSet(Shown):
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
    def optimum(self) -> LeastSquares:
        """The optimal fit."""
        return LeastSquares(self.program)

    @property
    def fits(self) -> Fits:
        """The space of achievable fits."""
        return self.optimum.fits

    @property
    def neurons(self) -> NoReturn:
        """There is no list of them, and asking for it says so."""
        self.optimum.proved()

    blocks = neurons

    @property
    def block_dimension(self) -> int:
        """The same as `dimension`: all present blocks are coordinates."""
        return self.dimension

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
        return self.program.listed_blocks * (self.program.d - rank(self.program.Xq))

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

    # ------------------------------------------------------------------ counts

    @property
    def vertex_count(self) -> int:
        """Number of vertices; `LimitReached` where they are not listed."""
        return 0 if self.lineality else len(self.v_representation.vertices)

    @property
    def ray_count(self) -> int:
        """Number of extreme rays modulo the lines; `LimitReached` where they are not listed."""
        return 0 if self.program.gated else len(self.v_representation.rays)

    @cached_property
    def widths(self) -> tuple[int, int] | None:
        """The least and the greatest number of distinct neurons among the vertices; None where there are none."""
        if self.lineality:
            return None
        counts = [self._width(generators.sparse(v, self.program.d)) for v in self.v_representation.vertices]
        return min(counts), max(counts)

    def _width(self, weights: Weights) -> int:
        """Neurons are merged if they are multiples of each other; gates differ."""
        if self.program.gated:
            return len(weights)
        return len({(b % 2, primitive([to_fraction(v) for v in w])) for b, w in weights.items()})

    @property
    def narrowest_width(self) -> int | None:
        """The least number of neurons of an optimal network, where it is known.

        Take an optimal network of least width. Weights at 0 cut out a face of P (0 is a face of a pointed
        cone), and a vertex of that face has no further neurons. So the narrowest vertex is a narrowest
        network.
        """
        if not any(self.optimum.fit):
            return 0
        return self.widths[0] if self.widths else None

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
        return self.fits.fit_of(moves) == self.optimum.fit

    def _sparse(self, weights: Weights | Sequence[Any]) -> Mapping[int, Vector]:
        d, blocks = self.program.d, self.program.listed_blocks
        if not isinstance(weights, Mapping):
            if len(weights) != blocks * d:
                raise BadInput(f"{len(weights)} coordinates were given; {blocks} blocks have {blocks * d}")
            return generators.sparse(weights, d)
        if any(not 0 <= b < blocks or len(w) != d for b, w in weights.items()):
            raise BadInput(f"block weights are keyed by 0 to {blocks - 1} and have {d} entries each")
        return {b: to_vector(w) for b, w in weights.items()}

    @property
    def networks(self) -> Iterator[Network]:
        """The vertices as networks (where there are lines, one point of each minimal face); may raise LimitReached."""
        self._require_no_gates()
        d = self.program.d
        return (as_network(generators.sparse(v, d), d) for v in self.v_representation.vertices)

    def network(self) -> Network:
        """One optimal network with few neurons, found without listing any."""
        self._require_no_gates()
        return as_network(self.point(), self.program.d)

    def _require_no_gates(self) -> None:
        if self.program.gated:
            raise BadInput(
                "a gated network needs its gate vectors, and the program knows their patterns alone"
            )

    def predict(self, x: Row, shown: Row | None = None, free: Row = ()) -> Prediction:
        """What all optimal networks predict at x, the bias column included; `shown` is the row as it was given.

        (Nothing is free at lambda = 0.)
        """
        return predict(self.fits, x, shown)

    # ------------------------------------------------------------------ verdicts

    @cached_property
    def agreement(self) -> Agreement:
        """Whether all optimal networks are one function, with two that differ where they are not."""
        return agreement(self.fits)

    @property
    def convex_unique(self) -> Verdict:
        """Whether P is a point."""
        return self._one_point("convex-unique")

    @property
    def p_unique(self) -> Verdict:
        """The same: see above."""
        return self._one_point("p-unique")

    def _one_point(self, question: str) -> Verdict:
        answer = Verdict.refuted if self.dimension else Verdict.proved
        reason = f"the optimal weights form a polyhedron of dimension {self.dimension}"
        return answer(question, reason, None, self.program.scope)

    @property
    def function_unique(self) -> Verdict:
        """Whether all optimal networks are one function on R^d; the evidence is the `Agreement`."""
        answer, found = Verdict.proved if self.agreement.same else Verdict.refuted, self.agreement
        return answer("function-unique", found.reason, found, self.program.scope)
