"""Derivatives where columns are free: against differences of proved optima, of weights and of coefficients."""

from fractions import Fraction

import numpy as np
import pytest

from polyrelu import certify, path
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.paths.one_sided import derivatives
from polyrelu.paths.sensitivity import sensitivity
from polyrelu.show.forms import as_text
from tests.settings import FREE_COLUMNS, RIDGES

SETTINGS = FREE_COLUMNS | RIDGES

LAMBDA, H = Fraction(3), Fraction(1, 10**6)
PLACES = ((0, 0), (3, 1), (5, 0))


def middle(v):
    return float(v.mid())


def data(options, n=6):
    random = np.random.default_rng(3)
    return random.integers(-9, 10, (n, 2 + ("free" in options))).tolist(), random.integers(-9, 10, n).tolist()


def moved(table, i, c=None):
    """A table, or a list of targets, moved up and down in one place."""
    both = []
    for h in (H, -H):
        copy = [[Fraction(v) for v in row] if isinstance(row, list) else Fraction(row) for row in table]
        if c is None:
            copy[i] += h
        else:
            copy[i][c] += h
        both.append(copy)
    return both


def residual(X, y, lam, options):
    return np.array([float(Fraction(low)) for low, _ in certify(X, y, lam, **options).residual(30)])


@pytest.mark.parametrize("name", SETTINGS)
def test_the_residual_moves_as_differences_of_certified_optima_say(name):
    options, ignored = SETTINGS[name], len(SETTINGS[name].get("free", ()))
    X, y = data(options)
    found = sensitivity(Problem.of(X, y, **options), LAMBDA)
    d = found.problem.d
    slope = (residual(X, y, LAMBDA + H, options) - residual(X, y, LAMBDA - H, options)) / float(2 * H)
    assert [middle(v) for v in found.residual_by_lambda] == pytest.approx(slope, abs=1e-6)
    trace = 0.0
    for i in range(6):
        up, down = (residual(X, targets, LAMBDA, options) for targets in moved(y, i))
        slope = (up - down) / float(2 * H)
        assert [middle(found.residual_by_target[j, i]) for j in range(6)] == pytest.approx(slope, abs=1e-6)
        trace += 1 - slope[i]
    assert middle(found.degrees_of_freedom) == pytest.approx(trace, abs=1e-5)
    for i, c in PLACES:
        up, down = (residual(table, y, LAMBDA, options) for table in moved(X, i, c + ignored))
        column = [middle(found.residual_by_feature[j, d * i + c]) for j in range(6)]
        assert column == pytest.approx((up - down) / float(2 * H), abs=1e-6)


def networks(found):
    """What has coefficients of its own: the network, or each minimal one, by its neurons."""
    return {frozenset(k.place for k in one.neurons): one for one in found.minimal or (found,)}


@pytest.mark.parametrize("name", SETTINGS)
def test_weights_and_coefficients_move_as_differences_say(name):
    options, ignored = SETTINGS[name], len(SETTINGS[name].get("free", ()))
    X, y = data(options)
    found = networks(sensitivity(Problem.of(X, y, **options), LAMBDA))

    def slopes(problems):
        up, down = (networks(sensitivity(Problem.of(*p[:2], **options), p[2])) for p in problems)
        assert set(up) == set(down) == set(found)
        for key, one in found.items():
            assert len(one.free) == len(one.problem.free_names) + (options.get("output_bias") == "ridge")
            for kept, above, below in zip(
                (*one.neurons, *one.free),
                (*up[key].neurons, *up[key].free),
                (*down[key].neurons, *down[key].free),
                strict=True,
            ):
                a, b = (v.weight if hasattr(v, "weight") else v.value for v in (above, below))
                yield kept, middle(a - b) / float(2 * H)

    for kept, slope in slopes(((X, y, LAMBDA + H), (X, y, LAMBDA - H))):
        assert middle(kept.by_lambda) == pytest.approx(slope, abs=1e-6)
    for i, c in PLACES[1:]:
        for kept, slope in slopes([(X, targets, LAMBDA) for targets in moved(y, i)]):
            assert middle(kept.by_target[i]) == pytest.approx(slope, abs=1e-6)
        for kept, slope in slopes([(table, y, LAMBDA) for table in moved(X, i, c + ignored)]):
            assert middle(kept.by_feature[i, c]) == pytest.approx(slope, abs=1e-6)


def test_coefficients_are_those_of_certify():
    X, y = data({})
    options = {"bias": True, "output_bias": "free"}
    found = sensitivity(Problem.of(X, y, **options), LAMBDA)
    there = certify(X, y, LAMBDA, **options).to_json(20)["free_coefficients"]
    assert [c.name for c in found.free] == list(there) == ["constant"]
    assert middle(found.free[0].value) == pytest.approx(float(there["constant"][0]), abs=1e-9)


def test_a_ridge_output_bias_is_that_of_certify_and_counts_in_the_value():
    X, y = data({})
    options = {"output_bias": "ridge"}
    found = sensitivity(Problem.of(X, y, **options), LAMBDA)
    there = certify(X, y, LAMBDA, **options).to_json(20)["free_coefficients"]
    assert [c.name for c in found.free] == list(there) == ["ridge output bias"]
    assert middle(found.free[0].value) == pytest.approx(float(there["ridge output bias"][0]), abs=1e-9)
    up, down = (float(Fraction(certify(X, y, LAMBDA + h, **options).objective(30)[0])) for h in (H, -H))
    assert middle(found.objective_by_lambda) == pytest.approx((up - down) / float(2 * H), abs=1e-6)


def test_without_neurons_the_fit_is_the_projection():
    found = sensitivity(Problem.of([[1, 0], [0, 1], [1, 1], [2, 1]], [1, 2, 4, 1], output_bias="free"), 50)
    assert (found.neurons, middle(found.degrees_of_freedom)) == ((), 1)
    assert [middle(v) for v in found.free[0].by_target] == [0.25] * 4
    assert middle(found.free[0].value) == 2
    assert middle(found.residual_by_target[0, 0]) == 0.75
    skip = sensitivity(Problem.of([[1], [2]], [1, 5], skip=True), 50)  # c = x.y / x.x = 11/5
    assert [middle(skip.free[0].by_feature[i, 0]) for i in range(2)] == pytest.approx([-17 / 25, -19 / 25])


@pytest.mark.parametrize("features", [1, 2])
@pytest.mark.parametrize("lam", [50, 10**9])
def test_without_neurons_a_free_hidden_bias_has_derivatives_too(features, lam):
    X = [row[:features] for row in ([1, 0], [2, 1], [-1, 3])]
    found = derivatives(Problem.of(X, [1, 3, 2], bias="free"), lam)
    assert (found.neurons, found.total, middle(found.degrees_of_freedom)) == ((), None, 1)
    assert middle(found.free[0].value) == 2
    assert "no neuron has a weight" in as_text(found, 6)


def test_columns_that_depend_on_each_other_have_no_derivative_by_the_table():
    X = [[0, 0], [1, 1], [2, 2], [3, 3]]
    found = sensitivity(Problem.of(X, [0, 1, 0, 5], skip=True, output_bias="free", bias=True), "1/2")
    assert found.neurons
    assert not found.residual_by_feature[0, 0].is_finite()
    assert found.residual_by_target[0, 0].is_finite()
    assert found.free == ()


@pytest.mark.parametrize(
    ("X", "options", "stays"),
    [
        ([[-2], [-1], [1], [2]], {"bias": True, "output_bias": "free", "skip": True}, 1),
        ([[0, 0], [-1, -1], [1, 1], [2, 2], [4, 4]], {"free": [0]}, 0),
    ],
)
def test_a_feature_that_is_free_by_other_columns_cannot_be_moved(X, options, stays):
    """Moved alone, u or -u becomes better than the other at once: the residual has a kink."""
    y, h = [1, 0, 0, 1, 3][: len(X)], Fraction(1, 10**5)
    found = sensitivity(Problem.of(X, y, **options), "1/10")
    assert found.neurons
    d = found.problem.d
    assert not found.residual_by_feature[1, 2 * d + stays].is_finite()
    if stays:
        assert found.residual_by_feature[1, 2 * d].is_finite()
        return
    moved = [[[Fraction(v) for v in row] for row in X] for _ in range(3)]
    moved[0][2][1] += h
    moved[2][2][1] -= h
    up, here, down = (residual(table, y, Fraction(1, 10), options) for table in moved)
    assert np.abs(up - 2 * here + down).max() / float(h) > 1e-3


def test_at_a_breakpoint_both_sides_have_coefficients(tmp_path, capsys):
    rows, y, options = [[1], [2], [-1]], [1, 3, 2], {"output_bias": "free"}
    problem = Problem.of(rows, y, **options)
    found = derivatives(problem, 1)
    assert found.exact.name == "1"
    for side, sign in ((found.above, 1), (found.below, -1)):
        there = sensitivity(problem, 1 + sign * H)
        for a, b in zip(there.free, side.free, strict=True):
            slope = middle(a.value - b.value) / float(H)
            assert slope == pytest.approx(sign * middle(b.by_lambda), abs=1e-4)
    assert not found.above.free[0].by_lambda.overlaps(found.below.free[0].by_lambda)
    assert len(path(rows, y, **options).one_sided(1).below.free) == 1
    (tmp_path / "data.csv").write_text("1,1\n2,3\n-1,2\n")
    assert main(["path", str(tmp_path / "data.csv"), "--output-bias", "free", "--at", "1/2"]) == 0
    assert "constant" in capsys.readouterr().out


def test_a_row_that_turns_a_pair_which_exchanges_by_a_constant_has_no_derivative():
    """The directions of both pairs differ by what is constant: a row on which one vanishes turns it away from that."""
    X, y = [[0, 0, 1], [1, 1, 1], [1, 1, 0], [0, 0, -1], [-1, -1, -1], [-1, -1, 0]], [-7, 6, 2, 7, -6, -2]
    options, h = {"output_bias": "free", "bias": True}, Fraction(1, 10**7)
    found = sensitivity(Problem.of(X, y, **options), Fraction(9, 5))
    here = residual(X, y, Fraction(9, 5), options)
    up, down = (
        (residual([[m, 0, 1], *X[1:]], y, Fraction(9, 5), options) - here) / float(m) for m in (h, -h)
    )
    assert abs(up - down).max() > 1e-2
    assert all(not found.residual_by_feature[i, 0].is_finite() for i in range(6))
    assert found.residual_by_feature[0, found.problem.d].is_finite()


@pytest.mark.parametrize("options", [{}, {"free": [0]}], ids=str)
def test_a_ridge_output_bias_that_is_0_without_neurons_follows_moved_targets(options):
    """Targets of mean 0 (beside the free column) leave it at 0 for every lambda: these targets alone do."""
    X, y, lam = [[0, -1], [-2, -2], [1, 2], [0, -1]], [1, 1, -1, -1], Fraction(5)
    if options:
        X = [[v, *row] for v, row in zip((1, -1, 1, -1), X, strict=True)]
    options = {"output_bias": "ridge", **options}
    found, trace = sensitivity(Problem.of(X, y, **options), lam), 0.0
    assert not found.neurons
    for i in range(4):
        up, down = (residual(X, targets, lam, options) for targets in moved(y, i))
        slope = (up - down) / float(2 * H)
        assert [middle(found.residual_by_target[j, i]) for j in range(4)] == pytest.approx(slope, abs=1e-6)
        assert middle(found.free[-1].by_target[i]) == pytest.approx(sum(slope) / float(lam), abs=1e-6)
        trace += 1 - slope[i]
    assert middle(found.degrees_of_freedom) == pytest.approx(trace, abs=1e-6)
