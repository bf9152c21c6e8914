"""Caps with a free hidden bias: majorants w.u that do not depend on the bias, since one row makes up for it.

A direction is v = (u, b), and z_i = x_i.u + b. With slopes t in [0, 1] for rows that bend down, 1 or 0 on fixed sides,
and m_j >= 0 for fixed ones, s sum t_i nu_i z_i + lambda sum m_j sigma_j z_j is a majorant. Let r be one more row, its
*anchor*, and kappa z_r be added, kappa = - (s sum t_i nu_i + lambda sum m_j sigma_j): then nothing is left of b, and

    w = s sum t_i nu_i (x_i - x_r) + lambda sum m_j sigma_j (x_j - x_r) .

It is a majorant still if kappa sigma_r >= 0 where r is fixed. Where it bends down, C is the sum of nu over all rows
that are equal to r (each has the slope t_r), and s C (z_r)_+ <= (s t_r C + kappa) z_r asks for
s C <= s t_r C + kappa <= 0. Of a neuron on the hyperplane of r that is not there yet, w is N nu. Where all rows
are active w = s X^T nu, without an anchor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from polyrelu.curves.cap import ONE, Cap
from polyrelu.curves.chord import Chord
from polyrelu.curves.positive import bowed
from polyrelu.curves.rows import Rows
from polyrelu.guess import bounded_least_squares
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

Floats = NDArray[np.float64]

NEAR = 1e-9
LINES = 16
"""Looked at for each cap, at most."""
STIFF, MOST = 64.0, 1e3
"""How much the bias counts in the guess, in units of the largest row, and a bound of pushes."""


def at_infinity(n: int) -> list[Cap]:
    """Where all rows are active."""
    return [Cap(Place(s, (1,) * n), (ONE,) * n, (0,) * n) for s in (1, -1)]


def makes_up(cap: Cap, chord: Chord, ends: list[list[arb]], bow: list[arb]) -> bool:
    """Whether kappa has the right sign on the whole chord.

    Everything is linear in (nu, lambda), and told as in `positive.bowed`: at both ends, and how far it bows between.
    Lambda itself does not bow.
    """
    r, s, face = cap.anchor, cap.place.sign, cap.place.face
    if r is None:
        return True
    residuals, lams = (*ends, bow), (arb(chord.low), arb(chord.high), arb(0))

    def along(factors: dict[int, int]) -> list[arb]:
        return [sum((nu[i] * v for i, v in factors.items()), start=arb(0)) for nu in residuals]

    sloping = along({i: t * s for i, t in enumerate(cap.slopes) if t})
    pushed = sum(m * side for m, side in zip(cap.pushes, face, strict=True))
    kappa = [-(v + lam * pushed) / ONE for v, lam in zip(sloping, lams, strict=True)]
    if face[r]:
        return bowed(*(v * face[r] for v in kappa))
    X, t = chord.branch.program.X, arb(cap.slopes[r]) / ONE
    C = along({i: s for i, x in enumerate(X) if x == X[r]})
    slope = [v + c * t for v, c in zip(kappa, C, strict=True)]
    return bowed(*(-v for v in slope)) and bowed(*(v - c for v, c in zip(slope, C, strict=True)))


@dataclass(frozen=True, eq=False)
class AnchoredView:
    """A residual and a lambda in floats: guesses of caps, which `makes_up` and the other proofs then decide."""

    X: Floats
    stiff: Floats
    """The rows moved to the middle; their last column, the bias, counts much."""
    lam: float
    line: NDArray[np.int64]
    """Equal rows are one line; of each its `first` row, and C, the sum of nu over its rows."""
    first: NDArray[np.int64]
    C: Floats

    @staticmethod
    def of(program: Program, rows: Rows, nu: Floats, lam: float) -> AnchoredView:
        """For all rows."""
        line, X = np.array(rows.line), program.X_float
        first = np.unique(line, return_index=True)[1]
        moved = X[:, :-1] - np.array([float(v) for v in program.shift.centre])
        size = STIFF * (float(np.abs(moved).max(initial=0.0)) or 1.0)
        C = np.zeros(len(first))
        np.add.at(C, line, nu)
        return AnchoredView(X, np.column_stack([moved, np.full(len(X), size)]), lam, line, first, C)

    def cap(self, s: int, v: Floats) -> Cap | None:
        """The shortest w for the sides of a direction, as far as floats tell; None where no row makes up for b."""
        z, C, rows = self.X[self.first] @ v, s * self.C, self.stiff[self.first]
        above = np.where(z >= 0, 1, -1)
        near = [int(k) for k in np.argsort(np.abs(z), kind="stable")[:LINES] if abs(C[k]) > NEAR * self.lam]
        columns = [rows[k] * above[k] * (-C[k] if C[k] < 0 else self.lam) for k in near]
        start = (rows[above > 0] * C[above > 0, None]).sum(axis=0)
        if not columns:
            return None
        upper = np.array([1.0 if C[k] < 0 else MOST for k in near])
        found = dict(zip(near, bounded_least_squares(np.array(columns).T, -start, upper), strict=True))
        rooms = {k: min(t, 1.0 - t) * -C[k] if C[k] < 0 else t * self.lam for k, t in found.items()}
        anchor = max(rooms, key=rooms.__getitem__)
        return self._made(s, above, found, anchor) if rooms[anchor] > 0 else None

    def _made(self, s: int, above: NDArray[np.int64], found: dict[int, float], anchor: int) -> Cap:
        """Slopes moved by t away from those of the sides, and pushes; the anchor makes up for what is left."""
        n, line = len(self.line), self.line
        face, slopes, pushes = above[line], np.where(above[line] > 0, ONE, 0), np.zeros(n, dtype=np.int64)
        for k, t in found.items():
            bends_down = s * self.C[k] < 0
            if bends_down and (k == anchor or t * ONE >= 1):
                on = 0 if k == anchor else int((1.0 - t if above[k] > 0 else t) * ONE)
                slopes, face = np.where(line == k, on, slopes), np.where(line == k, 0, face)
            elif not bends_down and k != anchor:
                pushes[self.first[k]] = int(t * ONE)
        place = Place(s, tuple(face.tolist()))
        return Cap(place, tuple(slopes.tolist()), tuple(pushes.tolist()), int(self.first[anchor]))
