"""Networks as `torch.nn.Sequential(Linear, ReLU, Linear)` without biases, and back. torch is imported only here.

Reading never runs code from a file: `torch.load` is only ever called with `weights_only=True`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from polyrelu.errors import BadInput, EngineMissing
from polyrelu.interop.arrays import network_of_arrays
from polyrelu.networks.network import Network

LAYERS = ["Linear", "ReLU", "Linear"]


def _torch() -> Any:
    try:
        import torch
    except ImportError as missing:
        raise EngineMissing("networks of torch need torch: pip install torch") from missing
    return torch


def to_torch(network: Network) -> Any:
    """The module in double precision; its outputs have shape (n, 1)."""
    if network.is_gated:
        raise BadInput("a gated network has no torch.nn.Sequential of Linear and ReLU; use its arrays")
    torch = _torch()
    W1, W2 = network.arrays()
    if not network.width:  # torch warns of layers without entries; a zero unit is the same function
        W1, W2 = np.zeros((1, network.d)), np.zeros((1, 1))
    hidden = torch.nn.Linear(network.d, len(W1), bias=False, dtype=torch.float64)
    output = torch.nn.Linear(len(W1), 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        hidden.weight.copy_(torch.from_numpy(W1))
        output.weight.copy_(torch.from_numpy(W2))
    return torch.nn.Sequential(hidden, torch.nn.ReLU(), output)


def from_torch(module: Any, *, bias: bool = False) -> Network:
    """The network of a Sequential(Linear, ReLU, Linear) or of its state dict, every weight exactly as it is stored.

    With `bias` the biases of the first layer become the last input of the network, the column of ones of the data.
    """
    if isinstance(module, Mapping):
        state: Mapping[str, Any] = module
    else:
        layers = [type(layer).__name__ for layer in module.children()]
        if layers != LAYERS:
            raise BadInput(f"a Sequential of {LAYERS} is expected, found the layers {layers}")
        state = module.state_dict()
    return network_of_arrays({name: to_array(name, tensor) for name, tensor in state.items()}, bias=bias)


def read_torch_file(path: str) -> dict[str, Any]:
    """The named arrays of a state dict saved by `torch.save`."""
    torch = _torch()
    try:
        with warnings.catch_warnings():  # torch warns of odd files; what matters is whether it refuses them
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a hostile or truncated file can make torch fail in any way
        said = (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0][:120]
        raise BadInput(
            f"{path}: not a state dict that torch can load without running code ({said})"
        ) from None
    if not isinstance(found, Mapping):
        raise BadInput(f"{path} holds a {type(found).__name__}; save model.state_dict(), a dict of tensors")
    return {str(name): to_array(str(name), tensor) for name, tensor in found.items()}


def to_array(name: str, tensor: Any) -> Any:
    """The entries of a tensor, exactly: half precisions are widened, nothing is rounded."""
    if not hasattr(tensor, "detach"):
        raise BadInput(f"{name} is a {type(tensor).__name__}, not a tensor; save model.state_dict()")
    try:
        dense = tensor.detach().cpu()
        return np.asarray((dense.double() if dense.is_floating_point() else dense).numpy())
    except (RuntimeError, TypeError) as error:
        raise BadInput(f"{name} cannot be read as an array ({error})") from None
