"""Every kind of proved result is written, read by a bare interpreter that has only check.py, and accepted."""

import ast
import gzip
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from polyrelu.certificate import check, write_proof
from polyrelu.certificate.document import canonical_bytes
from polyrelu.certificate.write import proof_document
from polyrelu.certification import certify
from polyrelu.errors import Undecided
from polyrelu.result import Result
from tests.corpus import degenerate, generic
from tests.stories import EXAMPLES

CHECKER = Path(check.__file__)
CORPUS = [
    (kind, seed)
    for kind in ("generic", "degenerate")
    for seed in range(14)
    if (seed % 2) == (kind == "generic")
]


def bare(checker, *arguments):
    """(exit status, JSON answer) of the checker in the referee's environment, away from the package."""
    command = [str(checker.parent / "bin" / "python"), "-I", str(checker), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    """check.py in a fresh virtual environment with nothing installed."""
    folder = tmp_path_factory.mktemp("referee")
    venv.create(folder, with_pip=False)
    listed = "import importlib.metadata as m; print([d.name for d in m.distributions()])"
    done = subprocess.run(
        [folder / "bin" / "python", "-I", "-c", listed], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    return shutil.copy(CHECKER, folder / "check.py")


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_carry_all_claims(name, checker, tmp_path):
    X, y, lam, options = EXAMPLES[name]
    path = tmp_path / "proof.json.gz"
    document = write_proof(certify(X, y, lam, **options), path)
    status, answer = bare(checker, path)
    assert (status, answer["status"], answer["not_claimed"]) == (
        0,
        "accepted",
        [] if "patterns" not in options else ["arrangement"],
    )
    assert answer["proved"] == [
        document["claims"][c]["words"] for c in check.CLAIMS if c in document["claims"]
    ]


def test_corpora(checker, tmp_path):
    """Whatever was proved has a file that says everything."""
    for kind, seed in CORPUS:
        X, y, lam = (generic if kind == "generic" else degenerate)(seed)
        path = tmp_path / f"{kind}{seed}.json"
        write_proof(certify(X, y, lam), path)
        status, answer = bare(checker, path)
        assert (status, answer["status"], answer["not_claimed"]) == (0, "accepted", [])


def test_vertices_are_complete_where_directions_share_a_plane_of_the_data(checker, tmp_path):
    """Four of the pairs lie in one plane x_j.u = 0: that they are dependent follows from the data alone."""
    write_proof(certify(*generic(83)), tmp_path / "proof.json")
    assert bare(checker, tmp_path / "proof.json")[1]["not_claimed"] == []


def test_the_same_input_gives_the_same_bytes(tmp_path):
    X, y, lam = generic(4)
    for name in ("a.json", "b.json", "a.json.gz", "b.json.gz"):
        write_proof(certify(X, y, lam), tmp_path / name)
    a = (tmp_path / "a.json").read_bytes()
    assert a == (tmp_path / "b.json").read_bytes() == gzip.decompress((tmp_path / "a.json.gz").read_bytes())
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()
    assert canonical_bytes(json.loads(a)) == a


def test_nothing_is_written_for_an_undecided_result(tmp_path):
    result = certify([[1]], [1], 1)
    with pytest.raises(Undecided):
        write_proof(Result(result.problem, "undecided", "an equality", 2, None), tmp_path / "no.json")
    assert list(tmp_path.iterdir()) == []


def test_the_checker_imports_only_the_standard_library_and_no_name_beside_it_shadows_one():
    tree = ast.parse(CHECKER.read_text())
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)
    assert not {path.stem for path in CHECKER.parent.glob("*.py")} & set(sys.stdlib_module_names)
    calls = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not calls & {"eval", "exec", "__import__"}
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert {c for c in constants if isinstance(c, float)} <= {0.0, 0.2}  # of the progress line
    divisions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float"
    ]
    assert divisions == []


def test_the_checker_keeps_to_python_3_9():
    """Its syntax, and none of the later additions that one reaches for."""
    tree = ast.parse(CHECKER.read_text(), feature_version=(3, 9))
    later = {"pairwise", "batched", "bit_count", "add_note", "sumprod"}
    assert not later & {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not any(isinstance(node, ast.keyword) and node.arg == "strict" for node in ast.walk(tree))


def test_a_subsampled_proof_never_speaks_of_all_cells():
    X, y, lam, options = EXAMPLES["three patterns"]
    words = proof_document(certify(X, y, lam, **options))["claims"]["optimum"]["words"]
    assert "these 3 patterns" in words
    assert "all cells" not in words


def test_ten_thousand_cells_of_high_multiplicity_are_counted_quickly(tmp_path):
    """The braid arrangement on 6 coordinates: 720 cells, of the 26,334 that 15 general hyperplanes would have."""
    rows = [[int(k == i) - int(k == j) for k in range(6)] for i in range(6) for j in range(i)]
    problem = {
        "X": [[str(v) for v in row] for row in rows],
        "y": ["0"] * 15,
        "lambda": "1",
        "gated": False,
        "patterns": "cells",
    }
    listed = check.points_of_cells([tuple(row) for row in rows], 6)
    assert len(listed) == check.number_of_cells(rows, 6) == 720
    assert check.Problem(problem).n == 15
