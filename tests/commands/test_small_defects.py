"""Words and endings that were wrong: an exact zero, blocks of gates, Ctrl-C, huge weights, a very long number."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from itertools import product

import pytest

from polyrelu.certification import certify
from polyrelu.cli import main
from polyrelu.data.tables import read_table
from polyrelu.errors import BadInput
from polyrelu.exact import linear
from polyrelu.exact.enclosure import precision
from polyrelu.exact.real import is_zero
from polyrelu.optimal_set import moves
from polyrelu.show.forms import as_text


def test_a_gated_program_has_one_block_for_each_pattern():
    X, y = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]
    for gated, per_pattern in ((False, 2), (True, 1)):
        result = certify(X, y, 1, gated=gated)
        blocks = per_pattern * result.cells
        assert f"of {blocks} blocks" in repr(result)
        assert re.search(rf"blocks .* of {blocks}\n", as_text(result, 12))
        shown = result.to_json()
        assert shown["support_blocks"] <= shown["tight_blocks"] <= blocks


@pytest.mark.parametrize(
    ("y", "lam"), [((1, 2, 1, 2), "1/10"), ((2, 3, 2, 3), "1/3"), ((2, 3, 2, 3), "1/10")]
)
def test_the_output_of_a_witness_on_a_hyperplane_is_zero_exactly(y, lam):
    """Where x.u = 0 a ball around 0 had its positive half as the neuron's output: 3.7e-58 was printed."""
    result = certify([[1, 1], [1, -1], [-1, 1], [-1, -1]], y, lam)
    verdict = result.function_unique
    x, outputs = verdict.evidence.witness.x, verdict.evidence.witness.outputs
    assert sorted(map(abs, x)) == [0, 1]
    assert [v.is_zero() for v in outputs].count(True) == 1
    assert max(outputs) > 1 - 0.06
    assert "e-" not in next(line for line in as_text(result, 12).splitlines() if "differently" in line)


def test_zeros_are_settled_by_the_exact_field_and_nothing_else_is_touched():
    result = certify([[1, 0], [1, 1], [0, 1], [-1, 0], [-1, -1], [0, -1]], [1, 2, 1, 1, 2, 1], "1/10")
    assert result.proved().field == "degree 2"
    polytope, settled = result.optimal_set.neurons.polytope, []
    nu = polytope.optimum.point.balls(moves.BITS).nu
    with precision(moves.BITS):
        for k, neuron in enumerate(polytope.neurons):
            z = neuron.z(nu)
            for x in product((-1, 0, 1), repeat=2):
                exact = linear.dot(x, neuron.z(polytope.optimum.point.exact.at.nu))
                found = moves._zeros_settled(polytope, k, z, x)
                assert (found is z) == (not is_zero(exact) or linear.dot(x, z) == 0)
                settled.append(found is not z)
    assert any(settled)


def test_an_interrupt_with_two_workers_is_one_line_and_ends_them(tmp_path):
    data, out = tmp_path / "data.csv", tmp_path / "cells.npz"
    data.write_text(
        "".join(
            ",".join(str((i * k * k + 7 * i + k**3) % 199 - 99) for k in range(7)) + "\n" for i in range(40)
        )
    )
    command = [
        "patterns",
        str(data),
        "--no-target",
        "--jobs",
        "2",
        "--max-cells",
        "99999999",
        "--out",
        str(out),
    ]
    for seconds in (0.6, 2.0):
        running = subprocess.Popen(
            [sys.executable, "-m", "polyrelu", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(seconds)
        os.killpg(running.pid, signal.SIGINT)  # as the terminal does: the whole group
        shown, complaint = running.communicate(timeout=30)
        assert running.returncode == 130
        assert shown == ""
        assert complaint.strip() == "polyrelu patterns: interrupted; nothing was written"
        with pytest.raises(ProcessLookupError):
            os.killpg(running.pid, 0)
        assert os.listdir(tmp_path) == ["data.csv"]


def test_huge_weights_print_no_warnings(tmp_path):
    (tmp_path / "d.csv").write_text("1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n")
    sizes = ["1e154", "1e308", "1e900"]
    for size in sizes:
        weights = {"W1": [[size, "0"], ["0", size], [size, size]], "W2": [[size, size, f"-{size}"]]}
        (tmp_path / f"{size}.json").write_text(json.dumps(weights))
    program = (
        "import sys; from polyrelu.cli import main;"
        "sys.exit(any([main(['network', f'{size}.json', '--data', 'd.csv', '--lam', '1']) for size in sys.argv[1:]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *sizes], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.count("a network of 3 units") == 3
    assert done.stderr == ""  # LAPACK complained there, past Python's warnings
    assert "LASCL" not in done.stdout


@pytest.mark.parametrize("delimiter", [",", " ", ";", "\t"])
def test_a_number_of_a_million_digits_is_called_too_long(delimiter, tmp_path, capsys):
    path = tmp_path / "data.csv"
    path.write_text(f"1{delimiter}2\n3{delimiter}{'7' * 1_000_000}\n")
    assert main(["certify", str(path), "--lam", "1"]) == 2
    err = capsys.readouterr().err
    assert (
        f"{path}, row 2 (line 2), column 2 ('x2'): a number 1000000 characters long; the limit is 1000" in err
    )
    assert err.count("\n") == 1


def test_the_limit_of_the_csv_reader_is_put_back(tmp_path):
    import csv

    before = csv.field_size_limit()
    path = tmp_path / "data.csv"
    path.write_text("1,2\n3,x\n")
    with pytest.raises(BadInput):
        read_table(str(path))
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("asked", [[], ["--gated"], ["--patterns", "all"]])
def test_time_that_is_over_at_once_still_gives_a_json_object(asked, tmp_path, capsys):
    """Even before the patterns are known; bounds are told of the full problem alone."""
    path = tmp_path / "data.csv"
    path.write_text("1,2,3\n-2,1,1.5\n3,-1,-2\n-1,-3,0.7\n2,2,-1\n")
    assert main(["certify", str(path), "--lam", "1/100", "--seconds", "1e-9", "--json", *asked]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "undecided"
    assert "time" in found["reason"]
    assert (found["cells"], found["lambda_max"], found["neurons"]) == (None, None, None)
    assert ("bounds" in found) is (asked != ["--gated"])
