"""Checked proofs in words and in LaTeX, and the commands check and explain."""

import json
import re
import shutil
import subprocess
import sys
from fractions import Fraction

import pytest

from polyrelu.certificate import check, write_proof
from polyrelu.certificate.digits import decimal, number
from polyrelu.certificate.prose import sections
from polyrelu.certificate.typeset import escape, latex, plain, plain_text
from polyrelu.certification import certify
from polyrelu.cli import main
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
    return sections(document, report), report


@pytest.mark.parametrize("name", CASES)
def test_latex_compiles_as_it_is(files, tmp_path, name):
    assert shutil.which("pdflatex"), "install the Debian package texlive-latex-base"
    path = tmp_path / "proof.tex"
    assert main(["explain", str(files / f"{name}.json"), "--latex", str(path)]) == 0
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", path.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "proof.pdf").stat().st_size > 10_000
    assert "Undefined" not in done.stdout
    assert max((float(w) for w in re.findall(r"Overfull .hbox \(([0-9.]+)pt", done.stdout)), default=0) < 60


def test_the_text_holds_the_numbers_the_hash_and_the_command(files):
    found, report = parts(files / "xor.json")
    text = plain(found)
    for words in (
        "sqrt(2)",
        report.file[:60],
        report.problem[:60],
        "python3 -I check.py proof.json",
        *report.proved[0].split(),
    ):
        assert words in re.sub(r"\s+", " ", text)
    assert len(next(s for s in found if s.heading == "The neurons").rows) == 4


def test_multipliers_are_shown_where_neurons_lie_on_hyperplanes(files):
    found, _ = parts(files / "dependent zeros.json")
    table = next(s for s in found if s.heading == "Multipliers")
    assert len(table.rows) == 6
    shown = [float(v) for row in table.rows for v in re.findall(r"= (-?[0-9.]+)", plain_text(row[2]))]
    assert len(shown) >= 6
    assert all(v >= 0 for v in shown)
    assert any(v > 0 for v in shown)


def test_zero_network_and_subsample_are_said_in_words(files):
    assert "the zero network is the only optimum" in " ".join(plain(parts(files / "parity.json")[0]).split())
    text = plain(parts(files / "three patterns.json")[0])
    assert "3 given patterns" in text
    assert "all full-dimensional cells" not in text


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


def test_the_minimal_networks_are_listed(files):
    found, _ = parts(files / "golden.json")
    table = next(s for s in found if s.heading == "The set of optimal networks")
    assert [row[2] for row in table.rows] == ["3, 4", "1, 2"]
    neurons = next(s for s in found if s.heading == "The neurons")
    assert plain_text(neurons.rows[0][2]) == "(3/5, 4/5)"


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
    bad.write_text("{}")
    assert main(["check", str(bad)]) == 2
    assert main(["explain", str(bad)]) == 2


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
