"""The lemma that a kernel file proves: bounds, or the optimum and all its neurons."""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from typing import Any

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
    if not width and not file.coefficients:
        return [f"The zero network has a $J$ within {upwards(file.gap)} of the least."]
    text = f"This network of width {width}{_coefficients(file)} has a $J$ within {upwards(file.gap)} of the least"
    return explicit(file.balanced(), text + ":") or [text + "."]


def _coefficients(file: Accepted) -> str:
    """With which coefficients of free columns, and output bias, the stored network is meant."""
    values = [Weight(around(v, Fraction(0))).text for v in file.coefficients]
    e = [f"$e =$ {values.pop()}"] if file.problem.ridge else []
    c = [f"$c =$ {vector(values)}"] if values else []
    return " with " * bool(e or c) + " and ".join([*c, *e])


def upwards(x: Fraction) -> str:
    """A formula for a number, rounded up."""
    text = str(Context(4, ROUND_CEILING).divide(Decimal(x.numerator), Decimal(x.denominator)).normalize())
    mantissa, _, power = text.partition("E")
    return rf"${mantissa} \cdot 10^{{{int(power)}}}$" if power else f"${text}$"


def _ball(file: Accepted) -> str:
    """What is known of the residual."""
    if file.optimum:
        return (
            f"All optimal networks, {file.problem.among}have the same residual $\\nu^*$ (the targets less the "
            f"predictions), which is known up to a vector of length {upwards(file.ball[1])}:"
        )
    return (
        f"The residual (the targets less the predictions) of every optimal network, {file.problem.among}is within "
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
    faces, among = file.document["faces"], file.problem.among.strip(" ,")
    if not faces and file.coefficients:
        return [[f"In every optimal network, {among}, all $\\phi_i$ are 0."], _near(file)]
    if not faces:
        return [[f"The zero network is the only optimal one, {among}."]]
    places = [[f"${k}$", f"${face[0]}$", face[1:]] for k, face in enumerate(faces, start=1)]
    return (
        _unique(file, places, among)
        if file.apart is not None
        else [_places(file, places, among), _near(file)]
    )


def _places(file: Accepted, places: list[list[str]], among: str) -> list[Block]:
    """Which neurons there can be, where weights are not claimed to be unique."""
    text = (
        f"Every neuron with $\\phi_i \\neq 0$ of every optimal network, {among}, has $\\|\\theta_i\\| = |\\phi_i|$, "
        f"and one of these {len(places)} signs (that of $\\phi_i$) and faces (the signs of $x_j^{{T}} \\theta_i$); "
        "with each of them, one direction."
    )
    if file.problem.offset:
        text += (
            " Where no $x_j^{T} \\theta_i$ is 0 this is meant of $\\theta_i$ with a higher or lower bias, the first "
            "for which it is no longer so."
        )
    return [text, Table(["$k$", "sign", "face"], places)]


def _unique(file: Accepted, places: list[list[str]], among: str) -> list[list[Block]]:
    """The only optimal network, but for kinks that can move."""
    rows = []
    for (k, sign, face), (_, w) in zip(places, file.vectors(), strict=True):
        size = norm(w[: file.problem.normed])
        unit = [Weight(size.inverse() * v).text for v in w] if size.lo > 0 else []
        rows.append([k, sign, vector(unit), face, Weight(size).text])
    which = ", with $x_j^{T} \\theta_i = 0$ for some $j$ for every neuron $i$," if file.moving else ","
    text = (
        f"The optimal network, {among}{which} is unique {SPLIT}: it has {counted(len(rows), 'neuron')} "
        "$(\\theta_k, \\phi_k)$ with $\\|\\theta_k\\| = |\\phi_k|$, $\\theta_k / \\|\\theta_k\\| = u_k$, $\\phi_k$ of "
        "the sign $s_k$, and $\\gamma_k = \\|\\theta_k\\|\\, |\\phi_k|$:"
    )
    faces = "The face lists the signs of $x_j^{T} u_k$, $j = 1, \\ldots, n$. "
    width = (
        f"So there are optimal networks of width $m$ if and only if $m \\ge {len(rows)}$: they consist of these "
        "neurons, or of parts into which these are split, and of neurons that are 0, in any order. All are one "
        "function on $\\mathbf{R}^d$."
    )
    moving = (
        "Other optimal networks have neurons between two of these that differ in their bias alone "
        f"({counted(file.moving, 'such pair')}): not all are one function on $\\mathbf{{R}}^d$."
    )
    known = Table(["$k$", "$s_k$", "$u_k$", "face", r"$\gamma_k$"], rows)
    convex = "The convex program of \\cite{pilanci2020neural}" + file.document["claims"][-1].removeprefix(
        "The convex program"
    )
    return [
        [text, known, faces + (moving if file.moving else width)],
        explicit(file.balanced(), "The network with one neuron for each $k$, in numbers:"),
        *([] if file.problem.offset else [[convex]]),
    ]
