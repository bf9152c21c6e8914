"""What the equations of a branch imply for every lambda: what is said is true, and lies are not believed."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from flint import arb, fmpq

from polyrelu import path
from polyrelu.certification import program_of
from polyrelu.curves.branch import BITS
from polyrelu.curves.condition import MULTIPLIER, SHARE, Condition
from polyrelu.curves.curve import Curve, End, Piece
from polyrelu.curves.faces import Faces
from polyrelu.curves.failure import Failure
from polyrelu.curves.implied import Implied, nearly
from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import precision
from polyrelu.paths.starts import started

GRID = [list(row) for row in itertools.product((-1, 0, 1), repeat=2)]
FIT = GRID, [-1, -1, 1, 1, 1, 1, -1, -1, -1]
"""A neuron stays on two rows without a force, since another one has the direction (-1, 2) for every lambda."""


def start(table, lam):
    """The curve through the optimum at one lambda."""
    problem = Problem.of(*table, None)
    program = program_of(replace(problem, lam=Fraction(1)), "cells")
    return started(problem, Faces(program), lam)


@pytest.fixture(autouse=True)
def bits():
    with precision(BITS):
        yield


def forces(curve, implied):
    return sorted(
        implied.sign(f.form) for f in curve.table().conditions if f.kind == MULTIPLIER and len(f.form)
    )


def test_a_force_that_is_0_for_every_lambda():
    """The other force of each pair is positive; a residual of another target says neither."""
    curve, node = start(FIT, fmpq(1, 2))
    implied = Implied(curve.branch, nearly(node.point))
    assert forces(curve, implied) == [0, 0, 1, 1]
    near, there = start(
        (GRID, [Fraction(v) + Fraction(k == 1, 100) for k, v in enumerate(FIT[1])]), fmpq(1, 2)
    )
    other = Implied(near.branch, nearly(there.point))
    assert not any(other.is_zero(f.form) for f in near.table().conditions if f.form)


def test_what_is_said_to_be_0_is_0_at_other_lambdas():
    curve, node = start(FIT, fmpq(1, 2))
    implied = Implied(curve.branch, nearly(node.point))
    forms = [f.form for f in curve.table().conditions if f.form]
    zero = [form for form in forms if implied.is_zero(form)]
    assert len(zero) == 2
    for lam in (fmpq(1, 10), fmpq(1, 5), fmpq(11, 20)):
        nu = curve.branch.residual_at(curve.branch.newton(node.point, lam), arb(lam)).entries()
        for form in forms:
            size = abs(sum((arb(c) * v for c, v in zip(form, nu, strict=True)), start=arb(0)))
            assert bool(size < 1e-30) == (form in zero)


def test_weights_that_are_not_positive_imply_nothing_by_the_fit():
    """The fit says more only where the operator is positive definite."""
    curve, node = start(FIT, fmpq(1, 2))
    branch, K = curve.branch, curve.branch.size
    lying = [-v if i == K else v for i, v in enumerate(node.point)]
    assert Implied(branch, nearly(lying)).Z.ncols() > Implied(branch, nearly(node.point)).Z.ncols()


def test_a_dependent_neuron_with_another_coefficient_is_refused():
    """Four neurons on three independent activations; the identity is asked again on each chord."""
    found = path([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1, 4)
    piece = found.intervals[0].pieces[0]
    curve, chord = piece.curve, piece.chord
    nodes = curve.node(chord.at_low, chord.low), curve.node(chord.at_high, chord.high)
    assert isinstance(curve.prove(*nodes), Piece)
    assert curve.further
    for k in range(curve.branch.K):
        over = [c + fmpq(int(j == k), 1000) for j, c in enumerate(curve.further[0].over)]
        lie = Curve(
            curve.branch, curve.faces, (replace(curve.further[0], over=tuple(over)), *curve.further[1:])
        )
        answer = lie.prove(*nodes)
        assert isinstance(answer, Failure)
        assert answer.dependent


def test_shares_that_do_not_vanish_are_not_thin():
    """An end at which a share is said to be 0 and is not proves nothing."""
    curve, node = start(FIT, fmpq(1, 2))
    point = curve.branch.newton(node.point, fmpq(49, 100))
    below = curve.node(point, fmpq(49, 100))
    assert isinstance(curve.prove(below, node), Piece)
    lies = frozenset(Condition(SHARE, e.place) for e in curve.branch.exchanges)
    assert isinstance(curve.prove(below, node, End(lies), End(lies)), Failure)
