"""What `Network.of` reads besides weights: fitted networks of other libraries, state dicts, and files.

Objects are known by what they have, so no library is imported that is not there already.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from polyrelu.errors import BadInput
from polyrelu.interop import scnn
from polyrelu.interop.answers import is_answer, network_of_answer
from polyrelu.interop.arrays import network_of_arrays
from polyrelu.interop.sklearn_networks import from_mlp, is_mlp
from polyrelu.interop.torch_networks import from_torch
from polyrelu.interop.weights import read_network
from polyrelu.networks.network import Network

KNOWN = (
    "give weights theta and phi, a fitted MLPRegressor, a torch module or its state dict, a pyscnn model, named "
    "arrays, or the name of a file"
)


def network_from(fitted: Any) -> Network:
    """The network of a fitted object; `BadInput` in one line for everything else."""
    if isinstance(fitted, Network):
        return fitted
    if isinstance(fitted, str | os.PathLike):
        return read_network(os.fspath(fitted))
    if isinstance(fitted, Mapping):
        return _of_mapping(fitted)
    if is_mlp(fitted):
        return from_mlp(fitted)
    if hasattr(fitted, "state_dict") and hasattr(fitted, "named_modules"):
        return from_torch(fitted)
    if hasattr(fitted, "get_parameters"):
        return scnn.from_scnn(fitted.get_parameters(), getattr(fitted, "G", None))
    if hasattr(fitted, "steps") or hasattr(fitted, "best_estimator_"):
        raise BadInput(
            f"a {type(fitted).__name__} holds more than a network; give the fitted MLPRegressor in it, and the data as "
            "that sees them"
        )
    raise BadInput(f"a {type(fitted).__name__} is no network that is read; {KNOWN}")


def _of_mapping(given: Mapping[str, Any]) -> Network:
    if is_answer(given):
        return network_of_answer(given)
    if any(hasattr(v, "detach") for v in given.values()):
        return from_torch(given)
    return network_of_arrays(given)
