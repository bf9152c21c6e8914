"""Proof files of paths of one feature with a free hidden bias: exact segments, true, and no lie accepted."""

import copy
import json
from fractions import Fraction
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from polyrelu import certify, path
from polyrelu.budget import Budget, seconds_from_now, spending
from polyrelu.certificate import check
from polyrelu.certificate import path as checker
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.certificate.write_path import path_document
from polyrelu.certificate.write_segments import text_of
from polyrelu.cli import main
from polyrelu.paths.knot_interval import KnotInterval
from polyrelu.prose.explanation import explanation
from polyrelu.prose.plain import plain
from tests import once
from tests.certificate.path_files import accepted_changes, broken_and_refused, rejected_as
from tests.certificate.test_certificate_schema import SCHEMA, valid
from tests.certificate.test_path_file import PAGE, alone, steps
from tests.paths.test_paths_of_kinks import GOLDEN

RANDOM = {f"random {seed}": seed for seed in range(8)}


def random_case(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 11))
    return rng.integers(-6, 7, n).tolist(), rng.integers(-9, 10, n).tolist(), {"skip": bool(seed % 2)}


def case(name):
    x, y, options = random_case(RANDOM[name]) if name in RANDOM else GOLDEN[name][:3]
    return [[v] for v in x], y, {"bias": "free", **options}


@cache
def found(name):
    X, y, options = case(name)
    return path(X, y, to_zero=True, **options)


@cache
def document_of(name):
    return path_document(found(name))


def shown(document):
    """What the checker proves of each segment."""
    problem = checker.problem_of(document["problem"])
    return [checker.segments.show(problem, one) for one in document["segments"]]


@pytest.mark.parametrize("name", [*GOLDEN, *RANDOM])
def test_what_a_file_claims_is_what_certify_finds(name):
    (X, y, options), document = case(name), document_of(name)
    assert checker.check(json.loads(canonical_bytes(document))) == (document["claims"], [])
    assert valid(document, SCHEMA)
    for one, interval in zip(shown(document), found(name).intervals, strict=True):
        assert isinstance(interval, KnotInterval)
        lam = one.low + (one.high - one.low) / 3
        result = certify(X, y, lam, **options)
        optimum = result.proved()
        assert sorted(text_of(k.place) for k in optimum.used) == one.used
        assert optimum.nullity == one.dimension == interval.nullity
        assert bool(result.p_unique) == (one.dimension == 0)
        if one.moving or not one.dimension:
            assert bool(result.function_unique) == (not one.moving)


@pytest.mark.parametrize("name", [*GOLDEN, *RANDOM])
def test_breakpoints_and_the_limit_are_exact(name):
    document = document_of(name)
    meet = [w.split(" there is")[0] for w in document["claims"] if "there is a breakpoint" in w]
    assert meet == [f"At lambda = {found(name).exact(k).name}" for k in range(len(found(name).breakpoints))]
    assert f"tends to {found(name).limit.exact}, the least one" in document["claims"][-1]


def test_the_residual_of_a_file_is_that_of_certify_at_any_lambda():
    for name in ("random 0", "a chain"):
        X, y, options = case(name)
        for one in document_of(name)["segments"]:
            (a, b), part = one["nodes"][:2], Fraction(2, 7)
            lam = Fraction(a["lambda"]) * (1 - part) + Fraction(b["lambda"]) * part
            ends = [[Fraction(v) / Fraction(node["denominator"]) for v in node["nu"]] for node in (a, b)]
            nu = [(1 - part) * u + part * v for u, v in zip(*ends, strict=True)]
            for v, (low, high) in zip(nu, certify(X, y, lam, **options).residual(30), strict=True):
                assert Fraction(low) <= v <= Fraction(high)


def with_idle():
    """A file in which a tight neuron is not used, the segment, and the neuron."""
    for name in RANDOM:
        for k, one in enumerate(shown(document_of(name))):
            if one.tight != one.used:
                return copy.deepcopy(document_of(name)), k, next(f for f in one.tight if f not in one.used)
    raise AssertionError("no such file")


def changed(change, name="a chain", seal=False):
    document = copy.deepcopy(document_of(name))
    change(document)
    if seal:
        document["problem_sha256"] = problem_digest(document["problem"])
    return document


def lower(document):
    """The lower end of a segment without the other things that belong to it."""
    node = document["segments"][1]["nodes"][0]
    node["lambda"] = str(Fraction(node["lambda"]) * Fraction(9, 10))


def higher(document):
    node = document["segments"][1]["nodes"][-1]
    node["lambda"] = str(Fraction(node["lambda"]) * Fraction(11, 10))


def weight(value):
    def change(document):
        document["segments"][1]["nodes"][0]["weights"][0] = value

    return change


def oblique(document):
    nu = document["segments"][1]["nodes"][0]["nu"]
    nu[0] = str(int(nu[0]) + 1)


def idle_listed():
    document, k, face = with_idle()
    one = document["segments"][k]
    one["faces"] = sorted([*one["faces"], face])
    for node in one["nodes"]:
        node["weights"].insert(one["faces"].index(face), "0")
    return document


def idle_untold():
    document, k, _ = with_idle()
    document["segments"][k]["separator"] = None
    return document


def cut(document):
    """A segment in two parts: nothing happens where they meet."""
    one = document["segments"][-1]
    first, last = one["nodes"]
    middle = {**last, "lambda": str((Fraction(first["lambda"]) + Fraction(last["lambda"])) / 2)}
    assert not one["faces"]
    document["segments"][-1:] = [{**one, "nodes": [first, middle]}, {**one, "nodes": [middle, last]}]


def smaller(document):
    document["problem"]["to"] = "1"


LIES = {
    "the faces are sorted, each once": lambda: changed(lambda d: d["segments"][0]["faces"].reverse()),
    "the nodes are in increasing order": lambda: changed(lambda d: d["segments"][1]["nodes"].reverse()),
    "a segment lies between both ends": lambda: changed(smaller, seal=True),
    "the residual is orthogonal to the free columns": lambda: changed(oblique),
    "no kink exceeds lambda": lambda: changed(lower),
    "no weight is negative": lambda: changed(weight("-1")),
    "the weights make up the fit": lambda: changed(weight("1")),
    "every listed neuron reaches lambda at all nodes": lambda: changed(higher),
    "every listed neuron has a weight at a node": idle_listed,
    "what is not listed is not used": idle_untold,
    "the segments are in increasing order": lambda: changed(lambda d: d["segments"].reverse()),
    "neighbouring segments differ": lambda: changed(cut),
}


@pytest.mark.parametrize("step", LIES)
def test_each_lie_is_rejected_by_its_name(step):
    rejected_as(LIES[step], step)


def test_there_is_a_lie_and_a_line_on_the_page_for_every_step():
    said = {*steps("segment_claims"), *steps(files=("segments.py",))}
    assert said == set(LIES)
    assert [step for step in LIES if f'"{step}"' not in PAGE] == []


def test_a_segment_that_is_left_out_is_told():
    document = changed(lambda d: d["segments"].pop(1), "a chain")
    with pytest.raises(checker.kernel.Rejected, match="the claims are what was proved"):
        checker.check(document)
    claims, left = checker.proved_by(document)
    one = shown(document_of("a chain"))[1]
    assert len(left) == 1
    assert len(claims) == len(document_of("a chain")["claims"]) - 3
    low, high = left[0].partition("between ")[2].split(" and ")
    assert Fraction(low) <= one.low < one.high <= Fraction(high)


def test_time_that_runs_out_leaves_a_part_out():
    X, y, options = case("random 0")
    with spending(Budget(seconds_from_now(0.02), None)):
        part = path(X, y, to_zero=True, **options)
    document = path_document(part)
    assert checker.check(document) == (document["claims"], document["left_out"])
    assert bool(document["left_out"]) == (part.status == "undecided")


@pytest.mark.parametrize("name", ["labels", "a line", "steps that grow, skip", "random 6"])
def test_what_a_changed_file_proves_is_true(name):
    accepted = list(accepted_changes(document_of(name), "segments", 500))
    assert accepted
    for mutant in accepted:
        assert_true(mutant)


def assert_true(document):
    spec, segments = document["problem"], shown(document)
    X, y = [[Fraction(row[0])] for row in spec["X"]], list(map(Fraction, spec["y"]))
    skip = any(len(row) > 1 for row in spec["free"])
    for one in segments:
        optimum = once.certified(X, y, (one.low + one.high) / 2, bias="free", skip=skip).proved()
        assert sorted(text_of(k.place) for k in optimum.used) == one.used
        assert optimum.nullity == one.dimension
    for below, above in pairwise(segments):
        assert below.high <= above.low


def test_what_no_file_of_segments_is_about():
    for key, value in (("offset", None), ("gated", True), ("patterns", ["111"]), ("ridge", True)):
        document = copy.deepcopy(document_of("labels"))
        document["problem"] |= {key: value}
        if value is None:
            del document["problem"][key]
        document["problem_sha256"] = problem_digest(document["problem"])
        with pytest.raises(checker.kernel.Unusable):
            checker.check(document)
    document = copy.deepcopy(document_of("labels"))
    document["problem"]["X"] = [["0", *row] for row in document["problem"]["X"]]
    document["problem_sha256"] = problem_digest(document["problem"])
    with pytest.raises(checker.kernel.Unusable, match="one feature and a free hidden bias"):
        checker.check(document)
    other = copy.deepcopy(document_of("labels")) | {"kind": "path", "intervals": []}
    del other["segments"]
    with pytest.raises(checker.kernel.Unusable, match="one interval at least"):
        checker.check(other)


def test_the_schema_describes_what_is_written_and_what_breaks_it_is_refused():
    assert broken_and_refused(document_of("labels")) > 50


def test_bare_python_is_enough(tmp_path):
    file = tmp_path / "file.json"
    file.write_bytes(canonical_bytes(document_of("random 0")))
    told = alone(file)
    assert told.returncode == 0, told.stdout
    assert told.stdout.count("proved: ") == len(document_of("random 0")["claims"])


@pytest.mark.parametrize("name", ["labels", "random 0"])
def test_in_words(name):
    document = json.loads(canonical_bytes(document_of(name)))
    text = " ".join(plain(explanation(document, check.check(document))).split())
    for words in document["claims"]:
        assert words.replace("two-layer", "two- layer") in text.replace("two-layer", "two- layer")
    assert "kernel.py" in text
    assert "segments.py" in text


def test_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.csv").write_text("0,1\n1,-1\n3,1\n")
    assert main(["path", "line.csv", "--bias", "free", "--to-zero", "--out", "path.json"]) == 0
    assert "left out" not in capsys.readouterr().out
    assert main(["check", "path.json", "--data", "line.csv", "--bias", "free"]) == 0
    assert "At lambda = " in capsys.readouterr().out
    assert main(["check", "path.json", "--data", "line.csv", "--bias", "free", "--skip"]) == 1
    assert main(["explain", "path.json"]) == 0
