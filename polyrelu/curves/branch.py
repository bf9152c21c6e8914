"""The root of a structure as a curve in lambda.

With eta = nu / lambda and the convex weights b_k = lambda beta_k the square system of `proof.structure` reads

    F(x, lambda) = ( lambda W^T W g + sum_k b_k a_k^T a_k g - W^T X B c - W^T y,
                     ( |a_k g|^2 - 1 ) / 2,   - (W^T X B)^T g ) = 0,         x = (g, b, c),  eta = W g + y_N / lambda,

which is quadratic in (x, lambda), holds lambda once, and stays regular as lambda falls to 0. Its Jacobian in x is
affine along a chord. The system is always deflated: on the complement of W the residual is y_N, and eta moves like
1 / lambda^2 there, which no bound on steps would survive. The basis W is exact, and nearly orthonormal, so that
enclosures of g are nearly enclosures of eta.

A ridge output bias e = r.W g adds r e to the fit (see `space`), and the constant matrix (W^T r)(W^T r)^T to the corner:
like a neuron whose weight is 1 for every lambda.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from polyrelu.curves.condition import antipode
from polyrelu.curves.fixed import Fixed, exchange_free, with_one
from polyrelu.curves.rough import Rough
from polyrelu.curves.rounded import Rounded
from polyrelu.curves.space import Space
from polyrelu.exact.enclosure import absolute, ball_column, precision
from polyrelu.exact.krawczyk import approximate_inverse
from polyrelu.proof.neuron import Neuron

Balls = list[arb]

BITS = 160
"""Working precision along a branch; breakpoints are refined beyond it."""
NEWTON_STEPS = 40
ROUGH = 96
"""Precision of matrices that are only near an inverse."""
FAST = arb(2) ** -14
"""A step that is shorter by this factor was a good one: the same inverse serves the next."""


@dataclass(frozen=True, eq=False)
class Branch(Space):
    """A structure whose root is followed along lambda; the penalty of its program plays no part."""

    def seen_by(self, neuron: Neuron) -> arb_mat:
        """A W for a neuron, one of its own or another."""
        own = next((i for i, k in enumerate(self.neurons) if k.place == neuron.place), None)
        if own is None or self.program.offset:
            return arb_mat(neuron.A) * self.data.W
        return self.data.a[own]

    def like(self, units: Iterable[tuple[Neuron, bool]]) -> Branch:
        """Other neurons, single or paired, in the same program with the same symmetry.

        A neuron whose orbit holds its antipode is single: the orbit has one weight, and nothing to exchange.
        """
        given = [(k, pair and antipode(k.place) not in self.orbit(k.place)) for k, pair in units]
        return Branch(
            self.program, tuple(k for k, _ in given), tuple(pair for _, pair in given), symmetry=self.symmetry
        )

    def only(self, kept: Sequence[int]) -> Branch:
        """Some of its neurons alone."""
        neurons, paired = tuple(self.neurons[k] for k in kept), tuple(self.paired[k] for k in kept)
        return Branch(self.program, neurons, paired, symmetry=self.symmetry)

    def __getstate__(self) -> dict[str, object]:
        """For pickling: caches do not travel."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_finer", "rough")}

    @cached_property
    def in_balls(self) -> Rounded:
        """The data at `BITS`."""
        with precision(BITS):
            return self._round()

    @property
    def data(self) -> Rounded:
        """The data at the precision that is current."""
        return self.in_balls if ctx.prec <= BITS else self._finer(ctx.prec)

    @cached_property
    def _finer(self) -> Callable[[int], Rounded]:
        return lru_cache(maxsize=4)(lambda _: self._round())

    def _round(self) -> Rounded:
        return Rounded.of(self.exact, self.W, self.y_rest, (self.program.Xq, fmpq_mat([self.ridge_over_g])))

    def combined(self, weights: Sequence[arb], flat: arb_mat) -> arb_mat:
        """sum_k weight_k a_k^T a_k, or of their bounds."""
        if not weights:
            return arb_mat(self.size, self.size)
        return arb_mat(self.size, self.size, (flat * ball_column(weights)).entries())

    @cached_property
    def rough(self) -> Rough:
        """The data in floats, for guesses."""
        at = self.in_balls
        return Rough.of(at.gram, at.squares, at.E, at.y, at.r)

    @cached_property
    def fixed(self) -> Fixed:
        """Forms whose values along the whole branch are known."""
        return Fixed.of(self, self.W, with_one(exchange_free(self, self.W)))

    def parts(self, x: Sequence[arb]) -> tuple[arb_mat, Balls, Balls]:
        """g as a column, b and c."""
        p, K = self.size, self.K
        return ball_column(x[:p]), list(x[p : p + K]), list(x[p + K :])

    def equations(self, x: Sequence[arb], lam: arb) -> Balls:
        """F."""
        at, (g, b, c) = self.data, self.parts(x)
        fit, norms, weighted = (
            self.unweighted(lam) * g - at.y - at.E * ball_column(c),
            list[arb](),
            list[arb](),
        )
        z = iter((at.A * g).entries())
        for a, weight in zip(at.a, b, strict=True):
            own = list(islice(z, a.nrows()))
            weighted += [v * weight for v in own]
            norms.append((sum((v * v for v in own), start=arb(0)) - 1) / 2)
        if weighted:
            fit = fit + at.A.transpose() * ball_column(weighted)
        return [*fit.entries(), *norms, *(-(at.E.transpose() * g)).entries()]

    def jacobian(self, x: Sequence[arb], lam: arb) -> arb_mat:
        """dF/dx, symmetric."""
        return self.bordered(x, self.unweighted(lam), self.data.E)

    def unweighted(self, lam: arb) -> arb_mat:
        """lambda W^T W, with what a ridge adds: the corner without the neurons."""
        return self.data.gram * lam + self.data.r.transpose() * self.data.r

    def slope(self, dx: Sequence[arb], dlam: arb) -> arb_mat:
        """How the Jacobian changes along (dx, dlam): it is affine."""
        at = self.data
        return self.bordered(dx, at.gram * dlam, at.E * arb(0))

    def variation(self, r: Sequence[arb]) -> arb_mat:
        """A bound of |J(x) - J(xh)| for |x - xh| <= r, entry by entry."""
        at = self.data
        nothing = arb_mat(self.size, self.size)
        return self.bordered(r, nothing, at.E * arb(0), (at.sizes, at.flat_sizes))

    def bordered(
        self,
        x: Sequence[arb],
        corner: arb_mat,
        E: arb_mat,
        squares: tuple[arb_mat, arb_mat] | None = None,
    ) -> arb_mat:
        """[[corner + sum b_k a_k^T a_k, (a_k^T a_k g), -E], [., 0, 0], [., 0, 0]]; or with bounds of a_k^T a_k."""
        at, (g, b, _) = self.data, self.parts(x)
        stack, flat = squares or (at.squares, at.flat)
        corner = corner + self.combined(b, flat)
        borders = self.turned(stack, g)
        borders += [[-E[i, k] for i in range(self.size)] for k in range(self.r)]
        rows = [[*row, *(border[i] for border in borders)] for i, row in enumerate(corner.tolist())]
        zeros = [arb(0)] * len(borders)
        return arb_mat(rows + [[*border, *zeros] for border in borders]) if rows else arb_mat(0, 0)

    def directed(self, k: int, g: arb_mat) -> arb_mat:
        """N_k W g as a vector of R^d: what pairs exchange has no part along a free hidden bias."""
        return arb_mat([*(self.data.a[k] * g).tolist(), *([[arb(0)]] * self.program.offset)])

    def turned(self, squares: arb_mat, g: arb_mat) -> list[Balls]:
        """All a_k^T a_k g."""
        p, found = self.size, (squares * g).entries()
        return [found[k * p : (k + 1) * p] for k in range(self.K)]

    def bend(self, dx: Sequence[arb], dlam: arb) -> arb_mat:
        """The quadratic part of F at (dx, dlam)."""
        at, (g, b, _) = self.data, self.parts(dx)
        fit = (at.gram * dlam + self.combined(b, at.flat)) * g
        rows = self.turned(at.squares, g)
        norms = (arb_mat(rows) * g / 2).entries() if rows and self.size else []
        return ball_column([*fit.entries(), *norms, *([arb(0)] * self.r)])

    def by_lambda(self, x: Sequence[arb]) -> arb_mat:
        """dF/dlambda = (W^T W g, 0, 0)."""
        g, _, _ = self.parts(x)
        return ball_column([*(self.data.gram * g).entries(), *([arb(0)] * (self.K + self.r))])

    def spread_by_lambda(self, r: Sequence[arb]) -> arb_mat:
        """Bounds of how much this differs within r."""
        loose = absolute(self.data.gram) * ball_column(r[: self.size])
        return ball_column([*loose.entries(), *([arb(0)] * (self.K + self.r))])

    def seen_at(self, x: Sequence[arb]) -> arb_mat:
        """W g, what the neurons see of nu / lambda."""
        return self.data.W * self.parts(x)[0]

    def residual_at(self, x: Sequence[arb], lam: arb) -> arb_mat:
        """nu = lambda W g + y_N."""
        g, _, _ = self.parts(x)
        return self.data.W * g * lam + self.data.rest

    def newton(self, x: Sequence[arb], lam: fmpq) -> Balls | None:
        """A point near the root at lambda, by Newton's iteration; no claim."""
        point = [v.mid() for v in x]
        if not point:
            return []
        inverse: arb_mat | None = None
        size = arb(1)
        with precision(BITS):
            for k in range(NEWTON_STEPS):
                if inverse is None:
                    inverse = approximate_inverse(self.jacobian(point, arb(lam)), ROUGH)
                if inverse is None:
                    return None
                step = [s.mid() for s in (inverse * ball_column(self.equations(point, arb(lam)))).entries()]
                point = [(v - s).mid() for v, s in zip(point, step, strict=True)]
                before, size = size, max(abs(s) for s in step)
                if not size.is_finite() or (k and size > before * 4 and size > 1):
                    return None
                if size < arb(2) ** (30 - BITS) * max(arb(1), *(abs(v) for v in point)):
                    return point
                if size > before * FAST:
                    inverse = None
        return None
