"""Minimal networks along a path: listed at some lambdas of each interval, and where the list changes.

Within an interval the neurons, their rank and the dimension of the set are constant, but its vertices are not: a share
of a pair may reach 0 or the whole at a *wall*. The lists are proved at single lambdas; two that differ prove that a
wall lies between them, which bisection brings closer. Between two lambdas with the same list nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.paths.ends import between
from polyrelu.paths.intervals import Interval
from polyrelu.proof.neuron import Place

Network = frozenset[Place]
SAMPLES = 4
CLOSE = Fraction(1, 10**4)
"""A wall is enclosed to this relative width."""


@dataclass(frozen=True)
class Listed:
    """The minimal networks at one lambda: the neurons of each; None where there are too many, or undecided."""

    lam: Fraction
    networks: frozenset[Network] | None

    @property
    def widths(self) -> tuple[int, int] | None:
        """The least and the greatest number of neurons."""
        sizes = [len(one) for one in self.networks or ()]
        return (min(sizes), max(sizes)) if sizes else None


@dataclass(frozen=True)
class Along:
    """The lists of one interval, in increasing lambda, and pairs of lambdas with a wall between them."""

    lists: tuple[Listed, ...]
    walls: tuple[tuple[Fraction, Fraction], ...]


def minimal_along(interval: Interval, at: Callable[[Fraction], Any]) -> Along:
    """The minimal networks along one interval; `at` gives the full result at a lambda."""
    low, high = ends(interval.low)[1], ends(interval.high)[0]
    wanted = between(max(low, high / 10**6), high, 1 + (SAMPLES if interval.nullity else 1))
    if not interval.nullity:
        only = frozenset([frozenset(interval.places)])
        return Along(tuple(Listed(lam, only) for lam in wanted[:1]), ())
    found = [_listed(lam, at) for lam in wanted]
    walls, k = list[tuple[Fraction, Fraction]](), 0
    while k + 1 < len(found):
        a, b = found[k], found[k + 1]
        same = a.networks == b.networks or a.networks is None or b.networks is None
        middle = [] if same or b.lam - a.lam < CLOSE * b.lam else between(a.lam, b.lam, 2)
        if middle:
            found.insert(k + 1, _listed(middle[0], at))
            continue
        if not same:
            walls.append((a.lam, b.lam))
        k += 1
    return Along(tuple(found), tuple(walls))


def _listed(lam: Fraction, at: Callable[[Fraction], Any]) -> Listed:
    try:
        networks = at(lam).optimal_set.neurons
        places = [neuron.place for neuron in networks.neurons]
        found = frozenset(frozenset(places[k] for k in v.support) for v in networks.vertices)
    except (LimitReached, Undecided):
        return Listed(lam, None)
    return Listed(lam, found)
