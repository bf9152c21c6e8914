"""Paths that begin or end exactly at a breakpoint."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import inf

import pytest

from polyrelu import path
from polyrelu.budget import Budget, spending
from polyrelu.certificate.write_path import path_document
from polyrelu.errors import Undecided
from polyrelu.exact.rational import to_fmpq
from polyrelu.show.forms import as_json, as_text

TABLES = {
    "one feature": ([[1], [2], [-1]], [1, 3, 2], {}),
    "two neurons at once": ([[2], [-1]], [1, 2], {}),
    "parallel rows": ([[3, 4], [-3, -4], [4, -3], [-4, 3]], [4, 3, -2, -1], {}),
    "hit at 1": ([[1, 0], [0, 2], [4, -3]], ["6/5", 2, "-1/100"], {}),
    "an exact path": ([[0], [1], [2], [3]], [0, 1, 0, 2], {"bias": "free"}),
}


@cache
def between(low, high):
    """The path of one feature between two of its breakpoints, or from one of them."""
    return path(*TABLES["one feature"][:2], low, high)


def kinds(here):
    return None if here is None else sorted(c.kind for c in here.changes)


def rationals(found):
    """Rational breakpoints, in increasing lambda."""
    names = [b.exact.name for b in found.breakpoints if b.exact is not None]
    return [(k, Fraction(v)) for k, v in enumerate(names) if not set(v) & set("sL")]


@pytest.mark.parametrize("name", TABLES)
def test_both_ends_of_an_interval(name):
    """From a breakpoint to another: what a longer path says of the intervals between them, without a gap."""
    X, y, options = TABLES[name]
    whole = path(X, y, **options)
    assert whole.status == "proved"
    known = rationals(whole)
    assert known
    both = list(pairwise([*known, (len(whole.breakpoints), whole.high)]))
    for (j, low), (k, high) in [*both[:-1:2], both[-1]]:
        found = path(X, y, low, high, **options)
        assert (found.status, found.low, found.high) == ("proved", low, high)
        assert [kinds(b) for b in found.breakpoints] == [kinds(b) for b in whole.breakpoints[j + 1 : k]]
        last = whole.breakpoints[k] if k < len(whole.breakpoints) else None
        assert [kinds(b) for b in found.at_ends] == [kinds(whole.breakpoints[j]), kinds(last)]
        assert [set(i.places) for i in found.intervals] == [
            set(i.places) for i in whole.intervals[j + 1 : k + 1]
        ]
        assert found.intervals[0].low.contains(found.at_ends[0].lam)


@pytest.mark.parametrize("away", [Fraction(1, 10**13), Fraction(-1, 10**13)])
def test_an_end_next_to_a_breakpoint_is_not_taken_for_one(away):
    """The path is proved, or a piece of it is left undecided; no breakpoint is dropped that lies inside."""
    X, y, _ = TABLES["one feature"]
    for ends in ((2 + away, Fraction(4)), (Fraction(1), 2 + away)):
        found = path(X, y, *ends)
        assert found.at_ends == (None, None)
        if found.status == "proved":
            inside = [v for v in (Fraction(2),) if ends[0] < v < ends[1]]
            assert [v for _, v in rationals(found)] == inside


def test_to_zero_from_a_breakpoint():
    X, y, _ = TABLES["one feature"]
    found = path(X, y, 2, 8, to_zero=True)
    assert (found.status, found.at_ends, found.limit.exact) == ("proved", (None, None), "17/5")
    assert [v for _, v in rationals(found)] == [2, 7]


def test_what_is_said_of_such_ends():
    X, y, _ = TABLES["one feature"]
    found = between(2, 7)
    told = as_json(found, 12)
    assert (told["at_from"]["exact"], told["at_to"]["exact"], told["breakpoints"]) == ("2", "7", [])
    assert [e["type"] for e in told["at_from"]["events"]] == ["enter"]
    assert (told["from"], told["to"]) == ("2", "7")
    text = as_text(found, 12)
    assert "enter at 2, where this path begins" in text
    assert "enter at 7, where this path ends" in text
    assert "unique for lambda in [2, 7]" in text
    ordinary = as_json(path(X, y, 3, 4), 12)
    assert (ordinary["at_from"], ordinary["at_to"]) == (None, None)


def test_in_parts_and_in_a_file():
    X, y, _ = TABLES["one feature"]
    with ThreadPoolExecutor(1) as engine:
        found = path(X, y, 2, 7, executor=engine)
    assert (found.status, [kinds(b) for b in found.at_ends]) == ("proved", [["enter"], ["enter"]])
    document = path_document(found)
    assert (document["problem"]["from"], document["problem"]["to"]) == ("2", "7")
    assert len(document["intervals"]) == 1


@pytest.mark.parametrize(
    ("lam", "why"), [(1, "not between 2 and 8"), (2, "a breakpoint"), (7, "a breakpoint")]
)
def test_why_a_lambda_is_in_no_interval(lam, why):
    with pytest.raises(Undecided, match=why):
        between(2, 8).weights(lam)


def test_derivatives_at_such_an_end_are_one_sided():
    found = between(2, 7)
    assert [len(side.neurons) for side in (found.sensitivity(2).above, found.sensitivity(2).below)] == [1, 2]


class Clock:
    """Time that stands still, and is over after so many looks at it."""

    def __init__(self, looks):
        self.looks = looks

    def __call__(self):
        self.looks -= 1
        return 0.0 if self.looks >= 0 else inf


@pytest.mark.parametrize("looks", [8, 29, 36, 78, 250])
@pytest.mark.parametrize("to_zero", [False, True])
def test_when_time_is_over_on_the_way(monkeypatch, looks, to_zero):
    """Whatever was proved by then: pieces and gaps lie between the ends, cover all of it, and gaps do not overlap."""
    X, y, _ = TABLES["one feature"]
    monkeypatch.setattr("time.monotonic", Clock(looks))
    with spending(Budget(1.0)):
        found = path(X, y, 2, 7, to_zero=to_zero)
    ends = [to_fmpq(v) for v in (found.low, found.high)]
    gaps = [(g.low, g.high) for g in found.undecided]
    assert gaps
    assert all(ends[0] <= a < b <= ends[1] for a, b in gaps)
    assert all(above <= low for (_, above), (low, _) in pairwise(gaps))
    if found.at_ends[1] is None:
        assert all(i.high <= ends[1] for i in found.intervals)
    spans = sorted([*gaps, *((p.chord.low, p.chord.high) for i in found.intervals for p in i.pieces)])
    reached = ends[0]
    for low, high in spans:
        assert low <= reached
        reached = max(reached, high)
    assert reached >= ends[1]
