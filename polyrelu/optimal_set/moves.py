"""Two different optimal networks, and what kind of difference it is.

Let delta be the difference of the weights of two optimal networks. Distinct functions (u.x)_+ are linearly independent
but for (u.x)_+ - (-u.x)_+ = u.x, so the two are the same function on R^d iff the kinks cancel: delta is zero on
neurons without an antipode, and s_k delta_k + s_k' delta_k' = 0 for pairs {u, -u}. What is left is a linear
function (sum delta_k s_k u_k).x that vanishes on the rows of X and has its gradient in their span: zero.

(For neurons (u, +) and (-u, -) that says delta_k = delta_k'. With all cells present nu.Xu is 2 lambda there and 0 for
pairs of equal sign; such a u is unique and outside the span of the others, so delta_k = 0. In a list of patterns there
may be several, and exchanges among them.)

Where columns of the table join freely, these may make up on the rows for a linear function that is none of theirs:
then all kinks agree, and the networks differ in their linear part modulo the free functions that are linear.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import islice, product
from typing import Any

from flint import arb, fmpq

from polyrelu.display import Shown
from polyrelu.errors import Contradiction, LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, times
from polyrelu.exact.rational import to_fmpq
from polyrelu.exact.real import Imprecise, is_open, sign
from polyrelu.optimal_set.boxed import BasicSolution, Boxed, Vector, Vertex
from polyrelu.optimal_set.neuron_polytope import GUARD_BITS, NeuronPolytope
from polyrelu.optimal_set.optimise import Objective, maximise, value_at
from polyrelu.optimal_set.set_point import Corner, OptimalNetwork
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.point import linear
from polyrelu.proof.ranks import modulo_forms

BITS = 192
MAX_INPUTS = 20_000
SMALL_INPUTS = 2_000

ObjectiveIn = Callable[[Coordinates], Objective]
"""A linear function of the weights whose coefficients depend on the optimum's coordinates."""


class Freedom(Enum):
    """What changes between two optimal networks."""

    SPLIT = "split"
    """One neuron's weight is shared differently among blocks: the same network, up to copies of a neuron."""
    LINEAR_EXCHANGE = "linear exchange"
    """Weight moves between u and -u: different parameters, the same function on all of R^d."""
    DIFFERENT_FUNCTION = "different function"
    """The same fit and penalty on the data, different predictions elsewhere."""


@dataclass(frozen=True)
class Witness:
    """A rational input where two networks provably differ, with both outputs enclosed."""

    x: tuple[Fraction, ...]
    outputs: tuple[arb, arb]


@dataclass(frozen=True, eq=False, repr=False)
class Move(Shown):
    """Two different optimal networks; all points between them are optimal, too."""

    freedom: Freedom
    first: OptimalNetwork
    second: OptimalNetwork
    witness: Witness | None = None
    """For different functions; None for gated networks, whose functions off the data depend on the gates' vectors."""

    def direction(self, bits: int = BITS) -> list[Any]:
        """The change of every weight from the first network to the second."""
        with precision(bits + GUARD_BITS):
            pairs = zip(self.first.weights(bits), self.second.weights(bits), strict=True)
            return [b - a for a, b in pairs]


def moved(polytope: NeuronPolytope) -> Move:
    """Two optimal networks, if the neuron polytope has positive dimension; of different functions, if there are any."""
    if polytope.is_fibre:  # every dependence is a linear exchange
        return Move(Freedom.LINEAR_EXCHANGE, *_two_on_fibre(polytope))
    for settled in (
        polytope.settle_quickly,
        polytope.settle_exactly,
    ):  # most kinks show in balls that they vary
        for objective in (*map(_constantly, kinks(polytope)), *slopes(polytope)):
            found = _varied(polytope, objective, settled)
            if found is not None:
                witness = None if polytope.optimum.program.gated else find_witness(polytope, *found)
                return Move(Freedom.DIFFERENT_FUNCTION, *found, witness)
        if polytope.optimum.delta == 0:
            break
    assert polytope.optimum.delta == 0, "delta > 0 means that some kink or the linear part varies"
    for j in range(len(polytope.neurons)):
        first, second = (_point(polytope, _optimum_of(polytope, {j: 1}, c)) for c in (-1, 1))
        if first.vertex != second.vertex:
            return Move(Freedom.LINEAR_EXCHANGE, first, second)
    raise Contradiction("a set of positive dimension in which no weight varies")


def _varied(
    polytope: NeuronPolytope, objective_in: ObjectiveIn, settled: Callable[..., Any]
) -> tuple[OptimalNetwork, OptimalNetwork] | None:
    """Two vertices where the function differs; None if there are none, or none that this arithmetic can tell."""

    def ends(system: Boxed, at: Coordinates) -> tuple[Vertex, Vertex] | None:
        objective = objective_in(at)
        low, high = (_maximum(system, polytope.start, objective, c) for c in (-1, 1))
        x, y = (system.point(v.solution) for v in (low, high))
        return (low, high) if sign(value_at(objective, y) - value_at(objective, x)) else None

    try:
        found = settled(ends)
    except Imprecise:
        return None
    return None if found is None else (_point(polytope, found[0]), _point(polytope, found[1]))


def kinks(polytope: NeuronPolytope) -> list[Objective]:
    """The total signed weight on each hyperplane's kink: of a pair together, of other neurons alone.

    Two optimal networks are the same function iff they agree in all of these (and in their `slopes`).
    """
    pairs, opposed = _both_kinds(polytope)
    paired = {k for pair in [*pairs, *opposed] for k in pair}
    alone = [{k: 1} for k in range(len(polytope.neurons)) if k not in paired]
    return [*({a: 1, b: 1} for a, b in pairs), *({a: 1, b: -1} for a, b in opposed), *alone]


def slopes(polytope: NeuronPolytope) -> list[ObjectiveIn]:
    """The coordinates of the linear function sum beta_a z_a over pairs (a, b), modulo what is free and linear.

    Where no kink varies all else is constant. It varies only where columns of the table make up for it on the rows.
    """
    program = polytope.optimum.program
    if len(program.free.forms) == len(program.free.names):
        return []
    first = [a for pairs in _both_kinds(polytope) for a, _ in pairs]

    def coordinate(i: int) -> ObjectiveIn:
        return lambda at: {a: modulo_forms(program, polytope.neurons[a].z(at.nu))[i] for a in first}

    return [coordinate(i) for i in range(program.d)] if first else []


def _constantly(objective: Objective) -> ObjectiveIn:
    return lambda _: objective


def _optimum_of(polytope: NeuronPolytope, objective: Objective, c: int) -> Vertex:
    start, claim = polytope.start, "two optimal networks"
    return polytope.settle(lambda system: _maximum(system, start, objective, c), claim)


def _maximum(system: Boxed, start: Vertex, objective: Objective, c: int) -> Vertex:
    return maximise(system, start, {j: c * v for j, v in objective.items()}).vertex


def _point(polytope: NeuronPolytope, place: Vertex | BasicSolution) -> OptimalNetwork:
    return OptimalNetwork(polytope, (Corner(fmpq(1), place),))


def _end(system: Boxed, start: Vertex, d: Vector) -> Vertex:
    end = system.walk(system.point(start.solution), start.sides, d)
    assert end is not None, "the weights of optimal networks are bounded"
    return system.vertex(end[1])


def _two_on_fibre(polytope: NeuronPolytope) -> tuple[OptimalNetwork, OptimalNetwork]:
    """Two neighbouring vertices; two inner points where a vertex hangs on an equality that is not settled."""
    try:
        start = polytope.start
        claim = "an edge out of one minimal network"
        other = polytope.settle(lambda system: _end(system, start, system.directions(start)[0]), claim)
        return _point(polytope, start), _point(polytope, other)
    except (Undecided, LimitReached):
        return _point(polytope, polytope.inner), _point(polytope, _nearby(polytope))


def _nearby(polytope: NeuronPolytope) -> BasicSolution:
    """The inner point with its first free share made a little smaller, so little that all bounds stay strict."""
    inner, factor = polytope.inner, fmpq(1, 2)
    system = polytope.enclosed(BITS)
    while factor > fmpq(1, 1 << 64):
        rest = (inner.rest[0] * (1 - factor), *inner.rest[1:])
        moved_a_bit = BasicSolution(inner.basis, rest)
        with precision(BITS + GUARD_BITS):
            x = system.point(moved_a_bit)
            if all(v > 0 and v < u for v, u in zip(x, system.upper, strict=True)):
                return moved_a_bit
        factor /= 2
    raise Undecided("a second point of the linear-phase fibre was not found at this precision")


def _both_kinds(polytope: NeuronPolytope) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The pairs of equal and of opposed signs, by positions in S."""
    support = polytope.optimum.support
    return _in_support(polytope, support.pairs), _in_support(polytope, support.opposed)


def _in_support(polytope: NeuronPolytope, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of positions in E as positions in S."""
    place = polytope.optimum.support.places
    return [(place[a], place[b]) for a, b in pairs]


# ------------------------------------------------------------------ where two functions differ


def find_witness(polytope: NeuronPolytope, first: OptimalNetwork, second: OptimalNetwork) -> Witness:
    """A rational input where the networks differ, proved by balls; simple inputs are tried first."""
    program = polytope.optimum.program
    nu = polytope.optimum.point.balls(BITS).nu
    with precision(BITS):
        z = [neuron.z(nu) for neuron in polytope.neurons]
        lam = arb(program.lamq)
        betas = [[arb(w) / lam for w in point.weights(BITS)] for point in (first, second)]
        linear = [_free_part(polytope, nu, beta) for beta in betas]
    has_bias = all(row[-1] == 1 for row in program.X)
    for x in islice(inputs(program.d, has_bias), MAX_INPUTS):
        with precision(BITS):
            rest = [part(x) for part in linear]
            a, b = (evaluate(polytope.neurons, z, beta, x) + c for beta, c in zip(betas, rest, strict=True))
            if a > b or a < b:
                z = [_zeros_settled(polytope, k, v, x) for k, v in enumerate(z)]
                a, b = (
                    evaluate(polytope.neurons, z, beta, x) + c for beta, c in zip(betas, rest, strict=True)
                )
                return Witness(tuple(map(Fraction, x)), (a, b))
    raise Undecided("no input was found where the two networks differ, though their kinks do")


def _free_part(
    polytope: NeuronPolytope, nu: Sequence[Any], betas: Sequence[Any]
) -> Callable[[Sequence[int]], Any]:
    """What the free functions add at an input (with free columns of the table at 0), in balls."""
    program, free = polytope.optimum.program, polytope.optimum.program.free
    if free.at is None:
        return lambda x: arb(0)
    e = free.ridge_bias(nu, program.lamq)
    rest = [y - v - e for y, v in zip(program.yq, nu, strict=True)]
    for neuron, beta in zip(polytope.neurons, betas, strict=True):
        rest = [v - a * beta for v, a in zip(rest, neuron.activation(nu), strict=True)]
    c, given = free.coefficients(rest), len(free.names) - len(free.at([1] * program.d, []))
    return lambda x: dot([to_fmpq(v) for v in free.at(tuple(x), (0,) * given)], c) + e  # type: ignore[misc]


def _zeros_settled(polytope: NeuronPolytope, k: int, z: list[Any], x: Sequence[int]) -> list[Any]:
    """z of neuron k, or the zero vector if x lies exactly on its hyperplane: a ball around 0 would not say so."""
    form = [fmpq(v) for v in x]
    if not is_open(dot(form, z)):
        return z
    point, A = polytope.optimum.point, polytope.neurons[k].A
    try:
        side = point.sign(linear(times(A.transpose(), form)), "a neuron at the input of a witness")
    except Undecided:
        return z
    return z if side else [arb(0)] * len(z)


def evaluate(
    neurons: Sequence[Neuron], z: Sequence[Sequence[arb]], betas: Sequence[arb], x: Sequence[int]
) -> arb:
    """The network's output at an integer input: sum over neurons of s (s beta z.x)_+, in balls."""
    total, rational = arb(0), [fmpq(v) for v in x]
    for neuron, direction, beta in zip(neurons, z, betas, strict=True):
        s = neuron.place.sign
        total += beta * arb(0).max(arb(dot(rational, direction)) * s) * s
    return total


def inputs(d: int, has_bias: bool) -> Iterator[tuple[int, ...]]:
    """Integer points: small ones, then random ones; with a bias column their last coordinate is 1."""
    free = d - 1 if has_bias else d
    tail = (1,) if has_bias else ()
    for size in (1, 2):
        for x in islice(product(*([range(-size, size + 1)] * free)), SMALL_INPUTS):
            yield (*x, *tail)
    pick = random.Random(0)
    while True:
        size = pick.choice((3, 10, 100, 1000))
        yield (*(pick.randint(-size, size) for _ in range(free)), *tail)
