"""Whatever says "unique" about a list of patterns or gates says among which networks, in the same line."""

import json
from html import unescape

import pytest

from polyrelu import certify
from polyrelu.cli import main
from polyrelu.show import figures
from polyrelu.show.words import as_json

FOUR = "1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n"
TWO = "1,1,0,0\n0,0,1,1\n"
LIST = "among networks with these 2 patterns"
GATES = "among gated networks with these 4 gates"
CASES = {LIST: ["--patterns", "two.csv"], GATES: ["--gated"]}


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "four.csv").write_text(FOUR)
    (tmp_path / "two.csv").write_text(TWO)


def lines_with_unique(text):
    found = [line for line in text.splitlines() if "unique" in line]
    assert found
    return found


@pytest.mark.parametrize("scope", CASES)
@pytest.mark.parametrize("lam", ["1", "0"])
def test_in_the_terminal(capsys, scope, lam):
    """The full problem has a segment of optimal networks; with two of its patterns one network is left."""
    assert main(["certify", "four.csv", "--lam", lam, *CASES[scope]]) == 0
    for line in lines_with_unique(capsys.readouterr().out):
        assert scope in line


@pytest.mark.parametrize("scope", CASES)
def test_in_the_proof_its_check_and_its_prose(capsys, scope):
    assert main(["certify", "four.csv", "--lam", "1", *CASES[scope], "--out", "proof.json"]) == 0
    capsys.readouterr()
    for command in (["check"], ["check", "--json"], ["explain"]):
        assert main([*command, "proof.json"]) == 0
        said = capsys.readouterr().out
        words = "\n".join(json.loads(said)["proved"]) if "--json" in command else said
        for line in lines_with_unique(words):
            assert scope in line
    assert main(["explain", "proof.json", "--latex", "proof.tex"]) == 0
    with open("proof.tex") as tex:
        for line in lines_with_unique(tex.read()):
            assert scope in line


def test_in_python_and_in_notebooks():
    X, y = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]
    for lam in (1, 0):
        result = certify(X, y, lam, patterns=[[1, 1, 0, 0], [0, 0, 1, 1]])
        assert LIST in repr(result)
        for line in lines_with_unique(unescape(result._repr_html_())):
            assert LIST in line or "alt=" in line
        for verdict in (result.convex_unique, result.p_unique, result.function_unique):
            assert LIST in repr(verdict)
            assert LIST in verdict._repr_html_()
        assert LIST in as_json(result, 5).get("function_reason", LIST)


def test_in_figures():
    result = certify(
        [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1, patterns=[[1, 1, 0, 0], [0, 0, 1, 1]]
    )
    assert figures.functions(result).caption.count(LIST) == 2  # what is drawn, and what is proved
    assert LIST in figures.support(result).caption


def test_of_a_pruned_network(capsys):
    assert main(["certify", "four.csv", "--lam", "1", "--patterns", "two.csv", "--out", "proof.json"]) == 0
    capsys.readouterr()
    assert main(["prune", "proof.json", "--all"]) == 0
    assert LIST in capsys.readouterr().out


def test_over_all_networks_nothing_is_added(capsys):
    assert main(["certify", "four.csv", "--lam", "1"]) == 0
    assert "among" not in capsys.readouterr().out


def test_a_list_of_one_pattern_is_in_the_singular():
    assert "among networks with this one pattern" in repr(certify([[1], [2]], [1, 2], 1, patterns=[[1, 1]]))


@pytest.mark.parametrize("lam", [0, 1])
def test_in_predictions_and_in_json(lam):
    """With two patterns all optimal networks agree at (1, 1); over all patterns they do not."""
    X, y = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]
    full = certify(X, y, lam)
    listed = certify(X, y, lam, patterns=[[1, 1, 0, 0], [0, 0, 1, 1]])
    (prediction,) = listed.predict([[1, 1]])
    assert repr(prediction).endswith(f", {LIST}>")
    assert LIST in prediction._repr_html_()
    assert "among" not in repr(full.predict([[1, 1]])[0])
    assert (listed.to_json(5)["scope"], full.to_json(5)["scope"]) == (LIST, None)
    assert (prediction.agrees, full.predict([[1, 1]])[0].agrees) == (True, False)
