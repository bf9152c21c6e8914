"""Breakpoints have their names where lambda* is algebraic of low degree, whatever the other numbers there are."""

import pytest
from flint import arb, fmpq

from polyrelu import path
from polyrelu.breakpoints import apart as module
from polyrelu.breakpoints.algebra import exact_zero
from polyrelu.breakpoints.apart import apart
from polyrelu.curves.condition import SLACK
from polyrelu.exact.enclosure import precision
from polyrelu.proof.neuron import Neuron

ENTERS = {
    "a newcomer that sees no other neuron, two dimensions": (
        [[-5, -8], [3, -3], [-3, 8], [6, 0], [8, 1]],
        [8, 2, -3, 1, 4],
        5,
        fmpq(657),
    ),
    "on a row, three dimensions": (
        [[6, 1, -7], [-3, 1, 9], [-5, 1, 0], [0, 1, 4], [-7, 9, 7], [5, -4, -1]],
        [-1, -4, -8, 5, -9, 5],
        4,
        fmpq(841, 14),
    ),
    "beside three neurons": (
        [[-2, 6, -7], [-7, -3, 4], [0, 7, 8], [-2, -1, 1], [3, 0, 2]],
        [9, 4, -3, -1, -2],
        5,
        fmpq(93265, 74),
    ),
}
"""The newcomer's activation is orthogonal to all others: lambda*^2 = |N y|^2."""
MADE = {}
OF_ONE_NEURON = {
    "a multiplier of a neuron whose fit no other sees": (
        [[-2, 6, -7], [-7, -3, 4], [0, 7, 8], [-2, -1, 1], [3, 0, 2]],
        [9, 4, -3, -1, -2],
        4,
        [91557512, 0, -63167625287],
    ),
    "a side": (
        [[2, 2, -3], [-5, -8, -4], [-7, -1, -1], [-3, 4, 8], [1, 9, -3], [4, 3, -3]],
        [-2, -5, 7, 8, -6, 4],
        14,
        [6536226987, 0, -13487490129400],
    ),
}


def whole(X, y):
    """The path, made once."""
    key = str((X, y))
    if key not in MADE:
        MADE[key] = path(X, y)
    return MADE[key]


@pytest.mark.parametrize("case", ENTERS.values(), ids=ENTERS)
def test_a_newcomer_by_itself(case):
    X, y, index, square = case
    there = whole(X, y).breakpoints[index]
    lam = there.exact.lam
    assert lam * lam == square
    neuron = Neuron(there.zero.condition.place, there.zero.branch.program)
    assert neuron.square([fmpq(v) for v in y]) == square
    assert exact_zero(there.zero) is None  # all numbers together lie in no field that is looked for
    with precision(400):
        assert there.zero.refined(300).overlaps(arb(square).sqrt())


@pytest.mark.parametrize("case", OF_ONE_NEURON.values(), ids=OF_ONE_NEURON)
def test_an_event_of_one_neuron(case):
    X, y, index, coefficients = case
    there = whole(X, y).breakpoints[index]
    a, _, c = coefficients
    lam = there.exact.lam
    assert a * lam * lam + c == 0
    assert apart(there.zero).branch.K == 1 < there.zero.branch.K


def test_a_root_of_degree_four():
    """Two neurons by themselves; the polynomial is checked at far more digits than it was found with."""
    X, y = [[-2, 6, -7], [-7, -3, 4], [0, 7, 8], [-2, -1, 1], [3, 0, 2]], [9, 4, -3, -1, -2]
    there = whole(X, y).breakpoints[3]
    f = there.exact.polynomial
    assert f.degree() == 4
    with precision(3000):
        value = f(there.zero.refined(2800))
        assert value.contains(0)
        assert value.rad() < arb(2) ** -2500


@pytest.mark.parametrize("case", ENTERS.values(), ids=ENTERS)
def test_neurons_that_are_needed_are_not_left_out(case, monkeypatch):
    """Events that depend on others: without these the smaller system has another root, or none, and is refused."""
    X, y, index, _ = case
    others = [b for k, b in enumerate(whole(X, y).breakpoints) if k != index and b.zero.branch.K]
    zeros = [b.zero for b in others if b.zero.condition.kind == SLACK]
    needed = [z for z in zeros if len(module._needed(z.branch, z.condition)) == z.branch.K]
    assert needed
    monkeypatch.setattr(module, "_needed", lambda branch, f: list(range(branch.K - 1)))
    assert all(apart(zero) is None for zero in needed)


def test_with_a_free_bias():
    """A tight neuron has the length lambda without its bias: exact numbers had counted it, and nothing was named."""
    X = [[-1, 2, 1], [0, 1, -2], [0, 0, 0], [-2, 0, -2], [-2, 1, 2], [2, 0, -1]]
    found = path(X, [-3, -2, 3, 0, -1, 0], "5", bias="free").breakpoints[-1]
    assert found.exact.name == "3/2*sqrt(29)"


def test_a_tie_with_a_free_bias_is_proved():
    """At sqrt 5 a neuron comes on a row where another leaves: exact numbers tell; it was a gap of 1e-9."""
    found = path([[1, 2], [0, 0], [-2, 1]], [1, 3, 2], bias="free")
    assert found.status == "proved"
    assert [b.exact.name for b in found.breakpoints] == ["sqrt(5)"]
