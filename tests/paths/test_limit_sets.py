"""Which networks at a breakpoint are limits: against `certify` there, with claims that are too much, and as jumps."""

import itertools
from fractions import Fraction

import pytest

from polyrelu import certify, path
from polyrelu.paths.continuity import continuity_at
from polyrelu.paths.limit_sets import LimitSet, is_continuous, unique_there

GRID = [list(v) for v in itertools.product((-1, 0, 1), repeat=2)]
CUBE = [list(v) for v in itertools.product((-1, 1), repeat=3)]
ZERO_ONE = [list(v) for v in itertools.product((0, 1), repeat=3)]
SIX = [[x, y] for x in (-1, 0, 1) for y in (-1, 1)]
TABLES = {
    "three enter": (CUBE, [-1, -1, 1, -1, 1, -1, -1, -1]),
    "pairs on a cross": ([[1, 0], [0, 1], [-1, 0], [0, -1]], [1, 2, 1, 1]),
    "one and three": ([[-1, 0], [0, -1], [0, 1], [1, 0]], [1, 1, 2, 2]),
    "two mirrored pairs": (SIX, [5, 0, 0, 5, 5, 0]),
    "a grid with one value": (GRID, [1] * 9),
    "and": (ZERO_ONE, [0, 0, 0, 0, 0, 0, 0, 1]),
    "levels": ([[-2, -1], [-2, 1], [-1, -1], [-1, 1], [0, -1], [0, 1], [1, -1], [1, 1]], [1] * 8),
    "X = I, and its negative": (
        [[int(i == j) * s for j in range(3)] for s in (1, -1) for i in range(3)],
        [-1, -1, 1, -1, 1, 1],
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_is_said_at_a_breakpoint_is_what_certify_finds_there(name):
    """At rational breakpoints the optimum is certified exactly."""
    found = path(*TABLES[name])
    assert found.status == "proved"
    assert found.continuity.network_continuous is True
    for k, here in enumerate(found.breakpoints):
        exact = found.exact(k)
        if exact is None or exact.polynomial.degree() > 1:
            continue
        answer = certify(*TABLES[name], Fraction(exact.name)).p_unique.answer
        assert answer is True or not unique_there(here)
        beside = found.intervals[k].p_unique or found.intervals[k + 1].p_unique
        assert answer is True or not (beside and continuity_at(here)[0])


def test_a_set_that_jumps():
    """A phase begins with a hit: right above the network is unique, and at the breakpoint any share will do."""
    X = [[-4, -4, 1], [3, 1, 2], [2, 4, -2], [4, -2, -1], [-1, -4, -2], [1, -2, -2], [4, 4, 1], [4, 4, -2]]
    found = path(X, [3, 2, 4, 1, 1, 1, 3, -2], "28/1000", "33/1000")
    (here,) = found.breakpoints
    above, below = LimitSet.both(here)
    assert above.begins_unique
    assert below.has_many
    assert not below.begins_unique
    assert not above.has_many
    assert not unique_there(here)
    assert is_continuous(here) is False
    assert found.continuity.network_jumps == (0,)
    assert found.to_json()["continuity"]["network_jumps"] == [0]
    assert "the set of optimal networks jumps at lambda = " in found.summary()


def test_no_vector_separates_what_depends():
    """The limit from a side with several networks: without one of them that the others make up for, nothing is said."""
    checked = 0
    for table in TABLES.values():
        for here in path(*table).breakpoints:
            for side in LimitSet.both(here):
                for place in list(side.heavy) if side.has_many else []:
                    fewer = LimitSet(side.curve, side.end, side.x, side.lam)
                    owners = fewer.heavy.pop(place)
                    if (
                        fewer.greatest_rank([p for own in fewer.heavy.values() for p in own])
                        == side.least_rank
                    ):
                        assert owners
                        assert not fewer.is_all
                        checked += 1
    assert checked > 3
