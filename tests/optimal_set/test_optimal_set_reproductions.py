"""Problems whose optimal set once crashed or kept one waiting: a ball met an exact element, or exact algebra a tie."""

from __future__ import annotations

from itertools import product

import pytest

from polyrelu.certification import certify

CUBE = [list(x) for x in product((0, 1), repeat=3)]
GRID = [list(x) for x in product((-1, 0, 1), repeat=2)]
CIRCLE = [(5, 0), (3, 4), (0, 5), (-3, 4), (-5, 0), (-3, -4), (0, -5), (3, -4)]

MIXED = {
    "parity of three bits": (CUBE, [sum(x) % 2 for x in CUBE], "7/200", False),
    "a function of three bits": (CUBE, [1, 1, 1, 1, 0, 0, 0, 1], "1/40", False),
    "eight points on a circle": (CIRCLE, [1] * 8, "3/80", False),
    "a gated grid": (GRID, [0, -2, 0, 2, -2, 0, 1, -2, 0], "11/100", True),
    "five directions": ([(1, 0), (0, 1), (-1, -1), (-1, 1), (0, -1)], [1] * 5, "1/2", False),
}


@pytest.mark.parametrize("name", MIXED)
def test_ties_over_an_exact_field_do_not_mix_balls_and_elements(name):
    X, y, lam, gated = MIXED[name]
    result = certify(X, y, lam, gated=gated)
    answer = result.to_json()
    assert answer["status"] == "proved"
    assert answer["p_unique"] is False
    assert answer["function_unique"] is False
    assert answer["vertices"] >= 2
    for (
        network
    ) in result.optimal_set.neurons.vertices:  # by another route: the weights solve the equations exactly
        assert result.optimal_set.neurons.contains(network.exact_weights())


@pytest.mark.parametrize("name", MIXED)
def test_the_vertices_are_those_of_the_polyhedral_engine(name):
    from polyrelu.optimal_set.levels import OptimalSet

    X, y, lam, gated = MIXED[name]
    optimum = certify(X, y, lam, gated=gated).proved()
    walked, listed = OptimalSet(optimum, engine="walk"), OptimalSet(optimum, engine="python")
    assert [v.support for v in walked.neurons.vertices] == [v.support for v in listed.neurons.vertices]


def test_ranges_enclose_the_weights_of_all_vertices():
    X, y, lam, gated = MIXED["eight points on a circle"]
    networks = certify(X, y, lam, gated=gated).optimal_set.neurons
    weights = [v.weights(200) for v in networks.vertices]
    for k, (low, high) in enumerate(networks.ranges(200)):
        values = [w[k] for w in weights]
        assert any(low.overlaps(v) if hasattr(low, "overlaps") else v == low for v in values)
        assert not any(v < low or v > high for v in values)
        assert any(bool(high.overlaps(v)) for v in values)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("function", "neurons", "rank", "objective"),
    [(1712, 15, 13, "2.8984641401566"), (384, 26, 11, "1.7112518625338")],
)
def test_functions_of_four_bits_with_a_bias(function, neurons, rank, objective):
    """Ranks and verdicts in a field of degree 16 (1712) once took minutes; a float prototype found the figures."""
    X = [[*x, 1] for x in product((-1, 1), repeat=4)]
    result = certify(X, [1 if function >> i & 1 else -1 for i in range(16)], "1/2", max_vertices=20)
    assert result.status == "proved", result.reason
    optimum = result.proved()
    assert (len(optimum.used), optimum.support.rank) == (neurons, rank)
    assert result.objective(14)[0].startswith(objective[:12])
    answer = result.to_json()
    assert answer["p_unique"] is False
    assert answer["function_unique"] is False
