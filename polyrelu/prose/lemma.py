"""The lemma that a file with a list of cells, or of patterns, proves: all optimal networks, in network form."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from polyrelu.certificate import check
from polyrelu.prose.digits import DECIMALS, closed, number, root, vector
from polyrelu.prose.parts import Block, Table, lettered, listing, table
from polyrelu.prose.weights import MAX_VERTICES, Weight, Weights, fraction

SPLIT = "up to permutation and splitting"
CONDITIONS = (
    r"(1) $\|\theta_i\| = |\phi_i|$ for every $i$; (2) every neuron with $\phi_i \neq 0$ belongs to one of the "
    r"neurons $k$ below: {belongs}; (3) with $\gamma_k$ the sum of $\|\theta_i\|\, |\phi_i|$ over the "
    r"neurons that belong to $k$,"
)
BELONGS = {
    False: r"$\phi_i$ has the sign $s_k$ and $\theta_i / \|\theta_i\| = u_k$",
    True: r"it has the gate $d^{(k)}$, and $\phi_i\, \theta_i$ is a positive multiple of $u_k$",
}
FIT = {
    False: r"$\sum_k \gamma_k\, s_k\, (x_j^{T} u_k)_+ = y_j - \nu_j \qquad (j = 1, \ldots, n).$",
    True: r"$\sum_k \gamma_k\, d^{(k)}_j\, x_j^{T} u_k = y_j - \nu_j \qquad (j = 1, \ldots, n).$",
}


def statement(document: dict[str, Any], report: check.Report) -> list[Block]:
    """The items of the lemma."""
    optimum = report.optimum
    if optimum is None:
        return [words.replace("R^d", r"$\mathbf{R}^d$") for words in report.proved]
    weights, among = Weights(document, optimum), among_which(optimum)
    items = [_value(document, weights, among), _residual(optimum, among)]
    if optimum.neurons:
        items += [_which(weights, among), _set(weights, among), _minimal(weights, among)]
    network = balanced(weights)
    items.append(explicit(network, f"One optimal network of width {len(network)}, in numbers:"))
    return [*lettered([item for item in items if item]), DECIMALS]


def among_which(optimum: check.Optimum) -> str:
    """The scope of every claim, behind the networks that it is about."""
    among = check.scope_of(optimum.problem, len(optimum.patterns))
    return among and f" {among}"


def _value(document: dict[str, Any], weights: Weights, among: str) -> list[Block]:
    """The least objective, and the widths that attain it."""
    point, y = weights.optimum.point, weights.optimum.problem.y
    exact = None
    if point.exact:
        exact = check.dot(y, point.exact[0]) - check.dot(point.exact[0], point.exact[0]) * Fraction(1, 2)
    units = abs(int(document["claims"]["optimum"]["objective"]))
    digits = f"${units // 10**check.DECIMALS}.{units % 10**check.DECIMALS:0{check.DECIMALS}d}$, rounded"
    value = (closed(exact) if exact is not None else None) or digits
    width = len(weights.one())
    if not width:
        attained = "The zero network is the only one that attains it, whatever its width."
    elif weights.supports or weights.unique:
        attained = rf"Networks of width $m$ attain it if and only if $m \ge {width}$."
    else:
        attained = rf"Networks of every width $m \ge {width}$ attain it."
    over = rf"{among}, of any width," if among else " over all networks of any width"
    return [f"The least value of $J${over} is {value}. {attained}"]


def _residual(optimum: check.Optimum, among: str) -> list[Block]:
    point = optimum.point
    exact = point.exact[0] if point.exact else [None] * len(point.nu)
    rows = [[f"${j}$", number(v, e)] for j, (v, e) in enumerate(zip(point.nu, exact, strict=True), start=1)]
    same = r"All optimal networks{} have the same residual $\nu$, the targets less the predictions:"
    return [same.format(among), *table(["$j$", r"$\nu_j$"], rows)]


def _which(weights: Weights, among: str) -> list[Block]:
    """The neurons, and the conditions that make networks of them optimal."""
    optimum, gated = weights.optimum, weights.optimum.problem.gated
    rows = []
    for k, neuron in enumerate(optimum.neurons):
        face = neuron.face.translate(str.maketrans("+-0", "101")) if gated else neuron.face
        sign = [] if gated else ["$+$" if neuron.sign > 0 else "$-$"]
        rows.append([f"${k + 1}$", *sign, direction(optimum, neuron), face, weights.known(k)])
    head = ["$k$", *([] if gated else ["$s_k$"]), "$u_k$", "$d^{(k)}$" if gated else "face", r"$\gamma_k$"]
    face = "" if gated else r" The face lists the signs of $x_j^{T} u_k$, $j = 1, \ldots, n$."
    conditions = CONDITIONS.format(belongs=BELONGS[gated])
    known = (
        rf"The last column says which $\gamma_k$ occur in optimal networks{among}: one number, or the least and the "
        "greatest, or what is proved about them."
    )
    first = rf"A network is optimal{among and ', ' + among.strip() + ','} if and only if the following three hold: "
    return [first + conditions, FIT[gated], Table(head, rows), f"Every $u_k$ has length 1.{face} {known}"]


def direction(optimum: check.Optimum, neuron: check.Neuron) -> str:
    """The unit direction u, in closed form where that is short."""
    scale, point = neuron.sign / optimum.problem.lam, optimum.point
    entries = [closed(v * scale) for v in neuron.z(point.exact[0])] if point.exact else [None]
    shown = [entry for entry in entries if entry is not None]
    if len(shown) < len(entries):
        shown = [number(check.Interval.of(v) * scale) for v in neuron.z(point.nu)]
    return vector(shown)


def _set(weights: Weights, among: str) -> list[Block]:
    """What is claimed about the set of optimal weights."""
    claims = weights.claims
    if "optimal_set" not in claims:
        return []
    claim, used = claims["optimal_set"], listing([k + 1 for k in weights.used])
    if not weights.used:
        return [rf"No optimal network{among} uses any of these neurons: the zero network is the only one."]
    if claim["p_unique"]:
        only = rf"Exactly one $\gamma \ge 0$ satisfies (3); it is positive for the neurons {used}."
        return [
            f"{only} So the optimal network is unique {SPLIT}{among}: its weights are those of the table."
        ]
    these = rf"The $\gamma \ge 0$ with (3) are a polytope of dimension {claim['dimension']}"
    using = f"; the neurons that some optimal network uses are {used}."
    functions = {
        None: "",
        True: r" All optimal networks are the same function on $\mathbf{R}^d$.",
        False: r" Not all optimal networks are the same function on $\mathbf{R}^d$.",
    }
    many = rf" The optimal network is not unique {SPLIT}{among}."
    return [f"{these}{using}{many}{functions[claim['function_unique']]}"]


def _minimal(weights: Weights, among: str) -> list[Block]:
    """All minimal networks, with their weights where they are not too many."""
    supports = weights.supports
    if not weights.used or len(supports) < 2:
        return []
    text = (
        f"The minimal optimal networks{among}, those in which no neuron can be left out, are, {SPLIT}, exactly "
        f"{len(supports)}: the vertices of the polytope."
    )
    if len(supports) > MAX_VERTICES:
        text += " The proof file lists the neurons of each."
        return [text]
    rows = [
        [
            f"${i}$",
            f"${len(network)}$",
            ", ".join(rf"$\gamma_{{{k + 1}}} =$ {w.text}" for k, w in network.items()),
        ]
        for i, network in enumerate(weights.vertices, start=1)
    ]
    return [text, Table(["", "width", r"weights; all other $\gamma_k$ are 0"], rows)]


Balanced = list[tuple[int, Weight, list[Weight]]]
"""Which neuron (counted from 0), phi and theta."""


def balanced(weights: Weights) -> Balanced:
    """The network with one neuron for each k: phi = s sqrt(gamma), theta = sqrt(gamma) u."""
    optimum = weights.optimum
    found: Balanced = []
    for k, weight in weights.one().items():
        neuron, size = optimum.neurons[k], Weight(root(weight.value), rational_root(weight.exact))
        scale = neuron.sign / optimum.problem.lam
        phi = size.times(Fraction(neuron.sign))
        exact = neuron.z(optimum.point.exact[0]) if optimum.point.exact else None
        z = [Weight(v, exact and exact[i]) for i, v in enumerate(neuron.z(optimum.point.nu))]
        found.append((k, phi, [size.times(v).times(scale) for v in z]))
    return found


def rational_root(x: Any) -> Fraction | None:
    """The square root of an exact number, where both are rational."""
    known = None if x is None else fraction(x)
    if known is None:
        return None
    found = Fraction(isqrt(known.numerator), isqrt(known.denominator))
    return found if found * found == known else None


def explicit(network: Balanced, what: str) -> list[Block]:
    """A network in numbers."""
    rows = [[f"${k + 1}$", phi.text, vector([v.text for v in theta])] for k, phi, theta in network]
    return [what, *table(["$k$", r"$\phi$", r"$\theta$"], rows)] if rows else []
