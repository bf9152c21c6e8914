"""Where the optimum probably is: floats, behind one door.

Nothing here is trusted. A guess names a structure (neurons, their faces, ties) and a residual near machine
precision; whether it is true is for the proof to say, which uses exact arithmetic only. Other rooms import from this
file alone: a `Guesser` for each program, proposals about networks whose neurons are known, and how floats are run.
"""

from __future__ import annotations

from polyrelu.guess.balanced import balanced_multipliers
from polyrelu.guess.cheapest import cheapest_support
from polyrelu.guess.fibre import (
    central_point,
    coordinates_in,
    dimension,
    interior_point,
    nearest_facet,
    of_length_one,
)
from polyrelu.guess.guesser import Guesser
from polyrelu.guess.hull import nearest_of_hull
from polyrelu.guess.least_squares import bounded_least_squares, nonnegative_least_squares
from polyrelu.guess.shrinking import group_lasso
from polyrelu.guess.structure import independent, solve_least_squares
from polyrelu.guess.threads import guessing
from polyrelu.guess.training import trained_network
from polyrelu.guess.values import Guess, GuessedNeuron
from polyrelu.guess.weights import basis_of, nearest_weights, positive_weights
from polyrelu.guess.whitening import Whitening

__all__ = [
    "Guess",
    "GuessedNeuron",
    "Guesser",
    "Whitening",
    "balanced_multipliers",
    "basis_of",
    "bounded_least_squares",
    "central_point",
    "cheapest_support",
    "coordinates_in",
    "dimension",
    "group_lasso",
    "guessing",
    "independent",
    "interior_point",
    "nearest_facet",
    "nearest_of_hull",
    "nearest_weights",
    "nonnegative_least_squares",
    "of_length_one",
    "positive_weights",
    "solve_least_squares",
    "trained_network",
]
