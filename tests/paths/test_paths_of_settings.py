"""Paths with a free output bias, a skip connection, free columns: closed forms, `certify` inside, and what is alike."""

import json
from fractions import Fraction

import numpy as np
import pytest

from polyrelu import certify, path
from polyrelu.cli import main
from polyrelu.errors import BadInput
from tests.settings import FREE_COLUMNS, RIDGES

SETTINGS = FREE_COLUMNS | RIDGES

VERDICTS = ("p_unique", "convex_unique", "function_unique")


def agrees(found, X, y, options, random):
    """Certify finds the claimed structure at a lambda inside of every interval."""
    for interval in found.intervals:
        low, high = (Fraction(*float(v.mid()).as_integer_ratio()) for v in (interval.low, interval.high))
        lam = (low + (high - low) * Fraction(int(random.integers(1, 99)), 100)).limit_denominator(10**6)
        result = certify(X, y, lam, **options)
        optimum = result.proved()
        assert {k.place for k in optimum.neurons} == set(interval.places)
        assert all(optimum.support.used)
        assert (optimum.nullity, optimum.support.rank) == (interval.nullity, interval.rank)
        assert len(optimum.support.pairs) == interval.pairs
        assert [getattr(result, name).answer for name in VERDICTS] == [
            getattr(interval, name) for name in VERDICTS
        ]
        total = sum(float(Fraction(low)) for _, (low, _) in found.weights(lam))
        nu = [float(Fraction(low)) for low, _ in result.residual()]
        expected = sum(v * (float(t) - v) for v, t in zip(nu, y, strict=True)) / float(lam)
        expected -= (sum(nu) / float(lam)) ** 2 * (options.get("output_bias") == "ridge")
        assert total == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("seed", [1, 2])
def test_certify_agrees_inside_every_interval(name, seed):
    options, random = SETTINGS[name], np.random.default_rng(seed)
    X = random.integers(-9, 10, (5, 2 + ("free" in options)))
    y = random.integers(-9, 10, 5)
    found = path(X, y, **options)
    assert found.status == "proved"
    assert found.breakpoints
    agrees(found, X, y, options, random)


FOUR = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4])
XOR = ([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1])
LINE, PARABOLA = [[0], [1], [2], [3]], [0, 1, 3, 6]
STRUCTURED = {
    "the four points": (*FOUR, {"output_bias": "free"}, ["1/2"], "2"),
    "xor, affine": (*XOR, {"output_bias": "free", "skip": True}, ["sqrt(2)"], "2*sqrt(2)"),
    "a parabola, affine": (
        LINE,
        PARABOLA,
        SETTINGS["penalised bias, affine"],
        ["1/10*sqrt(2)", "1/4*sqrt(2)"],
        "sqrt(13)",
    ),
    "a parabola on five points": (
        [[-2], [-1], [0], [1], [2]],
        [4, 1, 0, 1, 4],
        SETTINGS["penalised bias, output bias"],
        ["2/3", "3"],
        "2*sqrt(13)",
    ),
    "a parabola on five points, affine": (
        [[-2], [-1], [0], [1], [2]],
        [4, 1, 0, 1, 4],
        SETTINGS["penalised bias, affine"],
        ["2/3", "3"],
        "2*sqrt(13)",
    ),
    "a valley, affine": (
        [[-2], [-1], [1], [2]],
        [1, 0, 0, 1],
        SETTINGS["penalised bias, affine"],
        ["1/2"],
        "2",
    ),
    "one feature": ([[1], [2], [-1]], [1, 3, 2], {"output_bias": "free"}, ["1/3", "1"], "5"),
    "points on a line of the plane": ([[0, 0], [1, 1], [2, 2]], [0, 1, 0], {"skip": True}, [], "0"),
    "no target, ridge": ([[3]], [0], RIDGES["ridge"], [], "0"),
    "a constant, ridge": ([[0]], [5], RIDGES["ridge"], [], "25/2"),
    "one row, ridge": ([[1]], [3], RIDGES["ridge"], ["2"], "5/2"),
    "neurons that come, go and come again, ridge": (
        [[1], [2]],
        [10, 0],
        RIDGES["ridge"],
        ["-6 + sqrt(46)", "4 - sqrt(6)", "4 + sqrt(6)"],
        None,
    ),
    "a feature that is free, too": ([[1, 1], [2, 2], [-1, -1]], [1, 3, 2], {"free": [0]}, ["17/6"], "17/5"),
}
"""With exact breakpoints, and the least sum of norms (and half the squared ridge) among all networks that fit best."""


@pytest.mark.parametrize("name", STRUCTURED)
def test_closed_forms(name):
    X, y, options, breakpoints, norm = STRUCTURED[name]
    found = path(X, y, to_zero=True, **options)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(len(found.breakpoints))] == breakpoints
    assert norm in (None, found.limit.exact)
    agrees(found, X, y, options, np.random.default_rng(len(name)))


def test_symmetries_that_keep_a_ridge_are_used_and_others_are_not():
    """Neurons of a symmetric grid come in orbits; with a zero row an odd target maps 1 to neither 1 nor -1."""
    grid = [[a, b] for a in (-1, 0, 1) for b in (-1, 0, 1)]
    found = path(grid, [1, 0, 1, 0, 2, 0, 1, 0, 1], **RIDGES["ridge"])
    assert found.status == "proved"
    assert [len(i.places) for i in found.intervals] == [8, 4, 0]
    assert not found.intervals[0].curve.branch.symmetry.is_trivial
    agrees(found, grid, [1, 0, 1, 0, 2, 0, 1, 0, 1], RIDGES["ridge"], np.random.default_rng(1))
    odd = [[1], [-1], [0]], [3, -3, 1]
    found = path(*odd, "1/10", **RIDGES["ridge"])
    assert found.status == "proved"
    agrees(found, *odd, RIDGES["ridge"], np.random.default_rng(1))


def test_events_that_come_together_beside_free_columns_are_continuous_where_the_network_is_unique():
    for X, y, options in (([[1], [-1]], [3, -3], RIDGES["ridge"]), (*FOUR, {"output_bias": "free"})):
        found = path(X, y, **options)
        assert [len(b.changes) for b in found.breakpoints] == [len(found.intervals[0].places)]
        verdicts = found.continuity
        assert (verdicts.network_continuous, verdicts.convex_continuous) == (True, True)


def test_where_all_features_are_free_a_neuron_and_its_opposite_share_one_weight():
    X, y, options, *_ = STRUCTURED["a valley, affine"]
    low = path(X, y, "1/100", 1, **options).intervals[0]
    assert (len(low.places), low.rank, low.pairs, low.nullity) == (2, 1, 1, 1)
    assert (low.p_unique, low.function_unique) == (False, True)


def lams(found):
    return [tuple(map(Fraction, found.breakpoint(k, 20))) for k in range(len(found.breakpoints))]


def test_what_is_free_may_be_added_to_the_targets():
    random = np.random.default_rng(8)
    X, y = random.integers(-9, 10, (6, 2)), random.integers(-9, 10, 6)
    plain = path(X, y, 1, 60, output_bias="free", skip=True)
    moved = path(X, y + 5 + X @ [3, -7], 1, 60, output_bias="free", skip=True)
    turned = path(X @ [[3, -4], [4, 3]], 2 * y, 10, 600, output_bias="free", skip=True)
    assert len(plain.breakpoints) > 1
    for other, factor in ((moved, 1), (turned, 10)):
        assert [set(i.places) for i in other.intervals] == [set(i.places) for i in plain.intervals]
        for (a, b), (c, d) in zip(lams(plain), lams(other), strict=True):
            assert factor * a <= d
            assert c <= factor * b


def test_a_free_column_of_ones_is_an_output_bias():
    random = np.random.default_rng(4)
    X, y = random.integers(-9, 10, (5, 2)), random.integers(-9, 10, 5)
    ones = path(np.column_stack([np.ones(5, int), X]), y, "1/2", free=[0])
    bias = path(X, y, "1/2", output_bias="free")
    assert (ones.status, bias.status) == ("proved", "proved")
    assert lams(ones) == lams(bias)
    assert [i.places for i in ones.intervals] == [i.places for i in bias.intervals]


def test_a_row_is_not_crossed_where_a_free_column_acts():
    """Without it the path crosses the third row at lambda = 1, since its target is 0."""
    rows, y = [[1, 0], [0, 2], [4, -3]], ["6/5", 2, 0]
    crossing = [c.kind for b in path(rows, y, "1/2", 5).breakpoints for c in b.changes]
    assert crossing == ["cross", "enter"]
    column = [[1, *row] for row in rows]
    found = path(column, y, "1/100", 5, free=[0])
    assert found.status == "proved"
    assert "cross" not in [c.kind for b in found.breakpoints for c in b.changes]
    agrees(found, column, [Fraction(v) for v in y], {"free": [0]}, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"skip": True, "gated": True}, "a path among gates"),
        ({"bias": "free", "patterns": [[1, 0, 1]]}, "a program of some patterns"),
    ],
)
def test_what_has_no_path_yet_is_one_line(options, words):
    with pytest.raises(BadInput, match=words):
        path([[1], [2], [-1]], [1, 3, 2], **options)


def test_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [(*row, t) for row, t in zip(LINE, PARABOLA, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
    asked = ["path", "data.csv", "--bias", "penalised", "--output-bias", "free", "--skip", "--to-zero"]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [b["exact"] for b in found["breakpoints"]] == ["1/10*sqrt(2)", "1/4*sqrt(2)"]
    assert found["limit_zero"]["exact"] == "sqrt(13)"
    assert [i["function_unique"] for i in found["intervals"]] == [True, True, True]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "a penalised hidden bias, a free output bias, a free skip connection" in said
    assert main([*asked, "--out", "path.json"]) == 0
    assert main(["check", "path.json", "--data", "data.csv", *asked[2:-1]]) == 0
    said = capsys.readouterr().out
    assert "ReLU, all activation patterns with 2 free columns; fingerprint" in said
    assert main(["check", "path.json", "--data", "data.csv", "--bias", "penalised"]) == 1
    ridge = ["--output-bias", "ridge"]
    assert main([*asked, *ridge, "--out", "ridge.json"]) == 0
    assert main(["check", "ridge.json", "--data", "data.csv", *asked[2:-1], *ridge]) == 0
    assert main(["check", "ridge.json", "--data", "data.csv", *asked[2:-1]]) == 1


@pytest.mark.parametrize("k", [3, 12, 20])
def test_a_first_neuron_far_below_its_bound_is_found(k):
    """Nearly equal targets: the bound sees their mean, and the first neuron their difference (or none, if equal)."""
    X, y, options = [["1/10"], ["1/5"]], [Fraction(1), 1 + Fraction(1, 10**k)], {"output_bias": "ridge"}
    low, high = (Fraction(v) for v in path(X, y, **options).lambda_max(6))
    assert 0 < low < high < 2 * low
    assert certify(X, y, high, **options).to_json(5)["neurons"] == 0
    assert certify(X, y, low, **options).to_json(5)["neurons"] == 1
    assert path(X, [1, 1], **options).lambda_max(6) == ("0", "0")


def test_a_pair_that_moves_along_free_columns_alone():
    """What it exchanges is 0 modulo these, a column without length: floats broke down on it."""
    X = [[3, -5, -8], [0, -6, -6], [-3, 3, 6], [-2, 0, 2], [-2, -2, 0]]
    y, options = [0, -3, 3, -1, 3], {"free": [0]}
    found = path(X, y, **options)
    assert found.intervals
    agrees(found, X, y, options, np.random.default_rng(0))
