"""Derivatives against closed forms and against differences of proved optima."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from polyrelu import certify, path
from polyrelu.curves.condition import antipode
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput, Undecided
from polyrelu.paths.one_sided import derivatives
from polyrelu.paths.sensitivity import sensitivity


def middle(v):
    return float(v.mid())


def test_soft_thresholds():
    found = sensitivity(Problem.of([[1], [2], [-1]], [1, 3, 2], 1))
    assert [middle(k.by_lambda) for k in found.neurons] == pytest.approx([-0.2, -1.0])
    assert [middle(k.weight) for k in found.neurons] == pytest.approx([1.2, 1.0])
    assert [[middle(v) for v in k.by_target] for k in found.neurons] == [
        pytest.approx([0.2, 0.4, 0.0]),
        pytest.approx([0.0, 0.0, 1.0]),
    ]
    assert middle(found.degrees_of_freedom) == pytest.approx(2)  # one for each side: the directions are fixed
    assert middle(found.objective_by_lambda) == pytest.approx(2.2)


@pytest.mark.parametrize("seed", [0, 4])
def test_differences_agree(seed):
    random = np.random.default_rng(seed)
    X, y = random.integers(-9, 10, (6, 2)).tolist(), random.integers(-9, 10, 6).tolist()
    found, h = sensitivity(Problem.of(X, y), 20), Fraction(1, 10**6)

    def residual(targets, lam):
        return np.array([float(Fraction(lo)) for lo, _ in certify(X, targets, lam).residual(30)])

    slope = (residual(y, 20 + h) - residual(y, 20 - h)) / float(2 * h)
    assert [middle(v) for v in found.residual_by_lambda] == pytest.approx(slope, abs=1e-5)
    trace = 0.0
    for j in range(6):
        up, down = [Fraction(v) for v in y], [Fraction(v) for v in y]
        up[j] += h
        down[j] -= h
        column = (residual(up, 20) - residual(down, 20)) / float(2 * h)
        assert [middle(found.residual_by_target[i, j]) for i in range(6)] == pytest.approx(column, abs=1e-5)
        trace += 1 - column[j]
    assert middle(found.degrees_of_freedom) == pytest.approx(trace, abs=1e-4)


def test_enclosures_are_narrow_and_a_path_asks_the_same():
    found = path([[1], [2], [-1]], [1, 3, 2], 1, 3).sensitivity("3/2")
    assert all(float(k.by_lambda.rad()) < 1e-40 for k in found.neurons)
    assert found.to_json()["lambda"] == "3/2"
    assert "degrees of freedom" in found.summary()


def test_above_lambda_max_nothing_is_fitted():
    found = sensitivity(Problem.of([[1], [2], [-1]], [1, 3, 2], 8))
    assert found.neurons == ()
    assert middle(found.degrees_of_freedom) == 0
    assert "no neuron has a weight" in found.summary()


def test_lambda_zero_is_refused():
    with pytest.raises(BadInput):
        sensitivity(Problem.of([[1]], [1], 0))


PAIRS = ([[5, 0], [3, 4], [3, -4], [-5, 0], [-3, -4], [-3, 4]], [2, 0, 1, 1, 5, 3])
"""Three pairs in the plane below 1000/189: two minimal networks."""
SLIDING = ([[1, 0], [0, 2], [4, -3]], [Fraction(6, 5), Fraction(2), Fraction(-1, 100)])
"""Hits row 3 at lambda = 1, and slides on it down to 647/720."""
FREE = ([[1, 2], [3, -1], [-2, 1], [2, 2]], [3, 1, -2, 2])
MOVED = {"free": (*FREE, 1), "sliding": (*SLIDING, "19/20"), "pairs": (*PAIRS, 2)}


@pytest.mark.parametrize("case", MOVED)
def test_derivatives_by_the_table_agree_with_differences(case):
    X, y, lam = MOVED[case]
    found, h = sensitivity(Problem.of(X, y), lam), Fraction(1, 10**6)
    for i, c in ((0, 0), (1, 1), (2, 0), (2, 1)):
        moved = [[[Fraction(v) for v in row] for row in X] for _ in range(2)]
        moved[0][i][c] += h
        moved[1][i][c] -= h
        up, down = (sensitivity(Problem.of(table, y), lam) for table in moved)
        if case != "pairs":
            for k, above, below in zip(found.neurons, up.neurons, down.neurons, strict=True):
                slope = middle(above.weight - below.weight) / float(2 * h)
                assert middle(k.by_feature[i, c]) == pytest.approx(slope, abs=1e-6)
        residuals = [
            [float(Fraction(lo)) for lo, _ in certify(table, y, lam).residual(30)] for table in moved
        ]
        slopes = (np.array(residuals[0]) - residuals[1]) / float(2 * h)
        column = [middle(found.residual_by_feature[j, 2 * i + c]) for j in range(len(X))]
        assert column == pytest.approx(slopes, abs=1e-5)


PARALLEL = ([[1, -1], [2, 1], [-1, 1], [1, -2], [-2, -1]], [2, -1, 3, 2, 1], "20/987")
"""Two neurons slide on rows 1 and 3, which are opposite to each other."""


@pytest.mark.parametrize("c", [0, 1])
def test_other_rows_can_be_moved_where_a_neuron_vanishes_on_parallel_rows(c):
    X, y, lam = PARALLEL
    found, h = sensitivity(Problem.of(X, y), lam), Fraction(1, 10**7)
    assert not found.residual_by_feature[0, c].is_finite()
    up, down = ([[Fraction(v) for v in row] for row in X] for _ in range(2))
    up[3][c] += h
    down[3][c] -= h
    residuals = [
        [float(Fraction(lo)) for lo, _ in certify(table, y, lam).residual(30)] for table in (up, down)
    ]
    slopes = (np.array(residuals[0]) - residuals[1]) / float(2 * h)
    assert [middle(found.residual_by_feature[j, 6 + c]) for j in range(5)] == pytest.approx(slopes, abs=1e-5)
    above, below = (sensitivity(Problem.of(table, y), lam).neurons for table in (up, down))
    for k, one, other in zip(found.neurons, above, below, strict=True):
        slope = middle(one.weight - other.weight) / float(2 * h)
        assert middle(k.by_feature[3, c]) == pytest.approx(slope, abs=1e-5)


def test_directions_move_as_differences_say():
    X, y = FREE
    found, h = sensitivity(Problem.of(X, y), 1), Fraction(1, 10**6)
    units = []
    for sign in (1, -1):
        moved = [[Fraction(v) for v in row] for row in X]
        moved[1][0] += sign * h
        optimum = certify(moved, y, 1).proved()
        at = optimum.point.balls(200)
        places = [k.place for k in optimum.neurons]
        units.append(dict(zip(places, optimum.directions(at), strict=True)))
    for k in found.neurons:
        slopes = [middle(a - b) / float(2 * h) for a, b in zip(*(u[k.place] for u in units), strict=True)]
        assert [middle(k.direction_by_feature[c, 2]) for c in range(2)] == pytest.approx(slopes, abs=1e-5)


def test_where_the_network_is_not_unique_each_minimal_network_has_derivatives():
    found = sensitivity(Problem.of(*PAIRS), 2)
    assert [len(one.neurons) for one in found.minimal] == [5, 5]
    for one in found.minimal:
        for a, b in zip(one.residual_by_lambda, found.residual_by_lambda, strict=True):
            assert a.overlaps(b)
        for k in found.neurons:
            both = [m for m in one.neurons if m.place == k.place or m.place == antipode(k.place)]
            assert sum((m.by_lambda for m in both), start=arb(0)).overlaps(k.by_lambda)
            assert sum((m.by_feature[1, 0] for m in both), start=arb(0)).overlaps(k.by_feature[1, 0])
    assert "along minimal network 2 of 2" in found.summary()
    assert len(found.to_json()["minimal_networks"]) == 2


def test_ranges_over_all_optimal_networks_hold_every_mixture():
    """The middle between the two minimal networks at 2 and at 2.001, by `certify`, moves within the ranges."""
    found, h = sensitivity(Problem.of(*PAIRS), 2), Fraction(1, 1000)

    def middles(lam):
        optimal = certify(*PAIRS, lam).optimal_set.neurons
        weights = [one.weights(200) for one in optimal.vertices]
        return {k.place: sum(middle(arb(w[i])) for w in weights) / 2 for i, k in enumerate(optimal.neurons)}

    here, there = middles(2), middles(2 + h)
    assert {r.place for r in found.ranges} == set(here)
    for r in found.ranges:
        slope = (there[r.place] - here[r.place]) / float(h)
        low, high = map(middle, r.by_lambda)
        assert low - 1e-4 <= slope <= high + 1e-4
        assert middle(r.weight[0]) <= here[r.place] <= middle(r.weight[1])
    assert any(middle(high - low) > 1e-3 for low, high in (r.by_lambda for r in found.ranges))
    assert "over all optimal networks" in found.summary()
    assert len(found.to_json()["ranges"]) == 6
    assert sensitivity(Problem.of(*FREE), 1).ranges == ()


@pytest.mark.parametrize("lam", ["1", "647/720"])
def test_at_a_breakpoint_there_are_two_sides(lam):
    problem, at, h = Problem.of(*SLIDING), Fraction(lam), Fraction(1, 10**6)
    with pytest.raises(Undecided, match="breakpoint"):
        sensitivity(problem, lam)
    found = derivatives(problem, lam)
    assert found.exact.name == lam
    for side, sign in ((found.above, 1), (found.below, -1)):
        there = sensitivity(problem, at + sign * h)
        assert [k.place for k in there.neurons] == [k.place for k in side.neurons]
        for a, b in zip(there.neurons, side.neurons, strict=True):
            assert middle(a.weight - b.weight) / float(h) == pytest.approx(
                sign * middle(b.by_lambda), abs=1e-3
            )
    assert not found.above.neurons[0].by_lambda.overlaps(found.below.neurons[0].by_lambda)
    assert found.to_json()["exact"] == lam
    assert "is a breakpoint" in found.summary()


def test_breakpoints_without_a_fraction_have_two_sides_too():
    sides = path(*PAIRS).one_sided(4)  # sqrt 905: the first neuron enters
    assert (len(sides.above.neurons), len(sides.below.neurons)) == (0, 1)
    assert abs(sides.below.neurons[0].weight) < 1e-30


def test_rows_that_cannot_be_moved_have_no_derivative():
    found = sensitivity(Problem.of([[1, 1], [0, 0], [2, -1]], [1, 5, 2]), "1/2")
    assert all(not k.by_feature[1, 0].is_finite() for k in found.neurons)
    assert all(k.by_feature[0, 0].is_finite() for k in found.neurons)
    assert found.to_json()["neurons"][0]["by_feature"][1] == [None, None]
    assert "(none)" in found.summary()


def test_influences_are_drawn(tmp_path):
    for found in (sensitivity(Problem.of(*PAIRS), 2), derivatives(Problem.of(*SLIDING), 1)):
        figure = found.plot()
        figure.save(tmp_path / "influence.png")
        assert figure.shown["tables"][0].shape[1] == found.problem.n
        assert figure.caption.startswith("Influence of each row")


def test_neurons_that_share_weight_have_no_derivative_by_the_table():
    """Modulo a constant both neurons have one activation: moved, only one of the two is left, or both."""
    X, options = [[1], [-1]], {"bias": True, "output_bias": "free"}
    found, h = sensitivity(Problem.of(X, [7, -2], **options), 5), Fraction(1, 10**6)
    assert (found.residual_by_feature, found.neurons) == (None, ())
    up, down = (
        [float(Fraction(lo)) for lo, _ in certify(X, [7 + moved, -2], 5, **options).residual(30)]
        for moved in (h, -h)
    )
    slopes = (np.array(up) - down) / float(2 * h)
    assert [middle(found.residual_by_target[i, 0]) for i in range(2)] == pytest.approx(slopes, abs=1e-5)
    optima = [
        float(Fraction(certify(X, [7, -2], 5 + m, **options).to_json(30)["objective"][0])) for m in (h, -h)
    ]
    assert middle(found.objective_by_lambda) == pytest.approx(
        (optima[0] - optima[1]) / float(2 * h), abs=1e-6
    )


def test_a_neuron_that_stays_on_a_row_without_any_force_leaves_it_when_targets_move():
    """Rows 2 and 6 are opposite, and so are their residuals: both neurons lie on them for every lambda."""
    X = [[1, -1], [0, -2], [1, 2], [-1, 1], [-1, 1], [0, 2], [-1, -2], [1, -1]]
    y, lam, h = [1, 1, 1, 1, -1, -1, -1, -1], Fraction(1, 16), Fraction(1, 10**6)
    up, down = (
        {k.place for k in certify(X, [*y[:6], -1 + moved, -1], lam).proved().neurons} for moved in (h, -h)
    )
    here = {k.place for k in certify(X, y, lam).proved().neurons}
    assert all(place.face[1] == place.face[5] == 0 for place in here)
    assert not any(place.face[1] == 0 for place in up | down)
    found = sensitivity(Problem.of(X, y), lam)
    assert (found.residual_by_target, found.degrees_of_freedom, found.residual_by_feature) == (
        None,
        None,
        None,
    )
    assert all(k.by_target is None and k.direction_by_target is None for k in found.neurons)
    above, below = ([float(Fraction(lo)) for lo, _ in certify(X, y, lam + m).residual(30)] for m in (h, -h))
    slopes = (np.array(above) - below) / float(2 * h)
    assert [middle(v) for v in found.residual_by_lambda] == pytest.approx(slopes, abs=1e-5)
    shown = found.to_json()
    assert shown["residual_by_target"] is shown["degrees_of_freedom"] is None
    assert "at these targets: moved one way they push it off" in shown["by_target_reason"]
    assert "at this table: moved one way" in shown["by_feature_reason"]
    assert "degrees of freedom of the fit: none" in found.summary()
    assert (
        "by the targets no derivative is given: a neuron stays on a row without any force" in found.summary()
    )
    assert not np.isfinite(found.plot().shown["tables"][0]).any()


def test_of_neurons_that_all_share_weight_only_the_sum_and_the_fit_are_told():
    """Golden example 3 below 5: nu = L (3, 4, 3, 4) / 5 and R = 2 (5 - L); no weight is unique."""
    X, y, h = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], Fraction(1, 10**6)
    found = sensitivity(Problem.of(X, y), 2)
    assert found.neurons == ()
    assert middle(found.objective_by_lambda) == pytest.approx(6)
    assert "no weight of theirs is unique" in found.summary()
    assert [middle(v) for v in found.residual_by_lambda] == pytest.approx([0.6, 0.8, 0.6, 0.8])
    up, down = (
        [float(Fraction(lo)) for lo, _ in certify(X, [3 + moved, 4, 3, 4], 2).residual(30)]
        for moved in (h, -h)
    )
    slopes = (np.array(up) - down) / float(2 * h)
    assert [middle(found.residual_by_target[i, 0]) for i in range(4)] == pytest.approx(slopes, abs=1e-5)
