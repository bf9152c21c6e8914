"""Paths of gated neurons: rows that are fitted from some lambda on, complementary gates, units of several gates."""

import random
from fractions import Fraction

import pytest
from flint import arb, fmpq

from polyrelu import certify, enumerate_cells, path
from polyrelu.breakpoints.gates import newcomers
from polyrelu.breakpoints.zeros import zero_of
from polyrelu.curves.branch import BITS
from polyrelu.curves.condition import SLACK, Condition
from polyrelu.curves.curve import Curve, Piece
from polyrelu.curves.gates import Gates, grouped
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq

FITTED = ([[-5, -9], [0, 4], [4, -6]], [-8, -8, 3])
ENDS = ([[-9, 34, -81], [-91, -70, 2], [-93, 16, 65], [11, 48, 57], [-33, -90, -81]], [71, -7, -89, 54, -50])
LINE = ([[1], [1], [-1]], [3, 1, 5])
LINE_GATES = [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 1]]


def kinds(found):
    return [[(c.kind, c.row) for c in here.changes] for here in reversed(found.breakpoints)]


def agrees(X, y, found, lam, **options):
    """What `certify` finds at one lambda; False where it is undecided there."""
    result, interval = certify(X, y, lam, gated=True, **options), found.interval_at(lam)
    if result.status != "proved":
        return False
    optimum, piece = result.proved(), interval.piece_at(to_fmpq(lam))
    assert {k.place for k in optimum.used} == set(interval.places)
    assert (optimum.support.rank, optimum.nullity) == (interval.rank, interval.nullity)
    assert interval.pairs in (None, len(optimum.support.pairs))
    assert result.p_unique.answer is interval.p_unique
    assert interval.function_unique is (True if interval.nullity == 0 else None)
    x = piece.root_at(to_fmpq(lam), BITS)
    with precision(BITS):
        nu = piece.curve.branch.residual_at(x, arb(to_fmpq(lam))).entries()
        assert all((arb(0) + v).overlaps(w) for v, w in zip(optimum.residual(BITS), nu, strict=True))
    return True


def test_a_row_is_fitted_from_an_exact_lambda_on():
    found = path(*FITTED, Fraction(1, 100), 90, gated=True)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(3)] == ["24", "2*sqrt(661)", "8*sqrt(106)"]
    assert kinds(found) == [[("enter", None)], [("enter", None)], [("fit_begin", 2)]]
    assert [i.nullity for i in found.intervals] == [1, 0, 0, 0]
    assert [len(i.places) for i in found.intervals] == [4, 2, 1, 0]
    assert found.continuity.network_continuous is True
    for lam in (1, 10, 23, Fraction(47, 2), Fraction(49, 2), 60):
        assert agrees(*FITTED, found, lam)
    at = certify(*FITTED, 24, gated=True).proved()
    assert (len(at.neurons), len(at.used)) == (4, 2)
    words = found.summary()
    assert "fit_begin row 3 at 24" in words
    assert found.to_json()["breakpoints"][0]["events"] == [{"type": "fit_begin", "neuron": 1, "row": 2}]


@pytest.mark.parametrize(("table", "row", "low", "high"), [(FITTED, 2, 1, 30), (ENDS, 4, 1000, 1200)])
def test_while_a_row_is_fitted_the_residual_is_that_of_the_table_without_it(table, row, low, high):
    """A second route, which knows nothing of units: gates that differ there alone become one gate."""
    X, y = table
    gates = enumerate_cells(X).patterns
    found = path(X, y, low, high, gated=True)
    fewer = [r for j, r in enumerate(X) if j != row], [t for j, t in enumerate(y) if j != row]
    restricted = [[int(v) for j, v in enumerate(gate) if j != row] for gate in gates]
    seen = 0
    for k in range(1, 12):
        lam = Fraction(low) + (Fraction(high) - low) * Fraction(k, 12)
        interval = found.interval_at(lam)
        piece = interval.piece_at(to_fmpq(lam))
        x = piece.root_at(to_fmpq(lam), BITS)
        other = certify(*fewer, lam, patterns=restricted, gated=True).proved()
        with precision(BITS):
            nu = piece.curve.branch.residual_at(x, arb(to_fmpq(lam))).entries()
            if not nu[row].contains(0):
                continue
            rest = [v for j, v in enumerate(nu) if j != row]
            assert all((arb(0) + v).overlaps(w) for v, w in zip(other.residual(BITS), rest, strict=True))
        seen += 1
    assert seen >= 3


def test_one_feature_in_closed_form():
    """nu = lambda (1, 0, 1) below 2: nu_1 = nu_3 = lambda, and row 2 is fitted by what two gates share."""
    found = path(*LINE, Fraction(1, 100), 6, patterns=LINE_GATES, gated=True, to_zero=True)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(3)] == ["2", "4", "5"]
    assert kinds(found) == [[("enter", None)], [("enter", None)], [("fit_begin", 1)]]
    assert [i.nullity for i in found.intervals] == [1, 0, 0, 0]
    for lam in (Fraction(1, 2), 1, Fraction(3, 2)):
        ((_, (low, high)),) = found.weights(lam, 12)
        assert Fraction(low) <= (3 - lam) + (5 - lam) <= Fraction(high)
        assert agrees(*LINE, found, lam, patterns=LINE_GATES)
    told = {place.gate: bounds for place, bounds in found.weights(3, 12)}
    for gate, weight in ((0, Fraction(4 - 3, 2)), (2, 5 - 3)):
        assert Fraction(told[gate][0]) <= weight <= Fraction(told[gate][1])
    assert found.to_json()["limit_zero"]["exact"] == "8"


def test_a_row_that_was_fitted_is_left_again():
    found = path(*ENDS, gated=True)
    assert found.status == "proved"
    seen = [kind for events in kinds(found) for kind, _ in events]
    assert "fit_begin" in seen
    assert "fit_end" in seen or "phase_end" in seen


@pytest.mark.parametrize("some", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_generic_gates_leave_no_gap(seed, some):
    pick = random.Random(seed)
    n, d = pick.randint(4, 7), pick.randint(1, 3)
    X = [[pick.choice((-1, 1)) * pick.randint(1, 99) for _ in range(d)] for _ in range(n)]
    y, options = [pick.choice((-1, 1)) * pick.randint(1, 99) for _ in range(n)], {}
    if some:
        gates = [[pick.randint(0, 1) for _ in range(n)] for _ in range(8)]
        gates += [[1 - v for v in gate] for gate in gates[:4]]
        options["patterns"] = [*gates, *([*gate[:2], 1 - gate[2], *gate[3:]] for gate in gates)]
    found = path(X, y, gated=True, **options)
    assert found.status == "proved", (X, y, options)
    low, high = float(found.low), float(found.high)
    lambdas = (Fraction(low * (high / low) ** pick.random()).limit_denominator(10**6) for _ in range(12))
    assert sum(agrees(X, y, found, lam, **options) for lam in lambdas) >= 8


def test_gates_that_enter_together_are_told_from_gates_that_nearly_do():
    gates = {"patterns": [[1, 0], [0, 1]], "gated": True}
    same = path([[1, 0], [0, 1]], [3, 3], 1, 4, **gates)
    assert (same.status, [b.compound for b in same.breakpoints]) == ("proved", [True])
    apart = path([[1, 0], [0, 1]], [3, "3.0000001"], 1, 4, **gates)
    assert (apart.status, [b.compound for b in apart.breakpoints]) == ("proved", [False, False])
    closest = path([[1, 0], [0, 1]], [3, "3." + "0" * 50 + "1"], 1, 4, **gates)
    assert closest.status == "undecided"  # closer than balls tell: never one event
    assert not closest.breakpoints


def lowest(table, **options):
    interval = path(*table, gated=True, **options).intervals[0]
    piece = interval.pieces[-1]
    return piece.curve, piece.chord


def test_a_unit_without_one_of_its_gates_is_no_structure():
    """The gate that is left out is tight."""
    curve, chord = lowest(FITTED)
    assert curve.branch.r == 1
    for k, unit in enumerate(curve.branch.units):
        rest = [
            (curve.faces.neuron(u[0].place), u[1:] if i != k else u[1:-1])
            for i, u in enumerate(curve.branch.units)
        ]
        assert len(unit) == 2
        fewer = Curve(Gates.of(curve.branch.program, rest), curve.faces)
        nodes = []
        for point, lam in ((chord.at_low, chord.low), (chord.at_high, chord.high)):
            with precision(BITS):
                start = fewer.branch.placed(curve.branch.residual_at(point, arb(lam)), arb(lam))
                nodes.append(fewer.node(fewer.branch.newton(start, lam), lam))
        assert not isinstance(fewer.prove(*nodes), Piece)


def test_a_row_that_cannot_be_fitted_is_not_fitted():
    """Above 24 the same units have a root with nu_3 = 0, whose shares are no shares."""
    curve, chord = lowest(FITTED)
    lam = fmpq(25)
    point = curve.branch.newton(chord.at_high, lam)
    above = curve.node(point, lam)
    middle = curve.node(curve.branch.newton(point, fmpq(49, 2)), fmpq(49, 2))
    failure = curve.prove(middle, above)
    assert failure.shares


def test_what_is_not_seen_to_be_tight_is_no_newcomer():
    found = path(*FITTED, 10, 90, gated=True)
    above = found.intervals[1].curve
    here = found.breakpoints[0]
    with precision(BITS):
        nu = above.branch.residual_at(here.x, here.lam)
        assert set(newcomers(above, nu, here.lam)) == set(here.below.tight) - set(above.tight)
        assert newcomers(above, nu, here.lam * (1 + arb(2) ** -80)) == []
        zero = zero_of(above.branch, Condition(SLACK, here.changes[0].place), here.x, here.lam)
        assert zero.lam.overlaps(here.lam)


def test_directions_that_do_not_span_what_is_exchanged_stay_apart():
    """In a mirrored table X^T nu = 0 for every lambda: one pair of complementary gates exchanges nothing."""
    X, y = [[1, 2], [0, 2], [-1, -2], [0, -2]], [7, 4, 7, 4]
    gates = [[0, 0, 1, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 0, 0]]
    optimum = certify(X, y, 9, patterns=gates, gated=True).proved()
    with precision(BITS):
        found = grouped(optimum.program, [k.place for k in optimum.neurons], optimum.residual(BITS), arb(9))
    assert found.r == 0
    assert len(optimum.neurons) == found.K


ZERO = ([[2], [1], [-1]], [0, 2, 1])
ZERO_GATES = [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_a_gate_on_a_row_without_target_is_tight_and_not_used():
    """nu = lambda (0, 1, 1): what the first gate adds to the second would be a fit of row 1."""
    found = path(*ZERO, Fraction(1, 100), 3, patterns=ZERO_GATES, gated=True)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(2)] == ["1", "2"]
    assert [[p.gate for p in i.places] for i in found.intervals] == [[1, 2], [1], []]
    assert [[p.gate for p in i.curve.idle] for i in found.intervals] == [[0], [0], []]
    for lam in (Fraction(1, 2), Fraction(3, 2)):
        assert agrees(*ZERO, found, lam, patterns=ZERO_GATES)
        optimum = certify(*ZERO, lam, patterns=ZERO_GATES, gated=True).proved()
        assert len(optimum.neurons) == len(optimum.used) + 1
    faces = [neuron["face"] for neuron in found.to_json()["breakpoints"][1]["below"]]
    assert sorted(faces) == [[-1, 1, -1], [1, 1, -1]]


def test_a_gate_that_could_be_used_is_not_idle():
    """With a gate on the other side of row 1 the two cancel there, whatever they are given."""
    X, y = [[2], [1], [-1]], [0, 2, 1]
    gates = [*ZERO_GATES, [1, 0, 1]]
    found = path(X, y, Fraction(1, 100), 3, patterns=gates, gated=True)
    for lam in (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10), Fraction(3, 2)):
        if any(i.holds(to_fmpq(lam)) for i in found.intervals):
            assert agrees(X, y, found, lam, patterns=gates)
    optimum = certify(X, y, Fraction(1, 2), patterns=gates, gated=True).proved()
    assert optimum.nullity == 1
    assert len(optimum.used) == 4


def test_a_gate_does_not_tell_the_side_of_its_direction():
    """x_1.u > 0 for a gate that does not act on row 1, for every lambda: no sign is read off the gate."""
    found = path(*ZERO, Fraction(1, 100), 3, patterns=ZERO_GATES, gated=True)
    branch = found.intervals[1].curve.branch
    (neuron,) = branch.neurons
    assert neuron.place.face[0] == -1
    assert branch.fixed.sign_of(neuron.A.tolist()[0]) in (None, 1)


def test_a_start_through_gates_is_made_of_units_of_gates():
    """Below its gap this path begins anew, where gates are tight that no optimal network uses."""
    X = [[0, 1, 0], [0, -1, 1], [1, 0, 0], [0, -1, -1], [-1, -1, -1]]
    found = path(X, [0, 0, 0, 1, -1], gated=True)
    for interval in found.intervals:
        assert isinstance(interval.curve.branch, Gates)


@pytest.mark.parametrize("seed", range(6))
def test_small_targets_are_never_mistaken(seed):
    """Zeros, repeated and opposite rows: pieces may be undecided, each with a reason."""
    pick = random.Random(seed)
    n, d = pick.randint(3, 6), pick.randint(1, 3)
    X = [[pick.randint(-2, 2) for _ in range(d)] for _ in range(n)]
    y = [pick.randint(-2, 2) for _ in range(n - 1)] + [1]
    X[-1][0] = 1
    found = path(X, y, gated=True)
    low, high = float(found.low), float(found.high)
    for _ in range(8):
        lam = Fraction(low * (high / low) ** pick.random()).limit_denominator(10**6)
        if any(i.holds(to_fmpq(lam)) for i in found.intervals):
            agrees(X, y, found, lam)
    assert all(gap.reason for gap in found.undecided)


def test_gates_are_no_pairs_of_neurons():
    """Where gates cannot begin as units, no pairs of opposite faces are made of them. (It crashed.)"""
    X = [[-4, 2], [-2, 3], [4, -1], [4, 2], [-2, 3], [-1, -4]]
    found = path(X, [2, 7, 3, -2, 8, 0], 5, gated=True)
    assert found.status in {"proved", "undecided"}
    assert all(isinstance(p.curve.branch, Gates) for i in found.intervals for p in i.pieces)
