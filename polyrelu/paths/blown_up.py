"""The system of a branch for small lambda where some weights vanish with lambda: b_k = lambda beta_k for k in V.

At lambda = 0 the other neurons see a part of g only, and the system in (g, b, c) is singular: the weights of V say what
the rest of g is, and are 0 there. Let D have independent columns that span all a_k^T (k not in V) and W^T X B; the
equations of the fit on its complement read lambda (W^T W g + sum_V beta_k a_k^T a_k g) = 0, if W^T y lies in the span.
Divided by lambda they say W^T W g + sum_V beta_k a_k^T a_k g = D h for some h, and the whole system becomes

    D^T ( lambda D h + sum_(k not in V) b_k a_k^T a_k g - W^T X B c - W^T y ) = 0,
    W^T W g + sum_V beta_k a_k^T a_k g - D h = 0,
    ( |a_k g|^2 - 1 ) / 2 = 0,    - (W^T X B)^T g = 0

in (g, b or beta, c, h). It is quadratic, holds lambda once, and has for lambda > 0 the same roots; where it is regular
at lambda = 0, one chord proves the structure on all of (0, eps], as for any other branch. So beta_k > 0 is asked of V.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.curve import Piece
from polyrelu.exact.enclosure import absolute, ball_column
from polyrelu.exact.linear import independent_rows, solve, squared, times, transposed


@dataclass(frozen=True, eq=False)
class BlownUp(Branch):
    """A branch with weights that vanish with lambda, by their places in its list of neurons."""

    vanishing: frozenset[int] = frozenset()

    @staticmethod
    def of(branch: Branch, vanishing: frozenset[int]) -> BlownUp | None:
        """The same neurons; None where W^T y is not in the span of D, or there is nothing to divide."""
        found = BlownUp(
            branch.program,
            branch.neurons,
            branch.paired,
            symmetry=branch.symmetry,
            vanishing=vanishing,
        )
        y = branch.exact[3].entries()
        whole = found.D.ncols() == branch.size or branch.program.free.ridge
        if whole or any(branch.paired[k] for k in vanishing) or solve(found.D.tolist(), y) is None:
            return None
        return found

    @cached_property
    def D(self) -> fmpq_mat:
        """Columns: what the neurons outside V and the exchanges reach, over g."""
        a, _, E, _ = self.exact
        rows = [row for k, m in enumerate(a) if k not in self.vanishing for row in m.tolist()]
        rows += E.transpose().tolist() if self.r else []
        chosen = [rows[i] for i in independent_rows(rows)] if rows else []
        return fmpq_mat(chosen).transpose() if chosen else fmpq_mat(self.size, 0)

    @property
    def span(self) -> arb_mat:
        """The same in balls."""
        return arb_mat(self.D)

    @cached_property
    def unknowns(self) -> int:
        """Length of (g, b or beta, c, h)."""
        return int(self.size + self.K + self.r + self.D.ncols())

    def parts(self, x: Sequence[arb]) -> tuple[arb_mat, Balls, Balls]:
        """g as a column, b or beta, and c."""
        p, K = self.size, self.K
        return ball_column(x[:p]), list(x[p : p + K]), list(x[p + K : p + K + self.r])

    def split(self, x: Sequence[arb]) -> tuple[Balls, Balls, arb_mat]:
        """b with 0 on V, beta with 0 outside, and h."""
        _, weights, _ = self.parts(x)
        kept = [arb(0) if k in self.vanishing else w for k, w in enumerate(weights)]
        blown = [w if k in self.vanishing else arb(0) for k, w in enumerate(weights)]
        return kept, blown, ball_column(x[self.size + self.K + self.r :])

    def equations(self, x: Sequence[arb], lam: arb) -> Balls:
        """The blown-up system."""
        at, D, (g, _, c), (b, beta, h) = self.data, self.span, self.parts(x), self.split(x)
        fit = D * h * lam + self.combined(b, at.flat) * g - at.y
        fit = fit - at.E * ball_column(c) if self.r else fit
        rest = at.gram * g + self.combined(beta, at.flat) * g - D * h
        norms = [(v - 1) / 2 for v in self._inner(g, g)]
        exchange = (-(at.E.transpose() * g)).entries() if self.r else []
        return [*(D.transpose() * fit).entries(), *rest.entries(), *norms, *exchange]

    def _inner(self, u: arb_mat, v: arb_mat) -> Balls:
        """All (a_k u).(a_k v)."""
        return [(u.transpose() * (ball_column(row)))[0, 0] for row in self.turned(self.data.squares, v)]

    def jacobian(self, x: Sequence[arb], lam: arb) -> arb_mat:
        """Its derivative by (g, b or beta, c, h)."""
        return self._linear(x, lam, arb(1))

    def slope(self, dx: Sequence[arb], dlam: arb) -> arb_mat:
        """How the Jacobian changes along (dx, dlam)."""
        return self._linear(dx, dlam, arb(0))

    def _linear(
        self, x: Sequence[arb], lam: arb, one: arb, bounds: tuple[arb_mat, arb_mat, arb_mat] | None = None
    ) -> arb_mat:
        """The part of the Jacobian that is linear in (x, lambda), and `one` times the constant part."""
        at, (g, _, _), (b, beta, _) = self.data, self.parts(x), self.split(x)
        stack, flat, D = bounds or (at.squares, at.flat, self.span)
        borders, p, q, r = self.turned(stack, g), self.size, self.D.ncols(), self.r
        kept = [[arb(0)] * p if k in self.vanishing else v for k, v in enumerate(borders)]
        blown = [v if k in self.vanishing else [arb(0)] * p for k, v in enumerate(borders)]
        fit = _beside(self.combined(b, flat), _columns(kept, p), at.E * (-one) if r else None, D * lam)
        fit = D.transpose() * fit
        rest = _beside(
            at.gram * one + self.combined(beta, flat),
            _columns(blown, p),
            arb_mat(p, r) if r else None,
            D * (-one),
        )
        zeros = [arb(0)] * (self.K + r + q)
        rows = [*fit.tolist(), *rest.tolist(), *([*border, *zeros] for border in borders)]
        rows += [[*(-v * one for v in column), *zeros] for column in at.E.transpose().tolist()] if r else []
        return arb_mat(rows)

    def bend(self, dx: Sequence[arb], dlam: arb) -> arb_mat:
        """The quadratic part at (dx, dlam)."""
        at, D, (g, _, _), (b, beta, h) = self.data, self.span, self.parts(dx), self.split(dx)
        fit = D.transpose() * (D * h * dlam + self.combined(b, at.flat) * g)
        rest = self.combined(beta, at.flat) * g
        norms = [v / 2 for v in self._inner(g, g)]
        return ball_column([*fit.entries(), *rest.entries(), *norms, *([arb(0)] * self.r)])

    def by_lambda(self, x: Sequence[arb]) -> arb_mat:
        """(D^T D h, 0, 0, 0)."""
        D, (_, _, h) = self.span, self.split(x)
        rest = [arb(0)] * (self.size + self.K + self.r)
        return ball_column([*(D.transpose() * D * h).entries(), *rest])

    def spread_by_lambda(self, r: Sequence[arb]) -> arb_mat:
        """Bounds of how much this differs within r."""
        D, (_, _, h) = absolute(self.span), self.split(r)
        rest = [arb(0)] * (self.size + self.K + self.r)
        return ball_column([*(D.transpose() * D * h).entries(), *rest])

    def variation(self, r: Sequence[arb]) -> arb_mat:
        """A bound of |J(x) - J(x')| for |x - x'| <= r."""
        at = self.data
        return self._linear(r, arb(0), arb(0), (at.sizes, at.flat_sizes, absolute(self.span)))

    def started(self, x: Sequence[arb], lam: arb) -> Balls:
        """From the unknowns of the ordinary system at lambda > 0; no claim."""
        p, K = self.size, self.K
        weights = [w / lam if k in self.vanishing else w for k, w in enumerate(x[p : p + K])]
        found = [*x[:p], *weights, *x[p + K : p + K + self.r]]
        (g, _, _), D = self.parts(found), self.span
        beta = [w if k in self.vanishing else arb(0) for k, w in enumerate(weights)]
        reach = self.data.gram * g + self.combined(beta, self.data.flat) * g
        h = (D.transpose() * D).solve(D.transpose() * reach).entries() if self.D.ncols() else []
        return [*found, *h]

    def ordinary(self, x: Sequence[arb], lam: arb) -> Balls:
        """The unknowns (g, b, c) of the ordinary system."""
        p, K = self.size, self.K
        weights = [w * lam if k in self.vanishing else w for k, w in enumerate(x[p : p + K])]
        return [*x[:p], *weights, *x[p + K : p + K + self.r]]

    def completed(self, g: Sequence[Any], b: Sequence[Any], c: Sequence[Any]) -> list[Any] | None:
        """The exact unknowns at lambda = 0, with h."""
        reach = times(self.exact[1], g)
        for k in self.vanishing:
            a = self.exact[0][k]
            reach = [s + b[k] * t for s, t in zip(reach, times(a.transpose(), times(a, g)), strict=True)]
        h = solve(self.D.tolist(), reach)
        return None if h is None else [*g, *b, *c, *h]

    def limit_equations(self, v: Sequence[Any]) -> list[Any]:
        """The system at lambda = 0, exactly."""
        a, gram, E, y = self.exact
        p, K = self.size, self.K
        g, b, c, h = v[:p], v[p : p + K], v[p + K : p + K + self.r], v[p + K + self.r :]
        fit, norms = [-t for t in y.entries()], list[Any]()
        rest = [s - t for s, t in zip(times(gram, g), times(self.D, h), strict=True)]
        for k, (matrix, weight) in enumerate(zip(a, b, strict=True)):
            z = times(matrix, g)
            own = [weight * t for t in times(matrix.transpose(), z)]
            if k in self.vanishing:
                rest = [s + t for s, t in zip(rest, own, strict=True)]
            else:
                fit = [s + t for s, t in zip(fit, own, strict=True)]
            norms.append(squared(z) - 1)
        if self.r:
            fit = [s - t for s, t in zip(fit, times(E, c), strict=True)]
            norms += times(E.transpose(), g)
        return [*times(self.D.transpose(), fit), *rest, *norms]


def vanishing_at(branch: Branch, x: Sequence[arb], dx: Sequence[arb], lam: arb) -> frozenset[int]:
    """Weights that seem to be proportional to lambda, by the tangent."""
    (_, b, _), (_, db, _) = branch.parts(x), branch.parts(dx)
    return frozenset(
        k for k, (w, dw) in enumerate(zip(b, db, strict=True)) if abs(w - dw * lam) * FEW < abs(w)
    )


FEW = 64


@dataclass(frozen=True, eq=False)
class BlownUpPiece(Piece):
    """A piece down to 0 whose chord is that of a blown-up system; its points are told in the ordinary unknowns."""

    def root_at(self, lam: fmpq, bits: int) -> Balls:
        """The root at one lambda of the piece, to so many bits."""
        branch = self.chord.branch
        assert isinstance(branch, BlownUp)
        return branch.ordinary(super().root_at(lam, bits), arb(lam))

    def near(self, lam: fmpq) -> Balls:
        """A point near it."""
        branch = self.chord.branch
        assert isinstance(branch, BlownUp)
        return branch.ordinary(super().near(lam), arb(lam))


def _columns(vectors: Sequence[Balls], p: int) -> arb_mat | None:
    return arb_mat(transposed(vectors)) if vectors and p else None


def _beside(*blocks: arb_mat | None) -> arb_mat:
    tables = [block.tolist() for block in blocks if block is not None and block.ncols()]
    return arb_mat([[v for row in rows for v in row] for rows in zip(*tables, strict=True)])
