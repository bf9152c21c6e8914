"""Checked proofs as a lemma with its proof, in words and in LaTeX, and the commands check and explain."""

import json
import re
import subprocess
import sys
from fractions import Fraction

import pytest

from polyrelu.certificate import check, write_proof
from polyrelu.certification import certify
from polyrelu.cli import main
from polyrelu.prose.digits import decimal, number
from polyrelu.prose.explanation import explanation
from polyrelu.prose.parts import Table
from polyrelu.prose.plain import plain, plain_text
from polyrelu.prose.tex import escape, latex
from tests.corpus import generic
from tests.stories import EXAMPLES

CASES = {
    name: EXAMPLES[name] for name in ("xor", "golden", "dependent zeros", "parity", "gated", "three patterns")
}
CASES["generic"] = (*generic(17), {})


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proofs")
    for name, (X, y, lam, options) in CASES.items():
        write_proof(certify(X, y, lam, **options), folder / f"{name}.json")
    return folder


def parts(path):
    document, digest = check.load(str(path))
    report = check.check(document, digest)
    return explanation(document, report), report


def tables(found, last):
    """The tables whose last column has this head."""
    blocks = [block for part in found for block in part.blocks if isinstance(block, Table)]
    return [
        [[plain_text(c) for c in row] for row in b.rows] for b in blocks if plain_text(b.head[-1]) == last
    ]


def test_the_text_holds_the_numbers_the_hash_and_the_command(files):
    found, report = parts(files / "xor.json")
    text = re.sub(r"\s+", " ", plain(found))
    for words in (
        "-1/4 + sqrt(2)",
        report.file,
        report.problem,
        "python3 -I check.py proof.json",
        *report.proved,
    ):
        assert words in text


def test_a_weight_is_a_number_where_it_is_unique_although_pairs_share_it(files):
    (neurons,) = tables(parts(files / "xor.json")[0], "gamma_k")
    assert [row[-1] for row in neurons] == ["0.4571067812"] * 4
    assert "shared" not in plain(parts(files / "xor.json")[0])


def test_multipliers_are_shown_where_neurons_lie_on_hyperplanes(files):
    (table,) = tables(parts(files / "dependent zeros.json")[0], "multipliers")
    assert len(table) == 6
    shown = [float(v) for row in table for v in re.findall(r"= (-?[0-9.]+)", row[2])]
    assert len(shown) >= 6
    assert all(v >= 0 for v in shown)
    assert any(v > 0 for v in shown)


def test_zero_network_and_subsample_are_said_in_words(files):
    assert "The zero network is the only one that attains it" in " ".join(
        plain(parts(files / "parity.json")[0]).split()
    )
    text = plain(parts(files / "three patterns.json")[0])
    assert "3 given patterns" in text
    assert "cells" not in text


def test_closed_forms_are_used_only_where_short():
    field = check.Field({"radicands": ["1", "2", "3"]})
    for coefficients, shown in (
        (["1/2", "-1", "0"], "1/2 - sqrt(2)"),
        (["0", "-3/5", "0"], "-3/5 sqrt(2)"),
        (["0", "0", "2"], "2 sqrt(3)"),
        (["1", "1", "1"], "4.1462643699"),
    ):
        exact = field.element(coefficients, "")
        assert plain_text(number(check.Interval.of(exact), exact)) == shown


def test_no_more_digits_than_are_known():
    third = check.Interval.of(Fraction(1, 3))
    assert decimal(third) == "0.3333333333"
    assert decimal(check.Interval.of(Fraction(-2, 3))) == "-0.6666666667"
    assert decimal(check.Interval.of(Fraction(6, 10))) == "0.6000000000"
    wide = check.Interval(third.lo, third.hi + (1 << check.Interval.bits - 8))
    assert decimal(wide) == "0.34"
    assert decimal(check.Interval(0, 3 << check.Interval.bits)) == "2"


def test_the_minimal_networks_are_listed_with_their_weights(files):
    found, _ = parts(files / "golden.json")
    (minimal,) = tables(found, "weights; all other gamma_k are 0")
    assert [row[1:] for row in minimal] == [
        ["2", "gamma_3 = 4, gamma_4 = 4"],
        ["2", "gamma_1 = 4, gamma_2 = 4"],
    ]
    (neurons,) = tables(found, "gamma_k")
    assert neurons[0][2:] == ["(3/5, 4/5)", "++--", "0 to 4"]
    (network,) = tables(found, "theta")
    assert network == [["3", "2", "(6/5, -8/5)"], ["4", "2", "(-6/5, 8/5)"]]


def test_special_characters_are_harmless():
    assert escape("a_b & 5% {x} \\ <") == r"a\_b \& 5\% \{x\} \textbackslash{} \textless{}"


def test_a_rejected_file_is_not_explained(files, tmp_path, capsys):
    document = json.loads((files / "xor.json").read_text())
    document["claims"]["optimum"]["tight_blocks"] += 1
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n")
    assert main(["check", str(bad)]) == 1
    assert capsys.readouterr().out.splitlines()[1].startswith("REJECTED: optimum: ")
    assert main(["explain", str(bad), "--latex", str(tmp_path / "bad.tex")]) == 1
    assert not (tmp_path / "bad.tex").exists()
    for text in ("{}", '{"problem":null,"version":2}\n', '{"problem":5,"version":2}\n'):
        bad.write_text(text)
        assert main(["check", str(bad)]) == 2
        assert main(["explain", str(bad)]) == 2
        assert "failed" not in "".join(capsys.readouterr())


def test_check_prints_what_was_proved_and_what_was_not(files, capsys):
    assert main(["check", str(files / "three patterns.json"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["not_claimed"]) == ("accepted", ["arrangement"])
    assert main(["check", str(files / "golden.json"), "--problem", "0" * 64]) == 1
    assert main(["check", str(files / "golden.json")]) == 0
    assert "the inclusion-minimal networks: exactly 2, and no rays" in capsys.readouterr().out


def test_certify_writes_a_proof_that_check_accepts(tmp_path, capsys):
    data = tmp_path / "data.csv"
    data.write_text("x1,x2,y\n3,4,1\n-4,3,2\n5,12,3\n")
    for name in ("proof.json", "proof.json.gz"):
        out = tmp_path / name
        assert main(["certify", str(data), "--lam", "1", "--out", str(out)]) == 0
        assert main(["check", str(out)]) == 0
        assert "ACCEPTED" in capsys.readouterr().out
    assert latex(parts(out)[0]).startswith("\\documentclass")


def test_the_proof_is_saved_although_nobody_reads_the_answer(tmp_path):
    (tmp_path / "data.csv").write_text("3,4,1\n-4,3,2\n5,12,3\n")
    command = f"{sys.executable} -m polyrelu certify data.csv --lam 1 --out proof.json | true"
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert main(["check", str(tmp_path / "proof.json")]) == 0
