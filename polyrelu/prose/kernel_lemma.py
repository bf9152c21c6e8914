"""The lemma that a kernel file proves: bounds, or the optimum and all its neurons."""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from typing import Any

from polyrelu.certificate.kernel import NETWORKS
from polyrelu.prose.digits import DECIMALS, around, norm, vector
from polyrelu.prose.kernel_numbers import Accepted
from polyrelu.prose.lemma import SPLIT, explicit
from polyrelu.prose.parts import Block, Table, counted, lettered, table
from polyrelu.prose.weights import Weight


def kernel_statement(document: dict[str, Any]) -> list[Block]:
    """The items of the lemma."""
    file = Accepted(document)
    bounds, *_ = document["claims"]
    items: list[list[Block]] = [
        [bounds.replace("objective", "objective $J$")],
        [_ball(file), *_residual(file)],
    ]
    items += _neurons(file) if file.optimum else [_near(file)]
    return [*lettered(items), DECIMALS]


def _near(file: Accepted) -> list[Block]:
    """The stored network, and how good it is."""
    width = len(file.network.vectors)
    if not width:
        return [f"The zero network has a $J$ within {upwards(file.gap)} of the least."]
    return explicit(
        file.balanced(), f"This network of width {width} has a $J$ within {upwards(file.gap)} of the least:"
    )


def upwards(x: Fraction) -> str:
    """A formula for a number, rounded up."""
    text = str(Context(4, ROUND_CEILING).divide(Decimal(x.numerator), Decimal(x.denominator)).normalize())
    mantissa, _, power = text.partition("E")
    return rf"${mantissa} \cdot 10^{{{int(power)}}}$" if power else f"${text}$"


def _ball(file: Accepted) -> str:
    """What is known of the residual."""
    if file.optimum:
        return (
            f"All optimal networks, among all {NETWORKS}, have the same residual $\\nu^*$ (the targets less the "
            f"predictions), which is known up to a vector of length {upwards(file.ball[1])}:"
        )
    return (
        f"The residual (the targets less the predictions) of every optimal network, among all {NETWORKS}, is within "
        f"{upwards(file.ball[1])} of this vector:"
    )


def _residual(file: Accepted) -> list[Block]:
    """The residual: with its error if that is small, else the centre of the ball."""
    middle, radius = file.ball
    radius = radius if file.optimum else Fraction(0)
    rows = [[f"${j}$", Weight(around(v, radius)).text] for j, v in enumerate(middle, start=1)]
    return table(["$j$", r"$\nu^*_j$" if file.optimum else "entry"], rows)


def _neurons(file: Accepted) -> list[list[Block]]:
    """What is proved about neurons and weights."""
    faces, among = file.document["faces"], f"among all {NETWORKS}"
    if not faces:
        return [[f"The zero network is the only optimal one, {among}."]]
    places = [[f"${k}$", f"${face[0]}$", face[1:]] for k, face in enumerate(faces, start=1)]
    if file.apart is None:
        text = (
            f"Every neuron with $\\phi_i \\neq 0$ of every optimal network, {among}, has $\\|\\theta_i\\| = "
            f"|\\phi_i|$, and one of these {len(faces)} signs (that of $\\phi_i$) and faces (the signs of $x_j^{{T}} "
            f"\\theta_i$); with "
            "each of them, one direction."
        )
        return [[text, Table(["$k$", "sign", "face"], places)], _near(file)]
    rows = []
    for (k, sign, face), (_, w) in zip(places, file.vectors(), strict=True):
        size = norm(w)
        unit = [Weight(size.inverse() * v).text for v in w] if size.lo > 0 else []
        rows.append([k, sign, vector(unit), face, Weight(size).text])
    text = (
        f"The optimal network, {among}, is unique {SPLIT}: it has {counted(len(faces), 'neuron')} $(\\theta_k, "
        "\\phi_k)$ with $\\|\\theta_k\\| = |\\phi_k|$, $\\theta_k / \\|\\theta_k\\| = u_k$, $\\phi_k$ of the sign "
        "$s_k$, and $\\gamma_k = \\|\\theta_k\\|\\, |\\phi_k|$:"
    )
    after = (
        "The face lists the signs of $x_j^{T} u_k$, $j = 1, \\ldots, n$. So there are optimal networks of width $m$ "
        "if and "
        f"only if $m \\ge {len(faces)}$: they consist of these neurons, or of parts into which these are split, and "
        f"of "
        "neurons that are 0, in any order. All are one function on $\\mathbf{R}^d$."
    )
    convex = "The convex program of \\cite{pilanci2020neural}" + file.document["claims"][-1].removeprefix(
        "The convex program"
    )
    known = Table(["$k$", "$s_k$", "$u_k$", "face", r"$\gamma_k$"], rows)
    return [
        [text, known, after],
        explicit(file.balanced(), "The network with one neuron for each $k$, in numbers:"),
        [convex],
    ]
