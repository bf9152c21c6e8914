"""`polyrelu network`: keys, exit statuses, the files it reads, and the files it refuses in one line."""

import io
import json
import pickle
import sys
import zipfile
from fractions import Fraction

import numpy as np
import pytest

from polyrelu.cli import main
from polyrelu.errors import BadInput, LimitReached
from polyrelu.interop import arrays, weights
from polyrelu.interop.arrays import network_of_arrays
from polyrelu.interop.weights import read_network

KEYS = {
    "optimal",
    "optimal_reason",
    "objective",
    "optimum",
    "gap",
    "stationary",
    "stationary_reason",
    "stationary_chain_rule",
    "stationarity_residual",
    "subsampled_optimal",
    "subsampled_reason",
    "subsampled_optimum",
    "width",
    "distinct_neurons",
    "balanced",
    "balancing_gain",
    "distance",
    "distance_reason",
    "nearest",
    "nearest_vertex",
    "headline",
    "relative_gap",
    "stationary_distance",
    "stationary_distance_reason",
    "stationary_objective",
    "stationary_decrease",
    "stationary_kinks",
    "stationary_vanished",
    "superfluous",
    "superfluous_reason",
    "pruned_saving",
    "setting",
    "lambda",
    "matching",
    "seconds",
}


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("a,b,y\n1,0,3\n0,1,4\n")
    return str(path)


def run(capsys, *arguments):
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def ask(capsys, file, data, *more):
    return run(capsys, "network", str(file), "--data", data, "--lam", "1", *more)


def saved(tmp_path, **arrays):
    path = tmp_path / "net.npz"
    np.savez(path, **arrays)
    return path


def refused(capsys, file, data, words, *more):
    status, out, err = ask(capsys, file, data, *more)
    assert (status, out) == (2, ""), err
    assert err.startswith("polyrelu network: ")
    assert err.count("\n") == 1, err
    for word in words if isinstance(words, tuple) else (words,):
        assert word in err
    return err


def test_json(capsys, tmp_path, data):
    path = tmp_path / "net.json"
    path.write_text('{"W1": [["6/5", 1.6]], "W2": [2]}')
    status, out, _ = ask(capsys, path, data, "--json")
    answer = json.loads(out)
    assert status == 0
    assert set(answer) == KEYS
    assert (answer["optimal"], answer["stationary"], answer["subsampled_optimal"]) == (True, True, True)
    assert [Fraction(v) for v in answer["gap"]] == [0, 0]
    assert [Fraction(v) for v in answer["optimum"]] == [Fraction(9, 2)] * 2
    text = run(capsys, "network", "--help")[1]
    assert all(key in text or key.removesuffix("_reason") in text for key in KEYS)


def test_readable(capsys, tmp_path, data):
    path = saved(tmp_path, theta=np.array([[1.2, 1.6], [0.0, 0.0]]), phi=np.array([2.0, 1.0]))
    status, out, _ = ask(capsys, path, data)
    assert status == 0
    assert "global optimum   NO: the objective exceeds" in out
    assert "2 units, 1 distinct neurons" in out
    assert "the balanced form" not in out
    # the second unit is zero once balanced; the first is a float away from the optimum
    status, out, _ = ask(capsys, path, data, "--balance", "--json")
    answer = json.loads(out)
    assert answer["optimal"] is False
    assert 0 < float(answer["gap"][1]) < 1e-30
    assert float(answer["distance"][1]) < 1e-9


@pytest.mark.parametrize(
    "names", [("W1", "W2"), ("theta", "phi"), ("0.weight", "2.weight"), ("hidden.weight", "out.weight")]
)
@pytest.mark.parametrize("shape", [(1, 2), (2,), (2, 1)])
def test_names_and_shapes(names, shape):
    first, second = names
    found = network_of_arrays(
        {first: np.array([[1, 2, 3], [4, 5, 6]]), second: np.array([7, 8]).reshape(shape)}
    )
    assert [unit.theta for unit in found.units] == [(1, 2, 3), (4, 5, 6)]
    assert [unit.phi for unit in found.units] == [7, 8]


def test_biases(capsys, tmp_path, data):
    W, phi = [[1.0, 2.0]], [[1.0]]
    path = saved(tmp_path, **{"0.weight": W, "0.bias": [3.0], "2.weight": phi, "2.bias": [0.0]})
    refused(capsys, path, data, ("biases in its first layer", "--bias"))
    status, out, _ = ask(capsys, path, data, "--bias", "--json")
    assert (status, json.loads(out)["width"]) == (0, 1)
    assert read_network(str(path)).units[0].theta == (1, 2, 3)
    path = saved(tmp_path, **{"0.weight": W, "0.bias": [0.0], "2.weight": phi, "2.bias": [0.0]})
    assert ask(capsys, path, data)[0] == 0  # a bias of 0 changes nothing
    path = saved(tmp_path, W1=W, W2=phi, b2=[0.5])
    refused(capsys, path, data, ("bias of the output", "--output-bias free"))
    path = saved(tmp_path, W1=W, W2=phi)
    refused(capsys, path, data, ("2 inputs", "3 features"), "--bias")


def test_gated(tmp_path):
    path = saved(tmp_path, W1=[[1.0, 2.0]], W2=[1.0], G=[[1.0, -1.0]])
    assert read_network(str(path)).is_gated


BAD = {
    "ragged": '{"W1": [[1, 2], [3]], "W2": [1, 2]}',
    "nan": '{"W1": [[NaN, 2]], "W2": [1]}',
    "infinite": '{"W1": [[1, -Infinity]], "W2": [1]}',
    "words": '{"W1": [["cat", 2]], "W2": [1]}',
    "null": '{"W1": [[null, 2]], "W2": [1]}',
    "object": '{"W1": [[{"a": 1}, 2]], "W2": [1]}',
    "deep": '{"W1": [[[1]]], "W2": [1]}',
    "no list": '{"W1": 5, "W2": [1]}',
    "empty": '{"W1": [], "W2": []}',
    "no columns": '{"W1": [[], []], "W2": [1, 2]}',
    "missing": '{"W1": [[1, 2]]}',
    "an array": "[1, 2]",
    "truncated": '{"W1": [[1, 2',
    "huge exponent": '{"W1": [[1e99999, 2]], "W2": [1]}',
    "huge integer": '{"W1": [[' + "9" * 5000 + ', 2]], "W2": [1]}',
    "nested": "[" * 100_000,
    "two outputs": '{"W1": [[1, 2]], "W2": [[1], [2]]}',
    "three layers": '{"W1": [[1, 2]], "W2": [1], "W3": [1]}',
    "wrong features": '{"W1": [[1, 2, 3]], "W2": [1]}',
    "bytes": "\x00\x01\x02",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_json_is_one_line(capsys, tmp_path, data, name):
    path = tmp_path / "net.json"
    path.write_text(BAD[name])
    err = refused(capsys, path, data, "")
    assert len(err) < 500


class Trap:
    """Unpickling this would be noticed."""

    sprung = False

    def __reduce__(self):
        return (Trap.spring, ())

    @staticmethod
    def spring():
        Trap.sprung = True
        return 0


def header(shape, dtype="<f8"):
    """An .npy file with a header and no data."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def test_hostile_npz(capsys, tmp_path, data):
    path = tmp_path / "net.npz"
    np.savez(path, W1=np.array([[Trap()]], dtype=object), W2=np.array([1.0]), allow_pickle=True)
    refused(capsys, path, data, ".npz")
    path.write_bytes(pickle.dumps(Trap()))
    refused(capsys, path, data, ".npz")
    assert not Trap.sprung
    whole = saved(tmp_path, W1=np.ones((3, 2)), W2=np.ones(3)).read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:cut])
        refused(capsys, path, data, ".npz")
    for shape in ((10**12, 10**6), (10**7, 2)):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("W1.npy", header(shape))
            archive.writestr("W2.npy", header((1,)))
        refused(capsys, path, data, "net.npz")
    for array in (
        np.array([[1 + 2j]]),
        np.array([["x"]]),
        np.array([[b"1"]]),
        np.array([[np.nan]]),
        np.ones((1, 1, 1)),
    ):
        refused(capsys, saved(tmp_path, W1=array, W2=[1.0]), data, "W1")


def test_too_big(capsys, tmp_path, data, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_WEIGHTS", 5)
    refused(capsys, saved(tmp_path, W1=np.ones((3, 2)), W2=np.ones(3)), data, "W1")
    monkeypatch.setattr(weights, "MAX_BYTES", 100)
    with pytest.raises(LimitReached, match="bytes"):
        read_network(str(tmp_path / "net.npz"))
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, W1=np.zeros((1000, 1000)), W2=np.zeros(1000))
    monkeypatch.setattr(weights, "MAX_BYTES", path.stat().st_size + 1)
    with pytest.raises(LimitReached, match="unpacks"):
        read_network(str(path))


def test_files_that_are_not_there(capsys, tmp_path, data):
    refused(capsys, tmp_path / "none.npz", data, "cannot read")
    refused(capsys, tmp_path / "net.h5", data, ".npz, .json or .pt")
    refused(capsys, tmp_path, data, "")


def test_undecided_is_status_3(capsys, tmp_path, data, monkeypatch):
    from polyrelu.judging import questions
    from polyrelu.verdict import Verdict

    def blurred(value, residual, result, program, scope=""):
        from flint import arb

        from polyrelu.judging.comparison import Comparison

        return Comparison(Verdict.undecided("optimal", "is 0 = 0?"), (arb(0), arb(1)), (arb(0), arb(1)))

    monkeypatch.setattr(questions, "_compare", blurred)
    path = tmp_path / "net.json"
    path.write_text('{"W1": [[1, 1]], "W2": [2]}')
    status, out, _ = ask(capsys, path, data, "--json")
    assert (status, json.loads(out)["optimal"]) == (3, None)
    assert "UNDECIDED: is 0 = 0?" in ask(capsys, path, data)[1]


def test_pt_needs_no_torch(capsys, tmp_path, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    path = tmp_path / "net.pt"
    path.write_bytes(b"anything")
    refused(capsys, path, data, "older than torch 1.6")


def test_arrays_are_refused_with_a_place():
    with pytest.raises(BadInput, match="W1, row 2, column 1"):
        network_of_arrays({"W1": [[1], ["x"]], "W2": [1, 2]})
    with pytest.raises(BadInput, match="transpose W1"):
        network_of_arrays({"W1": [[1, 2, 3], [4, 5, 6]], "W2": [1, 2, 3]})
    with pytest.raises(BadInput, match="found: a, b"):
        network_of_arrays({"a": [1], "b": [2]})
