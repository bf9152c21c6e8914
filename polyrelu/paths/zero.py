"""Down to zero: one proof for all lambda in (0, eps], and the limit.

In (g, b, c) the system of the last structure is regular at lambda = 0, too, and a chord from 0 to eps follows its root.
There nu = lambda W g + y_N. If y_N acts on nothing, y_N.(Xu)_+ = 0 for every u, everything divides by lambda: sides and
multipliers are forms of W g, and f(u) < ||u|| is asked of W g at both ends. Where it acts on something this structure
is not the last one.

At lambda = 0 the weights are those of a network of least sum ||w|| among all with the best fit: optimal networks of
lambda > 0 have the least lambda sum ||w|| + |residual|^2 / 2, and their limit fits as well as any network can.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, fmpq

from polyrelu.display import Reported
from polyrelu.exact.enclosure import precision
from polyrelu.paths.blocks import acts_on_no_block
from polyrelu.paths.branch import BITS
from polyrelu.paths.chord import prove_chord
from polyrelu.paths.curve import Curve, Piece
from polyrelu.paths.directions import Node
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
        """The structure is the same on (0, eps]."""
        return None if self.piece is None else self.piece.chord.high

    def norm(self, bits: int) -> arb | None:
        """The least sum ||w||, enclosed."""
        if self.piece is None:
            return None
        x = self.piece.root_at(fmpq(0), bits)
        with precision(bits):
            _, b, _ = self.piece.curve.branch.parts(x)
            return sum(b, start=arb(0))


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
        found = curve.prove_on(chord, nodes, chord.spread(chord.r[: branch.size]))
    return Limit(found) if isinstance(found, Piece) else Limit(None, found.reason)
