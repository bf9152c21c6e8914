"""`check` and `fingerprint`: what a proof file is about, and files that cost too much."""

import gzip
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from polyrelu.certificate import check, kernel
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.cli import main

TABLE = "a,b,y\n1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n"
ABOUT = "4 rows, 2 columns, lambda = 1, ReLU, all activation patterns; fingerprint 46ad9186debc"


def run(capsys, *arguments):
    status = main([str(a) for a in arguments])
    return status, capsys.readouterr().out.splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("check")
    (here / "four.csv").write_text(TABLE)
    (here / "moved.csv").write_text("y,b,a\n3,0,1\n4,1,0\n3,0.0,-1\n8/2,-1,0\n")
    (here / "other.csv").write_text(TABLE.replace("-1,4", "-1,5"))
    (here / "patterns.txt").write_text("1,1,0,0\n0,0,1,1\n")
    data = [str(here / "four.csv"), "--lam", "1"]
    assert main(["certify", *data, "--out", str(here / "cells.json")]) == 0
    assert main(["bound", *data, "--out", str(here / "bound.json.gz")]) == 0
    listed = ["--patterns", str(here / "patterns.txt")]
    assert main(["certify", *data, *listed, "--out", str(here / "listed.json")]) == 0
    return here


@pytest.mark.parametrize("name", ["cells.json", "bound.json.gz"])
def test_a_file_is_about_one_table(folder, name, capsys):
    file = folder / name
    assert run(capsys, "check", file)[1][:2] == [ABOUT, "ACCEPTED"]
    data = ["check", file, "--data"]
    assert run(capsys, *data, folder / "four.csv", "--lam", "1.0")[0] == 0
    for wrong in (
        [folder / "four.csv", "--lam", "1/2"],
        [folder / "other.csv", "--lam", "1"],
        [folder / "moved.csv", "--lam", "1", "--target", "y"],
        [folder / "four.csv", "--lam", "1", "--bias"],
        [folder / "four.csv", "--lam", "1", "--target", "a"],
        [folder / "four.csv", "--lam", "1", "--gated"],
        [folder / "four.csv", "--lam", "1", "--patterns", folder / "patterns.txt"],
    ):
        status, lines = run(capsys, *data, *wrong)
        assert (status, lines[0]) == (1, ABOUT)
        assert lines[1].startswith("REJECTED: problem: this is a proof of another problem")
    assert run(capsys, "check", file, "--json")[1][0].count(f'"about": "{ABOUT}"') == 1


def test_a_fingerprint_is_of_numbers_not_of_spellings(folder, capsys):
    prints = [
        run(capsys, "fingerprint", folder / "four.csv", "--lam", lam)[1] for lam in ("0.5", "1/2", "5e-1")
    ]
    assert (
        prints[0] == prints[1] == prints[2] != run(capsys, "fingerprint", folder / "four.csv", "--lam", 1)[1]
    )
    (full,) = run(capsys, "fingerprint", folder / "four.csv", "--lam", "1")[1]
    assert full.startswith("46ad9186debc")
    assert len(full) == 64
    for abbreviated in (full, full[:12], full[:20].upper()):
        assert run(capsys, "check", folder / "cells.json", "--problem", abbreviated)[0] == 0
    for wrong in (full[:11], "0" * 64, full + "0", ""):
        assert run(capsys, "check", folder / "cells.json", "--problem", wrong)[0] == 1


def test_a_list_of_patterns_is_part_of_the_question(folder, capsys):
    options = ["--patterns", folder / "patterns.txt"]
    lines = run(
        capsys, "check", folder / "listed.json", "--data", folder / "four.csv", "--lam", "1", *options
    )
    assert lines[0] == 0
    assert "ReLU, these 2 activation patterns; fingerprint" in lines[1][0]
    assert run(capsys, "check", folder / "listed.json", "--data", folder / "four.csv", "--lam", 1)[0] == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--lam", "1"], "give --data"),
        (["--bias"], "give --data"),
        (["--data", "four.csv"], "needs --lam"),
        (["--data", "four.csv", "--lam", "1", "--problem", "0" * 12], "give one of them"),
        (["--data", "four.csv", "--lam", "0"], "lambda > 0"),
    ],
)
def test_options_that_do_not_fit(folder, options, complaint, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["check", "cells.json", *options]) == 2
    assert complaint in capsys.readouterr().err


def test_what_is_wrong_with_a_file_comes_before_what_is_missing(capsys, folder, tmp_path):
    """Whether it is about a path, so that no lambda is needed, is not known of a file that cannot be read."""
    (tmp_path / "spaced.json").write_text(
        json.dumps(json.loads((folder / "cells.json").read_text()), indent=1)
    )
    status, lines = run(capsys, "check", tmp_path / "spaced.json", "--data", folder / "four.csv")
    assert status == 2
    assert "not in canonical form" in lines[0]


def test_many_cells_make_a_kernel_file(tmp_path, capsys, monkeypatch):
    pick = np.random.default_rng(3)
    rows = [",".join(f"{v:.3f}" for v in pick.standard_normal(4)) for _ in range(50)]
    (tmp_path / "data.csv").write_text("\n".join(rows) + "\n")
    data = [tmp_path / "data.csv", "--lam", "3"]
    assert run(capsys, "certify", *data, "--out", tmp_path / "proof.json.gz")[0] == 0
    assert kernel.load(str(tmp_path / "proof.json.gz"))["kind"] == "optimum"
    assert run(capsys, "check", tmp_path / "proof.json.gz", "--data", *data)[0] == 0
    assert "lies between" in " ".join(run(capsys, "explain", tmp_path / "proof.json.gz")[1])

    from polyrelu.certificate import write

    monkeypatch.setattr(write, "optimum_document", outside)
    monkeypatch.setattr(write, "MANY_CELLS", 10)
    status = main(["certify", *map(str, data), "--out", str(tmp_path / "none.json")])
    assert status == 2
    complaint = capsys.readouterr().err.strip()
    assert len(complaint.splitlines()) == 1
    assert "too many to list, and it is a tie" in complaint
    assert not (tmp_path / "none.json").exists()


def outside(optimum):
    from polyrelu.certificate.write_kernel import OutOfClass

    raise OutOfClass("it is a tie")


def bomb(kind):
    """Small files that would cost much."""
    if kind == "lists":
        return gzip.compress(b"[" + b"[]," * (5 * 10**6) + b"[]]\n")
    if kind == "strings":
        return gzip.compress(b"[" + b'"1",' * (4 * 10**6) + b'"1"]\n')
    if kind == "zeros":
        return gzip.compress(b"0" * 10**8)
    version = 2 if kind == "kernel table" else 1
    big, K = "1/" + str(10**2400 + 7), 3000
    X = (
        [[big] + ["1"] * 599]
        if "table" in kind
        else [[str(i * j % 7 - 3) for j in range(8)] for i in range(20)]
    )
    n = len(X)
    faces = sorted({f"{(97 * k) % 2**n:0{n}b}".replace("1", "+").replace("0", "-") for k in range(K)})
    faces = faces if kind == "pairs" else ["0" * n]
    spec = {"X": X, "y": ["1"] * n, "lambda": "1", "gated": False}
    spec["patterns"] = [f.replace("+", "1").replace("-", "0") for f in faces] if kind == "pairs" else "cells"
    head = {
        "format": "polyrelu-proof",
        "version": version,
        "problem": spec,
        "problem_sha256": problem_digest(spec),
    }
    if version == 2:
        net = {"denominator": "1", "neurons": []}
        nu = {"denominator": "1", "numerators": ["1"]}
        return canonical_bytes(
            {**head, "kind": "bound", "eps": "0", "t": "1", "nu": nu, "network": net, "claims": []}
        )
    flip = str.maketrans("+-", "-+")
    neurons = [{"sign": "+", "face": f} for face in faces for f in (face, face.translate(flip))]
    claims = {"optimum": {"neurons": neurons, "objective": "1", "tight_blocks": 1, "words": ""}}
    if kind == "table":
        claims["arrangement"] = {"cells": 2, "sha256": "0" * 64, "words": ""}
    point = {"bits": 1, "nu": ["0"] * n, "weights": ["0"] * len(faces), "c": ["0"] * len(X[0])}
    evidence = {"optimum": {"roles": ["pair", "antipode"] * len(faces), "point": point}}
    return canonical_bytes({**head, "claims": claims, "evidence": evidence})


@pytest.mark.parametrize("kind", ["lists", "strings", "zeros", "table", "kernel table", "pairs"])
def test_bombs_are_refused_soon_and_in_little_memory(kind, tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(bomb(kind))
    limited = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_DATA, (2**28, 2**28)); "
        f"resource.setrlimit(resource.RLIMIT_CPU, (5, 5)); sys.argv = ['check.py', {str(path)!r}]; "
        f"runpy.run_path({check.__file__!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-I", "-c", limited], capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2), done.stdout + done.stderr
    assert "checker failed" not in done.stdout
    assert "Traceback" not in done.stderr


def test_reading_is_within_the_time_too(tmp_path):
    """A file that takes long to read: a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "pipe")
    for script in (check.__file__, kernel.__file__):
        done = subprocess.run(
            [sys.executable, "-I", script, str(tmp_path / "pipe"), "--seconds", "1"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 2
        assert "Traceback" not in done.stderr


def test_json_of_an_unreadable_file_says_so(tmp_path, capsys):
    (tmp_path / "file.json").write_text("{}\n")
    status, lines = run(capsys, "check", tmp_path / "file.json", "--json")
    answer = json.loads(lines[0])
    assert (status, answer["status"], answer["about"]) == (2, "unreadable", None)


@pytest.mark.parametrize("text", ["[]", "3", "null", "true", '"path"', '[{"kind":"path"}]'])
def test_what_is_no_object_is_unreadable_with_a_table_too(tmp_path, capsys, text):
    (tmp_path / "file.json").write_text(text + "\n")
    (tmp_path / "table.csv").write_text("a,y\n1,1\n2,3\n-1,2\n")
    status, lines = run(capsys, "check", tmp_path / "file.json", "--data", tmp_path / "table.csv")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith("UNREADABLE: the file must be an object")


def test_reading_is_within_the_time_with_a_table_too(tmp_path):
    """The ends of a path are read from the file before the checker reads it: not from a pipe."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "table.csv").write_text("a,y\n1,1\n2,3\n-1,2\n")
    command = [sys.executable, "-m", "polyrelu", "check", tmp_path / "pipe", "--seconds", "1"]
    done = subprocess.run(
        [*command, "--data", tmp_path / "table.csv"], capture_output=True, text=True, timeout=15, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
