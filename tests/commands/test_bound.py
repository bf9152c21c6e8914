"""`polyrelu bound` to the letter: keys, exit statuses, time, Ctrl-C, checkpoints, workers; `certify`'s bounds."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stdout, suppress
from fractions import Fraction
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from polyrelu import certification
from polyrelu.cli import main
from polyrelu.errors import Undecided
from polyrelu.interop import cluster

TABLE = "1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n"
KEYS = ["status", "setting", "lambda", "objective", "gap", "residual_radius", "boxes", "seconds"]
JUDGED = ["network_objective", "network_gap"]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(TABLE)
    return str(path)


@pytest.fixture
def large(tmp_path):
    """Far more work than a test can wait for."""
    rng = np.random.default_rng(2)
    path = tmp_path / "large.csv"
    np.savetxt(path, rng.integers(-99, 100, (300, 7)), fmt="%d", delimiter=",")
    return str(path)


@pytest.fixture(scope="module")
def middling(tmp_path_factory):
    """Some seconds of work, most of it in coverings."""
    rng = np.random.default_rng(2)
    path = tmp_path_factory.mktemp("middling") / "middling.csv"
    np.savetxt(path, rng.integers(-99, 100, (100, 5)), fmt="%d", delimiter=",")
    return str(path)


def network(path, theta, phi, **more):
    path.write_text(json.dumps({"W1": theta, "W2": [phi], **more}))
    return str(path)


def bounds(capsys, *arguments):
    status = main(["bound", *arguments, "--json"])
    shown, complaint = capsys.readouterr()
    assert complaint == ""
    return status, json.loads(shown)


def command(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "polyrelu", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


TICKS = os.sysconf("SC_CLK_TCK")


def wait_for_work(group, seconds):
    """Until all processes of a group together have had so many seconds of the processor, however busy that is."""
    spent, latest = 0.0, time.monotonic() + 120
    while spent < seconds:
        assert time.monotonic() < latest
        time.sleep(0.05)
        spent = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended meanwhile
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) == group:
                    spent += (int(fields[11]) + int(fields[12])) / TICKS


def without_seconds(shown):
    """The JSON object, but for how long it took."""
    answer = json.loads(shown)
    return {key: value for key, value in answer.items() if key not in ("seconds", "timings")}


def test_the_object_has_these_keys(data, tmp_path, capsys):
    status, found = bounds(capsys, data, "--lam", "1")
    assert (status, list(found), found["status"]) == (0, KEYS, "bounded")
    low, high = map(Fraction, found["objective"])
    assert low <= 9 <= high
    assert (high - low) / high <= Fraction(1, 10**4)
    assert (high - low) / high <= Fraction(found["gap"]) + Fraction(1, 10**18)
    assert 0 < found["residual_radius"] < 0.1
    assert found["seconds"] > 0
    net = network(tmp_path / "net.json", [[1, 0], [0, 2]], [1, 2])
    status, judged = bounds(capsys, data, "--lam", "1", "--network", net)
    assert (status, list(judged)) == (0, [*KEYS[:-1], *JUDGED, KEYS[-1]])
    # fits 1, 4, 0, 0: the loss is (4 + 0 + 9 + 16) / 2, the penalty (1 + 1 + 4 + 4) / 2
    assert judged["network_objective"] == ["19.500000000000000000"] * 2
    below, above = judged["network_gap"]
    assert below <= float(Fraction(39, 2) / 9 - 1) <= above
    assert above - below < 1e-3


def test_words_say_the_same(data, tmp_path, capsys):
    net = network(tmp_path / "net.json", [[1, 0], [0, 2]], [1, 2])
    assert main(["bound", data, "--lam", "1", "--network", net]) == 0
    shown = capsys.readouterr().out
    for words in ("4 rows, 2 features, lambda = 1", "BOUNDED", "(proved)", "19.5", "above the optimum"):
        assert words in shown
    assert "PROVED:" not in shown  # a gap is bounded, the optimum is not


@pytest.mark.parametrize("gap", ["1/2", "0.001", "1e-8"])
def test_the_gap_asked_for_is_reached(data, gap, capsys):
    status, found = bounds(capsys, data, "--lam", "1", "--gap", gap)
    assert status == 0
    assert Fraction(found["gap"]) <= Fraction(gap)


def test_nothing_to_fit_has_no_gap(tmp_path, capsys):
    path = tmp_path / "zero.csv"
    path.write_text("1,2,0\n3,4,0\n")
    net = network(tmp_path / "net.json", [[0, 0]], [0])
    status, found = bounds(capsys, str(path), "--lam", "1", "--network", net)
    assert (status, found["gap"], found["network_gap"], found["residual_radius"]) == (0, 0, [0, 0], 0)
    assert [float(v) for v in found["objective"] + found["network_objective"]] == [0] * 4
    some = network(tmp_path / "some.json", [[1, 0]], [1])
    assert bounds(capsys, str(path), "--lam", "1", "--network", some)[1]["network_gap"] == [None, None]


def test_bias_is_a_column_of_ones(data, tmp_path, capsys):
    ones = tmp_path / "ones.csv"
    ones.write_text(TABLE.replace(",3\n", ",1,3\n").replace(",4\n", ",1,4\n"))
    with_ones, with_bias = (bounds(capsys, *a, "--lam", "1") for a in ((str(ones),), (data, "--bias")))
    assert with_ones[1]["objective"] == with_bias[1]["objective"]


BAD = {
    "--lam 0": "lambda > 0",
    "--lam -1": "must not be negative",
    "--lam 1 --gap 0": "'0' is not between 0 and 1",
    "--lam 1 --gap 2": "'2' is not between 0 and 1",
    "--lam 1 --gap x": "x",
    "--lam 1 --seconds -1": "'-1' is not a positive number of seconds",
    "--lam 1 --seconds soon": "'soon'",
    "--lam 1 --seconds nan": "'nan'",
    "--lam 1 --jobs 0": "'0' is not a whole number",
    "--lam 1 --digits 0": "'0'",
    "--lam 1 --network missing.json": "missing.json",
    "--lam 1 --network gated.json": "gated",
    "--lam 1 --network wide.json": "3 inputs",
    "--lam 1 --checkpoint data.csv": "read here",
    "--lam 1 --checkpoint nowhere/file": "does not exist",
    "--lam 1 --checkpoint wide.json": "not a checkpoint, or a damaged one",
    "--lam 1 --out nowhere/proof.json": "does not exist",
}


@pytest.mark.parametrize("options", BAD)
def test_bad_input_is_one_line(options, data, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network(tmp_path / "wide.json", [[1, 2, 3]], [1])
    network(tmp_path / "gated.json", [[1, 2]], [1], gates=[[1, 0]])
    try:
        status = main(["bound", "data.csv", *options.split()])
    except SystemExit as end:
        status = end.code
    shown, complaint = capsys.readouterr()
    assert (status, shown, complaint.count("\n")) == (2, "", 1)
    assert BAD[options] in complaint
    assert "Traceback" not in complaint


def test_without_a_target_column_it_is_refused(tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("1\n2\n")
    assert main(["bound", str(path), "--lam", "1"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("seconds", ["0.01", "2"])
def test_when_time_is_up_the_bounds_are_printed(large, seconds):
    begin = time.monotonic()
    run = command("bound", large, "--lam", "1000", "--seconds", seconds, "--json")
    shown, complaint = run.communicate(timeout=60)
    found = json.loads(shown)
    assert (run.returncode, complaint) == (3, "")
    low, high = map(Fraction, found["objective"])
    assert 0 < low < high
    assert found["gap"] > 1e-4
    assert found["seconds"] < float(seconds) + 2
    assert time.monotonic() - begin < float(seconds) + 8  # with the start of the interpreter


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_prints_the_best_bounds(large, jobs):
    run = command("bound", large, "--lam", "1000", "--jobs", jobs, "--json", start_new_session=True)
    wait_for_work(run.pid, 3)
    os.killpg(run.pid, signal.SIGINT)  # as the terminal does: the whole group
    shown, complaint = run.communicate(timeout=30)
    assert (run.returncode, complaint) == (3, "")
    assert Fraction(json.loads(shown)["objective"][0]) > 0
    with pytest.raises(ProcessLookupError):
        os.killpg(run.pid, 0)


def undecided(*_):
    raise Undecided("an equality that nobody can settle")


def test_certify_that_is_undecided_adds_the_bounds(data, monkeypatch, capsys):
    monkeypatch.setattr(certification, "_proved_set", undecided)
    assert main(["certify", data, "--lam", "1", "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["objective"]) == ("undecided", None)
    monkeypatch.undo()
    bound = bounds(capsys, data, "--lam", "1")[1]
    assert {**answer["bounds"], "seconds": 0} == {**bound, "seconds": 0}
    monkeypatch.setattr(certification, "_proved_set", undecided)
    assert main(["certify", data, "--lam", "1"]) == 3
    shown = capsys.readouterr().out
    assert "UNDECIDED: an equality that nobody can settle" in shown
    assert "BOUNDED" in shown


def test_a_proved_answer_has_no_bounds(data, capsys):
    assert main(["certify", data, "--lam", "1", "--json"]) == 0
    assert "bounds" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("options", [["--gated"], ["--patterns", "list.txt"]])
def test_a_smaller_program_has_no_bounds_among_all_networks(options, data, tmp_path, monkeypatch, capsys):
    """The bounds speak of all networks, and would be said of others."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.txt").write_text("1 1 0 0\n0 1 1 0\n")
    monkeypatch.setattr(certification, "_proved_set", undecided)
    assert main(["certify", data, "--lam", "1", "--json", *options]) == 3
    assert "bounds" not in json.loads(capsys.readouterr().out)


def test_certify_with_seconds_prints_bounds_when_time_is_up(large):
    run = command("certify", large, "--lam", "1000", "--seconds", "4", "--json")
    shown, complaint = run.communicate(timeout=60)
    answer = json.loads(shown)
    assert (run.returncode, complaint, answer["status"]) == (3, "", "undecided")
    assert "--seconds" in answer["reason"]
    assert list(answer["bounds"]) == KEYS
    assert Fraction(answer["bounds"]["objective"][0]) > 0
    assert answer["seconds"] < 6.5


def test_certify_with_seconds_prints_bounds_on_ctrl_c(large):
    run = command("certify", large, "--lam", "1000", "--seconds", "500", "--json", start_new_session=True)
    wait_for_work(run.pid, 3)
    os.killpg(run.pid, signal.SIGINT)
    shown, complaint = run.communicate(timeout=30)
    answer = json.loads(shown)
    assert (run.returncode, complaint, answer["reason"]) == (3, "", "interrupted")
    assert Fraction(answer["bounds"]["objective"][0]) > 0


ASKED = {
    "bound": ["bound", "--lam", "9000", "--gap", "1e-3", "--json"],
    "certify": ["certify", "--lam", "9000", "--json"],
}


@pytest.fixture(scope="module")
def undisturbed(middling):
    """The answers by one worker, without a checkpoint; each is computed once."""

    @cache
    def answer(name):
        with redirect_stdout(StringIO()) as shown:
            main([*ASKED[name], middling, "--jobs", "1"])
        return without_seconds(shown.getvalue())

    return answer


def written(file):
    """Which checkpoint this is, None if there is none."""
    return file.stat().st_mtime_ns if file.exists() else None


@pytest.mark.parametrize("name", ASKED)
def test_what_was_stopped_goes_on_and_ends_the_same(name, middling, undisturbed, tmp_path, capsys):
    file = tmp_path / "state"
    asked = [*ASKED[name], middling, "--checkpoint", str(file)]
    program = (
        "import sys; from polyrelu.covering import checkpoint; checkpoint.SECONDS = 0.1;"
        "from polyrelu.cli import main; sys.exit(main())"
    )
    for stop in (signal.SIGINT, signal.SIGKILL):
        before = written(file)
        run = subprocess.Popen(
            [sys.executable, "-c", program, *asked], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while written(file) == before:  # it is in the midst of its coverings once it has kept some
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(stop)
        run.wait(timeout=60)
        assert run.returncode in ((3, 130) if stop == signal.SIGINT else (-stop,))
    assert file.exists()
    assert main(asked) == 0
    assert without_seconds(capsys.readouterr().out) == undisturbed(name)
    assert not file.exists()  # all is answered


def test_a_checkpoint_of_another_problem_is_refused(data, large, tmp_path, capsys):
    file = str(tmp_path / "state")
    assert main(["bound", large, "--lam", "1000", "--seconds", "1", "--checkpoint", file]) == 3
    capsys.readouterr()
    for other in (["bound", data, "--lam", "1000"], ["certify", large, "--lam", "999"]):
        assert main([*other, "--checkpoint", file]) == 2
        shown, complaint = capsys.readouterr()
        assert (shown, complaint.count("\n")) == ("", 1)
        assert "another problem" in complaint
    assert (
        main(["bound", large, "--lam", "1000", "--seconds", "1", "--checkpoint", file]) == 3
    )  # its own goes on


@pytest.mark.parametrize("name", ASKED)
def test_two_workers_give_the_same_bytes(name, middling, undisturbed, capsys):
    main([*ASKED[name], middling, "--jobs", "2"])
    assert without_seconds(capsys.readouterr().out) == undisturbed(name)


def test_a_wrong_address_of_a_cluster_is_one_line(data, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", "1s")  # Dask itself would try for half a minute
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "here"):
        begin = time.monotonic()
        assert main(["bound", data, "--lam", "1", "--dask", address]) == 2
        shown, complaint = capsys.readouterr()
        assert (shown, complaint.count("\n")) == ("", 1)
        assert f"--dask {address}" in complaint
        assert time.monotonic() - begin < 15


def test_no_old_client_ends_while_a_new_one_starts(data, monkeypatch):
    """Both need one lock: a client without a scheduler that was collected then waited for ever."""
    distributed = pytest.importorskip("distributed")
    seen = []

    def refused(*_, **__):
        seen.append(gc.isenabled())
        raise OSError("nobody there")

    monkeypatch.setattr(distributed, "Client", refused)
    assert main(["bound", data, "--lam", "1", "--dask", "tcp://127.0.0.1:9"]) == 2
    assert seen == [False]
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("table", "lam", "seconds"),
    [
        (TABLE, "1", "60"),
        (TABLE, "100", "60"),
        ("1,2,0\n3,4,0\n", "1", "60"),
        ("0,0,1\n0,0,2\n", "1", "60"),
        ("1,0\n0,5\n", "1", "60"),
        ("3,4,2\n", "10", "60"),
        ("3,4,2\n-1,2,1\n5,0,3\n", "1/10", "0.001"),  # no covering: the target shrunk until it is feasible
    ],
)
def test_the_proof_file_is_accepted(table, lam, seconds, tmp_path, capsys):
    data, proof = tmp_path / "data.csv", str(tmp_path / "proof.json")
    data.write_text(table)
    assert main(["bound", str(data), "--lam", lam, "--seconds", seconds, "--out", proof]) in (0, 3)
    capsys.readouterr()
    assert main(["check", proof]) == 0
    assert "ACCEPTED" in capsys.readouterr().out
