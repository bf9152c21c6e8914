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

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.breakpoints.forms import as_singles
from polyrelu.certification import certify_penalised
from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.faces import Faces
from polyrelu.curves.nodes import Node
from polyrelu.data.problem import Problem, penalty
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import solve, transposed
from polyrelu.exact.rational import to_fmpq
from polyrelu.exact.real import is_zero
from polyrelu.paths.coefficients import coefficients_at
from polyrelu.paths.derivatives import BITS, Sensitivity
from polyrelu.paths.ends import table_in_range
from polyrelu.paths.moved_data import moved_data
from polyrelu.paths.moving import Moving, ranges_over
from polyrelu.paths.starts import started
from polyrelu.paths.still import root_near, still
from polyrelu.proof.program import Program

IDLE = (
    "a neuron is tight that no optimal network uses, at a breakpoint alone or beside it: moved targets may bring it "
    "in, and have no proved derivative"
)
UNDONE = "activations depend on each other, and moved rows undo that"
COINCIDENCE = "activations depend on each other at these targets alone, and moved ones undo that"


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
    table_in_range(problem)
    value = to_fmpq(problem.lam)
    faces = Faces(Program.of(replace(problem, lam=Fraction(1))))
    with precision(BITS):
        try:
            curve, node = started(problem, faces, value)
        except Undecided as open_:
            raise Undecided(f"{open_}; lambda may be a breakpoint: ask a little beside it") from None
        none_idle(curve)
        curve, node = as_singles(curve, node) or (curve, node)
        left = still(curve, node)
        found = on_curve(problem, curve, node, arb(value)).limited(left)
        if not any(curve.branch.paired):
            return found
        minimal, whole = _along_minimal(problem, curve, node)
        minimal = tuple(one.limited(left) for one in minimal)
        found = _with_totals(found, minimal).limited(left) if minimal else found
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
        total = sum(tables[1:], start=tables[0]) if tables else None
        neurons.append(replace(k, by_feature=total, direction_by_feature=turned))
    moved = first.residual_by_feature
    return replace(found, neurons=tuple(neurons), residual_by_feature=moved, minimal=minimal)


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

    Moved rows undo their dependence, so that derivatives by the table are on one side at best. If further neurons
    depend on others at these targets alone, so do moved targets.
    """
    found = at_root(problem, curve.branch, node.point, lam)
    if not curve.further:
        return found
    over, always = _dependences(curve)
    shared = {k for row in over for k, c in enumerate(row) if not is_zero(c)}
    alone = tuple(k for i, k in enumerate(found.neurons) if i not in shared)
    told = replace(found, neurons=alone, free=(), total=found.weight).without_table(UNDONE)
    return told if always else told.without_targets(COINCIDENCE)


def none_idle(curve: Curve) -> None:
    """Moved targets may give a weight to a neuron that is tight without one, on one side."""
    if curve.idle:
        raise Undecided(IDLE)


def _dependences(curve: Curve) -> tuple[list[Sequence[Any]], bool]:
    """What further neurons are over those of the branch, and whether that is so for every residual."""
    branch, onto = curve.branch, curve.branch.program.free.onto_complement
    columns = [list(onto(branch.square(k).transpose()).entries()) for k in range(branch.K)]
    found, always = list[Sequence[Any]](), True
    for further in curve.further:
        own = branch.like([(curve.faces.neuron(further.place), False)]).square(0)
        over = solve(transposed(columns), list(onto(own.transpose()).entries()))
        always = always and over is not None
        found.append(further.over if over is None else over)
    return found, always


def at_root(
    problem: Problem, branch: Branch, start: Balls, lam: arb, pairs: Branch | None = None
) -> Sensitivity:
    """Everything from the inverse of the Jacobian at a proved root; lambda may be enclosed.

    For one minimal network of a branch with pairs, this is given, too.
    """
    n, d, p = branch.program.n, branch.program.d, branch.size
    if not branch.unknowns:
        return _of_free_columns(problem, branch, lam)
    x = root_near(branch, start, lam)
    with precision(BITS):
        data = branch.data
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
