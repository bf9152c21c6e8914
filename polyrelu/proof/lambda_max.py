"""lambda_max = max over present b of || projection of s X^T D y onto K_b ||, exactly, as the root of a rational.

From lambda_max on the zero network is the only optimum. Its square is rational: y is, and so is every projection.
(With free columns y stands for its part orthogonal to them, the residual without neurons.)

*A list of patterns.* Blocks that a multiplier proves shorter than a threshold t drop out; the others are projected
exactly. If the longest of these reaches t, it is the maximum; otherwise t was a bad guess and is halved (at t = 0 all
blocks are projected).

*All cells, not listed.* lambda_max is the maximum of f_s(u) = s y.(Xu)_+ over unit u and both s. A place whose u, the
direction of s A y, lies strictly inside its face has f_s(u) = |A y|, exactly. The longest of the guessed places gives a
lower bound; the covering proves all directions off these places to be strictly below it, or names higher ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from math import lcm

import numpy as np
from flint import arb, fmpq

from polyrelu.covering.question import norm_above
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ends, precision
from polyrelu.exact.linear import squared, times
from polyrelu.exact.rational import to_fraction
from polyrelu.proof.directions import Missed, places_above, unsettled_directions
from polyrelu.proof.families import ends_of, related
from polyrelu.proof.inactive import RoundedResidual, not_proved_inactive, project_block
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.point import Point
from polyrelu.proof.program import Program
from polyrelu.proof.structure import Structure
from polyrelu.proof.tightness import show_multipliers
from polyrelu.proof.unconfirmed import Unconfirmed

MARGIN = Fraction(1, 10**6)
MAX_HALVINGS = 6
MAX_ROUNDS = 12
BITS = 256


def lambda_max_squared(program: Program) -> fmpq:
    """The exact square of lambda_max. (With a ridge: of what lambda has to reach, which itself depends on lambda.)"""
    if not any(program.zero[0]) or not program.nonzero_rows.any():
        return fmpq(0)
    if program.listed is None:
        return _over_all_directions(program)
    guess = program.guesser.lambda_max()
    threshold = Fraction(guess) * (1 - MARGIN) if np.isfinite(guess) and guess > 1e-200 else Fraction(0)
    for _ in range(MAX_HALVINGS):
        longest = _longest_reaching(program, threshold)
        if longest >= fmpq(threshold.numerator, threshold.denominator) ** 2:
            return longest
        threshold /= 2
    return _longest_reaching(program, Fraction(0))


def reach_above(program: Program, v: Sequence[fmpq]) -> Fraction:
    """A bound that needs no search: f_s(u) <= sum |v_i| |x_i| |u|, and the projection of a block is no longer.

    With a free hidden bias b, where sum v = 0, rows are seen from their middle: |(x_i.w + b)_+ - b_+| <= |x_i.w|.
    """
    rows, denominator = program.covered_rows
    X = rows[:, : program.normed]
    total = sum((abs(to_fraction(t)) * norm_above(row) for t, row in zip(v, X, strict=True)), Fraction(0))
    return total / denominator


def _longest_reaching(program: Program, threshold: Fraction) -> fmpq:
    """The largest |p_b|^2 over all blocks that are not proved shorter than the threshold."""
    with precision(BITS):
        residual = RoundedResidual.of(program, [arb(v) for v in program.zero[0]])
    every_block = np.ones((len(program.patterns), 2), dtype=bool)
    rows, columns = not_proved_inactive(residual, threshold, program.zero_float, every_block)
    longest = fmpq(0)
    for i, column in zip(rows, columns, strict=True):
        gate = int(i) if program.gated else None
        block = project_block(program, program.zero[0], program.patterns[i], 1 if column == 0 else -1, gate)
        longest = max(longest, block.squared_norm)
    return longest


def _over_all_directions(program: Program) -> fmpq:
    """The maximum over all directions, proved by a covering."""
    if acts_on_nothing(program, program.zero[0]):
        return fmpq(0)
    with precision(BITS):
        y = [arb(v) for v in program.zero[0]]
    values: dict[Place, fmpq] = {}
    new = _on_hyperplanes(
        program, {Place(s, face) for s, face in program.guesser.highest(program.zero_float)}
    )
    for _ in range(MAX_ROUNDS):
        values |= {place: _value(program, place) for place in new}
        best = max(values.values(), default=fmpq(0))
        if best == 0:
            break
        known = [Neuron(place, program) for place, value in values.items() if value == best]
        try:
            resisting = unsettled_directions(program, y, _root_below(best), _confirmed(program, known))
        except Missed as higher:
            resisting = places_above(program, program.zero_float, higher.directions)
        if not resisting:
            return best
        new = _on_hyperplanes(program, set(resisting)) - set(values)
        if not new:
            break
    raise Undecided("the largest value of a direction at the target was not found; lambda_max is not known")


def _on_hyperplanes(program: Program, places: set[Place]) -> set[Place]:
    """With a free hidden bias the value is greatest on a hyperplane: places off all of them move to the next ones, and
    the rest of their families comes with them.
    """
    if not program.offset:
        return places
    point = Point(Structure(program, (), ()), None)
    found = {end for place in places for end in ([place] if place.zero_set else ends_of(point, place))}
    waiting = list(found)
    while waiting:
        neuron = Neuron(waiting.pop(), program)
        if not neuron.dimension or not any(neuron.z(program.zero[0])):
            continue
        with suppress(Unconfirmed):  # no local maximum, and so it has no family
            more = set(related(point, neuron)) - found
            found |= more
            waiting += more
    return found


def acts_on_nothing(program: Program, v: Sequence[fmpq]) -> bool:
    """Whether v.(Xu)_+ = 0 for every u: each line's coefficient is zero, and so is the linear rest."""
    from polyrelu.covering.question import merged

    scale = lcm(*(int(x.q) for x in v))
    lines = merged(program.X_integer, [int((x * scale).p) for x in v])
    return not any(lines.C) and not any(lines.linear)


def _value(program: Program, place: Place) -> fmpq:
    """f_s(u)^2 for the direction u of s A y if it lies strictly inside its face; else 0."""
    neuron = Neuron(place, program)
    z = neuron.z(program.zero[0])
    for j, product in enumerate(times(program.Xq, z)):
        side = (product > 0) - (product < 0)
        if side * place.sign != place.face[j]:
            return fmpq(0)
    return fmpq(squared(times(neuron.N, program.zero[0])))


def _confirmed(program: Program, known: list[Neuron]) -> list[Neuron]:
    """Those around which no block is longer."""
    point, kept = Point(Structure(program, (), ()), None), []
    for neuron in known:
        try:
            show_multipliers(point, neuron)
        except Unconfirmed:
            continue
        kept.append(neuron)
    return kept


def _root_below(square: fmpq) -> Fraction:
    """A rational just below the root."""
    return ends(enclosed_root(square, BITS))[0]


def enclosed_root(square: fmpq, bits: int) -> arb:
    """An enclosure of the root of a rational."""
    with precision(bits):
        return arb(square).sqrt()
