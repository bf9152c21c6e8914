"""The weights of optimal networks, from a checked file: where they are unique, at all vertices, or one network.

The weight of neuron k is gamma_k = |theta| |phi|, summed over its copies. With the activations a_k = s_k (X u_k)_+ the
optimal networks are the gamma >= 0 with sum gamma_k a_k = y - nu, and those of a vertex, or of a network that is the
only one, are found from its neurons alone, whose activations are independent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from polyrelu.certificate import check
from polyrelu.certificate.check import Interval
from polyrelu.prose.digits import number

MAX_VERTICES = 100
"""More networks than these are not written out."""


@dataclass(frozen=True)
class Weight:
    """A number, and its closed form where it has a short one."""

    value: Interval
    exact: Any = None

    @property
    def text(self) -> str:
        """As a formula."""
        return number(self.value, self.exact)

    def times(self, other: Weight | Fraction) -> Weight:
        """The product."""
        if isinstance(other, Fraction):
            return Weight(self.value * other, None if self.exact is None else self.exact * other)
        known = self.exact is not None and other.exact is not None
        return Weight(self.value * other.value, self.exact * other.exact if known else None)


Network = dict[int, Weight]
"""The neurons that a network uses, and their weights."""


def fraction(x: Any) -> Fraction | None:
    """An exact number as a fraction, if it is one."""
    if isinstance(x, Fraction | int):
        return Fraction(x)
    return x.terms.get(x.field.one, Fraction(0)) if set(x.terms) <= {x.field.one} else None


class Weights:
    """What a checked file knows of the weights."""

    def __init__(self, document: dict[str, Any], optimum: check.Optimum):
        self.optimum, self.claims = optimum, document["claims"]
        self.evidence = document["evidence"].get("optimal_set", {})
        exact = optimum.point.exact
        rational = [fraction(v) for v in exact[0]] if exact else [None]
        self.rational = None not in rational
        nu: list[Any] = rational if self.rational else optimum.point.nu
        self.activations = [neuron.activation(nu) for neuron in optimum.neurons]  # lambda times a_k
        self.fit = [y - v for y, v in zip(optimum.problem.y, nu, strict=True)]
        self.vertices = [
            self.network([k for k, on in enumerate(support) if on == "1"])
            for support in self.supports
            if len(self.supports) <= MAX_VERTICES
        ]

    @property
    def used(self) -> list[int]:
        """The neurons that some optimal network uses: all that are listed, where that is not settled."""
        flags = self.claims["optimal_set"]["used"] if "optimal_set" in self.claims else self.activations
        return [k for k, flag in enumerate(flags) if flag is not False]

    @property
    def supports(self) -> list[str]:
        """The supports of all vertices, where they are claimed."""
        return list(self.claims["vertices"]["supports"]) if "vertices" in self.claims else []

    @property
    def unique(self) -> bool:
        """Whether it is proved that only one network is optimal."""
        return "optimal_set" in self.claims and bool(self.claims["optimal_set"]["p_unique"])

    def network(self, support: list[int], given: Network | None = None) -> Network:
        """The network with these neurons, whose activations are independent, beside others of given weights."""
        given, lam = given or {}, self.optimum.problem.lam
        right = list(self.fit)
        for k, weight in given.items():
            right = [
                b - a * (weight.value * (1 / lam)) for b, a in zip(right, self.activations[k], strict=True)
            ]
        solved = solve([self.activations[k] for k in support], right)
        found = {k: self._weight(k, support, x * lam) for k, x in zip(support, solved, strict=True)}
        return {k: (given | found)[k] for k in sorted(given | found)}

    def _weight(self, k: int, support: list[int], value: Any) -> Weight:
        """A single neuron, and one of a pair that stands alone, have the weight of the root, exactly."""
        roles, exact = self.optimum.roles, self.optimum.point.exact
        if isinstance(value, Fraction):
            return Weight(Interval.of(value), value)
        head = k - 1 if roles[k] == "antipode" else k
        alone = roles[head] == "single" or not {head, head + 1} <= set(support)
        if exact is None or "tie" in roles or not alone:
            return Weight(value)
        place = sum(role in ("single", "pair") for role in roles[:head])
        return Weight(value, exact[1][place] * self.optimum.problem.lam)

    def one(self) -> Network:
        """One optimal network, as narrow as is known."""
        if self.vertices:
            return min(self.vertices, key=len)
        if self.supports:
            narrowest = min(self.supports, key=lambda support: support.count("1"))
            return self.network([k for k, on in enumerate(narrowest) if on == "1"])
        if "weights" in self.evidence:
            field = self.optimum.point.field
            values = [field.element(v, "weights") for v in self.evidence["weights"]]
            scaled = [Weight(Interval.of(v), v) for v in (w * self.optimum.problem.lam for w in values)]
            return dict(zip(self.used, scaled, strict=True))
        return self._inside()

    def _inside(self) -> Network:
        """Without ties: the root, each pair shared as in the interior point of the file."""
        roles, lam = self.optimum.roles, self.optimum.problem.lam
        totals = dict(
            zip(
                (k for k, r in enumerate(roles) if r in ("single", "pair")),
                self.optimum.point.weights,
                strict=True,
            )
        )
        pairs = [k for k, role in enumerate(roles) if role == "pair"]
        shares, given = self.evidence.get("interior", [None] * len(pairs)), Network()
        for k, share in zip(pairs, shares, strict=True):
            if share is not None:
                given[k] = Weight((totals[k] - Fraction(share)) * lam)
                given[k + 1] = Weight(Interval.of(Fraction(share) * lam), Fraction(share) * lam)
        return self.network([k for k in self.used if k not in given], given)

    def known(self, k: int) -> str:
        """The weight of a neuron in every optimal network, or its least and its greatest, or what is known."""
        roles, nothing = self.optimum.roles, Weight(Interval(0, 0), Fraction(0))
        if k not in self.used:
            return "$0$"
        networks = self.vertices or ([self.one()] if self.unique else [])
        if networks:
            return span([network.get(k, nothing) for network in networks])
        if "tie" in roles or self.supports:
            return r"$\ge 0$"
        weights = zip(
            (i for i, r in enumerate(roles) if r in ("single", "pair")),
            self.optimum.point.weights,
            strict=True,
        )
        head = k - 1 if roles[k] == "antipode" else k
        total = Weight(dict(weights)[head] * self.optimum.problem.lam).text
        return (
            total if roles[k] == "single" else rf"$\gamma_{{{head + 1}}} + \gamma_{{{head + 2}}} = $ {total}"
        )


def span(weights: list[Weight]) -> str:
    """A weight that is the same everywhere, or the least and the greatest."""
    low, high = (pick(weights, key=lambda w: w.value.lo + w.value.hi).text for pick in (min, max))
    return low if low == high else f"{low} to {high}"


def solve(columns: list[list[Any]], right: list[Any]) -> Iterable[Any]:
    """The coefficients of independent columns that give a right side: fractions, or enclosures of them."""
    if not columns:
        return []
    numbers = [*right, *(v for column in columns for v in column)]
    if all(isinstance(v, Fraction) for v in numbers):
        rows = [[column[i] for column in columns] + [b] for i, b in enumerate(right)]
        return [row[-1] for row in check.echelon(rows)[: len(columns)]]
    reduced = check.eliminate(columns, len(right))
    if reduced is None:
        raise AssertionError("the activations of an accepted vertex are independent")
    square = [[column[i] for column in columns] + [right[i]] for i in sorted(reduced)]
    solved = check.eliminate(square, len(columns))
    if solved is None:
        raise AssertionError("the activations of an accepted vertex are independent")
    return [solved[j][-1] for j in range(len(columns))]
