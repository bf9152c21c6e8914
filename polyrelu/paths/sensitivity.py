"""How the optimum moves with lambda and with the targets, at one lambda between breakpoints.

The root x = (g, b, c) of the square system solves F = 0, so J x' = -F_lambda, and moving y moves F by -W^T dy: with G
the top corner of J^-1, of the rows of g,

    d nu / d lambda = W (g + lambda g'),     d nu / d y = P_N + lambda W G W^T,     d b / d y = (rows of b in J^-1) W^T

with P_N the projection onto what no neuron reaches. The degrees of freedom of the fit, the trace of d fit / d y, are
dim W - lambda tr(W^T W G). All are enclosures. Where the network is not unique, the weight of a pair {u, -u} is that of
both together: it is the same for all optimal networks, as is the fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq

from polyrelu.data.problem import Problem, penalty
from polyrelu.display import Reported
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import identity, precision
from polyrelu.exact.krawczyk import prove_root
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.branch import Balls, Branch
from polyrelu.paths.curve import Faces
from polyrelu.paths.forms import as_singles
from polyrelu.paths.gaps import started
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

BITS = 240


@dataclass(frozen=True, eq=False)
class Moving:
    """A neuron, or a pair {u, -u}, with its weight ||w|| and derivatives."""

    place: Place
    pair: bool
    weight: arb
    by_lambda: arb
    by_target: Balls
    """One entry for each row."""
    direction_by_lambda: Balls


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Reported):
    """Derivatives at one lambda, all enclosed."""

    problem: Problem
    neurons: tuple[Moving, ...]
    residual_by_lambda: Balls
    residual_by_target: arb_mat
    degrees_of_freedom: arb

    @property
    def lam(self) -> Fraction:
        """The penalty."""
        assert self.problem.lam is not None
        return self.problem.lam

    @property
    def objective_by_lambda(self) -> arb:
        """The derivative of the optimal value: the sum of the weights."""
        with precision(BITS):
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
    problem.setting.refuse("sensitivities")
    value = to_fmpq(problem.lam)
    faces = Faces(Program.of(replace(problem, lam=Fraction(1))))
    with precision(BITS):
        try:
            curve, node = started(problem, faces, value)
            curve, node = as_singles(curve, node) or (curve, node)
        except Undecided as open_:
            raise Undecided(f"{open_}; lambda may be a breakpoint: ask a little beside it") from None
        return _at(problem, curve.branch, node.point, value)


def _at(problem: Problem, branch: Branch, start: Balls, lam: fmpq) -> Sensitivity:
    """Everything from the inverse of the Jacobian at a proved root."""
    n, p = branch.program.n, branch.size
    if not branch.unknowns:
        return Sensitivity(problem, (), [arb(0)] * n, identity(n), arb(0))
    root = prove_root(
        lambda x: branch.equations(x, arb(lam)), lambda x: branch.jacobian(x, arb(lam)), start, BITS
    )
    if root is None:
        raise Undecided("the root could not be proved: its system is nearly singular")
    with precision(BITS):
        data, x = branch.data, root.box
        inverse = branch.jacobian(x, arb(lam)).inv()
        dx = (inverse * -branch.by_lambda(x)).entries()
        W, gram = data.W, data.gram
        over_g = arb_mat(
            branch.unknowns, p, [inverse[i, j] for i in range(branch.unknowns) for j in range(p)]
        )
        by_y = over_g * W.transpose()
        G = arb_mat(p, p, [inverse[i, j] for i in range(p) for j in range(p)])
        by_target = identity(n) - W * gram.inv() * W.transpose() + W * G * W.transpose() * arb(lam)
        product = gram * G
        free = arb(p) - arb(lam) * sum((product[i, i] for i in range(p)), start=arb(0))
        g, b, _ = branch.parts(x)
        dg, db, _ = branch.parts(dx)
        neurons = tuple(
            Moving(
                k.place,
                pair,
                b[i],
                db[i],
                [by_y[p + i, j] for j in range(n)],
                (data.a[i] * dg * k.place.sign).entries(),
            )
            for i, (k, pair) in enumerate(zip(branch.neurons, branch.paired, strict=True))
        )
        moved = (W * (g + dg * arb(lam))).entries()
    return Sensitivity(problem, neurons, moved, by_target, free)
