"""The root of a structure as elements of an exact field.

*Fixed directions.* When A_k = v_k q_k^T has rank 1 for every neuron (an integer vector v_k, m_k = |v_k|^2; for
instance a neuron on a ray, or one with a single active row), then tightness reads q_k.nu = lambda / sqrt(m_k), with
v_k oriented along z_k, and Q_k nu = lambda sqrt(m_k) q_k. With gamma_k = weight_k lambda sqrt(m_k), H = [(q_k)_k, -E]

    nu = y - H (gamma, c),     (H^T H + (0, R)) (gamma, c) = H^T y - (lambda / sqrt(m_k), 0),

a rational system with right-hand sides in Q + sum Q sqrt(m_k): nu is a sum of square roots, found without a guess.

*General.* Otherwise a number field is guessed from many digits and then verified: the guessed elements solve the
square system exactly, and they lie in the box in which the root is unique. So they are the root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq, fmpq_mat

from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, times
from polyrelu.exact.number_field import verify_root
from polyrelu.exact.rational import primitive_scale
from polyrelu.exact.recognise import MAX_BITS, recognise
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.proof.enclosed_root import GUARD_BITS, Coordinates, EnclosedRoot
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.square_system import SquareSystem

SEARCH_BITS = 200
"""Accuracy at which the orientation of a fixed direction is read off."""
BUDGET = 40**2 * MAX_BITS
"""Bits times the square of the number of unknowns: beyond 40 unknowns, fields are sought with fewer digits, since each
refinement inverts a matrix of that size."""
QUICK_BITS = 800
"""Digits spent on asking whether the root is rational before anyone needs to know."""


@dataclass(frozen=True)
class ExactPoint:
    """The root in one exact field; `name` is "Q", "multiquadratic" or "degree D"."""

    at: Coordinates
    name: str


def exact_point(point: EnclosedRoot, max_degree: int) -> ExactPoint | None:
    """The exact root, by the direct route where it applies and by recognition elsewhere."""
    return sums_of_square_roots(point) or recognised(point, max_degree)


def quick_point(point: EnclosedRoot) -> ExactPoint | None:
    """The exact root where its directions are fixed, or where it is rational with numbers of moderate size."""
    return sums_of_square_roots(point) or recognised(point, 1, QUICK_BITS)


def sums_of_square_roots(point: EnclosedRoot) -> ExactPoint | None:
    """The root when every neuron has a fixed rational direction; None otherwise."""
    structure, program, lam = point.structure, point.structure.program, point.structure.program.lamq
    if not structure.neurons:
        nu, c = program.zero
        return ExactPoint(Coordinates(nu, [], c), "Q")
    split = [_fixed_direction(neuron, point) for neuron in structure.neurons]
    fixed = [pair for pair in split if pair is not None]
    if len(fixed) < len(split):
        return None
    try:
        inverse_roots = [_inverse_root(v) for v, _ in fixed]
    except LimitReached:  # the norm of a direction has more digits than can be factored
        return None
    H_t = fmpq_mat([q for _, q in fixed] + (structure.E.transpose() * fmpq(-1)).tolist())
    tight = [root * lam for root in inverse_roots] + [fmpq(0)] * structure.e
    right = [h - t for h, t in zip(times(H_t, program.yq), tight, strict=True)]
    gram = H_t * H_t.transpose()
    for k, price in enumerate(structure.R, start=len(fixed)):
        gram[k, k] += price
    gamma = times(gram.inv(), right)
    nu = [y - fit for y, fit in zip(program.yq, times(H_t.transpose(), gamma), strict=True)]
    weights = [g * root / lam for g, root in zip(gamma, inverse_roots, strict=False)]
    return _simplest(Coordinates(nu, weights, list(gamma[len(fixed) :])), "multiquadratic")


def _fixed_direction(neuron: Neuron, point: EnclosedRoot) -> tuple[list[fmpq], list[fmpq]] | None:
    """(v, q) with A = v q^T and v along z, v a primitive integer vector; None if A has rank above 1."""
    A = neuron.N
    if A.rank() != 1:
        return None
    columns = A.transpose().tolist()
    v = [fmpq(x) for x in primitive_scale(next(c for c in columns if any(x != 0 for x in c)))[0]]
    norm = dot(v, v)
    q = [dot(v, column) / norm for column in columns]
    nu = point.balls(SEARCH_BITS).nu
    with precision(SEARCH_BITS):
        along = arb(0) + dot(q, nu)
    if not (along < 0 or along > 0):  # the orientation does not show at this accuracy
        return None
    return ([-x for x in v], [-x for x in q]) if along < 0 else (v, q)


def _inverse_root(v: list[fmpq]) -> Any:
    """1 / |v| = sqrt(m) / m for m = |v|^2."""
    m = dot(v, v)
    return SqrtSum.sqrt_of(m) / m


def _simplest(at: Coordinates, name: str) -> ExactPoint:
    """The point over Q where all its square roots have cancelled or are of squares."""
    parts = [[x if isinstance(x, fmpq) else x.rational() for x in part] for part in (at.nu, at.weights, at.c)]
    if all(x is not None for part in parts for x in part):
        return ExactPoint(Coordinates(*parts), "Q")
    return ExactPoint(at, name)


def recognised(point: EnclosedRoot, max_degree: int, max_bits: int = MAX_BITS) -> ExactPoint | None:
    """The root in a guessed number field, verified by exact substitution; None where no guess survives."""
    root, structure = point.root, point.structure
    if root is None:
        return None

    finest = root

    def values_at(bits: int) -> list[arb]:
        nonlocal finest  # asked for many accuracies in turn: none is computed twice
        finer = finest.refine(bits)
        if finer is None:
            raise Undecided(f"the optimum could not be refined to {bits} bits")
        finest = finer
        with precision(bits + GUARD_BITS):  # nu has simpler numbers than its coordinates in a basis
            at = Coordinates.split(structure, finer.box)
            return [arb(v) for v in (*at.nu, *at.weights, *at.c)]

    guess = recognise(values_at, max_degree, max_bits=min(max_bits, BUDGET // len(root.box) ** 2))
    if guess is None:
        return None
    field, elements = guess
    n = structure.program.n
    elements = [*structure.exact_coordinates_of(elements[:n]), *elements[n:]]
    if not verify_root(SquareSystem(structure).exactly, elements, root.region):
        return None
    return _simplest(Coordinates.split(structure, elements), f"degree {field.degree}")
