"""Every block is settled: tight around a neuron, by multipliers, or strictly inactive, by a multiplier.

Two neurons of equal sign that hold the same block would give it two projections, which cannot be: so once the
multipliers around a neuron are shown, every present block whose closed cone holds it is settled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, fmpq
from numpy.typing import NDArray

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision, sign_of_ball
from polyrelu.exact.linear import rank, times
from polyrelu.proof.inactive import RoundedResidual, not_proved_inactive, project_block
from polyrelu.proof.neuron import Neuron, Place, holds
from polyrelu.proof.point import BITS, Point, excess, linear
from polyrelu.proof.program import Program
from polyrelu.proof.shared_face import Surroundings
from polyrelu.proof.unconfirmed import Unconfirmed

FINE_BITS = 420
"""Digits of the residual for blocks that are nearly tight at the ordinary precision."""
MAX_EXACT_PROJECTIONS = 20_000


@dataclass(frozen=True)
class NearlyTight:
    """A block that no multiplier settled, and the neuron that its projection points along."""

    block: int
    place: Place


def show_strict_signs(point: Point, neuron: Neuron) -> None:
    """Prove that u lies in the relative interior of its face: s x_j.z has the stated strict sign off Z."""
    place, program = neuron.place, point.structure.program
    if place.gate is not None:
        return
    for j, product in enumerate(_products(point, neuron)):
        side = place.face[j]
        if side == 0 or sign_of_ball(product * (side * place.sign)) == 1:
            continue
        row = [program.Xq[j, c] * (side * place.sign) for c in range(program.d)]
        form = times(neuron.A.transpose(), row)
        if point.sign(linear(form), f"x_{j + 1}.u") <= 0:
            raise Unconfirmed(
                f"a guessed neuron does not lie on its side of row {j + 1}", place, on_hyperplane(neuron, j)
            )


def is_off_its_face(point: Point, neuron: Neuron) -> bool:
    """Whether u is seen on the wrong side of a row: then no block around the face has it as its projection."""
    place = neuron.place
    return place.gate is None and any(
        sign_of_ball(product * place.sign) == -side
        for side, product in zip(place.face, _products(point, neuron), strict=True)
        if side
    )


def _products(point: Point, neuron: Neuron) -> list[arb]:
    """Enclosures of all x_j.z at once: enough for nearly every row."""
    program, nu = point.structure.program, point.balls(BITS[0]).nu
    with precision(BITS[0] + 32):
        z = arb_mat(neuron.A) * arb_mat(program.n, 1, list(nu))
        return list((arb_mat(program.Xq) * z).entries())


def on_hyperplane(neuron: Neuron, row: int) -> Place:
    """The neuron moved onto the hyperplane of a row, and so onto those of all rows in the span of its zero set."""
    X, program = neuron.program.Xq.tolist(), neuron.program
    zero = [X[j] for j in neuron.place.zero_set] + [X[row]]
    full = rank(zero)
    face = [
        0 if not program.nonzero_rows[j] or rank([*zero, X[j]]) == full else side
        for j, side in enumerate(neuron.place.face)
    ]
    return Place(neuron.place.sign, tuple(face))


def show_multipliers(point: Point, neuron: Neuron) -> None:
    """Prove p_b = lambda u for every present block whose closed cone holds u."""
    surroundings = Surroundings(neuron, point.structure.program)
    for test in surroundings.tests():
        claim = f"the multiplier on a face of dimension {neuron.dimension}"
        if point.sign(linear(test.form), claim) > 0:
            raise Unconfirmed(
                "a guessed neuron on a hyperplane is not the projection of a block beside it",
                neuron.place,
                surroundings.beside(test.ray),
            )


def is_tight(point: Point, neuron: Neuron) -> bool:
    """Exactly: is |A nu| = lambda? A larger value refutes the guess."""
    side = point.sign(excess(neuron), "the value |p_b|^2 - lambda^2 of a nearly tight block")
    if side > 0:
        raise Unconfirmed("a block exceeds lambda at the guessed residual", None, neuron.place)
    return side == 0


def unsettled_blocks(point: Point, tight: NDArray[np.bool_]) -> list[NearlyTight]:
    """Prove every block strictly inactive that is not `tight` (patterns x signs); return those that resist."""
    program = point.structure.program
    coarse = RoundedResidual.of(program, list(point.balls(160).nu))
    nu = np.array([float(v.mid()) for v in point.balls(160).nu])
    rows, columns = not_proved_inactive(coarse, program.lam, nu, ~tight)
    return _project_exactly(point, rows, columns)


def _project_exactly(point: Point, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> list[NearlyTight]:
    if not len(rows):
        return []
    if len(rows) > MAX_EXACT_PROJECTIONS:
        raise Undecided(
            f"{len(rows)} blocks are nearly tight; at most {MAX_EXACT_PROJECTIONS} are projected exactly"
        )
    program = point.structure.program
    fine = RoundedResidual.of(program, list(point.balls(FINE_BITS + 60).nu), FINE_BITS)
    # (|p| + error)^2 < lambda^2 proves the block inactive: |p| is the norm that its exact multiplier reaches.
    bound = program.lam - fine.error()
    nu, near = fine.rational, []
    for i, column in zip(rows, columns, strict=True):
        gate = int(i) if program.gated else None
        projected = project_block(program, nu, program.patterns[i], 1 if column == 0 else -1, gate)
        if bound <= 0 or projected.squared_norm >= fmpq(bound.numerator, bound.denominator) ** 2:
            near.append(NearlyTight(int(i), projected.place))
    return near


def tight_blocks(program: Program, neurons: list[Neuron]) -> NDArray[np.bool_]:
    """Patterns x signs (column 0 is s = +1): which blocks have one of these neurons in their closed cone."""
    mask = np.zeros((len(program.patterns), 2), dtype=bool)
    for neuron in neurons:
        mask[:, 0 if neuron.place.sign > 0 else 1] |= holds(program, neuron.place)
    return mask
