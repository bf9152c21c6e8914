"""Neurons are counted and weighed as `certify` does it, also where pairs share their weight in one way only."""

from __future__ import annotations

from fractions import Fraction

import pytest

from polyrelu import certify, path
from polyrelu.show.interactive.path_numbers import numbers

TABLES = {
    "two pairs from a phase that begins": (
        [[1, 2], [-2, 1], [3, -1], [-1, -3], [2, 2]],
        [3, "3/2", -2, "7/10", -1],
    ),
    "a pair with singles, at rational breakpoints": ([[2, 2], [3, 4], [2, 3], [-3, 4]], [8, 4, 6, 5]),
    "two pairs": ([[0, 1], [1, -3], [-3, 1], [1, 4]], [8, -2, -6, -5]),
}


@pytest.fixture(scope="module", params=TABLES)
def found(request):
    """A path whose networks are unique, with pairs."""
    result = path(*TABLES[request.param])
    assert result.status == "proved"
    return result


def named(result):
    """The neurons in the order of a result."""
    return [(q.place.sign, q.place.face) for q in result.proved().neurons]


def inside(interval):
    """A lambda between the ends of an interval."""
    low, high = float(interval.low.mid()), float(interval.high.mid())
    return Fraction(low + (min(high, 4 * low) - low) / 3).limit_denominator(10**9)


def test_weights_are_those_of_certify_in_its_order(found):
    paired = 0
    for interval in found.intervals:
        lam = inside(interval)
        result = certify(found.problem, lam=lam)
        told = result.to_json(15)
        if not told["p_unique"]:
            continue
        weights = found.weights(lam, 15)
        assert [(p.sign, p.face) for p, _ in weights] == named(result)
        for (_, (low, high)), one in zip(weights, told["neuron_list"], strict=True):
            assert Fraction(low) <= Fraction(one["weight"][1])
            assert Fraction(one["weight"][0]) <= Fraction(high)
        paired += bool(told["antipodal_pairs"])
    assert paired


def test_breakpoints_list_neurons_as_certify_does_there(found):
    for k, told in enumerate(found.to_json(20)["breakpoints"]):
        exact = found.exact(k)
        if exact is not None and exact.name.replace("/", "").isdigit():
            result = certify(found.problem, lam=exact.name)
            if result.status == "proved" and result.proved().nullity == 0:
                at = [(1 if p["sign"] == "+" else -1, tuple(p["face"])) for p in told["at"]]
                assert at == named(result)


def test_the_page_shows_each_neuron_with_its_own_weight(found):
    for position in numbers(found)["positions"]:
        if position["event"] is None:
            assert len(position["neurons"]) == position["width"]
            assert sum(k["weight"] for k in position["neurons"]) == pytest.approx(position["total"])
