"""Free columns and a ridge output bias: golden examples, and agreement with a conic solver."""

import random
from fractions import Fraction as Q

import pytest
from flint import fmpq

from polyrelu import certify
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from tests.settings import CHOICES, Conic

LINE, SQUARES = [[0], [1], [2], [3]], [0, 1, 3, 6]


def residual(result):
    return [Q(lo) if lo == hi else (float(lo) + float(hi)) / 2 for lo, hi in result.residual(20)]


def test_a_free_output_bias_beside_a_penalised_hidden_one():
    """2 sqrt 5 is the least price of interpolation, and lambda = 1/1000 is small."""
    result = certify(LINE, SQUARES, "1/1000", bias=True, output_bias="free")
    low, high = map(float, result.objective(12))
    assert 0.0044 < low <= high <= 2 * 5**0.5 / 1000
    assert result.function_unique
    assert abs(sum(residual(result))) < 1e-12


def test_a_skip_connection_pairs_every_neuron_with_its_antipode():
    result = certify([[-2], [-1], [1], [2]], [1, 0, 0, 1], "1/1000", bias=True, output_bias="free", skip=True)
    assert (result.objective(12)[0], residual(result)) == (
        "0.00199800000000",
        [Q(1, 1000), Q(-1, 1000), Q(-1, 1000), Q(1, 1000)],
    )
    optimum = result.proved()
    assert (len(optimum.used), optimum.support.rank, optimum.nullity, optimum.delta) == (2, 1, 1, 0)
    assert (result.p_unique.answer, result.function_unique.answer) == (False, True)
    assert result.free_coefficients["x1"] is None
    assert result.free_coefficients["constant"].value(64) == fmpq(
        -997, 1000
    )  # 0.998 |x| - 0.997, the kink at 0 either way
    assert [n.width for n in result.networks] == [1, 1]


def test_a_free_column_may_make_up_for_a_linear_function_on_the_rows():
    """The column is x on the rows and is not x: weight moves between x_+ and (-x)_+, no kink does."""
    X = [[-2, -2], [1, 1], [0, 0], [1, 1]]
    result = certify(X, [2, 2, -3, 0], "1/4", free=[1])
    assert result.function_unique.answer is False
    assert result.proved().delta == 1
    move = result.function_unique.evidence
    x, outputs = move.witness.x, move.witness.outputs
    assert not outputs[0].overlaps(outputs[1])
    for point, output in zip((move.first, move.second), outputs, strict=True):
        network = point.network()
        assert output.contains(network.evaluate([x], [[0]])[0])
        assert network.evaluate([row[:1] for row in X], [row[1:] for row in X]) == [
            fmpq(y) - nu for y, nu in zip([2, 2, -3, 0], result.proved().point.exact.at.nu, strict=True)
        ]
    assert {end.value(64) for end in result.predict([[-1, 0]])[0].ends} == {0, fmpq(29, 16)}
    assert sorted(float(v.mid()) for v in outputs) == pytest.approx([0, 29 / 16])


@pytest.mark.parametrize(("bias", "output"), [("free", "free"), ("penalised", "free"), ("none", "ridge")])
def test_free_columns_beside_the_features_they_repeat(bias, output):
    for X, y in ([[1], [2], [-1]], [-1, -4, -4]), ([[-1], [1], [-2], [2]], [2, -1, 2, -1]):
        result = certify([[*x, *x] for x in X], y, "1/4", bias=bias, output_bias=output, free=[1])
        assert result.status == "proved"
        assert result.p_unique.answer is not None
        assert result.function_unique.answer is not None


@pytest.mark.parametrize("output", ["none", "free", "ridge"])
def test_a_network_wants_a_value_for_each_of_its_free_columns(output):
    network = certify(
        [[0, 1], [1, 3], [2, 5], [3, 1]], [0, 3, 1, 4], "1/4", free=[1], output_bias=output
    ).network()
    assert network.evaluate([[1]], [[7]])
    for columns in ((), [[]], [[1, 2]]):
        with pytest.raises(BadInput, match="free columns were given for a row; the network has 1"):
            network.evaluate([[1]], columns)


def test_agreement_where_one_free_function_vanishes_is_not_said_of_several():
    result = certify([[0, 0, 0], [1, 1, 1], [2, 2, 2]], [0, 1, 0], "1/10", output_bias="free", skip=True)
    assert "zero on all rows" in result.function_unique.reason
    assert "agree" not in result.function_unique.reason
    assert not result.predict([[1, 1, 0]])[0].agrees


def test_rows_that_do_not_span_leave_a_free_function_behind():
    """Affine functions that vanish on the line x1 = x2 are free: unique on the line, not on the plane."""
    result = certify([[0, 0], [1, 1], [2, 2]], [0, 1, 0], "1/10", output_bias="free", skip=True)
    assert result.status == "proved"
    for verdict in (result.function_unique, result.p_unique, result.convex_unique):
        assert verdict.answer is False
        assert "zero on all rows" in verdict.reason
    assert "all optimal networks agree" in result.function_unique.reason
    on, off = result.predict([["1/2", "1/2"], [1, 0]])
    assert on.agrees
    assert off.interval(5) == (("-inf", "-inf"), ("inf", "inf"))
    assert result.free_coefficients["constant"] is not None  # nothing that vanishes has a constant
    assert result.free_coefficients["x1"] is None


def test_an_exchange_that_is_constant_on_the_rows_changes_the_function_elsewhere():
    """On rows with x1 + x2 = 1 a linear function is a constant, and the constant is free: exchanges off the rows."""
    X, y = [[0, 1], [1, 0], [2, -1], [-1, 2], [3, -2]], [0, 3, 1, 0, 7]
    result = certify(X, y, "1/100", output_bias="free")
    assert result.status == "proved"
    assert (result.proved().delta, result.proved().nullity) == (1, 2)
    assert all(p.agrees for p in result.predict([*X, ["1/2", "1/2"], ["7/3", "-4/3"]]))
    off = result.predict([[1, 1]])[0]
    assert not off.agrees
    assert off.low < off.high


def test_ridge_golden():
    result = certify([[1]], [3], 1, output_bias="ridge")
    assert result.objective(12) == ("2.00000000000", "2.00000000000")
    assert residual(result) == [1]
    result = certify([[1], [2]], [10, 0], 2, output_bias="ridge")
    assert residual(result) == pytest.approx([82 / 11, -30 / 11])
    assert result.objective(15)[0] == str(412 / 11)[: len(result.objective(15)[0])]
    assert (result.lambda_max(), result.to_json()["lambda_max"]) == (None, None)
    assert "ridge" in result.to_json()["lambda_max_reason"]
    assert result.free_coefficients["ridge output bias"].value(64) == fmpq(26, 11)


@pytest.mark.parametrize(
    ("lam", "zero"),
    [
        ("3/4", False),
        ("79/100", True),
        ("155/100", True),
        ("8/5", False),
        (6, False),
        ("13/2", True),
        (50, True),
    ],
)
def test_with_a_ridge_the_zero_network_is_optimal_on_no_half_line(lam, zero):
    """Golden: lambda in [sqrt 46 - 6, 4 - sqrt 6] or >= 4 + sqrt 6."""
    result = certify([[1], [2]], [10, 0], lam, output_bias="ridge")
    assert (len(result.proved().used) == 0) is zero


def test_free_columns_of_the_table():
    X = [[1, 0, 1], [0, 1, 0], [-1, 0, 2], [0, -1, 5], [1, 1, 1]]
    problem = Problem.of(X, [3, 4, 3, 4, 0], "1/10", free=[2], output_bias="free")
    result = certify(problem)
    nu = residual(result)
    assert sum(nu) == pytest.approx(0, abs=1e-12)
    assert sum(v * row[2] for v, row in zip(nu, X, strict=True)) == pytest.approx(0, abs=1e-12)
    at_rows = result.predict(X)
    for found, y, v in zip(at_rows, problem.y, nu, strict=True):
        assert found.agrees
        assert float(found.interval(12)[0][0]) == pytest.approx(float(y - v))
    network = result.network()
    fit = network.evaluate(problem.X, problem.columns)
    assert [float(v) for v in fit] == pytest.approx(
        [float(y - v) for y, v in zip(problem.y, nu, strict=True)]
    )


def test_adding_a_free_function_to_the_target_moves_its_coefficient_alone():
    X, y = [[1, 2], [3, -1], [-2, 1], [0, 2], [2, 2]], [1, 5, 2, 0, 3]
    moved = [t + 7 + 2 * a - b for t, (a, b) in zip(y, X, strict=True)]
    first, second = (certify(X, t, "1/2", output_bias="free", skip=True) for t in (y, moved))
    assert first.residual() == second.residual()
    assert first.objective() == second.objective()
    assert first.lambda_max() == second.lambda_max()


def test_what_is_not_there_is_refused():
    for more in ({"gated": True}, {}):
        with pytest.raises(BadInput, match="free output bias"):
            certify([[1], [2]], [1, 2], 0 if not more else 1, output_bias="free", **more)


@pytest.mark.parametrize("choice", [c for c in CHOICES if c["bias"] != "free"], ids=str)
def test_agreement_with_a_conic_solver(choice):
    pick = random.Random(str(choice))
    for _ in range(3):
        d, n = pick.choice([(1, 5), (2, 6), (2, 4)])
        X = [[pick.randint(-5, 5) for _ in range(d)] for _ in range(n)]
        problem = Problem.of(X, [pick.randint(-9, 9) for _ in range(n)], Q(pick.choice([1, 5]), 4), **choice)
        result = certify(problem)
        assert result.status == "proved"
        objective, nu = Conic(problem).solve()
        assert float(result.objective(15)[0]) == pytest.approx(objective, rel=1e-6, abs=1e-6)
        assert residual(result) == pytest.approx(nu, abs=1e-3)
