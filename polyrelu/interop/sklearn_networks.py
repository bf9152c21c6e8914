"""Fitted networks of scikit-learn (MLPRegressor): their arrays and the problem that they are trained on.

Nothing is imported: an object is known by its attributes `coefs_` and `intercepts_`. In scikit-learn the penalty
alpha |W|^2 / 2 of the weights alone is divided by the number of rows in a batch, like the loss, so with one batch the
objective times n is 1/2 |r|^2 + alpha/2 |W|^2, and with m equal batches the penalty counts m times.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from polyrelu.data.numbers import exact_number
from polyrelu.errors import BadInput
from polyrelu.networks.matching import Matching
from polyrelu.networks.network import Network

LEAST_BATCH = 200
"""The size of batches when scikit-learn chooses it: at most so many rows."""


def is_mlp(fitted: Any) -> bool:
    """Whether an object looks like a network of scikit-learn, fitted or not."""
    return hasattr(fitted, "hidden_layer_sizes") and hasattr(fitted, "alpha")


def from_mlp(fitted: Any) -> Network:
    """The network of a fitted MLPRegressor, every weight exactly as it is stored, with its matching problem."""
    _require(fitted)
    (W1, W2), (b1, b2) = fitted.coefs_, fitted.intercepts_
    network = Network.of(np.asarray(W1).T, np.asarray(W2)[:, 0], bias=np.asarray(b1), output_bias=b2[0])
    lam, why = _penalty(fitted)
    return replace(network, matching=Matching("free", "free", lam=lam, why=why))


def _require(fitted: Any) -> None:
    """One hidden layer of ReLU, one output, the squared error; else one clear line."""
    name = type(fitted).__name__
    if not hasattr(fitted, "coefs_"):
        raise BadInput(f"the {name} is not fitted; call fit first")
    if fitted.activation != "relu":
        raise BadInput(f"the {name} has the activation {fitted.activation!r}; only 'relu' is judged")
    if len(fitted.coefs_) != 2:
        raise BadInput(f"the {name} has {len(fitted.coefs_) - 1} hidden layers; networks with one are judged")
    if fitted.coefs_[1].shape[1] != 1:
        raise BadInput(f"the {name} has {fitted.coefs_[1].shape[1]} outputs; networks with one are judged")
    out, loss = getattr(fitted, "out_activation_", "identity"), getattr(fitted, "loss", "squared_error")
    if out != "identity" or loss != "squared_error":
        raise BadInput(
            f"the {name} is not trained on the squared error of its output; use an MLPRegressor that is"
        )


def _penalty(fitted: Any) -> tuple[Fraction | None, str]:
    """Lambda and the conditions under which it is that; None where the object does not tell."""
    alpha = exact_number(fitted.alpha)
    if fitted.solver == "lbfgs":
        return alpha, "scikit-learn, lbfgs: lambda = alpha, the rows unweighted"
    if fitted.early_stopping:
        return None, "scikit-learn with early_stopping: some rows, which it does not tell, were held out"
    n = round(fitted.t_ / fitted.n_iter_) if getattr(fitted, "n_iter_", 0) else 0
    size = min(LEAST_BATCH, n) if fitted.batch_size == "auto" else min(int(fitted.batch_size), n)
    if not size or n % size:
        return (
            None,
            f"scikit-learn, {fitted.solver}: batches of different sizes do not minimise one objective",
        )
    batches = n // size
    told = (
        "one batch: lambda = alpha" if batches == 1 else f"{batches} equal batches: lambda = {batches} alpha"
    )
    return alpha * batches, f"scikit-learn, {fitted.solver}, {told}, the rows unweighted"
