"""What a lemma is about: the data, the networks, what is minimised, and the words that the lemma uses."""

from __future__ import annotations

from typing import Any

from polyrelu.prose.parts import Block, counted, table

OBJECTIVE = (
    r"J(\theta, \phi) = {} &\tfrac12 \sum_j \Bigl( \sum_i (x_j^{T} \theta_i)_+\, \phi_i - y_j \Bigr)^2 "
    r"\\ &+ \tfrac12 \lambda \sum_i \bigl( \|\theta_i\|^2 + \phi_i^2 \bigr)"
)
FREE = {
    "free": (r"\phi_i - y_j", r"\phi_i + b_j^{T} c - y_j", r"J(\theta, \phi", r"J(\theta, \phi, c"),
    "ridge": (r" - y_j \Bigr)^2", r" + e - y_j \Bigr)^2", r") = {}", r", e) = {}"),
}
"""What a problem with free columns or a ridge output bias changes in the formula: old and new parts."""
GATED = OBJECTIVE.replace(r"(x_j^{T} \theta_i)_+", r"d^{(i)}_j\, x_j^{T} \theta_i")


def setting(problem: dict[str, Any], sha256: str) -> list[Block]:
    """The paragraphs before the lemma."""
    n, d, gated = len(problem["X"]), len(problem["X"][0]), problem["gated"]
    penalty = rf"$\lambda = {problem['lambda']}$" if "lambda" in problem else penalties(problem)
    data = (
        rf"The data are $n = {n}$ row{'s' * (n > 1)} $x_j \in \mathbf{{R}}^{{{d}}}$, the targets $y_j$, and "
        rf"{penalty}. (The problem, in the form of a proof file, has the SHA-256 {sha256}.)"
    )
    given = [problem["X"], problem["free"]] if "free" in problem else [problem["X"]]
    rows = [
        [f"${j}$", *("$(" + r",\ ".join(row) + ")$" for row in listed), f"${y}$"]
        for j, (*listed, y) in enumerate(zip(*given, problem["y"], strict=True), start=1)
    ]
    return [
        data,
        *table(["$j$", "$x_j$", "$b_j$", "$y_j$"] if "free" in problem else ["$j$", "$x_j$", "$y_j$"], rows),
        *_networks(problem, gated),
        *_bias(problem),
        "A neuron is split if it is replaced by several, "
        r"$(a_1 \theta, a_1 \phi), (a_2 \theta, a_2 \phi), \ldots$ with $a_1, a_2, \ldots \ge 0$ and "
        r"$a_1^2 + a_2^2 + \ldots = 1$: neither the function nor $J$ changes. A network is optimal if no network, "
        "of any width, has a smaller $J$.",
    ]


def penalties(problem: dict[str, Any]) -> str:
    """Those of a whole path."""
    low, high = problem["from"], problem["to"]
    return (
        rf"all $\lambda$ with $0 < \lambda \le {high}$"
        if low == "0"
        else rf"all $\lambda$ from ${low}$ to ${high}$"
    )


def _networks(problem: dict[str, Any], gated: bool) -> list[Block]:
    """What a network is, and what is minimised."""
    neurons = r"A network of width $m$ has neurons $(\theta_i, \phi_i)$, $i = 1, \ldots, m$, with "
    spaces = rf"$\theta_i \in \mathbf{{R}}^{{{len(problem['X'][0])}}}$, $\phi_i \in \mathbf{{R}}$"
    bias = "" if gated else r", and $(z)_+ = \max(z, 0)$. Its objective is"
    formula = f"${GATED if gated else objective(problem)}.$"
    given: list[Block] = []
    if problem["patterns"] != "cells":
        rows = [[f"${i}$", p] for i, p in enumerate(problem["patterns"], start=1)]
        given = table(["", "pattern $d$"], rows)
    if gated:
        gates = counted(len(given) and len(problem["patterns"]), "gate") + " below"
        if not given:
            gates = "gates $1(x_j^{T} g \\ge 0)$ of all full-dimensional cells $g$ of the hyperplanes "
            gates += r"$x_j^{T} g = 0$"
        which = rf", and each neuron has one of the {gates}, $d^{{(i)}} \in \{{0, 1\}}^n$."
        return [neurons + spaces + which + " Its objective is", formula, *given]
    if not given:
        return [neurons + spaces + _linear(problem) + bias, formula]
    only = (
        rf"Only networks with {counted(len(problem['patterns']), 'given pattern')} are meant: every $\theta_i$ has "
        r"$(2 d_j - 1)\, x_j^{T} \theta_i \ge 0$ for all $j$, with one of the patterns $d$ below."
    )
    return [neurons + spaces + _linear(problem) + bias, formula, only, *given]


def objective(problem: dict[str, Any]) -> str:
    """The formula of what is minimised, with what joins linearly."""
    formula = OBJECTIVE
    for old, new, head, more in (FREE[key] for key in FREE if key in problem):
        formula = formula.replace(old, new).replace(head, more)
    return formula + (r" + \tfrac12 \lambda e^2" if "ridge" in problem else "")


def _linear(problem: dict[str, Any]) -> str:
    """What a network has besides its neurons."""
    columns = len(problem["free"][0]) if "free" in problem else 0
    parts = [
        rf", coefficients $c \in \mathbf{{R}}^{{{columns}}}$ of the free columns $b_j$, which pay nothing"
    ]
    return "".join(parts * (columns > 0)) + r", an output bias $e \in \mathbf{R}$" * ("ridge" in problem)


def _bias(problem: dict[str, Any]) -> list[Block]:
    """A last column of ones makes biases, which the penalty includes unless they are free."""
    X = problem["X"]
    if "offset" in problem:
        return [
            r"The last entry of every $x_j$ is 1, so the last entry of $\theta_i$ is the bias of neuron $i$. It pays "
            r"nothing: wherever $\|\theta\|$ stands, here and below, the bias is left out."
        ]
    if len(X[0]) == 1 or {row[-1] for row in X} != {"1"}:
        return []
    return [
        r"The last entry of every $x_j$ is 1, so the last entry of $\theta_i$ is the bias of neuron $i$; the penalty "
        "includes it like every other weight."
    ]
