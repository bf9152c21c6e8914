"""Breakpoints without an exact form, where identities say what happens together; corrupted ones are not joined."""

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from flint import fmpq

from polyrelu import certify, path
from polyrelu.breakpoints.compound import compounds
from polyrelu.certification import program_of
from polyrelu.curves.branch import BITS
from polyrelu.curves.curve import Curve
from polyrelu.curves.faces import Faces
from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import precision
from polyrelu.paths.starts import started

CUBE = [list(v) for v in itertools.product((0, 1), repeat=3)], [2, 1, 2, 0, 2, 1, 1, 1]
LEAVING = (
    [[0, -1, -1], [1, -1, 1], [-2, 1, 0], [-1, 1, 1], [-1, -1, 0], [0, 0, 1]],
    [-2, 0, 2, 0, -2, -2],
)
PLACES = {
    "two residuals agree, by two pairs of lengths": (*CUBE, "47/200", "6/25", ["unstick", "unstick"]),
    "a residual that no neuron sees": (
        [[0, -1, 0], [0, 0, -1], [-2, -1, 0], [2, 0, 0], [0, -1, 1]],
        [1, 0, 0, -2, -2],
        "23/50",
        "12/25",
        ["enter"],
    ),
    "a neuron leaves, and another comes to a row": (*LEAVING, "11/10", "111/100", ["hit", "leave"]),
    "newcomers depend on each other": (
        [[-2, 2, 0], [1, 0, -1], [-1, -1, -1], [0, 0, -2], [1, -2, 0], [-2, 0, -2]],
        [0, 1, -2, 1, 0, 0],
        "11/25",
        "9/20",
        ["enter", "enter"],
    ),
    "a newcomer on a row, far above the next event": (
        [[0, -1, 0], [1, 1, 0], [1, 0, 0], [-1, -1, 1], [-2, 1, 0], [0, 0, -1]],
        [-2, 0, 0, 2, 2, 1],
        "99/100",
        "1",
        ["enter"],
    ),
    "a force that is 0 for every lambda, where a weight vanishes": (
        [[1, -1, -1], [0, 1, -1], [1, -1, 0], [0, 1, 1], [-1, 0, -1]],
        [0, 2, -1, 2, -1],
        "21/20",
        "27/25",
        ["leave"],
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_certify_agrees_above_and_below(name):
    X, y, low, high, kinds = PLACES[name]
    found = path(X, y, low, high)
    assert found.status == "proved", [gap.reason for gap in found.undecided]
    (here,) = found.breakpoints
    assert sorted(c.kind for c in here.changes) == kinds
    ends = [Fraction(int(v.p), int(v.q)) for v in here.ends]
    for lam, interval in ((ends[0] - Fraction(1, 10**6), 0), (ends[1] + Fraction(1, 10**6), 1)):
        optimum = certify(X, y, lam.limit_denominator(10**9)).proved()
        assert {k.place for k in optimum.neurons} == set(found.intervals[interval].places)
        assert all(optimum.support.used)
        assert optimum.support.rank == found.intervals[interval].rank


def around(table, low, high):
    """The curves through the optima at two lambdas."""
    problem = Problem.of(*table, None)
    faces = Faces(program_of(replace(problem, lam=Fraction(1)), "cells"))
    return started(problem, faces, high), started(problem, faces, low)


def without(start, k):
    """A curve without one of its neurons, near the same residual."""
    curve, node = start
    branch = curve.branch
    units = [u for i, u in enumerate(zip(branch.neurons, branch.paired, strict=True)) if i != k]
    fewer = branch.like(units)
    g = fewer.data.gram.solve(fewer.data.W.transpose() * branch.seen_at(node.point)).entries()
    b = [w for i, w in enumerate(branch.parts(node.point)[1]) if i != k]
    lie = Curve(fewer, curve.faces)
    return lie, lie.node([*g, *b], node.lam)


@pytest.mark.parametrize(
    "name", ["a neuron leaves, and another comes to a row", "a residual that no neuron sees"]
)
def test_without_one_of_its_neurons_nothing_is_joined(name):
    X, y, _, _, kinds = PLACES[name]
    with precision(BITS):
        lam = path(X, y, *PLACES[name][2:4]).breakpoints[0].ends[0]
        above, below = around((X, y), lam * fmpq(9999, 10000), lam * fmpq(10001, 10000))
        assert [sorted(c.kind for c in here.changes) for _, here in compounds(above, below)] == [kinds]
        for k in range(above[0].branch.K):
            assert not list(compounds(without(above, k), below))
        for k in range(below[0].branch.K):
            assert not list(compounds(above, without(below, k)))
