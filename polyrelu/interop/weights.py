"""Weights of a trained network from a file: .npz, .json or .pt. The file is not trusted, and nothing in it is run.

What the arrays in it may be called is said in `arrays`; a JSON file may also be what certify and prune print.
"""

from __future__ import annotations

import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from flint import fmpq

from polyrelu.errors import BadInput, LimitReached
from polyrelu.exact.rational import is_rational
from polyrelu.interop.answers import is_answer, network_of_answer
from polyrelu.interop.arrays import network_of_arrays
from polyrelu.networks.network import Affine, Network
from polyrelu.networks.suiting import alone
from polyrelu.networks.unit import Unit

MAX_BYTES = 64_000_000


def read_network(path: str, number: int | None = None) -> Network:
    """The network in a file; `number` (from 1) says which, where an answer of `prune` holds several."""
    suffix = Path(path).suffix.lower()
    readers = {".npz": _read_npz, ".json": _read_json, ".pt": _read_torch, ".pth": _read_torch}
    if suffix not in readers:
        raise BadInput(f"{path}: weights are read from .npz, .json or .pt files; save them as one of these")
    try:
        size = Path(path).stat().st_size
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror or error}; check the name of the file") from None
    if size > MAX_BYTES:
        raise LimitReached(f"{path} has {size:,} bytes; weights of at most {MAX_BYTES:,} bytes are read")
    try:
        found = readers[suffix](path)
        if suffix == ".json" and is_answer(found):
            return network_of_answer(found, number)
        if number is not None:
            raise BadInput("the file holds one network; drop the number")
        return network_of_arrays(found)
    except (BadInput, LimitReached) as error:
        text = str(error)
        raise type(error)(text if text.startswith(path) else f"{path}: {text}") from None


def _read_npz(path: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_BYTES:
            raise LimitReached(f"{path} unpacks to {unpacked:,} bytes; at most {MAX_BYTES:,} are read")
        with np.load(path, allow_pickle=False) as file:
            return {name: np.asarray(file[name]) for name in file.files}
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        MemoryError,
        NotImplementedError,
        zipfile.BadZipFile,
    ) as error:
        reason = str(error).splitlines()[0][:160] if str(error) else type(error).__name__
        raise BadInput(f"{path}: not a readable .npz file of plain numbers ({reason})") from None


def _read_json(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_bytes(), parse_float=Decimal, parse_constant=Decimal)
    except (OSError, ValueError, ArithmeticError, RecursionError) as error:
        raise BadInput(f"{path}: not a readable JSON file ({str(error)[:160]})") from None
    if not isinstance(found, dict):
        raise BadInput(f'{path}: an object such as {{"W1": [[...]], "W2": [...]}} is expected')
    return found


def _read_torch(path: str) -> dict[str, Any]:
    from polyrelu.interop.torch_files import read_state

    return read_state(path)


def written(network: Network) -> dict[str, Any]:
    """The arrays of a network as JSON, every rational number as it is; what `read_network` reads again."""
    network = alone(network)
    numbers = [*(v for unit in network.units for v in unit.coordinates), *network.coefficients]
    if network.is_gated or not all(map(is_rational, numbers)):
        raise BadInput("only networks with rational weights and without gates are written")
    if isinstance(network.free_at, Affine) and network.free_at.columns:
        raise BadInput("networks with coefficients of free columns of the table are not written")
    biased, c = network.biased, list(map(str, network.coefficients))
    units = network.units or (Unit((fmpq(0),) * network.d, fmpq(0)),)
    rows = [list(map(str, unit.theta)) for unit in units]
    found: dict[str, Any] = {
        "W1": [row[:-1] if biased else row for row in rows],
        "W2": [str(unit.phi) for unit in units],
    }
    found |= {"b1": [row[-1] for row in rows]} if biased else {}
    found |= {"b2": [c[-1]]} if c else {}
    return found | ({"skip": c[:-1]} if len(c) > 1 else {})
