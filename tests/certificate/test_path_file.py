"""Proof files of paths: accepted by bare Python, true, and every lie rejected by the step that finds it."""

import ast
import copy
import json
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from flint import arb

from polyrelu import path
from polyrelu.certificate import check
from polyrelu.certificate import path as checker
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.certificate.write_path import bounded_document, path_document
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.paths.bounded import bounded_path
from tests.certificate.path_files import (
    accepted_changes,
    broken_and_refused,
    certified,
    intervals,
    rejected_as,
)
from tests.certificate.test_certificate_schema import SCHEMA, valid

HERE = Path(checker.__file__)
PAGE = (Path(__file__).parents[2] / "docs" / "theory" / "proof_files.md").read_text()


def table(seed, n=6, d=2):
    rng = np.random.default_rng(seed)
    return rng.integers(-9, 10, (n, d)).tolist(), rng.integers(-9, 10, n).tolist()


ONE = ([[1], [2], [-1]], [1, 3, 2])
SIXTH = ([[5, 0], [3, 4], [3, -4], [-5, 0], [-3, -4], [-3, 4]], [2, 0, 1, 1, 5, 3])
TABLES = {
    "one feature": (ONE, "1", "8"),
    "unit rows": (([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [3, 4, -5]), "1", "6"),
    "pairs that share their weight": (SIXTH, "1", "8"),
    "a zero row, and parallel rows": (([[1, 1], [0, 0], [2, -1], [4, -2]], [1, 5, 2, 1]), None, None),
    "random": (table(0, 5), "10", None),
}
DOWN = {
    "one feature": ONE,
    "four points": ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]),
    "octahedron": ([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]], [2, 3, 6, 2, 3, 6]),
    "some enter later": (
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]],
        [1, 1, 1, 2, 1, 1],
    ),
    "what nothing fits": ([[1, 1], [0, 0], [2, -1], [4, -2]], [1, 5, 2, 1]),
}
"""Down to 0; some with neurons that depend on others for every lambda."""
CONFINED = {
    "a target is 0": ([[5, 5], [7, -1], [5, -5], [1, -7], [-7, 1], [-1, 7]], [0, 1, 1, 1, 1, 1]),
    "eight points": (
        [[1, 2], [2, -1], [-2, -1], [-2, 1], [2, 1], [-1, 2], [-1, -2], [1, -2]],
        [0, 2, 1, 0, 0, -2, 1, 0],
    ),
    "a unit square": ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 5, 5, 0]),
    "a square with equal targets": ([[0, 0], [0, 1], [1, 0], [1, 1]], [5, 5, 5, 5]),
}
LOWEST = {"eight points": "7/2", "a target is 0": "1/2"}
"""Where a path begins whose confined interval is one of the last."""
"""With multipliers that are 0 for every lambda, on the space of all residuals; in a square because of identities."""
FREE = {
    "an output bias": (table(1, 5), {"output_bias": "free"}),
    "affine": (table(3, 5), {"output_bias": "free", "skip": True}),
    "four points, output bias": (([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]), {"output_bias": "free"}),
    "a column": (table(2, 5, 3), {"free": [0]}),
}
RIDGES = {
    "a ridge": ((*table(1, 5), 3), {"output_bias": "ridge"}),
    "a ridge and a skip connection": ((*table(3, 5), 3), {"output_bias": "ridge", "skip": True}),
    "pairs beside a ridge": (SIXTH, {"output_bias": "ridge"}),
    "four points beside a ridge": (
        ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]),
        {"output_bias": "ridge"},
    ),
}


@cache
def found(name):
    if name in CONFINED:
        return path(*CONFINED[name], LOWEST.get(name))
    if name.startswith("to zero: "):
        return path(*DOWN[name[9:]], to_zero=True)
    (X, y), low, high = TABLES[name]
    return path(X, y, low, high)


@cache
def document_of(name):
    return path_document(found(name))


@cache
def bounded():
    return bounded_document(bounded_path(Problem.of(*ONE), "1", "8", gap=Fraction(1, 20)))


@pytest.mark.parametrize("name", TABLES)
def test_what_a_file_claims_is_what_certify_finds(name):
    document = document_of(name)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    for result in certified(document, *TABLES[name][0]):
        assert all(result.proved().support.used)


@pytest.mark.parametrize("name", DOWN)
def test_down_to_zero_nothing_but_breakpoints_is_left_out(name):
    (X, y), document = DOWN[name], document_of("to zero: " + name)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    assert len(document["left_out"]) == len(found("to zero: " + name).breakpoints)
    assert document["claims"][0].startswith("For every lambda > 0 up to ")
    low, high = re.findall(r"between (\S+) and ([^\s,]+),", document["claims"][-1])[0]
    assert Fraction(high) - Fraction(low) < Fraction(high) / 10**18
    assert arb(low).union(arb(high)).overlaps(found("to zero: " + name).limit.norm(200))
    for result in certified(document, X, y):
        assert all(result.proved().support.used)


def is_true_of_this_setting_alone(document, asked, key):
    """Its intervals are what `certify` finds, and it proves nothing of the table without what `key` adds."""
    X, y, options = asked
    certified(document, X, y, **options)
    plain = copy.deepcopy(document)
    del plain["problem"][key]
    plain["problem_sha256"] = problem_digest(plain["problem"])
    with pytest.raises(checker.kernel.Rejected):
        checker.check(plain)


@pytest.mark.parametrize("name", RIDGES)
def test_a_ridge(name):
    (X, y, *low), options = RIDGES[name]
    found = path(X, y, *low, **options)
    document = path_document(found)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    assert valid(document, SCHEMA)
    assert len(document["left_out"]) == len(found.breakpoints) > 0
    assert "a ridge output bias" in document["claims"][0]
    is_true_of_this_setting_alone(document, (X, y, options), "ridge")


@pytest.mark.parametrize("name", CONFINED)
def test_multipliers_that_are_zero_for_every_lambda(name):
    (X, y), document = CONFINED[name], document_of(name)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    assert valid(document, SCHEMA)
    assert len(document["left_out"]) == len(found(name).breakpoints)
    problem = checker.problem_of(document["problem"])
    assert any("confined" in one for one in document["intervals"])
    for one, result in zip(document["intervals"], certified(document, X, y), strict=True):
        for identity in one.get("identities", []):
            assert valid(identity, SCHEMA["$defs"]["path_identity"])
        if "confined" in one:
            system = checker.tube.system_of(problem, one["faces"], checker.shares_of(one["shares"], None), [])
            off = checker.confined(problem, system, one.get("identities", [])).base.basis
            nu = [arb(lo).union(arb(hi)) for lo, hi in result.residual(40)]
            assert all(sum(a * v for a, v in zip(row, nu, strict=True)).contains(0) for row in off)


@pytest.mark.parametrize("name", FREE)
def test_free_columns(name):
    (X, y), options = FREE[name]
    found = path(X, y, to_zero=True, **options)
    document = path_document(found)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    assert valid(document, SCHEMA)
    assert len(document["left_out"]) == len(found.breakpoints) > 0
    assert f"with {len(document['problem']['free'][0])} free column" in document["claims"][0]
    assert "one function" not in " ".join(document["claims"])
    is_true_of_this_setting_alone(document, (X, y, options), "free")


def test_what_is_free_and_has_no_intervals():
    document = copy.deepcopy(document_of("one feature"))
    document["problem"] |= {"free": [["1"], ["2"], ["-1"]], "offset": True}
    with pytest.raises(checker.kernel.Unusable, match="the last column of X is 1"):
        checker.check(document)
    ones = [["1"]] * 3
    document["problem"] |= {"X": ones, "free": ones}
    document["problem_sha256"] = problem_digest(document["problem"])
    with pytest.raises(checker.kernel.Unusable, match="with a free hidden bias a face is 0 on a row"):
        checker.check(document)
    document["problem"] = document_of("one feature")["problem"] | {"free": [["1", "2"]] * 3}
    document["problem_sha256"] = problem_digest(document["problem"])
    with pytest.raises(checker.kernel.Unusable, match="free columns are independent"):
        checker.check(document)


@pytest.mark.parametrize("options", [{"skip": True}, {"bias": "free"}])
def test_bounds_with_what_is_free(options):
    document = bounded_document(bounded_path(Problem.of(*table(4, 5), **options), gap=Fraction(1, 10)))
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    assert valid(document, SCHEMA)
    shifted_ = copy.deepcopy(document)
    numerators = shifted_["nodes"][0]["nu"]["numerators"]
    numerators[0] = str(int(numerators[0]) + 1)
    with pytest.raises(checker.kernel.Rejected, match="nu is orthogonal to the free columns"):
        checker.check(shifted_)


@pytest.mark.parametrize("name", ["one feature", "pairs that share their weight", "random"])
def test_little_is_left_out(name):
    whole_path, document = found(name), document_of(name)
    assert len(document["left_out"]) == len(whole_path.breakpoints)
    whole = sum(high - low for low, high, *_ in intervals(document))
    assert whole > Fraction(9999, 10000) * (whole_path.high - whole_path.low)
    assert sum("there is a breakpoint" in words for words in document["claims"]) == len(
        whole_path.breakpoints
    )


def test_a_file_about_pairs_says_how_many_networks_there_are():
    (claim, *_) = document_of("pairs that share their weight")["claims"]
    assert "a polytope of dimension 1, and all are one function on R^d" in claim


def alone(file, *arguments):
    """The answer of the checkers, copied to a place without the package."""
    folder = file.parent / "alone"
    folder.mkdir(exist_ok=True)
    for name in ("check.py", "kernel.py", "path.py", "tube.py", "tables.py", "blocks.py", "segments.py"):
        shutil.copy(HERE.with_name(name), folder)
    command = [sys.executable, "-I", "-S", str(folder / "check.py"), str(file), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_bare_python_is_enough(tmp_path):
    for k, document in enumerate((document_of("random"), bounded())):
        file = tmp_path / f"{k}.json"
        file.write_bytes(canonical_bytes(document))
        told = alone(file)
        assert told.returncode == 0, told.stdout
        first, verdict, *rest = told.stdout.splitlines()
        assert "lambda from" in first
        assert verdict == "ACCEPTED"
        assert [line[len("  proved: ") :] for line in rest if "proved:" in line] == document["claims"]
        assert [line[len("  not claimed: ") :] for line in rest if "not claimed" in line] == document[
            "left_out"
        ]
    (tmp_path / "alone" / "kernel.py").unlink()
    command = [sys.executable, "-I", str(tmp_path / "alone" / "check.py"), str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (told.returncode, "needs kernel.py beside" in told.stdout) == (2, True)


@pytest.mark.parametrize("arguments", [(), ("proof.json",)])
def test_a_part_that_is_run_alone_says_what_to_run(arguments):
    """With the exit status 0 it would seem to have accepted the file."""
    command = [sys.executable, "-I", str(HERE), *arguments]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stdout.startswith("UNUSABLE: ")
    assert "python3 -I check.py FILE" in told.stdout


def changed(name="one feature", seal=False, **places):
    """A copy of a true file; `places` are functions that change a part."""
    document = copy.deepcopy(document_of(name))
    for key, change in places.items():
        change(document[key])
    if seal:
        document["problem_sha256"] = problem_digest(document["problem"])
    return document


def shifted(intervals):
    intervals[0]["nodes"][-1]["lambda"] = "2"


def dropped(intervals):
    del intervals[1]


def swapped(intervals):
    intervals[0]["faces"], intervals[0]["shares"] = intervals[1]["faces"], intervals[1]["shares"]
    for node in intervals[0]["nodes"]:
        node["weights"] = node["weights"][:1]


def without_a_neuron(intervals):
    intervals[0]["faces"].pop(), intervals[0]["shares"].pop()
    for node in intervals[0]["nodes"]:
        node["weights"].pop()


def too_long(intervals):
    intervals[0]["nodes"][1:-1] = []


def node_of(lam, nu, weights):
    return {
        "lambda": str(lam),
        "denominator": "1",
        "nu": list(map(str, nu)),
        "weights": list(map(str, weights)),
    }


def file_about(X, y, faces, shares, *nodes):
    spec = {"X": [[str(v) for v in row] for row in X], "y": list(map(str, y)), "from": "1", "to": "2"}
    spec = {**spec, "gated": False, "patterns": "cells"}
    head = {"format": "polyrelu-proof", "version": 2, "kind": "path", "claims": [], "left_out": []}
    parts = [{"faces": faces, "shares": shares, "nodes": [node_of(*node) for node in nodes]}]
    return {**head, "problem": spec, "problem_sha256": problem_digest(spec), "intervals": parts}


def backwards(intervals):
    intervals[0]["nodes"].reverse()


def beyond(problem):
    problem["to"] = "7"


def set_to(key, value):
    def change(intervals):
        intervals[0][key] = value

    return change


def a_share(value):
    def change(intervals):
        shares = intervals[0]["shares"]
        shares[next(k for k, share in enumerate(shares) if share not in (None, "solved"))] = value

    return change


def fewer_solved(intervals):
    shares = intervals[0]["shares"]
    shares[shares.index("solved")] = "1/2"
    for node in intervals[0]["nodes"]:
        node["weights"].pop()


def acting_rest():
    """Half of the targets is out of reach of the one neuron, and not of others."""
    document = file_about([[1], [-1]], [3, 5], ["++-"], [None], (1, [1, 0], [2]), (2, [1, 0], [1]))
    for node in document["intervals"][0]["nodes"]:
        node["eta"] = node.pop("nu")
    return document


def a_dependent(key, values):
    def change(intervals):
        intervals[0]["dependent"][0][key] = values

    return change


def off_the_space(intervals):
    nu = next(one for one in intervals if "confined" in one)["nodes"][0]["nu"]
    nu[0] = str(int(nu[0]) + 1)


def with_identities(intervals):
    return next(one for one in intervals if "identities" in one)


def without(*keys):
    def change(intervals):
        for one in intervals:
            for key in keys:
                one.pop(key, None)

    return change


def another_factor(intervals):
    zero = with_identities(intervals)["identities"][0]["zero"]
    zero[1] = str(int(zero[1]) + 1)


def other_is_zero():
    """A form that is 0 at a node stands for the other factor."""
    document = document_of("a unit square")
    one, problem = with_identities(document["intervals"]), checker.problem_of(document["problem"])
    system = checker.tube.system_of(problem, one["faces"], one["shares"], [])
    problem = checker.confined(problem, system, one["identities"])
    nodes = [checker.node_of(problem, node, len(one["faces"]), scaled=False) for node in one["nodes"][:2]]
    checker.show_piece(problem, one["faces"], system, nodes)
    forms = [[0, nodes[0].m[2], -nodes[0].m[1], 0]]
    checker.show_piece(problem._replace(others=forms), one["faces"], system, nodes)


PAIRS = "pairs that share their weight"
FOUR = "to zero: four points"
LIES = {
    "a tube around each chord holds one root for every lambda": lambda: file_about(
        [[1]], [3], ["++"], [None], (1, [1], [2]), (2, [-2], [1])
    ),
    "the system of a chord is regular at its middle": lambda: file_about(
        [[1]], [3], ["++"], [None], (1, [0], [0]), (2, [0], [0])
    ),
    "as many pairs are solved for as their directions have dimensions": lambda: changed(
        PAIRS, intervals=fewer_solved
    ),
    "the faces are sorted, each once": lambda: changed(intervals=lambda i: i[0]["faces"].reverse()),
    "a share lies between 0 and 1": lambda: changed(PAIRS, intervals=a_share("1")),
    "no neuron is listed twice": lambda: file_about(
        [[1]], [3], ["++", "+-"], ["solved", "1/2"], (1, [1], [2, 1, 1]), (2, [2], [1, 1, 1])
    ),
    "the nodes are in increasing order": lambda: changed(intervals=backwards),
    "an interval lies between both ends": lambda: changed(seal=True, problem=beyond),
    "every weight is positive": lambda: file_about(
        [[1]], [0], ["++"], [None], (1, [1], [-1]), (2, [2], [-2])
    ),
    "the difference of two squares is a product on the space": lambda: changed(
        "a unit square", intervals=another_factor
    ),
    "the other factor of an identity is not 0": other_is_zero,
    "the nodes of a confined interval lie in its space": lambda: changed(
        "a target is 0", intervals=off_the_space
    ),
    "a dependent neuron depends on the others for every lambda": lambda: changed(
        FOUR, intervals=a_dependent("activation", ["1", "-1", "2"])
    ),
    "what no neuron fits acts on no direction": acting_rest,
    "the intervals are in increasing order": lambda: changed(intervals=lambda i: i.reverse()),
    "the SHA-256 of the problem is ": lambda: changed(problem=beyond),
    "the claims are what was proved: ": lambda: changed(intervals=dropped),
    "what is left out is told: ": lambda: changed(left_out=lambda left: left.pop()),
}
OTHERS = {
    "a neuron is dropped": (without_a_neuron, "a neuron lies strictly inside its face"),
    "another structure": (swapped, "a neuron lies strictly inside its face"),
    "the end is shifted across a breakpoint": (shifted, "every weight is positive"),
}


ELSEWHERE = ("segment_claims",)
"""What is tested of exact segments: see test_exact_path_file; for lists, test_path_file_lists."""


def steps(*functions, files=("path.py", "tube.py")):
    """The sentences of all calls of `need`, and of what is rejected outright, in some functions or in all others."""
    trees = [ast.parse(HERE.with_name(name).read_text()) for name in files]
    named = [(part, getattr(part, "name", "")) for tree in trees for part in tree.body]
    wanted = [part for part, name in named if (name in functions if functions else name not in ELSEWHERE)]
    for node in (node for part in wanted for node in ast.walk(part)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("need", "Rejected"):
                text = node.args[-1]
                while isinstance(text, ast.BinOp):
                    text = text.left
                yield text.value


def oblique(document):
    document["problem"]["free"] = [["1"], ["1"], ["1"]]
    document["problem_sha256"] = problem_digest(document["problem"])
    for node in document["nodes"]:
        node["network"]["coefficients"] = ["0"]


BOUNDED = {
    "nu is orthogonal to the free columns": oblique,
    "the first and the last node are the ends of the path": lambda d: d["nodes"].pop(),
    "the lower bound of a node is positive": lambda d: d["nodes"][0].update(t="0"),
}


@pytest.mark.parametrize("step", LIES)
def test_each_lie_is_rejected_by_its_name(step):
    rejected_as(LIES[step], step)


@pytest.mark.parametrize("name", OTHERS)
def test_other_lies(name):
    change, words = OTHERS[name]
    with pytest.raises(checker.kernel.Rejected, match=words):
        checker.check(changed(intervals=change))


WEIGHTS = {
    "one of a pair has less than nothing": lambda: file_about(
        [[1], [-1]], [0, 5], ["++-"], ["solved"], (1, [1, 1], [3, 4]), (2, [2, 2], [1, 3])
    ),
    "a dependent neuron has too much": lambda: changed(
        FOUR, intervals=a_dependent("weight", ["1", "1", "1"])
    ),
    "a dependent neuron has nothing": lambda: changed(FOUR, intervals=a_dependent("weight", ["0", "0", "0"])),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_shared_weights_are_positive(name):
    with pytest.raises(checker.kernel.Rejected, match="every weight is positive"):
        checker.check(WEIGHTS[name]())


def test_a_dependent_neuron_that_is_left_out_is_missed():
    with pytest.raises(checker.kernel.Rejected):
        checker.check(changed(FOUR, intervals=lambda i: i[0].pop("dependent")))
    swapped = changed(FOUR, intervals=a_dependent("face", "+++++"))
    with pytest.raises(checker.kernel.Rejected, match="depends on the others"):
        checker.check(swapped)


def test_without_its_space_an_interval_is_not_shown():
    with pytest.raises(checker.kernel.Rejected, match="multipliers"):
        checker.check(changed("a target is 0", intervals=without("confined", "identities")))
    with pytest.raises(checker.kernel.Rejected, match="multipliers"):
        checker.check(
            changed("a unit square", intervals=lambda i: [one.pop("identities", None) for one in i])
        )
    for value in (False, 1, "true"):
        with pytest.raises(checker.kernel.Unusable, match="confined is true"):
            checker.check(changed("a target is 0", intervals=set_to("confined", value)))


def test_an_interval_to_zero_is_scaled():
    """The residual itself is 0 there, and no node for it is read."""

    def plain(intervals):
        for node in intervals[0]["nodes"]:
            node["nu"] = node.pop("eta")

    with pytest.raises(checker.kernel.Unusable, match="lambda must be positive"):
        checker.check(changed(FOUR, intervals=plain))


def test_a_chord_that_is_too_long_is_rejected():
    assert any(len(one["nodes"]) > 3 for one in document_of("random")["intervals"])
    with pytest.raises(checker.kernel.Rejected):
        checker.check(changed("random", intervals=too_long))


@pytest.mark.parametrize("step", BOUNDED)
def test_each_lie_about_bounds_is_rejected_by_its_name(step):
    document = copy.deepcopy(bounded())
    BOUNDED[step](document)
    rejected_as(lambda: document, step)


def test_other_lies_about_bounds():
    for change in (
        lambda d: d["nodes"][1]["nu"].update(denominator="1"),
        lambda d: d["nodes"][1].update({"lambda": "1"}),
        lambda d: d["nodes"].pop(1),
        lambda d: d["claims"].append("And so on."),
    ):
        document = copy.deepcopy(bounded())
        change(document)
        with pytest.raises(checker.kernel.Rejected):
            checker.check(document)


def test_there_is_a_lie_and_a_line_on_the_page_for_every_step():
    assert set(steps()) == set(LIES) | set(BOUNDED)
    assert [step for step in steps() if f'"{step.rstrip(": ")}' not in PAGE] == []


def test_random_changes_are_never_accepted():
    """A digit of any number changed: rejected, or unusable."""
    rng = np.random.default_rng(0)
    text = canonical_bytes(document_of("one feature")).decode()
    digits = [
        k for k, letter in enumerate(text) if letter.isdigit() and k > text.index("problem_sha256") + 90
    ]
    digits += [k for k in range(text.index('"intervals"'), text.index('"kind"')) if text[k].isdigit()]
    for k in rng.choice(digits, 60):
        mutant = text[:k] + str((int(text[k]) + rng.integers(1, 10)) % 10) + text[k + 1 :]
        try:
            answer = checker.check(json.loads(mutant))
        except (checker.kernel.Rejected, checker.kernel.Unusable):
            continue
        assert answer == (document_of("one feature")["claims"], document_of("one feature")["left_out"])


@pytest.mark.parametrize("name", ["one feature", "a unit square"])
def test_what_a_changed_file_proves_is_true(name):
    accepted = list(accepted_changes(document_of(name)))
    assert len(accepted) > 3
    for mutant in accepted:
        X, y = mutant["problem"]["X"], mutant["problem"]["y"]
        certified(mutant, [list(map(Fraction, row)) for row in X], list(map(Fraction, y)))


@pytest.mark.parametrize("kind", [PAIRS, FOUR, "a unit square", "bounded path"])
def test_the_schema_describes_what_is_written_and_what_breaks_it_is_refused(kind):
    document = bounded() if kind == "bounded path" else document_of(kind)
    assert broken_and_refused(document) > 50


def test_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text("1,1\n2,3\n-1,2\n")
    Path("other.csv").write_text("1,1\n2,3\n-1,3\n")
    assert main(["path", "data.csv", "--from", "1", "--to", "8", "--out", "path.json.gz"]) == 0
    assert "left out: the optimal networks for lambda between 1.999998" in capsys.readouterr().out
    assert main(["check", "path.json.gz", "--data", "data.csv"]) == 0
    assert capsys.readouterr().out.startswith("3 rows, 1 column, lambda from 1 to 8, ReLU")
    assert main(["check", "path.json.gz", "--data", "other.csv"]) == 1
    assert "REJECTED: problem: this is a proof of another problem" in capsys.readouterr().out
    assert main(["check", "path.json.gz", "--lam", "1", "--data", "data.csv"]) == 2
    assert main(["check", "path.json.gz", "--gated", "--data", "data.csv"]) == 1
    assert main(["path", "data.csv", "--at", "1", "--out", "x.json"]) == 2
    assert main(["path", "data.csv", "--from", "1", "--to", "8", "--gap", "1/10", "--out", "gap.json"]) == 0
    assert main(["check", "gap.json", "--data", "data.csv", "--json"]) == 0
    check_answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert check_answer["status"] == "accepted"
    assert check.main(["path.json.gz"]) == 0
