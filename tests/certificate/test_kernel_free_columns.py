"""Kernel files about problems with free columns: accepted by the bare kernel, true, and rejected once tampered with."""

import json
import random
from copy import deepcopy
from fractions import Fraction as Q

import pytest

from polyrelu import certify
from polyrelu.certificate import check, kernel, write_proof
from polyrelu.certificate.document import problem_spec, setting_spec
from polyrelu.certificate.fingerprint import fingerprint
from polyrelu.certificate.load import load
from polyrelu.certificate.read import read_problem
from polyrelu.certificate.write_kernel import OutOfClass, optimum_document
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.rational import to_fraction
from polyrelu.proof.lambda_max import lambda_max_squared
from polyrelu.proof.program import Program
from tests.batteries.kernel_mutants import assert_true
from tests.certificate.test_kernel import alone
from tests.corpus import degenerate
from tests.settings import CHOICES

X, Y = [[1, 0, 1], [0, 1, 0], [-1, 0, 2], [0, -1, 5], [1, 1, "1/3"]], [3, 4, 3, 4, 0]


def problem(**choice):
    return Problem.of(X, Y, "1/10", **choice)


@pytest.mark.parametrize(
    "choice",
    [
        {"output_bias": "free"},
        {"output_bias": "free", "free": [2]},
        {"skip": True},
        {"bias": True, "output_bias": "free"},
        {"output_bias": "ridge"},
        {"bias": True, "output_bias": "ridge", "skip": True},
        {"bias": "free"},
        {"bias": "free", "skip": True, "free": [2]},
    ],
    ids=str,
)
def test_the_bare_kernel_accepts_it(choice, tmp_path):
    asked, path = problem(**choice), tmp_path / "proof.json"
    result = certify(asked)
    document = write_proof(result, str(path))
    told = alone(kernel.__file__, path)
    assert told.returncode == 0
    assert "ACCEPTED" in told.stdout
    for words in (told.stdout.splitlines()[0], *document["claims"][:3]):
        assert (f"{len(asked.free_names)} free column" in words) == bool(asked.free_names)
        assert ("a ridge output bias" in words) == (asked.setting.output == "ridge")
        assert ("a free hidden bias" in words) == (asked.setting.hidden == "free")
    assert document["problem_sha256"] == fingerprint(asked)
    assert check.main([str(path), "--problem", fingerprint(asked)]) == 0
    low, high = (Q(v) for v in result.objective(15))
    claimed = [Q(word.rstrip(".")) for word in document["claims"][0].split() if word[0].isdigit()]
    assert claimed[-2] <= high
    assert low <= claimed[-1]
    assert ("is unique up to permutation" in told.stdout) == bool(result.p_unique)


def test_a_lie_is_rejected():
    document = optimum_document(certify(problem(output_bias="free")).proved())
    kernel.check(document)
    lies = []
    for change in (1, -1):
        lie = deepcopy(document)
        numerators = lie["nu"]["numerators"]
        numerators[0] = str(int(numerators[0]) + change)
        lies.append(lie)
    lie = deepcopy(document)
    lie["network"]["coefficients"] = [str(int(lie["network"]["coefficients"][0]) * 2)]
    lies.append(lie)
    lie = deepcopy(document)
    lie["problem"]["free"][0] = ["2"]
    lies.append(lie)
    for lie in lies:
        with pytest.raises((kernel.Rejected, kernel.Unusable)):
            kernel.check(lie)
    less = deepcopy(document)
    del less["network"]["coefficients"]
    with pytest.raises(kernel.Unusable):
        kernel.check(less)


def test_a_problem_without_free_columns_keeps_its_form():
    document = optimum_document(certify(Problem.of(X, Y, "1/10")).proved())
    assert "free" not in document["problem"]
    assert "coefficients" not in document["network"]


LADDER = [[i, s] for i in range(4) for s in (1, -1)], [0, 0, 1, 1, 3, 3, 6, 6]


def test_multipliers_that_are_zero_at_a_rational_residual():
    """A kink through two rows that may move beyond both: its multipliers there are exactly 0 (golden example 10)."""
    result = certify(*LADDER, "1/10", bias="free")
    document = optimum_document(result.proved())
    kernel.check(deepcopy(document))
    assert_true(document)
    assert document["claims"][0].endswith("lies between 0.295 and 0.295.")
    assert "is within 0 of nu." in document["claims"][1]


@pytest.mark.parametrize("number", [16, 27, 55, 67, 124])
def test_multipliers_that_are_zero_by_the_free_columns(number):
    """The residual is irrational; the form of a multiplier is a combination of the free columns, or 0."""
    choice = CHOICES[number % len(CHOICES)]
    result = certify(*degenerate(number), **choice)
    assert result.proved().field == "enclosures"
    document = optimum_document(result.proved())
    assert_true(document)
    assert "is within 0 of nu" not in document["claims"][1]


def test_nearly_zero_is_not_zero():
    """A rational residual beside the exact one: the ball is no point, and the multiplier is not decided."""
    document = optimum_document(certify(*LADDER, "1/10", bias="free").proved())
    N, lie = int(document["nu"]["denominator"]), deepcopy(document)
    m = [int(v) * 2**400 for v in document["nu"]["numerators"]]
    m[0], m[2] = m[0] + 1, m[2] - 1
    lie["nu"] = {"denominator": str(N * 2**400), "numerators": [str(v) for v in m]}
    with pytest.raises(kernel.Rejected):
        kernel.check(lie)


def test_what_has_no_file_is_refused_in_one_line(tmp_path):
    """A multiplier that vanishes at an irrational residual, and for no reason that the kernel knows."""
    with pytest.raises(BadInput, match="no proof file can hold this optimum") as refused:
        write_proof(certify(*degenerate(145), output_bias="ridge", skip=True), str(tmp_path / "p.json"))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "p.json").exists()


def test_random_problems_have_files_that_are_accepted():
    pick, written = random.Random(3), 0
    for choice in CHOICES:
        rows = [[pick.randint(-9, 9), pick.randint(-9, 9)] for _ in range(6)]
        result = certify(rows, [pick.randint(-9, 9) for _ in range(6)], Q(1, 2), **choice)
        try:
            document = optimum_document(result.proved())
        except OutOfClass:
            continue
        written += 1
        kernel.check(json.loads(json.dumps(document)))
        assert_true(document)
        assert (document["inverse"] is not None) == (result.proved().nullity == 0)
    assert written >= len(CHOICES) - 2


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("lam", ["1/10", "1/2", "9"])
def test_kinks_that_move_and_kinks_that_run_away(lam, skip):
    """Chains, families and affine neurons: their ends are strict in the table seen from a row, though nu vanishes."""
    squares = certify([[i] for i in range(5)], [i * i for i in range(5)], lam, bias="free", skip=skip)
    kernel.check(optimum_document(squares.proved()))


def test_kinks_that_move_are_more_than_one_function():
    rows = [[9, -5], [1, -7], [-8, 3], [-9, 4], [6, -6], [3, -2]]  # golden example 12
    result = certify(rows, [7, 8, 1, 1, 4, 1], 2, bias="free")
    document = optimum_document(result.proved())
    assert (
        "kinks can move at no cost (intervals: 1): not all optimal networks are one function"
        in document["claims"][-1]
    )
    assert not result.function_unique


def test_a_file_about_a_setting_comes_back_as_its_problem(tmp_path):
    for choice in CHOICES:
        asked = Problem.of(X, Y, "1/10", **choice)
        write_proof(certify(asked), str(tmp_path / "p.json"))
        assert fingerprint(read_problem(str(tmp_path / "p.json")).problem) == fingerprint(asked)
        assert load(str(tmp_path / "p.json")).status == "proved"


@pytest.mark.parametrize("seed", range(20))
def test_with_an_offset_the_coverings_are_neither_too_generous_nor_too_strict(seed):
    """max f_s(u, b) / |u| of nu is lambda_max of the target nu, known exactly; no row is left out that counts."""
    pick = random.Random(seed)
    n, d = pick.randint(2, 7), pick.randint(1, 3)
    rows = [[pick.randint(-3, 3) for _ in range(d)] for _ in range(n)]
    nu = [pick.randint(-9, 9) for _ in range(n - 1)]
    asked = Problem.of(rows, [*nu, -sum(nu)], 1, bias="free")
    square = to_fraction(lambda_max_squared(Program.of(asked)))
    if square == 0:
        return
    small = kernel.Problem(problem_spec(asked.X, asked.y, asked.lam, more=setting_spec(asked)))
    over, under = (kernel.root(square * Q(1000 + k, 1000)) for k in (1, -1))
    kernel.show_feasible(small, (small.p, small.targets), over, [], Q(0))
    with pytest.raises(kernel.Rejected, match="direction"):
        kernel.show_feasible(small, (small.p, small.targets), under, [], Q(0))
