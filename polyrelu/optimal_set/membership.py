"""Exact membership: do given weights of the neurons S make an optimal network?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, ctx

from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import ball
from polyrelu.exact.rational import is_rational, to_fmpq
from polyrelu.exact.real import sign
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.proof.enclosed_root import Coordinates


def is_optimal(polytope: NeuronPolytope, weights: Sequence[Any]) -> bool:
    """Whether the weights are >= 0 and their signed activations add up to the optimal fit, row by row."""
    if len(weights) != len(polytope.neurons):
        raise BadInput(
            f"{len(weights)} weights were given for the {len(polytope.neurons)} neurons of the set"
        )
    exact = [exact_weight(w) for w in weights]
    if any(sign(w) < 0 for w in exact):
        return False
    try:
        return all(_row_fits(polytope, exact, row) for row in range(polytope.optimum.program.n))
    except TypeError:
        raise Undecided("the weights and the optimum lie in different exact fields") from None


def _row_fits(polytope: NeuronPolytope, weights: Sequence[Any], row: int) -> bool:
    program = polytope.optimum.program

    def misfit(at: Coordinates) -> Any:
        enclosed = isinstance(at.nu[0], arb)
        total = program.fit(at.nu)[row] * -1
        for neuron, w in zip(polytope.neurons, weights, strict=True):
            value = ball(w, ctx.prec) if enclosed else w
            total = total + neuron.column(at.nu)[row] * value / program.lamq
        return total

    return polytope.optimum.point.sign(misfit, f"the misfit in row {row + 1}") == 0


def exact_weight(w: Any) -> Any:
    """A weight as an exact number; floats and balls are refused, since they are rarely the number that was meant."""
    if is_rational(w):
        return to_fmpq(w)
    if isinstance(w, float | arb) or not hasattr(w, "sign"):
        raise BadInput(
            f"an exact weight was expected, found {w!r}: give an int, a Fraction or a field element"
        )
    return w
