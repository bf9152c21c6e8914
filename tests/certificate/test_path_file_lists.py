"""Proof files of paths among listed patterns, and among gates: true, with their scope, and no lie accepted."""

import copy
import json
import re
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from flint import arb

from polyrelu import enumerate_cells, path
from polyrelu.certificate import path as checker
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.certificate.write_path import path_document
from polyrelu.cli import main
from tests.certificate.path_files import accepted_changes, certified, rejected_as
from tests.certificate.test_certificate_schema import SCHEMA, valid
from tests.certificate.test_path_file import PAGE, alone, file_about, steps
from tests.paths.test_paths_of_lists import OPPOSITE, program

LIST, GATES, PAIR = "six patterns", "all gates", "gates of one feature"
ONE_GATE = (([[1, 0], [0, 1]], [3, 4], 1, 6), {"patterns": [[1, 1]], "gated": True})
SMALL = (([[1], [2], [-1], [0]], [1, 3, 2, 1], "1/2", 8), {"patterns": [[1, 1, 0, 1]]})
DOWN = (([[1], [2], [-1]], [1, 3, 2]), {"patterns": [[1, 1, 0], [0, 0, 1]], "to_zero": True})
SKIP = (([[1], [2], [-1]], [1, 3, 2]), {"patterns": [[1, 1, 0]], "skip": True, "to_zero": True})


def random_case(seed, gated, some):
    X, y, options = program(seed, gated, some)
    return (X, y), options


def beside_columns(seed, more):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(-9, 10, (6, 3)).tolist(), rng.integers(-9, 10, 6).tolist()
    cells = enumerate_cells([row[1:] for row in X]).patterns
    return (X, y), {"patterns": cells[rng.permutation(len(cells))[:8]], **more}


def opposite(name):
    X, y, patterns, gated, low, high = OPPOSITE[name]
    return (X, y, low, high), {"patterns": patterns, "gated": gated}


CASES = {
    LIST: random_case(3, False, True),
    GATES: random_case(3, True, False),
    "some gates": random_case(2, True, True),
    "a free column": beside_columns(1, {"free": [0]}),
    "a free column and an output bias": beside_columns(4, {"free": [0], "output_bias": "free"}),
    "a ridge": (SMALL[0], {**SMALL[1], "output_bias": "ridge"}),
    "one gate": ONE_GATE,
    "one pattern": SMALL,
    "down to 0": DOWN,
    "a skip connection, down to 0": SKIP,
    **{name: opposite(name) for name in OPPOSITE},
}


@cache
def found(name):
    table, options = CASES[name]
    return path(*table, **options)


@cache
def document_of(name):
    return path_document(found(name))


@pytest.mark.parametrize("name", CASES)
def test_what_a_file_claims_is_what_certify_finds(name):
    (X, y, *_), options = CASES[name]
    options = {key: value for key, value in options.items() if key != "to_zero"}
    document = document_of(name)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    assert valid(document, SCHEMA)
    for result in certified(document, X, y, **options):
        assert all(result.proved().support.used)


@pytest.mark.parametrize("name", CASES)
def test_nothing_but_breakpoints_is_left_out(name):
    assert found(name).status == "proved"
    assert len(document_of(name)["left_out"]) == len(found(name).breakpoints)


@pytest.mark.parametrize("name", CASES)
def test_every_sentence_says_among_which_networks(name):
    gated, number = found(name).program.gated, len(found(name).program.listed)
    these = f"these {number} " if number > 1 else "this one "
    these += ("gate" if gated else "pattern") + "s" * (number > 1)
    kind = "gated " * gated + "ReLU"
    for words in document_of(name)["claims"]:
        assert words.startswith(f"Among all two-layer {kind} networks of any width with {these}")
    about = checker.problem_of(document_of(name)["problem"]).about()
    assert f", {kind}, {these}" in about
    if "free column" in name:
        assert all("free column" in words.partition(",")[0] for words in document_of(name)["claims"])


def test_the_limit_at_zero():
    name = "down to 0"
    assert "the least one among all networks that fit best" in document_of(name)["claims"][-1]
    least = found(name).limit.norm(200)
    low, high = re.findall(r"between (\S+) and ([^\s,]+),", document_of(name)["claims"][-1])[0]
    assert Fraction(high) - Fraction(low) < Fraction(high) / 10**18
    assert arb(low).union(arb(high)).overlaps(least)


def sealed(document):
    document["problem_sha256"] = problem_digest(document["problem"])
    return document


def changed(name, **problem):
    """A true file whose problem is another, under the hash of that."""
    document = copy.deepcopy(document_of(name))
    document["problem"] |= problem
    return sealed(document)


def listed(name):
    return list(document_of(name)["problem"]["patterns"])


def holding(name):
    """A pattern that holds a neuron of some interval, alone."""
    faces = [face for one in document_of(name)["intervals"] for face in one["faces"]]
    return next(
        block
        for block in listed(name)
        for face in faces
        if checker.listing.lies_in(face, block)
        and sum(checker.listing.lies_in(face, b) for b in listed(name)) == 1
    )


def one_neuron(X, y, face, patterns, *nodes, gated=False):
    """A file about one neuron between 1 and 2, with an exact root."""
    document = file_about(X, y, [face], [None], *nodes)
    document["problem"] |= {"patterns": patterns, "gated": gated}
    return sealed(document)


def pushed(pattern):
    """The neuron stays on the hyperplane of row 2, as the second target is 2: a pattern may want it beyond."""
    return one_neuron([[1, 0], [0, 1]], [3, 2], "++0", [pattern], (1, [1, 2], [2]), (2, [2, 2], [1]))


LIES = {
    "every neuron lies in a block of the list": lambda: changed(
        LIST, patterns=[p for p in listed(LIST) if p != holding(LIST)]
    ),
    "every block without a neuron stays below lambda": lambda: changed(
        "one pattern", patterns=["0011", "1101"]
    ),
    "a neuron lies strictly inside its face": lambda: one_neuron(
        [[1], [2]], [3, 0], "++-", ["10"], (1, [1, 0], [2]), (2, [2, 0], [1])
    ),
    "a neuron has multipliers for every block that it lies in": lambda: pushed("11"),
}


def test_a_multiplier_that_is_not_wanted_is_none():
    """The other side of the hyperplane is no better, whatever the residual there."""
    with pytest.raises(checker.kernel.Rejected, match="the claims are what was proved"):
        checker.check(pushed("10"))


def test_there_is_a_lie_and_a_line_on_the_page_for_every_step():
    assert set(steps(files=("blocks.py",))) == set(LIES)
    assert [step for step in LIES if f'"{step}"' not in PAGE] == []


@pytest.mark.parametrize("step", LIES)
def test_each_lie_is_rejected_by_its_name(step):
    rejected_as(LIES[step], step)


LIES_ABOUT_THE_SCOPE = {
    "all patterns": (LIST, {"patterns": "cells"}),
    "all gates": (GATES, {"patterns": "cells"}),
    "gates are patterns": (GATES, {"gated": False}),
    "patterns are gates": (LIST, {"gated": True}),
    "a pattern twice": (LIST, {"patterns": [*listed(LIST), listed(LIST)[0]]}),
    "no pattern": (LIST, {"patterns": []}),
    "0 on a zero row": ("one pattern", {"patterns": ["1100"]}),
    "too short": (LIST, {"patterns": ["1"]}),
    "gates with a free column": (GATES, {"free": [["1"]] * 6}),
    "a free hidden bias": ("one pattern", {"free": [["1"]] * 4, "X": [["1", "1"]] * 4, "offset": True}),
    "gated is a number": (LIST, {"gated": 0}),
}


@pytest.mark.parametrize("name", LIES_ABOUT_THE_SCOPE)
def test_another_scope_is_never_accepted(name):
    case, problem = LIES_ABOUT_THE_SCOPE[name]
    with pytest.raises((checker.kernel.Rejected, checker.kernel.Unusable)):
        checker.check(changed(case, **problem))
    unsealed = copy.deepcopy(document_of(case))
    unsealed["problem"] |= problem
    with pytest.raises((checker.kernel.Rejected, checker.kernel.Unusable)):
        checker.check(unsealed)


@pytest.mark.parametrize("name", ["a free column", GATES])
def test_the_claims_name_the_list(name):
    """A pattern that holds no neuron can go: then the file is about fewer networks, and must say so."""
    idle = next(
        p
        for p in listed(name)
        if not any(
            checker.listing.lies_in(f, p) for one in document_of(name)["intervals"] for f in one["faces"]
        )
    )
    fewer = changed(name, patterns=[p for p in listed(name) if p != idle])
    with pytest.raises(checker.kernel.Rejected, match="the claims are what was proved"):
        checker.check(fewer)
    claims, _ = checker.proved_by(fewer)
    assert all(f"these {len(listed(name)) - 1} " in words for words in claims)


@pytest.mark.parametrize("name", ["one gate", "one pattern", "gates of one feature"])
def test_what_a_changed_file_proves_is_true(name):
    accepted = list(accepted_changes(document_of(name)))
    assert len(accepted) > 3
    for mutant in accepted:
        assert_true(mutant)


def assert_true(document):
    """`certify` finds the same neurons inside of every interval."""
    problem = checker.problem_of(document["problem"])
    X, y = ([[Fraction(v) for v in row] for row in document["problem"]["X"]], document["problem"]["y"])
    options = {"patterns": [[int(bit) for bit in p] for p in problem.blocks], "gated": problem.gated}
    certified(document, X, list(map(Fraction, y)), **options)


def test_bare_python_is_enough(tmp_path):
    for name in (LIST, GATES):
        file = tmp_path / "file.json"
        file.write_bytes(canonical_bytes(document_of(name)))
        told = alone(file)
        assert told.returncode == 0, told.stdout
        assert told.stdout.count("proved: Among all two-layer") == len(document_of(name)["claims"])


def test_bounds_are_about_all_patterns():
    document = copy.deepcopy(document_of(LIST)) | {"kind": "bounded path", "nodes": []}
    del document["intervals"]
    with pytest.raises(checker.kernel.Unusable, match="bounds are about all patterns"):
        checker.check(document)


def test_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("1,0,3\n0,1,4\n")
    (tmp_path / "list.csv").write_text("1,1\n")
    (tmp_path / "other.csv").write_text("1,0\n")
    ends = ["--from", "1", "--to", "6"]
    for options in (["--gated", "--patterns", "list.csv"], ["--patterns", "list.csv"], ["--gated"]):
        assert main(["path", "data.csv", *options, *ends, "--out", "path.json"]) == 0
        assert "path.json left out: " in capsys.readouterr().out
        assert main(["check", "path.json", "--data", "data.csv", *options]) == 0
        assert "ACCEPTED" in capsys.readouterr().out
        for wrong in ([], ["--patterns", "other.csv"]):
            assert main(["check", "path.json", "--data", "data.csv", *wrong]) == 1
            assert "REJECTED: problem: this is a proof of another problem" in capsys.readouterr().out
    assert main(["explain", "path.json"]) == 0
    assert "gate" in capsys.readouterr().out
