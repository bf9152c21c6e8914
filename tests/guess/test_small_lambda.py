"""Small penalties, where the neurons are as many as the rows, and data of extreme size."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from polyrelu import certify
from polyrelu.guess.columns import column
from polyrelu.guess.explored import Explored
from polyrelu.guess.restricted import _ActiveSet, nonnegative_lasso
from polyrelu.guess.turning import _climbed, _on_their_faces
from polyrelu.guess.units import Units, exponent
from polyrelu.proof.program import Program


def random_program(n, d, seed, share):
    rng = np.random.default_rng(seed)
    table = [
        [Fraction(int(v), 1000) for v in row] for row in np.round(1000 * rng.standard_normal((n, d + 1)))
    ]
    X, y = tuple(tuple(row[:d]) for row in table), tuple(row[d] for row in table)
    top = Program(X, y, Fraction(1), None).guesser.lambda_max()
    return Program(X, y, Fraction(top * share).limit_denominator(10**9), None)


@pytest.mark.parametrize(("n", "d", "share"), [(40, 3, 1e-3), (40, 3, 1e-4), (20, 4, 1e-3)])
def test_first_guess_misses_no_direction(n, d, share):
    program = random_program(n, d, 5, share)
    guess = program.guesser.optimum(program.lam)
    assert guess.message == ""
    # another, denser search: every ray of the arrangement for d = 3, random directions for d = 4
    X, level = program.X_float, float(program.lam) * (1 + 1e-9)
    rng = np.random.default_rng(0)
    rays = [np.cross(X[i], X[j]) for i in range(n) for j in range(i)] if d == 3 else []
    u = np.vstack([*np.reshape(rays, (-1, d)), *rng.standard_normal((20_000, d))])
    u = np.vstack([u, -u])
    values = (np.maximum(u @ X.T, 0) @ guess.nu) / np.linalg.norm(u, axis=1)
    assert float(np.abs(values).max()) <= level


def test_small_lambda_is_proved_by_the_first_guess():
    program = random_program(24, 3, 1, 1e-4)
    result = certify(program.X, program.y, program.lam)
    assert result.status == "proved"


def test_oracle_is_told_the_neurons_and_finds_what_is_barely_above():
    program = random_program(40, 3, 2, 0.3)
    guess = program.guesser.optimum(program.lam)
    oracle, lam = program.guesser.oracle, float(program.lam)
    known = [(k.sign, k.face) for k in guess.neurons]
    assert len(known) > 2
    assert not guess.ties
    assert oracle(guess.nu, lam, known) == []
    # a residual that lifts the first neuron above lambda by 1e-5, and keeps the others where they are
    A = np.column_stack([k.sign * np.maximum(program.X_float @ k.direction, 0) for k in guess.neurons])
    lift = np.linalg.lstsq(A.T, 1e-5 * lam * np.eye(len(known))[0], rcond=None)[0]
    assert oracle(guess.nu + lift, lam, []) == []  # without the neurons only one percent is seen
    found = oracle(guess.nu + lift, lam, known[1:])
    assert found
    assert all(
        s == known[0][0] and u @ guess.neurons[0].direction > 0.9 * np.linalg.norm(u) for s, u in found
    )


def test_columns_that_stay_on_their_faces_are_where_a_climb_ends():
    rng = np.random.default_rng(3)
    X, nu, stayed = rng.standard_normal((30, 3)), rng.standard_normal(30), 0
    program = Explored(X)
    columns = []
    for s, u in [(s, u) for s in (1, -1) for u in rng.standard_normal((40, 3))]:
        start = column(program, program.block_at(u), s, u)
        columns.append(_climbed(program, start, nu, 1e-6))  # a local maximum at nu
    nearby = nu + 1e-2 * rng.standard_normal(30)
    for c, turned in zip(columns, _on_their_faces(program, columns, nearby, 1e-6), strict=True):
        if turned is not None:
            climbed = _climbed(program, c, nearby, 1e-6)
            assert climbed.face == turned.face
            assert np.allclose(climbed.direction, turned.direction, atol=1e-12)
            assert np.allclose(climbed.activations, turned.activations, atol=1e-12)
            stayed += 1
    assert stayed > 20


def test_columns_that_leave_their_faces_are_noticed():
    rng = np.random.default_rng(4)
    X, nu, left = rng.standard_normal((30, 3)), rng.standard_normal(30), 0
    program = Explored(X)
    columns = [
        _climbed(program, column(program, program.block_at(u), 1, u), nu, 1e-6)
        for u in rng.standard_normal((40, 3))
    ]
    other = nu + rng.standard_normal(30)
    for c, turned in zip(columns, _on_their_faces(program, columns, other, 1e-6), strict=True):
        climbed = _climbed(program, c, other, 1e-6)
        if climbed.face != c.face:
            assert turned is None
            left += 1
    assert left > 5


def test_lasso_spends_no_pivots_on_rounding(monkeypatch):
    rng = np.random.default_rng(5)
    pivots = []
    enter = _ActiveSet.enter
    monkeypatch.setattr(_ActiveSet, "enter", lambda self, j: (pivots.append(j), enter(self, j))[1])
    A, y = rng.standard_normal((60, 50)), 10 * rng.standard_normal(60)
    A = np.hstack([A, *(A + 1e-6 * rng.standard_normal(A.shape) for _ in range(4))])  # clusters of columns
    t = nonnegative_lasso(A, y, 1e-3)
    first = len(pivots)
    assert float((A.T @ (y - A @ t)).max()) <= 1e-3 * (1 + 1e-8)
    again = nonnegative_lasso(A, y, 1e-3, t)
    assert np.allclose(A @ again, A @ t, atol=1e-9)
    assert first > 0
    assert len(pivots) - first < 10


@cache
def plain():
    program = random_program(12, 3, 7, 1e-3)
    return program, certify(program.X, program.y, program.lam)


@pytest.mark.parametrize(("row", "target"), [(-300, -300), (-160, -100), (150, 150)])
def test_size_of_the_data_does_not_matter(row, target):
    program, as_it_is = plain()
    r, t = Fraction(10) ** row, Fraction(10) ** target
    X = [[v * r for v in x] for x in program.X]
    y = [v * t for v in program.y]
    result = certify(X, y, program.lam * r * t)
    assert result.status == as_it_is.status == "proved"
    assert sorted((k.place.sign, k.place.face) for k in result.optimum.neurons) == sorted(
        (k.place.sign, k.place.face) for k in as_it_is.optimum.neurons
    )


def test_units_are_powers_of_two_and_leave_ordinary_data_alone():
    assert exponent(np.array([1e9, -3.0])) == exponent(np.zeros(3)) == exponent(np.zeros(0)) == 0
    assert np.ldexp(1e-300, -exponent(np.array([1e-300]))) == pytest.approx(0.5, rel=0.5)
    assert Units(-900, 100).penalty == Fraction(1, 2**800)
