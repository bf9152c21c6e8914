"""The proof of the lemma of a kernel file; what was computed is said to be so."""

from __future__ import annotations

from typing import Any

from polyrelu.prose.parts import Block

BOUNDS = (
    r"For a vector $v$ with $s \sum_j v_j (x_j^{T} u)_+ \le \lambda \|u\|$ for both signs $s$ and all $u$ (*), put "
    r"$D(v) = y^{T} v - \tfrac12 \|v\|^2$. Let a network have the residual $r$ and, as may be assumed, $\|\theta_i\| "
    r"= |\phi_i|$. Then $v^{T} (y - r) = \sum_i \phi_i \sum_j v_j\, (x_j^{T} \theta_i)_+ \le \lambda \sum_i "
    r"|\phi_i|\, \|\theta_i\|$, so"
)
CHAIN = r"$J \ge \tfrac12 \|r\|^2 + v^{T} (y - r) = D(v) + \tfrac12 \|r - v\|^2 \ge D(v).$"
DUALITY = (
    r"There is an optimal network, all optimal networks have the same residual $\nu^*$, this satisfies (*), and "
    r"$D(\nu^*)$ is the least $J$ \cite{pilanci2020neural}. So with a vector $v$ that satisfies (*) and a network of "
    r"residual $r$,"
)
BALL = r"$&D(v) \le J^* \le J, \\ &\|\nu^* - v\|^2 + \|\nu^* - r\|^2 \le 2\, (J - D(v)).$"
COVER = (
    r"For this the boxes $u_k = \pm 1$, $|u_j| \le 1$, which meet every ray, were halved until on each a linear "
    r"majorant $w^{T} u$ of the left-hand side of (*), with slopes between 0 and 1 for the kinks, proved the "
    r"inequality on the box"
)
NEURONS = (
    r"Let $f_s$ be the left-hand side of (*) for $v$, $f^*_s$ that for $\nu^*$, $F$ the Frobenius norm of $X$, and "
    r"$\varrho$ the radius of the ball: $|f^*_s(u) - f_s(u)| \le \varrho F \|u\|$. In an optimal network "
    r"$f^*_s(\theta_i) = \lambda \|\theta_i\|$ for all neurons with $\phi_i \neq 0$ of sign $s$. The boxes prove "
    r"$f_s(u) < (\lambda - \varrho F) \|u\|$, so that there is no such neuron, outside the stars of the neurons of "
    r"the lemma."
)
STARS = (
    r"A star is this. Put all rows on one line together, $f^*_s(u) = \sum_l c_l\, (v_l^{T} u)_+ + b^{T} u$. The star "
    r"of a neuron holds the $u$ for which all $v_l^{T} u$ with $c_l > 0$ have the sign that the face gives them, or "
    r"0, except on the set $Z$ of lines with face 0. As $(z)_+ \ge t z$ for $0 \le t \le 1$, terms with $c_l \le 0$ "
    r"may be replaced by $c_l\, t\, v_l^{T} u$; with $t \in \{0, 1\}$ by the face, and suitable $t$ on $Z$, "
    r"$f^*_s(u) \le q^{T} u$ on the star, where $q$ is the projection of $s X^{T} D \nu^*$ ($D$: the rows with face "
    r"$+$) onto the $u$ with $v_l^{T} u = 0$ for $l \in Z$. Also $q$ lies in the face, so $f^*_s(q) = \|q\|^2$ and "
    r"$\|q\| \le \lambda$, and $f^*_s(u) = \lambda \|u\|$ holds in the star at most along $q$. That there are such "
    r"$t$, and that $q$ lies in the face, are inequalities between linear forms of $\nu^*$; they were shown for all "
    r"$\nu^*$ in the ball, with margins where a form varies on it."
)
WEIGHTS = (
    r"The activations of the neurons are independent for all $\nu^*$ in the ball: with an approximate inverse $S$ of "
    r"their Gram matrix $M^{T} M$, the rows of $I - S M^{T} M$ are small, and this bounds how far the weights of an "
    r"optimal network are from those of the stored one. All are positive."
)
FREE = (
    r"The columns $b_j$ join at no cost: put them into one matrix $B$. All vectors $v$ here, and $\nu^*$, also satisfy "
    r"$B^{T} v = 0$, so that $v^{T} (y - r)$ is what the neurons contribute."
)
RIDGE = (
    r"The output bias is a free column as well, if a row is added on which $y$, all $x$ and the other columns are 0 "
    r"and this one is $\sqrt{\lambda}$: half the square of the residual there is its price. In $\|v\|$, $\|r\|$ and "
    r"all differences of residuals this row is included, where $v$ is $-1^{T} v / \sqrt{\lambda}$ and $r$ is "
    r"$-\sqrt{\lambda}\, e$."
)
OFFSET = (
    r"In (*) $u$ has a bias, which $\|u\|$ leaves out. With $B^{T} v = 0$ the entries of $v$ add up to 0, and for "
    r"fixed weights the left-hand side is a piecewise linear function of the bias, 0 far below and constant far above. "
    r"So it is highest where $x_j^{T} u = 0$ for a row $j$, with $s v_j \le 0$ if no row is repeated, and (*) need be "
    r"shown only for these: for every such $j$ it is (*) for the rows $x_i - x_j$, which have no bias. All that "
    r"follows is meant for each of these tables. Where $f^*_s(\theta_i) = \lambda \|\theta_i\|$ for a neuron that "
    r"vanishes on no row, this holds at both next biases at which it does, too (or at the lower one, if there is no "
    r"higher one)."
)
CHECKED = (
    r"The computations were made in exact integers and fractions by the kernel of \cite{{polyrelu}}, one short file "
    r"of bare Python (kernel.py), in which each of these steps stands as a lemma with its full proof above the "
    r"function that uses it. It accepted a proof file with the SHA-256 {} (uncompressed)."
)


def kernel_argument(document: dict[str, Any], digest: str) -> list[Block]:
    """The proof."""
    checked, problem = CHECKED.format(digest), document["problem"]
    kinds = {"free": FREE, "ridge": RIDGE, "offset": OFFSET}
    more = [text for key, text in kinds.items() if key in problem]
    if document["kind"] == "bound":
        end = (
            r"By the parallelogram law $\nu^*$ is then within $\sqrt{J - D(v) - \|v - r\|^2 / 4}$ of $(v + r) / 2$. "
            r"The "
            "file has the network, and $v = t \\nu$ with $0 \\le t \\le 1 / (1 + \\varepsilon)$, where $\\nu$ "
            "satisfies (*) with "
            f"$(1 + \\varepsilon) \\lambda$ in the place of $\\lambda$. {COVER}."
        )
        return [BOUNDS, CHAIN, *more, DUALITY, BALL, end, checked]
    near = r"The file has a $v$ near $\nu^*$, and a network near an optimal one."
    end = f"{near} {COVER}, and a stronger one, as follows."
    blocks: list[Block] = [BOUNDS, CHAIN, *more, DUALITY, BALL, end, NEURONS]
    blocks += [STARS] if document["faces"] else []
    return [*blocks, *([WEIGHTS] if document["faces"] and document["inverse"] else []), checked]
