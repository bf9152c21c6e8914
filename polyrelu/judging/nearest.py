"""A stationary point near a network, proved: where training would have come to rest.

The network's own *structure* is read off its floats: on which side of each row every unit lies, or on its hyperplane
where it nearly does; units of equal sign on one face move together. Given the structure, a stationary point solves the
square system of `proof.structure`, in which each unit has the direction that its face gives it, and nothing is asked of
directions that the network does not use: it is a stationary point, not the global optimum. An interval Newton test
proves a root. Then it is stationary (Clarke) if

* every weight is positive, and every unit lies strictly on its sides (units that are zero are stationary anyway);
* on hyperplanes, 0 is in the subdifferential. Rows of Z that are multiples of one row r make one hyperplane, with
  factors c_j: there the limits of gradients are the two ends a+ r and a- r of a segment, a+ (a-) being the sum of
  nu_j c_j over c_j > 0 (< 0), and z - X_A^T nu_A = sum m_r r must have every m_r in its segment, if the hyperplanes are
  independent. If they are not, all a+ - a- must have one sign (see `kinks`), and all m_r but those of a basis are
  chosen.

What fails mends the structure (a unit moves onto a hyperplane or leaves it, or vanishes), a few times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import arb

from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.judging.own_structure import Own, first_structures, mended
from polyrelu.judging.settled import Settled, settle
from polyrelu.networks.coordinates import BITS, ball_root, enclosed
from polyrelu.networks.network import Network
from polyrelu.networks.objective import objective_of
from polyrelu.networks.unit import Unit
from polyrelu.proof.unconfirmed import Unconfirmed

AWAY = (
    "from the network's own structure all units go to zero, where the objective is larger: no stationary point is "
    "near; train the network further, or give another tolerance"
)
MAX_ROUNDS = 80
"""How often a structure is mended."""
MAX_SIZE = 400
"""Rows and units together: beyond, the system is too large for the interval test."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """A proved stationary point: how far it is in weights, and its objective."""

    network: Network
    """Its weights, in balls; unit i of the network has moved to its unit i."""
    distance: arb
    """The length of the move, over all weights and biases."""
    objective: Any
    kinks: tuple[tuple[int, ...], ...]
    """For every unit the rows (from 0) on whose hyperplanes it lies there."""
    vanished: tuple[int, ...]
    """Units that are zero there."""


def nearest_stationary(
    network: Network, problem: Problem, residual: Sequence[Any], tolerance: Fraction | None = None
) -> Nearest:
    """The nearest stationary point that was proved; `Undecided` with what blocks it where none was."""
    if network.is_gated:
        raise Undecided("stationary points near a gated network are not sought")
    if problem.n + network.width > MAX_SIZE:
        raise LimitReached(f"stationary points are sought for up to {MAX_SIZE} rows and units together")
    best: Nearest | None = None
    blocked: Undecided | None = None
    tried: set[Any] = set()
    for own in first_structures(network, problem, residual, tolerance):
        if own.key in tried:
            continue
        try:
            found = _moved(network, _settled(own, tried))
        except Undecided as failed:
            blocked = blocked or failed
            continue
        if len(found.vanished) == network.width and _climbs(network, found, problem, residual):
            blocked = blocked or Undecided(AWAY)
            continue
        if best is None or found.distance.mid() < best.distance.mid():
            best = found
    if best is None:
        raise blocked or Undecided("no structure of the network has directions; give another tolerance")
    return best


def _climbs(network: Network, found: Nearest, problem: Problem, residual: Sequence[Any]) -> bool:
    """Whether the stationary point is worse than the network: then training does not come to rest there."""
    value, _ = objective_of(network, problem, list(residual), False)
    with precision(BITS):
        return bool(enclosed(found.objective) > enclosed(value))


def itself(
    network: Network, problem: Problem, residual: Sequence[Any], kinks: tuple[tuple[int, ...], ...]
) -> Nearest:
    """A network that is stationary."""
    value, _ = objective_of(network, problem, list(residual), False)
    gone = tuple(i for i, unit in enumerate(network.units) if unit.is_zero)
    return Nearest(network, arb(0), value, kinks, gone)


def _settled(own: Own, tried: set[Any]) -> Settled:
    """A proved root of the structure, or of one that it is mended to."""
    for _ in range(MAX_ROUNDS):
        tried.add(own.key)
        try:
            return settle(own)
        except Unconfirmed as failed:
            changed = mended(own, failed)
            if changed is None or changed.key in tried:
                raise
            own = changed
    raise Undecided(f"no stationary point was proved within {MAX_ROUNDS} changes of the structure")


def _moved(network: Network, settled: Settled) -> Nearest:
    """The stationary network unit by unit, and the length of the move."""
    own = settled.own
    with precision(BITS):
        units = [Unit((arb(0),) * network.d, arb(0))] * network.width
        kinks: list[tuple[int, ...]] = [()] * network.width
        for k, group in enumerate(own.groups):
            for place, (i, share, flip) in enumerate(
                zip(group.units, group.shares, group.flips, strict=True)
            ):
                root = (settled.at.weights[k] * settled.own.program.lamq * share).sqrt()
                weight = settled.weight(k, place, settled.at)
                units[i] = Unit(tuple(v / root for v in weight), root * (group.place.sign * flip))
                kinks[i] = tuple(group.place.zero_set)
        free = tuple(settled.coefficients)
        vanished = tuple(i for i in range(network.width) if i not in own.members)
        if network.offset:  # a unit that vanishes keeps its bias, which then has no effect
            for i in vanished:
                units[i] = Unit(
                    (*(arb(0) for _ in range(network.d - 1)), enclosed(network.units[i].theta[-1])), arb(0)
                )
        found = replace(network, units=tuple(units), coefficients=free)
        distance = ball_root(sum((m * m for m in _moves(network, found)), start=arb(0)))
    return Nearest(found, distance, settled.objective, tuple(kinks), vanished)


def _moves(old: Network, new: Network) -> Iterator[arb]:
    """How far each coordinate moves."""
    for a, b in zip(old.units, new.units, strict=True):
        yield from (enclosed(v) - enclosed(w) for v, w in zip(a.coordinates, b.coordinates, strict=True))
    yield from (enclosed(v) - enclosed(w) for v, w in zip(old.coefficients, new.coefficients, strict=True))
