"""The proof over all directions against the proof over all cells, and what must never be accepted."""

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

import polyrelu
from polyrelu import certification
from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.proof import directions, program
from polyrelu.proof.lambda_max import lambda_max_squared
from polyrelu.proof.optimum import prove
from polyrelu.proof.program import Program
from tests import corpus

ALWAYS, NEVER = 10**9, -1
SAME = (
    *("status", "objective", "residual", "lambda_max", "cells", "tight_blocks", "support_blocks", "neurons"),
    *("rank", "antipodal_pairs", "linear_phase", "convex_unique", "p_unique", "function_unique", "dimension"),
    *("block_dimension", "vertices", "widths"),
)


def answers(monkeypatch, X, y, lam):
    found = []
    for limit in (ALWAYS, NEVER):
        monkeypatch.setattr(certification, "MAX_LISTED", limit)
        found.append(polyrelu.certify(X, y, lam).to_json())
    return found


def agree(listed, covered):
    assert {key: listed[key] for key in SAME} == {key: covered[key] for key in SAME}
    assert sorted(map(str, listed["neuron_list"] or [])) == sorted(map(str, covered["neuron_list"] or []))


@pytest.mark.parametrize("seed", range(0, 120, 8))
@pytest.mark.parametrize("kind", [corpus.generic, corpus.degenerate], ids=["generic", "degenerate"])
def test_both_routes_agree_on_the_corpus(monkeypatch, kind, seed):
    agree(*answers(monkeypatch, *kind(seed)))


@pytest.mark.parametrize(
    ("X", "y", "lam"),
    [
        ([[0, 0]], [1], 1),
        ([[1, 0], [0, 0]], [2, 1], "1/2"),
        ([[1], [-1]], [3, 2], 1),
        ([[1, 1], [1, 1]], [1, 2], "1/10"),
        ([[1, 0], [0, 1]], [3, 4], 5),
        ([[1, 0], [0, 1]], [0, 0], 1),
        ([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1], "1/2"),
        ([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 2, 50]], [-5, -5, 2, 51], 50),
        ([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 5, 50]], [-5, -5, -5, 51], 50),
        ([[2, 0], [1, 2], [-2, 1], [-2, -1], [1, -2]], [1] * 5, "1/10"),
        ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1),
    ],
)
def test_both_routes_agree_on_degenerate_problems(monkeypatch, X, y, lam):
    agree(*answers(monkeypatch, X, y, lam))


def test_no_cell_is_listed_on_the_road_of_directions(monkeypatch):
    def around_neurons_alone(rows, **options):
        assert len(rows) < 4, "cells were listed"
        return enumerate_cells(rows, **options)

    monkeypatch.setattr(certification, "MAX_LISTED", NEVER)
    monkeypatch.setattr("polyrelu.arrangement.cells.enumerate_cells", around_neurons_alone)
    for seed in range(0, 28, 3):
        result = polyrelu.certify(*corpus.generic(seed))
        assert result.to_json()["status"] == "proved"


@pytest.mark.parametrize("seed", range(60))
def test_lambda_max_over_all_directions(seed):
    pick = random.Random(seed)
    n, d, size = pick.randint(1, 12), pick.randint(1, 3), pick.choice([1, 2, 9])
    X = tuple(tuple(Fraction(pick.randint(-size, size)) for _ in range(d)) for _ in range(n))
    y = tuple(Fraction(pick.randint(-3, 3)) for _ in range(n))
    listed = Program(X, y, Fraction(1), enumerate_cells(X).patterns)
    assert lambda_max_squared(Program(X, y, Fraction(1), None)) == lambda_max_squared(listed)


def proved_by_directions(seed):
    X, y, lam = corpus.generic(seed)
    rows = tuple(map(tuple, X))
    optimum = polyrelu.certify(X, y, lam).proved()
    return Program(rows, tuple(y), lam, None), optimum


@pytest.mark.parametrize("seed", [4, 5, 9, 18, 33])
def test_a_neuron_that_is_left_out_is_found_again(seed):
    whole, optimum = proved_by_directions(seed)
    nu = optimum.point.balls(160).nu
    known = list(optimum.neurons)
    assert directions.unsettled_directions(whole, nu, whole.lam, known) == []
    for k, left_out in enumerate(known):
        rest = [neuron for i, neuron in enumerate(known) if i != k]
        try:
            found = directions.unsettled_directions(whole, nu, whole.lam, rest)
        except directions.Missed:
            continue
        assert left_out.place in found


@pytest.mark.parametrize("seed", [4, 5, 9, 18, 33])
def test_a_level_just_below_is_never_accepted(seed):
    whole, optimum = proved_by_directions(seed)
    nu = optimum.point.balls(160).nu
    with precision(200):
        lower = whole.lam * (1 - Fraction(1, 10**9))
    with pytest.raises(directions.Missed):
        directions.unsettled_directions(whole, nu, lower, [])


def test_a_missed_direction_sends_the_guess_back(monkeypatch):
    """A guess that is optimal for a few patterns only is refused by name, and the next one knows what was missed."""
    rng = np.random.default_rng(5)
    X = [[Fraction(int(v)) for v in row] for row in rng.integers(-9, 10, (12, 3))]
    y = [Fraction(int(v)) for v in rng.integers(-9, 10, 12)]
    whole = Program(tuple(map(tuple, X)), tuple(y), Fraction(20), None)
    with precision(160), pytest.raises(directions.Missed) as missed:
        directions.unsettled_directions(whole, [arb(v) for v in whole.yq], whole.lam, [])
    for sign, u in missed.value.directions:
        value = sign * sum(
            float(t) * max(0.0, float(np.dot([float(v) for v in row], u)))
            for t, row in zip(y, X, strict=True)
        )
        assert value > 20 * np.linalg.norm(u)


def test_cells_are_counted_or_not_said(monkeypatch):
    monkeypatch.setattr(program, "MAX_CELLS", 100)
    monkeypatch.setattr(certification, "MAX_LISTED", 50)
    rng = np.random.default_rng(1)
    X, y = rng.integers(-9, 10, (14, 3)).tolist(), rng.integers(-9, 10, 14).tolist()
    result = polyrelu.certify(X, y, 10)
    answer = result.to_json()
    assert answer["status"] == "proved"
    assert answer["cells"] is None
    assert isinstance(answer["tight_blocks"], int)
    assert "all activation patterns" in result.summary()
    assert "None" not in result.summary() + repr(result)


def test_what_directions_leave_undecided_is_sought_by_the_list(monkeypatch):
    def open_question(*_):
        raise Undecided("a tie that nobody can decide")

    X, y = [[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1]
    monkeypatch.setattr(certification, "MAX_LISTED", NEVER)
    monkeypatch.setattr("polyrelu.proof.optimum.unsettled_directions", open_question)
    proved = polyrelu.certify(X, y, "1/2")
    assert proved.status == "proved"
    monkeypatch.setattr(certification, "MAX_RETRIED", 0)
    result = polyrelu.certify(X, y, "1/2")
    assert result.reason == "a tie that nobody can decide"
    low, high = map(Fraction, proved.objective())
    assert result.bounds.lower <= high
    assert low <= result.bounds.upper


@pytest.mark.parametrize("seed", range(4))
def test_a_missed_antipode_becomes_a_pair(monkeypatch, seed):
    """In the linear phase the covering names it, and its being tight needs no field."""
    monkeypatch.setattr(certification, "MAX_LISTED", NEVER)
    rng = np.random.default_rng(seed)
    X, y = rng.integers(-99, 100, (14, 3)).tolist(), rng.integers(-99, 100, 14).tolist()
    result = polyrelu.certify(X, y, 3)
    assert result.to_json()["linear_phase"]
    known = result.proved()
    guess = known.program.guesser.optimum(3.0)
    antipodes = [k for k in guess.ties if any(k.is_antipode(other) for other in guess.neurons)]
    assert len(antipodes) > 3
    for missed in antipodes:
        poorer = replace(guess, ties=tuple(k for k in guess.ties if k is not missed))
        found = prove(known.program, poorer)
        assert {k.place for k in found.used} == {k.place for k in known.used}
        assert all(found.point.structure.paired)
