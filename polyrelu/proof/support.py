"""Which tight neurons some optimum uses: S within E, the rank of the activations, and the antipodal pairs.

The weights beta >= 0 of optimal networks solve sum_{k in E} beta_k Q_k nu = y - nu. S is the set of k with beta_k > 0
in some solution. When E is exactly what the structure explains, S = E: a root with positive weights (and an interior
point of the fibre) is a solution that uses every neuron. With further tight neurons the question is settled exactly:
if they add nothing to the span of the base, a small step along each dependence keeps all weights positive and S = E;
one solution in balls with all weights positive shows the same; a further neuron that has no part in any dependence has
the same weight in every solution, that of the root, or 0; otherwise S is the union of the supports of the vertices
of the weight polytope, enumerated over the exact field. How ranks are found is told in `ranks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.polyhedron import HRepresentation, vertices_rays_lines
from polyrelu.exact.real import is_zero
from polyrelu.proof.fibre import Interior
from polyrelu.proof.identities import BITS
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.point import Point, linear
from polyrelu.proof.ranks import (
    all_positive,
    free_dimension,
    rank_of_activations,
    rank_of_directions,
)
from polyrelu.proof.unconfirmed import Unconfirmed


@dataclass(frozen=True)
class Support:
    """Flags over E, and over S: rank of the signed activations, antipodal pairs, rank of their directions.

    Ranks of activations are modulo the free columns, those of directions modulo the free functions that are linear.

    `opposed` are the pairs (u, s), (-u, -s), listed only where dependences are left that `pairs` do not explain. Their
    sum s ((u.x)_+ - (-u.x)_+) = s u.x is linear as well, so a dependence among all the pairs' directions is the zero
    function: `exchanges` counts these. With all cells present |X^T nu| <= 2 lambda, where only u = X^T nu / (2 lambda)
    can be opposed, and nothing is gained; in a list of patterns several u can be.
    """

    used: tuple[bool, ...]
    rank: int
    pairs: tuple[tuple[int, int], ...]
    pair_rank: int
    exchanges: int
    opposed: tuple[tuple[int, int], ...] = ()
    inside: Interior | None = None
    """With a free hidden bias: weights over S that are all positive."""

    @property
    def places(self) -> dict[int, int]:
        """The position in S of every used neuron of E."""
        return {e: k for k, e in enumerate(e for e, flag in enumerate(self.used) if flag)}


def explained_support(point: Point, E: Sequence[Neuron]) -> Support:
    """E is the structure's own neurons, in its order, with each pair's antipode right behind it."""
    structure = point.structure
    pairs, k = [], 0
    for paired in structure.paired:
        if paired:
            pairs.append((k, k + 1))
        k += 2 if paired else 1
    if not pairs:
        pairs = antipodal_pairs(point, E)
        directions = rank_of_directions(point, [E[a] for a, _ in pairs])
        return Support((True,) * len(E), len(E), tuple(pairs), directions, 0)
    # The Jacobian is nonsingular: Q_k nu (one per pair), Q_j nu (singles) and X z (a basis) are independent modulo the
    # free columns. The z_k have rank at least r modulo free functions, and often no more is possible.
    rank_of_all, r = len(structure.neurons) + structure.r, structure.r
    if structure.U.ncols() - r != free_dimension(structure.U, structure.program):
        r = rank_of_directions(point, [E[a] for a, _ in pairs])
    return Support((True,) * len(E), rank_of_all, tuple(pairs), r, len(pairs) - r)


def exact_support(point: Point, E: Sequence[Neuron]) -> Support:
    """E holds neurons beyond the structure: everything is settled exactly."""
    used, of_all = used_neurons(point, E)
    S = [k for k, flag in enumerate(used) if flag]
    pairs, opposed = [(S[a], S[b]) for a, b in antipodal_pairs(point, [E[k] for k in S])], []
    r = pair_rank = rank_of_directions(point, [E[a] for a, _ in pairs])
    if len(S) - of_all > len(pairs) - r:
        opposed = [(S[a], S[b]) for a, b in antipodal_pairs(point, [E[k] for k in S], opposed=True)]
        r = rank_of_directions(point, [E[a] for a, _ in (*pairs, *opposed)])
    exchanges = len(pairs) + len(opposed) - r
    return Support(used, of_all, tuple(pairs), pair_rank, exchanges, tuple(opposed))


def used_neurons(point: Point, E: Sequence[Neuron]) -> tuple[tuple[bool, ...], int]:
    """Flags over E, and the rank of the activations of those that are used."""
    structure, unused = point.structure, idle(point, E)
    base, own = len(structure.neurons) + structure.r, len(structure.neurons) + sum(structure.paired)
    while True:
        rest = [k for k in range(len(E)) if k not in unused]
        of_all = rank_of_activations(point, [E[k] for k in rest])
        if of_all == base or all_positive(point, [E[k] for k in rest], of_all):
            return tuple(k not in unused for k in range(len(E))), of_all
        alone = without_dependence(point, E, rest, of_all) & set(range(own, len(E)))
        if not alone:
            break
        unused |= alone
    nu = exact_residual(point)
    used = used_by_vertices([neuron.column(nu) for neuron in E], structure.program.fit(nu))
    return used, rank_of_activations(point, [neuron for neuron, flag in zip(E, used, strict=True) if flag])


def without_dependence(point: Point, E: Sequence[Neuron], rest: Sequence[int], of_all: int) -> set[int]:
    """Neurons of the rest whose activations have no part in a dependence: their weights are those of the root."""
    if of_all == len(rest):
        return set(rest)
    return {k for k in rest if rank_of_activations(point, [E[j] for j in rest if j != k]) < of_all}


def idle(point: Point, neurons: Sequence[Neuron]) -> set[int]:
    """Tight neurons without weight in all optima: they alone make the fit on a row, it is 0 there, and those that act
    have one strict sign.
    """
    nu, found, program = point.balls(BITS).nu, set[int](), point.structure.program
    for j in point.vanishing.rows:
        if program.yq[j] != 0 or program.free.acts_on(j):
            continue
        acting = [
            k for k, neuron in enumerate(neurons) if any(v != 0 for v in neuron.N.transpose().tolist()[j])
        ]
        with precision(BITS):
            values = [neurons[k].activation(nu)[j] for k in acting]
        if all(bool(v > 0) for v in values) or all(bool(v < 0) for v in values):
            found.update(acting)
    return found


def exact_residual(point: Point) -> Sequence[Any]:
    """nu in an exact field."""
    if point.exact is None:
        raise Undecided(
            "further neurons are exactly tight, and no exact field was found to decide who is used"
        )
    return point.exact.at.nu


def used_by_vertices(activations: list[list[Any]], fit: list[Any]) -> tuple[bool, ...]:
    """The polytope { beta >= 0 : sum beta_k a_k = fit } is the hull of its vertices, so they show all of S."""
    K = len(activations)
    inequalities = [[0] * (k + 1) + [1] + [0] * (K - k - 1) for k in range(K)]
    equations = [[-b, *(a[i] for a in activations)] for i, b in enumerate(fit)]
    vertices = vertices_rays_lines(HRepresentation.from_rows(K, inequalities, equations)).vertices
    if not vertices:
        raise Unconfirmed("no weights of the tight neurons make the fit")
    return tuple(any(not is_zero(v[k]) for v in vertices) for k in range(K))


def antipodal_pairs(
    point: Point, neurons: Sequence[Neuron], *, opposed: bool = False
) -> list[tuple[int, int]]:
    """Pairs with u_k + u_k' = 0, of equal (or of opposed) signs, decided exactly; opposite faces are necessary."""
    pairs = []
    for a, neuron in enumerate(neurons):
        for b in range(a + 1, len(neurons)):
            other = neurons[b]
            faces = neuron.place.is_opposite(other.place, opposed=opposed)
            if faces and _cancel(point, neuron, other):
                pairs.append((a, b))
    return pairs


def _cancel(point: Point, neuron: Neuron, other: Neuron) -> bool:
    claim = "the sum of two opposite neurons' directions"
    total = neuron.A + other.A * fmpq(neuron.place.sign * other.place.sign)  # z = s lambda u
    return all(all(c == 0 for c in row) or point.sign(linear(row), claim) == 0 for row in total.tolist())
