"""A proof in prose, from a checked document: sections of paragraphs and tables, before any typesetting.

Every number comes from the checker's own enclosures of the accepted file. A text is a string with formulas between
dollar signs, in TeX; `typeset` shows them in TeX or in plain characters. A text that is one formula is displayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from polyrelu.certificate import check
from polyrelu.certificate.digits import closed, number

MAX_ROWS = 40


@dataclass
class Section:
    """A heading, paragraphs, a table (its head and rows) that may be empty, and paragraphs after it."""

    heading: str
    paragraphs: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


PROGRAM = r"\min_{w_b \in K_b}\ \tfrac12 \Bigl\| \sum_b s_b D_b X w_b - y \Bigr\|^2 + \lambda \sum_b \|w_b\|,\qquad "
CONES = {
    False: r"K_b = \{ w : (2D_b - I) X w \ge 0 \}",
    True: r"K_b = \mathbf{R}^d,\ s_b = 1",
}
SYSTEM = {
    False: r"\nu + \sum_k \beta_k A_k^{T} A_k \nu = y,\quad \|A_k \nu\|^2 = \lambda^2,",
    True: r"\nu + \sum_k \beta_k A_k^{T} A_k \nu - X B c = y,\  \|A_k \nu\|^2 = \lambda^2,\ B^{T} X^{T} \nu = 0,",
}
THEOREM = (
    r"Theorem. Let $\lambda > 0$, let $\nu \in \mathbf{R}^n$, and for every block $b = (D, s)$ let $p_b$ "
    r"be the projection of $s X^{T} D \nu$ onto $K_b$. If $\|p_b\| \le \lambda$ for every block, and $y - "
    r"\nu = \sum_b \alpha_b\, s D X p_b$ with $\alpha_b \ge 0$ over blocks with $\|p_b\| = \lambda$, then "
    r"$\nu$ is the residual $y - \hat y$ of every optimum, and the optima are $w_b = \alpha_b\, p_b$ for "
    r"all such $\alpha$."
)
PROOF = (
    r"Proof. $s\, \nu^{T} D X w \le p_b^{T} w \le \lambda \|w\|$ for $w \in K_b$ (Moreau), with equality "
    r"throughout only for $w = \alpha\, p_b$, $\alpha \ge 0$, and only if $\|p_b\| = \lambda$ or $w = 0$. "
    r"So for any feasible $w$ with fit $\hat y$ the objective is at least $\tfrac12 \|\hat y - y\|^2 + "
    r"\nu^{T} \hat y \ge y^{T} \nu - \tfrac12 \|\nu\|^2$, with equality iff $y - \hat y = \nu$ and all "
    r"$w_b$ are of that form; the given $\alpha$ attain it."
)


def sections(document: dict[str, Any], report: check.Report) -> list[Section]:
    """The whole proof."""
    parts = [_problem(document, report)]
    if report.optimum is not None:
        parts += [_theorem(), _residual(report.optimum), _neurons(report.optimum)]
        parts += [_multipliers(report.optimum), _other_blocks(report.optimum)]
        parts += [_optimal_set(document["claims"], report.optimum)]
    parts.append(_verdict(report))
    return [part for part in parts if part.paragraphs]


def _problem(document: dict[str, Any], report: check.Report) -> Section:
    spec = document["problem"]
    gated, n, d = spec["gated"], len(spec["X"]), len(spec["X"][0])
    patterns = "the patterns $1(Xg \\ge 0)$ of all full-dimensional cells $g$ of $\\{ w : x_j^{T} w = 0 \\}$"
    if spec["patterns"] != "cells":
        patterns = f"{len(spec['patterns'])} given patterns"
    text = (
        rf"The data are $n = {n}$ rows $x_j \in \mathbf{{R}}^{{{d}}}$ with targets $y_j$, and $\lambda = "
        rf"{spec['lambda']}$. The {'gated ReLU' if gated else 'ReLU'} program is"
    )
    signs = "" if gated else r" with $s = \pm 1$"
    blocks = f"over blocks $b = (D, s)${signs}, where $D$ runs over {patterns}."
    rows = [
        [f"${j + 1}$", "$(" + r",\ ".join(x) + ")$", f"${y}$"]
        for j, (x, y) in enumerate(zip(spec["X"], spec["y"], strict=True))
    ]
    digest = f"This problem has the SHA-256 {report.problem}."
    paragraphs = [text, f"${PROGRAM}{CONES[gated]}$", blocks]
    return Section("The problem", paragraphs, ["$j$", "$x_j$", "$y_j$"], rows, [digest])


def _theorem() -> Section:
    hypotheses = (
        "The hypotheses are verified below, all in exact arithmetic: a root of the optimality equations, "
        "positive weights, the sides of every neuron, the multipliers around neurons on hyperplanes, and "
        "the strict inactivity of all other blocks."
    )
    return Section("The theorem", [THEOREM, PROOF, hypotheses])


def _residual(optimum: check.Optimum) -> Section:
    point, pairs = optimum.point, "pair" in optimum.roles
    exact = point.exact[0] if point.exact else [None] * len(point.nu)
    rows = [[f"${j + 1}$", number(v, e)] for j, (v, e) in enumerate(zip(point.nu, exact, strict=True))]
    if point.exact:
        how = "it is a vector of exact numbers, verified by substitution."
    else:
        how = "it is enclosed by an interval Newton test, which proves that there is a root."
    same = rf"The residual $\nu$ is the same for all optimal networks{_among(optimum)}."
    text = same + r" With weights $\beta_k$ it solves"
    where = (
        r"where $A_k = P_k X^{T} D_k$ belongs to neuron $k$ below: $D_k$ are the rows with face $+$, and $P_k$ is the "
        r"projection onto $\{ v : x_j^{T} v = 0 \}$ for the rows $j$ with face $0$"
    )
    if pairs:
        where += r"; one $k$ stands for $u$ and $-u$, and $B$ is a basis of the space that all these $P_k X^{T}$ span"
    decimals = "Decimals are within one unit of the last digit."
    return Section(
        "The residual", [text, f"${SYSTEM[pairs]}$", f"{where}; {how} {decimals}"], ["$j$", r"$\nu_j$"], rows
    )


def _neurons(optimum: check.Optimum) -> Section:
    if not optimum.neurons:
        alone = rf"No neuron reaches $\lambda$: the zero network is the only optimum{_among(optimum)}."
        return Section("The neurons", [alone])
    point, roles = optimum.point, optimum.roles
    weights = iter(
        zip(point.weights, point.exact[1] if point.exact else [None] * len(point.weights), strict=True)
    )
    rows = []
    for k, (neuron, role) in enumerate(zip(optimum.neurons, roles, strict=True)):
        weight = {"antipode": "shared", "tie": "0"}.get(role)
        if weight is None:
            value, exact = next(weights)
            weight = number(
                value * optimum.problem.lam, None if exact is None else exact * optimum.problem.lam
            )
        sign = "$+$" if neuron.sign > 0 else "$-$"
        rows.append([f"${k + 1}$", sign, direction(optimum, neuron), neuron.face, weight])
    text = (
        r"Exactly these neurons (sign $s$, unit direction $u$) reach $\lambda$: $\lambda u$ is the "
        r"projection $p_b$ of the blocks of sign $s$ whose cones hold $u$. The face lists the signs of "
        r"$x_j^{T} u$, each of them proved; the weight is $\lambda \beta_k$."
    )
    after = []
    if "pair" in roles:
        after.append(
            "The weight of a neuron followed by one that is `shared' belongs to $u$ and $-u$ together: it may move "
            "between them (linear exchange)."
        )
    if "tie" in roles:
        after.append(
            "The neurons of weight 0 reach $\\lambda$ exactly too: this solution does not use them, others may."
        )
    return Section("The neurons", [text], ["", "$s$", "$u$", "face", "weight"], rows, after)


def direction(optimum: check.Optimum, neuron: check.Neuron) -> str:
    """The unit direction u, in closed form where that is short."""
    scale, point = neuron.sign / optimum.problem.lam, optimum.point
    entries = [closed(v * scale) for v in neuron.z(point.exact[0])] if point.exact else [None]
    shown = [entry for entry in entries if entry is not None]
    if len(shown) < len(entries):
        shown = [number(check.Interval.of(v) * scale, None) for v in neuron.z(point.nu)]
    return "$(" + r",\ ".join(entry.strip("$") for entry in shown) + ")$"


def _multipliers(optimum: check.Optimum) -> Section:
    rows = []
    for k, neuron in enumerate(optimum.neurons):
        if neuron.zero:
            held = [p for p in optimum.patterns if neuron.holds(p)]
            for local, rho in check.multipliers(optimum.problem, optimum.point, neuron, held):
                listed = [f"$\\rho_{{{j + 1}}} =$ {number(v, None)}" for j, v in (rho or {}).items()]
                rows.append([f"${k + 1}$", local, ", ".join(listed)])
    if not rows:
        return Section("Multipliers")
    text = (
        r"A neuron on hyperplanes is the projection for a block around it iff there are multipliers $\rho "
        r"\ge 0$ on these rows with $s X^{T} D \nu + \sum_j (2D - I)_{jj}\, \rho_j x_j = \lambda u$. For "
        r"each pattern that a block has on the rows where the neuron's face is 0 (in their order), these "
        "do."
    )
    more = [f"... and {len(rows) - MAX_ROWS} more."] if len(rows) > MAX_ROWS else []
    return Section("Multipliers", [text], ["neuron", "pattern", "multipliers"], rows[:MAX_ROWS], more)


def _other_blocks(optimum: check.Optimum) -> Section:
    count = len(optimum.patterns) * (1 if optimum.problem.gated else 2)
    text = (
        f"Of all {count} blocks, those whose cone holds no neuron of their sign are strictly inactive: for "
        rf"each of them rational multipliers $\rho \ge 0$ with $\|s "
        r"X^{T} D \nu + \sum_j (2D - I)_{jj}\, \rho_j x_j\| < \lambda$ were found and tested in integer "
        "arithmetic."
    )
    return Section("All other blocks", [text])


def _optimal_set(claims: dict[str, Any], optimum: check.Optimum) -> Section:
    if "optimal_set" not in claims or not optimum.neurons:
        return Section("The set of optimal networks")
    used = [k + 1 for k, flag in enumerate(claims["optimal_set"]["used"]) if flag]
    text = (
        rf"Up to permutation and splitting the optimal networks{_among(optimum)} are the $\beta \ge 0$ with $\sum_k "
        r"\beta_k\, s_k \lambda\, D_k X u_k = y - \nu$, a polytope. The neurons used by some of them are "
        f"{_listing(used)}. One solution is positive on all of these, and the rank of their activations is "
        f"{claims['optimal_set']['rank']}; so the dimension of the polytope is "
        f"${len(used)} - {claims['optimal_set']['rank']} = {claims['optimal_set']['dimension']}$."
    )
    if "vertices" not in claims:
        return Section("The set of optimal networks", [text])
    supports = claims["vertices"]["supports"]
    rows = [
        [f"${i + 1}$", f"${s.count('1')}$", _listing([k + 1 for k, on in enumerate(s) if on == "1"])]
        for i, s in enumerate(supports[:MAX_ROWS])
    ]
    more = [f"... and {len(supports) - MAX_ROWS} more."] if len(supports) > MAX_ROWS else []
    after = "These are all its vertices, the inclusion-minimal optimal networks: every basis was tried."
    return Section(
        "The set of optimal networks", [text], ["vertex", "width", "neurons"], rows, [*more, after]
    )


def _among(optimum: check.Optimum) -> str:
    """The scope of every claim, behind the networks that it is about."""
    among = check.scope_of(optimum.problem, len(optimum.patterns))
    return among and f" {among}"


def _listing(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


def _verdict(report: check.Report) -> Section:
    paragraphs = [
        words.replace("R^d", r"$\mathbf{R}^d$").replace("lambda", r"$\lambda$") for words in report.proved
    ]
    if report.not_claimed:
        paragraphs.append("Not claimed: " + ", ".join(report.not_claimed).replace("_", " ") + ".")
    paragraphs.append(f"The proof file has the SHA-256 {report.file} (uncompressed). It is checked again by")
    paragraphs.append(r"$\texttt{python3 -I check.py proof.json}$")
    paragraphs.append("with the file check.py of polyrelu and nothing but Python.")
    return Section("What is proved", paragraphs)
