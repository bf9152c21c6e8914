"""Where the walk cannot go on: breakpoints at which several things happen at once, and gaps.

Below a place where the walk is stuck the optimum is certified afresh, and its curve followed back up. Several functions
that vanish at one lambda are one compound breakpoint if exact algebra shows it: see `compound`. Else the piece between
is a gap, which is told with its reason; nothing is ever bridged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from flint import arb, fmpq

from polyrelu.budget import OutOfTime
from polyrelu.certification import certify_penalised
from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.branch import Balls, Branch
from polyrelu.paths.breakpoint import Breakpoint
from polyrelu.paths.compound import compound
from polyrelu.paths.curve import Curve, Faces, Piece
from polyrelu.paths.dependent import is_dependent, with_parts
from polyrelu.paths.directions import Node
from polyrelu.paths.walk import Walk, follow, short
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.ranks import rational_dependences

BELOW = (fmpq(1, 10**5), fmpq(1, 10**4), fmpq(1, 10**3), fmpq(1, 10**2))
"""Where the optimum is certified afresh, relative to where the walk is stuck."""
NEAREST = fmpq(1, 10**9)
MOST = 12
"""Fresh starts of one path."""
DIGITS = 200

Start = tuple[Curve, Node]


@dataclass(frozen=True)
class Gap:
    """An interval about which nothing is proved, and why."""

    low: fmpq
    high: fmpq
    reason: str


@dataclass
class Way:
    """What was proved on the way down, from above, and what was not."""

    pieces: list[Piece] = field(default_factory=list)
    breaks: list[Breakpoint] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def extend(self, further: Way) -> None:
        """Go on below."""
        self.pieces += further.pieces
        self.breaks += further.breaks
        self.gaps += further.gaps


def walked(
    problem: Problem, start: Start | None, low: fmpq, high: fmpq, told: Callable[[fmpq], object] | None
) -> Way:
    """The way down, with fresh starts."""
    way = Way()
    if start is None:
        way.gaps.append(Gap(low, high, "nothing was proved at the upper end"))
        return way
    walk = Walk(*start, low, told=told)
    for _ in range(MOST):
        try:
            done = walk.run()
        except OutOfTime as over:
            way.extend(Way(walk.pieces, walk.breaks, [Gap(low, walk.node.lam, str(over))]))
            return way
        fresh = None if done else _below(problem, walk)
        joined = None if fresh is None else compound(walk, *fresh)
        if joined is not None and _passes(walk, joined):
            continue
        way.extend(Way(walk.pieces, walk.breaks))
        if done:
            return way
        end = low if fresh is None else max(low, fresh[1].lam)
        way.gaps.append(Gap(end, walk.node.lam, walk.reason))
        if fresh is None or end == low:
            return way
        walk = Walk(*fresh, low, step=NEAREST * 4, told=told)
    way.gaps.append(Gap(low, walk.node.lam, f"{MOST} fresh starts did not suffice"))
    return way


def _passes(walk: Walk, joined: Breakpoint) -> bool:
    """Go through a compound breakpoint, if the pieces on both sides are proved."""
    before = (walk.curve, walk.node, walk.entry, list(walk.pieces), list(walk.breaks))
    walk.waiting = joined
    walk.step = fmpq(1, 64)
    count = len(walk.breaks)
    while len(walk.breaks) == count:
        if not walk.advance():
            break
    else:
        walk.step = fmpq(1, 64)
        if walk.advance():
            return True
    walk.curve, walk.node, walk.entry, walk.pieces, walk.breaks = before
    walk.waiting = None
    return False


def _below(problem: Problem, walk: Walk) -> Start | None:
    """The structure right below where the walk is stuck, followed back up as far as it holds."""
    stuck = walk.node.lam
    for part in BELOW:
        lam = short(stuck * (1 - part))
        if lam <= walk.low:
            return None
        with suppress(Undecided, LimitReached):
            curve, node = started(problem, walk.curve.faces, lam)
            top = stuck if walk.waiting is None else walk.waiting.ends[0]
            return curve, _as_high_as_possible(curve, node, short(top * (1 - NEAREST)))
    return None


def _as_high_as_possible(curve: Curve, node: Node, goal: fmpq) -> Node:
    """The curve close to the goal, if nothing seems to be violated there."""
    point = follow(curve, node, goal)
    if point is None or curve.table().negative(point, arb(goal)):
        return node
    return curve.node(point, goal)


def started(problem: Problem, faces: Faces, lam: fmpq) -> Start:
    """The curve through the optimum at one lambda, certified there; `Undecided` where its structure is degenerate."""
    program = faces.program
    listed: Any = "cells" if program.listed is None else program.listed
    here = replace(problem, lam=to_fraction(lam))
    optimum = certify_penalised(here, patterns=listed, gated=program.gated).proved()
    structure = optimum.point.structure
    if program.gated and any(structure.paired):
        raise Undecided(
            "opposite neurons of complementary gates share their weight: such pairs are not followed"
        )
    if len(optimum.neurons) != len(structure.neurons) + sum(structure.paired):
        return _with_dependent(optimum, faces, lam)
    branch = Branch(faces.program, tuple(faces.neuron(k.place) for k in structure.neurons), structure.paired)
    at = optimum.point.balls(DIGITS)
    point = _point(branch, at.nu, [*at.weights, *at.c], lam)
    curve = Curve(branch, faces)
    return curve, curve.node(point, lam)


def _with_dependent(optimum: Optimum, faces: Faces, lam: fmpq) -> Start:
    """Neurons whose activations depend on others': a maximal independent part, and the rest carried along."""
    found = rational_dependences(optimum.point, optimum.neurons)
    if found is None or not all(optimum.support.used):
        raise Undecided(
            "neurons are tight whose activations depend on the others' in a way that is not rational"
        )
    branch = Branch(
        faces.program,
        tuple(faces.neuron(optimum.neurons[k].place) for k in found.basis),
        (False,) * len(found.basis),
    )
    at = optimum.point.balls(DIGITS)
    point = _point(branch, at.nu, [arb(0)] * branch.K, lam)
    others = {optimum.neurons[k].place: over for k, over in found.others.items()}
    parts = with_parts(branch, list(at.nu), others)
    if parts is None or not all(is_dependent(branch, faces.neuron(f.place), f.over) for f in parts):
        raise Undecided("neurons are tight whose activations depend on the others' at this lambda alone")
    curve = Curve(branch, faces, parts)
    return curve, curve.node(point, lam)


def _point(branch: Branch, nu: Sequence[arb], rest: Sequence[arb], lam: fmpq) -> Balls:
    """The root at an optimum with this residual; `rest` are weights beta and exchanges."""
    scale = arb(lam)
    eta = ball_column([v / scale for v in nu])
    data = branch.data
    g = data.gram.solve(data.W.transpose() * eta).entries() if branch.size else []
    K = branch.K
    point = branch.newton([*g, *(w * scale for w in rest[:K]), *rest[K:]], lam)
    if point is None:
        raise Undecided("the root could not be followed: its system is nearly singular")
    return point
