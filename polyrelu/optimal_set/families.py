"""With a free hidden bias: which corners of families optimal networks use, and what that means for functions.

Two neighbouring corners of a family that some optimal networks use can be joined: a neuron between them, at their mean
bias and with the sum of their weights, has the same activations and the same price. It is another function. So all
optimal networks are one function iff

1. no affine neuron is used: its kink may lie anywhere beyond the rows;
2. no two neighbouring corners of a family are both used;
3. the networks with all kinks on hyperplanes are one function (delta = 0).

S being the union of all supports, and the set of weights convex, two neighbours in S are used together by some network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from polyrelu.proof.optimum import Optimum


@dataclass(frozen=True)
class Used:
    """Neighbouring used corners of one family: numbers of neurons in S, and whether the last one is affine."""

    members: tuple[int, ...]
    affine: bool


def used_families(optimum: Optimum) -> tuple[Used, ...]:
    """The used corners, in runs of neighbours."""
    place, found = optimum.support.places, list[Used]()
    for family in optimum.families:
        run: list[int] = []
        for member in family.members:
            if member in place:
                run.append(place[member])
            elif run:
                found.append(Used(tuple(run), False))
                run = []
        if run:
            found.append(Used(tuple(run), family.affine and family.members[-1] in place))
    return tuple(found)


def moving_kinks(optimum: Optimum) -> str:
    """Why optimal networks are different functions whatever their weights; nothing where kinks do not move."""
    families = used_families(optimum)
    if any(family.affine for family in families):
        return "a used neuron is active on all rows, and its kink may lie anywhere beyond them"
    count = sum(len(family.members) > 1 for family in families)
    kinks = "kinks" if count > 1 else "kink"
    return f"{count} {kinks} can move between hyperplanes of the rows at no cost" if count else ""


def joined(optimum: Optimum, positive: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Used neurons with a positive weight, two neighbours of a family together: one neuron each."""
    left = set(positive)
    for family in used_families(optimum):
        waiting = [k for k in family.members if k in left]
        while waiting:
            k = waiting.pop(0)
            follows = waiting and family.members.index(waiting[0]) == family.members.index(k) + 1
            group = (k, waiting.pop(0)) if follows else (k,)
            left -= set(group)
            yield group
    yield from ((k,) for k in sorted(left))  # kinks through a new row
