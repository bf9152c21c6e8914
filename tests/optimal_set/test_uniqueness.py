"""The verdicts: on examples whose answer is known, and with evidence that is checked again by other means."""

import random
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from flint import arb, arb_mat, fmpq

from polyrelu.certification import certify
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.moves import find_witness, inputs
from polyrelu.optimal_set.uniqueness import Freedom, Minor, Move, Status, Uniqueness, Verdict
from polyrelu.show.sets import uniqueness_lines
from polyrelu.show.words import as_json
from tests.optimal_set.test_optimal_set import (
    CUBE,
    FIVE,
    GOLDEN,
    HEXAGON,
    PENTAGON,
    SHARED_FACE,
    XOR,
    ZERO,
    objective_of,
    optimum_of,
    small,
)

UNIQUE = ([[1, 0], [0, 1]], [1, 2], 1)
"""X = I: the only neuron is along y, inside its cell."""
OPPOSITE_SIGNS = ([[1], [-1]], [2, -2], "1/2")
"""A linear target: neurons (u, +) and (-u, -), an antipodal pair of another kind that frees nothing."""

# problem, (convex-unique, p-unique, function-unique), (dimension, block dimension), vertices, widths
KNOWN = {
    "golden": (GOLDEN, (False, False, False), (1, 1), 2, [2, 2]),
    "five": (FIVE, (False, False, False), (1, 7), 2, [4, 4]),
    "pentagon": (PENTAGON, (False, False, True), (1, 1), 2, [4, 4]),
    "xor": (XOR, (False, True, True), (0, 4), 1, [4, 4]),
    "shared face": (SHARED_FACE, (False, True, True), (0, 5), 1, [1, 1]),
    "zero": (ZERO, (True, True, True), (0, 0), 1, [0, 0]),
    "cube": (CUBE, (False, False, False), (4, 4), 6, [2, 4]),
    "hexagon": (HEXAGON, (False, False, True), (2, 8), 6, [6, 6]),
    "opposite signs": (OPPOSITE_SIGNS, (True, True, True), (0, 0), 1, [2, 2]),
}


def verdicts(problem):
    found = Uniqueness.of(optimum_of(problem))
    return found.convex_unique, found.p_unique, found.function_unique


@pytest.mark.parametrize("name", KNOWN)
def test_known_answers(name):
    problem, answers, (dimension, block_dimension), vertices, widths = KNOWN[name]
    keys = as_json(OptimalSet(optimum_of(problem)), 20)
    assert (keys["convex_unique"], keys["p_unique"], keys["function_unique"]) == answers
    assert keys["dimension"] == dimension
    assert keys["block_dimension"] == block_dimension
    assert (keys["vertices"], keys["rays"], keys["lines"]) == (vertices, 0, 0)
    assert keys["widths"] == widths
    assert keys["narrowest_width"] == widths[0]
    assert "vertices_reason" not in keys


@pytest.mark.parametrize("name", [k for k, v in KNOWN.items() if any(v[1])])
def test_proofs_carry_a_minor_that_is_not_zero(name):
    problem = KNOWN[name][0]
    optimum = optimum_of(problem)
    for verdict in verdicts(problem):
        if verdict.status is not Status.PROVED:
            continue
        minor = verdict.evidence
        assert isinstance(minor, Minor)
        assert len(minor.rows) == len(minor.neurons) == optimum.support.rank
        assert len(optimum.used) - len(minor.neurons) == minor.pairs - minor.pair_rank or not optimum.nullity
        nu = optimum.point.balls(400).nu
        with precision(400):
            table = [[arb(v) for v in optimum.used[k].activation(nu)] for k in minor.neurons]
            det = arb_mat([[row[j] for j in minor.rows] for row in table]).det() if table else arb(1)
        assert det > 0 or det < 0


def output(optimum, weights, x):
    """The network at x in floats, from directions and weights: another route than the proof's."""
    nu = [float(v.mid()) for v in optimum.point.balls(128).nu]
    total = 0.0
    for neuron, w in zip(optimum.used, weights, strict=True):
        z = np.array([[float(fmpq(a).p) / float(fmpq(a).q) for a in row] for row in neuron.A.tolist()]) @ nu
        u = neuron.place.sign * z / np.linalg.norm(z)
        total += neuron.place.sign * float(arb(w).mid()) * max(0.0, float(u @ np.array(x, dtype=float)))
    return total


@pytest.mark.parametrize("name", [k for k, v in KNOWN.items() if not v[1][1]])
def test_refutations_carry_two_optimal_networks_and_say_how_they_differ(name):
    problem = KNOWN[name][0]
    optimum = optimum_of(problem)
    found = Uniqueness.of(optimum)
    best = arb(optimum.objective(160))
    floats = np.random.default_rng(0)
    for verdict in (found.p_unique, found.function_unique):
        if verdict.status is not Status.REFUTED:
            continue
        move = verdict.evidence
        assert isinstance(move, Move)
        pair = [move.first.weights(160), move.second.weights(160)]
        for weights in pair:
            with precision(160):
                assert (objective_of(optimum, weights, 160) - best).contains(0)
        with precision(160):
            assert any(not arb(v).contains(0) for v in move.direction(160))
        probes = floats.normal(size=(200, len(problem[0][0])))
        gaps = [abs(output(optimum, pair[0], x) - output(optimum, pair[1], x)) for x in probes]
        if move.freedom is Freedom.LINEAR_EXCHANGE:
            assert max(gaps) < 1e-9
        else:
            assert move.freedom is Freedom.DIFFERENT_FUNCTION
            assert max(gaps) > 1e-3
            a, b = move.witness.outputs
            assert a < b or a > b
            for value, weights in zip((a, b), pair, strict=True):
                assert float(value.mid()) == pytest.approx(output(optimum, weights, move.witness.x))
    if not found.function_unique:
        assert found.function_unique.evidence.freedom is Freedom.DIFFERENT_FUNCTION


@pytest.mark.parametrize("name", ["xor", "shared face", "five"])
def test_a_split_moves_weight_between_blocks_of_one_neuron(name):
    optimum = optimum_of(KNOWN[name][0])
    found = Uniqueness.of(optimum)
    move = found.convex_unique.evidence
    blocks = found.blocks
    assert move.freedom is Freedom.SPLIT
    changed = [b for b, v in enumerate(move.direction(200)) if not arb(v).contains(0)]
    assert len(changed) == 2
    assert len({blocks.blocks[b].neuron for b in changed}) == 1
    assert len({blocks.blocks[b].pattern for b in changed}) == 2
    for point in (move.first, move.second):
        assert blocks.contains(point)


def test_a_truly_unique_network():
    for verdict in verdicts(UNIQUE):
        assert verdict
        assert verdict.status is Status.PROVED


def test_answers_on_random_problems_agree_with_ranks_in_floats():
    """nullity and q - r from singular values; the fibre's exchanges give the same outputs everywhere."""
    refuted = 0
    for seed in range(30):
        optimum = certify(*small(seed)).optimum
        if optimum is None:
            continue
        nu = np.array([float(v.mid()) for v in optimum.point.balls(128).nu])
        A = [np.array([[float(a.p) / float(a.q) for a in row] for row in p.A.tolist()]) for p in optimum.used]
        activations = np.array([a.T @ a @ nu for a in A]).reshape(len(A), len(nu))
        nullity = len(A) - (np.linalg.matrix_rank(activations, tol=1e-7) if A else 0)
        z = [a @ nu for a in A]
        pairs = [
            z[i]
            for i in range(len(z))
            for j in range(i)
            if optimum.used[i].place.sign == optimum.used[j].place.sign and np.linalg.norm(z[i] + z[j]) < 1e-7
        ]
        exchanges = len(pairs) - (np.linalg.matrix_rank(np.array(pairs), tol=1e-7) if pairs else 0)
        found = Uniqueness.of(optimum)
        assert bool(found.p_unique) is bool(nullity == 0)
        assert bool(found.function_unique) is bool(nullity == exchanges)
        refuted += nullity > 0
    assert refuted >= 3


# ------------------------------------------------------------------ the verdict as a value


def test_an_undecided_verdict_has_no_truth_value():
    verdict = Verdict("p-unique", Status.UNDECIDED, "is 0 = 0?")
    assert verdict.answer is None
    with pytest.raises(Undecided, match="0 = 0"):
        bool(verdict)
    with pytest.raises(AttributeError):
        verdict.status = Status.PROVED
    assert not Verdict("p-unique", Status.REFUTED, "")
    assert Verdict("p-unique", Status.PROVED, "")


def test_gated_networks_are_functions_only_with_their_gates():
    X, y, lam = GOLDEN
    golden = Uniqueness.of(certify(X, y, lam, gated=True).proved())
    assert golden.function_unique.answer is False
    assert golden.function_unique.evidence.witness is None
    X, y, lam = PENTAGON
    pentagon = Uniqueness.of(certify(X, y, lam, gated=True).proved())
    assert (pentagon.optimum.nullity, pentagon.optimum.delta) == (1, 0)
    assert pentagon.function_unique.status is Status.UNDECIDED
    assert "g and -g" in pentagon.function_unique.reason


def test_witnesses_keep_the_bias_input_at_one():
    assert all(x[-1] == 1 and len(x) == 3 for x in islice(inputs(3, True), 5000))
    assert {x[-1] for x in islice(inputs(3, False), 20)} != {1}


def test_a_witness_is_rational_and_inputs_on_the_data_are_none():
    optimum = optimum_of(FIVE)
    first, second = OptimalSet(optimum).neurons.vertices
    witness = find_witness(first.polytope, first, second)
    assert all(isinstance(v, Fraction) for v in witness.x)
    for row in FIVE[0]:
        assert output(optimum, first.weights(), row) == pytest.approx(output(optimum, second.weights(), row))


def test_too_many_vertices_is_null_with_a_reason():
    keys = as_json(OptimalSet(optimum_of(CUBE), max_vertices=3), 20)
    assert keys["vertices"] is None
    assert keys["widths"] is None
    assert keys["narrowest_width"] is None
    assert "max-vertices" in keys["vertices_reason"]
    assert keys["dimension"] == 4


def test_words_for_the_terminal():
    text = "\n".join(uniqueness_lines(OptimalSet(optimum_of(CUBE))))
    assert "NOT unique" in text
    assert "6, of width 2 to 4" in text
    assert "predict differently" in text
    text = "\n".join(uniqueness_lines(OptimalSet(optimum_of(PENTAGON))))
    assert "all optimal networks predict the same" in text


def test_evidence_is_the_same_every_time():
    random.seed(5)
    a, b = (Uniqueness.of(optimum_of(GOLDEN)).function_unique.evidence.witness.x for _ in range(2))
    assert a == b


def opposed_pairs():
    """Four rays u_1..u_4 with u_1 + u_3 = u_2 + u_4, each used as (u_k, +) and as (-u_k, -)."""
    U = [(3, 0, 4), (0, 3, 4), (-3, 0, 4), (0, -3, 4)]
    half = [(-4, -4, 3), (4, -4, 3), (4, 4, 3), (-4, 4, 3), (1, 0, 0), (0, -1, 0)]
    X = [*half, *(tuple(-v for v in row) for row in half)]
    nu = [1, 1, 1, 1, 0, 0, -1, -1, -1, -1, 0, 0]
    y = [v + sum(Fraction(np.dot(x, u).item(), 5) for u in U) for v, x in zip(nu, X, strict=True)]
    patterns = [[int(np.dot(x, u) >= 0) for x in X] for u in [*U, *(tuple(-v for v in u) for u in U)]]
    return certify(X, y, Fraction(48, 5), patterns=patterns).proved()


def test_in_a_list_of_patterns_pairs_of_opposed_signs_may_exchange_linear_functions():
    """sum a_k ((u_k.x)_+ - (-u_k.x)_+) = (sum a_k u_k).x is zero for a = (1, -1, 1, -1): one function."""
    found = Uniqueness.of(opposed_pairs())
    assert (found.optimum.nullity, found.optimum.delta, len(found.optimum.used)) == (1, 0, 8)
    assert found.p_unique.status is Status.REFUTED
    assert found.p_unique.evidence.freedom is Freedom.LINEAR_EXCHANGE
    assert found.function_unique.status is Status.PROVED
