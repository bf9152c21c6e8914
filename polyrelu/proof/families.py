"""With a free hidden bias a direction may be tight at a whole interval of biases: its family.

Let (u, b) be tight with sign s, D its strictly active rows and Z those on its hyperplane. f_s(u, .) is piecewise
linear; above b its slope is s 1^T (D + Z) nu <= 0, below b it is s 1^T D nu >= 0. Where one of them is 0 all biases up
to the next hyperplane are tight as well. So a family is an interval whose *ends* and inner corners lie on hyperplanes,
and may reach to infinity, where all rows are active: then the neuron is *affine*, and (-u, -s) is one, too.

Only the ends and corners of families are listed, as neurons on hyperplanes: a neuron between two of them has the same
activations and the same price as the mean of these that has its weight and its bias. (It is another function: see
`uniqueness`.) Their weights are the coordinates of the optimal set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import fmpq

from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, times
from polyrelu.exact.real import middle
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.point import BITS, Point, linear
from polyrelu.proof.program import Program
from polyrelu.proof.tightness import is_tight, show_strict_signs
from polyrelu.proof.unconfirmed import Unconfirmed


@dataclass(frozen=True)
class Family:
    """Numbers of the neurons at its ends and corners, by growing bias; whether it reaches to infinity."""

    members: tuple[int, ...]
    affine: bool


def closure(point: Point, known: Sequence[Neuron], candidates: Sequence[Place]) -> list[Neuron]:
    """The known tight neurons, the candidates that are exactly tight, and all that their families hold."""
    program = point.structure.program
    found, waiting = {k.place: k for k in known}, list(candidates)
    for neuron in known:
        waiting += related(point, neuron)
    while waiting:
        place = waiting.pop(0)
        if place in found:
            continue
        neuron = Neuron(place, program)
        if neuron.dimension and _lies_in_face(point, neuron) and is_tight(point, neuron):
            found[place] = neuron
            waiting += related(point, neuron)
    return list(found.values())


def _lies_in_face(point: Point, neuron: Neuron) -> bool:
    """A candidate whose direction is on another side of some row is no neuron; what the structure uses must be one."""
    try:
        show_strict_signs(point, neuron)
    except Unconfirmed:
        if any(neuron.place == k.place for k in point.structure.neurons):
            raise
        return False
    return True


def ends_of(point: Point, place: Place) -> list[Place]:
    """Both ends of the interval of a place that floats (or of the half-line of the affine one)."""
    neuron = Neuron(place, point.structure.program)
    return [end for end in (_below(point, neuron), _above(point, neuron)) if end is not None]


def related(point: Point, neuron: Neuron) -> list[Place]:
    """The neighbours of a tight neuron in its family, and its mirror images that are tight."""
    place, program = neuron.place, point.structure.program
    found = [end for end in (_above(point, neuron), _below(point, neuron)) if end is not None]
    mirror = Place(place.sign, tuple(-side for side in place.face))
    apart = neuron.N + Neuron(mirror, program).N
    if program.is_mirrored or all(map(point.structure.implies_zero, apart.tolist())):
        found.append(mirror)
    if place.is_affine:  # (-u, -s) is active on all rows but the outermost on the other side
        found.append(
            Place(-place.sign, _face(_extreme(point, neuron, range(program.n), 1), range(program.n), program))
        )
    return found


def _above(point: Point, neuron: Neuron) -> Place | None:
    """The next corner at larger biases, if the neuron is tight up to it."""
    place, n = neuron.place, point.structure.program.n
    active = [j for j in range(n) if place.face[j] >= 0]
    rest = [j for j in range(n) if place.face[j] < 0]
    if place.zero_set:
        slope = _slope(point, active) * place.sign
        if slope > 0:
            raise Unconfirmed("a neuron is not highest at its bias: a larger one is better", place)
        if slope < 0:
            return None
    if not rest:
        return None
    on = _extreme(point, neuron, rest, 1)
    return Place(place.sign, _face(on, active, point.structure.program))


def _below(point: Point, neuron: Neuron) -> Place | None:
    """The next corner at smaller biases, if the neuron is tight down to it."""
    place = neuron.place
    active = list(place.active)
    if place.zero_set:
        slope = _slope(point, active) * place.sign
        if slope < 0:
            raise Unconfirmed("a neuron is not highest at its bias: a smaller one is better", place)
        if slope > 0:
            return None
    if not active:
        return None
    on = _extreme(point, neuron, active, -1)
    return Place(place.sign, _face(on, active, point.structure.program))


def _slope(point: Point, rows: Sequence[int]) -> int:
    """The sign of the sum of nu over some rows."""
    form = [fmpq(int(j in set(rows))) for j in range(point.structure.program.n)]
    return point.sign(linear(form), "the slope of a neuron's value in its bias")


def _face(on: Sequence[int], active: Sequence[int], program: Program) -> tuple[int, ...]:
    """0 on some rows, 1 on the other active ones."""
    return tuple(0 if j in set(on) else 1 if j in set(active) else -1 for j in range(program.n))


def _extreme(point: Point, neuron: Neuron, rows: Sequence[int], side: int) -> list[int]:
    """The rows with the greatest (side 1) or the least x.u, ties decided exactly."""
    program, s = point.structure.program, neuron.place.sign
    X, nu = [row[:-1] for row in program.Xq.tolist()], point.balls(BITS[0]).nu
    with precision(BITS[0] + 32):
        z = times(neuron.N, nu)
        values = {j: dot(X[j], z) * (s * side) for j in rows}
    best = max(rows, key=lambda j: middle(values[j]))
    tied = [j for j in rows if j != best and not values[j] < values[best]]
    apart = {j: _apart(point, neuron, j, best) * s * side for j in tied}
    while any(v > 0 for v in apart.values()):  # the middles of balls misled
        best = next(j for j, v in apart.items() if v > 0)
        apart = {j: _apart(point, neuron, j, best) * s * side for j in tied}
    return sorted([best, *(j for j, v in apart.items() if v == 0)])


def _apart(point: Point, neuron: Neuron, i: int, j: int) -> int:
    """The sign of (x_i - x_j).z."""
    X = point.structure.program.Xq.tolist()
    away = [a - b for a, b in zip(X[i], X[j], strict=True)][:-1]
    form = times(neuron.N.transpose(), away)
    return point.sign(linear(form), f"(x_{i + 1} - x_{j + 1}).u") if any(form) else 0


def families(point: Point, E: Sequence[Neuron]) -> tuple[Family, ...]:
    """The neurons of E in families."""
    number, above = {k.place: i for i, k in enumerate(E)}, {}
    for i, neuron in enumerate(E):
        end = _above(point, neuron)
        if end is not None:
            above[i] = number[end]
    starts = sorted(set(range(len(E))) - set(above.values()))
    return tuple(
        Family(tuple(run), -1 not in E[run[-1]].place.face) for run in map(list, _runs(starts, above))
    )


def _runs(starts: Sequence[int], above: dict[int, int]) -> Iterator[Iterator[int]]:
    def run(i: int | None) -> Iterator[int]:
        while i is not None:
            yield i
            i = above.get(i)

    for start in starts:
        yield run(start)
