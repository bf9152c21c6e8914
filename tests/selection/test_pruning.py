"""Pruning: steps keep fit and penalty, ends are vertices, narrowest by brute force over supports, the command."""

import json
import random
from fractions import Fraction
from itertools import combinations

import pytest
from flint import arb, fmpq

from polyrelu.certification import certify
from polyrelu.cli import main
from polyrelu.errors import BadInput, LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import rank, solve
from polyrelu.exact.real import is_zero, sign
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.networks.network import Network
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.selection.pruning import (
    is_minimal,
    is_minimal_point,
    minimal_networks,
    narrowest_networks,
    prune,
    prune_activations,
    prune_network,
    prune_weights,
)
from tests.optimal_sets import FIVE, FOUR, enclosed_optima, exact_optima

XOR = ([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1], "1/2")


def proved(problem):
    return certify(*problem).proved()


def exact(optimum):
    """Activations per unit weight |w|, and the fit, in the exact field."""
    found = optimum.point.exact
    assert found is not None
    nu, lam = found.at.nu, optimum.program.lamq
    units = [[v / lam for v in neuron.activation(nu)] for neuron in optimum.used]
    return units, [y - v for y, v in zip(optimum.program.yq, nu, strict=True)]


def fit(units, weights):
    return [
        sum((u[i] * w for u, w in zip(units, weights, strict=True)), start=fmpq(0))
        for i in range(len(units[0]))
    ]


def supports_by_brute_force(units, target):
    """The supports of all vertices: independent sets whose only solution is positive."""
    found = set()
    for size in range(len(units) + 1):
        for chosen in combinations(range(len(units)), size):
            columns = [units[k] for k in chosen]
            if not chosen:
                if all(is_zero(v) for v in target):
                    found.add(())
                continue
            rows = [list(row) for row in zip(*columns, strict=True)]
            if rank(columns) < size or (solution := solve(rows, target)) is None:
                continue
            if all(sign(v) > 0 for v in solution):
                found.add(chosen)
    return found


@pytest.fixture(scope="module")
def sets():
    return [*exact_optima(), proved(XOR)]


def test_steps_keep_fit_and_penalty_and_end_in_a_vertex(sets):
    walked = 0
    for optimum in sets:
        units, target = exact(optimum)
        start = OptimalSet(optimum).neurons.interior_point()
        weights = start.exact_weights()
        total = sum(weights, start=fmpq(0))
        pruned = prune(optimum, start)
        for step in pruned.steps:
            alpha = [exact_entry(v) for v in step.dependence]
            if all(v is not None for v in alpha):
                weighted = [[w * v for v in u] for u, w in zip(units, weights, strict=True)]
                assert all(is_zero(v) for v in fit(weighted, alpha))
                assert is_zero(sum((a * w for a, w in zip(alpha, weights, strict=True)), start=fmpq(0)))
                assert max(alpha) == 1
                assert min(alpha) >= -1
                weights = [w * (1 - a) for w, a in zip(weights, alpha, strict=True)]
                assert all(is_zero(weights[k]) for k in step.removed)
                assert step.removed
                walked += 1
            else:
                weights = None
                break
        end = pruned.network.exact_weights()
        if weights is not None:
            assert all(is_zero(a - b) for a, b in zip(end, weights, strict=True))
        assert all(is_zero(a - b) for a, b in zip(fit(units, end), target, strict=True))
        assert is_zero(sum(end, start=fmpq(0)) - total)
        support = [units[k] for k in pruned.network.support]
        assert not support or rank(support) == len(support)
        assert is_minimal_point(pruned.network)
        assert is_minimal_point(start) == (optimum.nullity == 0)
    assert walked >= 3


def exact_entry(v):
    return None if isinstance(v, arb) else v


def test_minimal_and_narrowest_by_brute_force(sets):
    for optimum in sets:
        expected = supports_by_brute_force(*exact(optimum))
        listed = minimal_networks(optimum)
        assert {network.support for network in listed} == expected
        assert prune(optimum).network.support in expected
        least = min(map(len, expected))
        narrow = narrowest_networks(optimum)
        assert {network.support for network in narrow} == {s for s in expected if len(s) == least}


def test_pruning_over_balls_keeps_the_fit():
    """Generic data in the linear phase: no exact field is needed."""
    for optimum in enclosed_optima():
        pruned = prune(optimum)
        assert len(pruned.steps) >= 1
        assert pruned.network.width <= optimum.support.rank
        assert is_minimal_point(pruned.network)
        assert not is_minimal_point(OptimalSet(optimum).neurons.interior_point())
        at, weights = optimum.point.balls(160), pruned.network.weights(160)
        assert sum(bool(w > 0) for w in weights) == pruned.network.width
        with precision(200):
            total = [v - y for y, v in zip(optimum.program.yq, at.nu, strict=True)]
            for w, neuron in zip(weights, optimum.used, strict=True):
                activation = neuron.activation(at.nu)
                total = [t + a * w / optimum.program.lamq for t, a in zip(total, activation, strict=True)]
            assert all(t.contains(0) and t.rad() < arb("1e-20") for t in total)
            for step in pruned.steps:
                assert max(float(abs(arb(v)).mid()) for v in step.dependence) == pytest.approx(1)
        removed = [k for step in pruned.steps for k in step.removed]
        assert sorted([*removed, *pruned.network.support]) == list(range(len(optimum.used)))
        supports = {network.support for network in minimal_networks(optimum)}
        assert pruned.network.support in supports


# ------------------------------------------------------------------ weights that are given


def test_the_largest_entry_is_made_positive():
    """A dependence (-3, 1): with the sign of the poster's formula a weight would be doubled and none removed."""
    activations = [[fmpq(1), fmpq(1)], [fmpq(3), fmpq(3)]]
    pruned = prune_activations(activations)
    assert pruned.support == (1,)
    assert pruned.factors[1] == fmpq(4, 3)
    [step] = pruned.steps
    assert step.dependence == (1, fmpq(-1, 3))


def test_over_sums_of_square_roots():
    r2 = SqrtSum.sqrt_of(2)
    activations = [
        [r2, fmpq(0)],
        [fmpq(0), r2],
        [fmpq(2), fmpq(4)],
    ]  # the last is r2 of the first and 2 r2 of the second
    pruned = prune_activations(activations)
    assert pruned.support == (0, 2)
    left = [
        sum((v[i] * f for v, f in zip(activations, pruned.factors, strict=True)), start=fmpq(0))
        for i in (0, 1)
    ]
    assert left == [r2 + 2, r2 + 4]


def test_a_weight_without_activation_goes_first():
    pruned = prune_activations([[fmpq(0)], [fmpq(2)]])
    assert pruned.factors == (0, 1)


@pytest.mark.parametrize("seed", range(10))
def test_networks_and_convex_weights_prune_alike(seed):
    pick = random.Random(seed)
    X = [[pick.randint(-3, 3) for _ in range(2)] for _ in range(4)]
    theta = [[pick.randint(-3, 3) for _ in range(2)] for _ in range(8)]
    phi = [pick.choice([-2, -1, 1, 2]) for _ in theta]
    network = Network.of(theta, phi)
    smaller, pruned = prune_network(network, X)
    before, after = network.evaluate(X), smaller.evaluate(X)
    assert all(is_zero(a - b) for a, b in zip(before, after, strict=True))
    assert is_minimal(smaller, X)
    assert is_minimal(network, X) == (not pruned.steps)
    assert smaller.width == len(pruned.support) <= 4
    for k, unit in zip(pruned.support, smaller.units, strict=True):  # both parts times the root of the factor
        assert is_zero(unit.phi * unit.phi - pruned.factors[k] * phi[k] ** 2)
    convex = prune_weights(
        [(1 if p > 0 else -1, [t * abs(p) for t in row]) for row, p in zip(theta, phi, strict=True)], X
    )
    assert [(s, list(w)) for s, w in convex] == [
        (1 if phi[k] > 0 else -1, [t * abs(phi[k]) * pruned.factors[k] for t in theta[k]])
        for k in pruned.support
    ]


def test_splits_of_one_neuron_are_merged():
    network = Network.of([[3, 4], [6, 8], [0, 1]], [1, 2, 1])
    smaller, pruned = prune_network(network, [[1, 0], [0, 1]])
    assert smaller.width == 2
    assert len(pruned.steps) == 1


def test_balls_cannot_be_pruned_exactly():
    with pytest.raises(BadInput, match="balls"):
        prune_network(Network.of([[arb(2).sqrt()]], [1]), [[1]])


def test_a_start_of_another_optimum_is_refused():
    with pytest.raises(BadInput, match="start"):
        prune(proved(FOUR), OptimalSet(proved(FIVE)).neurons.interior_point())


# ------------------------------------------------------------------ the command


@pytest.fixture
def four(tmp_path):
    path = tmp_path / "four.csv"
    path.write_text("1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n")
    return str(path)


def test_the_command_prunes(four, capsys):
    assert main(["prune", four, "--lam", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["status"] == "proved"
    assert len(shown["neurons"]) == 4
    [network] = shown["networks"]
    [step] = shown["steps"]
    used = {unit["neuron"] for unit in network["neurons"]}
    assert used | set(step["removed"]) == {0, 1, 2, 3}
    assert network["width"] == 2
    for unit in network["neurons"]:
        assert unit["weight"] == ["4.0000000000000000000"] * 2
        assert Fraction(unit["phi"][0]) <= 2 <= Fraction(unit["phi"][1])
        for u, w, t in zip(unit["direction"], unit["convex_weight"], unit["theta"], strict=True):
            assert Fraction(u[0]) * 4 == Fraction(w[0])
            assert Fraction(t[0]) <= Fraction(u[0]) * 2 <= Fraction(t[1])
    assert shown["narrowest_width"] is None


@pytest.mark.parametrize("option", ["--all", "--narrowest"])
def test_the_command_lists(four, capsys, option):
    assert main(["prune", four, "--lam", "1", option, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [network["width"] for network in shown["networks"]] == [2, 2]
    assert shown["narrowest_width"] == 2
    assert main(["prune", four, "--lam", "1", option]) == 0
    text = capsys.readouterr().out
    assert "narrowest width  2" in text
    assert "convex weight (2.4, 3.2); network weights theta = (1.2, 1.6), phi = 2" in text


def test_the_command_refuses(four, capsys, monkeypatch):
    assert main(["prune", four, "--lam", "0"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["prune", four, "--lam", "1", "--all", "--max-vertices", "1"]) == 2
    assert "--max-vertices" in capsys.readouterr().err
    with pytest.raises(LimitReached):
        minimal_networks(proved(FOUR), 1)

    def blocked(*_):
        raise Undecided("is it so?")

    monkeypatch.setattr("polyrelu.proof.optimum.prove", blocked)
    assert main(["prune", four, "--lam", "5"]) == 3
    assert capsys.readouterr().err.startswith("polyrelu prune: is it so?")


def test_the_command_with_no_neuron_at_all(four, capsys):
    assert main(["prune", four, "--lam", "100", "--all", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["networks"] == [{"width": 0, "neurons": []}]
    assert shown["narrowest_width"] == 0


def test_the_problem_of_a_proof_file_is_pruned_like_its_data(capsys, tmp_path):
    data, proof = tmp_path / "four.csv", tmp_path / "proof.json"
    data.write_text("1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n")
    assert main(["certify", str(data), "--lam", "1", "--out", str(proof)]) == 0
    capsys.readouterr()
    assert main(["prune", str(data), "--lam", "1", "--all", "--json"]) == 0
    from_data = json.loads(capsys.readouterr().out)
    assert main(["prune", str(proof), "--all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == from_data
    assert from_data["narrowest_width"] == 2
    for arguments, words in (
        ([str(data)], "--lam is needed"),
        ([str(proof), "--lam", "1"], "brings its own problem"),
        ([str(tmp_path / "no.json")], "no.json"),
    ):
        assert main(["prune", *arguments]) == 2
        assert words in capsys.readouterr().err
    proof.write_text(proof.read_text().replace('"lambda":"1"', '"lambda":"2"'))
    assert main(["prune", str(proof)]) == 2
    assert "SHA-256" in capsys.readouterr().err
