"""Small files that ask for much, and callers who listen to nothing: the checker answers soon, in little memory."""

import subprocess
import sys
from fractions import Fraction

import pytest

from polyrelu import certify
from polyrelu.certificate import check, kernel, path
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.certificate.write import proof_document
from polyrelu.certificate.write_kernel import optimum_document
from tests.certificate.test_kernel_limits import in_little_memory


def about(X, y, **more):
    """A file of version 1 about one pattern."""
    spec = {"X": X, "y": y, "lambda": "1", "gated": False, "patterns": ["1" * len(X)], **more}
    head = {"format": "polyrelu-proof", "version": 1, "problem": spec}
    return {**head, "problem_sha256": problem_digest(spec), "claims": {}, "evidence": {}}


def fine_table():
    """The common denominator is as long as it may be, and so is every entry over it."""
    fine = [f"1/{base**power}" for base, power in ((2, 3900), (3, 1200), (5, 850))]
    return about([[*fine, *["1"] * 200]] * 200, ["1"] * 200)


def fine_jacobian():
    """One neuron, and a root of 600 unknowns in 8192 bits."""
    document, n = about([["1"]] * 599, ["2"] * 599), 599
    neurons = [{"sign": "+", "face": "+" * n}]
    document["claims"] = {"optimum": {"neurons": neurons, "objective": "0", "tight_blocks": 1, "words": ""}}
    point = {"bits": check.MAX_BITS, "nu": ["0"] * n, "weights": [str(10 ** (check.MAX_BITS // 4))], "c": []}
    document["evidence"] = {"optimum": {"roles": ["single"], "point": point}}
    return document


def fine_identities():
    """Forms whose entries have nothing in common but their length."""
    document = proof_document(certify([[1]] * 40, [2] * 40, 1))
    form = [f"1/{10**3900 + 2 * k + 1}" for k in range(40)] + ["0"]
    document["evidence"]["optimum"]["identities"] = [{"forms": [form], "pairs": [[0, 1, [form]]]}]
    return document


def many_roots():
    """Products of a hundred square roots with themselves."""
    p = [m for m in range(1, 700) if m == 1 or all(m % k**2 for k in range(2, 27))][:160]
    document = about([["1"]] * 110, ["2"] * 110)
    neurons = [{"sign": "+", "face": "+" * 110}]
    document["claims"] = {"optimum": {"neurons": neurons, "objective": "0", "tight_blocks": 1, "words": ""}}
    number = ["0", *["1"] * (len(p) - 1)]
    point = {"field": {"radicands": [str(m) for m in p]}, "nu": [number] * 110, "weights": [number], "c": []}
    document["evidence"] = {"optimum": {"roles": ["single"], "point": point}}
    return document


def fine_path(n=200):
    """A chord whose ends have no common unit but a long one."""
    targets = [*(f"1/{base**power}" for base, power in ((5, 5500), (7, 4600), (11, 3700))), *["1"] * (n - 3)]
    spec = {"X": [["1"]] * n, "y": targets, "from": "1", "to": "2", "gated": False, "patterns": "cells"}
    units = (("1", 2**12900), ("2", 3**8100))
    nodes = [{"lambda": t, "denominator": str(N), "nu": ["0"] * n, "weights": [str(N)]} for t, N in units]
    interval = {"faces": ["+" * (n + 1)], "shares": [None], "nodes": nodes}
    head = {"format": "polyrelu-proof", "version": 2, "kind": "path", "problem": spec}
    return {
        **head, "problem_sha256": problem_digest(spec), "claims": [], "left_out": [], "intervals": [interval],
    }  # fmt: skip


def many_rows():
    """Matrices of 2,000 rows and columns."""
    return fine_path(2000)


@pytest.mark.parametrize(
    "attack", [fine_path, many_rows, fine_table, fine_jacobian, fine_identities, many_roots]
)
def test_a_small_file_needs_little_memory(attack, tmp_path):
    answer = in_little_memory(check, attack(), tmp_path)
    assert answer.returncode in {1, 2}
    assert answer.stdout.splitlines()[-1].startswith(("REJECTED", "UNREADABLE")), answer
    assert "it needs more memory" not in answer.stdout, answer  # the last line of defence


def test_the_time_is_over_in_the_line_about_the_problem_too(monkeypatch):
    def slow(spec):
        raise check.Late("the time is over")

    monkeypatch.setattr(check, "Problem", slow)
    with pytest.raises(check.Late):
        check.about(about([["1"]], ["1"]))


@pytest.fixture(scope="module")
def true():
    return canonical_bytes(optimum_document(certify([[1]], [2], 1).proved()))


@pytest.mark.parametrize(("closed", "status"), [((1,), 2), ((1, 2), 2), ((2,), 0), ((), 0)])
@pytest.mark.parametrize("checker", [check, kernel], ids=["check", "kernel"])
def test_an_answer_that_nobody_can_read_is_no_acceptance(checker, closed, status, true, tmp_path):
    file = tmp_path / "proof.json"
    file.write_bytes(true)
    redirected = "".join(f" {stream}>&-" for stream in closed)
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -I -S "$1" "$2"{redirected}', sys.executable, checker.__file__, str(file)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == status, done


def test_memory_is_refused_in_words(monkeypatch, capsys, tmp_path, true):
    def hungry(*_):
        raise MemoryError

    file = tmp_path / "proof.json"
    file.write_bytes(true)
    monkeypatch.setattr(check, "_check", hungry)
    assert check.main([str(file)]) == 2
    assert "UNREADABLE: it needs more memory than this checker takes" in capsys.readouterr().out


def test_rounded_ends_of_an_interval_stay_inside_it():
    hair = Fraction(1, 10**29)
    inside = path.within(5 - 30 * hair, 5 - 20 * hair)
    assert 5 - 30 * hair <= Fraction(inside[0]) <= Fraction(inside[1]) <= 5 - 20 * hair
    assert path.within(Fraction(1, 3), Fraction(2, 3)) == ("0.33333333333333333334", "0.66666666666666666666")
