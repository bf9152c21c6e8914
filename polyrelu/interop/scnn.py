"""Networks in the shapes of `pyscnn` (github.com/pilancilab/scnn, module `scnn.models`), as numpy arrays.

For p units, d inputs and c = 1 output its models hold

* `NonConvexReLU`:    [W1 of shape (p, d), W2 of shape (c, p)], output (X W1^T)_+ W2^T;
* `ConvexReLU`:       gates G (d, p) and [v, w], each (c, p, d), output sum_i 1[X g_i > 0] X (v_i - w_i);
* `ConvexGatedReLU`:  gates G (d, p) and [U] (c, p, d), output sum_i 1[X g_i > 0] X U_i.

Its gates switch on strictly above zero, ours on and above. For a ReLU unit that is the same (its own weight is the
gate, and X w = 0 adds nothing); a gated network differs on rows with x . g = 0. Its training objective averages the
loss: our lambda is n times theirs, and only with `unitize_data=False`.

>>> from polyrelu.networks.network import Network
>>> G, (v, w) = to_convex_relu(Network.of([[3, 4], [0, 1]], [2, -1]))
>>> G.tolist(), v.tolist(), w.tolist()
([[6.0, 0.0], [8.0, 1.0]], [[[6.0, 8.0], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 1.0]]])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.errors import BadInput
from polyrelu.networks.coordinates import rounded
from polyrelu.networks.network import Network

Array = NDArray[np.float64]


def to_nonconvex_relu(network: Network) -> list[Array]:
    """[W1, W2] for `NonConvexReLU.set_parameters`."""
    _refuse_gates(network)
    return list(network.arrays())


def to_convex_relu(network: Network) -> tuple[Array, list[Array]]:
    """(G, [v, w]) for `ConvexReLU`: units of sign + go to v, those of sign - to w, each with itself as its gate."""
    _refuse_gates(network)
    weights = _weights(network)
    positive = np.array([unit.sign > 0 for unit in network.units], dtype=bool)
    parts = [np.where(side.reshape(-1, 1), weights, 0.0)[None] for side in (positive, ~positive)]
    return weights.T.copy(), parts


def to_convex_gated_relu(network: Network) -> tuple[Array, list[Array]]:
    """(G, [U]) for `ConvexGatedReLU`."""
    if not network.is_gated:
        raise BadInput("a gated network is expected; for a ReLU network use to_convex_relu")
    return network.gate_array().T.copy(), [_weights(network)[None]]


def from_scnn(parameters: Sequence[Any], G: Any = None) -> Network:
    """The network of a model's `get_parameters()`; G makes [U] gated, and is not needed for the ReLU models.

    A `ConvexReLU` model is read as the ReLU network of its weights: the two agree where v_i and w_i lie in the cones
    of their gates, which pyscnn's solvers reach only up to their tolerance.
    """
    arrays = [np.asarray(p, dtype=np.float64) for p in parameters]
    shapes = [a.shape for a in arrays]
    if len(arrays) == 2 and [a.ndim for a in arrays] == [2, 2] and shapes[1] == (1, shapes[0][0]):
        return Network.of(arrays[0], arrays[1][0], d=shapes[0][1])
    if any(a.ndim != 3 or a.shape[0] != 1 for a in arrays) or len(set(shapes)) != 1 or len(arrays) > 2:
        raise BadInput(
            f"arrays of shapes {shapes} are none of pyscnn's models with one output and without a bias"
        )
    d = shapes[0][2]
    if len(arrays) == 2:
        signs = [1] * shapes[0][1] + [-1] * shapes[0][1]
        return Network.of(np.concatenate([arrays[0][0], arrays[1][0]]), signs, d=d)
    gates = np.asarray(G, dtype=np.float64) if G is not None else np.zeros((0, 0))
    if gates.shape != (d, shapes[0][1]):
        raise BadInput(f"gates of shape {(d, shapes[0][1])} are expected with weights of shape {shapes[0]}")
    return Network.of(arrays[0][0], [1] * shapes[0][1], gates=gates.T, d=d)


def _weights(network: Network) -> Array:
    """The convex weights, one row per unit."""
    rows = [[rounded(v) for v in unit.convex_weight] for unit in network.units]
    return np.array(rows).reshape(network.width, network.d)


def _refuse_gates(network: Network) -> None:
    if network.is_gated:
        raise BadInput("a gated network is not a ReLU network; use to_convex_gated_relu")
