"""The predictions of all optimal networks at a new row x: an exact interval, with two networks that attain its ends.

A network with weights beta_k over S predicts f(x) = sum_k beta_k s_k (s_k z_k.x)_+, with z_k = s_k lambda u_k. This is
linear in beta, so its ends over all optimal networks are two linear programs over the neuron polytope, which list no
vertex; where the vertices are few or have been listed before, the ends are read off these. Let a be the vector of its
coefficients.

*When they agree.* The polytope is { beta >= 0 : M beta = b }, and some point of it has all beta > 0 (every neuron of S
is used). So f(x) is one number iff a is constant on { M beta = b }: iff a.d = 0 for a basis of the kernel of M, for
instance the releases at any vertex. This holds for all x if all optimal networks are one function (delta = 0), and for
every positive multiple of a row of X, where the prediction is that multiple of the optimal fit. Elsewhere it is
decided exactly: where delta > 0 the neurons beyond the structure were settled in an exact field of the optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, Protocol

from flint import arb, fmpq, fmpq_mat

from polyrelu.display import Shown
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import bits_of, decimal_bounds
from polyrelu.exact.linear import dot
from polyrelu.exact.rational import to_fmpq
from polyrelu.exact.real import Imprecise, is_open, middle, sign
from polyrelu.exact.vectors import primitive
from polyrelu.optimal_set.boxed import BasicSolution, Boxed, Vertex
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.optimal_set.neuron_set import NeuronSet
from polyrelu.optimal_set.optimise import Maximum, Objective, maximise, value_at
from polyrelu.optimal_set.set_point import Corner, OptimalNetwork
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.point import BITS as LEVELS
from polyrelu.proof.point import linear

if TYPE_CHECKING:
    from polyrelu.networks.network import Network

BITS = 128
DIGITS = 20
NO_GATES = "a gated program knows its gates on the rows of X alone; it has no value at other inputs"

Bounds = tuple[str, str]
"""Decimal strings lo <= value <= hi."""


class End(Protocol):
    """An end of an interval of predictions, and a network that attains it."""

    def value(self, bits: int) -> Any:
        """The prediction: exact where the optimum is rational, enclosed elsewhere; infinite if there is no end."""

    def network(self) -> Network:
        """A network that attains the end."""


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Shown):
    """The interval of the predictions of all optimal networks at the row x (as given, without a bias column)."""

    x: tuple[Fraction, ...]
    ends: tuple[End, End]
    agrees: bool
    """Whether all optimal networks predict the same: proved, and refuted otherwise."""
    scope: str = ""
    """Among which networks, where not among all: see `Program.scope`."""

    @property
    def low(self) -> Any:
        """The least prediction: exact where the optimum is rational, a ball elsewhere."""
        return self.ends[0].value(BITS)

    @property
    def high(self) -> Any:
        """The greatest prediction."""
        return self.ends[1].value(BITS)

    def interval(self, digits: int = DIGITS) -> tuple[Bounds, Bounds]:
        """Both ends, each enclosed in decimals; "-inf" and "inf" where there is no end."""
        low, high = (_bounds(end.value(bits_of(digits)), digits) for end in self.ends)
        return low, high

    @cached_property
    def networks(self) -> tuple[Network, Network]:
        """Two optimal networks that attain the ends; without ends, two that predict 0 and 1 here."""
        return self.ends[0].network(), self.ends[1].network()


def _bounds(value: Any, digits: int) -> Bounds:
    if isinstance(value, arb) and not value.is_finite():
        return ("inf", "inf") if value > 0 else ("-inf", "-inf")
    return decimal_bounds(value, digits)


@dataclass(frozen=True, eq=False)
class Function:
    """The prediction at x as a linear function of the weights: the forms z_k.x = form.nu of the neurons active at x."""

    networks: NeuronSet
    x: tuple[fmpq, ...]

    @property
    def polytope(self) -> NeuronPolytope:
        """The polytope of weights."""
        return self.networks.polytope

    @cached_property
    def forms(self) -> dict[int, tuple[list[fmpq], bool]]:
        """x^T A_k for every neuron k of S with s_k z_k.x > 0, and whether that is proved (see `_side`)."""
        row, found = fmpq_mat(1, len(self.x), list(self.x)), {}
        for k, neuron in enumerate(self.polytope.neurons):
            form = (row * neuron.A).entries()
            side = self._side(form)
            if side is None or side == neuron.place.sign:
                found[k] = form, side is not None
        return found

    def _side(self, form: Sequence[fmpq]) -> int | None:
        """The sign of z_k.x; None where nobody needs it: all networks agree, and no exact field is at hand."""
        if not any(form):
            return 0
        optimum = self.polytope.optimum
        if optimum.delta > 0 or optimum.field != "enclosures":
            return optimum.point.sign(linear(form), "the side of a new row at a neuron")
        ball = optimum.point.ball(linear(form), BITS)
        return 1 if ball > 0 else -1 if ball < 0 else None

    def coefficients(self, at: Coordinates) -> Objective:
        """a_k = s_k (s_k z_k.x)_+ for every neuron k of S where it is not zero."""
        return {k: self._coefficient(k, form, proved, at) for k, (form, proved) in self.forms.items()}

    def _coefficient(self, k: int, form: Sequence[fmpq], proved: bool, at: Coordinates) -> Any:
        along = dot(form, at.nu)
        if proved:
            return along
        s = self.polytope.neurons[k].place.sign
        return (along * s).max(arb(0)) * s

    def value(self, point: OptimalNetwork, bits: int) -> Any:
        """The prediction of one network: exact over Q, enclosed elsewhere."""
        if self.polytope.is_rational:
            return self.exact_value(point)
        return self.polytope.enclose(lambda system, at: arb(self._value_in(point, system, at)), bits)

    def exact_value(self, point: OptimalNetwork) -> Any:
        """The prediction of one network in the exact field of the optimum."""
        return self.polytope.settle_exactly(lambda system, at: self._value_in(point, system, at))

    def _value_in(self, point: OptimalNetwork, system: Boxed, at: Coordinates) -> Any:
        weights, total = point.weights_in(system, at), fmpq(0)
        for k, a in self.coefficients(at).items():
            total = total + a * weights[k]
        return total / self.polytope.optimum.program.lamq

    @cached_property
    def is_constant(self) -> bool:
        """Whether all optimal networks predict the same at x."""
        optimum = self.polytope.optimum
        if optimum.delta == 0 or not self.forms or self._is_along_a_row():
            return True
        start = self.polytope.start

        def moves(system: Boxed, at: Coordinates) -> bool:
            objective = self.coefficients(at)
            rates = [value_at(objective, d) for d in system.releases(start).values()]
            if any(not is_open(rate) and sign(rate) for rate in rates):
                return True
            if any(map(is_open, rates)):
                raise Imprecise("is a prediction the same for all optimal networks?")
            return False

        return not self.polytope.settle_at(moves, "whether the optimal networks agree at a new row")

    def _is_along_a_row(self) -> bool:
        ray = primitive(self.x)
        rows = self.polytope.optimum.program.Xq.tolist()
        return any(primitive(row) == ray for row in rows)

    def end(self, direction: int) -> Attained:
        """The end where the prediction is largest (direction 1) or least (-1), proved."""
        few = self.networks.few_vertices
        if few:
            return Attained(self, self._best_vertices(few, direction), direction)
        start = self.polytope.start

        def search(system: Boxed, at: Coordinates) -> Maximum:
            objective = {k: a * direction for k, a in self.coefficients(at).items()}
            found = maximise(system, start, objective)
            if isinstance(found.gap, arb):
                raise Imprecise("is a vertex exactly the end of the predictions?")
            return found

        found = self.polytope.settle_at(search, "an end of the predictions")
        return Attained(self, (_at(self.polytope, found.vertex),), direction)

    def _best_vertices(
        self, vertices: tuple[OptimalNetwork, ...], direction: int
    ) -> tuple[OptimalNetwork, ...]:
        """The vertices without those that balls prove not to be the end."""
        left = vertices
        for bits in LEVELS[:2]:
            values = [self.value(vertex, bits) * direction for vertex in left]
            top = max(values, key=middle)
            left = tuple(vertex for vertex, value in zip(left, values, strict=True) if not value < top)
        return left


@dataclass(frozen=True, eq=False)
class Attained:
    """An end, attained by one of these points of the optimal set: by which is compared exactly when someone asks."""

    function: Function
    points: tuple[OptimalNetwork, ...]
    direction: int = 1

    def value(self, bits: int) -> Any:
        """The prediction of the networks that attain the end."""
        values = [self.function.value(point, bits) * self.direction for point in self.points]
        return reduce(_larger, values) * self.direction

    @cached_property
    def point(self) -> OptimalNetwork:
        """A point that attains the end."""
        best = self.points[0]
        if len(self.points) > 1:
            highest = self.function.exact_value(best)
            for other in self.points[1:]:
                value = self.function.exact_value(other)
                if sign(value - highest) == self.direction:
                    best, highest = other, value
        return best

    def network(self) -> Network:
        """The network, exact where a field of the optimum is known."""
        return self.point.network()


def _larger(a: Any, b: Any) -> Any:
    return a.max(b) if isinstance(a, arb) else max(a, b)


def _at(polytope: NeuronPolytope, place: Vertex | BasicSolution) -> OptimalNetwork:
    return OptimalNetwork(polytope, (Corner(fmpq(1), place),))


def predict(
    networks: NeuronSet, x: tuple[Fraction, ...], shown: tuple[Fraction, ...] | None = None
) -> Prediction:
    """The predictions at x (with the 1 of a bias column, if there is one); `shown` is the row as it was given."""
    polytope = networks.polytope
    if polytope.optimum.program.gated:
        raise BadInput(NO_GATES)
    function, scope = Function(networks, tuple(map(to_fmpq, x))), polytope.optimum.program.scope
    if function.is_constant:
        anyone = Attained(function, (_at(polytope, polytope.inner if polytope.is_fibre else polytope.start),))
        return Prediction(shown or x, (anyone, anyone), True, scope)
    return Prediction(shown or x, (function.end(-1), function.end(1)), False, scope)
