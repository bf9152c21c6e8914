"""Exact equalities that the theory of free columns and free biases names as hard, each built on purpose.

Every one is settled: the verdicts are known by hand, and the objective by a conic solver. Where no field of an optimum
is found such a case may stay open; then it is UNDECIDED, as the last test here shows.
"""

from fractions import Fraction as Q

import pytest

from polyrelu import certify
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.proof.point import Point
from tests.settings import Conic


def on_a_line(fit, nu, lam="1/10"):
    """Rows 0, 1, 2, ... whose optimal fit and residual / lambda are given."""
    lam = Q(lam)
    return [[i] for i in range(len(fit))], [f + lam * Q(v) for f, v in zip(fit, nu, strict=True)], lam


def settled(table, *, one_network, one_function, **choice):
    result = certify(*table, **choice)
    assert result.status == "proved"
    assert (result.p_unique.answer, result.function_unique.answer) == (one_network, one_function)
    objective, _ = Conic(result.problem).solve()
    assert float(result.objective(15)[0]) == pytest.approx(objective, rel=1e-6, abs=1e-7)
    return result


def unused(result):
    optimum = result.proved()
    return len(optimum.neurons) - len(optimum.used)


def test_a_tight_neuron_that_no_solution_uses():
    """The zero network at lambda_max: tight kinks, and no weight."""
    nothing = certify([[0], [1], [2]], [0, 1, 0], "1/3", bias="free", skip=True)
    assert nothing.status == "proved"
    assert not nothing.proved().used
    assert unused(nothing)
    assert nothing.function_unique


def test_the_mean_bias_at_the_end_of_its_interval():
    """Kinks at 1, 2 and 3 are tight (nu = lambda (1, -1, 0, -1, 1)), the fit bends at 1 alone: beta = lo alpha."""
    table = on_a_line([0, 0, 1, 2, 3], [1, -1, 0, -1, 1])
    # the network is not the only one: with a skip connection u and -u are alike
    result = settled(table, bias="free", skip=True, one_network=False, one_function=True)
    assert unused(result)
    (at,) = result.predict([["3/2"]])
    assert at.agrees
    assert Q(at.interval()[0][0]) == Q(1, 2)


def test_a_mean_bias_inside_moves_and_at_the_other_end_does_not():
    for fit, one in (([0, 1, 2, 3, 5], True), ([0, 0, 1, 3, 6], False), ([0, 0, 1, 2, 4], True)):
        table = on_a_line(fit, [1, -1, 0, -1, 1])
        settled(table, bias="free", skip=True, one_network=False, one_function=one)


@pytest.mark.parametrize("skip", [True, False])
def test_a_chain_whose_residual_vanishes_in_an_irrational_optimum(skip):
    """Squares along (1, 1) in the plane, each row twice beside the diagonal: nu_j = 0 in the middle, nu in Q sqrt 2."""
    rows = [[i + s, i - s] for i in range(5) for s in (1, -1)]
    y = [v for i in range(5) for v in (i * i, i * i)]
    result = settled((rows, y, Q(1, 10)), bias="free", skip=skip, one_network=False, one_function=False)
    objective = result.objective(20)
    line = certify([[i] for i in range(5)], [i * i for i in range(5)], Q(1, 20), bias="free", skip=skip)
    # along the diagonal x.u = sqrt 2 i: a slope costs 1 / sqrt 2 of what it does on the line, and rows count twice
    price = {True: 6, False: 7}[skip]
    penalty = price * 0.1 / 2**0.5
    assert penalty * 0.97 < float(objective[0]) < penalty
    assert line.status == "proved"
    for (low, high), row in zip(result.residual(20), rows, strict=True):
        if sum(row) == 4:
            assert Q(low) <= 0 <= Q(high) <= Q(1, 10**30)


def test_the_affine_neuron_reaches_lambda_by_coincidence():
    """nu = lambda (0, -1/2, 0, 1/2): X^T nu = lambda, and the fit (x - 1)_+ has no use for it."""
    table = on_a_line([0, 0, 1, 2], [0, "-1/2", 0, "1/2"])
    result = settled(table, bias="free", one_network=True, one_function=True)
    assert unused(result)
    near = on_a_line([0, 0, 1, 2], ["1/100", "-51/100", 0, "1/2"])
    assert certify(*near, bias="free").status == "proved"


def test_a_multiplier_of_zero_on_dependent_hyperplanes():
    """The kink x_1 = 0 of a grid passes through three rows on one line: any multipliers of the right sum."""
    rows = [[a, b] for a in (-1, 0, 1) for b in (-1, 0, 1)]
    y = [max(a, 0) for a, _ in rows]
    result = settled((rows, y, Q(1, 10)), bias="free", one_network=False, one_function=False)
    line = certify([[a] for a, _ in rows], y, Q(1, 10), bias="free")
    assert result.objective(20) == line.objective(20)


@pytest.mark.parametrize(
    ("choice", "ties"),
    [
        ({}, 1),
        ({"output_bias": "ridge"}, 1),
        ({"skip": True}, 2),
        ({"output_bias": "free"}, 0),
        ({"bias": "free"}, 0),
    ],
    ids=str,
)
def test_a_fibre_without_a_strict_point(choice, ties):
    """Rows 1 and -1, y = (1, -3), lambda = 1: the plain problem has two tight neurons, and one has the weight 0."""
    result = certify([[1], [-1]], [1, -3], 1, **choice)
    assert result.status == "proved"
    assert unused(result) == ties
    objective, _ = Conic(result.problem).solve()
    assert float(result.objective(15)[0]) == pytest.approx(objective, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(("lam", "zero"), [("2", True), ("21/10", True), ("19/10", False)])
def test_the_end_of_the_zero_set_of_a_ridge(lam, zero):
    """x = 1, y = 3: the zero network is optimal iff 3 / (1 + lambda) <= 1."""
    result = certify([[1]], [3], lam, output_bias="ridge")
    assert result.status == "proved"
    assert (not result.proved().used) == zero
    assert (len(result.proved().neurons) > 0) == (lam != "21/10")
    assert result.p_unique


@pytest.mark.parametrize("far", [0, 1])
def test_lambda_at_lambda_max(far):
    """Golden example 19: lambda_max = 40, with a whole family of kinks at it."""
    result = certify([[i] for i in range(5)], [i * i for i in range(5)], 40 + far, bias="free")
    assert result.status == "proved"
    assert not result.proved().used
    assert bool(result.proved().neurons) == (far == 0)


def test_rows_on_a_line_with_a_skip_connection_are_never_one_function():
    """Golden example 21: not undecided, but refuted, and one function on the line of the rows."""
    result = certify([[0, 0], [1, 1], [2, 2]], [0, 1, 0], "1/10", bias="free", skip=True)
    assert result.status == "proved"
    assert result.function_unique.answer is False
    assert result.predict([["1/2", "1/2"]])[0].agrees
    assert not result.predict([[1, 0]])[0].agrees


def test_what_is_not_settled_is_undecided_with_the_equality_named(monkeypatch):
    """Without exact numbers a mean bias at the end of its interval cannot be told from one beyond it."""
    monkeypatch.setattr(Point, "_quick", None)
    monkeypatch.setattr(Point, "exact", None)
    monkeypatch.setattr("polyrelu.proof.vanishing.Vanishing.is_zero", lambda *_: False)
    monkeypatch.setattr("polyrelu.proof.vanishing.Vanishing.is_tight", lambda *_: False)
    table = on_a_line([0, 0, 1, 2, 3], [1, -1, 0, -1, 1])
    result = certify(Problem.of(*table, bias="free", skip=True))
    assert result.status == "undecided"
    assert "a nearly tight block = 0?" in result.reason
    with pytest.raises(Undecided, match="= 0"):
        result.proved()
