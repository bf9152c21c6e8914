"""Equalities that need no field: what is said to be zero is zero at any precision, and hard ties are decided."""

import itertools

import numpy as np
import pytest
from flint import arb, fmpq, fmpq_mat
from scipy.optimize import linprog

from polyrelu import certify
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import null_space, times
from polyrelu.proof.identities import zero_differences, zero_factors, zero_relations
from tests.corpus import degenerate, generic

FINE = 700


def implied_forms(point):
    """What is claimed to be zero at (g, 1), for any Z: its orthogonal complement."""
    return null_space(point.vanishing._Z.transpose().tolist())


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("make", [generic, degenerate])
def test_what_is_implied_holds_at_a_finer_precision(make, seed):
    result = certify(*make(seed))
    if result.status != "proved" or not result.problem.lam:
        return
    point = result.proved().point
    with precision(FINE):
        xi = [*point.structure.exact_coordinates_of(point.balls(FINE).nu), arb(1)]
        values = times(implied_forms(point), xi)
    assert all((arb(0) + v).contains(0) for v in values)
    assert all(point.balls(FINE).nu[j].contains(0) for j in point.vanishing.rows)


def test_a_reflection_that_the_data_do_not_have():
    """Two lengths are equal by accident of the structure: nu_1 = nu_2 + 2 nu_3, in a field of degree beyond 16."""
    X, y, lam = degenerate(67)
    result = certify(X, y, lam)
    assert result.status == "proved", result.reason
    optimum = result.proved()
    known = optimum.point.vanishing
    relation = [fmpq(v) for v in (1, -1, -2, 0, 0, 0, 0, 0)]
    assert known.is_zero(relation)
    assert not known.is_zero([*relation[:-1], fmpq(1)])
    assert (len(optimum.neurons), optimum.support.rank, optimum.nullity) == (6, 5, 1)
    # By another route: both ends of the segment are networks of the same loss, though different functions.
    losses, functions = [], []
    for network in result.networks:
        W, v = network.arrays()
        fit = np.maximum(np.array(X, float) @ W.T, 0) @ v.ravel()
        penalty = (np.linalg.norm(W, axis=1) * np.abs(v.ravel())).sum()
        losses.append(0.5 * ((fit - np.array(y, float)) ** 2).sum() + float(lam) * penalty)
        functions.append(np.maximum(-W.sum(axis=1), 0) @ v.ravel())
    assert len(losses) == 2
    assert abs(losses[0] - losses[1]) < 1e-9 < abs(functions[0] - functions[1])


def test_a_difference_of_two_forms_is_zero_by_two_pairs():
    """A 4 x 4 grid, gated: nu is 0 on a row where y is 0 and two neurons cancel, in a field nobody found."""
    X = [(i, j) for i in range(-1, 3) for j in range(-1, 3)]
    y = [1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0]
    result = certify(X, y, "12/5", gated=True)
    assert result.status == "proved", result.reason
    point = result.proved().point
    assert 11 in point.vanishing.rows
    assert point.balls(FINE).nu[11].contains(0)
    assert float(point.balls(FINE).nu[11].rad()) < 1e-200


def test_differences_need_as_many_pairs_as_forms():
    """e = (zeta_1, zeta_2) = 0; a and a + e have the same length, and so have b and b + e."""
    a, b, e = ([[0, 0, 1, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 0, 0, 1]], [[1, 0, 0, 0], [0, 1, 0, 0]])
    T = [fmpq_mat(m) for m in (a, b)]
    with precision(200):
        zeta = [arb(v) for v in (0, 0, 3, 3)]
    one = [T[0], T[0] + fmpq_mat(e)]
    two = [T[1], T[1] + fmpq_mat(e)]
    assert not zero_differences(one, zeta)
    found = [form for step in zero_differences([*one, *two], zeta) for form in step.forms]
    assert [1, 0, 0, 0] in found
    assert [0, 1, 0, 0] in found


def test_relations_that_lengths_explain():
    """nu_2 = nu_4 and nu_3 = nu_5 in a 0/1 cube whose targets have no such symmetry; the other equalities are no."""
    X, y = list(itertools.product((0, 1), repeat=3)), [2, 1, 2, 0, 2, 1, 1, 1]
    point = certify(X, y, "1/4").proved().point
    equal = [(i, j) for i, j in itertools.combinations(range(1, 8), 2) if agree(point.vanishing, i, j)]
    assert equal == [(2, 4), (3, 5)]
    nu = point.balls(FINE).nu
    assert all((nu[i] - nu[j]).contains(0) for i, j in equal)


def agree(known, i, j):
    return known.is_zero([fmpq(int(k == i) - int(k == j)) for k in range(8)])


def test_a_relation_needs_as_many_pairs_as_there_are_forms():
    """(a, b) and (b, a) have one length, and so have (a, 2 b + c) and (b, 2 a + c): then a = b, for b and c > 0."""
    lengths = (
        [[[1, 0, 0], [0, 2, 0]], [[0, 1, 0], [2, 0, 0]]],
        [[[1, 0, 0], [0, 2, 1]], [[0, 1, 0], [2, 0, 1]]],
    )
    one, two = ([fmpq_mat(m) for m in pair] for pair in lengths)
    with precision(200):
        t = arb(2).sqrt()
        equal, unequal = [t, t, arb(3)], [t, t + arb(2) ** -30, arb(3)]
    (step,) = zero_relations([*one, *two], equal)
    assert proportional(step.forms[0], [1, -1, 0])
    for k, j, (other,) in step.pairs:
        T, e, m = [*one, *two], step.forms[0], range(3)
        M = T[k].transpose() * T[k] - T[j].transpose() * T[j]
        product = fmpq_mat([[e[a] * other[b] + e[b] * other[a] for b in m] for a in m])
        assert product == M * 2
    assert not zero_relations([*one, *two], unequal)
    third = fmpq_mat([[1, 0, 0], [0, 3, 0]])
    assert not zero_relations([one[0], third, two[0]], equal)  # no two of these agree wherever a = b


def forms(M, zeta):
    with precision(200):
        found = zero_factors(fmpq_mat(M), [arb(v) for v in zeta])
    for zero, other in found:  # their product is the form
        m = range(len(M))
        assert not other or all(2 * M[i][j] == zero[i] * other[j] + zero[j] * other[i] for i in m for j in m)
    return [zero for zero, _ in found]


def proportional(a, b):
    return all(a[i] * b[j] == a[j] * b[i] for i in range(len(a)) for j in range(len(a)))


def test_factors_of_a_vanishing_form():
    assert proportional(forms([[1, -2], [-2, 4]], [2, 1])[0], [1, -2])  # (s - 2t)^2
    (found,) = forms([[2, -3], [-3, 4]], [2, 1])  # 2 (s - 2t)(s - t): only the first is 0 at (2, 1)
    assert proportional(found, [1, -2])
    (found,) = forms([[0, 1], [1, 0]], [0, 3])  # 2 s t
    assert proportional(found, [1, 0])
    assert len(forms([[1, 0], [0, 3]], [0, 0])) == 2  # definite: both
    assert forms([[1, 0], [0, -2]], [0, 0]) == []  # its factors are not rational
    assert forms([[0, 1], [1, 0]], [0, 0]) == []  # balls cannot tell which
    assert forms([[1, 0, 0], [0, 1, 0], [0, 0, -1]], [1, 0, 1]) == []  # rank 3


def test_a_row_that_a_free_column_fits_says_nothing_about_the_neurons():
    """nu = 0 and y = 0 on the last row, where the free column cancels the neuron: it is used, and the tie is not."""
    optimum = certify([[1, 0], [-1, 0], [1, 1]], [3, 1, 0], 1, free=[1]).proved()
    assert optimum.point.vanishing.rows == {2}
    used = dict(zip((neuron.place.face for neuron in optimum.neurons), optimum.support.used, strict=True))
    assert used == {(1, -1, 1): True, (-1, 1, -1): False}


def test_a_tie_without_a_part_in_any_dependence_is_unused():
    """No exact field is known; its weight is that of the root in every solution: none. So says a linear program."""
    optimum = certify(*degenerate(3653)).proved()
    assert optimum.point.exact is None
    assert optimum.support.used == (True,) * 6 + (False,)
    assert optimum.support.rank == 6
    nu = optimum.point.balls(200).nu
    with precision(200):
        table = np.array([[float(arb(v)) for v in neuron.column(nu)] for neuron in optimum.neurons])
        fit = np.array([float(arb(v)) for v in optimum.program.fit(nu)])
    most = [linprog(-np.eye(7)[k], A_eq=table.T, b_eq=fit, method="highs").fun for k in range(7)]
    assert [-v > 1e-7 for v in most] == list(optimum.support.used)
