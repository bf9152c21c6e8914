"""Paths of programs with a list of patterns, or with gates: what they claim is what certify finds there."""

from fractions import Fraction

import numpy as np
import pytest

from polyrelu import certify, enumerate_cells, path
from polyrelu.cli import main
from polyrelu.curves.blocks import beside
from polyrelu.errors import BadInput
from polyrelu.proof.neuron import Neuron, Place


def program(seed, gated, some):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(-9, 10, (6, 2)).tolist(), rng.integers(-9, 10, 6).tolist()
    options = {"gated": gated}
    if some:
        cells = enumerate_cells(X).patterns
        options["patterns"] = cells[rng.permutation(len(cells))[:6]]
    return X, y, options


LISTS = [(seed, False, True) for seed in range(6)]


@pytest.mark.parametrize(("seed", "gated", "some"), [(3, True, False), (2, True, True), *LISTS])
def test_every_interval_is_what_certify_finds(seed, gated, some):
    X, y, options = program(seed, gated, some)
    found = path(X, y, **options)
    assert found.status == "proved"
    assert len(found.breakpoints) >= 3
    for interval in found.intervals:
        low, high = (Fraction(*float(v.mid()).as_integer_ratio()) for v in (interval.low, interval.high))
        lam = ((low + 2 * high) / 3).limit_denominator(10**5)
        optimum = certify(X, y, lam, **options).proved()
        assert {(k.place.sign, k.place.face) for k in optimum.neurons} == {
            (p.sign, p.face) for p in interval.places
        }
        assert optimum.nullity == interval.nullity
    assert found.scope == certify(X, y, 1, **options).proved().program.scope
    assert f"All {found.scope}." in found.summary()
    assert found.to_json()["scope"] == found.scope


def test_one_pattern_that_holds_everything_is_a_lasso_in_closed_form():
    """Gated with the one gate of all rows: ||X^T nu|| = lambda, so nu = y - b X u; X orthogonal makes it explicit."""
    found = path([[1, 0], [0, 1]], [3, 4], 1, 6, patterns=[[1, 1]], gated=True)
    assert [found.exact(k).name for k in range(1)] == ["5"]
    ((_, (low, high)),) = found.weights(2, 12)
    assert float(low) <= 3 <= float(high)  # 5 - lambda


def test_where_an_optimum_is_out_of_reach_the_piece_is_undecided():
    X, y, options = program(0, True, False)  # y holds a 0: two gates enter together
    assert 0 in y
    found = path(X, y, **options)
    assert found.status == "undecided"
    assert found.undecided[0].reason


def test_command_line(tmp_path, capsys):
    data, listed = tmp_path / "data.csv", tmp_path / "patterns.csv"
    data.write_text("1,0,3\n0,1,4\n")
    listed.write_text("1,1\n")
    options = ["--patterns", str(listed), "--gated", "--from", "1"]
    assert main(["path", str(data), *options]) == 0
    assert "All among gated networks with this one gate." in capsys.readouterr().out
    for more in (["--at", "1"], ["--gap", "1/10"]):
        assert main(["path", str(data), "--gated", *more]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(BadInput, match="derivatives are about all networks"):
        path([[1, 0], [0, 1]], [3, 4], 1, 6, patterns=[[1, 1]], gated=True).sensitivity(2)


@pytest.mark.parametrize(("seed", "more"), [(1, {"free": [0]}), (4, {"free": [0], "output_bias": "free"})])
def test_lists_beside_free_columns(seed, more):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(-9, 10, (6, 3)).tolist(), rng.integers(-9, 10, 6).tolist()
    cells = enumerate_cells([row[1:] for row in X]).patterns
    listed = cells[rng.permutation(len(cells))[:8]]
    found = path(X, y, patterns=listed, **more)
    assert found.status == "proved"
    assert len(found.breakpoints) >= 3
    for interval in found.intervals:
        low, high = (Fraction(*float(v.mid()).as_integer_ratio()) for v in (interval.low, interval.high))
        lam = ((low + 2 * high) / 3).limit_denominator(10**5)
        optimum = certify(X, y, lam, patterns=listed, **more).proved()
        assert {k.place for k in optimum.neurons} == set(interval.places)
        assert optimum.nullity == interval.nullity


def test_lists_beside_a_skip_connection():
    found = path([[1], [2], [-1]], [1, 3, 2], patterns=[[1, 1, 0]], skip=True, to_zero=True)
    optimum = certify([[1], [2], [-1]], [1, 3, 2], "1/10", patterns=[[1, 1, 0]], skip=True).proved()
    assert found.status == "proved"
    assert {k.place for k in optimum.neurons} == set(found.interval_at("1/10").places)


MIRRORED = ([[1, 2], [0, 2], [-1, -2], [0, -2]], [7, 4, 7, 4])
GATES = [[0, 0, 1, 0, 0, 1], [1, 0, 0, 1, 1, 0], [0, 0, 1, 1, 0, 1], [0, 1, 1, 0, 0, 1], [0, 0, 1, 0, 1, 0]]
OPPOSITE = {
    "gates of one feature": ([[1], [0], [-2], [2], [-2], [-2]], [8, 7, 4, 8, -9, 8], GATES, True, 10, 40),
    "gates of a mirrored table": (
        *MIRRORED,
        [[0, 0, 1, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 0, 0]],
        True,
        9,
        10,
    ),
    "a mirrored list": (
        [[2, -2], [-1, 2], [-2, 2], [1, -2]],
        [4, 3, 4, 3],
        [[1, 1, 0, 0], [0, 0, 1, 1]],
        False,
        2,
        3,
    ),
}


@pytest.mark.parametrize("name", OPPOSITE)
def test_opposite_neurons_of_a_list_are_pairs(name):
    X, y, patterns, gated, lam, high = OPPOSITE[name]
    interval = path(X, y, lam, high, patterns=patterns, gated=gated).interval_at(lam)
    optimum = certify(X, y, lam, patterns=patterns, gated=gated).proved()
    assert interval.pairs == len(optimum.support.pairs) == 1
    assert {k.place for k in optimum.used} == set(interval.places)


def test_blocks_beside_a_neuron_are_those_behind_rows_with_a_residual_of_the_other_sign():
    """y = (3, 4), X = I: both residuals are positive, and so is the neuron's sign; one with the sign - is beside."""
    X, y = [[1, 0], [0, 1]], [3, 4]
    piece = path(X, y, 1, 2, patterns=[[1, 1], [1, 0], [0, 1]]).intervals[0].pieces[0]
    nodes = [piece.curve.node(piece.chord.at_low, piece.chord.low)] * 2
    (held,) = piece.curve.branch.neurons
    assert held.place.sign == 1
    assert not beside([held], nodes, Fraction(0)).any()
    negative = Neuron(Place(-1, held.place.face), held.program)
    assert beside([negative], nodes, Fraction(0)).tolist() == [[False, False], [False, True], [False, True]]
    assert not beside([negative], nodes, Fraction(10)).any()


def test_what_acts_on_a_block_outside_of_its_cone_makes_no_claim_about_the_limit():
    """The same two neurons at every small lambda, while the residual acts on a pattern whose cone is out of reach."""
    X, y = [[1, 0], [-2, 2], [0, 2], [-2, 2]], [-3, 3, 2, 1]
    patterns = [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 1], [1, 0, 1, 1]]
    found = path(X, y, to_zero=True, patterns=patterns)
    places = {k.place for k in certify(X, y, "1e-20", patterns=patterns).proved().used}
    assert set(found.intervals[0].places) == places
    assert found.limit.status == "proved" or "may follow" in found.limit.reason
