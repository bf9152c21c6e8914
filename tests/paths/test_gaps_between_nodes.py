"""The gap that is told between two nodes, against the values of the mixtures there."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from polyrelu.data.problem import Problem
from polyrelu.paths.bounded import BoundedNode, gapbetween

X, Y = [[1, 2], [3, -1], [-2, 1], [2, 2], [0, 1]], [3, 1, -2, 2, -1]
SETTINGS = [
    {},
    {"bias": True},
    {"output_bias": "free"},
    {"skip": True},
    {"bias": "free"},
    {"output_bias": "ridge"},
]
PARTS = [Fraction(k, 40) for k in range(41)]


def gap_at(t, a, b, *, ridge):
    """The value of the mixed network less that of the mixed dual vector, exactly."""
    lam = (1 - t) * a.lam + t * b.lam
    residual = [(1 - t) * u + t * v for u, v in zip(a.residual, b.residual, strict=True)]
    dual = [(1 - t) * u + t * v for u, v in zip(a.dual, b.dual, strict=True)]
    upper = sum(v * v for v in residual) / 2 + lam * ((1 - t) * a.total + t * b.total)
    lower = sum(v * (y - v / 2) for v, y in zip(dual, Y, strict=True))
    if ridge:
        upper += lam * ((1 - t) * a.bias + t * b.bias) ** 2 / 2
        lower -= sum(dual) ** 2 / 2 / lam
    return upper - lower


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_gap_between_two_nodes_is_the_largest_of_all_mixtures(setting):
    """Nodes far apart, and one that is much worse than its neighbour, so that the largest gap is at an end."""
    problem, ridge = Problem.of(X, Y, **setting), setting.get("output_bias") == "ridge"
    wanted = [
        (Fraction(1, 4), Fraction(1, 1000)),
        (Fraction(2), Fraction(1, 1000)),
        (Fraction(9, 4), Fraction(1, 2)),
    ]
    nodes, inner = [BoundedNode.of(problem, lam, gap) for lam, gap in wanted], 0
    for a, b in [*pairwise(nodes), (nodes[0], nodes[2])]:
        told = gapbetween(a, b) * a.bounds.lower
        seen = [gap_at(t, a, b, ridge=ridge) for t in PARTS]
        assert max(seen) <= told
        assert ridge or max(seen) >= told * Fraction(99, 100)
        inner += max(seen) > max(seen[0], seen[-1])
    assert inner


@pytest.mark.parametrize("ends", [(-3, 3), (0, 2), (2, 0)])
def test_what_mixtures_of_output_biases_save_is_not_overrated(ends):
    """Networks with very different ridge output biases, without a dual vector: the gap is the value itself."""
    problem, nodes = Problem.of(X, Y, output_bias="ridge"), []
    for lam, bias in zip((Fraction(2), Fraction(9, 4)), ends, strict=True):
        node = BoundedNode.of(problem, lam, Fraction(1, 2))
        value = sum(v * v for v in node.residual) / 2 + lam * (node.total + Fraction(bias**2, 2))
        nodes.append(replace(node, dual=(Fraction(0),) * len(Y), bias=Fraction(bias), gap=value))
    told = gapbetween(*nodes) * nodes[0].bounds.lower
    assert max(gap_at(t, *nodes, ridge=True) for t in PARTS) <= told
