"""The lemma that a kernel file proves (bounds, or the optimum and all its neurons), and its proof."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from polyrelu.certificate import check, kernel
from polyrelu.prose.digits import DECIMALS, around, norm, root, vector
from polyrelu.prose.lemma import SPLIT, Balanced, explicit
from polyrelu.prose.parts import Block, Table, counted, lettered, table
from polyrelu.prose.weights import Weight

NETWORKS = kernel.NETWORKS


@dataclass(frozen=True)
class Accepted:
    """The numbers of an accepted kernel file."""

    document: dict[str, Any]

    @property
    def optimum(self) -> bool:
        """Whether it claims an optimum; else bounds."""
        return bool(self.document["kind"] == "optimum")

    @cached_property
    def problem(self) -> kernel.Problem:
        return kernel.Problem(self.document["problem"])

    @cached_property
    def nu(self) -> tuple[int, list[int]]:
        """The vector of which every direction was covered: a denominator, and numerators."""
        nu = self.document["nu"]
        return int(nu["denominator"]), [int(v) for v in nu["numerators"]]

    @cached_property
    def network(self) -> kernel.Network:
        return kernel.network_of(self.problem, self.document["network"])

    @cached_property
    def t(self) -> Fraction:
        """What scales nu to a feasible vector."""
        return Fraction(1) if self.optimum else Fraction(self.document["t"])

    @cached_property
    def gap(self) -> Fraction:
        """Upper less lower bound."""
        gap, _ = kernel.bound_of(self.problem, *self.nu, self.t, self.network)
        return Fraction(gap)

    @cached_property
    def ball(self) -> tuple[list[Fraction], Fraction]:
        """Centre and radius of a ball that holds the residual of every optimal network."""
        N, m = self.nu
        feasible = [self.t * a / N for a in m]
        if self.optimum:
            return feasible, kernel.root(2 * self.gap)
        apart = sum((a - b) ** 2 for a, b in zip(feasible, self.network.residual, strict=True))
        middle = [(a + b) / 2 for a, b in zip(feasible, self.network.residual, strict=True)]
        return middle, kernel.root(self.gap - Fraction(apart) / 4)

    @cached_property
    def apart(self) -> Fraction | None:
        """How far the vectors of the only optimal network are, at most, from the stored ones; None if not known."""
        if not self.optimum or self.document["inverse"] is None:
            return None
        N, m = self.nu
        lines, rho = kernel.lines_of(self.problem, N, m), self.ball[1]
        stars = [
            kernel.star_of(self.problem, lines, 1 if face[0] == "+" else -1, face[1:], rho)
            for face in self.document["faces"]
        ]
        return kernel.show_weights(self.problem, self.network, stars, self.document["inverse"], rho)

    def vectors(self) -> list[tuple[int, list[check.Interval]]]:
        """Signs and vectors |phi| theta of the stored network, or of the optimal one near it."""
        radius = self.apart or Fraction(0)
        return [
            (sign, [around(Fraction(x, self.network.T), radius) for x in w])
            for sign, w in zip(self.network.signs, self.network.vectors, strict=True)
        ]

    def balanced(self) -> Balanced:
        """phi = s sqrt|w| and theta = w / sqrt|w| for the vectors w."""
        found = []
        for k, (sign, w) in enumerate(self.vectors()):
            size = root(norm(w))
            scale = size.inverse() if size.lo > 0 else check.Interval(0, 0)
            found.append((k, Weight(size * sign), [Weight(scale * v) for v in w]))
        return found


def kernel_statement(document: dict[str, Any]) -> list[Block]:
    """The items of the lemma."""
    file = Accepted(document)
    bounds, *_ = document["claims"]
    items: list[list[Block]] = [[bounds.replace("objective", "objective $J$")]]
    if not file.optimum:
        below = f"This network of width {len(file.network.vectors)} has a $J$ within {upwards(file.gap)} of the least:"
        return lettered([*items, [_ball(file), *_residual(file)], explicit(file.balanced(), below)])
    items.append([_ball(file), *_residual(file)])
    return [*lettered([*items, *_neurons(file)]), DECIMALS]


def upwards(x: Fraction) -> str:
    """A formula for a number, rounded up."""
    text = str(Context(4, ROUND_CEILING).divide(Decimal(x.numerator), Decimal(x.denominator)).normalize())
    mantissa, _, power = text.partition("E")
    return rf"${mantissa} \cdot 10^{{{int(power)}}}$" if power else f"${text}$"


def _ball(file: Accepted) -> str:
    return (
        f"The residual (the targets less the predictions) of every optimal network, among all {NETWORKS}, is within "
        f"{upwards(file.ball[1])} of a known vector:"
    )


def _residual(file: Accepted) -> list[Block]:
    """The residual: with its error if that is small, else the centre of the ball."""
    middle, radius = file.ball
    radius = radius if file.optimum else Fraction(0)
    rows = [[f"${j}$", Weight(around(v, radius)).text] for j, v in enumerate(middle, start=1)]
    return table(["$j$", r"$\nu_j$" if file.optimum else "centre"], rows)


def _neurons(file: Accepted) -> list[list[Block]]:
    """What is proved about neurons and weights."""
    faces, among = file.document["faces"], f"among all {NETWORKS}"
    if not faces:
        return [[f"The zero network is the only optimal one, {among}."]]
    places = [[f"${k}$", f"${face[0]}$", face[1:]] for k, face in enumerate(faces, start=1)]
    if file.apart is None:
        text = (
            f"Every neuron with $\\phi_i \\neq 0$ of every optimal network, {among}, has $\\|\\theta_i\\| = |\\phi_i|$, and "
            f"one of these {len(faces)} signs (that of $\\phi_i$) and faces (the signs of $x_j^{{T}} \\theta_i$); with "
            "each of them, one direction."
        )
        near = f"This network of width {len(file.network.vectors)} has a $J$ within {upwards(file.gap)} of the least:"
        return [[text, Table(["$k$", "sign", "face"], places)], explicit(file.balanced(), near)]
    rows = []
    for (k, sign, face), (_, w) in zip(places, file.vectors(), strict=True):
        size = norm(w)
        unit = [Weight(size.inverse() * v).text for v in w] if size.lo > 0 else []
        rows.append([k, sign, vector(unit), face, Weight(size).text])
    text = (
        f"The optimal network, {among}, is unique {SPLIT}: it has {counted(len(faces), 'neuron')} $(\\theta_k, "
        "\\phi_k)$ with $\\|\\theta_k\\| = |\\phi_k|$, $\\theta_k / \\|\\theta_k\\| = u_k$, $\\phi_k$ of the sign $s_k$, and "
        "$\\gamma_k = \\|\\theta_k\\|\\, |\\phi_k|$:"
    )
    after = (
        "The face lists the signs of $x_j^{T} u_k$, $j = 1, \\ldots, n$. So there are optimal networks of width $m$ if and "
        f"only if $m \\ge {len(faces)}$: they consist of these neurons, or of parts into which these are split, and of "
        "neurons that are 0, in any order. All are one function on $\\mathbf{R}^d$."
    )
    convex = "The convex program of \\cite{pilanci2020neural}" + file.document["claims"][-1].removeprefix("The convex program")
    known = Table(["$k$", "$s_k$", "$u_k$", "face", r"$\gamma_k$"], rows)
    return [[text, known, after], explicit(file.balanced(), "The network with one neuron for each $k$, in numbers:"), [convex]]


BOUNDS = (
    r"For a vector $v$ with $s \sum_j v_j (x_j^{T} u)_+ \le \lambda \|u\|$ for both signs $s$ and all $u$ (*), put $D(v) = "
    r"y^{T} v - \tfrac12 \|v\|^2$. Let a network have the residual $r$ and, as may be assumed, $\|\theta_i\| = |\phi_i|$. "
    r"Then $v^{T} (y - r) = \sum_i \phi_i \sum_j v_j\, (x_j^{T} \theta_i)_+ \le \lambda \sum_i |\phi_i|\, \|\theta_i\|$, so"
)
CHAIN = (
    r"$J \ge \tfrac12 \|r\|^2 + v^{T} (y - r) = D(v) + \tfrac12 \|r - v\|^2 \ge D(v).$"
)
DUALITY = (
    r"There is an optimal network, all optimal networks have the same residual $\nu^*$, this satisfies (*), and $D(\nu^*)$ "
    r"is the least $J$ \cite{pilanci2020neural}. So with a vector $v$ that satisfies (*) and a network of residual $r$,"
)
BALL = r"$&D(v) \le J^* \le J, \\ &\|\nu^* - v\|^2 + \|\nu^* - r\|^2 \le 2\, (J - D(v)).$"
COVER = (
    r"For (*), the boxes $u_k = \pm 1$, $|u_j| \le 1$, which meet every ray, were halved until on each box a linear "
    r"majorant $w^{T} u$ of the left-hand side of (*), with slopes between 0 and 1 for the kinks, proved the inequality"
)
NEURONS = (
    r"Let $f_s$ be the left-hand side of (*) for $v$, $f^*_s$ that for $\nu^*$, $F$ the Frobenius norm of $X$, and $\varrho$ "
    r"the radius of the ball: $|f^*_s(u) - f_s(u)| \le \varrho F \|u\|$. In an optimal network $f^*_s(\theta_i) = \lambda "
    r"\|\theta_i\|$ for all neurons with $\phi_i \neq 0$ of sign $s$. The boxes prove $f_s(u) < (\lambda - \varrho F) "
    r"\|u\|$, so that there is no such neuron, outside the stars of the neurons of the lemma."
)
STARS = (
    r"A star is this. Put all rows on one line together, $f^*_s(u) = \sum_l c_l\, (v_l^{T} u)_+ + b^{T} u$. The star of a "
    r"neuron holds the $u$ for which all $v_l^{T} u$ with $c_l > 0$ have the sign that the face gives them, or 0, except on "
    r"the set $Z$ of lines with face 0. As $(z)_+ \ge t z$ for $0 \le t \le 1$, terms with $c_l \le 0$ may be replaced by "
    r"$c_l\, t\, v_l^{T} u$; with $t \in \{0, 1\}$ by the face, and suitable $t$ on $Z$, $f^*_s(u) \le q^{T} u$ on the star, "
    r"where $q$ is the projection of $s X^{T} D \nu^*$ ($D$: the rows with face $+$) onto the $u$ with $v_l^{T} u = 0$ for $l "
    r"\in Z$. Also $q$ lies in the face, so $f^*_s(q) = \|q\|^2$ and $\|q\| \le \lambda$, and $f^*_s(u) = \lambda \|u\|$ holds in the "
    r"star at most along $q$. That there are such $t$, and that $q$ lies in the face, are strict inequalities; they were "
    r"shown with margins, for all $\nu^*$ in the ball."
)
WEIGHTS = (
    r"The activations of the neurons are independent for all $\nu^*$ in the ball: with an approximate inverse $S$ of their "
    r"Gram matrix $M^{T} M$, the rows of $I - S M^{T} M$ are small, and this bounds how far the weights of an optimal "
    r"network are from those of the stored one. All are positive."
)
CHECKED = (
    r"The computations were made in exact integers and fractions by the kernel of \cite{{polyrelu}}, one short file of bare "
    r"Python (kernel.py), in which each of these steps stands as a lemma with its full proof above the function that uses "
    r"it. It accepted a proof file with the SHA-256 {} (uncompressed)."
)


def kernel_argument(document: dict[str, Any], digest: str) -> list[Block]:
    """The proof."""
    file, checked = Accepted(document), CHECKED.format(digest)
    if not file.optimum:
        end = (
            r"By the parallelogram law $\nu^*$ is then within $\sqrt{J - D(v) - \|v - r\|^2 / 4}$ of $(v + r) / 2$. The "
            f"file has $v = t \\nu$ and the network. {COVER}."
        )
        return [BOUNDS, CHAIN, DUALITY, BALL, end, checked]
    end = f"The file has a $v$ near $\\nu^*$, and a network near an optimal one. {COVER}, and more:"
    blocks: list[Block] = [BOUNDS, CHAIN, DUALITY, BALL, end, NEURONS]
    blocks += [STARS] if document["faces"] else []
    return [*blocks, *([WEIGHTS] if document["faces"] and document["inverse"] else []), checked]
