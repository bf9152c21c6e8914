"""How a unit of a branch shares its weight: between one neuron and others with the same (or the opposite) A nu.

A *unit* is one unknown weight mu of a branch. Where mu belongs to a first neuron and to others, b' of it at another one
changes what the unit adds to the fit by a vector of the exchange space, linear in the direction z = A nu of the first:

    a pair {u, -u}       b' X z, told by T z      (T z in coordinates of U, see `proof.border`)
    gates (see `gates`)  b' M z, told by B^T M z  (M = (D - (+-1) D') X, whose columns B spans)
"""

from __future__ import annotations

from typing import NamedTuple

from flint import fmpq_mat

from polyrelu.proof.neuron import Place


class Exchange(NamedTuple):
    """A further neuron of a unit, and what it takes from the first: `told` z in coordinates of the exchange space."""

    unit: int
    place: Place
    told: fmpq_mat
