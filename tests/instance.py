"""A whole problem, as arguments of `certify`, and the changes of it whose effect on the answer is known exactly.

Every `Change` carries the changed problem and what becomes of the answer: each new residual is factor * old + shift,
and so is the objective; the counts and verdicts in `KEPT` stay what they are. The theorems, with nu the residual:

    (X, lambda) -> t         nu and the objective stay          (w -> w / t)
    (y, lambda) -> t         nu -> t nu, objective -> t^2       (w -> t w)
    y -> -y                  nu -> -nu                          (s -> -s; in a gated program w -> -w)
    X -> X R, R orthogonal   nu and the objective stay          (w -> R^T w)
    rows permuted            nu is permuted with them
    a row of zeros           its target is its residual, and costs half its square
    a column of zeros        nothing: no weight is put on it
    a row (x, t) split in    rows a_i (x, t) + (0, e_i) with |a| = 1 and a.e = 0: for every fit f of the row
                             sum_i (a_i f - a_i t - e_i)^2 = (f - t)^2 + |e|^2, so nu_i = a_i nu + e_i
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from polyrelu.certification import certify

DIGITS = 50
Row = list[Fraction]
Affine = tuple[Fraction, Fraction]
"""factor and shift"""
SAME: Affine = (Fraction(1), Fraction(0))

KEPT = (
    "tight_blocks",
    "support_blocks",
    "neurons",
    "rank",
    "antipodal_pairs",
    "convex_unique",
    "p_unique",
    "function_unique",
    "dimension",
    "block_dimension",
    "vertices",
    "widths",
)
"""Keys of the JSON object that no change touches."""


class Instance(NamedTuple):
    """Exact data with a penalty, and the options that choose the program."""

    X: list[Row]
    y: Row
    lam: Fraction
    options: dict[str, Any]

    def certify(self) -> Any:
        return certify(self.X, self.y, self.lam, **self.options)

    def at(self, lam: Fraction) -> Instance:
        return self._replace(lam=lam)

    def with_rows(self, sources: list[int], X: list[Row], y: Row) -> Instance:
        """New rows, each active where its source is; a source of -1 is a row of zeros, active nowhere."""
        options = dict(self.options)
        if isinstance(options.get("patterns"), list):
            options["patterns"] = [[(*pattern, 0)[j] for j in sources] for pattern in options["patterns"]]
        return Instance(X, y, self.lam, options)


class Change(NamedTuple):
    """The changed problem; for each of its residuals the old one that it comes from, and the affine map."""

    problem: Instance
    residual: list[tuple[int, Affine]]
    objective: Affine = SAME


def _keeping(p: Instance, problem: Instance, factor: Fraction = Fraction(1)) -> Change:
    residual = [(j, (factor, Fraction(0))) for j in range(len(p.y))]
    return Change(problem, residual, (factor**2, Fraction(0)))


def features_scaled(p: Instance, t: Fraction) -> Change:
    return _keeping(p, p._replace(X=[[t * v for v in row] for row in p.X], lam=t * p.lam))


def targets_scaled(p: Instance, t: Fraction) -> Change:
    return _keeping(p, p._replace(y=[t * v for v in p.y], lam=t * p.lam), t)


def targets_negated(p: Instance) -> Change:
    return _keeping(p, p._replace(y=[-v for v in p.y]), Fraction(-1))


def columns_permuted(p: Instance, order: list[int]) -> Change:
    return _keeping(p, p._replace(X=[[row[k] for k in order] for row in p.X]))


def columns_negated(p: Instance, signs: list[int]) -> Change:
    return _keeping(p, p._replace(X=[[s * v for s, v in zip(signs, row, strict=True)] for row in p.X]))


def rotated(p: Instance, i: int, k: int, cosine: Fraction, sine: Fraction) -> Change:
    """A rational rotation of columns i and k: cosine^2 + sine^2 = 1."""
    X = [list(row) for row in p.X]
    for row in X:
        row[i], row[k] = cosine * row[i] - sine * row[k], sine * row[i] + cosine * row[k]
    return _keeping(p, p._replace(X=X))


def with_a_zero_column(p: Instance, at: int) -> Change:
    return _keeping(p, p._replace(X=[[*row[:at], Fraction(0), *row[at:]] for row in p.X]))


def rows_permuted(p: Instance, order: list[int]) -> Change:
    problem = p.with_rows(order, [p.X[j] for j in order], [p.y[j] for j in order])
    return Change(problem, [(j, SAME) for j in order])


def with_a_zero_row(p: Instance, target: Fraction) -> Change:
    n, zero = len(p.y), [Fraction(0)] * len(p.X[0])
    problem = p.with_rows([*range(n), -1], [*p.X, zero], [*p.y, target])
    return Change(
        problem, [*((j, SAME) for j in range(n)), (0, (Fraction(0), target))], (Fraction(1), target**2 / 2)
    )


def row_split(p: Instance, j: int, a: Row, e: Row) -> Change:
    """Row j replaced by several multiples of it, with targets that disagree by e."""
    n = len(p.y)
    sources = [*range(j), *[j] * len(a), *range(j + 1, n)]
    X = [*p.X[:j], *([v * w for w in p.X[j]] for v in a), *p.X[j + 1 :]]
    y = [*p.y[:j], *(v * p.y[j] + s for v, s in zip(a, e, strict=True)), *p.y[j + 1 :]]
    maps = [*[SAME] * j, *zip(a, e, strict=True), *[SAME] * (n - 1 - j)]
    cost = sum((v * v for v in e), start=Fraction(0)) / 2
    return Change(p.with_rows(sources, X, y), list(zip(sources, maps, strict=True)), (Fraction(1), cost))


# ------------------------------------------------------------------ what a change must not change

Interval = tuple[Fraction, Fraction]


def check_change(before: Any, change: Change) -> None:
    """The counts and verdicts are kept, and the enclosures of residual and objective go where they must.

    Where either problem is undecided there is nothing to compare: `Undecided` is raised.
    """
    after = change.problem.certify()
    for result in (before, after):
        result.proved()
    old, new = before.to_json(), after.to_json()
    assert {key: new[key] for key in KEPT} == {key: old[key] for key in KEPT}
    nu, moved = residual(before), residual(after)
    expected = [image(nu[source], affine) for source, affine in change.residual]
    assert all(meet(a, b) for a, b in zip(expected, moved, strict=True))
    assert meet(image(objective(before), change.objective), objective(after))


def residual(result: Any) -> list[Interval]:
    return [interval(bounds) for bounds in result.residual(DIGITS)]


def objective(result: Any) -> Interval:
    return interval(result.objective(DIGITS))


def interval(bounds: tuple[str, str]) -> Interval:
    """The enclosure as it is printed; narrow, so that to meet says something."""
    low, high = map(Fraction, bounds)
    assert high - low <= Fraction(1, 10 ** (DIGITS - 10)) * (1 + abs(low))
    return low, high


def image(value: Interval, affine: Affine) -> Interval:
    factor, shift = affine
    low, high = sorted(factor * end + shift for end in value)
    return low, high


def meet(a: Interval, b: Interval) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]
