"""What happens on generic tables besides simple events: phases that end, walls of a fibre, false newcomers."""

from fractions import Fraction

import pytest

from polyrelu import certify, path
from polyrelu.breakpoints.phase_end import phase_ends
from polyrelu.curves.branch import BITS
from polyrelu.exact.enclosure import precision

NEAR = Fraction(1, 10**6)
PLANE = ([[-3, 2], [-4, 2], [-5, -5], [-2, -1], [8, 3]], [3, 1, -1, 7, 9])
SPACE = (
    [
        *([-78, -71, 73], [97, -42, -9], [37, 67, -82], [68, 54, -48], [29, 27, -30], [43, 9, -9]),
        *([20, 99, -86], [-47, -15, -66], [69, -92, 85], [-34, -29, -61], [-57, 6, 66], [-6, -73, 52]),
    ],
    [-89, 91, -16, -32, 48, -30, -32, -51, -84, -63, -54, -82],
)
"""Two phases end on the way down: one with exchanges in two dimensions, one in three."""
DEPENDENT = (
    [
        *([1, 2, 2], [-1, -2, 1], [0, -2, 2], [-2, 2, 0], [0, 0, 0]),
        *([-2, 1, -2], [-2, 0, -1], [-2, 1, -2], [1, 1, 1]),
    ],
    [-1, 2, 2, -2, -2, 0, -2, 0, 0],
)
"""Row 3 is a combination of rows 4 and 6, on which a neuron stays while it leaves row 3, where f bends upwards."""

OPPOSITE = (
    [[-4, -4, 1], [3, 1, 2], [2, 4, -2], [4, -2, -1], [-1, -4, -2], [1, -2, -2], [4, 4, 1], [4, 4, -2]],
    [3, 2, 4, 1, 1, 1, 3, -2],
)


def beside(table, found, k, near=NEAR):
    """What is certified right above and right below a breakpoint, and what the path says there."""
    low, high = (Fraction(v) for v in found.breakpoint(k, 30))
    for lam in (high * (1 + near), low * (1 - near)):
        yield certify(*table, lam).proved(), found.interval_at(lam)


@pytest.mark.parametrize(
    ("table", "low", "high", "tight", "pairs"),
    [
        (PLANE, 1, 2, (6, 4), (3, 1)),
        (SPACE, 1400, 1430, (8, 6), (3, 0)),
        (SPACE, 370, 385, (10, 7), (5, 1)),
    ],
    ids=["plane", "space", "space, three dimensions"],
)
def test_a_phase_ends_and_several_members_leave_at_once(table, low, high, tight, pairs):
    found = path(*table, low, high)
    assert found.status == "proved"
    (k,) = (k for k, b in enumerate(found.breakpoints) if b.changes[0].kind == "phase_end")
    gone = [p for c in found.breakpoints[k].changes for p in c.guests_below]
    assert len(gone) == tight[0] - tight[1]
    for (optimum, interval), neurons, pairs_there in zip(beside(table, found, k), tight, pairs, strict=True):
        assert len(interval.places) == neurons
        assert {n.place for n in optimum.used} == set(interval.places)
        assert (len(optimum.support.pairs), interval.pairs) == (pairs_there, pairs_there)
        assert optimum.nullity == interval.nullity
    assert found.continuity.network_continuous is True


def test_a_wall_inside_the_fibre_is_no_end_of_the_phase():
    """At 1427.76 two shares of a point of the fibre are at their bounds, and the fibre goes on."""
    found = path(*SPACE, 1300, 1460)
    assert found.status == "proved"
    kinds = {found.breakpoint(k, 6)[0]: b.changes[0].kind for k, b in enumerate(found.breakpoints)}
    assert kinds == {"1316.51": "hit", "1395.01": "unstick", "1423.96": "phase_end", "1448.99": "unstick"}
    with precision(BITS):
        piece = next(i for i in found.intervals if i.below is not None and i.pairs == 3).pieces[0]
        curve, chord = piece.curve, piece.chord
        top = curve.node(chord.at_high, chord.high)
        met = phase_ends(curve, top, curve.node(chord.at_low, chord.low))
        assert met is None or 1423 < met[1].lam < 1424


def test_a_phase_begins_where_a_neuron_hits_a_row_opposite_to_another():
    """One more slack vanishes, with its derivative: the antipode of a third neuron becomes tight as well."""
    found = path(*OPPOSITE, "28/1000", "33/1000")
    assert found.status == "proved"
    (here,) = found.breakpoints
    assert [c.kind for c in here.changes] == ["hit", "phase_begin"]
    flat = {f.place for f in here.flat[0]}
    assert len(flat) == 1
    assert [(len(i.places), i.pairs, i.nullity) for i in found.intervals] == [(8, 3, 1), (7, 0, 0)]
    for optimum, interval in beside(OPPOSITE, found, 0, Fraction(1, 100)):  # a slack leaves 0 slowly
        assert {n.place for n in optimum.used} == set(interval.places)
    assert flat == set(found.intervals[0].places) - set(found.intervals[1].places) - {
        *here.changes[0].names.values()
    }
    assert found.continuity.network_continuous is False  # right below any share will do, right above one


def test_a_neuron_leaves_a_row_that_bends_upwards():
    found = path(*DEPENDENT, Fraction(6, 5), Fraction(5, 4))
    assert found.status == "proved"
    assert [[c.kind for c in b.changes] for b in found.breakpoints] == [["unstick"]]
    for optimum, interval in beside(DEPENDENT, found, 0):
        assert {n.place for n in optimum.used} == set(interval.places)


def test_a_newcomer_that_is_not_on_its_face_is_no_event():
    """At 1405.67 |A nu| reaches lambda for a face that does not hold A nu: nobody enters there."""
    X = [
        *([1, 45, 25], [-4, -20, -60], [-36, -51, -74], [55, 42, 38], [89, 99, 44], [15, 27, -1]),
        *([38, 43, -69], [-35, -37, 63], [-23, 70, 26], [41, -69, 58], [80, -28, -43], [-5, 56, 7]),
    ]
    y = [59, 20, -61, -86, 52, 94, 42, -48, 22, -12, -12, -39]
    found = path(X, y, 880)
    assert found.status == "proved"
    assert not any(1400 < b.lam < 1410 for b in found.breakpoints)
