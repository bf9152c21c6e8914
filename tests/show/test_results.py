"""One kind of result at every lambda; open questions are shown as open, and discard nothing that is proved."""

import json
from fractions import Fraction

import pytest

import polyrelu
from polyrelu import certify
from polyrelu.cli import main
from polyrelu.errors import BadInput, LimitReached, Undecided
from polyrelu.examples import load
from polyrelu.optimal_set.neuron_set import NeuronSet
from polyrelu.verdict import Verdict

X, Y = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]


@pytest.mark.parametrize("lam", [0, 1, 9])
def test_the_same_kind_of_result_at_every_lambda(lam):
    result = certify(X, Y, lam)
    assert type(result) is polyrelu.Result
    for verdict in (result.convex_unique, result.p_unique, result.function_unique):
        assert isinstance(verdict, Verdict)
    assert result.optimal_set.dimension >= 0
    low, high = map(Fraction, result.objective())
    residual = [tuple(map(Fraction, pair)) for pair in result.residual()]
    if lam == 0:
        assert low == high == sum(a * a for a, _ in residual) / 2
    assert set(certify(X, Y, 1).to_json()) <= set(result.to_json())


def test_what_needs_neurons_says_so_at_lambda_zero():
    result = certify(X, Y, 0)
    with pytest.raises(BadInput, match="lambda > 0"):
        polyrelu.prune(result)
    with pytest.raises(BadInput, match="lambda > 0"):
        _ = result.optimal_set.neurons


def test_a_result_is_pruned_as_its_optimum_is():
    result = certify(X, Y, 1)
    assert polyrelu.prune(result).network.support == polyrelu.prune(result.proved()).network.support


def test_every_neuron_is_listed():
    """By hand: u = (+-0.6, +-0.8), and weight moves between the two diagonals."""
    shown = certify(X, Y, 1).to_json(6)
    assert shown["neurons"] == len(shown["neuron_list"]) == 4
    for neuron in shown["neuron_list"]:
        u = [Fraction(low) for low, high in neuron["direction"] if Fraction(low) == Fraction(high)]
        assert [abs(v) for v in u] == [Fraction(3, 5), Fraction(4, 5)]
        sides = [sum(a * b for a, b in zip(row, u, strict=True)) for row in X]
        assert neuron["face"] == [(v > 0) - (v < 0) for v in sides]
        assert neuron["sign"] == "+"
        assert list(map(Fraction, neuron["weight"])) == [0, 4]


def test_the_weights_that_are_listed_enclose_every_minimal_network():
    for name in ("heptagon", "pentagon", "figure-1"):
        result = certify(load(name).problem())
        listed = result.to_json(30)["neuron_list"]
        for network in result.optimal_set.neurons.vertices:
            for neuron, weight in zip(listed, network.weights(200), strict=True):
                low, high = map(Fraction, neuron["weight"])
                assert low <= Fraction(float(weight)) + Fraction(1, 10**12)
                assert high >= Fraction(float(weight)) - Fraction(1, 10**12)


@pytest.mark.parametrize("failure", [Undecided("is a = b?"), LimitReached("more than 3 vertices")])
def test_open_questions_discard_no_proof(tmp_path, capsys, monkeypatch, failure):
    def blocked(*_):
        raise failure

    monkeypatch.setattr(NeuronSet, "ranges", blocked)
    monkeypatch.setattr(NeuronSet, "_listing", failure)
    monkeypatch.setattr("polyrelu.optimal_set.uniqueness.moved", blocked)
    data = tmp_path / "four.csv"
    data.write_text("1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n")
    assert main(["certify", str(data), "--lam", "1"]) == 0
    said = capsys.readouterr().out
    assert "PROVED: the optimal fit is unique" in said
    assert "objective        9\n" in said
    assert "NOT unique" in said
    assert f"weights          UNDECIDED: {failure}" in said
    assert [line for line in said.splitlines() if "minimal networks" in line and str(failure) in line]
    assert main(["certify", str(data), "--lam", "1", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["status"], shown["p_unique"], shown["dimension"]) == ("proved", False, 1)
    for key in ("vertices", "widths", "narrowest_width"):
        assert (shown[key], shown[f"{key}_reason"]) == (None, str(failure))
    for neuron in shown["neuron_list"]:
        assert (neuron["weight"], neuron["weight_reason"]) == (None, str(failure))
        assert neuron["direction"]


def test_an_open_verdict_has_its_reason():
    """Complementary gates exchange weight; whether they are g and -g is not in the data."""
    shown = certify([[1, 0], [0, 1], [1, 1]], [1, 1, 2], "1/10", gated=True).to_json()
    for key in ("convex_unique", "p_unique", "function_unique"):
        assert (shown[key] is None) == (f"{key}_reason" in shown)


@pytest.mark.parametrize("lam", [0, 1])
def test_seconds_are_those_of_everything(monkeypatch, lam):
    clock = iter(range(10**6))
    monkeypatch.setattr("polyrelu.result.time.perf_counter", lambda: float(next(clock)))
    result = certify(X, Y, lam)
    before = result.seconds
    shown = result.to_json()
    assert set(shown["timings"]) == set(result.timings) >= {"enumerate", "lambda_max", "set"}
    assert shown["seconds"] == sum(shown["timings"].values()) == before + 1
    assert "set 2.00" in result.summary()  # one second more was waited for


@pytest.mark.parametrize("lam", [0, 1])
def test_public_things_have_a_line_and_a_table(lam):
    result = certify(X, Y, lam)
    optimal = result.optimal_set
    things = [result, result.problem, result.optimum, optimal, result.p_unique, result.optimum.program]
    things += [polyrelu.enumerate_cells(X), *result.predict(X[:1]), result.network()]
    if lam:
        [*networks] = result.networks
        things += [polyrelu.prune(result), *networks, optimal.neurons, optimal.blocks, optimal.uniqueness]
        things += [*optimal.neurons.vertices, result.proved().used[0], optimal.uniqueness.p_unique.evidence]
    for thing in things:
        assert len(repr(thing).splitlines()) <= 2
        assert len(repr(thing)) < 400
        assert repr(thing).startswith("<")
        assert thing._repr_html_().count("<") > 1
