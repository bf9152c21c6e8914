"""How the optimum moves with lambda and with the targets, at one lambda between breakpoints.

The root x = (g, b, c) of the square system solves F = 0, so J x' = -F_lambda, and moving y moves F by -W^T dy: with G
the top corner of J^-1, of the rows of g,

    d nu / d lambda = W (g + lambda g'),     d nu / d y = P_N + lambda W G W^T,     d b / d y = (rows of b in J^-1) W^T

with P_N the projection onto what neither a neuron nor a free column reaches. The degrees of freedom of the fit, the
trace of d fit / d y, are q + dim W - lambda tr(W^T W G), q being the rank of the free columns. All are enclosures. By
the table: see `moved_data`; what is free: `coefficients`. Where the network is not unique, the
weight of a pair {u, -u} is that of both together: it is the same for all optimal networks, as is the fit. The neurons
of a minimal network (a vertex of their set, as wide as the rank) are singles of a regular system of their own, whose
root stays a minimal network nearby: along each of them all has derivatives. Over all optimal networks see `moving`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.breakpoints.forms import NEAR, as_singles
from polyrelu.certification import certify_penalised
from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.condition import MULTIPLIER, antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.faces import Faces
from polyrelu.curves.implied import Implied, nearly
from polyrelu.curves.nodes import Node
from polyrelu.data.problem import Problem, penalty
from polyrelu.display import Reported, picture
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.krawczyk import prove_root
from polyrelu.exact.linear import solve, transposed
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.coefficients import Coefficient, coefficients_at
from polyrelu.paths.moved_data import moved_data
from polyrelu.paths.moving import Moving, Range, ranges_over
from polyrelu.paths.starts import started
from polyrelu.proof.program import Program

IDLE = "a neuron is tight that no optimal network uses: moved targets may bring it in, and have no proved derivative"
BITS = 240
ROOT_BITS = 100


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Reported):
    """Derivatives at one lambda, all enclosed."""

    problem: Problem
    neurons: tuple[Moving, ...]
    residual_by_lambda: Balls
    residual_by_target: arb_mat
    degrees_of_freedom: arb
    residual_by_feature: arb_mat | None = None
    """n rows; column i d + l is the derivative by entry l of row i."""
    minimal: tuple[Sensitivity, ...] = ()
    """The same along each minimal network, where the network is not unique and there are few."""
    ranges: tuple[Range, ...] = ()
    """Over all optimal networks, where they are more than one and all minimal ones are followed."""
    free: tuple[Coefficient, ...] = ()
    """The coefficients of what is free, where they are unique; each minimal network has its own."""
    total: arb | None = None
    """The sum of all weights, where not all neurons are listed: those that share weight with others have none alone."""
    price: arb = field(default_factory=lambda: arb(0))
    """Half the square of a ridge output bias."""

    @property
    def lam(self) -> Fraction | None:
        """The penalty; None at a breakpoint, whose lambda may be an enclosure."""
        return self.problem.lam

    def plot(self) -> Any:
        """The influence of rows on neurons, as a figure with `.save(file)` and a `caption`."""
        return picture(self)

    @property
    def objective_by_lambda(self) -> arb:
        """The derivative of the optimal value: the sum of the weights, and the price of a ridge output bias."""
        with precision(BITS):
            return (self.weight if self.total is None else self.total) + self.price

    @property
    def weight(self) -> arb:
        """The sum of the weights of the neurons that are listed."""
        return sum((k.weight for k in self.neurons), start=arb(0))


def sensitivity(problem: Problem, lam: Any = None) -> Sensitivity:
    """The derivatives at a lambda that is no breakpoint.

    >>> found = sensitivity(Problem.of([[1], [2], [-1]], [1, 3, 2], 1))
    >>> [round(float(k.by_lambda.mid()), 6) for k in found.neurons]
    [-0.2, -1.0]
    """
    if lam is not None:
        problem = replace(problem, lam=penalty(lam))
    if problem.y is None or not problem.lam:
        raise BadInput("sensitivities need a target y and lambda > 0; give both")
    value = to_fmpq(problem.lam)
    faces = Faces(Program.of(replace(problem, lam=Fraction(1))))
    with precision(BITS):
        try:
            curve, node = started(problem, faces, value)
        except Undecided as open_:
            raise Undecided(f"{open_}; lambda may be a breakpoint: ask a little beside it") from None
        curve, node = as_singles(curve, node) or (curve, node)
        _none_idle(curve)
        _no_breakpoint(curve, node)
        found = on_curve(problem, curve, node, arb(value))
        if not any(curve.branch.paired):
            return found
        minimal, whole = _along_minimal(problem, curve, node)
        found = _with_totals(found, minimal) if minimal else found
        places = dict.fromkeys(k.place for one in minimal for k in one.neurons)
        return (
            replace(found, ranges=ranges_over([one.neurons for one in minimal], list(places)))
            if whole
            else found
        )


def _with_totals(found: Sensitivity, minimal: tuple[Sensitivity, ...]) -> Sensitivity:
    """The derivatives by the table, read off any minimal network: the fit and the weight of a pair have one each."""
    first, neurons = minimal[0], []
    for k in found.neurons:
        other = antipode(k.place)
        own = [m for m in first.neurons if m.place == k.place or (k.pair and m.place == other)]
        tables = [m.by_feature for m in own if m.by_feature is not None]
        turned = own[0].direction_by_feature if own else None
        if turned is not None and own[0].place != k.place:
            turned = -turned
        total = tables[0] if len(tables) == 1 else tables[0] + tables[1]
        neurons.append(replace(k, by_feature=total, direction_by_feature=turned))
    moved = first.residual_by_feature
    return replace(found, neurons=tuple(neurons), residual_by_feature=moved, minimal=minimal)


def _no_breakpoint(curve: Curve, node: Node) -> None:
    """Every condition is strict at the root: nothing is about to change."""
    table = curve.table()
    values = table.values(node.point, arb(node.lam))
    implied = Implied(curve.branch, nearly(node.point))  # a kink that can move has no slope, whatever lambda
    for index, (f, value) in enumerate(zip(table.conditions, values, strict=True)):
        if index in table.settled or value > NEAR * (1 + abs(value)):
            continue
        if not (curve.branch.program.offset and f.kind == MULTIPLIER and implied.is_zero(f.form)):
            raise Undecided(f"a {f.kind} vanishes at this lambda, or nearly: it is a breakpoint")


def _along_minimal(problem: Problem, curve: Curve, node: Node) -> tuple[tuple[Sensitivity, ...], bool]:
    """Each minimal network that is as wide as the rank, and whether these are all of them."""
    optimal = certify_penalised(problem).optimal_set.neurons
    branch, found = curve.branch, []
    rank = branch.K + branch.r
    for vertex in optimal.few_vertices:
        kept = sorted(vertex.support)
        if len(kept) < rank:
            continue
        neurons = tuple(curve.faces.neuron(optimal.neurons[k].place) for k in kept)
        own = Branch(branch.program, neurons, (False,) * rank)
        weights = [v * arb(node.lam) for v in map(arb, (vertex.weights(BITS)[k] for k in kept))]
        nu = branch.residual_at(node.point, arb(node.lam))
        g = own.data.gram.solve(own.data.W.transpose() * (nu * (1 / arb(node.lam)))).entries()
        point = own.newton([*g, *weights], node.lam)
        if point is not None:
            found.append(at_root(problem, own, point, arb(node.lam), branch))
    return tuple(found), 0 < len(found) == len(optimal.few_vertices)


def on_curve(problem: Problem, curve: Curve, node: Node, lam: arb) -> Sensitivity:
    """At the root near a node of a curve: of units that share weight with others only what all shares agree in.

    Moved rows undo their dependence, so that derivatives by the table are on one side at best.
    """
    _none_idle(curve)
    _pushed(curve)
    found = at_root(problem, curve.branch, node.point, lam)
    if not curve.further:
        return found
    shared = _shared(curve)
    alone = tuple(
        replace(k, by_feature=None, direction_by_feature=None)
        for i, k in enumerate(found.neurons)
        if i not in shared
    )
    return replace(found, neurons=alone, residual_by_feature=None, free=(), total=found.weight)


def _none_idle(curve: Curve) -> None:
    """Moved targets may give a weight to a neuron that is tight without one, on one side."""
    if curve.idle:
        raise Undecided(IDLE)


def _pushed(curve: Curve) -> None:
    """No neuron stays on a row without any force for every lambda, at these targets: moved ones push it off."""
    table, modulo = curve.table(), curve.branch.program.free.modulo
    still = (table.linear[i] for i, sign in table.forms.sign.items() if sign == 0)
    if any(f.kind == MULTIPLIER and any(v != 0 for v in modulo(list(f.form))) for f in still):
        raise Undecided(
            "a neuron stays on a row without any force: moved targets push it off, and there is no derivative by them"
        )


def _shared(curve: Curve) -> set[int]:
    """The units on which further neurons depend, for every residual and not at these targets alone."""
    branch, onto = curve.branch, curve.branch.program.free.onto_complement
    columns = [list(onto(branch.square(k).transpose()).entries()) for k in range(branch.K)]
    found = set[int]()
    for further in curve.further:
        own = branch.like([(curve.faces.neuron(further.place), False)]).square(0)
        over = solve(transposed(columns), list(onto(own.transpose()).entries()))
        if over is None:
            raise Undecided(
                "activations depend on each other at these targets alone: the fit has no derivative by them"
            )
        found.update(k for k, c in enumerate(over) if c != 0)
    return found


def at_root(
    problem: Problem, branch: Branch, start: Balls, lam: arb, pairs: Branch | None = None
) -> Sensitivity:
    """Everything from the inverse of the Jacobian at a proved root; lambda may be enclosed.

    For one minimal network of a branch with pairs, this is given, too.
    """
    n, d, p = branch.program.n, branch.program.d, branch.size
    if not branch.unknowns:
        return _of_free_columns(problem, branch, lam)
    root = prove_root(lambda x: branch.equations(x, lam), lambda x: branch.jacobian(x, lam), start, ROOT_BITS)
    if root is None:
        raise Undecided("the root could not be proved: its system is nearly singular")
    with precision(BITS):
        data, x = branch.data, root.box
        inverse = branch.jacobian(x, lam).inv()
        dx = (inverse * -branch.by_lambda(x)).entries()
        over_g = arb_mat([row[:p] for row in inverse.tolist()])
        by_y = over_g * data.W.transpose()
        G = arb_mat([row[:p] for row in inverse.tolist()[:p]])
        P_N = beyond_free(branch) - data.W * data.gram.inv() * data.W.transpose()
        by_target = P_N + data.W * G * data.W.transpose() * lam
        product = data.gram * G
        freedom = arb(p + len(branch.program.free.kept))
        freedom -= lam * sum((product[i, i] for i in range(p)), start=arb(0))
        (g, b, _), (dg, db, _) = branch.parts(x), branch.parts(dx)
        shared = any(branch.paired) and not branch.program.is_mirrored  # else one of each pair is a network
        unknown = shared or branch.program.offset  # kinks at data points move with their rows
        moved = None if unknown else moved_data(branch, x, lam, pairs)
        neurons = []
        for i, (k, pair) in enumerate(zip(branch.neurons, branch.paired, strict=True)):
            turned = arb_mat(k.A) * by_target * (k.place.sign / lam)
            by_x = None if moved is None else arb_mat(n, d, moved.weights.tolist()[i])
            bent = None if moved is None else moved.directions[i]
            along = (arb_mat(k.A) * data.W * dg * k.place.sign).entries()
            target = [by_y[p + i, j] for j in range(n)]
            neurons.append(Moving(k.place, pair, b[i], db[i], target, along, turned, by_x, bent))
        slope = (data.W * (g + dg * lam)).entries()
        by_x = None if moved is None else moved.residual
        tables = None if moved is None else (moved.coefficients, moved.residual)
        free = coefficients_at(branch, x, lam, (dx, by_y, by_target), tables)
        bias = (branch.data.r * g)[0, 0]
    moving = tuple(neurons)
    return Sensitivity(problem, moving, slope, by_target, freedom, by_x, free=free, price=bias * bias / 2)


def beyond_free(branch: Branch) -> arb_mat:
    """The projection onto the complement of the free columns."""
    n = branch.program.n
    unit = fmpq_mat(n, n, [fmpq(int(i == j)) for i in range(n) for j in range(n)])
    return arb_mat(branch.program.free.onto_complement(unit))


def _of_free_columns(problem: Problem, branch: Branch, lam: arb) -> Sensitivity:
    """Without unknowns: the fit is the projection onto the free columns, for every lambda.

    A ridge output bias, r.nu / lambda, is 0 then, at these targets: moved ones are fitted by it, too.
    """
    n, r = branch.program.n, arb_mat(branch.ridge)
    with precision(BITS):
        size = (r.transpose() * r)[0, 0]
        by_target = beyond_free(branch) - r * r.transpose() * (1 / (lam + size))
        moved = None if branch.program.offset else moved_data(branch, [], lam)
        by_x = None if moved is None else moved.residual
        tables = None if moved is None else (moved.coefficients, moved.residual)
        free = coefficients_at(branch, [], lam, ([], arb_mat(0, n), by_target), tables)
        freedom = arb(len(branch.program.free.kept)) + size / (lam + size)
    return Sensitivity(problem, (), [arb(0)] * n, by_target, freedom, by_x, free=free)
