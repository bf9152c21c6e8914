"""The limit as lambda falls to 0 where something vanishes there: closed forms, `certify` close to 0, and lies."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq

from polyrelu import certify, path
from polyrelu.breakpoints.zeros import tangent
from polyrelu.curves.branch import BITS
from polyrelu.curves.curve import Curve
from polyrelu.exact.enclosure import ball_column, precision
from polyrelu.paths.blown_up import BlownUp, BlownUpPiece, vanishing_at
from polyrelu.paths.zero import down_to_zero

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]
CUBE = [list(v) for v in itertools.product((0, 1), repeat=3)]
LINE = [[-2], [-1], [0], [1], [2]]
BIAS = {"bias": True}
CLOSED = {
    "xor with a bias: a weight vanishes with lambda": (XOR, [0, 1, 1, 0], BIAS, "2*sqrt(2)"),
    "xor with a bias, and outputs -1 and 1": (
        [[-1, -1], [-1, 1], [1, -1], [1, 1]],
        [1, -1, -1, 1],
        BIAS,
        "2*sqrt(2)",
    ),
    "xor without a bias": (XOR, [0, 1, 1, 0], {}, "2*sqrt(2)"),
    "three points": ([[-1], [0], [1]], [1, -1, 1], BIAS, "5"),
    "three points on one side": ([[0], [1], [2]], [0, 1, 0], BIAS, "5/2*sqrt(2)"),
    "four points in two classes": ([[-3], [-1], [1], [3]], [1, -1, -1, 1], BIAS, "2 + sqrt(3)"),
    "parity of three bits": (CUBE, [sum(v) % 2 for v in CUBE], BIAS, "4 + 2*sqrt(3)"),
    "parity of three signs": (
        [[2 * a - 1 for a in v] for v in CUBE],
        [(-1) ** sum(v) for v in CUBE],
        BIAS,
        "8",
    ),
    "a parabola on three points": ([[-1], [0], [1]], [1, 0, 1], BIAS, "2"),
    "a parabola on five points": (LINE, [4, 1, 0, 1, 4], BIAS, "2*sqrt(13)"),
    "a parabola of triangle numbers": ([[0], [1], [2], [3]], [0, 1, 3, 6], BIAS, "2*sqrt(5)"),
    "the same with a free output bias": (
        [[0], [1], [2], [3]],
        [0, 1, 3, 6],
        {"bias": True, "output_bias": "free"},
        "2*sqrt(5)",
    ),
}
"""2 sqrt 5 is (2x - 1)_+ + (x - 2)_+; 2 sqrt 13 is (3x - 2)_+ + (-3x - 2)_+, less what the weight at 0 pays for."""


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_and_certify_close_to_0(name):
    X, y, options, norm = CLOSED[name]
    found = path(X, y, to_zero=True, **options)
    assert found.status == found.limit.status == "proved"
    assert found.limit.exact == norm
    lam = Fraction(1, 10**6)
    result = certify(X, y, lam, **options)
    least = float(found.limit.norm(100).mid())
    bound = float(Fraction(result.objective()[0]) / lam)  # h is concave in lambda, and h'(0) is the limit
    assert bound <= least + 1e-9
    assert least - bound < 1e-3
    assert {k.place for k in result.proved().neurons} == set(found.intervals[0].places)
    total = sum(float(Fraction(low)) for _, (low, _) in found.weights(lam))
    assert abs(total - least) < 1e-3


TIED = {
    "a weight": ([[0, 1], [1, 0], [1, 0], [1, 0], [0, 0], [1, 1]], [5, 5, 5, 5, 5, 0]),
    "a side": ([[1, 1], [1, 0], [0, 1], [0, 1]], [0, 0, 0, 1]),
    "a side of parallel rows": (
        [[2, 2, 4], [2, 0, 2], [2, 0, 2], [-4, 0, -4], [2, 2, -4], [-1, -1, -2], [1, 1, -2]],
        [-2, -1, 1, 2, -2, 1, -2],
    ),
    "weights of an orbit": ([[-1, -1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, 1]], [-2, -2, 1, -2]),
    "nothing, but a row that has no target and a residual": ([[0, 1], [1, 0], [0, 1]], [5, 5, 0]),
    "a grid with one value": (list(itertools.product((-1, 0, 1), (-1, 0, 1, 2))), [1] * 12),
}


@pytest.mark.parametrize("name", TIED)
def test_what_vanishes_in_the_limit(name):
    X, y = TIED[name]
    found = path([list(row) for row in X], y, "1/100", to_zero=True)
    assert found.status == found.limit.status == "proved"
    for lam in ("1/1000", "1/100000"):
        optimum = certify([list(row) for row in X], y, lam).proved()
        assert {k.place for k in optimum.neurons} == set(found.intervals[0].places)
        assert (optimum.nullity, optimum.support.rank) == (
            found.intervals[0].nullity,
            found.intervals[0].rank,
        )


@pytest.fixture(scope="module")
def blown():
    piece = path(XOR, [0, 1, 1, 0], "1/100", 1, bias=True, to_zero=True).limit.piece
    assert isinstance(piece, BlownUpPiece)
    return piece


def test_the_blown_up_system_is_the_ordinary_one(blown):
    """Its roots solve the system at lambda > 0, and its derivatives are those of differences."""
    branch, plain = blown.chord.branch, blown.curve.branch
    for lam in (fmpq(1, 300), fmpq(1, 10**5)):
        x = blown.root_at(lam, 200)
        with precision(BITS):
            assert all(v.contains(0) for v in plain.equations(x, arb(lam)))
    random, n = np.random.default_rng(2), branch.unknowns
    with precision(BITS):
        x, v = ([arb(t) for t in random.normal(size=n).tolist()] for _ in range(2))
        lam, e = arb(3) / 7, arb(2) ** -40
        ahead, here = (
            branch.equations([s + t * u for s, t in zip(x, v, strict=True)], lam) for u in (e, arb(0))
        )
        bend = branch.bend([t * e for t in v], arb(0)).entries()
        rate = (branch.jacobian(x, lam) * ball_column(v)).entries()
        for a, b, q, r in zip(ahead, here, bend, rate, strict=True):
            assert abs((a - b - q) / e - r) < arb(2) ** -60
        after = branch.equations(x, lam + e)
        for a, b, r in zip(after, here, branch.by_lambda(x).entries(), strict=True):
            assert abs((a - b) / e - r) < arb(2) ** -60
        turned = branch.jacobian([s + t for s, t in zip(x, v, strict=True)], lam + 1) - branch.jacobian(
            x, lam
        )
        assert all(
            (s - t).contains(0)
            for s, t in zip(turned.entries(), branch.slope(v, arb(1)).entries(), strict=True)
        )


def test_lies_about_the_limit_are_refused(blown):
    """Without one of its neurons, or where y is not reached without the vanishing weights, nothing is proved."""
    curve, top = blown.curve, blown.chord.high
    with precision(BITS):
        point = curve.branch.newton(blown.root_at(top, 100), top)
        assert down_to_zero(curve, curve.node(point, top)).piece is not None
        for k in range(curve.branch.K):
            units = [(n, False) for i, n in enumerate(curve.branch.neurons) if i != k]
            fewer = Curve(curve.branch.like(units), curve.faces)
            eta = curve.branch.residual_at(point, arb(top)) * (1 / arb(top))
            data = fewer.branch.data
            start = [*data.gram.solve(data.W.transpose() * eta).entries(), arb(1)]
            found = fewer.branch.newton(start, top)
            assert found is None or down_to_zero(fewer, fewer.node(found, top)).piece is None
        assert BlownUp.of(curve.branch, frozenset(range(curve.branch.K))) is None
        dx = tangent(curve.branch, point, arb(top))
        (only,) = vanishing_at(curve.branch, point, dx, arb(top))
        assert curve.branch.neurons[only].place.face == (1, 1, 1, 1)


def test_a_weight_that_is_negative_below_makes_no_limit():
    """The structure right above a leave at lambda > 0 is not proved down to 0."""
    found = path([[1], [2], [-1]], [1, 3, 2], "5/2", 6)
    (interval,) = found.intervals
    piece = interval.pieces[-1]
    node = piece.curve.node(piece.chord.at_low, piece.chord.low)
    assert down_to_zero(piece.curve, node).piece is None
