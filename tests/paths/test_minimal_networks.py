"""Minimal networks along a path: what is listed is what certify lists, and where the list changes is found."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np

from polyrelu import Problem, certify, path
from polyrelu.cli import main
from polyrelu.exact.rational import to_fmpq

PAIRS = ([[5, 0], [3, 4], [3, -4], [-5, 0], [-3, -4], [-3, 4]], [2, 0, 1, 1, 5, 3])


def networks_at(problem, lam):
    found = certify(replace(problem, lam=lam)).optimal_set.neurons
    places = [k.place for k in found.neurons]
    return frozenset(frozenset(places[k] for k in v.support) for v in found.vertices)


def test_lists_are_those_of_certify_and_walls_lie_between_different_ones():
    rng = np.random.default_rng(7)
    problem = Problem.of(rng.integers(-9, 10, (6, 2)).tolist(), rng.integers(-9, 10, 6).tolist())
    found = path(problem, 4, 8)
    assert found.status == "proved"
    walls = 0
    for interval, along in zip(found.intervals, found.minimal, strict=True):
        for one in along.lists[::3]:
            assert interval.holds(to_fmpq(one.lam))
            assert networks_at(problem, one.lam) == one.networks
        for low, high in along.walls:
            walls += 1
            assert 0 < high - low < Fraction(1, 10**4) * high
            assert networks_at(problem, low) != networks_at(problem, high)
        if interval.p_unique:
            assert along.walls == ()
            assert [len(one.networks) for one in along.lists] == [1]
    assert walls > 0


def test_command_line(tmp_path, capsys):
    file = tmp_path / "data.csv"
    file.write_text("\n".join(",".join(map(str, (*row, t))) for row, t in zip(*PAIRS, strict=True)))
    assert main(["path", str(file), "--vertices"]) == 0
    assert "2 minimal networks of width 5" in capsys.readouterr().out
    assert main(["path", str(file), "--vertices", "--from", "1", "--to", "8", "--json"]) == 0
    lowest = json.loads(capsys.readouterr().out)["intervals"][0]
    assert [one["count"] for one in lowest["minimal_networks"]] == [2, 2, 2, 2]
    assert lowest["walls"] == []
    assert {len(network) for network in lowest["minimal_networks"][0]["networks"]} == {5}
    assert main(["path", str(file), "--vertices", "--at", "1"]) == 2
