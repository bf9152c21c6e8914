"""Lemmas in papers: they compile as they are, no line is too long, and every citation has its entry."""

import re
import shutil
import subprocess
from fractions import Fraction
from typing import NamedTuple

import pytest

from polyrelu.bounding.search import bound
from polyrelu.certificate import write_proof
from polyrelu.certificate.bound_file import write_bound
from polyrelu.certificate.write_kernel import write_optimum
from polyrelu.certification import certify
from polyrelu.cli import main
from tests.corpus import generic
from tests.stories import EXAMPLES

LISTED = ("xor", "golden", "dependent zeros", "parity", "at lambda_max", "gated", "three patterns")
PAPER = r"""\documentclass%s{article}
\usepackage{amsmath}
\usepackage{amsthm}
\begin{document}
%s
\begin{thebibliography}{9}
%s
\end{thebibliography}
\end{document}
"""
LONG = ([["12345678901234567890123/98765432109876543210987", 1], ["-1/3", 1]], [1, "-2/3"], "1/10")
"""Numbers that no column holds, and a bias."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Proof files of every kind."""
    folder = tmp_path_factory.mktemp("proofs")
    for name in LISTED:
        X, y, lam, options = EXAMPLES[name]
        write_proof(certify(X, y, lam, **options), folder / f"{name}.json")
    write_proof(certify(*generic(17)), folder / "generic.json")
    write_proof(certify(*LONG), folder / "long.json")
    write_optimum(str(folder / "kernel.json"), certify(*generic(2)).proved())
    write_optimum(str(folder / "kernel of many.json"), certify(*EXAMPLES["golden"][:3]).proved())
    write_optimum(str(folder / "kernel of none.json"), certify(*EXAMPLES["parity"][:3]).proved())
    X = [[Fraction(j * k % 7 - 3, 2) for k in (1, 2, 3)] + [1] for j in range(1, 45)]
    write_bound(str(folder / "bound.json"), bound(X, [j % 5 for j in range(44)], 1, gap=Fraction(1, 100)))
    for name, (X, y, lam, choice) in SETTINGS.items():
        write_proof(certify(X, y, lam, **choice), folder / f"{name}.json")
    return folder


FLOATING = [[9, -5], [1, -7], [-8, 3], [-9, 4], [6, -6], [3, -2]]
SETTINGS = {
    "free bias": (FLOATING, [7, 8, 1, 1, 4, 1], 2, {"bias": "free"}),
    "free bias and skip": ([[0], [1], [2], [3]], [0, 1, 3, 6], "1/10", {"bias": "free", "skip": True}),
    "no neuron": ([[1], [3], [2]], [3, 1, 0], 100, {"bias": "penalised", "output_bias": "ridge"}),
    "ridge": ([[1], [2]], [10, 0], 2, {"output_bias": "ridge"}),
    "ridge and skip": (
        [[1, 2], [2, 1], [0, 4], [3, 3]],
        [9, 0, 1, 2],
        2,
        {"output_bias": "ridge", "skip": True},
    ),
}
NAMES = [*LISTED, "generic", "long", "kernel", "kernel of many", "kernel of none", "bound", *SETTINGS]


def compiled(folder, name, *options):
    """The log of pdflatex, run once."""
    assert shutil.which("pdflatex"), "install the Debian package texlive-latex-base"
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", *options, name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout


def compiled_paper(folder, options, fragments):
    """The log of a paper with these fragments, each told there by its name, after a first run for its references."""
    text = "\n".join(
        rf"By Lemma~\ref{{{f.label}}} this is so.\typeout{{BEGIN {f.name}}}\input{{{f.name}}}\par\typeout{{END}}"
        for f in fragments
    )
    keys = sorted(set().union(*(f.keys for f in fragments)))
    items = "\n".join(rf"\bibitem{{{key}}} {key}." for key in keys)
    (folder / "paper.tex").write_text(PAPER % (options, text, items))
    compiled(folder, "paper.tex", "-draftmode")
    return compiled(folder, "paper.tex")


def overfull(log):
    return [float(width) for width in re.findall(r"Overfull .hbox \(([0-9.]+)pt", log)]


@pytest.mark.parametrize("name", NAMES)
def test_the_document_compiles_as_it_is(files, tmp_path, name):
    assert main(["explain", str(files / f"{name}.json"), "--latex", str(tmp_path / "proof.tex")]) == 0
    log = compiled(tmp_path, "proof.tex")
    assert (tmp_path / "proof.pdf").stat().st_size > 10_000
    assert "Undefined" not in log
    assert overfull(log) == []


class Fragment(NamedTuple):
    """The name of its file, without the ending; its label; what it cites."""

    name: str
    label: str
    keys: set[str]


def fragment_of(files, folder, name, file):
    """A lemma for a paper, and its entries for BibTeX."""
    tex, bib = folder / f"{file}.tex", folder / f"{file}.bib"
    command = ["explain", str(files / f"{name}.json"), "--latex", str(tex), "--fragment", "--bib", str(bib)]
    assert main(command) == 0
    text = tex.read_text()
    assert text.count(r"\begin{lemma}") == text.count(r"\begin{proof}") == 1
    keys = set(re.findall(r"\\cite\{(\w+)\}", text))
    assert keys >= {"pilanci2020neural", "polyrelu"}
    assert keys == set(re.findall(r"^@\w+\{(\w+),$", bib.read_text(), re.MULTILINE))
    return Fragment(file, re.search(r"\\label\{(.+?)\}", text)[1], keys)


@pytest.mark.parametrize("name", NAMES)
def test_the_fragment_compiles_in_a_paper(files, tmp_path, name):
    """Alone: it makes all that it needs."""
    log = compiled_paper(tmp_path, "", [fragment_of(files, tmp_path, name, "lemma")])
    assert "undefined" not in log.lower()
    assert overfull(log) == []


def test_the_fragments_compile_in_a_paper_of_two_columns(files, tmp_path):
    """All in one, so that pdflatex starts once."""
    fragments = [fragment_of(files, tmp_path, name, f"lemma{k}") for k, name in enumerate(NAMES)]
    log = compiled_paper(tmp_path, "[twocolumn]", fragments)
    assert "undefined" not in log.lower()
    told = re.findall(r"BEGIN lemma(\d+)\n(.*?)END\n", log, re.DOTALL)
    assert {NAMES[int(k)]: overfull(part) for k, part in told} == {name: [] for name in NAMES}
    assert overfull(log) == []


def test_the_paper_may_have_its_own_lemmas(files, tmp_path):
    assert (
        main(["explain", str(files / "golden.json"), "--latex", str(tmp_path / "lemma.tex"), "--fragment"])
        == 0
    )
    own = PAPER.replace(r"\begin{document}", "\\newtheorem{lemma}{Hilfssatz}\n\\begin{document}")
    (tmp_path / "paper.tex").write_text(own % ("", r"\input{lemma}", r"\bibitem{x}"))
    compiled(tmp_path, "paper.tex")


def test_options_that_need_each_other(files, tmp_path, capsys):
    proof = str(files / "golden.json")
    assert main(["explain", proof, "--fragment"]) == 2
    assert "--latex" in capsys.readouterr().err
    assert main(["explain", proof, "--latex", str(tmp_path / "a.tex"), "--bib", str(tmp_path / "a.bib")]) == 2
    assert "--fragment" in capsys.readouterr().err


def test_latex_without_a_name_is_printed(files, tmp_path, capsys):
    proof, written = str(files / "golden.json"), tmp_path / "lemma.tex"
    assert main(["explain", proof, "--latex", str(written), "--fragment"]) == 0
    capsys.readouterr()
    assert main(["explain", proof, "--latex", "--fragment"]) == 0
    assert capsys.readouterr().out == written.read_text()
    assert main(["explain", proof, "--latex"]) == 0
    assert capsys.readouterr().out.startswith("\\documentclass")
