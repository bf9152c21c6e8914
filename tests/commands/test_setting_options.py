"""The options that say which problem it is, from end to end: words, JSON, predictions, pruning, refusals, help."""

import json
import re

import pytest

import polyrelu
from polyrelu.certificate.fingerprint import fingerprint
from polyrelu.cli import main
from polyrelu.errors import BadInput
from polyrelu.show.figures import KINDS, draw

SQUARES = "x,y\n0,0\n1,1\n2,3\n3,6\n"
TABLE = "a,b,c,y\n1,0,1,3\n0,1,0,4\n-1,0,2,3\n0,-1,5,4\n1,1,1,0\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "squares.csv").write_text(SQUARES)
    (tmp_path / "table.csv").write_text(TABLE)
    (tmp_path / "new.csv").write_text("c,a,b\n1,1,0\n2,1/2,1/2\n")
    return tmp_path


def run(capsys, *arguments):
    """(exit status, standard output, standard error) of one command in this process."""
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_certify_tells_the_setting(folder, capsys):
    status, out, _ = run(
        capsys,
        "certify",
        folder / "table.csv",
        "--lam",
        "1/10",
        "--output-bias",
        "free",
        "--free",
        "c",
        "--json",
    )
    told = json.loads(out)
    assert status == 0
    assert told["setting"] == {
        "hidden_bias": "none",
        "output_bias": "free",
        "skip": False,
        "free_columns": ["c"],
    }
    assert set(told["free_coefficients"]) == {"constant", "c"}
    assert "families" not in told
    plain = json.loads(run(capsys, "certify", folder / "table.csv", "--lam", "1/10", "--json")[1])
    assert plain["setting"]["output_bias"] == "none"
    assert "free_coefficients" not in plain


def test_new_rows_bring_their_free_columns_by_name(folder, capsys):
    options = (
        "--lam",
        "1/10",
        "--output-bias",
        "free",
        "--free",
        "c",
        "--predict",
        folder / "new.csv",
        "--json",
    )
    told = json.loads(run(capsys, "certify", folder / "table.csv", *options)[1])
    residual = float(told["residual"][0][0])
    assert float(told["predictions"][0]["low"][0]) == pytest.approx(3 - residual)  # the first row of the data
    assert all(row["agree"] for row in told["predictions"])


def test_ridge_has_no_lambda_max(folder, capsys):
    told = json.loads(
        run(capsys, "certify", folder / "squares.csv", "--lam", "1", "--output-bias", "ridge", "--json")[1]
    )
    assert told["lambda_max"] is None
    assert "ridge" in told["lambda_max_reason"]
    assert "ridge output bias" in told["free_coefficients"]
    assert (
        "none with a ridge"
        in run(capsys, "certify", folder / "squares.csv", "--lam", "1", "--output-bias", "ridge")[1]
    )


def test_a_free_hidden_bias_in_words(folder, capsys):
    status, out, _ = run(capsys, "certify", folder / "squares.csv", "--lam", "1/10", "--bias", "free")
    assert status == 0
    for words in (
        "a free hidden bias, a free output bias",
        "b from -2 to any larger b",
        "constant: not unique",
    ):
        assert words in out


def test_prune_joins_kinks_and_tells_the_constant(folder, capsys):
    status, out, _ = run(
        capsys, "prune", folder / "squares.csv", "--lam", "1/10", "--bias", "free", "--all", "--json"
    )
    told = json.loads(out)
    assert status == 0
    _, words, _ = run(capsys, "prune", folder / "squares.csv", "--lam", "1/10", "--bias", "free", "--all")
    assert "(bias included), lambda = 1/10; a free hidden bias, a free output bias" in words
    assert "no neuron can be left out, up to kinks that can move at no cost (" in words
    _, words, _ = run(capsys, "certify", folder / "squares.csv", "--lam", "1/10", "--bias", "free")
    assert re.search("minimal networks .*, up to kinks that can move", words)
    assert [len(network["neurons"]) for network in told["networks"]] == [n["width"] for n in told["networks"]]
    assert all(set(n["free_coefficients"]) == {"constant"} for n in told["networks"])
    for network in told["networks"]:
        (constant,) = (float(v[0]) for v in network["free_coefficients"].values())
        for x, fit in ((0, 0), (1, 1), (2, 3.1), (3, 5.9)):
            value = constant
            for unit in network["neurons"]:
                slope, bias = (float(v[0]) for v in unit["theta"])
                value += max(slope * x + bias, 0) * float(unit["phi"][0])
            assert value == pytest.approx(fit)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ["path", "squares.csv", "--gap", "1/10", "--output-bias", "ridge", "--out", "gap.json"],
            "a proof file of bounds for every lambda cannot be had",
        ),
        (
            ["plot", "squares.csv", "--lam", "1", "--skip", "--kind", "polytope"],
            "the figure polytope cannot be had",
        ),
        (
            ["plot", "squares.csv", "--lam", "1", "--bias", "free", "--interactive", "p.html"],
            "a page cannot be had",
        ),
        (["certify", "squares.csv", "--lam", "0", "--skip"], "lambda = 0 cannot be had"),
        (["certify", "squares.csv", "--lam", "1", "--gated", "--skip"], "a gated program cannot be had"),
        (
            ["certify", "squares.csv", "--lam", "1", "--bias", "free", "--output-bias", "ridge"],
            "constants at no cost",
        ),
        (["certify", "squares.csv", "--lam", "1", "--free", "zz"], "no feature of this name"),
        (["certify", "squares.csv", "--lam", "1", "--bias", "free", "--patterns", "all"], "some patterns"),
        (["certify", "squares.csv", "--lam", "1", "--output-bias", "maybe"], "invalid choice"),
    ],
    ids=str,
)
def test_refusals_are_one_line_and_status_2(folder, capsys, command, words):
    status, _, complaint = run(capsys, *(folder / w if w.endswith(".csv") else w for w in command))
    assert status == 2
    assert words in complaint
    assert complaint.count("\n") == 1


def test_a_proof_about_free_columns_checks_against_its_table(folder, capsys):
    table, proof = folder / "table.csv", folder / "proof.json"
    options = ("--lam", "1/10", "--output-bias", "free", "--free", "c")
    assert run(capsys, "certify", table, *options, "--out", proof)[0] == 0
    assert run(capsys, "check", proof, "--data", table, *options)[0] == 0
    status, out, _ = run(capsys, "check", proof, "--data", table, "--lam", "1/10")
    assert status != 0
    assert "ACCEPTED" not in out
    status, out, _ = run(capsys, "explain", proof)
    assert status == 0
    assert "coefficients c in R^2 of the free columns b_j" in out
    found = polyrelu.load(str(proof))
    assert found.residual() == polyrelu.certify(found.problem).residual()
    assert fingerprint(found.problem) == json.loads(proof.read_text())["problem_sha256"]
    assert run(capsys, "prune", proof)[0] == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--bias", "free"),
        ("--bias", "free", "--skip"),
        ("--output-bias", "ridge"),
        ("--bias", "--output-bias", "ridge", "--skip"),
    ],
    ids=str,
)
def test_a_proof_about_biases_checks_against_its_table_alone(folder, capsys, options):
    """Neither another setting nor a plain one passes for the one that was proved; bounds as well."""
    table, proof = folder / "squares.csv", folder / "proof.json"
    for command in (("certify",), ("bound", "--gap", "1/100")):
        assert run(capsys, *command, table, "--lam", "1/10", *options, "--out", proof)[0] == 0
        assert run(capsys, "check", proof, "--data", table, "--lam", "1/10", *options)[0] == 0
        for others in ((), ("--bias",), ("--output-bias", "free"), ("--skip",)):
            status, out, _ = run(capsys, "check", proof, "--data", table, "--lam", "1/10", *others)
            assert status == 1
            assert "ACCEPTED" not in out
        assert run(capsys, "explain", proof)[0] == 0


@pytest.mark.parametrize("choice", [{"bias": "free"}, {"output_bias": "ridge"}, {"skip": True}], ids=str)
def test_no_figure_forgets_what_is_free(choice):
    """Functions and neurons by rows are drawn, under a caption with the setting; other figures are refused."""
    result = polyrelu.certify([[0], [1], [2], [3]], [0, 1, 3, 6], "1/10", **choice)
    assert f"at λ = 1/10 with {result.problem.setting.words}" in draw(result).caption
    figure = draw(result, "support")
    assert figure.shown["faces"] == [k.place.face for k in result.proved().used]
    assert f"at λ = 1/10 with {result.problem.setting.words}" in figure.caption
    assert ("are told by their ends" in figure.caption) == ("bias" in choice)
    for kind in set(KINDS) - {"support", "functions"}:
        with pytest.raises(BadInput, match=f"the figure {kind} cannot be had"):
            draw(result, kind)


def test_the_help_topic(capsys):
    status, out, _ = run(capsys, "--help", "problem")
    assert status == 0
    for words in ("MLPRegressor(alpha)", "n wd / 2", "AdamW", "--output-bias none|free|ridge", "Savarese"):
        assert words in out
    assert max(map(len, out.splitlines())) <= 120


@pytest.mark.parametrize("words", [["DATA", "--bias", "bogus"], ["--bias", "bogus", "DATA"]], ids=" ".join)
def test_a_bias_that_is_none_is_told_as_one(folder, capsys, words):
    """What follows a bare --bias may be the data, so that the parser alone would complain of the wrong word."""
    data = str(folder / "squares.csv")
    status, _, complaint = run(capsys, "path", *(data if word == "DATA" else word for word in words))
    assert status == 2
    assert complaint.count("\n") == 1
    assert "--bias takes none, penalised or free; bogus was read on its own" in complaint
    assert "--bias takes" not in run(capsys, "path", "--bias", data, "--bogus")[2]
    assert run(capsys, "path", "--bias", data)[0] == 0
