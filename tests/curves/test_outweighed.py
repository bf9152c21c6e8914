"""Stars that go on beyond a hard line, where concave lines beside it weigh more: see `curves.outweighed`."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq

from polyrelu import certify, path
from polyrelu.curves.condition import OUTWEIGHED, Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.faces import Faces
from polyrelu.curves.outweighed import Outweighed
from polyrelu.data.problem import Problem
from polyrelu.paths.starts import started
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.program import Program

CUBE = [list(v) for v in itertools.product((0, 1), repeat=3)]
CASES = {
    "two rows, one of which is outweighed through a row of the face": (
        CUBE,
        [-1, 1, -1, -1, -1, 1, 1, 1],
        ("38/100", "3825/10000"),
    ),
    "two pairs of rows at right angles": (
        [[-2, -1, 0], [-2, 0, -1], [-2, 0, 1], [-2, 1, 0], [-1, -2, 0], [-1, 0, -2], [-1, 0, 2], [-1, 2, 0]],
        [0, 0, 0, 1, -2, -1, -1, 2],
        ("128/100", "129/100"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_neuron_comes_to_two_rows_at_once(name):
    X, y, (low, high) = CASES[name]
    found = path(X, y, low, high)
    assert found.status == "proved"
    (here,) = found.breakpoints
    assert {change.kind for change in here.changes} == {"hit"}
    for lam, interval in ((low, found.intervals[0]), (high, found.intervals[1])):
        assert {k.place for k in certify(X, y, lam).proved().neurons} == set(interval.places)


def seen(X, y, lam):
    """The optimum with the proposals around each of its neurons, and whether their functions are positive there."""
    optimum = certify(X, y, lam).proved()
    nu = np.array([float((arb(0) + v).mid()) for v in optimum.residual(100)])
    for neuron in optimum.neurons:
        program = neuron.program
        first = {}
        for i, row in enumerate(X):
            if any(row):
                first.setdefault(
                    next(j for j in range(i + 1) if any(X[j]) and np.linalg.matrix_rank([X[j], row]) == 1), []
                ).append(i)
        size = [np.abs(row).sum() for row in X]
        lines = {j: {i: fmpq(int(size[i]), int(size[j])) for i in rows} for j, rows in first.items()}
        around = Outweighed(Neuron(neuron.place, program), lines, nu.tolist())
        for crossed, conditions in around.proposals([]):
            values = [sum(float(v) * t for v, t in zip(f.form, nu, strict=True)) for f in conditions]
            yield (neuron.place, nu, lines), crossed, min(values) > 1e-9


def worst(X, lam, around, crossed):
    """The largest f(v) / lambda |v| over directions on the neuron's side of all hard lines but those crossed."""
    (place, nu, lines), random, X = around, np.random.default_rng(5), np.array(X, dtype=float)
    hard = [
        j
        for j, rows in lines.items()
        if place.face[j]
        and j not in crossed
        and place.sign * sum(float(m) * nu[i] for i, m in rows.items()) > -1e-12
        and rows
    ]
    A = random.normal(size=(400_000, X.shape[1]))
    face = np.array(place.face)
    A = A[((A @ X[hard].T) * face[hard] >= 0).all(axis=1)]
    f = place.sign * np.maximum(A @ X.T, 0) @ nu
    return float((f / np.linalg.norm(A, axis=1)).max() / lam)


def problems():
    """The two cases beside their breakpoints, and random ones."""
    for name, lam in zip(CASES, (0.383, 1.29), strict=True):
        yield (*CASES[name][:2], lam)
    random = np.random.default_rng(3)
    for _ in range(12):
        yield random.integers(-3, 4, (7, 3)).tolist(), random.integers(-5, 6, 7).tolist(), 1.5


def test_what_is_crossed_is_below_lambda_as_samples_say():
    verdicts = [
        (holds, worst(X, lam, around, crossed))
        for X, y, lam in problems()
        for around, crossed, holds in seen(X, y, str(lam))
    ]
    assert all(top <= 1 + 1e-9 for holds, top in verdicts if holds)
    assert sum(holds for holds, _ in verdicts) >= 3
    assert any(not holds for holds, _ in verdicts)


def test_a_heavier_line_is_not_crossed():
    """The row (1, 1) of C = 3 beside (1, 0) of C = -1: beyond it f is larger than lambda."""
    X = [[1, 0], [1, 1], [0, 1]]
    program = certify(X, [1, 1, 1], "1/10").proved().point.structure.program
    neuron = Neuron(Place(1, (1, 1, -1)), program)
    for heavy, holds in ((3, False), (0.5, True)):
        nu = [-1.0, heavy, -1.0]
        around = Outweighed(neuron, {j: {j: fmpq(1)} for j in range(3)}, nu)
        for crossed, conditions in around.proposals([]):
            assert crossed == [1]
            values = [sum(float(v) * t for v, t in zip(f.form, nu, strict=True)) for f in conditions]
            assert (min(values) > 0) is holds


def test_every_function_of_a_neuron_is_tested():
    """They are called the same, and each has its own form."""
    X, y = [[1, 0], [1, 1], [0, 1]], [1, 2, 3]
    problem = Problem.of(X, y, None)
    curve, node = started(problem, Faces(Program.of(replace(problem, lam=Fraction(1)))), fmpq(1))
    place = curve.tight[0]
    forms = [tuple(fmpq(v) for v in form) for form in ((1, 2, 3), (-1, -2, -3), (0, 0, 1))]
    table = Table(curve.branch, [Condition(OUTWEIGHED, place, form=form) for form in forms])
    nu = curve.branch.residual_at(node.point, arb(node.lam)).entries()
    for value, form in zip(table.values(node.point, arb(1)), forms, strict=True):
        assert value.overlaps(sum((v * arb(t) for v, t in zip(nu, form, strict=True)), start=arb(0)))


def test_a_neuron_that_enters_behind_such_a_line_is_found():
    X = [[91, -43, 33], [-83, -44, -62], [71, -69, -62], [-12, -68, -5], [-93, 15, 71], [-48, 74, 72]]
    X += [[76, -6, 32], [70, 61, 41], [-46, -67, 18]]
    y = [40, 43, -18, -23, 74, -22, 89, -34, -38]
    found = path(X, y, 560)
    assert found.status == "proved"
    optimum = certify(X, y, 600).proved()
    assert {k.place for k in optimum.used} == set(found.interval_at(600).places)


@pytest.mark.parametrize("bias", [False, "free"])
def test_where_a_star_may_reach(bias):
    """At lines of positive coefficient that it cannot cross a direction is on the neuron's side, as the table tells it:
    with a free hidden bias coverings have coordinates of their own."""
    away, y = (100, 200) if bias else (0, 0), [3, -5, 4, 6, -2, 1, -3, 2, 5]
    points = [[1, 5], [8, -5], [-8, 1], [-5, -8], [4, 3], [2, -7], [-6, 6], [7, 1], [-3, -2]]
    X = [[a + away[0], b + away[1]] for a, b in points]
    program = Program.of(Problem.of(X, y, 1, bias=bias))
    neuron = certify(X, y, 1, bias=bias).proved().neurons[0]
    lines, nu = (
        {j: {j: fmpq(1)} for j in range(9)},
        [neuron.place.sign * m for m in (1, 2, 0.5, 3, -1, 1, 4, 3, 2)],
    )
    around = Outweighed(Neuron(neuron.place, program), lines, nu)
    random, answers = np.random.default_rng(0), []
    for vector in random.integers(-99, 100, (200, 2 + (bias == "free"))).tolist():
        (u, b) = program.shift.covered(vector) if bias else (vector, 0)
        side = [sum(a * c for a, c in zip(row, u, strict=True)) + b for row in X]
        kept = [j for j in set(range(9)) - {1} - set(around.near([1])) if around.coefficient(j) > 0]
        expected = all(neuron.place.face[j] * side[j] >= 0 for j in kept)
        if min(abs(s) for s in side) > max(map(abs, vector)):
            answers.append(expected)
            seen, unseen = (neuron.place.sign, tuple(vector)), (-neuron.place.sign, tuple(vector))
            assert around.may_hold([seen, unseen], [1]) == ({seen} if expected else set())
    assert 5 < sum(answers) < len(answers) - 5
