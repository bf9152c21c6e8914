"""Neurons that stay on a row without any force for every lambda, and which derivatives there are nevertheless.

A multiplier that is 0 on a whole interval is no event: the structure stays what it is, and so do all derivatives by
lambda. Moved targets, or a moved table, may turn it negative, so that the neuron leaves its row; moved the other way it
stays. Neither happens where the multiplier stays 0:

by the targets, if its form is 0 for all nu that solve the equations for targets near by;

by the table, let v be the ray along which the neuron would leave, and D its block. If x_j.v = 0 on all rows of D, the
form is 0 whatever nu is. Then D X (P + v v^T / |v|^2) X^T D = D X P X^T D, and the first derivatives of both sides by X
agree, too. So residual and weights move in one way on whichever side the neuron goes, and so does its direction unless
rows of D or of its face are moved.

If pairs exchange all directions, X^T nu = 0 for moved tables as well, and the multipliers of u and -u along v are 0
together. So one with the form s X v is 0 as long as no row off D and none of the face is moved; if one is, the pair may
leave its row. About other multipliers nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

from polyrelu.breakpoints.forms import opposite_places
from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.condition import MULTIPLIER, Condition
from polyrelu.curves.curve import Curve
from polyrelu.curves.implied import Implied, ImpliedForAll
from polyrelu.curves.nodes import Node
from polyrelu.errors import Undecided
from polyrelu.exact.krawczyk import prove_root
from polyrelu.exact.linear import independent_rows, times
from polyrelu.exact.minors import nonzero_minor
from polyrelu.proof.neuron import Place
from polyrelu.proof.shared_face import Surroundings

PUSHED = (
    "a neuron stays on a row without any force for every lambda, at these targets: moved one way they push it off, "
    "moved the other way they do not"
)
TURNED = (
    "a neuron stays on a row without any force for every lambda, at this table: moved one way it pushes it off, "
    "moved the other way it does not"
)
ROOT_BITS = 100


@dataclass(frozen=True)
class Still:
    """What multipliers that are 0 for every lambda leave of the derivatives by targets and table."""

    targets: bool = True
    table: bool = True
    turned: frozenset[tuple[Place, int]] = frozenset()
    """Neurons and rows: by the row there is no derivative of the direction."""
    rows: frozenset[int] = frozenset()
    """By these rows there is none of anything."""


def still(curve: Curve, node: Node) -> Still:
    """What is still at a node, where every other condition is shown to be strict."""
    branch = curve.branch
    box = root_near(branch, node.point, arb(node.lam)) if branch.unknowns else []
    zero = _vanishing(curve, box, node)
    if not zero:
        return Still()
    whatever = ImpliedForAll(branch, box)
    targets = branch.symmetry is None and all(whatever.sign(f.form) == 0 for f in zero)
    own, common = set[tuple[Place, int]](), set[int]()
    exchanged = _exchanges_all(curve, branch.residual_at(box, arb(node.lam)))
    for f in zero:
        rows = _moving_rows(curve, f, exchanged)
        if rows is None or not targets:
            return Still(targets, table=False)
        if any(f.form) or any(branch.paired):
            common |= rows
        else:
            own.update((f.place, j) for j in rows)
    return Still(turned=frozenset(own), rows=frozenset(common))


def root_near(branch: Branch, start: Balls, lam: arb) -> Balls:
    """The proved root; lambda may be enclosed."""
    root = prove_root(lambda x: branch.equations(x, lam), lambda x: branch.jacobian(x, lam), start, ROOT_BITS)
    if root is None:
        raise Undecided("the root could not be proved: its system is nearly singular")
    return root.box


def _vanishing(curve: Curve, box: Balls, node: Node) -> list[Condition]:
    """Multipliers that are 0 for every lambda; `Undecided` where another condition is not strict."""
    table, found = curve.table(), list[Condition]()
    implied = Implied(curve.branch, box)
    for index, (f, value) in enumerate(zip(table.conditions, table.values(box, arb(node.lam)), strict=True)):
        sign = table.forms.sign.get(index)
        if index in table.settled and sign:
            continue
        if f.kind == MULTIPLIER and (sign == 0 or (value.contains(0) and implied.sign(f.form) == 0)):
            found.append(f)
        elif not value > 0:
            raise Undecided(
                f"a {f.kind} vanishes at this lambda, or nearly, and is not known to do so for every lambda beside it: "
                "this may be a breakpoint, or next to one"
            )
    return found


def _moving_rows(curve: Curve, f: Condition, exchanged: bool) -> set[int] | None:
    """Rows that a multiplier sees when they are moved, if its form is one of those of which something is known."""
    place, program = f.place, curve.branch.program
    around = Surroundings(curve.faces.neuron(place), program)
    directions = around.directions[0]
    if len(independent_rows(directions)) < len(directions):
        return None  # the neuron may leave its face in many ways
    active = set(place.active)
    if not any(f.form):
        # a member of a pair that exchanges some directions alone would leave it
        return active.union(place.zero_set) if exchanged or not any(curve.branch.paired) else None
    rays = [t.ray for t in around.tests() if all(v == -w for v, w in zip(f.form, t.form, strict=True))]
    whole = any(_is_along(f.form, times(program.Xq, ray), place.sign) for ray in rays)
    return set(range(program.n)) - active if whole and exchanged else None


def _is_along(form: Sequence[object], along: list[object], sign: int) -> bool:
    """Whether a multiplier is -s X v."""
    return all(v == -sign * w for v, w in zip(form, along, strict=True))  # type: ignore[operator]


def _exchanges_all(curve: Curve, nu: arb_mat) -> bool:
    """Whether X^T nu = 0 for all tables near by.

    Of neurons on opposite faces, whose lengths |A nu| are the same, (A_k - A_-k) nu is orthogonal to X^T nu.
    """
    branch = curve.branch
    d = branch.program.d
    if branch.program.columns is not None or branch.r == d:
        return branch.program.columns is None
    both = opposite_places([k.place for k in branch.neurons])
    apart = [((arb_mat(curve.faces.neuron(u).A - curve.faces.neuron(v).A)) * nu).entries() for u, v in both]
    return len(both) >= d and len(nonzero_minor(arb_mat(apart))[0]) == d
