"""The command line as a script sees it: keys, exit statuses, one-line complaints, whole files or none."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from polyrelu import __version__
from polyrelu.cli import main
from polyrelu.errors import BadInput, Contradiction, Undecided


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("x1,x2,y\n3,4,1\n-4,3,2\n5,12,3\n")
    return str(path)


def run(capsys, *arguments):
    """(exit status, standard output, standard error) of one command in this process."""
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_full_disk_gets_one_line_and_status_2(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("1,0\n0,1\n")
    command = [sys.executable, "-m", "polyrelu", "patterns", str(data), "--no-target"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "polyrelu patterns: reading or writing failed: No space left on device\n"


def test_help_and_version():
    for flag, words in (("--help", "certify"), ("--version", __version__)):
        done = subprocess.run(
            [sys.executable, "-m", "polyrelu", flag], capture_output=True, text=True, check=True
        )
        assert words in done.stdout


def test_nothing_heavy_is_imported_for_help():
    code = (
        "import sys, polyrelu.cli as c\ntry: c.main(['certify', '--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('numpy', 'scipy', 'sympy', 'networkx', 'flint', 'cdd') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_patterns_json(capsys, data):
    status, out, _ = run(capsys, "patterns", data, "--json")
    answer = json.loads(out)
    assert status == 0
    assert {k: v for k, v in answer.items() if k != "seconds"} == {
        "rows": 3,
        "features": 2,
        "rank": 2,
        "hyperplanes": 3,
        "cells": 6,
        "patterns": 6,
        "characteristic_polynomial": [1, -3, 2],
        "complete": True,
    }
    assert 0 < answer["seconds"] < 60


def test_patterns_count_agrees_with_the_enumeration(capsys, data):
    listed = json.loads(run(capsys, "patterns", data, "--json")[1])
    counted = json.loads(run(capsys, "patterns", data, "--json", "--count")[1])
    same = ("rows", "features", "rank", "hyperplanes", "cells", "patterns", "characteristic_polynomial")
    assert {k: listed[k] for k in same} == {k: counted[k] for k in same}
    assert counted["complete"] is False  # nothing was listed, so nothing was proved complete


def test_patterns_with_bias_and_without_target(capsys, data):
    biased = json.loads(run(capsys, "patterns", data, "--json", "--bias")[1])
    assert (biased["features"], biased["rank"]) == (3, 3)
    plain = json.loads(run(capsys, "patterns", data, "--json", "--no-target")[1])
    assert plain["features"] == 3


def test_patterns_all_and_out(capsys, tmp_path):
    path = tmp_path / "opposite.csv"
    path.write_text("1,0\n-1,0\n0,1\n")
    out = tmp_path / "cells.npz"
    answer = json.loads(
        run(capsys, "patterns", str(path), "--no-target", "--all", "--json", "--out", str(out))[1]
    )
    with np.load(out, allow_pickle=False) as saved:
        rows, signs, witnesses = saved["rows"], saved["signs"], saved["witnesses"]
        patterns, points = saved["patterns"], saved["pattern_witnesses"]
    assert (np.sign(witnesses @ rows.T) == signs).all()
    assert ((points @ rows.T >= 0) == patterns).all()
    assert len(signs) == answer["cells"] == 4
    # On the line x1 = 0 both opposite rows are active: two patterns more.
    assert len(patterns) == answer["patterns"] == 6
    assert sorted(os.listdir(tmp_path)) == ["cells.npz", "opposite.csv"]  # no temporary file stays


def test_witnesses_beyond_64_bits_are_saved_as_text(capsys, tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("1e25,1\n1,1e25\n")
    out = tmp_path / "cells.npz"
    assert run(capsys, "patterns", str(path), "--no-target", "--out", str(out))[0] == 0
    with np.load(out, allow_pickle=False) as saved:
        rows = [[int(v) for v in row] for row in saved["rows"]]
        for w, s in zip(saved["witnesses"], saved["signs"], strict=True):
            values = [sum(a * int(b) for a, b in zip(row, w, strict=True)) for row in rows]
            assert [(v > 0) - (v < 0) for v in values] == list(s)


def test_standard_input(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1,0,1\n0,1,2\n")))
    assert json.loads(run(capsys, "patterns", "-", "--json")[1])["cells"] == 4


def test_readable_patterns(capsys, data):
    _, out, _ = run(capsys, "patterns", data)
    assert "t^2 - 3 t + 2" in out
    assert "PROVED: 6 witnesses" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["patterns", "nowhere.csv"], "cannot read nowhere.csv"),
        (["patterns", "DATA", "--target", "zz"], "no column of this name"),
        (["patterns", "DATA", "--target", "y", "--no-target"], "contradict"),
        (["patterns", "DATA", "--jobs", "0"], "whole number of at least 1"),
        (["patterns", "DATA", "--max-cells", "5"], "--max-cells"),
        (["patterns", "DATA", "--count", "--all"], "--count"),
        (["patterns", "DATA", "--out", "no/such/folder.npz"], "does not exist"),
        (["patterns"], "DATA"),
        (["nonsense"], "nonsense"),
        ([], "COMMAND"),
        (["certify", "DATA"], "--lam"),
        (["certify", "DATA", "--lam", "-1"], "negative"),
        (["certify", "DATA", "--lam", "x"], "lambda: 'x' is not a number"),
        (["certify", "DATA", "--lam", "1e9999"], "exponent"),
        (["certify", "DATA", "--lam", "1", "--digits", "99999"], "at most 1000"),
        (["certify", "DATA", "--lam", "1", "--patterns", "nowhere.txt"], "nowhere.txt"),
        (["certify", "DATA", "--lam", "1", "--max-cells", "5"], "--max-cells"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, data, arguments, words):
    status, out, err = run(capsys, *(data if a == "DATA" else a for a in arguments))
    assert status == 2
    assert out == ""
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


CERTIFY_KEYS = {
    "status",
    "reason",
    "lambda",
    "objective",
    "residual",
    "lambda_max",
    "cells",
    "tight_blocks",
    "support_blocks",
    "neurons",
    "rank",
    "antipodal_pairs",
    "linear_phase",
    "field",
    "seconds",
    "convex_unique",
    "p_unique",
    "function_unique",
    "dimension",
    "block_dimension",
    "vertices",
    "rays",
    "lines",
    "widths",
    "narrowest_width",
}


def test_certify_json(capsys, data, tmp_path):
    out = tmp_path / "result.json"
    status, text, _ = run(
        capsys, "certify", data, "--lam", "1", "--json", "--digits", "30", "--out", str(out)
    )
    answer = json.loads(text)
    assert status == 0
    assert set(answer) >= CERTIFY_KEYS
    assert (answer["status"], answer["reason"], answer["lambda"]) == ("proved", None, "1")
    assert (answer["cells"], answer["neurons"], answer["rank"]) == (6, 2, 2)
    low, high = answer["objective"]
    assert isinstance(low, str)
    assert 0 <= float(high) - float(low) < 1e-25
    assert all(float(a) <= float(b) for a, b in answer["residual"])
    assert (answer["p_unique"], answer["dimension"], answer["vertices"], answer["widths"]) == (
        True,
        0,
        1,
        [2, 2],
    )
    assert sorted(os.listdir(tmp_path)) == ["data.csv", "result.json"]


def test_lambda_is_reported_exactly(capsys, data):
    answer = json.loads(run(capsys, "certify", data, "--lam", "0.1", "--json")[1])
    assert answer["lambda"] == "1/10"


def test_certify_with_a_file_of_patterns(capsys, data, tmp_path):
    cells = tmp_path / "cells.npz"
    run(capsys, "patterns", data, "--out", str(cells))
    full = json.loads(run(capsys, "certify", data, "--lam", "1", "--json")[1])
    same = json.loads(run(capsys, "certify", data, "--lam", "1", "--json", "--patterns", str(cells))[1])
    for answer in (full, same):
        del answer["seconds"], answer["timings"]
    assert full.pop("scope") is None
    assert same.pop("scope") == f"among networks with these {same['cells']} patterns"  # all of them, unproved
    assert same == full
    text = tmp_path / "two.csv"
    text.write_text("1,1,1\n0,1,0\n")
    part = json.loads(run(capsys, "certify", data, "--lam", "1", "--json", "--patterns", str(text))[1])
    assert part["cells"] == 2
    text.write_text("111\n010\n")
    words = json.loads(run(capsys, "certify", data, "--lam", "1", "--json", "--patterns", str(text))[1])
    assert words["residual"] == part["residual"]
    text.write_text("111\n10\n")
    assert run(capsys, "certify", data, "--lam", "1", "--patterns", str(text))[0] == 2
    text.write_text("1,2,1\n")
    assert run(capsys, "certify", data, "--lam", "1", "--patterns", str(text))[0] == 2
    text.write_text("1,1\n")
    assert run(capsys, "certify", data, "--lam", "1", "--patterns", str(text))[0] == 2


def test_an_interrupt_leaves_nothing_behind(capsys, data, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("polyrelu.arrangement.cells.enumerate_cells", interrupt)
    status, _, err = run(capsys, "patterns", data, "--out", str(tmp_path / "x.npz"))
    assert status == 130
    assert "nothing was written" in err
    assert sorted(os.listdir(tmp_path)) == ["data.csv"]


@pytest.mark.parametrize(
    ("raised", "end"),
    [
        (BadInput("no"), (2, "polyrelu patterns: no\n")),
        (Undecided("open"), (3, "polyrelu patterns: open\n")),
        (Contradiction("two answers"), (70, "polyrelu patterns: two answers\nThis is a bug in polyrelu")),
        (KeyboardInterrupt(), (130, "\npolyrelu patterns: interrupted; nothing was written\n")),
        (OSError(5, "Input/output error"), (2, "polyrelu patterns: reading or writing failed: Input/output")),
        (BrokenPipeError(), (141, "")),
    ],
)
def test_every_way_to_end_has_its_status_and_one_line(capsys, data, monkeypatch, raised, end):
    def fail(args):
        raise raised

    monkeypatch.setattr("polyrelu.commands.patterns.run", fail)
    monkeypatch.setattr("polyrelu.cli._discard_output", lambda: None)  # it closes the stream of the test, too
    (status, said), (found, out, err) = end, run(capsys, "patterns", data)
    assert (found, out) == (status, "")
    assert err.startswith(said)
    assert bool(err) == bool(said)


def test_two_processes_give_the_same_answer(capsys, data):
    answers = [
        json.loads(run(capsys, "patterns", data, "--json", *jobs)[1]) for jobs in ([], ["--jobs", "2"])
    ]
    for answer in answers:
        del answer["seconds"]
    assert answers[0] == answers[1]
