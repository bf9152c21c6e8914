"""The coefficients of free columns, and how they move: with lambda, with the targets, and with the table.

Let B c + sum b_k Q_k eta = y - nu be the fit of one network, and R = (B^T B)^-1 B^T. So the coefficients are
c = R (y - nu - sum b_k Q_k eta), which moves as the right side does; Q_k eta = A_k^T a_k g. By the table all is in
`moved_data`, since a skip connection moves with it. Coefficients belong to one network: where pairs exchange weight,
each network has its own.

A ridge output bias e = 1.nu / lambda comes last. Its part of the fit is taken off, as those of the neurons, before R
reads the rest. It is unique whatever pairs exchange.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, arb_mat

from polyrelu.curves.branch import Balls, Branch
from polyrelu.exact.enclosure import identity

RIDGE = "ridge output bias"


@dataclass(frozen=True, eq=False)
class Coefficient:
    """A coefficient of a free function with its derivatives."""

    name: str
    value: arb
    by_lambda: arb
    by_target: Balls | None
    by_feature: arb_mat | None = None
    """n rows and d columns."""


def coefficients_at(
    branch: Branch,
    x: Balls,
    lam: arb,
    moving: tuple[Balls, arb_mat, arb_mat],
    moved: tuple[arb_mat, arb_mat] | None,
) -> tuple[Coefficient, ...]:
    """Those of the network whose weights are the unknowns; none where the free columns depend on each other.

    `moving` are x' by lambda, g and b by the targets below each other, and nu by the targets; `moved` are the
    coefficients and nu by the table.
    """
    free = branch.program.free
    bias = [_ridge_bias(branch, x, lam, moving, moved)] if free.ridge else []
    if not free.kept or free.vanishing or any(branch.paired):
        return tuple(bias)
    n, p, (dx, by_y, nu_by_y), (g, b, _) = branch.program.n, branch.size, moving, branch.parts(x)
    (dg, db, _), R = branch.parts(dx), arb_mat(free.inverse)
    y = arb_mat(n, 1, [arb(v) for v in branch.program.yq])
    rest = y - branch.residual_at(x, lam)
    slope = -(branch.data.W * (g + dg * lam))
    turned = identity(n) - nu_by_y
    for e in bias:
        r = arb_mat(n, 1, [arb(1)] * n)
        rest, slope, turned = rest - r * e.value, slope - r * e.by_lambda, turned - r * arb_mat([e.by_target])
    for k, neuron in enumerate(branch.neurons):
        A, a = arb_mat(neuron.N).transpose(), branch.data.a[k]
        activation = A * (a * g)
        rest -= activation * b[k]
        slope -= activation * db[k] + A * (a * dg) * b[k]
        weight = arb_mat([[by_y[p + k, j] for j in range(n)]])
        over_g = arb_mat([[by_y[i, j] for j in range(n)] for i in range(p)])
        turned -= activation * weight + A * (a * over_g) * b[k]
    values, slopes, by_target = (R * rest).entries(), (R * slope).entries(), (R * turned).tolist()
    tables: list[arb_mat | None] = [None] * len(values)
    if moved is not None:
        tables = [arb_mat(n, branch.program.d, row) for row in moved[0].tolist()]
    found = zip(free.kept, values, slopes, by_target, tables, strict=True)
    return (*(Coefficient(free.names[j], *rest) for j, *rest in found), *bias)


def _ridge_bias(
    branch: Branch,
    x: Balls,
    lam: arb,
    moving: tuple[Balls, arb_mat, arb_mat],
    moved: tuple[arb_mat, arb_mat] | None,
) -> Coefficient:
    """e = 1.nu / lambda = r.W g."""
    n, d, (dx, _, nu_by_y), r = branch.program.n, branch.program.d, moving, branch.data.r
    value, slope = ((r * branch.parts(v)[0])[0, 0] for v in (x, dx))
    ones = arb_mat(1, n, [arb(1)] * n)
    table = None if moved is None else arb_mat(n, d, (ones * moved[1] * (1 / lam)).entries())
    return Coefficient(RIDGE, value, slope, (ones * nu_by_y * (1 / lam)).entries(), table)
