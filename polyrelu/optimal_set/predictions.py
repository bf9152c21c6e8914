"""The predictions of all optimal networks at a new row x: an exact interval, with two networks that attain its ends.

A network with weights beta_k over S predicts f(x) = sum_k beta_k s_k (s_k z_k.x)_+, with z_k = s_k lambda u_k. This is
linear in beta, so its ends over all optimal networks are two linear programs over the neuron polytope, which list no
vertex; where the vertices are few or have been listed before, the ends are read off these. Let a be the vector of its
coefficients.

*When they agree.* The polytope is { beta >= 0 : M beta = b }, and some point of it has all beta > 0 (every neuron of S
is used). So f(x) is one number iff a is constant on { M beta = b }: iff a.d = 0 for a basis of the kernel of M, for
instance the releases at any vertex. This holds for all x if all optimal networks are one function (delta = 0), and for
every positive multiple of a row of X, where the prediction is that multiple of the optimal fit. Elsewhere it is
decided exactly: where delta > 0 the neurons beyond the structure were settled in an exact field of the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from flint import arb

from polyrelu.display import Shown
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import bits_of, decimal_bounds
from polyrelu.exact.linear import dot
from polyrelu.exact.rational import to_fmpq
from polyrelu.optimal_set.function import Attained, Function, NoEnd, at_place
from polyrelu.optimal_set.kinks import with_kinks_through
from polyrelu.optimal_set.neuron_set import NeuronSet

if TYPE_CHECKING:
    from polyrelu.networks.network import Network

BITS = 128
DIGITS = 20
NO_GATES = "a gated program knows its gates on the rows of X alone; it has no value at other inputs"

Bounds = tuple[str, str]
"""Decimal strings lo <= value <= hi."""


class End(Protocol):
    """An end of an interval of predictions, and a network that attains it."""

    def value(self, bits: int) -> Any:
        """The prediction: exact where the optimum is rational, enclosed elsewhere; infinite if there is no end."""

    def network(self) -> Network:
        """A network that attains the end."""


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Shown):
    """The interval of the predictions of all optimal networks at the row x (as given, without a bias column)."""

    x: tuple[Fraction, ...]
    ends: tuple[End, End]
    agrees: bool
    """Whether all optimal networks predict the same: proved, and refuted otherwise."""
    scope: str = ""
    """Among which networks, where not among all: see `Program.scope`."""

    @property
    def low(self) -> Any:
        """The least prediction: exact where the optimum is rational, a ball elsewhere."""
        return self.ends[0].value(BITS)

    @property
    def high(self) -> Any:
        """The greatest prediction."""
        return self.ends[1].value(BITS)

    def interval(self, digits: int = DIGITS) -> tuple[Bounds, Bounds]:
        """Both ends, each enclosed in decimals; "-inf" and "inf" where there is no end."""
        low, high = (_bounds(end.value(bits_of(digits)), digits) for end in self.ends)
        return low, high

    @cached_property
    def networks(self) -> tuple[Network, Network]:
        """Two optimal networks that attain the ends; without ends, two that predict 0 and 1 here."""
        return self.ends[0].network(), self.ends[1].network()


def _bounds(value: Any, digits: int) -> Bounds:
    if isinstance(value, arb) and not value.is_finite():
        return ("inf", "inf") if value > 0 else ("-inf", "-inf")
    return decimal_bounds(value, digits)


def predict(
    networks: NeuronSet,
    x: tuple[Fraction, ...],
    shown: tuple[Fraction, ...] | None = None,
    free: tuple[Fraction, ...] = (),
) -> Prediction:
    """The predictions at x (with the 1 of a bias column, if there is one); `shown` is the row as it was given, and
    `free` the values of the free functions there.
    """
    polytope = networks.polytope
    if polytope.optimum.program.gated:
        raise BadInput(NO_GATES)
    row, values, scope = tuple(map(to_fmpq, x)), tuple(map(to_fmpq, free)), polytope.optimum.program.scope
    if any(dot(v, values) for v in polytope.optimum.program.free.vanishing):
        return Prediction(shown or x, (NoEnd(polytope, -1), NoEnd(polytope, 1)), False, scope)
    if polytope.optimum.program.offset:
        networks = with_kinks_through(networks, row)
        polytope = networks.polytope
    function = Function(networks, row, values)
    if function.is_constant:
        anyone = Attained(
            function, (at_place(polytope, polytope.inner if polytope.is_fibre else polytope.start),)
        )
        return Prediction(shown or x, (anyone, anyone), True, scope)
    return Prediction(shown or x, (function.end(-1), function.end(1)), False, scope)
