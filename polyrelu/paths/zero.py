"""Down to zero: one proof for all lambda in (0, eps], and the limit.

In (g, b, c) the system of the last structure is regular at lambda = 0, too, and a chord from 0 to eps follows its root.
There nu = lambda W g + y_N. If y_N acts on nothing, y_N.(Xu)_+ = 0 for every u, everything divides by lambda: sides and
multipliers are forms of W g, and f(u) < ||u|| is asked of W g at both ends. Where it acts on something this structure
is not the last one.

At lambda = 0 the weights are those of a network of least sum ||w|| among all with the best fit: optimal networks of
lambda > 0 have the least lambda sum ||w|| + |residual|^2 / 2, and their limit fits as well as any network can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, fmpq

from polyrelu.display import Reported
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import squared, times
from polyrelu.exact.number_field import verify_root
from polyrelu.exact.real import is_zero
from polyrelu.exact.recognise import recognise
from polyrelu.paths.algebra import TO_NAME, name_of
from polyrelu.paths.blocks import acts_on_no_block
from polyrelu.paths.branch import BITS, Balls
from polyrelu.paths.chord import prove_chord
from polyrelu.paths.curve import Curve, Piece
from polyrelu.paths.nodes import Node
from polyrelu.proof.lambda_max import acts_on_nothing


@dataclass(frozen=True, eq=False, repr=False)
class Limit(Reported):
    """The limit of the optimal networks as lambda falls to 0; `piece` is None where it is undecided."""

    piece: Piece | None
    reason: str | None = None

    @property
    def status(self) -> str:
        """Whether the limit is known: "proved" or "undecided"."""
        return "undecided" if self.piece is None else "proved"

    @property
    def neurons(self) -> int | None:
        """Number of neurons, for all lambda in (0, eps]."""
        return None if self.piece is None else len(self.piece.curve.tight)

    @property
    def eps(self) -> fmpq | None:
        """The structure is the same on (0, eps)."""
        return None if self.piece is None else self.piece.chord.high

    def norm(self, bits: int) -> arb | None:
        """The least sum ||w||, enclosed."""
        if self.piece is None:
            return None
        x = self.piece.root_at(fmpq(0), bits)
        with precision(bits):
            _, b, _ = self.piece.curve.branch.parts(x)
            return sum(b, start=arb(0))

    @cached_property
    def exact(self) -> str | None:
        """The least sum ||w|| as an algebraic number of low degree, verified; None where it is not recognised."""
        if self.piece is None:
            return None
        branch, piece = self.piece.curve.branch, self.piece
        if not branch.unknowns:
            return "0"

        def values_at(bits: int) -> Balls:
            x = piece.root_at(fmpq(0), bits)
            with precision(bits + 40):
                return [sum(branch.parts(x)[1], start=arb(0)), *x]

        try:
            alone = recognise(lambda bits: values_at(bits)[:1], TO_NAME.degree, max_bits=TO_NAME.lambda_bits)
            found = (
                None if alone is None else recognise(values_at, TO_NAME.field, max_bits=TO_NAME.field_bits)
            )
        except Undecided:
            return None
        if alone is None or found is None or not _is_root(piece, found[1][1:]):
            return None
        polynomial, K = alone[0].polynomial, slice(1 + branch.size, 1 + branch.size + branch.K)
        norm = sum(found[1][K], start=found[1][0] * 0)
        value = sum((int(k) * norm**i for i, k in enumerate(polynomial.coeffs())), start=norm * 0)
        return name_of(polynomial, norm.ball(200)) if is_zero(value) else None


def _is_root(piece: Piece, x: Sequence[Any]) -> bool:
    """Whether exact numbers solve the system at lambda = 0, and lie where it has one root only."""
    branch = piece.curve.branch
    a, _, E, y = branch.exact
    p, K = branch.size, branch.K

    def equations(v: Sequence[Any]) -> list[Any]:
        g, b, c = v[:p], v[p : p + K], v[p + K :]
        fit = [-t for t in y.entries()]
        norms = []
        for matrix, weight in zip(a, b, strict=True):
            z = times(matrix, g)
            fit = [s + weight * t for s, t in zip(fit, times(matrix.transpose(), z), strict=True)]
            norms.append(squared(z) - 1)
        if not branch.r:
            return [*fit, *norms]
        return [*(s - t for s, t in zip(fit, times(E, c), strict=True)), *norms, *times(E.transpose(), g)]

    return verify_root(equations, x, piece.chord.root_low)


def down_to_zero(curve: Curve, node: Node) -> Limit:
    """The limit, if this structure is proved for all smaller lambda."""
    branch = curve.branch
    with precision(BITS):
        idle = acts_on_nothing if branch.program.listed is None else acts_on_no_block
        if not idle(branch.program, branch.y_rest):
            return Limit(None, "the residual still acts on some direction: another structure follows")
        start = branch.newton(node.point, fmpq(0))
        if start is None:
            return Limit(None, "the system is singular at lambda = 0")
        chord = prove_chord(branch, fmpq(0), node.lam, start, node.point)
        if chord is None:
            return Limit(None, "the root could not be followed to lambda = 0")
        nodes = (Node.scaled(branch, start), Node.scaled(branch, node.point))
        found = curve.prove_on(chord, nodes, chord.scaled_drift)
    return Limit(found) if isinstance(found, Piece) else Limit(None, found.reason)
