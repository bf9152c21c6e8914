"""Paths whose breakpoints are known in closed form, as exact equalities."""

import numpy as np
import pytest

from polyrelu import path

ROWS = [[1, 0], [0, 2], [4, -3]]
QUARTIC = (
    "13768900000000*L^4 + 36596832000000*L^3 + 105911589735000*L^2 + (-77765581149750)*L + 11543149941489"
)
TOP = "2/5*sqrt(109)"
GOLDEN = {
    "one feature": ([[1], [2], [-1]], [1, 3, 2], [("2", "enter"), ("7", "enter")]),
    "unit vectors": (np.eye(4, dtype=int), [3, 4, -5, -12], [("5", "enter"), ("13", "enter")]),
    "xor": (
        [[1, 1], [-1, -1], [1, -1], [-1, 1]],
        [1, 1, -1, -1],
        [("sqrt(2)", "enter", "enter", "enter", "enter")],
    ),
    "sliding": (
        ROWS,
        ["6/5", 2, "-1/100"],
        [(f"the root of {QUARTIC} there", "enter"), ("647/720", "unstick"), ("1", "hit"), (TOP, "enter")],
    ),
    "parallel rows": (
        [[3, 4], [-3, -4], [4, -3], [-4, 3]],
        [4, 3, -2, -1],
        [(v, "enter") for v in ("5", "10", "15", "20")],
    ),
    "sliding from the other side": (
        [[1, 0], [0, 2], [-4, 3]],
        ["22/25", "53/25", "-2/25"],
        [("17/90", "unstick"), ("8/25", "enter"), ("1", "hit"), (TOP, "enter")],
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_breakpoints_are_exact(name):
    X, y, expected = GOLDEN[name]
    found = path(X, y)
    assert found.status == "proved"
    seen = [(found.exact(k).name, *(c.kind for c in b.changes)) for k, b in enumerate(found.breakpoints)]
    assert seen == expected
    assert len(found.intervals) == len(found.breakpoints) + 1


def test_one_feature_has_affine_weights():
    found = path([[1], [2], [-1]], [1, 3, 2], "1/2", 8)
    assert [(len(i.places), i.rank, i.affine, i.convex_unique) for i in found.intervals] == [
        (2, 2, True, True),
        (1, 1, True, True),
        (0, 0, True, True),
    ]
    weights = dict(found.weights(1))  # b+ = (7 - L)/5, b- = 2 - L
    assert sorted(weights.values()) == [
        ("0.9999999999999999999", "1.0000000000000000001"),
        ("1.1999999999999999999", "1.2000000000000000001"),
    ]


def test_a_row_is_crossed_at_once():
    found = path(ROWS, ["6/5", 2, 0])
    assert found.status == "proved"
    kinds = [(found.breakpoint(k, 8)[0], b.changes[0].kind) for k, b in enumerate(found.breakpoints)]
    assert [kind for _, kind in kinds] == ["enter", "cross", "enter"]
    assert found.exact(1).name == "1"
    assert found.breakpoints[1].changes[0].row == 2
    continuity = found.continuity
    assert continuity.network_continuous is True
    assert continuity.convex_jumps == (1,)
    assert continuity.convex_continuous is False
    assert path([[1], [2], [-1]], [1, 3, 2]).continuity.convex_continuous is True


def test_pairs_enter_where_weight_can_be_exchanged():
    X = [[5, 0], [3, 4], [3, -4], [-5, 0], [-3, -4], [-3, 4]]
    found = path(X, [2, 0, 1, 1, 5, 3], 1, 6)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(1)] == ["1000/189"]
    below = found.intervals[0]
    assert (len(below.places), below.pairs, below.rank, below.nullity) == (6, 3, 5, 1)
    assert (below.p_unique, below.function_unique) == (False, True)
    lam = 2  # mu = 157/210 - 18 L/625, 87/250 - 98 L/15625, 16/105 - 18 L/625
    expected = sorted([157 / 210 - 18 * lam / 625, 87 / 250 - 98 * lam / 15625, 16 / 105 - 18 * lam / 625])
    assert sorted(float(low) for _, (low, _) in found.weights(lam)) == pytest.approx(expected, rel=1e-12)


def on_and_off():
    random = np.random.default_rng(1)
    return random.integers(-9, 10, (8, 2)), random.integers(-9, 10, 8)


def test_uniqueness_begins_ends_and_begins_again():
    found = path(*on_and_off(), 2, 4)
    assert found.status == "proved"
    kinds = [b.changes[0].kind for b in found.breakpoints]
    assert kinds == ["pair_enter", "pair_leave", "pair_enter"]
    assert [found.breakpoint(k, 6)[0] for k in range(3)] == ["2.25835", "3.63268", "3.70255"]
    assert [i.p_unique for i in found.intervals] == [False, True, False, True]


def test_four_dependent_neurons_enter_together():
    """On all of (0, 5): rank 3, two minimal networks that are different functions, R = 2 (5 - L)."""
    found = path([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], to_zero=True)
    assert found.status == "proved"
    assert found.exact(0).name == "5"
    below = found.intervals[0]
    assert (len(below.places), below.rank, below.pairs, below.nullity) == (4, 3, 2, 1)
    assert (below.p_unique, below.function_unique) == (False, False)
    assert float(found.limit.norm(200).mid()) == pytest.approx(10)
