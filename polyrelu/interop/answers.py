"""Networks in what `certify` and `prune` print: JSON objects whose numbers are enclosures [lo, hi].

The network that is read has the middles of the enclosures as its weights. It is a definite network, as near to the
proved one as the digits that were printed, and is judged as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from polyrelu.data.numbers import exact_number
from polyrelu.errors import BadInput
from polyrelu.networks.coordinates import read
from polyrelu.networks.matching import Matching
from polyrelu.networks.network import Affine, Network

UNKNOWN = "a list of networks, as certify --json and prune --json print it"


def is_answer(found: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an answer of certify or prune."""
    return "lambda" in found and ("networks" in found or "neuron_list" in found)


def network_of_answer(found: Mapping[str, Any], number: int | None = None) -> Network:
    """The network of an answer, `number` (from 1) where it has several; exact middles of the enclosures."""
    try:
        units, free = _listed(found["networks"], number) if "networks" in found else _unique(found, number)
        setting = found.get("setting") or {}
        matching = Matching(
            setting.get("hidden_bias"),
            setting.get("output_bias"),
            bool(setting.get("skip")),
            tuple(setting.get("free_columns", ())),
            Fraction(exact_number(found["lambda"])),
            "as it says itself",
        )
        return _network(units, free, matching)
    except (KeyError, TypeError, IndexError, AttributeError):
        raise BadInput(f"not {UNKNOWN}; write them with --json or --out") from None


def _listed(networks: list[Any], number: int | None) -> tuple[list[Any], dict[str, Any]]:
    """The units of one network of `prune`, and its free coefficients."""
    if number is None and len(networks) > 1:
        raise BadInput(f"it holds {len(networks)} networks; say which with --number 1 to {len(networks)}")
    if not 1 <= (number or 1) <= len(networks):
        raise BadInput(f"it holds {len(networks)} networks, and number {number or 1} is none of them")
    chosen = networks[(number or 1) - 1]
    units = [([_middle(v) for v in unit["theta"]], _middle(unit["phi"])) for unit in chosen["neurons"]]
    return units, chosen.get("free_coefficients") or {}


def _unique(found: Mapping[str, Any], number: int | None) -> tuple[list[Any], dict[str, Any]]:
    """The neurons of `certify` with their weights, where these are unique."""
    if found.get("p_unique") is not True or number not in (None, 1):
        raise BadInput(
            "more than one network is optimal there, or none is proved; take one from `polyrelu prune --out`"
        )
    units = []
    for neuron in found["neuron_list"]:
        size = _middle(neuron["weight"])
        sign = {"+": 1, "-": -1}[neuron["sign"]]
        units.append(([_middle(v) for v in neuron["direction"]], size * sign))
    return units, found.get("free_coefficients") or {}


def _network(units: list[Any], free: Mapping[str, Any], matching: Matching) -> Network:
    """The units, with the coefficients of the free functions in the order of `Affine`."""
    terms = {name: _middle(v) for name, v in free.items()}
    constant = sum((terms.pop(n) for n in ("constant", "ridge output bias") if n in terms), start=Fraction(0))
    named = [name for name in terms if name in matching.columns]
    network = Network.of([t for t, _ in units], [p for _, p in units])
    network = replace(network, biased=matching.hidden not in (None, "none"), matching=matching)
    if not free:
        return network
    c = tuple(
        read(v) for v in (*(terms[n] for n in terms if n not in named), *(terms[n] for n in named), constant)
    )
    return replace(network, coefficients=c, free_at=Affine(len(terms) - len(named), tuple(named)))


def _middle(value: Any) -> Fraction:
    """The middle of an enclosure, or a number as it is written."""
    if isinstance(value, list):
        low, high = value
        return (exact_number(low) + exact_number(high)) / 2
    return exact_number(value)
