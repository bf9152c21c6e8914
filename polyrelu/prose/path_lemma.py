"""The lemma of a file about a whole path, and its proof: intervals with their neurons, segments, or a gap."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from polyrelu.certificate import path as checker
from polyrelu.prose.lemma import SPLIT
from polyrelu.prose.parts import Block, Table, counted, lettered, table

SYSTEM = (
    r"Neuron $k$ of sign $s_k$ and face $\sigma_k$ has the rational matrices $A_k = P_k X^{T} D_k$ and $Q_k = "
    r"A_k^{T} A_k$: $D_k$ keeps the rows of face $+$, and $P_k$ projects onto the $u$ with $x_j^{T} u = 0$ for the "
    r"rows of face 0. A residual $\nu$ with weights $\beta_k$ is looked for that solves"
)
EQUATIONS = r"$\lambda (\nu - y) + \sum_k \beta_k Q_k \nu = 0, \qquad \nu^{T} Q_k \nu = \lambda^2.$"
PAIRS = (
    r"Of two neurons with opposite faces that share their weight, one stands here for both, if $\nu$ is orthogonal "
    r"to $X U$, $U$ the sum of the ranges of their $P_k$: then $u_k$ and $-u_k$ are their directions, and moving the"
    r" weight $b_k$ from one to the other adds $-b_k X A_k \nu$ to the first sum. As many $b_k$ as $\dim U$ are "
    r"unknowns, with the equations $X U \perp \nu$; the others are fixed parts of $\beta_k$. "
)
SAME = (
    r"All optimal networks have the same $\beta_k$ and the same sum of $b_k A_k \nu$, hence are one function."
)
SPANNED = r"Here $\dim X U$, modulo the columns $b_j$, stands for $\dim U$."
DEPENDENT = (
    r"Some neurons have $Q_f \nu = \sum_k c_k Q_k \nu$ with $\sum_k c_k = 1$ for all $\nu$ that can occur, an "
    r"identity of rational matrices: so $\nu^{T} Q_f \nu = \lambda^2$ as well, and weight on them is taken from the "
    r"$\beta_k$."
)
FREE = (
    r"The columns $b_j$ join at no cost. All vectors $\nu$ here are orthogonal to them, and what is said of $y$, of "
    r"activations $Q_k \nu$ and of $X A_k \nu$ is meant of their projections onto the complement of these columns. "
    r"What is left of the fit is made by the columns, in one way, since they are independent."
)
CONFINED = (
    r"On some intervals a multiplier is 0 for every $\lambda$: $\nu^*$ lies in the least space that holds $y$ (or "
    r"what is left of it off the columns and directions above) and that all $Q_k$ map into itself (likewise), as all "
    r"weights are positive; what is orthogonal to this space was computed, and forms are told modulo it. Where on "
    r"this space the difference of $\|A_k \nu\|^2$ and $\|A_l \nu\|^2$, which is 0 at $\nu^*$, is a product of two "
    r"linear forms, one of which is not 0, the other one is."
)
RIDGE = (
    r"The output bias $e$ pays $\tfrac12 \lambda e^2$: for a residual $\nu$ its best value is $\sum_j \nu_j / "
    r"\lambda$, and $\mathbf{1} \mathbf{1}^{T} \nu$ is added to the first sum. It counts as one more row on which "
    r"all neurons are 0, with the residual $-\sqrt{\lambda}\, e$: so all optimal networks have the same $e$."
)
TUBE = (
    r"The system is quadratic. Between two $\lambda$ let $x(t)$ be the chord between approximate solutions, $Y(t)$ "
    r"an affine approximate inverse of the Jacobian along it. An exact estimate shows that the map from $x$ to $x - "
    r"Y(t) F(x)$ contracts a box around $x(t)$ into itself, for every $t$ \cite{moore1966interval}: so for every "
    r"$\lambda$ there is one solution $\nu^*$ in the box, where the Jacobian is regular, and all weights are "
    r"positive on it."
)
OPTIMAL = (
    r"For a vector $v$ let $f_s(u) = s \sum_j v_j (x_j^{T} u)_+$. It is linear in $v$, so what is shown with margins"
    r" at both ends of a chord holds along it, and at $\nu^*$. Around each neuron is a star of directions in which "
    r"$f_s(u) \le q^{T} u$ with $q = s_k A_k \nu$ (the terms that are bent downwards are replaced by linear ones, "
    r"with multipliers that lie between their bounds on the rows of face 0), and $q$ lies strictly inside "
    r"the face. Outside the stars boxes, halved until a linear majorant settles each, prove $f_s(u) < \lambda "
    r"\|u\|$. At $\nu^*$ also $\|q\| = \lambda$. Hence $f_s(u) \le \lambda \|u\|$ for all $u$, with equality along "
    r"these neurons alone."
)
KINKS = (
    r"The bias of a neuron is no entry of $u$ here: all this is done for each row $j$, with $x_i - x_j$ in place "
    r"of $x_i$, which has no bias, and with the neurons that are 0 on row $j$ (and stars of others whose $f_s$ "
    r"falls towards the bias of row $j$), but for those rows and signs with $s \sum \nu_i > 0$ throughout, $i$ the "
    r"rows equal to $x_j$; $A_k$ is made of the rows as seen from one on which the face is 0. As $\nu^*$ is "
    r"orthogonal to the constants, $f_s$ is for each $u$ piecewise linear in the bias, 0 on one side of all rows "
    r"and constant on the other: where it is highest it has a kink that bends down, on a row that was treated. "
    r"Hence $f_s(u) \le \lambda \|u\|$ for all $u$ and all biases, and neurons whose kinks meet a row reach "
    r"$\lambda$ along these alone. A kink between rows reaches it only if the next kinks on rows do, and its "
    r"activation is a mean of theirs."
)
BLOCKS = (
    r"For a pattern $d$ and a sign $s$ let $c = s X^{T} D v$, $D$ the diagonal matrix of $d$, and $e_j = 2 d_j - 1$. "
    r"All $u$ with $e_j x_j^{T} u \ge 0$ for all $j$ have $s \sum_j v_j (x_j^{T} u)_+ = c^{T} u \le \|c + \sum_j t_j "
    r"e_j x_j\|\, \|u\|$ for all $t \ge 0$. For every pattern and sign that hold no neuron some $t$ at each end of a "
    r"chord makes this norm smaller than $\lambda$, with a margin; it is convex in $(v, t)$, so it is smaller along "
    r"the chord, and at $\nu^*$. In the others $q = s_k A_k \nu$ lies strictly inside the face of its neuron, and $q "
    r"- c$ is such a sum over rows of face 0: at $\nu^*$ this makes $c^{T} u \le \|q\|\, \|u\| = \lambda \|u\|$, "
    r"with equality along $q$ alone."
)
GATES = (
    r"For a gate $d$, $D$ its diagonal matrix, no neuron gives more than $\|X^{T} D v\|$ for a unit of its norm. For "
    r"every gate without a neuron this is smaller than $\lambda$ at both ends of a chord, with a margin. It is "
    r"convex in $v$, so it is smaller along the chord, and at $\nu^*$. For the others it is $\lambda$ by the system, "
    r"reached along $A_k \nu^*$ alone."
)
DUALITY = (
    r"The network with the weights of the system has the residual $\nu^*$ and attains the bound $y^{T} \nu^* - "
    r"\tfrac12 \|\nu^*\|^2$ that every vector gives for which no neuron exceeds $\lambda$: it is optimal. All optimal "
    r"networks have this residual \cite{pilanci2020neural}, hence neurons along these directions alone, whose "
    r"weights solve one linear system; its columns are independent but for the exchanges named above."
)
SCALED = (
    r"On the interval that begins at 0 all this is shown of a vector $\eta$, with 1 in place of the norm $\lambda$ "
    r"that is reached: it solves $\lambda \eta + \sum_k \beta_k Q_k \eta = y_V$ and $\eta^{T} Q_k \eta = 1$ in the "
    r"span $V$ of the activations, for all its $\lambda \ge 0$; $y_V$ is the projection of $y$ onto $V$, and $y - "
    r"y_V$ is orthogonal to all activations of any neuron that is meant. So $\nu = \lambda \eta + y - y_V$, and the "
    r"limit fits best. A network $w$ that fits best has a $J$ no less than the least and no smaller residual than an "
    r"optimal one: so its sum of norms is no smaller."
)
MIXTURE = (
    r"A vector $v$ with $s \sum_j v_j (x_j^{T} u)_+ \le \lambda \|u\|$ for both signs and all $u$ gives the lower "
    r"bound $y^{T} v - \tfrac12 \|v\|^2$ of $J$; at each node one is proved to be of this kind by a covering of all "
    r"directions by boxes, and a network gives an upper bound. Between two nodes both are mixed, with parts $1 - t$ "
    r"and $t$: the mixed vector is of this kind, since such pairs $(v, \lambda)$ form a convex cone, and the gap is "
    r"at most a parabola in $t$ that is known exactly. Its maximum is the gap of the lemma."
)
MIXED = (
    r"All vectors $v$ are orthogonal to the columns $b_j$, whose coefficients are mixed like the neurons. Where a "
    r"bias is left out of $\|\theta_i\|$ it is left out of $\|u\|$ as well."
)
SEGMENTS = (
    r"Let $u = \pm 1$ be the direction of a neuron and $t$ its kink: its activation has the entries $(u (x_j - "
    r"t))_+$, $x_j$ the feature of row $j$. For a vector $v$ that is orthogonal to the columns $b_j$, and so to the "
    r"constants, $s \sum_j v_j (u (x_j - t))_+$ is piecewise linear in $t$, 0 on one side of all rows and constant "
    r"on the other: it is largest where a kink meets a row. Let $a_k$ be the activations of these finitely many "
    r"neurons, with their signs. Then $a_k^{T} v \le \lambda$ for all $k$ gives the lower bound $y^{T} v - \tfrac12 "
    r"\|v\|^2$ of $J$."
)
NODES = (
    r"At some $\lambda$ of each segment, its ends among them, the file holds a $\nu$ of this kind and weights $w_k "
    r"\ge 0$, such that $y - \nu$ is $\sum_k w_k a_k$ and a combination of the $b_j$, where $w_k = 0$ unless "
    r"$a_k^{T} \nu = \lambda$ at all of them. So every mixture of them is a network that attains the bound of its "
    r"$\nu$, for every $\lambda$ of the segment: it is optimal, and all optimal networks have its residual "
    r"\cite{pilanci2020neural}. Strictly inside, $a_k^{T} \nu = \lambda$ holds for those $k$ alone for which it "
    r"holds at all of these $\lambda$, and the mixture of all uses each neuron that has a weight at one of them. "
    r"Where others reach $\lambda$, too, the file holds a $p$, orthogonal to the $b_j$, with $p^{T} a_k = 0$ for the "
    r"former and $p^{T} a_k > 0$ for the latter: as $p^{T} (y - \nu) = 0$, no optimal network uses these. The "
    r"weights of optimal networks whose kinks meet rows solve one linear system with $w \ge 0$; its rank was "
    r"computed exactly. A kink between two rows reaches $\lambda$ only if the kinks at both do, and its activation "
    r"is a mean of theirs."
)
AT_ZERO = (
    r"At $\lambda = 0$ the vector $\nu$ is orthogonal to all activations: the fit there is the best. A network that "
    r"fits best has a $J$ no less than the least and no smaller residual than an optimal one: so its sum of norms is "
    r"no smaller."
)
CHECKED = (
    r"The computations were made in exact integers and fractions by {} and kernel.py of "
    r"\cite{{polyrelu}}, in which each step stands as a lemma with its full proof. They accepted a proof file with the "
    r"SHA-256 {} (uncompressed)."
)
WHERE = r"The sign of $\phi_i$ and the face (the signs of $x_j^{T} \theta_i$, row by row) of each direction:"
WHICH = r"The gate of each direction ($+$ for 1, $-$ for 0, and 0 where a row is zero):"


class Shown(NamedTuple):
    """What an accepted file says of an interval; neighbours with equal neurons are one."""

    low: Fraction
    high: Fraction
    faces: list[str]
    dimension: int
    silent: bool
    """Whether it does not say that all optimal networks are one function."""


def shown(document: dict[str, Any]) -> list[Shown]:
    """The intervals of an accepted file."""
    found: list[Shown] = []
    problem = checker.problem_of(document["problem"])
    for one in document["intervals"]:
        shares = checker.shares_of(one["shares"], len(one["faces"]))
        further = checker.further_of(problem, one.get("dependent", []), shares)
        faces = checker.all_faces(one["faces"], shares, further)
        silent = bool(further or problem.base.free or problem.gated)
        low, high = (Fraction(one["nodes"][k]["lambda"]) for k in (0, -1))
        dimension = len(faces) - len(shares) - shares.count("solved")
        if found and found[-1].high == low and found[-1].faces == faces:
            last = found.pop()
            found.append(last._replace(high=high, silent=last.silent or silent))
        else:
            found.append(Shown(low, high, faces, dimension, silent))
    return found


def path_statement(document: dict[str, Any]) -> list[Block]:
    """The items of the lemma."""
    left = [f"Nothing is said of {_said('; '.join(document['left_out']))}."] if document["left_out"] else []
    if document["kind"] in ("bounded path", "exact path"):
        return lettered([[_said(words)] for words in document["claims"]])
    if "offset" in document["problem"]:
        return [*lettered([[_said(words)] for words in document["claims"]]), *left]
    intervals, problem = shown(document), checker.problem_of(document["problem"])
    none = "no neuron" if problem.base.columns else "the zero network alone"
    rows = [_row(k, one, none) for k, one in enumerate(intervals, start=1)]
    first = (
        r"For every $\lambda$ of the intervals below, ends included (but for 0), the neurons of optimal networks, "
        f"among all {problem.name}, with $\\phi_i \\neq 0$ have $\\|\\theta_i\\| = |\\phi_i|$ and lie along exactly so "
        f"many directions, all of which some optimal network uses. The optimal networks are, {SPLIT}, what the last "
        "column says:"
    )
    faces = [
        [f"${k}$", f"${face[0]}$", face[1:]] for k, one in enumerate(intervals, start=1) for face in one.faces
    ]
    where, columns = WHERE, ["interval", "sign", "face"]
    if problem.gated:
        where, columns, faces = WHICH, ["interval", "gate"], [[k, face] for k, _, face in faces]
    items: list[list[Block]] = [[first, Table(["", "from", "to", "directions", "optimal networks"], rows)]]
    items += [[where, *table(columns, faces)]] if faces else []
    items += [[_said(words)] for words in document["claims"][len(intervals) :] if "falls to 0" in words]
    if any(a.faces != b.faces for a, b in pairwise(intervals)):
        items.append(
            ["Between two neighbouring intervals whose neurons differ lies a breakpoint, or several."]
        )
    return [*lettered(items), *left]


def _row(k: int, one: Shown, none: str) -> list[str]:
    ends = checker.within(one.low, one.high)
    what = "one network" if one.faces else none
    if one.dimension:
        what = f"a polytope of dimension {one.dimension}" + ("" if one.silent else ", and one function")
    return [f"${k}$", *(f"${end}$" for end in ends), f"${len(one.faces)}$", what]


def _said(words: str) -> str:
    return words.replace("lambda", r"$\lambda$").replace("objective", "objective $J$")


def _parts_of_the_checker(document: dict[str, Any]) -> list[str]:
    """Those that bear on a file, besides the kernel."""
    own = {"path": ["tube.py", "tables.py"], "exact path": ["segments.py"], "bounded path": []}[
        document["kind"]
    ]
    return ["path.py", *own, *["blocks.py"] * (document["problem"]["patterns"] != "cells")]


def path_argument(document: dict[str, Any], digest: str) -> list[Block]:
    """The proof."""
    checked = CHECKED.format(", ".join(_parts_of_the_checker(document)), digest)
    if document["kind"] == "exact path":
        zero = [AT_ZERO] * any("falls to 0" in words for words in document["claims"])
        return [SEGMENTS, NODES, *zero, checked]
    free = [FREE] if "free" in document["problem"] else []
    if document["kind"] == "bounded path":
        return [MIXTURE, *([MIXED] if free else []), checked]
    parts = document["intervals"]
    ridge = [RIDGE] if "ridge" in document["problem"] else []
    blocks: list[Block] = [SYSTEM, EQUATIONS, *free, *ridge]
    blocks += [PAIRS + (SPANNED if free else SAME)] if any(any(one["shares"]) for one in parts) else []
    blocks += [DEPENDENT] if any(one.get("dependent") for one in parts) else []
    listed, gated = document["problem"]["patterns"] != "cells", document["problem"]["gated"]
    kinks = [KINKS] if "offset" in document["problem"] else []
    blocks += [TUBE, GATES if gated else BLOCKS if listed else OPTIMAL, *kinks, DUALITY]
    blocks += [CONFINED] if any("confined" in one for one in parts) else []
    blocks += [SCALED] if "eta" in parts[0]["nodes"][0] else []
    nodes = sum(len(one["nodes"]) for one in parts)
    return [*blocks, f"The file has {counted(nodes, 'node')} on {counted(len(parts), 'piece')}. {checked}"]
