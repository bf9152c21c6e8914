"""Evidence for which neurons are used, and for the dimension of the set of optimal weights.

Without pairs and ties the root says it all. In the linear phase it is an interior point of the fibre. With ties, in
exact numbers: weights positive exactly on S, a vector that separates the unused neurons, and a basis of the
activations over S with the relations that express the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from flint import fmpq

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.exact.linear import dot, independent_columns, solve
from polyrelu.exact.polyhedron import HRepresentation, vertices_rays_lines
from polyrelu.exact.real import exact, sign
from polyrelu.limits import MAX_VERTICES_WRITTEN
from polyrelu.proof.optimum import Optimum

Vector = list[Any]
BITS = 64
MAX_CORRECTIONS = 2000


def interior_shares(optimum: Optimum, order: Sequence[int]) -> dict[str, Any]:
    """The rational shares of the antipodes, pair by pair in the order of the file; null where they are solved for."""
    if optimum.interior is None:
        raise Undecided("no interior point of the fibre is known")
    pairs = [k for k, paired in enumerate(optimum.point.structure.paired) if paired]
    place = {k: i for i, k in enumerate(pairs)}
    shares = [optimum.interior.fixed.get(place[k]) for k in order if k in place]
    return {"interior": [None if v is None else str(v) for v in shares]}


class ExactSet:
    """The optimal weights over E in exact numbers; `activations` and `used` in the order of the file."""

    def __init__(self, optimum: Optimum, nu: Vector, activations: list[Vector], used: Sequence[bool]):
        fit = [y - v for y, v in zip(optimum.program.yq, nu, strict=True)]
        S = [a for a, flag in zip(activations, used, strict=True) if flag]
        self.basis = independent_columns(_transposed(S)) if S else []
        chosen = _transposed([S[k] for k in self.basis])
        others = [a for k, a in enumerate(S) if k not in self.basis]
        self.relations = [_solved(chosen, a) for a in others]
        self.weights = _positive_weights(S, fit, self.basis, self.relations)
        unused = [a for a, flag in zip(activations, used, strict=True) if not flag]
        self.separator = _separator([S[k] for k in self.basis], unused) if unused else None

    def numbers(self) -> Vector:
        """Everything that has to be written."""
        return [*self.weights, *(c for r in self.relations for c in r), *(self.separator or [])]


def _transposed(rows: list[Vector]) -> list[Vector]:
    return [list(column) for column in zip(*rows, strict=True)]


def _solved(columns: list[Vector], right: Vector) -> Vector:
    solution = solve(columns, right)
    if solution is None:
        raise Undecided("the activations do not have the relations that their rank promises")
    return solution


def _positive_weights(S: list[Vector], fit: Vector, basis: list[int], relations: list[Vector]) -> Vector:
    """A solution that is positive on all of S.

    If the solution on the basis is positive, a small step along each relation keeps it so; otherwise the mean of the
    vertices, each of which is positive somewhere and all together everywhere.
    """
    if not S:
        return []
    base = _solved(_transposed([S[k] for k in basis]), fit)
    if all(sign(w) > 0 for w in base):
        step = fmpq(1)
        for w, column in zip(base, _transposed(relations) if relations else [[]] * len(base), strict=True):
            use = sum((_upper(g) for g in column if sign(g) > 0), start=Fraction(0))
            bound = (1 / _upper(1 / w)) / (2 * use) if use else Fraction(1)
            step = min(step, fmpq(1, ceil(1 / bound)))
        taken = [sum((r[i] for r in relations), start=fmpq(0)) * step for i in range(len(base))]
        values = iter([w - t for w, t in zip(base, taken, strict=True)])
        return [next(values) if k in basis else step for k in range(len(S))]
    K = len(S)
    inequalities = [[0] * (k + 1) + [1] + [0] * (K - k - 1) for k in range(K)]
    equations = [[-b, *(a[i] for a in S)] for i, b in enumerate(fit)]
    vertices = vertices_rays_lines(HRepresentation.from_rows(K, inequalities, equations)).vertices
    return [sum((exact(v[k]) for v in vertices), start=fmpq(0)) * fmpq(1, len(vertices)) for k in range(K)]


def _upper(x: Any) -> Fraction:
    """A rational upper bound of a positive number."""
    if not hasattr(x, "ball"):
        return Fraction(int(fmpq(x).p), int(fmpq(x).q))
    bits = BITS
    while True:
        lo, hi = ends(x.ball(bits))
        if lo > 0:
            return hi
        bits *= 2


def _separator(basis: list[Vector], unused: list[Vector]) -> Vector:
    """h orthogonal to the basis with h.a > 0 for every unused activation: the perceptron, which ends as one exists."""
    gram = [[dot(a, b) for b in basis] for a in basis]
    rests = []
    for a in unused:
        coefficients = _solved(gram, [dot(b, a) for b in basis]) if basis else []
        rests.append(
            [v - dot(c, coefficients) for v, c in zip(a, _transposed(basis) or [[]] * len(a), strict=True)]
        )
    h = [sum(column, start=fmpq(0)) for column in zip(*rests, strict=True)]
    for _ in range(MAX_CORRECTIONS):
        wrong = next((r for r in rests if sign(dot(h, r)) <= 0), None)
        if wrong is None:
            return h
        h = [v + w for v, w in zip(h, wrong, strict=True)]
    raise Undecided("no vector was found that separates the unused neurons from the used ones")


def listed_vertices(optimum: Optimum, places: Sequence[int]) -> list[str]:
    """The supports of all vertices, sorted; `places` are the neurons of the file as indices of E."""
    from polyrelu.optimal_set.levels import OptimalSet

    vertices = OptimalSet(optimum, MAX_VERTICES_WRITTEN).neurons.vertices
    S = optimum.support.places
    return sorted("".join("01"[e in S and S[e] in v.support] for e in places) for v in vertices)
