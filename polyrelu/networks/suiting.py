"""A network as a candidate for a problem: its hidden biases, its output bias and its linear terms where they belong.

What a network has and the problem lacks is refused unless it is zero; what the problem has and the network lacks is
zero. So nothing that was trained is left out of what is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flint import fmpq

from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.real import known_sign
from polyrelu.networks.network import Affine, Network
from polyrelu.networks.unit import Unit

BIASES = (
    "the network has biases in its first layer; give --bias penalised (bias=True: they are weights like the others) "
    'or --bias free (bias="free": as scikit-learn and torch without decay of biases train them)'
)
CONSTANT = "the network has a bias of the output; give --output-bias free or ridge (output_bias=...), as it was trained"


def suited(network: Network, problem: Problem) -> Network:
    """The same function with the inputs and the free functions of the problem, in its order."""
    units, d = network.units, network.d
    if network.biased and not problem.bias:
        if any(_is_there(unit.theta[-1]) for unit in units):
            raise BadInput(BIASES)
        units, d = tuple(Unit(u.theta[:-1], u.phi, u.gate) for u in units), d - 1
    if units and d != problem.d:  # without units nobody knows how many inputs there are
        columns = " (the bias column included)" if problem.bias else ""
        raise BadInput(f"the network has {d} inputs and the data has {problem.d} features{columns}")
    return replace(
        network,
        units=units,
        d=problem.d,
        biased=problem.bias,
        offset=problem.setting.hidden == "free",
        coefficients=_coefficients(network, problem),
        free_at=problem.free_at,
    )


def alone(network: Network) -> Network:
    """The same network without the problem that it was suited to: linear terms, then the output bias."""
    if not network.coefficients or isinstance(network.free_at, Affine):
        return network
    own: Problem = network.free_at.__self__
    constant, terms = _parts(network, own)
    skipped = own.d - own.bias if own.setting.skip else 0
    free_at = Affine(skipped, own.setting.columns)
    return replace(network, coefficients=(*terms.values(), constant), free_at=free_at)


def _coefficients(network: Network, problem: Problem) -> tuple[Any, ...]:
    """Those of the problem's free functions, the ridge output bias last."""
    constant, terms = _parts(network, problem)
    setting = problem.setting
    if setting.output == "none" and _is_there(constant):
        raise BadInput(CONSTANT)
    names = _terms_of(problem)
    lost = [name for name, value in terms.items() if name not in names and _is_there(value)]
    if lost:
        raise BadInput(
            f"the network has a linear term in {lost[0]}, and the problem has none; give --skip, or --free {lost[0]}"
        )
    found = [terms.get(name, fmpq(0)) for name in names]
    if setting.output == "free":
        return (constant, *found)
    return (*found, constant) if setting.output == "ridge" else tuple(found)


def _terms_of(problem: Problem) -> tuple[str, ...]:
    """The names of the linear terms."""
    return problem.free_names[problem.setting.output == "free" :]


def _parts(network: Network, problem: Problem) -> tuple[Any, dict[str, Any]]:
    """The output bias, and the coefficients of the linear terms by name."""
    c: Sequence[Any] = network.coefficients
    if not c:
        return fmpq(0), {}
    if isinstance(network.free_at, Affine):
        given = network.free_at
        features = problem.features[: problem.d - problem.bias]
        if given.skip not in (0, len(features)):
            raise BadInput(
                f"the network has a linear term in {given.skip} inputs where the data has {len(features)}"
            )
        return c[-1], dict(zip((*features[: given.skip], *given.columns), c, strict=False))
    own: Problem = network.free_at.__self__
    free, names = own.setting.output == "free", _terms_of(own)
    constant = c[0] if free else c[-1] if own.setting.output == "ridge" else fmpq(0)
    return constant, dict(zip(names, c[free:], strict=False))


def _is_there(value: Any) -> bool:
    """Whether a number is not zero, or not known to be."""
    return known_sign(value) != 0
