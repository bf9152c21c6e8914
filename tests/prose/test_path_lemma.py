"""Files about a path in words and in LaTeX: what is told of each interval is what `certify` finds there."""

import json
from fractions import Fraction
from functools import cache

import pytest

from polyrelu import certify, path
from polyrelu.certificate import check
from polyrelu.certificate.document import canonical_bytes
from polyrelu.certificate.write_path import bounded_document, path_document
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.paths.bounded import bounded_path
from polyrelu.prose.explanation import explanation
from polyrelu.prose.parts import Table
from polyrelu.prose.plain import plain, plain_text
from polyrelu.prose.tex import latex

ONE = ([[1], [2], [-1]], [1, 3, 2])
PAIRS = ([[5, 0], [3, 4], [3, -4], [-5, 0], [-3, -4], [-3, 4]], [2, 0, 1, 1, 5, 3])
FOUR = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4])
CASES = {
    "one feature": (ONE, {"to_zero": True}),
    "pairs": (PAIRS, {"lo": 1, "hi": 8}),
    "four": (FOUR, {"to_zero": True}),
    "free": (PAIRS, {"lo": 1, "hi": 8, "output_bias": "free"}),
    "square": (([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 5, 5, 0]), {}),
    "ridge": (PAIRS, {"lo": 1, "hi": 8, "output_bias": "ridge"}),
    "list": (ONE, {"lo": 1, "hi": 8, "patterns": [[1, 1, 0]]}),
    "list beside a column": (ONE, {"patterns": [[1, 1, 0]], "skip": True, "to_zero": True}),
    "gates": (ONE, {"lo": 1, "hi": 8, "patterns": [[1, 1, 0], [0, 0, 1]], "gated": True}),
}


@cache
def explained(name):
    table, options = CASES[name]
    document = json.loads(canonical_bytes(path_document(path(*table, **options))))
    return explanation(document, check.check(document)), document


@pytest.mark.parametrize("name", CASES)
def test_the_table_tells_what_certify_finds(name):
    (X, y), options = CASES[name]
    options = {key: value for key, value in options.items() if key not in ("lo", "hi", "to_zero")}
    parts, document = explained(name)
    lemma = next(part for part in parts if part.kind == "lemma")
    intervals, faces = [block for block in lemma.blocks if isinstance(block, Table)]
    for row in intervals.rows:
        number, low, high, width, what = map(plain_text, row)
        lam = ((Fraction(low) + 2 * Fraction(high)) / 3).limit_denominator(1000)
        result = certify(X, y, lam, **options)
        optimum = result.proved()
        assert int(width) == len(optimum.neurons)
        cells = [[plain_text(cell) for cell in r] for r in faces.rows]
        told = [(*sign, f) if sign else ("+", f) for k, *sign, f in cells if k == number]
        assert sorted(told) == sorted(
            ("+" if k.place.sign > 0 else "-", "".join("-0+"[v + 1] for v in k.place.face))
            for k in optimum.neurons
        )
        dimension = f"a polytope of dimension {optimum.nullity}"
        assert what.startswith(
            dimension
            if optimum.nullity
            else "one network"
            if told
            else "no neuron"
            if {"output_bias", "skip"} & set(options)
            else "the zero network"
        )
        if "gated" not in options:
            assert ("one function" in what) <= bool(result.function_unique)
    text = " ".join(plain(parts).split())
    for words in (*document["claims"], *document["left_out"]):
        assert words.replace("two-layer", "two- layer") in text.replace("two-layer", "two- layer")


def made_by(document):
    """The files of the checker that an explanation names."""
    text = " ".join(plain(explanation(document, check.check(document))).split())
    return text.partition("exact integers and fractions by ")[2].partition(" of [polyrelu]")[0]


@pytest.mark.parametrize("name", CASES)
def test_the_files_that_made_the_computations_are_named(name):
    lists = ", blocks.py" * ("list" in name or name == "gates")
    assert made_by(explained(name)[1]) == f"path.py, tube.py, tables.py{lists} and kernel.py"


def test_the_files_that_made_the_computations_of_other_kinds():
    segments = path_document(path([[0], [1], [3]], [1, -1, 1], bias="free", to_zero=True))
    assert made_by(json.loads(canonical_bytes(segments))) == "path.py, segments.py and kernel.py"
    bounds = bounded_document(bounded_path(Problem.of(*ONE), "1", "8", gap=Fraction(1, 20)))
    assert made_by(json.loads(canonical_bytes(bounds))) == "path.py and kernel.py"


SAID = {
    "opposite faces": {"pairs"},
    "forms are told modulo it": {"square"},
    "one more row on which all neurons are 0": {"ridge"},
    "identity of rational": {"four"},
    "lambda falls to 0 the sum": {"one feature", "four", "list beside a column"},
    "columns b_j join at no cost": {"free", "list beside a column"},
    "Around each neuron is a star": {"one feature", "pairs", "four", "free", "ridge", "square"},
    "such a sum over rows of face 0": {"list", "list beside a column"},
    "For a gate d": {"gates"},
    "with this one pattern": {"list", "list beside a column"},
    "with these 2 gates": {"gates"},
}


@pytest.mark.parametrize("words", SAID)
def test_only_what_is_used_is_explained(words):
    texts = {name: " ".join(plain(explained(name)[0]).split()) for name in CASES}
    assert {name for name, text in texts.items() if words in text} == SAID[words]


def test_command_line(tmp_path, capsys):
    document = bounded_document(bounded_path(Problem.of(*ONE), "1", "8", gap=Fraction(1, 10)))
    file = tmp_path / "gap.json"
    file.write_bytes(canonical_bytes(document))
    assert main(["explain", str(file)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "(a) For every lambda from 1 to 8 a mixture of the next stored network below and the next above, of"
        in said
    )
    assert main(["explain", str(file), "--latex", "--fragment"]) == 0
    assert r"\begin{lemma}\label{" in capsys.readouterr().out
    document["claims"].append("And so on.")
    file.write_bytes(canonical_bytes(document))
    assert main(["explain", str(file)]) == 1


@pytest.mark.parametrize("name", CASES)
def test_latex_has_every_formula_closed(name):
    text = latex(explained(name)[0])
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert text.count("$") % 2 == 0
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
