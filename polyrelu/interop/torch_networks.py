"""Networks as torch modules with two Linear layers and a ReLU between them, and back. torch is imported only here.

A module's own `forward` is not read but tried: where it computes something else it is refused. (Files are read without
torch: see `torch_files`.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from polyrelu.errors import BadInput, EngineMissing
from polyrelu.interop.arrays import network_of_arrays
from polyrelu.networks.coordinates import rounded
from polyrelu.networks.matching import Matching
from polyrelu.networks.network import Affine, Network

MATCHING = (
    "torch: under SGD with weight_decay=wd and the mean squared error of n rows lambda = n wd / 2, with --bias "
    "penalised --output-bias ridge, or with --bias free --output-bias free if the biases are in a group without "
    "decay; AdamW minimises no such objective"
)
TRIED = 64
AGREES = 1e-4
"""How nearly, relative to its size, what a module computes at random rows must be what is read off it."""


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
    if network.coefficients and network.free_at != Affine():
        raise BadInput("a Sequential of Linear and ReLU has no linear term; use the units and coefficients")
    torch = _torch()
    W1, W2 = replace(network, coefficients=()).arrays()
    if not network.width:  # torch warns of layers without entries; a zero unit is the same function
        W1, W2 = np.zeros((1, network.d)), np.zeros((1, 1))
    W1, b1 = (W1[:, :-1], W1[:, -1]) if network.biased else (W1, None)
    b2 = np.array([rounded(network.coefficients[-1])]) if network.coefficients else None
    return torch.nn.Sequential(_layer(torch, W1, b1), torch.nn.ReLU(), _layer(torch, W2, b2))


def _layer(torch: Any, W: Any, b: Any) -> Any:
    layer = torch.nn.Linear(W.shape[1], W.shape[0], bias=b is not None, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(W)))
        if b is not None:
            layer.bias.copy_(torch.from_numpy(np.ascontiguousarray(b)))
    return layer


def from_torch(module: Any) -> Network:
    """The network of a module with two Linear layers, or of a state dict, every weight exactly as it is stored.

    Biases of the first layer become the weights of a last input, which is 1.
    """
    if isinstance(module, Mapping):
        return _of_state({str(name): to_array(str(name), tensor) for name, tensor in module.items()})
    layers = [(name, m) for name, m in module.named_modules() if not list(m.children())]
    linear = [(name, m) for name, m in layers if type(m).__name__ == "Linear"]
    other = sorted(
        {type(m).__name__ for _, m in layers} - {"Linear", "ReLU", "Identity", "Dropout", "Flatten"}
    )
    if len(linear) != 2 or other:
        found = [type(m).__name__ for _, m in layers]
        raise BadInput(f"a module of two Linear layers with a ReLU between them is expected, found {found}")
    arrays = {}
    for role, (_, layer) in zip("12", _ordered(linear), strict=True):
        arrays[f"W{role}"] = to_array(f"W{role}", layer.weight)
        if layer.bias is not None:
            arrays[f"b{role}"] = to_array(f"b{role}", layer.bias)
    kept = {id(p) for _, layer in linear for p in (layer.weight, layer.bias)}
    if any(id(p) not in kept for p in module.parameters()):
        raise BadInput(
            "the module has parameters beside its two Linear layers, which are not part of the model"
        )
    network = _of_state(arrays)
    _try(module, network)
    return network


def _ordered(linear: list[Any]) -> list[Any]:
    """The layer with one output last, whichever was registered first."""
    return linear if linear[1][1].weight.shape[0] == 1 else linear[::-1]


def _of_state(arrays: Mapping[str, Any]) -> Network:
    network = network_of_arrays(arrays)
    if not network.biased and not network.coefficients:
        return replace(network, matching=Matching("none", "none", why=MATCHING))
    return replace(network, matching=Matching(why=MATCHING))


def _try(module: Any, network: Network) -> None:
    """Refuse a module that computes something else: it is asked at random rows, in the mode of evaluation."""
    torch = _torch()
    rows = np.random.default_rng(0).normal(size=(TRIED, network.d - network.biased))
    weight = next(iter(module.parameters()))
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            said = to_array("output", module(torch.as_tensor(rows, dtype=weight.dtype, device=weight.device)))
    finally:
        module.train(training)
    expected = network.predict(rows)
    if said.size != TRIED or not np.allclose(
        said.ravel(), expected, atol=AGREES * (1 + np.abs(expected).max())
    ):
        raise BadInput("the module computes something else than Linear, ReLU, Linear of its two layers")


def to_array(name: str, tensor: Any) -> Any:
    """The entries of a tensor, exactly: half precisions are widened, nothing is rounded."""
    if not hasattr(tensor, "detach"):
        raise BadInput(f"{name} is a {type(tensor).__name__}, not a tensor; save model.state_dict()")
    try:
        dense = tensor.detach().cpu()
        return np.asarray((dense.double() if dense.is_floating_point() else dense).numpy())
    except (RuntimeError, TypeError) as error:
        raise BadInput(f"{name} cannot be read as an array ({error})") from None
