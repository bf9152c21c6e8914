"""Small files that ask for much, and callers who listen to nothing: the checker answers soon, in little memory."""

import gzip
import resource
import subprocess
import sys

import pytest

from polyrelu import certify
from polyrelu.certificate import check, kernel
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.certificate.write import proof_document
from polyrelu.certificate.write_kernel import optimum_document


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


@pytest.mark.parametrize("attack", [fine_table, fine_jacobian, fine_identities, many_roots])
def test_a_small_file_needs_little_memory(attack, tmp_path):
    path, most = tmp_path / "file.json.gz", 250 * 2**20
    path.write_bytes(gzip.compress(canonical_bytes(attack())))
    answer = subprocess.run(
        [sys.executable, "-I", "-S", check.__file__, str(path), "--seconds", "20"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )
    assert answer.returncode in {1, 2}
    assert answer.stdout.splitlines()[-1].startswith(("REJECTED", "UNREADABLE")), answer
    assert "failed" not in answer.stdout + answer.stderr, answer
    assert "memory" not in answer.stdout, answer


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
    path = tmp_path / "proof.json"
    path.write_bytes(true)
    redirected = "".join(f" {stream}>&-" for stream in closed)
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -I -S "$1" "$2"{redirected}', sys.executable, checker.__file__, str(path)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == status, done


def test_memory_is_refused_in_words(monkeypatch, capsys, tmp_path, true):
    def hungry(*_):
        raise MemoryError

    path = tmp_path / "proof.json"
    path.write_bytes(true)
    monkeypatch.setattr(check, "_check", hungry)
    assert check.main([str(path)]) == 2
    assert "UNREADABLE: it needs more memory than this checker takes" in capsys.readouterr().out
