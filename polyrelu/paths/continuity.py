"""Does the set of optimal networks move continuously with lambda, and must a choice of block weights jump?

Networks are measures on directions with signs, so that splitting does not count. On a piece the weights are smooth, or
the fibre has an interior and moves with its inequalities; at a simple event the set at the breakpoint is the common
limit of both sides. So over pieces and simple events the set of optimal networks is continuous (Hausdorff). If all
directions are fixed that are tight at a breakpoint or beside it, it is, whatever happens together: the weights b >= 0
with sum b_k a_k and sum b_k given, which move continuously, and a_k that do not move at all.

Where several events come together it is, too, if the network at the breakpoint is unique: limits of optimal networks
are optimal there, and there is only one. It is unique if nothing has entered yet, or if the activations of all
directions that are tight there are independent (modulo the free columns, if these are).

In the convex program a neuron that *crosses* a row without sliding on it takes its weight to another block at once:
every choice of optimal block weights jumps there, by 2 ||w|| in the sum of the norms. At all other simple events some
choice is continuous. The same holds at a unique network, neuron by neuron: if a row is on the same side, or 0, before
and after, some block holds the neuron on both sides.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.curves.curve import Curve
from polyrelu.curves.own_weights import own_weights
from polyrelu.paths.limit_sets import is_continuous, unique_there
from polyrelu.paths.ranks import fallen


@dataclass(frozen=True)
class Continuity:
    """Verdicts over a whole path; None where a gap, or events that come together, leave it open."""

    network_continuous: bool | None
    """The set of optimal networks is continuous, and so there is a continuous choice. Where it is not, there may be."""
    network_jumps: tuple[int, ...]
    """Breakpoints with networks that no optimal network on one side comes near."""
    convex_jumps: tuple[int, ...]
    """Breakpoints at which every choice of block weights jumps."""
    convex_continuous: bool | None


def continuity_at(here: Breakpoint) -> tuple[bool | None, bool | None]:
    """Is the set of networks continuous there, and must block weights jump? None where it is open."""
    program = here.above.branch.program
    if program.offset and program.normed == 1:  # columns do not move
        return True, False
    kinds = {change.kind for change in here.changes}
    single = not here.compound and not any(_stands_for_others(c) for c in (here.above, here.below))
    if single and (len(here.changes) == 1 or kinds == {"phase_begin"} or here.above.branch.program.gated):
        return True, kinds == {"cross"}
    if unique_there(here):
        return True, _must_jump(here)
    sides = ((here.above, here.end_above), (here.below, here.end_below))
    places = [p for curve, end in sides for p in (*curve.tight, *curve.idle, *end.guests)]
    fixed = all(here.above.faces.neuron(place).A.rank() <= 1 for place in places)
    smooth = True if fixed else is_continuous(here)
    return smooth, _must_jump(here, unique=False) if smooth else None


def _must_jump(here: Breakpoint, *, unique: bool = True) -> bool | None:
    """Whether block weights must jump where networks do not; None where neurons that cross become one, or need no
    weight.
    """
    moves = [pair for change in here.changes for pair in change.names.items()]
    cross = [
        (old, new) for old, new in moves if any(a * b < 0 for a, b in zip(old.face, new.face, strict=True))
    ]
    if not cross or not unique:
        return None if cross else False
    at = fallen(here.above, here.end_above)
    alone = Counter(at.get(p, p) for p in here.above.tight)
    weights = own_weights(here.above, here.x)
    found = any(
        alone[at.get(old, old)] == 1
        and sum(old == other for other, _ in moves) == 1
        and old in weights
        and weights[old] > 0
        for old, _ in cross
    )
    return True if found else None


def _stands_for_others(curve: Curve) -> bool:
    """Whether a neuron stands for an orbit: all of its neurons together may depend on each other at one lambda."""
    return any(len(curve.branch.orbit(k.place)) > 1 for k in curve.branch.neurons)


def continuity_of(breakpoints: tuple[Breakpoint, ...], *, gaps: bool) -> Continuity:
    """The verdicts over a path."""
    found = [continuity_at(b) for b in breakpoints]
    jumps = tuple(k for k, (_, jump) in enumerate(found) if jump)
    torn = tuple(k for k, (whole, _) in enumerate(found) if whole is False)
    smooth = False if torn else None if gaps or any(whole is None for whole, _ in found) else True
    chosen = False if jumps else None if gaps or any(jump is None for _, jump in found) else True
    return Continuity(smooth, torn, jumps, chosen)
