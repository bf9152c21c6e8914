"""The shelf: every verdict that an example promises is proved again, and the command prints what can be read back."""

import io
import json
import sys
from dataclasses import replace

import pytest

from polyrelu import Problem, certify, path
from polyrelu.cli import main
from polyrelu.errors import BadInput
from polyrelu.examples import SHELF, load
from polyrelu.optimal_set.uniqueness import Uniqueness


@pytest.mark.parametrize("name", SHELF)
def test_the_promised_verdict_is_proved(name):
    example = load(name)
    optimum = certify(example.problem()).proved()
    verdicts = Uniqueness.of(optimum)
    networks = verdicts.neurons
    expected = example.expected
    assert len(optimum.used) == expected.neurons
    assert networks.dimension == expected.dimension
    assert networks.widths == expected.widths
    assert verdicts.p_unique.answer is expected.one_network
    assert verdicts.function_unique.answer is expected.one_function


@pytest.mark.parametrize("name", [e.name for e in SHELF.values() if e.breakpoints])
def test_the_promised_breakpoints_are_proved(name):
    example = load(name)
    low = "2" if len(example.breakpoints) > 4 else None
    found = path(replace(example.problem(), lam=None), lo=low)
    assert found.status == "proved"
    told = []
    for k, here in reversed(list(enumerate(found.breakpoints))):
        exact = found.exact(k)
        told.append((here.changes[0].kind, "" if exact is None or len(exact.name) > 20 else exact.name))
    assert tuple(told) == example.breakpoints
    if name == "forced-jump":
        assert found.continuity.network_continuous
        assert [found.exact(k).name for k in found.continuity.convex_jumps] == ["1"]


@pytest.mark.parametrize("name", SHELF)
def test_the_csv_file_is_the_example(name, tmp_path):
    example = load(name)
    path = tmp_path / "data.csv"
    path.write_text(example.csv())
    read = Problem.read(str(path), lam=example.lam, bias=example.bias)
    told = example.problem()
    assert (read.X, read.y, read.lam) == (told.X, told.y, told.lam)


@pytest.mark.parametrize("name", ["pythagorean", "four-points", "octahedron"])
def test_the_stories_that_speak_of_rational_numbers_are_true(name):
    assert "rational" in load(name).story
    assert certify(load(name).problem()).proved().field == "Q"


def test_the_four_points_have_the_two_functions_of_the_story():
    example = load("four-points")
    vertices = Uniqueness.of(certify(example.problem()).proved()).neurons.vertices
    from polyrelu.optimal_set.networks import network_at

    points = [[1, 2], [2, -1]]
    outputs = {
        tuple(map(float, network_at(v.polytope.optimum, v.exact_weights()).evaluate(points)))
        for v in vertices
    }
    told = {tuple(4 * abs(0.6 * a + s * 0.8 * b) for a, b in points) for s in (1, -1)}
    assert {tuple(round(v, 12) for v in o) for o in outputs} == {tuple(round(v, 12) for v in o) for o in told}


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadInput, match="xor, xor-bias"):
        load("nothing")


def test_the_list_fits_80_columns_and_names_everything(capsys):
    assert main(["examples"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert [line.split()[0] for line in lines[1 : len(SHELF) + 1]] == list(SHELF)
    assert main(["examples", "--json"]) == 0
    assert [e["name"] for e in json.loads(capsys.readouterr().out)] == list(SHELF)


@pytest.mark.parametrize("name", SHELF)
def test_one_example_is_a_csv_with_a_story_beside_it(name, capsys, monkeypatch):
    assert main(["examples", name]) == 0
    out, err = capsys.readouterr()
    assert out == load(name).csv()
    assert all(len(line) <= 90 for line in err.splitlines())
    assert f"polyrelu certify - {load(name).options}" in err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(out.encode())))
    assert main(["certify", "-", *load(name).options.split(), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["neurons"] == load(name).expected.neurons


def test_an_unknown_name_is_one_line_and_status_2(capsys):
    assert main(["examples", "nothing"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
