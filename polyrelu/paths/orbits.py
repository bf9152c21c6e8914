"""An optimum as a root whose neurons stand for their orbits, alone or in pairs with the opposite one."""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, fmpq

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import Dependent, coefficients, supporting
from polyrelu.curves.faces import Faces
from polyrelu.curves.implied import Implied, nearly
from polyrelu.curves.nodes import Node
from polyrelu.curves.symmetry import Symmetry
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball_column
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.optimum import Optimum

UNUSED = "a neuron is tight that no optimal network uses, as at a breakpoint"


def idle_places(optimum: Optimum) -> tuple[Place, ...]:
    """Tight neurons that no optimal network uses; with a free hidden bias they are not followed."""
    found = tuple(k.place for k, used in zip(optimum.neurons, optimum.support.used, strict=True) if not used)
    if found and optimum.point.structure.program.offset:
        raise Undecided(UNUSED)
    return found


def one_of_each_orbit(branch: Branch, neurons: Sequence[Neuron]) -> list[Neuron]:
    """The first of each orbit; `Undecided` where an image is not among the neurons."""
    reached, found = set[Place](), list[Neuron]()
    for neuron in neurons:
        if neuron.place not in reached:
            found.append(neuron)
            reached |= set(branch.orbit(neuron.place))
    if reached != {neuron.place for neuron in neurons}:
        raise Undecided("the tight neurons do not have the symmetry of the table")
    return found


def orbits_in_pairs(
    optimum: Optimum, faces: Faces, lam: fmpq, known: Sequence[Place], symmetry: Symmetry | None
) -> tuple[Curve, Node]:
    """Orbits whose neurons are exactly opposite to those of another one share their weight with that as pairs."""
    idle, whole = idle_places(optimum), Branch(faces.program, (), (), symmetry=symmetry)
    neurons = sorted((faces.neuron(k.place) for k in optimum.used), key=lambda k: k.place not in known)
    both = {optimum.neurons[k].place for pair in optimum.support.pairs for k in pair}
    units, seconds = list[tuple[Neuron, bool]](), set[Place]()
    for neuron in one_of_each_orbit(whole, neurons):
        if neuron.place in seconds:
            continue
        opposite = antipode(neuron.place)
        pair = neuron.place in both
        seconds |= set(whole.orbit(opposite)) if pair else set()
        units.append((neuron, pair))
    whole, nu = whole.like(units), optimum.point.balls(DIGITS).nu
    basis = supporting(whole, nu)
    branch = whole.like(units[k] for k in basis)
    point = point_at(branch, nu, lam)
    further = _further(branch, [unit for k, unit in enumerate(units) if k not in basis], point)
    curve = Curve(branch, faces, further, idle=idle)
    if set(curve.tight) != {k.place for k in optimum.used}:
        raise Undecided("the pairs do not have the symmetry of the table")
    return curve, curve.node(point, lam)


def _further(branch: Branch, units: Sequence[tuple[Neuron, bool]], point: Balls) -> tuple[Dependent, ...]:
    """Units whose activations depend on the others', if they do so for every lambda."""
    found, implied = list[Dependent](), Implied(branch, nearly(point))
    for neuron, pair in units:
        over = coefficients(branch, neuron, implied)
        if over is None:
            raise Undecided("neurons are tight whose activations depend on the others' at this lambda alone")
        found.append(Dependent(neuron.place, over, fmpq(0), (), pair))
    return tuple(found)


DIGITS = 200


def point_at(branch: Branch, nu: Sequence[arb], lam: fmpq, rest: Sequence[arb] = ()) -> Balls:
    """The root at an optimum with this residual; `rest` are weights beta and exchanges, as far as they are known."""
    scale = arb(lam)
    eta = ball_column([v / scale for v in nu])
    data = branch.data
    g = data.gram.solve(data.W.transpose() * eta).entries() if branch.size else []
    rest = rest or [arb(0)] * (branch.K + branch.r)
    K = branch.K
    point = branch.newton([*g, *(w * scale for w in rest[:K]), *rest[K:]], lam)
    if point is None:
        raise Undecided("the root could not be followed: its system is nearly singular")
    return point
