"""A proof in prose, from a checked document: sections of paragraphs and tables, before any typesetting.

Every number comes from the checker's own enclosures of the accepted file. A text is a list of pieces: plain words, or
`Math(tex, plain)`, which each renderer shows in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

from polyrelu.certificate import check

DIGITS = 10
MAX_ROWS = 40
MAX_TERMS = 2
MAX_LENGTH = 24


class Math(NamedTuple):
    """A formula, in TeX and in plain characters."""

    tex: str
    plain: str


Text = list[Any]


@dataclass
class Section:
    """A heading, paragraphs, and a table (its head and rows) that may be empty."""

    heading: str
    paragraphs: list[Text] = field(default_factory=list)
    head: list[Any] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    after: list[Text] = field(default_factory=list)


LAMBDA, NU, RHO = Math(r"\lambda", "lambda"), Math(r"\nu", "nu"), Math(r"\rho", "rho")
THEOREM: Text = [
    "Theorem. Let ",
    Math(r"\lambda > 0", "lambda > 0"),
    " and let ",
    Math(r"p_b", "p_b"),
    " be the projection of ",
    Math(r"s X^{T} D \nu", "s X^T D nu"),
    " onto ",
    Math(r"K_b", "K_b"),
    ". If ",
    Math(r"\|p_b\| \le \lambda", "|p_b| <= lambda"),
    " for every block b, and y minus ",
    NU,
    " is a sum of ",
    Math(r"\beta_b\, s D X p_b", "beta_b s D X p_b"),
    " with ",
    Math(r"\beta_b \ge 0", "beta_b >= 0"),
    " over blocks with ",
    Math(r"\|p_b\| = \lambda", "|p_b| = lambda"),
    ", then ",
    NU,
    " is the residual of every optimum, and the optima are the solutions of that equation.",
]


def sections(document: dict[str, Any], report: check.Report) -> list[Section]:
    """The whole proof."""
    parts = [_problem(document, report)]
    if report.optimum is not None:
        parts += [
            _theorem(),
            _residual(report.optimum),
            _neurons(report.optimum),
            _multipliers(report.optimum),
        ]
        parts.append(_other_blocks(report.optimum))
    parts.append(_verdict(report))
    return [part for part in parts if part.paragraphs]


def _problem(document: dict[str, Any], report: check.Report) -> Section:
    spec = document["problem"]
    n, d = len(spec["X"]), len(spec["X"][0])
    kind = "gated ReLU" if spec["gated"] else "ReLU"
    cone = (
        Math(r"K_b = \mathbf{R}^d,\ s = 1", "K_b = R^d, s = 1")
        if spec["gated"]
        else Math(r"K_b = \{ w : (2D - I) X w \ge 0 \}", "K_b = { w : (2D - I) X w >= 0 }")
    )
    present = (
        "all full-dimensional cells"
        if spec["patterns"] == "cells"
        else f"{len(spec['patterns'])} given patterns"
    )
    text: Text = [
        f"The data are {n} rows in dimension {d} and a target y; ",
        Math(r"\lambda = " + tex_rational(spec["lambda"]), f"lambda = {spec['lambda']}"),
        f". The {kind} program over blocks b = (D, s), with D from {present}, is",
    ]
    program = Math(
        r"\min_{w_b \in K_b}\ \tfrac12 \Bigl\| \sum_b s_b D_b X w_b - y \Bigr\|^2 + \lambda \sum_b \|w_b\|,\qquad "
        + cone.tex,
        "min 1/2 |sum s_b D_b X w_b - y|^2 + lambda sum |w_b|,   " + cone.plain,
    )
    words = [f"The problem has the SHA-256 {report.problem}."]
    rows = [
        [str(j + 1), "(" + ", ".join(x) + ")", y]
        for j, (x, y) in enumerate(zip(spec["X"], spec["y"], strict=True))
    ]
    return Section("The problem", [text, [program], words], ["row", "x", "y"], rows)


def _theorem() -> Section:
    return Section(
        "The theorem",
        [
            THEOREM,
            [
                "Its hypotheses are shown below: a root of the optimality equations (existence by an interval "
                "Newton test in exact arithmetic, or by substitution of exact numbers), positive weights, the sides "
                "of every neuron, the multipliers around neurons on hyperplanes, and the strict inactivity of all "
                "other blocks."
            ],
        ],
    )


def _residual(optimum: check.Optimum) -> Section:
    point = optimum.point
    exact = point.exact[0] if point.exact else [None] * len(point.nu)
    rows = [[str(j + 1), number(v, e)] for j, (v, e) in enumerate(zip(point.nu, exact, strict=True))]
    how = (
        "exact numbers, verified by substitution"
        if point.exact
        else "enclosures from an interval Newton test"
    )
    text: Text = [
        "The residual ",
        NU,
        f" is the same for all optimal networks ({how}; digits are truncated to an error below 1 in the last place).",
    ]
    return Section("The residual", [text], ["row", NU], rows)


def _neurons(optimum: check.Optimum) -> Section:
    lam, rows, weights = (
        optimum.problem.lam,
        [],
        iter(zip(optimum.point.weights, _exact_weights(optimum), strict=True)),
    )
    for k, (neuron, role) in enumerate(zip(optimum.neurons, optimum.roles, strict=True)):
        z = neuron.z(optimum.point.nu)
        u = "(" + ", ".join(decimal(check.Interval.of(v) * (neuron.sign / lam)) for v in z) + ")"
        weight: Any = {"antipode": "shared", "tie": "see below"}.get(role)
        if weight is None:
            value, exact = next(weights)
            weight = number(value * lam, None if exact is None else exact * lam)
        rows.append([str(k + 1), "+" if neuron.sign > 0 else "-", u, neuron.face, weight])
    if not rows:
        return Section(
            "The neurons", [["No neuron reaches ", LAMBDA, ": the zero network is the only optimum."]]
        )
    text: Text = [
        "These distinct neurons (sign s, unit direction u) reach ",
        LAMBDA,
        ". The face gives the sign of each row's product with u.",
    ]
    after: list[Text] = []
    if "pair" in optimum.roles:
        after.append(
            [
                "A weight followed by `shared' belongs to u and -u together: it may move between them "
                "(linear exchange)."
            ]
        )
    if "tie" in optimum.roles:
        after.append(
            [
                "The remaining neurons are exactly tight; the weights of this solution leave them at 0, "
                "others may use them."
            ]
        )
    return Section("The neurons", [text], ["", "s", "u", "face", "weight"], rows, after)


def _exact_weights(optimum: check.Optimum) -> list[Any]:
    exact: list[Any] = optimum.point.exact[1] if optimum.point.exact else [None] * len(optimum.point.weights)
    return exact


def _multipliers(optimum: check.Optimum) -> Section:
    rows = []
    for k, neuron in enumerate(optimum.neurons):
        if neuron.zero:
            held = [p for p in optimum.patterns if neuron.holds(p)]
            for local, rho in check.multipliers(optimum.problem, optimum.point, neuron, held):
                listed = ", ".join(f"{j + 1}: {decimal(v)}" for j, v in (rho or {}).items())
                rows.append([str(k + 1), local, listed])
    if not rows:
        return Section("Multipliers")
    text: Text = [
        "Where a neuron lies on hyperplanes, each block around it needs multipliers ",
        Math(r"\rho \ge 0", "rho >= 0"),
        " on those rows with ",
        Math(
            r"s X^{T} D_b \nu + \sum_j (2D_b - I)_{jj} \rho_j x_j = \lambda u",
            "s X^T D_b nu + sum (2D_b - I)_jj rho_j x_j = lambda u",
        ),
        ". The pattern is that of the block on the rows of the neuron's face that are 0.",
    ]
    more: list[Text] = [[f"... and {len(rows) - MAX_ROWS} more."]] if len(rows) > MAX_ROWS else []
    return Section("Multipliers", [text], ["neuron", "pattern", "row: multiplier"], rows[:MAX_ROWS], more)


def _other_blocks(optimum: check.Optimum) -> Section:
    count = len(optimum.patterns) * (1 if optimum.problem.gated else 2)
    text: Text = [
        f"Of all {count} blocks, those whose cone holds no neuron of their sign are strictly inactive: "
        "for each, rational multipliers ",
        Math(r"\rho \ge 0", "rho >= 0"),
        " with ",
        Math(
            r"\|s X^{T} D \nu + \sum_j (2D - I)_{jj} \rho_j x_j\| < \lambda",
            "|s X^T D nu + sum (2D - I)_jj rho_j x_j| < lambda",
        ),
        " were found and tested in integer arithmetic.",
    ]
    return Section("All other blocks", [text])


def _verdict(report: check.Report) -> Section:
    paragraphs: list[Text] = [[words] for words in report.proved]
    if report.not_claimed:
        paragraphs.append(["Not claimed: " + ", ".join(report.not_claimed).replace("_", " ") + "."])
    paragraphs.append(
        [f"The proof file has the SHA-256 {report.file} (uncompressed). It is checked again by"]
    )
    paragraphs.append([Math(r"\texttt{python check.py proof.json}", "python check.py proof.json")])
    paragraphs.append(["with the file check.py of polyrelu and nothing but Python."])
    return Section("What is proved", paragraphs)


# ------------------------------------------------------------------ numbers


def number(enclosure: check.Interval, exact: Any) -> Any:
    """A short closed form, or digits."""
    if isinstance(exact, Fraction | int):
        exact = str(exact)
        return Math(tex_rational(exact), exact)
    if exact is not None and not exact.field.f and len(exact.terms) <= MAX_TERMS:
        plain, tex = _sum_of_roots(exact.terms)
        if len(plain) <= MAX_LENGTH:
            return Math(tex, plain)
    return decimal(enclosure)


def _sum_of_roots(terms: dict[int, Fraction]) -> tuple[str, str]:
    plain = tex = ""
    for m, c in sorted(terms.items()):
        sign = ("-" if c < 0 else "") if not plain else (" - " if c < 0 else " + ")
        size = str(abs(c))
        alone = m != 1 and size == "1"
        plain += sign + ("" if alone else size) + ("" if m == 1 else ("" if alone else " ") + f"sqrt({m})")
        tex += sign + ("" if alone else tex_rational(size)) + ("" if m == 1 else rf"\sqrt{{{m}}}")
    return plain or "0", tex or "0"


def tex_rational(text: str) -> str:
    """A fraction in TeX."""
    minus, size = ("-", text[1:]) if text.startswith("-") else ("", text)
    over, _, under = size.partition("/")
    return minus + (rf"\tfrac{{{over}}}{{{under}}}" if under else size)


def decimal(x: check.Interval, digits: int = DIGITS) -> str:
    """Digits, truncated towards 0, with an error below one unit of the last place."""
    middle = Fraction(x.lo + x.hi, 2 ** (check.Interval.bits + 1))
    units = floor(abs(middle) * 10**digits)
    text = f"{units // 10**digits}.{units % 10**digits:0{digits}d}"
    return ("-" if middle < 0 and units else "") + text
