"""Kernel files: what the small checker accepts, by itself, with bare Python, and that it is what is true."""

import ast
import json
import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from polyrelu.bounding.search import bound
from polyrelu.certificate import check, kernel
from polyrelu.certificate.bound_file import bound_document, write_bound
from polyrelu.certificate.document import canonical_bytes, problem_digest, save
from polyrelu.certificate.write_kernel import OutOfClass, optimum_document
from polyrelu.certification import certify
from polyrelu.exact.rational import to_fraction
from polyrelu.proof.lambda_max import lambda_max_squared
from polyrelu.proof.program import Program
from tests.batteries.kernel_mutants import assert_true
from tests.benchmarks.bench_proof_files import penalty, round_trip
from tests.benchmarks.large_tables import TABLES
from tests.corpus import degenerate, generic
from tests.once import certified

HERE = Path(kernel.__file__)
SLICE = 25


def alone(script, *arguments):
    """The script as a referee runs it: bare Python, nothing importable."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_kernel_is_small_and_stands_alone():
    lines = HERE.read_text().splitlines()
    assert max(map(len, lines)) <= 110
    assert sum(1 for line in lines if line.strip() and not line.strip().startswith("#")) <= 480
    tree = ast.parse(HERE.read_text(), feature_version=(3, 9))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in modules} <= set(sys.stdlib_module_names)
    floats = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)]
    assert floats == []


@pytest.mark.parametrize("corpus", [generic, degenerate])
def test_round_trips_over_the_corpus(corpus):
    """Most optima have a kernel file; each is accepted in its bytes, and true."""
    seeds, written = random.Random(os.environ["POLYRELU_SEED"]).sample(range(10**4), SLICE), 0
    for seed in seeds:
        result = certified(*corpus(seed))
        if result.status != "proved":
            continue
        try:
            document = optimum_document(result.proved())
        except OutOfClass:
            continue
        written += 1
        assert canonical_bytes(json.loads(canonical_bytes(document))) == canonical_bytes(document)
        assert kernel.check(document) == document["claims"], seed
        assert_true(document)
    assert written >= SLICE * (0.9 if corpus is generic else 0.5)


@pytest.mark.parametrize("seed", range(12))
def test_bounds_hold(seed):
    X, y, lam = generic(seed)
    found = bound(X, y, lam, gap=Fraction(1, 10**3))
    document = bound_document(found)
    kernel.check(document)
    assert_true(document)
    words = document["claims"][0].rstrip(".").split()
    lower, upper = Fraction(words[-3]), Fraction(words[-1])
    assert lower <= found.lower * (1 + Fraction(1, 10**15))
    assert abs(upper - found.upper) <= found.upper / 10**15


def test_a_penalty_that_is_tiny_against_the_unit_of_nu():
    result = certify([[0], [1], [0], [0], [0]], [-2, 0, 3, 1, 0], Fraction(1, 10**6))
    assert_true(optimum_document(result.proved()))


def wide(seed):
    """Rows of rank at most 3 in many columns: the kernel works in the coordinates of their span."""
    pick = random.Random(seed)
    basis = [[pick.randint(-2, 2) for _ in range(30)] for _ in range(pick.randint(1, 3))]
    parts = [[pick.randint(-2, 2) for _ in basis] for _ in range(8)]
    columns = list(zip(*basis, strict=True))
    X = [[sum(a * b for a, b in zip(part, c, strict=True)) for c in columns] for part in parts]
    return X, [pick.randint(-5, 5) for _ in parts], 1


@pytest.mark.parametrize("make", [generic, degenerate, wide])
@pytest.mark.parametrize("seed", range(100, 112))
def test_the_covering_is_neither_too_generous_nor_too_strict(make, seed):
    """max f_s(u) / |u| of nu is lambda_max of the target nu, which is known exactly: the kernel agrees, closely."""
    X, nu, _ = make(seed)
    X = [list(map(Fraction, row)) for row in X]
    square = to_fraction(lambda_max_squared(Program(tuple(map(tuple, X)), tuple(nu), Fraction(1), None)))
    if square == 0:
        return
    spec = {"X": [[str(v) for v in row] for row in X], "y": [str(v) for v in nu]}
    problem = kernel.Problem({**spec, "lambda": "1", "gated": False, "patterns": "cells"})
    lines = kernel.lines_of(problem.rows, problem.p * problem.q, problem.targets)
    over, under = kernel.root(square * Fraction(1001, 1000)), kernel.root(square * Fraction(999, 1000))
    kernel.cover(lines, over, [], Fraction(0))
    with pytest.raises(kernel.Rejected, match="direction"):
        kernel.cover(lines, under, [], Fraction(0))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    save(optimum_document(certify(*generic(7)).proved()), str(folder / "optimum.json.gz"))
    write_bound(str(folder / "bound.json"), bound(*generic(7), gap=Fraction(1, 10**3)))
    return folder


@pytest.mark.parametrize("name", ["optimum.json.gz", "bound.json"])
def test_both_checkers_accept_it_with_nothing_installed(files, name):
    answers = [alone(script, files / name) for script in (HERE, check.__file__)]
    for answer in answers:
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert answer.stdout.splitlines()[:2] == [
            kernel.Problem(kernel.load(str(files / name))["problem"]).about(),
            "ACCEPTED",
        ]
    proved = [[line for line in a.stdout.splitlines() if "proved:" in line] for a in answers]
    assert proved[0] == proved[1]


def test_the_kernel_alone_never_shows_a_traceback(files, tmp_path):
    document = json.loads((files / "bound.json").read_text())
    cases = {
        "absent": None,
        "empty": b"",
        "not json": b"{",
        "a list": b"[]\n",
        "deep": b"[" * 10**5 + b"]" * 10**5 + b"\n",
        "spaces": json.dumps(document).encode(),
        "no newline": canonical_bytes(document)[:-1],
        "a float": canonical_bytes({**document, "eps": 0.5}),
        "another version": canonical_bytes({**document, "version": 3}),
        "a huge integer": canonical_bytes({**document, "version": 10**30}),
        "gated": canonical_bytes({**document, "problem": {**document["problem"], "gated": True}}),
        "zeros": b"\0" * 100,
        "half a gzip": (files / "optimum.json.gz").read_bytes()[:-20],
    }
    for name, data in cases.items():
        path = tmp_path / name
        if data is not None:
            path.write_bytes(data)
        answer = alone(HERE, path)
        assert answer.returncode == 2, (name, answer.stdout)
        assert "Traceback" not in answer.stderr
        assert answer.stdout.splitlines()[-1].startswith("UNUSABLE: ")
    assert alone(HERE, tmp_path).returncode == 2  # a folder
    assert alone(HERE, "/dev/zero").returncode == 2
    assert alone(HERE, files / "bound.json", "--seconds", "0").returncode == 2
    assert alone(HERE, files / "bound.json", "--seconds", "9" * 30).returncode == 0


def test_a_lie_about_the_hash_or_the_claims_is_rejected(files, tmp_path):
    document = json.loads((files / "bound.json").read_text())
    for change in ({"problem_sha256": "0" * 64}, {"claims": document["claims"][:-1]}, {"claims": []}):
        (tmp_path / "lie.json").write_bytes(canonical_bytes({**document, **change}))
        assert alone(HERE, tmp_path / "lie.json").returncode == 1


def test_above_lambda_max_a_kernel_file_says_that_the_zero_network_alone_is_optimal():
    document = optimum_document(certify([[1, 2], [3, -1]], [1, 1], 9).proved())
    assert document["faces"] == []
    assert (
        "the zero network is the only optimal one, among all two-layer ReLU networks"
        in document["claims"][-1]
    )
    document["inverse"] = {"denominator": "1", "rows": []}
    with pytest.raises(kernel.Unusable, match="the inverse is null"):
        kernel.check(document)
    document["inverse"], document["problem"]["lambda"] = None, "1/10"
    document["problem_sha256"] = problem_digest(document["problem"])
    with pytest.raises(kernel.Rejected, match="no direction exceeds the level; this one does"):
        kernel.proved_by(document)


@pytest.mark.parametrize("name", ["random-60x4", "random-200x3", "iris-0"])
def test_round_trips_of_large_tables(name, tmp_path):
    """The others take longer: `python tests/benchmarks/bench_proof_files.py`."""
    problem = TABLES[name].problem()
    trip = round_trip(problem, penalty(problem, "1/10"), tmp_path / "proof.json")
    assert trip.kind == "optimum"
    assert trip.answers.keys() == {"check", "kernel"}
    assert trip.accepted
