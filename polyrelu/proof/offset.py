"""From a guess to a proved root and a support, for a free hidden bias.

The guess was made for a bias that pays a little. So a neuron whose value does not depend on its bias lies anywhere in
its interval there; it is read as a place that *floats*, with its column D 1 and the equation 1^T D nu = 0. A neuron
that is active on all rows is *affine*; (u, +) and (-u, -) are then the same column. What chains, affine extensions,
mirror images and complementary intervals have in common is that their columns depend on each other modulo the border:
the structure takes neurons whose columns seem independent, and the rest is found again as families of tight neurons.

The weights of all tight neurons must solve sum beta_k Q_k nu = fit (modulo the free columns). The columns of neurons
that the equations of the border make twins of the structure's lie in the span of its columns and its border, so the
rank is at most the size of these; a minor shows that it is no less. One solution with all weights positive proves that
all are used, and that nu is optimal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from flint import arb_mat, fmpq, fmpq_mat

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import rank
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.rational import to_fraction
from polyrelu.guess import Guess, GuessedNeuron, dimension, independent, solve_least_squares
from polyrelu.proof.families import ends_of
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.point import BITS, Point
from polyrelu.proof.program import Program
from polyrelu.proof.ranks import all_positive, modulo_forms, rank_of_directions
from polyrelu.proof.square_system import root_of
from polyrelu.proof.structure import Structure
from polyrelu.proof.support import Support, antipodal_pairs, exact_residual, used_by_vertices

FLAT = 100.0
"""Relative size, in units of 1 / scale^2, below which a slope in the bias is read as 0."""
OPPOSITE = 1e-4


@dataclass(frozen=True)
class Reading:
    """A guessed neuron as a place, which may float, with its direction without the bias."""

    place: Place
    direction: np.ndarray
    weight: float


def read(program: Program, guess: Guess) -> list[Reading]:
    """The guessed neurons and ties, those of one place together."""
    found: dict[Place, Reading] = {}
    for k in (*guess.neurons, *guess.ties):
        place, u = _place(k, guess.nu, guess.flat), k.direction[:-1]
        if -1 not in place.face and 0 not in place.face and place.sign < 0:
            place, u = Place(1, place.face), -u
        known = found.get(place)
        found[place] = Reading(
            place, u if known is None else known.direction, k.weight + (known.weight if known else 0)
        )
    return [r for r in found.values() if Neuron(r.place, program).dimension]


def _place(k: GuessedNeuron, nu: np.ndarray, flat: float) -> Place:
    face = np.array(k.face)
    small = FLAT * flat * float(np.abs(nu).sum())
    below, above = float(nu[face > 0].sum()), float(nu[face >= 0].sum())
    if (face > 0).any() and abs(below) <= small:
        face = np.where(face > 0, 1, -1)
    elif abs(above) <= small:
        face = np.where(face >= 0, 1, -1)
    return Place(k.sign, tuple(int(side) for side in face))


def places(point: Point, place: Place) -> list[Place]:
    """Where a place has its neurons on hyperplanes: itself, or the ends of its interval."""
    return [place] if place.zero_set else ends_of(point, place)


def structures(program: Program, readings: Sequence[Reading], nu: np.ndarray) -> list[Structure]:
    """What may be tried: with the exchanges of pairs where these span what their directions allow, then without."""
    floating = tuple(r.place for r in readings if 0 not in r.place.face and -1 in r.place.face)
    paired = [any(_opposite(r, other) for other in readings) for r in readings]
    tries = []
    for pairs in ([paired] if any(paired) else []) + [[False] * len(readings)]:
        everything = Structure(
            program, tuple(Neuron(r.place, program) for r in readings), tuple(pairs), floating
        )
        directions = [
            _floats(everything.onto) @ np.append(r.direction, 0)
            for r, p in zip(readings, pairs, strict=True)
            if p
        ]
        if everything.r and dimension(directions) != everything.r:
            continue
        weighted = [k for k, r in enumerate(readings) if r.weight > 0]
        columns = [_column(everything.neurons[k], nu) for k in weighted]
        kept = [weighted[i] for i in independent(_floats(everything.E.transpose()), columns)]
        chosen = tuple(everything.neurons[k] for k in kept)
        exchanging = tuple(k for k, p in zip(everything.neurons, pairs, strict=True) if p)
        tries.append(Structure(program, chosen, (False,) * len(chosen), floating, exchanging))
    return tries


def _opposite(a: Reading, b: Reading) -> bool:
    sizes = np.linalg.norm(a.direction) * np.linalg.norm(b.direction)
    apart = float(a.direction @ b.direction) + sizes
    return a.place.sign == b.place.sign and apart <= OPPOSITE**2 * sizes


def _column(neuron: Neuron, nu: np.ndarray) -> np.ndarray:
    N = _floats(neuron.N)
    return np.asarray(N.T @ (N @ nu))


def _floats(matrix: fmpq_mat) -> np.ndarray:
    table = [[float(to_fraction(v)) for v in row] for row in matrix.tolist()]
    return np.array(table).reshape(matrix.nrows(), matrix.ncols())


def rooted(structure: Structure, guess: Guess) -> Point | None:
    """The structure with a proved root near the guess."""
    if not structure.neurons:  # equations of floating places alone are no structure
        return None if structure.floating else Point(structure, None)
    larger = None if guess.lam is None else fmpq(guess.lam.numerator, guess.lam.denominator)
    lam = float(structure.program.lam if guess.lam is None else guess.lam)
    columns = [_column(neuron, guess.nu) / lam for neuron in structure.neurons]
    M = np.column_stack([*columns, -_floats(structure.E)])
    x = solve_least_squares(M, structure.program.y_float - guess.nu)
    K = len(columns)
    root = root_of(
        structure, [float(v) for v in guess.nu], [float(v) for v in x[:K]], [float(v) for v in x[K:]], larger
    )
    return Point(structure, root) if root is not None else None


def support(point: Point, E: Sequence[Neuron]) -> Support:
    """Which of the tight neurons are used, by weights that are proved positive."""
    program, used = point.structure.program, (True,) * len(E)
    of_all = _rank_of_the_structure(point, E)
    inside = None if of_all is None else all_positive(point, E, of_all)
    if of_all is None or inside is None:
        nu = exact_residual(point)
        used = used_by_vertices([k.column(nu) for k in E], program.fit(nu))
        S = list(compress(E, used))
        of_all = rank([k.column(nu) for k in S]) if S else 0
        inside = all_positive(point, S, of_all)
        if inside is None:
            raise Undecided("weights that use every neuron were not found at this precision")
    S, number = list(compress(E, used)), list(compress(range(len(E)), used))
    pairs, opposed = antipodal_pairs(point, S), list[tuple[int, int]]()
    r = exchanged = rank_of_directions(point, [S[a] for a, _ in pairs])
    if len(S) - of_all > len(pairs) - r:
        opposed = antipodal_pairs(point, S, opposed=True)
        if opposed:
            nu = exact_residual(point)
            exchanged = rank([modulo_forms(program, S[a].z(nu)) for a, _ in (*pairs, *opposed)])
    exchanges = len(pairs) + len(opposed) - exchanged
    placed, facing = (tuple((number[a], number[b]) for a, b in found) for found in (pairs, opposed))
    return Support(used, of_all, placed, r, exchanges, facing, inside)


def _rank_of_the_structure(point: Point, E: Sequence[Neuron]) -> int | None:
    """The rank of the columns modulo the free ones, if they span what the structure does, and so the fit."""
    structure = point.structure
    most = len(structure.neurons) + structure.e - len(structure.program.free.border)
    if most == 0 and not E:
        return 0
    if len(E) < most or not all(
        any(_explained(structure, k, other) for other in structure.neurons) for k in E
    ):
        return None
    for bits in BITS:
        nu = point.balls(bits).nu
        with precision(bits):
            least = len(nonzero_minor(arb_mat([k.column(nu) for k in E]))[0])
        if least == most:
            return most
    return None


def _explained(structure: Structure, neuron: Neuron, other: Neuron) -> bool:
    """Whether the equations of the border make the two twins: N nu = +-N' nu."""
    return any(all(map(structure.implies_zero, (neuron.N - other.N * s).tolist())) for s in (1, -1))
