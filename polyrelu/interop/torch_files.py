"""State dicts that `torch.save` has written, read without torch: nothing in such a file is run.

The file is a zip archive: `data.pkl` is a pickle of a dict of tensors, in which each tensor names a storage, an offset,
its size and its strides; the storages are the files `data/KEY`. The pickle may ask for a few names alone, and what it
gets for them are the functions of this file.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from math import prod
from typing import Any, ClassVar

import numpy as np

from polyrelu.errors import BadInput

MAX_BYTES = 64_000_000
MAX_DIMENSIONS = 8
TYPES = {
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "BFloat16Storage": "u2",
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
"""Storages, and the numbers in them; of a bfloat16 the upper half of a float32."""
OLD = "is no file of torch.save, or older than torch 1.6; save model.state_dict() again with a newer torch"
TENSORS = "save model.state_dict(), a dict of tensors"


class _State(OrderedDict[Any, Any]):
    """A dict whose attributes are dropped: state dicts have some."""


def read_state(path: str) -> dict[str, Any]:
    """The named arrays of a state dict, every number exactly as it is stored."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = _Reader(archive).load()
    except zipfile.BadZipFile:
        raise BadInput(f"{path} {OLD}") from None
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    except Exception as error:  # a hostile or truncated file can make the reader fail in any way
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:120]
        raise BadInput(f"{path}: not a state dict that can be read without running code ({said})") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path} holds a {type(found).__name__}; {TENSORS}")
    for name, value in found.items():
        if not isinstance(value, np.ndarray):
            raise BadInput(f"{path}: {name} is a {type(value).__name__}, not a tensor; {TENSORS}")
    return {str(name): value for name, value in found.items()}


class _Reader(pickle._Unpickler):
    """The pickle of an archive. It is written in Python: that of C takes memory for whatever a file says."""

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    for opcode in (
        pickle.INST,
        pickle.OBJ,
        pickle.NEWOBJ,
        pickle.NEWOBJ_EX,
        pickle.EXT1,
        pickle.EXT2,
        pickle.EXT4,
    ):
        del dispatch[opcode[0]]

    stack: list[Any]

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive, self.entries, self.storages = archive, 0, dict[str, Any]()
        if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
            raise BadInput(f"it unpacks to more than {MAX_BYTES:,} bytes")
        names = [name for name in archive.namelist() if name.split("/")[-1] == "data.pkl"]
        if len(names) != 1:
            raise BadInput(f"it {OLD}")
        self.folder = names[0].removesuffix("data.pkl")
        super().__init__(io.BytesIO(archive.read(names[0])))

    def find_class(self, module: str, name: str) -> Any:
        """The few names that a state dict needs."""
        if module == "torch" and name in TYPES:
            return name
        known = {
            ("collections", "OrderedDict"): _State,
            ("torch._utils", "_rebuild_tensor_v2"): self._tensor,
            ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
        }
        if (module, name) not in known:
            raise BadInput(f"it holds more than tensors ({module}.{name}); {TENSORS}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """A storage: what type it is of, and the file with its numbers."""
        kind, storage, key, _, count = pid
        if kind != "storage" or storage not in TYPES or not str(key).isalnum():
            raise BadInput("it names a storage of an unknown kind")
        if key not in self.storages:
            self.storages[key] = self._numbers(storage, self.archive.read(f"{self.folder}data/{key}"))
        if len(self.storages[key]) != count:
            raise BadInput(
                f"it has a storage of {len(self.storages[key])} numbers where {count} are announced"
            )
        return self.storages[key]

    def _numbers(self, storage: str, data: bytes) -> Any:
        order = f"{self.folder}byteorder"
        big = order in self.archive.namelist() and self.archive.read(order).strip() == b"big"
        numbers = np.frombuffer(data, dtype=np.dtype(TYPES[storage]).newbyteorder(">" if big else "<"))
        if storage == "BFloat16Storage":
            numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
        return numbers.astype(np.float64) if numbers.dtype.kind == "f" else numbers

    def _tensor(self, numbers: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Any:
        """The entries of a tensor, in the order of its indices."""
        if len(size) > MAX_DIMENSIONS or not all(type(v) is int and v >= 0 for v in (offset, *size, *stride)):
            raise BadInput("it has a tensor of no shape")
        count = prod(size)
        self.entries += count
        last = offset + sum((m - 1) * s for m, s in zip(size, stride, strict=True)) if count else 0
        if count > len(numbers) or last >= max(1, len(numbers)) or self.entries > MAX_BYTES // 8:
            raise BadInput("it has a tensor beyond its storage")
        strides = tuple(s * numbers.itemsize for s in stride)
        return (
            np.lib.stride_tricks.as_strided(numbers[offset:], tuple(size), strides).copy()
            if count
            else np.zeros(size)
        )

    def load_build(self) -> None:
        """Attributes of a state dict (they are its versions), and of nothing else."""
        found = self.stack.pop()
        if type(self.stack[-1]) is not _State or type(found) not in (dict, _State):
            raise BadInput(f"it holds more than tensors; {TENSORS}")

    dispatch[pickle.BUILD[0]] = load_build
