"""State dicts as torch.save writes them, made here byte by byte without torch, and what is no state dict."""

import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from polyrelu.errors import BadInput
from polyrelu.interop.torch_files import MAX_BYTES, read_state
from polyrelu.interop.weights import read_network

STORAGES = {
    "f8": "DoubleStorage",
    "f4": "FloatStorage",
    "f2": "HalfStorage",
    "i8": "LongStorage",
    "bf": "BFloat16Storage",
}


class Storage:
    """The numbers of one or more tensors."""

    def __init__(self, kind, numbers):
        self.kind, self.count = kind, len(numbers)
        self.numbers = np.asarray(numbers, dtype="u2" if kind == "bf" else kind)


class Tensor:
    """A view of a storage."""

    def __init__(self, storage, offset, size, stride):
        self.parts = storage, offset, tuple(size), tuple(stride)

    def __reduce_ex__(self, protocol):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, (*self.parts, False, OrderedDict())


def whole(kind, table):
    """A tensor with a storage of its own."""
    table = np.asarray(table)
    strides = [int(s) for s in np.cumprod([1, *table.shape[:0:-1]])[::-1]]
    return Tensor(Storage(kind, table.ravel()), 0, table.shape, strides)


class Pickler(pickle._Pickler):
    """Storages are kept aside, as torch does."""

    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.storages = []

    def persistent_id(self, thing):
        if not isinstance(thing, Storage):
            return None
        if thing not in self.storages:
            self.storages.append(thing)
        kind = getattr(sys.modules["torch"], STORAGES[thing.kind])
        return ("storage", kind, str(self.storages.index(thing)), "cpu", thing.count)


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """The names that a pickle of torch refers to; reading must not look at them."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in STORAGES.values():
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2(*_):
        raise AssertionError("a name of torch was called")

    for function in (_rebuild_tensor_v2,):
        function.__module__, function.__qualname__ = "torch._utils", function.__name__
        setattr(utils, function.__name__, function)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def saved(path, content, order="little", **extra):
    """A file in the layout of torch.save."""
    file = io.BytesIO()
    pickler = Pickler(file)
    pickler.dump(content)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", file.getvalue())
        archive.writestr("net/byteorder", order)
        for k, storage in enumerate(pickler.storages):
            numbers = storage.numbers if order == "little" else storage.numbers.byteswap()
            archive.writestr(f"net/data/{k}", numbers.tobytes())
        archive.writestr("net/version", "3\n")
        for name, data in extra.items():
            archive.writestr(f"net/{name}", data)
    return str(path)


def raw(path, pickled, *storages):
    """A file with any pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", pickled)
        for k, data in enumerate(storages):
            archive.writestr(f"net/data/{k}", data)
    return str(path)


def state(**tensors):
    found = OrderedDict((name.replace("_", "."), tensor) for name, tensor in tensors.items())
    found._metadata = OrderedDict([("", {"version": 1}), ("0", {"version": 1})])
    return found


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_two_linear_layers(tmp_path, kind, order):
    rng = np.random.default_rng(0)
    W1, b1, W2, b2 = (rng.normal(size=s).astype(kind) for s in ((3, 2), (3,), (1, 3), (1,)))
    tensors = {"0_weight": W1, "0_bias": b1, "2_weight": W2, "2_bias": b2}
    path = saved(tmp_path / "net.pt", state(**{k: whole(kind, v) for k, v in tensors.items()}), order)
    found = read_state(path)
    assert list(found) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    for (name, array), given in zip(found.items(), tensors.values(), strict=True):
        assert array.dtype == np.float64, name
        assert (array == given).all()  # every bit: a float32 is a float64
    network, rows = read_network(path), rng.normal(size=(5, 2))
    expected = np.maximum(rows @ W1.T.astype(float) + b1, 0) @ W2[0].astype(float) + float(b2[0])
    assert network.predict(rows) == pytest.approx(expected, rel=1e-12)


def test_strides_offsets_and_shared_storages(tmp_path):
    """A transposed matrix, a slice, and every other entry, all of one storage."""
    numbers = np.arange(24.0)
    shared = Storage("f8", numbers)
    views = {
        "t": (Tensor(shared, 0, (4, 6), (1, 4)), numbers.reshape(6, 4).T),
        "slice": (Tensor(shared, 7, (2, 3), (8, 2)), [[7, 9, 11], [15, 17, 19]]),
        "one": (Tensor(shared, 23, (1,), (1,)), [23]),
        "none": (Tensor(shared, 24, (0, 3), (3, 1)), np.zeros((0, 3))),
        "scalar": (Tensor(shared, 5, (), ()), 5),
    }
    found = read_state(saved(tmp_path / "net.pt", state(**{k: t for k, (t, _) in views.items()})))
    for name, (_, expected) in views.items():
        assert found[name].shape == np.shape(expected)
        assert (found[name] == expected).all(), name


def test_half_precisions_and_integers_are_exact(tmp_path):
    values = [1.5, -0.0078125, 3.0]
    upper = [struct.unpack("<I", struct.pack("<f", v))[0] >> 16 for v in values]
    brain = Tensor(Storage("bf", upper), 0, (3,), (1,))
    tensors = state(half=whole("f2", values), brain=brain, steps=whole("i8", [2**53 + 1]))
    found = read_state(saved(tmp_path / "net.pth", tensors))
    assert found["half"].tolist() == found["brain"].tolist() == values
    assert found["steps"].tolist() == [2**53 + 1]


REFUSED = {
    "call": b"cos\nsystem\n(S'echo no'\ntR.",
    "eval": b"c__builtin__\neval\n(S'1'\ntR.",
    "module": b"ctorch.nn.modules.container\nSequential\n.",
    "script": b"c__torch__\nNet\n)\x81.",
    "list": b"]K\x01a.",
    "nested": b"}S'model'\n}s.",
    "class": b"ccollections\nOrderedDict\n}S'items'\nK\x01sb.",
    "function": b"ctorch._utils\n_rebuild_tensor_v2\n(N}S'__doc__'\nK\x01stb.",
    "instance": b"(icollections\nOrderedDict\n.",
    "new": b"ccollections\nOrderedDict\n)\x81.",
    "extension": b"\x82\x01.",
    "nothing": b"",
    "unfinished": b"}S'a",
    "id": b"(S'storage'\nctorch\nFloatStorage\nS'../0'\nS'cpu'\nK\x01tQ.",
    "count": b"(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nK\x03tQ.",
    "missing": b"(S'storage'\nctorch\nFloatStorage\nS'7'\nS'cpu'\nK\x01tQ.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_state_dict_is_refused_in_one_line(tmp_path, name):
    path = raw(tmp_path / "net.pt", REFUSED[name], b"\0" * 4)
    with pytest.raises(BadInput) as refused:
        read_network(path)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(path)


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [
        (0, (3,), (1,)),
        (1, (2,), (1,)),
        (0, (2,), (2,)),
        (0, (2, 2), (0, 0)),
        (-1, (1,), (1,)),
        (0, (1,), (-1,)),
        (0, (10**9, 10**9), (0, 0)),
        (0, (1,) * 9, (1,) * 9),
        (0, (True,), (1,)),
        (0, (2,), (1, 1)),
    ],
    ids=str,
)
def test_no_tensor_reaches_beyond_its_storage(tmp_path, offset, size, stride):
    tensor = Tensor(Storage("f4", [1, 2]), offset, size, stride)
    with pytest.raises(BadInput, match=r"storage|shape|zip|argument"):
        read_state(saved(tmp_path / "net.pt", state(w=tensor)))


def test_old_files_and_broken_ones(tmp_path):
    path = tmp_path / "old.pt"
    path.write_bytes(
        pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
    )  # as torch wrote before 1.6
    with pytest.raises(BadInput, match=r"older than torch 1\.6"):
        read_network(str(path))
    good = saved(tmp_path / "good.pt", state(w=whole("f4", [1.0])))
    data = bytearray((tmp_path / "good.pt").read_bytes())
    for cut in (len(data) // 2, len(data) - 3):
        path.write_bytes(data[:cut])
        with pytest.raises(BadInput):
            read_network(str(path))
    assert read_state(good)["w"].tolist() == [1.0]
    with pytest.raises(BadInput, match="older than torch"):
        read_state(saved(tmp_path / "two.pt", state(w=whole("f4", [1.0])), **{"code/data.pkl": b"N."}))


def test_an_archive_that_unpacks_to_too_much(tmp_path):
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/data.pkl", b"}.")
        archive.writestr("net/data/0", b"\0" * (MAX_BYTES + 1))
    with pytest.raises(BadInput, match="unpacks to more"):
        read_network(str(path))
