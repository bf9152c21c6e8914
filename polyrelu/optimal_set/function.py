"""What optimal networks predict at a row as a linear function of their weights, and the coefficients of what is free.

With values F of the free functions at x a network adds F.c, and c follows from the weights: it is what the fit still
lacks, c = (B^T B)^-1 B^T (y - nu - e - sum_k beta_k Q_k nu). With g = B (B^T B)^-1 F, which is rational,
f(x) = g.(y - e) + sum_k beta_k ( s_k (s_k z_k.x)_+ - g.Q_k nu ): linear in beta as before. Where F depends on what
vanishes on all rows there is no end: any value is predicted by some optimal network. The coefficient c_j itself is the
case x = 0, F = e_j.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

from flint import arb, fmpq, fmpq_mat

from polyrelu.exact.linear import dot
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


@dataclass(frozen=True, eq=False)
class Function:
    """The prediction at x as a linear function of the weights: the forms z_k.x = form.nu of the neurons active at x."""

    networks: NeuronSet
    x: tuple[fmpq, ...]
    free: tuple[fmpq, ...] = ()
    """The values of the free functions."""
    is_row: bool = True
    """Whether it is a prediction; else a coefficient of the free functions."""

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

    @cached_property
    def _lacking(self) -> list[fmpq]:
        """g: what the free functions predict at x where they have to make up for a vector of R^n."""
        free = self.polytope.optimum.program.free
        if not free.kept:
            return []
        F = fmpq_mat(1, len(free.kept), [self.free[j] for j in free.kept])
        return list((F * free.inverse).entries())

    def coefficients(self, at: Coordinates) -> Objective:
        """a_k = s_k (s_k z_k.x)_+ - g.Q_k nu for every neuron k of S where it is not zero."""
        found = {k: self._coefficient(k, form, proved, at) for k, (form, proved) in self.forms.items()}
        if any(self._lacking):
            for k, neuron in enumerate(self.polytope.neurons):
                found[k] = found.get(k, fmpq(0)) - dot(self._lacking, neuron.activation(at.nu))
        return found

    def constant(self, at: Coordinates) -> Any:
        """What is predicted without any neuron's part."""
        program = self.polytope.optimum.program
        e = program.free.ridge_bias(at.nu, program.lamq)
        value = e if self.is_row else fmpq(0)
        return value + dot(self._lacking, [y - e for y in program.yq]) if self._lacking else value

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
        return self.constant(at) + total / self.polytope.optimum.program.lamq

    @cached_property
    def is_constant(self) -> bool:
        """Whether all optimal networks predict the same at x."""
        optimum = self.polytope.optimum
        if optimum.nullity == 0 or (self.is_row and (optimum.delta == 0 or self._is_along_a_row())):
            return True
        if not self.forms and not any(self._lacking):
            return True
        start = self.polytope.start

        def moves(system: Boxed, at: Coordinates) -> bool:
            objective = self.polytope.of_variables(self.coefficients(at))
            rates = [value_at(objective, d) for d in system.releases(start).values()]
            if any(not is_open(rate) and sign(rate) for rate in rates):
                return True
            if any(map(is_open, rates)):
                raise Imprecise("is a prediction the same for all optimal networks?")
            return False

        return not self.polytope.settle_at(moves, "whether the optimal networks agree at a new row")

    def _is_along_a_row(self) -> bool:
        program = self.polytope.optimum.program
        if program.columns is not None:  # then a multiple of a row is another input
            here, values = [*self.x, *self.free], program.free.table.tolist() or [[]] * program.n
            return any([*row, *F] == here for row, F in zip(program.Xq.tolist(), values, strict=True))
        ray = primitive(self.x)
        return any(primitive(row) == ray for row in program.Xq.tolist())

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
        return Attained(self, (at_place(self.polytope, found.vertex),), direction)

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
        return self.point.network(join=False)


def _larger(a: Any, b: Any) -> Any:
    return a.max(b) if isinstance(a, arb) else max(a, b)


def at_place(polytope: NeuronPolytope, place: Vertex | BasicSolution) -> OptimalNetwork:
    """The network at one place of the polytope."""
    return OptimalNetwork(polytope, (Corner(fmpq(1), place),))


@dataclass(frozen=True, eq=False)
class NoEnd:
    """What vanishes on all rows does not vanish here: free coefficients reach any value."""

    polytope: NeuronPolytope
    direction: int

    def value(self, bits: int) -> Any:
        """There is no end."""
        return arb("inf") * self.direction

    def network(self) -> Network:
        """An optimal network: from its free coefficients any prediction is reached."""
        return at_place(self.polytope, self.polytope.start).network()


def free_coefficients(networks: NeuronSet) -> list[Attained | None]:
    """Every coefficient of the free functions, and last that of a ridge output bias; None where it is not unique."""
    polytope = networks.polytope
    optimum, free = polytope.optimum, polytope.optimum.program.free
    anyone = (at_place(polytope, polytope.inner if polytope.is_fibre else polytope.start),)
    affine = any(  # a kink beyond the rows moves the constant
        family.affine and optimum.support.used[family.members[-1]] for family in optimum.families
    )
    origin, found = (fmpq(0),) * optimum.program.d, list[Attained | None]()
    for j in range(len(free.names)):
        unit = tuple(fmpq(int(i == j)) for i in range(len(free.names)))
        function = Function(networks, origin, unit, is_row=False)
        moves = any(v[j] != 0 for v in free.vanishing) or (free.names[j] == "constant" and affine)
        found.append(None if moves or not function.is_constant else Attained(function, anyone))
    if free.ridge:
        found.append(Attained(Function(networks, origin, (fmpq(0),) * len(free.names)), anyone))
    return found
