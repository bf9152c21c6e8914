"""Does the set of optimal networks move continuously with lambda, and must a choice of block weights jump?

Networks are measures on directions with signs, so that splitting does not count. On a piece the weights are smooth, or
the fibre has an interior and moves with its inequalities; at a simple event the set at the breakpoint is the common
limit of both sides. So over pieces and simple events the set of optimal networks is continuous (Hausdorff). If all
directions are fixed, it is, whatever happens together: the set of solutions of linear inequalities with a right-hand
side that is affine in lambda.

In the convex program a neuron that *crosses* a row without sliding on it takes its weight to another block at once:
every choice of optimal block weights jumps there, by 2 ||w|| in the sum of the norms. At all other simple events some
choice is continuous.
"""

from __future__ import annotations

from dataclasses import dataclass

from polyrelu.paths.breakpoint import Breakpoint
from polyrelu.paths.curve import Curve


@dataclass(frozen=True)
class Continuity:
    """Verdicts over a whole path; None where a gap, or events that come together, leave it open."""

    network_continuous: bool | None
    """The set of optimal networks is continuous, and so there is a continuous choice."""
    convex_jumps: tuple[int, ...]
    """Breakpoints at which every choice of block weights jumps."""
    convex_continuous: bool | None


def continuity_at(here: Breakpoint) -> tuple[bool | None, bool | None]:
    """Is the set of networks continuous there, and must block weights jump? None where it is open."""
    kinds = {change.kind for change in here.changes}
    single = not here.compound and not any(_stands_for_others(c) for c in (here.above, here.below))
    if single and (len(here.changes) == 1 or kinds == {"phase_begin"}):
        return True, kinds == {"cross"}
    fixed = all(
        curve.faces.neuron(place).A.rank() <= 1 for curve in (here.above, here.below) for place in curve.tight
    )
    return (True if fixed else None), None


def _stands_for_others(curve: Curve) -> bool:
    """Whether a neuron stands for an orbit: all of its neurons together may depend on each other at one lambda."""
    return any(len(curve.branch.orbit(k.place)) > 1 for k in curve.branch.neurons)


def continuity_of(breakpoints: tuple[Breakpoint, ...], *, gaps: bool) -> Continuity:
    """The verdicts over a path."""
    found = [continuity_at(b) for b in breakpoints]
    jumps = tuple(k for k, (_, jump) in enumerate(found) if jump)
    smooth = None if gaps or any(whole is None for whole, _ in found) else True
    chosen = False if jumps else None if gaps or any(jump is None for _, jump in found) else True
    return Continuity(smooth, jumps, chosen)
