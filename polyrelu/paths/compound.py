"""Several events at one lambda, by exact algebra.

Symmetric and structured data make several functions vanish together. One of them names lambda*, the root of S1 there is
an exact point of a number field, and the others are 0 exactly. The structure below was certified a little lower; at
lambda* its system is solved exactly by the same residual and the same weights, those of newcomers being 0, and each of
its functions that vanishes is 0 exactly. The rest is as for any breakpoint: the pieces on both sides reach lambda*, and
every vanishing function leaves 0 in the right direction.
"""

from __future__ import annotations

from flint import arb

from polyrelu.paths.algebra import TO_DECIDE, ExactZero, exact_zero, solves
from polyrelu.paths.breakpoint import Breakpoint
from polyrelu.paths.conditions import SHARE, SLACK, WEIGHT, Condition, exact_value
from polyrelu.paths.curve import Curve
from polyrelu.paths.directions import Node
from polyrelu.paths.events import Change
from polyrelu.paths.forms import as_singles
from polyrelu.paths.walk import Walk, follow, short, zero_between
from polyrelu.paths.zeros import Zero, carried
from polyrelu.proof.neuron import Place


def compound(walk: Walk, below: Curve, node: Node) -> Breakpoint | None:
    """The breakpoint between where the walk is stuck and a curve that holds below, if exact algebra proves it."""
    above = walk.curve
    below, node = as_singles(below, node) or (below, node)
    come = tuple(p for p in below.tight if p not in above.tight)
    gone = tuple(p for p in above.tight if p not in below.tight)
    zero = _first(walk, come, node)
    if zero is None:
        return None
    exact = exact_zero(zero, TO_DECIDE)
    if exact is None or any(above.branch.paired) or any(below.branch.paired):
        return None
    zero_above = _vanishing(above, exact, exact.b, come)
    weights = dict(zip((k.place for k in above.branch.neurons), exact.b, strict=True))
    b = [weights.get(k.place, exact.lam * 0) for k in below.branch.neurons]
    if not solves(below.branch, exact.lam, exact.nu, b, []):
        return None
    zero_below = _vanishing(below, exact, b, gone)
    x = carried(above.branch, (zero.x, zero.lam), below.branch, {}, {})
    if x is None or zero_above is None or zero_below is None:
        return None
    changes = tuple(
        Change(kind, place, None, below.branch, zero_above, zero_below, come, gone)
        for kind, places in (("enter", come), ("leave", gone))
        for place in places
    )
    return Breakpoint(above, below, changes, zero, x) if changes else None


def _first(walk: Walk, come: tuple[Place, ...], node: Node) -> Zero | None:
    """A zero of one of the functions above that vanish there."""
    goal = short(min(node.lam, walk.node.lam) * (1 - (walk.node.lam - node.lam) / walk.node.lam))
    point = follow(walk.curve, walk.node, goal)
    if point is None:
        return None
    there = walk.curve.node(point, goal)
    failed = [*walk.curve.table().negative(point, arb(goal)), *(Condition(SLACK, p) for p in come)]
    zeros = [zero_between(walk.curve, f, there, walk.node) for f in failed]
    return max((z for z in zeros if z is not None), key=lambda z: z.lam.mid(), default=None)


def _vanishing(
    curve: Curve, exact: ExactZero, b: list[object] | object, guests: tuple[Place, ...]
) -> frozenset[Condition] | None:
    """The functions of a curve that are exactly 0 at the breakpoint; None where one is negative."""
    found = set[Condition]()
    for f in curve.table(guests).conditions:
        if f.kind == SHARE:
            return None
        value = exact_value(f, curve.branch, exact.nu, b, exact.lam)  # type: ignore[arg-type]
        side = (value > 0) - (value < 0)
        if side == 0:
            found.add(f)
        elif side < 0 and f.kind == WEIGHT:
            return None
    return frozenset(found)
