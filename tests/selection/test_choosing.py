"""Choosing inside the optimal set: against float solvers, exact optimality, proved gaps, by hand."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from scipy.optimize import linprog, minimize

from polyrelu.certification import certify
from polyrelu.errors import BadInput
from polyrelu.exact.real import is_zero
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.proof.neuron import holds
from polyrelu.selection.choosing import (
    approximately,
    extreme_weight,
    least_norm,
    least_validation_error,
    minimise,
)
from polyrelu.selection.quadratic import Quadratic
from tests.optimal_sets import FOUR, enclosed_optima, exact_optima


def number(v):
    if isinstance(v, arb):
        return float(v.mid())
    return float(Fraction(int(v.p), int(v.q))) if isinstance(v, fmpq) else float(v.ball(100).mid())


def in_floats(optimum):
    """Activations per unit weight as columns, the fit, and unit directions with their signs."""
    at, lam = optimum.point.balls(128), float(optimum.program.lam)
    A = np.array([[float(v.mid()) for v in map(arb, p.activation(at.nu))] for p in optimum.used]).T / lam
    fit = np.array([float((y - v).mid()) for y, v in zip(optimum.program.yq, at.nu, strict=True)])
    s = np.array([p.place.sign for p in optimum.used])
    U = np.array([[float(arb(v).mid()) for v in p.z(at.nu)] for p in optimum.used]) * s[:, None] / lam
    return A, fit, U, s


def float_minimum(fun, jac, A, fit, start):
    """A float minimum over the polytope, in coordinates along the null space of A from a feasible point."""
    _, singular, Vt = np.linalg.svd(A)
    rank = int((singular > 1e-9 * singular[0]).sum())
    N = Vt[rank:].T
    found = minimize(
        lambda v: fun(start + N @ v),
        np.zeros(N.shape[1]),
        jac=lambda v: N.T @ jac(start + N @ v),
        constraints=[{"type": "ineq", "fun": lambda v: start + N @ v, "jac": lambda _: N}],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return found.fun


@pytest.fixture(scope="module")
def sets():
    return [*exact_optima(), *enclosed_optima()]


def check_feasible(optimum, chosen):
    A, fit, _, _ = in_floats(optimum)
    t = np.array([number(w) for w in chosen.weights])
    assert (t >= -1e-12).all()
    assert A @ t == pytest.approx(fit, abs=1e-6)
    if not any(isinstance(w, arb) for w in chosen.weights):
        assert OptimalSet(optimum).neurons.contains(chosen.weights)
    return t


@pytest.mark.parametrize("blocks", [False, True])
def test_least_norm_against_floats(sets, blocks):
    for optimum in sets:
        chosen = least_norm(optimum, blocks=blocks)
        assert is_zero(chosen.gap)
        t = check_feasible(optimum, chosen)
        A, fit, _, _ = in_floats(optimum)
        shares = np.array([holds(optimum.program, p.place).sum() if blocks else 1 for p in optimum.used])
        start = np.array([number(w) for w in OptimalSet(optimum).neurons.interior_point().weights()])
        best = float_minimum(lambda w, m=shares: w @ (w / m), lambda w, m=shares: 2 * w / m, A, fit, start)
        assert number(chosen.value) == pytest.approx(t @ (t / shares), rel=1e-9)
        assert number(chosen.value) == pytest.approx(best, rel=1e-5, abs=1e-9)


def test_validation_error_against_floats(sets):
    rng = np.random.default_rng(3)
    for optimum in sets:
        X = rng.integers(-3, 4, (5, optimum.program.d))
        y = rng.integers(-3, 4, 5)
        chosen = least_validation_error(optimum, X, y)
        assert is_zero(chosen.gap)
        t = check_feasible(optimum, chosen)
        A, fit, U, s = in_floats(optimum)
        F = np.maximum(X @ U.T, 0) * s
        start = np.array([number(w) for w in OptimalSet(optimum).neurons.interior_point().weights()])

        def error(w, F=F, y=y):
            return ((F @ w - y) ** 2).sum()

        best = float_minimum(error, lambda w, F=F, y=y: 2 * F.T @ (F @ w - y), A, fit, start)
        assert number(chosen.value) == pytest.approx(error(t), rel=1e-9, abs=1e-9)
        assert number(chosen.value) == pytest.approx(best, rel=1e-4, abs=1e-7)
        values = chosen.network().evaluate(X.tolist())
        assert sum((number(v) - r) ** 2 for v, r in zip(values, y, strict=True)) == pytest.approx(
            error(t), abs=1e-9
        )


def test_extreme_weights_against_linear_programming(sets):
    for optimum in sets:
        A, fit, _, _ = in_floats(optimum)
        for k in range(len(optimum.used)):
            for largest in (True, False):
                chosen = extreme_weight(optimum, k, largest=largest)
                assert is_zero(chosen.gap)
                check_feasible(optimum, chosen)
                cost = np.zeros(A.shape[1])
                cost[k] = -1 if largest else 1
                scale = np.abs(A).max()
                found = linprog(cost, A_eq=A / scale, b_eq=fit / scale)
                if found.success:  # a float solver may find tiny sets empty
                    assert number(chosen.value) == pytest.approx(found.x[k], rel=1e-4, abs=1e-5)


def test_the_proved_gap_is_a_bound(sets):
    """The fallback: a point that is feasible with proof, and a bound of its distance to the minimum that is met."""
    for optimum in sets:
        K = len(optimum.used)
        G = [[fmpq(2 * int(i == k)) for k in range(K)] for i in range(K)]

        def objective(_, G=G, K=K):
            return Quadratic(G, [fmpq(0)] * K, fmpq(0))

        rough, best = approximately(optimum, objective), minimise(optimum, objective)
        check_feasible(optimum, rough)
        assert number(rough.value) - number(rough.gap) <= number(best.value) + 1e-12
        assert number(best.value) <= number(rough.value) + 1e-12
        assert number(rough.gap) <= 1e-3 * number(best.value)


def test_by_hand():
    """The segment between (4, 4, 0, 0) and (0, 0, 4, 4) in the order of the neurons' two functions."""
    optimum = certify(*FOUR).proved()
    assert least_norm(optimum).weights == [2, 2, 2, 2]
    assert sorted(extreme_weight(optimum, 0).weights) == [0, 0, 4, 4]
    assert extreme_weight(optimum, 0, largest=False).value == 0
    # At (1, 1) the two functions are 4 |1.4| and 4 |-0.2|, and the mixtures lie between.
    exact = least_validation_error(optimum, [[1, 1]], [Fraction(28, 5)])
    assert exact.value == 0
    assert exact.network().evaluate([[1, 1]]) == [fmpq(28, 5)]
    middle = least_validation_error(optimum, [[1, 1]], [3])
    assert middle.value == 0
    above = least_validation_error(optimum, [[1, 1]], [6])
    assert above.value == fmpq(4, 25)


def test_a_single_network_leaves_no_choice():
    optimum = certify([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1], "1/2").proved()
    chosen = least_norm(optimum)
    assert is_zero(chosen.gap)
    assert len(chosen.weights) == 4
    assert all(number(w) > 0 for w in chosen.weights)
    empty = certify([[1, 1]], [1], 100).proved()
    assert least_norm(empty).value == 0
    assert least_validation_error(empty, [[1, 2]], [3]).value == 9


def test_questions_that_make_no_sense():
    optimum = certify(*FOUR).proved()
    with pytest.raises(BadInput, match="numbered 0 to 3"):
        extreme_weight(optimum, 4)
    with pytest.raises(BadInput, match="length 2"):
        least_validation_error(optimum, [[1, 2, 3]], [1])
    gated = certify([[1, 0], [0, 1]], [1, 2], "1/10", patterns=[[1, 1]], gated=True).proved()
    with pytest.raises(BadInput, match="gate"):
        least_validation_error(gated, [[1, 2]], [1])
