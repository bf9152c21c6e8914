"""Proof files of paths with a free hidden bias and several features: true, with their scope, and no lie accepted."""

import copy
import json
import re
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from flint import arb

from polyrelu import path
from polyrelu.certificate import check
from polyrelu.certificate import path as checker
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.certificate.write_path import path_document
from polyrelu.cli import main
from polyrelu.exact.rational import to_fmpq
from polyrelu.prose.explanation import explanation
from polyrelu.prose.plain import plain
from tests.certificate.path_files import (
    accepted_changes,
    broken_and_refused,
    certified,
    intervals,
    rejected_as,
)
from tests.certificate.test_certificate_schema import SCHEMA, valid
from tests.certificate.test_path_file import PAGE, alone, steps

tables = checker.tables


def table(seed, n, d):
    pick = np.random.default_rng(seed)
    return pick.integers(-99, 100, (n, d)).tolist(), pick.integers(-99, 100, n).tolist()


CHAIN = [[7, 3], [0, -4], [-4, -9], [-8, -9], [-6, 6], [3, 8]], [0, 2, 9, 4, 3, 1]
CASES = {
    "two features": (table(2, 4, 2), {"lo": 700, "hi": 2000}),
    "down to 0": (table(4, 5, 2), {"hi": 1450, "to_zero": True}),
    "a linear term": (table(6, 4, 2), {}),
    "three features": (table(3, 4, 3), {}),
    "families": (table(0, 4, 3), {}),
    "a chain": (CHAIN, {"hi": 1}),
    "skip": (table(4, 5, 2), {"skip": True}),
    "equal rows": (([[1, 0], [1, 0], [-1, 2], [3, -1]], [3, 4, 3, -4]), {}),
    "rows on one line": (([[1, 0], [2, 0], [4, 0], [3, 0], [0, 1]], [3, 4, 3, -4, 1]), {"lo": "3/2"}),
}
"""Some between ends that leave a few intervals, of different kinds."""
MOST = 40
"""Of some 600 changes so many are drawn; all of them take minutes."""
SCOPE = "among all two-layer ReLU networks of any width with a free hidden bias and"


@cache
def found(name):
    (X, y), options = CASES[name]
    return path(X, y, bias="free", **options)


@cache
def document_of(name):
    return path_document(found(name))


def is_true(document, **options):
    """`certify` finds the same neurons inside of every interval, all of them used."""
    X, y = ([[Fraction(v) for v in row[:-1]] for row in document["problem"]["X"]], document["problem"]["y"])
    results = certified(document, X, list(map(Fraction, y)), bias="free", **options)
    for result, (_, _, faces, _) in zip(results, intervals(document), strict=True):
        assert len(list(result.proved().used)) == len(faces)
    return True


@pytest.mark.parametrize("name", CASES)
def test_what_a_file_claims_is_what_certify_finds(name):
    document = document_of(name)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], document["left_out"])
    assert valid(document, SCHEMA)
    assert is_true(document, **{k: v for k, v in CASES[name][1].items() if k == "skip"})


@pytest.mark.parametrize("name", CASES)
def test_nothing_but_breakpoints_is_left_out(name):
    assert found(name).status == "proved"
    lams = [float(b.lam) for b in found(name).breakpoints]
    apart = 1 + sum(b > a * (1 + 3e-6) for a, b in pairwise(lams))  # closer ones are left out together
    assert len(document_of(name)["left_out"]) == apart > 0
    told = sum("there is a breakpoint" in words for words in document_of(name)["claims"])
    assert told == apart


@pytest.mark.parametrize("name", CASES)
def test_every_sentence_says_among_which_networks(name):
    assert all(SCOPE in words[0].lower() + words[1:] for words in document_of(name)["claims"])
    assert "a free hidden bias" in checker.problem_of(document_of(name)["problem"]).about()


@pytest.mark.parametrize("name", [name for name in CASES if name != "down to 0"])
def test_kinks_that_can_move_are_told(name):
    """As `certify` counts families and linear terms: then not all optimal networks are one function."""
    ends = [(low, high) for low, high, *_ in intervals(document_of(name))]
    for (low, high), words in zip(ends, document_of(name)["claims"], strict=False):
        interval = next(i for i in found(name).intervals if i.holds(to_fmpq((low + high) / 2)))
        free = any(len(run) > 1 for run in interval.families) or any(
            -1 not in p.face for p in interval.places
        )
        assert ("kinks can move at no cost" in words) == free
        assert ("whose kinks all meet a row, " in words) == free


def test_the_limit_at_zero():
    words = document_of("down to 0")["claims"][-1]
    low, high = re.findall(r"between (\S+) and ([^\s,]+),", words)[0]
    assert Fraction(high) - Fraction(low) < Fraction(high) / 10**18
    assert arb(low).union(arb(high)).overlaps(found("down to 0").limit.norm(200))


def test_families_and_linear_terms_are_among_the_cases():
    parts = [one for name in CASES for one in document_of(name)["intervals"]]
    assert any(one.get("identities") for one in parts)
    assert any(one.get("dependent") for one in parts)
    assert any(any(one["shares"]) for one in parts)
    assert any(side.count("0") > 1 for one in parts for side in one["faces"])


# -------------------------------------------------------------------------------- stars from beside


def above(lines, side, star, spread):
    """Whether a direction lies in a star: lines that may bend up have its side, or 0."""
    C = [star.sign * c for c in lines.C]
    return all(
        s * z >= 0 and (z == 0 or s)
        for c, s, z, most in zip(C, star.side, side, spread, strict=True)
        if c > -most
    )


@pytest.mark.parametrize("name", ["a chain", "families"])
def test_stars_from_beside_hold_what_they_say(name):
    """At directions close to the neuron and far from it."""
    pick, problem, tried = np.random.default_rng(0), checker.problem_of(document_of(name)["problem"]), 0
    for one in document_of(name)["intervals"]:
        if "confined" in one or not one["faces"]:
            continue
        shares = checker.shares_of(one["shares"], len(one["faces"]))
        further = checker.further_of(problem, one.get("dependent", []), shares)
        tight = checker.all_faces(one["faces"], shares, further)
        width = len(one["faces"]) + shares.count("solved")
        nodes = [checker.node_of(problem, one["nodes"][k], width, "eta" in one["nodes"][0]) for k in (-2, -1)]
        views = tables.show(problem, tight, nodes, Fraction(1, 10**15))
        for (j, rows), view in zip(problem.base.tables(), views, strict=True):
            lines = tables.lines_at(problem, nodes[0], rows)
            spread = [Fraction(1, 10**15) * lines.unit * x for x in lines.spread]
            for face in view.beside:
                star, own = tables.star_beside(face, lines), own_star(problem, face, nodes[0])
                for size in (1, 100, 10**4, 10**6):
                    u = [
                        round(size * 1000 * float(w)) + int(v)
                        for w, v in zip(own.w, pick.integers(-999, 1000, 9), strict=False)
                    ]
                    side = [checker.dot(v, u) for v in lines.V]
                    if face[j + 1] != "0" and above(lines, side, star, spread):
                        tried += 1
                        f = sum(m * max(0, checker.dot(row, u)) for m, row in zip(lines.m, rows, strict=True))
                        assert star.sign * f <= checker.dot(own.w, u) * lines.unit
    assert tried > 10


def own_star(problem, face, node):
    """In the table of a row on which the face is 0."""
    rows = checker.tube.table_of(problem.base, face)
    lines = tables.lines_at(problem, node, rows)
    return tables.stars_of(problem, [face], node, lines, Fraction(1, 10**15))[face]


# -------------------------------------------------------------------------------- lies


def sealed(document):
    document["problem_sha256"] = problem_digest(document["problem"])
    return document


def changed(change, name="two features", seal=False):
    document = copy.deepcopy(document_of(name))
    change(document)
    return sealed(document) if seal else document


def on_a_row_that_bends_up():
    """A root with positive weights, whose kink moves to the left at a gain."""
    ones = [["1"]] * 3
    spec = {
        "X": [["0", "1"], ["1", "1"], ["2", "1"]],
        "y": ["-3", "0", "3"],
        "from": "1",
        "to": "2",
        "free": ones,
    }
    spec |= {"gated": False, "patterns": "cells", "offset": True}
    nodes = [
        {"lambda": "1", "denominator": "1", "nu": ["-2", "1", "1"], "weights": ["3"]},
        {"lambda": "2", "denominator": "2", "nu": ["-5", "1", "4"], "weights": ["3"]},
    ]
    head = {"format": "polyrelu-proof", "version": 2, "kind": "path", "claims": [], "left_out": []}
    return sealed(
        {**head, "problem": spec, "intervals": [{"faces": ["+-0+"], "shares": [None], "nodes": nodes}]}
    )


LIES = {"a kink meets a row where it can be highest": on_a_row_that_bends_up}


@pytest.mark.parametrize("step", LIES)
def test_each_lie_is_rejected_by_its_name(step):
    rejected_as(LIES[step], step)


def test_there_is_a_lie_and_a_line_on_the_page_for_every_step():
    assert set(steps(files=("tables.py",))) == set(LIES)
    assert [step for step in LIES if f'"{step}"' not in PAGE] == []


def without_a_neuron(document):
    one = max(document["intervals"], key=lambda one: len(one["faces"]))
    one["faces"].pop(), one["shares"].pop()
    for node in one["nodes"]:
        node["weights"].pop()


def across(document):
    """An interval that goes on beyond the breakpoint above."""
    below, there = document["intervals"][:2]
    below["nodes"][-1]["lambda"] = there["nodes"][1]["lambda"]
    del document["intervals"][1]


def joined(document):
    """The same neurons on both sides of a breakpoint."""
    below, there = document["intervals"][:2]
    there["faces"], there["shares"] = below["faces"], below["shares"]
    for node in there["nodes"]:
        node["weights"] = ([*node["weights"], "1"] * 2)[: len(below["faces"])]


def turned(document):
    """A kink on another row."""
    one = document["intervals"][0]
    one["faces"][-1] = one["faces"][-1].translate({ord("0"): "-", ord("-"): "0"})
    one["faces"].sort()


def floating(document):
    one = document["intervals"][0]
    one["faces"][-1] = one["faces"][-1].replace("0", "+")
    one["faces"].sort()


def half(document):
    one = document["intervals"][0]
    one["nodes"][0]["nu"][0] = str(int(one["nodes"][0]["nu"][0]) // 2)


@pytest.mark.parametrize("lie", [without_a_neuron, across, joined, turned, floating, half])
@pytest.mark.parametrize("name", ["two features", "three features"])
def test_other_lies(lie, name):
    document = changed(lie, name)
    with pytest.raises((checker.kernel.Rejected, checker.kernel.Unusable)):
        checker.proved_by(document)


@pytest.mark.parametrize("name", ["two features", "skip", "three features"])
def test_another_setting_is_never_accepted(name):
    for key in ("offset", "free"):
        for seal in (True, False):
            document = changed(lambda d, key=key: d["problem"].pop(key), name, seal)
            with pytest.raises((checker.kernel.Rejected, checker.kernel.Unusable)):
                checker.check(document)
    for more in ({"ridge": True}, {"gated": True}, {"patterns": ["1" * 4]}):
        document = changed(lambda d, more=more: d["problem"].update(more), name, seal=True)
        with pytest.raises((checker.kernel.Rejected, checker.kernel.Unusable)):
            checker.check(document)


def test_without_its_identities_a_family_stays_open():
    """What lies close to a row that an end of a family reaches is told from the slope that is 0."""
    name = "a linear term"
    assert any("identities" in one for one in document_of(name)["intervals"])

    def unconfined(document):
        for one in document["intervals"]:
            for key in ("confined", "identities"):
                one.pop(key, None)

    with pytest.raises(checker.kernel.Rejected, match="every direction is settled"):
        checker.proved_by(changed(unconfined, name))


def test_a_radius_that_squares_in_each_round_is_given_up(monkeypatch):
    """One huge number in a file would else be followed to millions of digits."""
    tube, rounds = checker.tube, []
    one = 1 << tube.GRID
    system = tube.System([[[1]]], [[[1]]], [], 1, [], ([[1]], [[0]]), [Fraction(1)], False)
    monkeypatch.setattr(tube.kernel, "tick", lambda: rounds.append(1))
    with pytest.raises(checker.kernel.Rejected, match="a tube around each chord"):
        tube.radius(system, [[0, 0]] * 2, ([[[one]] * 2], [[one]] * 2), [1 << 9999] * 2)
    assert len(rounds) <= 2 < tube.ROUNDS


def short(name):
    """A true file with two nodes on each of two intervals."""
    document = copy.deepcopy(document_of(name))
    document["intervals"] = (
        document["intervals"][-3:-1] if len(document["intervals"]) > 2 else document["intervals"]
    )
    for one in document["intervals"]:
        middle = len(one["nodes"]) // 2
        one["nodes"] = one["nodes"][middle - 1 : middle + 1]
    document["claims"], document["left_out"] = checker.proved_by(document)
    return document


@pytest.mark.parametrize("name", ["two features", "a linear term", "families"])
def test_what_a_changed_file_proves_is_true(name):
    """Each change of the problem or of the evidence, with the claims that are drawn from it."""
    accepted = list(accepted_changes(short(name), most=MOST))
    assert all(map(is_true, accepted))
    assert accepted


def test_the_schema_describes_what_is_written_and_what_breaks_it_is_refused():
    assert broken_and_refused(short("two features")) > 50


# -------------------------------------------------------------------------------- for users


def test_bare_python_is_enough(tmp_path):
    file = tmp_path / "file.json"
    file.write_bytes(canonical_bytes(document_of("two features")))
    told = alone(file)
    assert told.returncode == 0, told.stdout
    assert told.stdout.count("proved: ") == len(document_of("two features")["claims"])


@pytest.mark.parametrize("name", ["two features", "down to 0", "a linear term"])
def test_in_words(name):
    document = json.loads(canonical_bytes(document_of(name)))
    text = " ".join(plain(explanation(document, check.check(document))).split())
    for words in (*document["claims"], *document["left_out"]):
        assert words.replace("two-layer", "two- layer") in text.replace("two-layer", "two- layer")
    assert "tables.py" in text
    assert "piecewise linear in the bias" in text


def test_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X, y = CASES["two features"][0]
    rows = [",".join(map(str, [*row, t])) for row, t in zip(X, y, strict=True)]
    (tmp_path / "data.csv").write_text("\n".join(rows) + "\n")
    ends = ["--from", "700", "--to", "2000"]
    assert main(["path", "data.csv", "--bias", "free", *ends, "--out", "path.json"]) == 0
    assert "path.json left out: the optimal networks for lambda between" in capsys.readouterr().out
    assert main(["check", "path.json", "--data", "data.csv", "--bias", "free"]) == 0
    assert SCOPE in capsys.readouterr().out
    for other in ([], ["--bias"], ["--bias", "free", "--skip"], ["--output-bias", "free"]):
        assert main(["check", "path.json", "--data", "data.csv", *other]) == 1
        assert "REJECTED: problem: this is a proof of another problem" in capsys.readouterr().out
    assert main(["explain", "path.json"]) == 0
