"""The float solver: against a conic solver, against closed forms, and against its own optimality conditions."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.guess import Guesser
from polyrelu.guess.facets import neighbours
from polyrelu.guess.restricted import nonnegative_lasso
from tests.reference import conic_optimum

NEAR_TIE = [(-45, -43), (22, 32), (15, 14), (-42, -31), (-8, 9), (-41, 40), (36, -5), (20, -31)]


def cells(X):
    """All cells in a way of its own: each sign vector that a linear program finds strictly feasible.

    Those on one side of the first hyperplane; the others are opposite to them.
    """
    from scipy.optimize import linprog

    X = np.asarray(X, float)
    n, d = X.shape
    size = np.linalg.norm(X, axis=1)
    balanced = X / np.maximum(np.abs(X).max(axis=0), 1e-300)
    balanced[size > 0] /= np.linalg.norm(balanced[size > 0], axis=1)[:, None]
    found = [()]
    for j in range(n):
        if size[j] == 0:
            found = [(*s, 1) for s in found]
            continue
        longer = []
        for s, last in itertools.product(found, (1, -1) if size[:j].any() else (1,)):
            signed = np.array([*s, last])[:, None] * balanced[: j + 1]
            rows = np.column_stack([-signed, size[: j + 1] > 0])
            box = [(-1, 1)] * d + [(None, 1)]
            best = linprog([0] * d + [-1], A_ub=rows, b_ub=np.zeros(j + 1), bounds=box)
            if best.status == 0 and -best.fun > 1e-8:
                longer.append((*s, last))
        found = longer
    if size.any():
        found += [tuple(np.where(size > 0, np.negative(s), s)) for s in reversed(found)]
    return np.array(found) > 0


def activations(X, neuron, patterns):
    products = X @ neuron.direction
    return neuron.sign * (
        np.maximum(products, 0) if neuron.gate is None else patterns[neuron.gate] * products
    )


def check(X, y, lam, patterns, *, gated=False, all_cells=True):
    """Every condition of an optimal vertex that floats can see; the conic solver's value unless there is none."""
    X, y = np.asarray(X, float), np.asarray(y, float)
    guess = Guesser(X, y, patterns, gated, all_cells).optimum(lam)
    assert guess.message == ""
    columns = [activations(X, k, patterns) for k in guess.neurons]
    A = np.column_stack(columns) if columns else np.zeros((len(y), 0))
    weights = np.array([k.weight for k in guess.neurons])
    rounding = 4e-16 * (np.abs(guess.nu) + np.abs(y) + np.abs(A) @ weights) @ np.linalg.norm(X, axis=1) / lam
    assert (weights > 0).all()
    for k, a in zip(guess.neurons, columns, strict=True):
        assert abs(a @ guess.nu / lam - 1) <= 1e-12 + rounding
        assert abs(np.linalg.norm(k.direction) - 1) <= 1e-14
        if not gated:
            face, products = np.array(k.face), X @ k.direction
            assert (np.sign(products)[face != 0] == face[face != 0]).all()
            assert (np.abs(products[face == 0]) <= 1e-9 * np.linalg.norm(X, axis=1)[face == 0]).all()
            assert ((2 * patterns[k.block] - 1)[face != 0] == face[face != 0]).all()
    for tie in guess.ties:
        assert abs(activations(X, tie, patterns) @ guess.nu / lam - 1) <= 2e-7
    primal = 0.5 * (A @ weights - y) @ (A @ weights - y) + lam * weights.sum()
    dual = 0.5 * y @ y - 0.5 * (guess.nu - y) @ (guess.nu - y)
    assert abs(primal - dual) <= 1e-12 * max(y @ y, 1e-300)
    if len(weights):
        singular = np.linalg.svd(A / np.linalg.norm(A, axis=0), compute_uv=False)
        assert len(singular) == len(weights)
        assert singular[-1] > 1e-9
    top = Guesser(X, guess.nu, patterns, gated, all_cells).lambda_max()
    assert top <= lam * (1 + 1e-11 + rounding)
    return guess, primal


def instance(rng, k):
    """Real, binary, small-integer and repeated rows in turn."""
    n, d = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    if k % 4 == 0:
        return rng.normal(size=(n, d)), rng.normal(size=n)
    if k % 4 == 1:
        return rng.integers(-1, 2, (n, d)).astype(float), rng.integers(-2, 3, n).astype(float)
    if k % 4 == 2:
        return rng.integers(-9, 10, (n, d)).astype(float), rng.integers(-9, 10, n).astype(float)
    X = rng.integers(0, 2, (n, d)).astype(float)
    X[int(rng.integers(n))] *= -2
    return X, rng.integers(-9, 10, n).astype(float)


@pytest.mark.parametrize("k", range(72))
def test_all_cells_against_conic_solver(k):
    rng = np.random.default_rng(k)
    X, y = instance(rng, k)
    X[0] += not X.any()
    patterns = cells(X)
    lam = (Guesser(X, y, patterns).lambda_max() or 1.0) * 10 ** rng.uniform(-3, 0.05)
    _, value = check(X, y, lam, patterns)
    assert value == pytest.approx(conic_optimum(X, y, lam, patterns)[0], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("k", range(60))
def test_given_patterns_against_conic_solver(k):
    rng = np.random.default_rng(1000 + k)
    X, y = instance(rng, k)
    X[0] += not X.any()
    patterns = rng.integers(0, 2, (5, len(y))) > 0  # cones of lower dimension, or {0}
    if k % 3:
        patterns = (X @ rng.normal(size=(X.shape[1], 5)) >= 0).T
    patterns, gated = np.unique(patterns, axis=0), k % 2 == 0
    lam = (Guesser(X, y, patterns, gated, all_cells=False).lambda_max() or 1.0) * 10 ** rng.uniform(-3, 0.05)
    _, value = check(X, y, lam, patterns, gated=gated, all_cells=False)
    assert value == pytest.approx(conic_optimum(X, y, lam, patterns, gated)[0], rel=1e-5, abs=1e-6)


def test_identity_has_at_most_two_neurons():
    y, lam = np.array([3.0, 4.0, -5.0, -12.0]), 2.0
    guess, _ = check(np.eye(4), y, lam, cells(np.eye(4)))
    positive, negative = y.clip(0), -y.clip(max=0)
    expected = positive * min(1, lam / 5) - negative * min(1, lam / 13)
    assert guess.nu == pytest.approx(expected, rel=1e-15)
    assert sorted(k.sign for k in guess.neurons) == [-1, 1]
    assert {k.face for k in guess.neurons} == {(1, 1, 0, 0), (0, 0, 1, 1)}


def test_xor_has_four_neurons_active_on_one_row_each():
    X, y = np.array([(1, 1), (-1, -1), (1, -1), (-1, 1)], float), np.array([1.0, 1, -1, -1])
    guess, _ = check(X, y, 0.7, cells(X))
    assert guess.nu == pytest.approx(y * 0.7 / np.sqrt(2), rel=1e-15)
    assert sorted(sum(v > 0 for v in k.face) for k in guess.neurons) == [1, 1, 1, 1]


def test_parity_learns_nothing():
    X = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    y, patterns = X.prod(axis=1), cells(X)
    assert Guesser(X, y, patterns).lambda_max() == pytest.approx(0, abs=1e-12)
    guess, _ = check(X, y, 0.1, patterns)
    assert guess.neurons == ()
    assert guess.ties == ()


def test_one_feature_is_two_soft_thresholds():
    X, y, lam = np.array([[1.0], [2.0], [-3.0], [0.0]]), np.array([1.0, 3.0, 2.0, 5.0]), 0.5
    guess, _ = check(X, y, lam, cells(X))
    right, left = (7 - lam) / 5, (6 - lam) / 9
    assert guess.nu == pytest.approx(y - [right, 2 * right, 3 * left, 0], rel=1e-14)
    assert sorted(k.weight for k in guess.neurons) == pytest.approx(sorted([right, left]), rel=1e-14)


def test_golden_square_names_all_four_tight_directions():
    X, y = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], float), np.array([3.0, 4, 3, 4])
    guess, _ = check(X, y, 1.0, cells(X))
    assert guess.nu == pytest.approx(y / 5, rel=1e-15)
    assert [k.weight for k in guess.neurons] == pytest.approx([4, 4], rel=1e-14)
    assert len(guess.ties) == 2


def test_five_tight_neurons_of_rank_four():
    X, y = np.array([(1, -1, 1), (-1, 1, 1), (-1, -1, -1), (1, 1, 1)], float), np.array([6.0, 8, -7, -9])
    guess, _ = check(X, y, 0.25, cells(X))
    assert (len(guess.neurons), len(guess.ties)) == (4, 1)


def test_face_with_dependent_rows():
    X, y = np.array([(1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 5, 50)], float), np.array([-5.0, -5, -5, 51])
    guess, _ = check(X, y, 50.0, cells(X))
    assert [k.face for k in guess.neurons] == [(0, 0, 0, 1)]
    assert guess.ties == ()  # six tight cells, one direction


def test_near_tie_is_told_apart():
    X, y = np.array(NEAR_TIE, float), np.array([-4.0, -3, -6, -9, -8, 6, 7, 0])
    guess, _ = check(X, y, 1.0, cells(X))
    faces = {(k.sign, k.face) for k in guess.neurons + guess.ties}
    assert len(guess.neurons) == 6
    assert (1, (-1, 1, 1, -1, 0, -1, 1, -1)) in faces
    assert len(faces) == 8


def test_single_pattern_optimum_on_its_boundary():
    X, y = np.array([(1, 0), (1, 1)], float), np.array([3.0, 3])
    guess, _ = check(X, y, 0.5, np.array([[True, False]]), all_cells=False)
    assert [k.face for k in guess.neurons] == [(1, 0)]


@cache
def scaled(scales):
    rng = np.random.default_rng(7)
    plain = rng.integers(-9, 10, (7, len(scales)))
    X, y, patterns = plain * np.array(scales), rng.integers(-9, 10, 7), cells(plain)
    return X, y, patterns, Guesser(X, y, patterns).lambda_max()


@pytest.mark.parametrize("scales", [(1e-3, 1e6), (1e6, 1e-3), (1e-3, 1.0, 1e6)])
@pytest.mark.parametrize("share", [0.3, 1e-3, 1e-6])
def test_badly_scaled_columns(scales, share):
    X, y, patterns, largest = scaled(scales)
    check(X, y, share * largest, patterns)


@pytest.mark.parametrize("share", [1e-2, 1e-4, 1e-6])
def test_tiny_lambda_shows_the_linear_phase(share):
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(6, 2)), rng.normal(size=6)
    patterns = cells(X)
    lam = share * Guesser(X, y, patterns).lambda_max()
    guess, _ = check(X, y, lam, patterns)
    pairs = sum(
        k.sign == t.sign and np.abs(k.direction + t.direction).max() < 1e-6
        for k, t in itertools.combinations(guess.neurons + guess.ties, 2)
    )
    if share <= 1e-4:
        assert np.abs(X.T @ guess.nu).max() < 1e-9
        assert pairs > 0


def test_zero_target_and_large_lambda():
    X = np.array(NEAR_TIE, float)
    patterns, y = cells(X), np.array([-4.0, -3, -6, -9, -8, 6, 7, 0])
    assert check(X, np.zeros(8), 1.0, patterns)[0].neurons == ()
    guesser = Guesser(X, y, patterns)
    value = guesser.lambda_max()
    at = guesser.optimum(value)
    assert sum(k.weight for k in at.neurons) <= 1e-9
    (only,) = at.neurons + at.ties
    assert activations(X, only, patterns) @ y == pytest.approx(value, rel=1e-14)
    beyond = guesser.optimum(1.01 * value)
    assert (beyond.neurons, beyond.ties) == ((), ())
    assert beyond.nu.tolist() == y.tolist()


def test_rank_deficient_rows_and_one_row():
    X = np.array([(1, 2, 3), (2, 4, 6), (-1, 0, 1), (0, 2, 4), (1, 2, 3)], float)
    check(X, [1, -2, 3, 0.5, 2], 0.3, cells(X))
    guess, _ = check([[3.0, 4.0]], [2.0], 1.0, np.array([[True], [False]]))
    assert guess.nu[0] == pytest.approx(0.2, rel=1e-15)


def test_facets_agree_with_linear_programs():
    rng = np.random.default_rng(5)
    X = rng.integers(-3, 4, (7, 3)).astype(float)
    patterns = cells(X)
    classes, across = neighbours(X, patterns)
    known = {row.tobytes() for row in patterns}
    for pattern, mine in zip(patterns, across >= 0, strict=True):
        for members, yes in zip(classes, mine, strict=True):
            flipped = pattern.copy()
            flipped[members] ^= True
            assert (flipped.tobytes() in known) == yes


@pytest.mark.parametrize(("n", "all_cells"), [(9, True), (9, False), (50, True)])
def test_multipliers_reach_the_projection(n, all_cells):
    rng = np.random.default_rng(n)
    X, y = rng.integers(-9, 10, size=(n, 3)).astype(float), rng.normal(size=n)
    patterns = enumerate_cells(X.astype(int).tolist()).patterns
    full = Guesser(X, y, patterns)
    lam = 0.05 * full.lambda_max()
    nu, every = full.optimum(lam).nu, np.arange(len(patterns))
    guesser = Guesser(X, y, patterns, all_cells=all_cells)
    for s in (1, -1):
        rho = guesser.multipliers(every, np.full(len(patterns), s), nu, lam)
        assert (rho >= 0).all()
        signed = (2 * patterns - 1)[:, :, None] * X
        left = s * (patterns * nu) @ X + np.einsum("mn,mnd->md", rho, signed)
        bound = np.linalg.norm(left, axis=1)
        assert (bound <= lam * (1 + 1e-11)).all()
        # Above the level the optimality conditions of the projection hold: no smaller bound exists.
        high = bound > lam * (1 - 1e-3)
        inside = np.einsum("mnd,md->mn", signed, left)[high]
        assert inside.min() >= -1e-8 * lam
        assert np.abs((inside * rho[high]).sum(axis=1)).max() <= 1e-8 * lam**2


def test_lasso_meets_its_conditions_with_repeated_columns():
    rng = np.random.default_rng(2)
    A = rng.normal(size=(6, 9))
    A[:, 4] = A[:, 1]
    A[:, 8] = A[:, 2] + A[:, 3]
    y = 5 * rng.normal(size=6)
    t = nonnegative_lasso(A, y, 0.3)
    slack = A.T @ (y - A @ t) - 0.3
    assert (slack <= 1e-12).all()
    assert np.abs(slack[t > 0]).max() <= 1e-12
    assert np.linalg.matrix_rank(A[:, t > 0]) == (t > 0).sum()


def test_linear_phase_at_a_millionth_with_parallel_rows():
    X = np.array([(-2, 2), (2, -1), (-1, 0), (-1, 2), (1, -2), (-2, -1), (-1, -1), (-2, -2)], float)
    y, patterns = np.array([0.0, -1, -3, -3, 0, -3, 0, 2]), cells(X)
    for all_cells in (True, False):
        guess, _ = check(X, y, 6e-6, patterns, all_cells=all_cells)
        assert len(guess.neurons) == 6
        assert len(guess.neurons) + len(guess.ties) == 8
