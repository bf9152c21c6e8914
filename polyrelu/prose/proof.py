"""The proof of the lemma of a file with a list of cells, or of patterns; what was computed is said to be so."""

from __future__ import annotations

from typing import Any

from polyrelu.certificate import check
from polyrelu.prose.digits import number
from polyrelu.prose.parts import Block, counted, table

FORMS = {
    False: r"Put $f_s(u) = s \sum_j \nu_j\, (x_j^{T} u)_+$ for $u \in \mathbf{R}^d$ and $s = \pm 1$, ",
    True: r"Put $f_d(u) = \sum_j d_j\, \nu_j\, x_j^{T} u$ for $u \in \mathbf{R}^d$ and each gate $d$, ",
}
TERMS = {
    False: r"|\phi_i|\, f_{s_i}(\theta_i)",
    True: r"f_{d^{(i)}}(\phi_i\, \theta_i)",
}
CHAIN = (
    r"$J(\theta, \phi) &\ge \tfrac12 \|\hat y - y\|^2 + \lambda \sum_i \|\theta_i\|\, |\phi_i| \\ "
    r"&\ge \tfrac12 \|\hat y - y\|^2 + \sum_i {} \\ &= D(\nu) + \tfrac12 \|\hat y - y + \nu\|^2 \ge D(\nu).$"
)
SYSTEM = {
    False: r"$\nu + \sum_k \beta_k\, A_k^{T} A_k\, \nu = y, \quad \|A_k\, \nu\| = \lambda,$",
    True: r"$&\nu + \sum_k \beta_k\, A_k^{T} A_k\, \nu = y + X B c, \\ &\|A_k\, \nu\| = \lambda, "
    r"\quad B^{T} X^{T} \nu = 0,$",
}
SOURCES = (
    r"(The optimality conditions are those of the convex program of \cite{pilanci2020neural}, and the set of all "
    r"optimal networks is described in \cite{mishkin2023optimal}; here both are read off the network itself.)"
)


def argument(document: dict[str, Any], report: check.Report) -> list[Block]:
    """The steps."""
    optimum, claims = report.optimum, document["claims"]
    if optimum is None:
        return [CELLS + CHECKED.format(report.file)]
    steps = [_bound(optimum), _root(optimum), _directions(optimum), _equality(optimum)]
    steps += [_set(claims), CHECKED.format(report.file)]
    blocks: list[Block] = []
    for step in steps:
        blocks += [step] if isinstance(step, str) else step
    return blocks


def _bound(optimum: check.Optimum) -> list[Block]:
    """Every feasible nu is a lower bound, and when it is attained."""
    gated = optimum.problem.gated
    claim = r"$f_s(u) \le \lambda \|u\|$ for both $s$ and all $u$" + _within(optimum)
    first = "of sign $s_i$ (that of $\\phi_i$) "
    if gated:
        claim, first = r"$f_d(u) \le \lambda \|u\|$ for all gates $d$ and all $u$", ""
    begin = (
        rf"{FORMS[gated]}and $D(\nu) = y^{{T}} \nu - \tfrac12 \|\nu\|^2$. Suppose that {claim}. Then a network with "
        rf"neurons $(\theta_i, \phi_i)$ {first}and predictions $\hat y$ has"
    )
    return [SOURCES, begin, CHAIN.replace("{}", TERMS[gated]), _ends(gated)]


def _within(optimum: check.Optimum) -> str:
    """Where u lies, if not anywhere."""
    return "" if optimum.problem.listed is None else " in the cones of the given patterns"


def _ends(gated: bool) -> str:
    """When the chain of inequalities is one of equalities."""
    tight = r"$f_{d^{(i)}}(\phi_i\, \theta_i) = \lambda\, |\phi_i|\, \|\theta_i\|$"
    tight = tight if gated else r"$f_{s_i}(\theta_i) = \lambda \|\theta_i\|$"
    return (
        r"The first step is $\tfrac12 (a^2 + b^2) \ge a b$, the third is $\sum_i \ldots = \nu^{T} \hat y$. All are "
        rf"equalities if and only if $\|\theta_i\| = |\phi_i|$ for all $i$, {tight} wherever $\phi_i \neq 0$, and "
        r"$\hat y = y - \nu$."
    )


def _root(optimum: check.Optimum) -> list[Block]:
    """How nu is known, and that the conditions can be met."""
    pairs, heads = "pair" in optimum.roles, optimum.system.heads
    if not heads:
        return [r"Here $\nu = y$, and the network without neurons has $\hat y = 0 = y - \nu$."]
    where = (
        r"with $\beta_k > 0$. Here $A_k = P_k X^{T} D_k$, where $D_k$ selects the rows with $x_j^{T} u_k > 0$ and "
        r"$P_k$ is the orthogonal projection onto the $v$ with $x_j^{T} v = 0$ for all rows with $x_j^{T} u_k = 0$; "
        r"and $A_k\, \nu = s_k \lambda\, u_k$."
    )
    if optimum.problem.gated:
        where = r"with $\beta_k > 0$, where $A_k = X^{T} D_k$, $D_k$ the gate of $k$, and $A_k\, \nu = \lambda\, u_k$."
    sums = "the neurons of the lemma"
    if pairs:
        sums += (
            r", one for each pair $u_k, u_{k+1} = -u_k$, and $B$ is a basis of the space that the $P_k X^{T}$ of the "
            r"pairs span"
        )
    if "tie" in optimum.roles:
        sums += ", without some that this solution does not need"
    if optimum.point.exact:
        how = "The numbers are known exactly, and were put into the equations."
    else:
        how = (
            r"An interval Newton test \cite{moore1966interval} proves that the system has a root in a small box, and "
            r"all "
            "signs are those of the whole box."
        )
    return [
        r"The residual $\nu$ solves the system",
        SYSTEM[pairs],
        f"{where} The sum is over {sums}. {how} So some $\\gamma \\ge 0$ satisfies (3): {_meets(pairs)}",
    ]


def _meets(pairs: bool) -> str:
    """How the root gives weights."""
    if not pairs:
        return r"$\gamma_k = \lambda \beta_k$."
    return (
        r"$\gamma_k = \lambda \beta_k$ for neurons without an opposite one, and for each pair $\gamma_k + "
        r"\gamma_{k+1} = \lambda \beta_k$ with shares for which $\sum \gamma_{k+1} u_k s_k = B c$, found in the "
        r"interior of $0 < \gamma_{k+1} < \lambda \beta_k$."
    )


CELLS = (
    r"The cells were counted by deletion and restriction \cite{zaslavsky1975facing}, and as many different ones "
    "found. "
)


def _directions(optimum: check.Optimum) -> list[Block]:
    """All directions, cone by cone."""
    count = len(optimum.patterns)
    if optimum.problem.gated:
        return [
            rf"For each gate $d$, $f_d(u) = q^{{T}} u \le \|q\| \|u\|$ with $q = \sum_j d_j \nu_j x_j$. For the "
            rf"gates $d^{{(k)}}$ of the lemma $q = \lambda u_k$; for all others of the {count}, $\|q\| < \lambda$ "
            rf"was verified."
        ]
    tight = sum(
        any(n.sign == sign and n.holds(p) for n in optimum.neurons)
        for p in optimum.patterns
        for sign in (1, -1)
    )
    cones, source = f"the {counted(count, 'given pattern')} $d$", ""
    if optimum.problem.listed is None:
        cones, source = (
            f"the patterns $d$ of the {counted(count, 'cell')} of the hyperplanes $x_j^{{T}} u = 0$",
            CELLS,
        )
    text = (
        r"Every $u$ in question lies in a cone of all $u$ with $(2 d_j - 1)\, x_j^{T} u \ge 0$, $j = 1, \ldots, n$, "
        r"for "
        rf"one of {cones}. {source}On such a cone $f_s(u) \le q^{{T}} u \le \|q\| \|u\|$, for any multipliers "
        rf"$\rho_j \ge 0$, with"
    )
    rest = (
        rf"For all {2 * count} pairs of a pattern and a sign $s$, rational $\rho$ with $\|q\| < \lambda$ were found, "
        rf"and tested "
        "in integers."
    )
    if optimum.neurons:
        rest = (
            rf"Of the {2 * count} pairs of a pattern and a sign $s$, those whose cone holds a $u_k$ with $s_k = s$ "
            rf"are {tight}; there $q = \lambda u_k$ with suitable $\rho$ (zero on rows with $x_j^{{T}} u_k \neq 0$). "
            r"For all others rational $\rho$ with $\|q\| < \lambda$ were found, and tested in integers."
        )
    q = r"$q = s \sum_j d_j\, \nu_j\, x_j + \sum_j (2 d_j - 1)\, \rho_j\, x_j.$"
    return [text, q, rest, *_multipliers(optimum)]


def _multipliers(optimum: check.Optimum) -> list[Block]:
    """The multipliers around neurons on hyperplanes."""
    rows = []
    for k, neuron in enumerate(optimum.neurons):
        held = [p for p in optimum.patterns if neuron.holds(p)] if neuron.zero else []
        for local, rho in check.multipliers(optimum.problem, optimum.point, neuron, held):
            listed = [rf"$\rho_{{{j + 1}}} =$ {number(v)}" for j, v in (rho or {}).items()]
            rows.append([f"${k + 1}$", local, ", ".join(listed)])
    if not rows:
        return []
    text = (
        r"Around a $u_k$ that lies on hyperplanes these multipliers do, for each pattern that a cone has on the rows "
        r"with "
        "$x_j^{T} u_k = 0$, in their order; all other multipliers are 0."
    )
    return [text, *table(["$k$", "pattern", "multipliers"], rows, "found anew by each check")]


def _equality(optimum: check.Optimum) -> str:
    """What follows for networks."""
    if not optimum.neurons:
        return (
            r"So $f_s(u) < \lambda \|u\|$ for all $u \neq 0$, and the chain of inequalities ends in equalities if "
            r"and only if no neuron has $\phi_i \neq 0$, or $\theta_i \neq 0$."
        )
    form = "f_d" if optimum.problem.gated else "f_s"
    which = "of the gate $d^{(k)}$" if optimum.problem.gated else "with $s = s_k$"
    return (
        rf"So ${form}(u) \le \lambda \|u\|$, and since $q^{{T}} u = \|q\| \|u\|$ only along $q$, equality holds for "
        rf"$u \neq 0$ only along the $u_k$ {which}. Hence the chain of inequalities ends in equalities if and only "
        rf"if (1), (2) and "
        r"(3) hold; there is such a network; and $D(\nu)$ is the least value of $J$, attained by these networks "
        r"alone."
    )


def _set(claims: dict[str, Any]) -> list[Block]:
    """The polytope."""
    if "optimal_set" not in claims or not claims["optimal_set"]["used"]:
        return []
    claim = claims["optimal_set"]
    if not any(claim["used"]):
        return [r"By (3), $\lambda \sum_k \gamma_k = \nu^{T} (y - \nu) = 0$: so $\gamma = 0$."]
    used, rank = sum(claim["used"]), claim["rank"]
    unused = (
        ""
        if all(claim["used"])
        else (
            " The others have weight 0 in all: a vector $h$ was found that is orthogonal to the activations of the "
            "used neurons and has a positive product with the others, while $h^{T} (y - \\nu) = 0$."
        )
    )
    text = (
        rf"One solution $\gamma$ of (3) is positive on all of the {counted(used, 'used neuron')}, and the rank of "
        rf"their activations is {rank}: so the dimension is ${used} - {rank} = {claim['dimension']}$.{unused}"
    )
    if "vertices" in claims:
        text += (
            r" The polytope is bounded, since the product of $\nu$ with (3) fixes $\sum_k \gamma_k$. Its vertices "
            r"are its "
            "basic solutions; every basis was tried."
        )
    return [text]


CHECKED = (
    r"The computations were made in exact arithmetic by the checker of \cite{{polyrelu}}, one file of bare Python "
    "(check.py), which accepted a proof file with the SHA-256 {} (uncompressed)."
)
