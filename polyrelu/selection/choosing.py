"""Choosing inside the optimal set: the network of least weight norm, of least validation error, or at an extreme.

Over weights t_k = |w_k| of the neurons of S a convex quadratic q(t) = t.Gt/2 + h.t + c is minimised. In the variables
x of the neuron polytope { M x = b, 0 <= x <= u } (t is affine in x) it is again a convex quadratic. A float solver
guesses which variables are at a bound; then

* *exact*: x solves the linear Karush-Kuhn-Tucker system of that guess, lies between its bounds, and the reduced
  gradient r = grad q - M^T mu is >= 0 at lower and <= 0 at upper bounds. By convexity x is a minimiser: the gap is 0.
  Balls prove it too, since they enclose the only solution of a nonsingular system, if all these inequalities are
  strict.
* *bound*: where this fails, for any feasible x and any mu, by convexity and M x = M x' for all feasible x',

      q(x) - min q  <=  max over 0 <= x' <= u of grad q(x).(x - x')  =  sum_j ( r_j x_j + max(0, -r_j) u_j ),

  a proved gap. A weight beta without a bound of its own is at most sum beta = nu.(y - nu) / lambda^2.

>>> from polyrelu.certification import certify
>>> optimum = certify([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1).proved()
>>> chosen = least_norm(optimum)
>>> chosen.weights, chosen.value, chosen.gap
([2, 2, 2, 2], 16, 0)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyrelu.data.problem import Problem
from polyrelu.display import Shown
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot
from polyrelu.exact.rational import to_fmpq
from polyrelu.exact.real import Imprecise
from polyrelu.networks.coordinates import positive_part
from polyrelu.networks.network import Network
from polyrelu.optimal_set.boxed import Boxed
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.networks import network_at
from polyrelu.optimal_set.neuron_polytope import GUARD_BITS, NeuronPolytope
from polyrelu.optimal_set.optimise import maximise
from polyrelu.optimal_set.predictions import NO_GATES
from polyrelu.optimal_set.set_point import Corner, OptimalNetwork
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.point import BITS
from polyrelu.selection.pruning import variables_at
from polyrelu.selection.quadratic import Quadratic, gap_bound, minimiser, near_point

Objective = Callable[[Coordinates], Quadratic]
"""A convex quadratic of the weights t, with coefficients in the arithmetic of the optimum's coordinates."""


@dataclass(frozen=True, eq=False, repr=False)
class Chosen(Shown):
    """An optimal network: its weights |w_k| on S, the value there, and how far above the minimum it may be."""

    optimum: Optimum
    weights: list[Any]
    value: Any
    gap: Any

    def network(self) -> Network:
        """The network (theta = u, phi = s |w|); `Network.balanced` scales it."""
        return network_at(self.optimum, self.weights)


def least_norm(optimum: Optimum, *, blocks: bool = False, bits: int = 128) -> Chosen:
    """The optimal weights of least sum |w|^2: over neurons, or over the blocks of the convex program.

    At the level of blocks a neuron's weight t_k is shared among the m_k blocks that hold it; the sum of their
    squares is least, and then is t_k^2 / m_k, for equal shares.
    """
    shares = [p.multiplicity if blocks else 1 for p in optimum.used]
    diagonal = [fmpq(2, m) for m in shares]
    K = len(diagonal)
    G = [[diagonal[i] if i == k else fmpq(0) for k in range(K)] for i in range(K)]
    return minimise(optimum, lambda at: Quadratic(G, [fmpq(0)] * K, fmpq(0)), bits=bits)


def least_validation_error(optimum: Optimum, X: Any, y: Any, *, bits: int = 128) -> Chosen:
    """The optimal network with least sum (f(x_i) - y_i)^2 over further data.

    With delta = 0 all optimal networks are one function, and a minimal network is as good as any.
    """
    if optimum.program.gated:
        raise BadInput(NO_GATES)
    if optimum.program.columns is not None:
        raise BadInput("the least validation error cannot be had with free columns or biases yet")
    problem = Problem.of(X, y)
    if problem.d != optimum.program.d:
        raise BadInput(f"inputs of length {optimum.program.d} are expected, found {problem.d}")
    rows = [[to_fmpq(v) for v in row] for row in problem.X]
    target = [to_fmpq(v) for v in problem.y or ()]

    def objective(at: Coordinates) -> Quadratic:
        columns = []
        for neuron in optimum.used:
            z, s = neuron.z(at.nu), neuron.place.sign
            columns.append([positive_part(dot(x, z) * s) * s / optimum.program.lamq for x in rows])
        return Quadratic.least_squares(columns, target)

    return (
        _anywhere(optimum, objective, bits) if optimum.delta == 0 else minimise(optimum, objective, bits=bits)
    )


def _anywhere(optimum: Optimum, objective: Objective, bits: int) -> Chosen:
    """A minimal network: enough for objectives that see the function alone, where all networks are one."""
    polytope = OptimalSet(optimum).neurons.polytope
    level = None if polytope.is_rational else max(bits, BITS[0])
    with _arithmetic(level):
        question = _posed(polytope, objective, level)
        return question.chosen(question.system.point(polytope.start.solution), fmpq(0))


def extreme_weight(optimum: Optimum, k: int, *, largest: bool = True, bits: int = 128) -> Chosen:
    """An inclusion-minimal network where the weight of neuron k of S is largest (or smallest)."""
    K = len(optimum.used)
    if not 0 <= k < K:
        raise BadInput(f"neuron {k} was asked for; the neurons are numbered 0 to {K - 1}")
    polytope = OptimalSet(optimum).neurons.polytope
    reading, start = polytope.readings[k], polytope.start
    upwards = 1 if largest == (reading.mu is None) else -1
    goal = {reading.x: upwards} if reading.x is not None else {}
    found = polytope.settle(lambda system: maximise(system, start, goal), "an extreme weight")
    weights = OptimalNetwork(polytope, (Corner(fmpq(1), found.vertex),)).weights(bits)
    return Chosen(optimum, weights, weights[k], found.gap * optimum.program.lamq)


def minimise(optimum: Optimum, objective: Objective, *, bits: int = 128) -> Chosen:
    """The least value of a convex quadratic over the optimal networks."""
    polytope = OptimalSet(optimum).neurons.polytope
    levels: tuple[int | None, ...] = (
        (None,) if polytope.is_rational else (*(max(bits, b) for b in BITS), None)
    )
    for level in levels:
        if level is None and optimum.point.exact is None:
            break
        with _arithmetic(level):
            question = _posed(polytope, objective, level)
            try:
                x = minimiser(question.quadratic, question.system)
            except Imprecise:
                continue
            if x is not None:
                return question.chosen(x, fmpq(0))
    return approximately(optimum, objective, bits=bits)


def approximately(optimum: Optimum, objective: Objective, *, bits: int = 128) -> Chosen:
    """A feasible network near the minimum that a float solver finds, with the proved bound of its gap."""
    networks = OptimalSet(optimum).neurons
    level = None if networks.polytope.is_rational else max(bits, BITS[0])
    with _arithmetic(level):
        question = _posed(networks.polytope, objective, level)
        inner = variables_at(question.system, networks.interior_point())[0]
        near = near_point(question.quadratic, question.system, inner)
        total = dot(question.at.nu, optimum.program.fit(question.at.nu))
        most = total / (optimum.program.lamq * optimum.program.lamq)
        return question.chosen(near.x, gap_bound(question.quadratic, question.system, near, most))


@dataclass(frozen=True, eq=False)
class _Question:
    """The quadratic in the polytope's own variables, in one arithmetic."""

    polytope: NeuronPolytope
    at: Coordinates
    system: Boxed
    quadratic: Quadratic

    def chosen(self, x: Sequence[Any], gap: Any) -> Chosen:
        """The point x as a network."""
        lam = self.polytope.optimum.program.lamq
        weights = [beta * lam for beta in self.polytope.betas(x, self.at)]
        for k, reading in enumerate(self.polytope.readings):
            if (
                reading.x is not None
                and reading.mu is not None
                and x[reading.x] is self.system.upper[reading.x]
            ):
                weights[k] = fmpq(0)  # a ball minus itself would not say so
        return Chosen(self.polytope.optimum, weights, self.quadratic.value(x), gap)


def _arithmetic(level: int | None) -> AbstractContextManager[None]:
    return nullcontext() if level is None else precision(level + GUARD_BITS)


def _posed(polytope: NeuronPolytope, objective: Objective, level: int | None) -> _Question:
    point, lam = polytope.optimum.point, polytope.optimum.program.lamq
    if level is None:
        system, exact = polytope.exact, point.exact
        assert exact is not None
        at = exact.at
    else:
        system, at = polytope.enclosed(level), point.balls(level)
    slopes = [(None if r.x is None else (r.x, lam if r.mu is None else -lam)) for r in polytope.readings]
    offsets = [beta * lam for beta in polytope.betas([fmpq(0)] * system.size, at)]
    return _Question(polytope, at, system, objective(at).pulled_back(slopes, offsets, system.size))
