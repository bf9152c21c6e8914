"""Networks from named arrays, as files and other libraries hold them.

Names are what people use: W1 and W2, theta and phi, or a state dict with two matrices called *.weight, in order; b1
and b2 or *.bias; skip for a linear term of the inputs; G or gates for a gated network. Biases of the first layer become
the weights of a last input, which is 1; nothing that is read is dropped. The first matrix is (m, d), one row per hidden
unit, as in torch; the second (1, m), (m,) or (m, 1). Numbers are taken exactly: binary floats as they are, JSON numbers
as they are written, and "1/3" is 1/3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from polyrelu.data.numbers import exact_number
from polyrelu.errors import BadInput, LimitReached
from polyrelu.exact.rational import to_fmpq
from polyrelu.networks.network import Network

MAX_WEIGHTS = 1_000_000

FIRST = ("W1", "w1", "theta", "Theta", "weight1")
SECOND = ("W2", "w2", "phi", "Phi", "weight2")
FIRST_BIAS = ("b1", "bias1")
SECOND_BIAS = ("b2", "bias2")
SKIP = ("skip",)
GATES = ("G", "gates")


class Matrix(NamedTuple):
    """A named array as rows of exact numbers; a vector is one row."""

    name: str
    shape: tuple[int, ...]
    rows: list[list[Any]]


def network_of_arrays(arrays: Mapping[str, Any]) -> Network:
    """The network of named arrays (numpy, or nested lists)."""
    used = _roles(arrays)
    first, second = used["first"], used["second"]
    if len(first.shape) != 2 or 0 in first.shape:
        raise BadInput(
            f"{first.name} has shape {first.shape}; one row of input weights per hidden unit is expected"
        )
    m, d = first.shape
    if second.shape not in ((m,), (1, m), (m, 1)):
        raise BadInput(
            f"{second.name} has shape {second.shape} where {first.name} has {m} rows (units) of {d} inputs; "
            f"give {m} outgoing weights to a single output, and transpose {first.name} if its columns are the units"
        )
    given = {role: _flat(used.get(role)) for role in ("first_bias", "second_bias", "skip")}
    _check_biases(used, given, m, d)
    gates = used.get("gates")
    if gates is not None and gates.shape != (m, d):
        raise BadInput(
            f"{gates.name} has shape {gates.shape}; one gate per unit, of shape {(m, d)}, is expected"
        )
    if gates is not None and any(v is not None for v in given.values()):
        raise BadInput(
            "gates and biases together are not read; append the bias column to both layers yourself"
        )
    return Network.of(
        first.rows,
        [v for row in second.rows for v in row],
        bias=given["first_bias"],
        output_bias=None if given["second_bias"] is None else given["second_bias"][0],
        skip=given["skip"],
        gates=gates.rows if gates is not None else None,
    )


def _roles(arrays: Mapping[str, Any]) -> dict[str, Matrix]:
    """Which array plays which part."""
    wanted = {
        "first": FIRST,
        "second": SECOND,
        "first_bias": FIRST_BIAS,
        "second_bias": SECOND_BIAS,
        "skip": SKIP,
        "gates": GATES,
    }
    names = {role: next((n for n in known if n in arrays), None) for role, known in wanted.items()}
    weights = [n for n in arrays if n.endswith(".weight")]
    if names["first"] is None and names["second"] is None and len(weights) == 2:
        names["first"], names["second"] = weights
        for role, weight in zip(("first_bias", "second_bias"), weights, strict=True):
            beside = weight.removesuffix("weight") + "bias"
            names[role] = beside if beside in arrays else None
    if names["first"] is None or names["second"] is None:
        listed = ", ".join(list(map(str, arrays))[:8]) or "none"
        raise BadInput(
            f"no two layers of weights were found; name them W1 and W2, theta and phi, or 0.weight and 2.weight "
            f"(found: {listed})"
        )
    ignored = [n for n in arrays if n not in names.values()]
    if ignored:
        raise BadInput(
            f"{ignored[0]} is not part of a two-layer network; leave it out (read: first and second layer)"
        )
    return {role: _matrix(name, arrays[name]) for role, name in names.items() if name is not None}


def _flat(matrix: Matrix | None) -> list[Any] | None:
    return None if matrix is None else [v for row in matrix.rows for v in row]


def _check_biases(used: Mapping[str, Matrix], given: Mapping[str, list[Any] | None], m: int, d: int) -> None:
    """One bias per hidden unit, one for the output, and one coefficient per input in a linear term."""
    expected = {
        "first_bias": (m, f"one bias for each of the {m} hidden units"),
        "second_bias": (1, "one bias for a single output"),
        "skip": (d, f"one coefficient for each of the {d} inputs"),
    }
    for role, (size, words) in expected.items():
        values = given[role]
        if values is not None and len(values) != size:
            raise BadInput(f"{used[role].name} has shape {used[role].shape}; {words} is expected")


def _matrix(name: str, values: Any) -> Matrix:
    """Exact entries of an array or of nested lists."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind not in "fiuU":
            raise BadInput(f"{name} holds {values.dtype} entries; save it as numbers")
        shape: tuple[int, ...] = values.shape
        nested: Any = values.tolist()
    else:
        nested, shape = values, _shape_of(name, values)
    if len(shape) not in (1, 2):
        raise BadInput(f"{name} has {len(shape)} dimensions; a matrix or a vector is expected")
    if int(np.prod(shape, dtype=object)) > MAX_WEIGHTS:
        raise LimitReached(f"{name} has more than {MAX_WEIGHTS:,} entries; only small networks are judged")
    rows = nested if len(shape) == 2 else [nested]
    return Matrix(
        name, shape, [[_exact(name, i, j, v) for j, v in enumerate(row)] for i, row in enumerate(rows)]
    )


def _exact(name: str, i: int, j: int, value: Any) -> Any:
    try:
        return to_fmpq(exact_number(value, floats="exact"))
    except BadInput as error:
        raise BadInput(f"{name}, row {i + 1}, column {j + 1}: {error}") from None


def _shape_of(name: str, values: Any) -> tuple[int, ...]:
    if not isinstance(values, list):
        raise BadInput(f"{name} is a {type(values).__name__}; nested lists of numbers are expected")
    inner = [len(v) if isinstance(v, list) else None for v in values]
    if all(size is None for size in inner):
        return (len(values),)
    if len(set(inner)) != 1:
        raise BadInput(f"{name} is ragged; make all its rows equally long")
    return (len(values), inner[0] or 0)
