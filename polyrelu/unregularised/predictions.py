"""What all optimal networks predict at a new row x when lambda = 0: one number, or any number at all.

The fits that networks reach on the rows of X *and* x are a linear space F' in R^(n+1), since every neuron may come with
either sign (`fits`); no neuron is bound to one side of x, so a pattern D of the program counts twice in F', once for
each side of x. Optimal networks are those whose first n entries are the optimal fit. So their predictions at x are
{ v : (fit, v) in F' }, a translate of { v : (0, v) in F' }, which is {0} or all of R:

    all of R iff dim F' = dim F + 1,

since F is F' without its last entry. For the program of all cells both dimensions are known in closed form: x moves
freely unless it is a positive multiple of a row, or a negative one whose line the optimal fit already sees from both
sides.

Here a network may split a neuron in two even where these lie in the same block, one on each side of x.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import arb, fmpq

from polyrelu.errors import BadInput
from polyrelu.exact.rational import to_vector
from polyrelu.optimal_set.predictions import NO_GATES, Prediction
from polyrelu.proof.program import Program
from polyrelu.unregularised.fits import Fits, full_rank
from polyrelu.unregularised.functions import Weights, block_weights, value

if TYPE_CHECKING:
    from polyrelu.networks.network import Network


@dataclass(frozen=True, eq=False)
class AtRow:
    """The achievable fits on the data, and on the data with one more row."""

    fits: Fits
    x: tuple[Fraction, ...]

    @cached_property
    def extended(self) -> Fits:
        """F': the program with the row x, and every pattern on either side of it."""
        program = self.fits.program
        sides = [np.full((len(program.patterns), 1), on) for on in (True, False)]
        patterns = np.vstack([np.hstack([program.patterns, side]) for side in sides])
        return Fits(Program((*program.X, self.x), (*program.y, Fraction(0)), Fraction(0), patterns, False))

    @cached_property
    def is_free(self) -> bool:
        """Whether dim F' = dim F + 1: then every number is predicted by some optimal network."""
        if not any(self.x):
            return False
        if self.fits.program.all_cells:
            return full_rank(self.extended.program) > full_rank(self.fits.program)
        return self.extended.rank > self.fits.rank

    def network_predicting(self, v: fmpq) -> Network:
        """An optimal network with the prediction v at x, where x is free."""
        coordinates = self.extended.coordinates([*self.fits.fit, v])
        return as_network(block_weights(self.extended, self.extended.joined(coordinates)), len(self.x))


@dataclass(frozen=True, eq=False)
class Agreed:
    """The prediction of one optimal network, where all agree."""

    weights: Weights
    x: tuple[Fraction, ...]

    def value(self, bits: int) -> Any:
        """The prediction, exactly."""
        return value(self.weights, to_vector(self.x))

    def network(self) -> Network:
        """The network."""
        return as_network(self.weights, len(self.x))


@dataclass(frozen=True, eq=False)
class Unbounded:
    """No end on one side; and an optimal network whose prediction is `example`."""

    at: AtRow
    direction: int
    example: fmpq

    def value(self, bits: int) -> Any:
        """Plus or minus infinity."""
        return arb.pos_inf() if self.direction > 0 else arb.neg_inf()

    def network(self) -> Network:
        """An optimal network that predicts `example`."""
        return self.at.network_predicting(self.example)


def predict(fits: Fits, x: tuple[Fraction, ...], shown: tuple[Fraction, ...] | None = None) -> Prediction:
    """The predictions at x (with the 1 of a bias column, if there is one); `shown` is the row as it was given.

    >>> from polyrelu.certification import certify
    >>> fits = certify([[1, 0], [0, 1]], [1, 2], 0).optimal_set.fits
    >>> predict(fits, (Fraction(0), Fraction(3)))
    <polyrelu.Prediction at (0, 3): all optimal networks agree on 6.0000000>
    >>> predict(fits, (Fraction(1), Fraction(1)))
    <polyrelu.Prediction at (1, 1): from -inf to inf>
    """
    if fits.program.gated:
        raise BadInput(NO_GATES)
    at, scope = AtRow(fits, x), fits.program.scope
    if at.is_free:
        return Prediction(shown or x, (Unbounded(at, -1, fmpq(0)), Unbounded(at, 1, fmpq(1))), False, scope)
    anyone = Agreed(block_weights(fits, fits.moves), x)
    return Prediction(shown or x, (anyone, anyone), True, scope)


def as_network(weights: Weights, d: int) -> Network:
    """Block weights as a network: theta = w, phi = 1 or -1."""
    from polyrelu.networks.network import Network

    return Network.of(list(weights.values()), [-1 if b % 2 else 1 for b in weights], d=d)
