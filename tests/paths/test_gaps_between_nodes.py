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


def test_what_mixtures_of_output_biases_save_is_not_overrated():
    """Ridge output biases 10 and 9, and weights with which both values are 100: without a dual vector the gap is the
    value, and a mixture is worth more than both.
    """
    problem, nodes, none = Problem.of(X, Y, output_bias="ridge"), [], (Fraction(0),) * len(Y)
    for lam, bias, total in ((Fraction(2), 10, Fraction(0)), (Fraction(9, 4), 9, Fraction(71, 18))):
        node = BoundedNode.of(problem, lam, Fraction(1, 2))
        known = {"residual": none, "dual": none, "total": total, "bias": Fraction(bias), "gap": Fraction(100)}
        nodes.append(replace(node, **known))
    told = gapbetween(*nodes) * nodes[0].bounds.lower
    assert 100 < max(gap_at(t, *nodes, ridge=True) for t in PARTS) <= told
