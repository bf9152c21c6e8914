"""Down to zero: one proof for all lambda in (0, eps], and the limit.

In (g, b, c) the system of the last structure is regular at lambda = 0, too, and a chord from 0 to eps follows its root.
There nu = lambda W g + y_N. If y_N acts on nothing, y_N.(Xu)_+ = 0 for every u, everything divides by lambda: sides and
multipliers are forms of W g, and f(u) < ||u|| is asked of W g at both ends. Where it acts on something this structure
is not the last one.

At lambda = 0 the weights are those of a network of least sum ||w|| among all with the best fit: optimal networks of
lambda > 0 have the least lambda sum ||w|| + |residual|^2 / 2, and their limit fits as well as any network can. With a
ridge output bias e that is the least sum ||w|| + e^2 / 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flint import arb, fmpq

from polyrelu.breakpoints.algebra import TO_NAME, name_of
from polyrelu.breakpoints.zeros import tangent
from polyrelu.curves.blocks import acts_on_no_block
from polyrelu.curves.branch import BITS, Branch
from polyrelu.curves.chord import prove_chord
from polyrelu.curves.curve import ORDINARY, Curve, Piece
from polyrelu.curves.nodes import Node
from polyrelu.display import Reported
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.real import is_zero
from polyrelu.exact.recognise import recognise
from polyrelu.paths.at_zero import exact_end, exact_limit, is_regular
from polyrelu.paths.blown_up import BlownUp, BlownUpPiece, vanishing_at
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

    @property
    def has_ridge(self) -> bool:
        """Whether the least norm has the price of a ridge output bias in it."""
        return self.piece is not None and self.piece.curve.branch.program.free.ridge

    def norm(self, bits: int) -> arb | None:
        """The least sum ||w|| (and half the square of a ridge output bias), enclosed."""
        return None if self.piece is None else _least(self.piece, bits)

    @cached_property
    def exact(self) -> str | None:
        """The same as an algebraic number of low degree, verified; None where it is not recognised."""
        if self.piece is None:
            return None
        piece, branch = self.piece, self.piece.chord.branch
        if not branch.unknowns:
            return "0"

        try:
            alone = recognise(
                lambda bits: [_least(piece, bits, more=40)], TO_NAME.degree, max_bits=TO_NAME.lambda_bits
            )
        except Undecided:
            return None
        found = None if alone is None else exact_limit(branch, piece.chord, TO_NAME)
        if alone is None or found is None:
            return None
        gone = branch.vanishing if isinstance(branch, BlownUp) else frozenset()
        kept = [w for k, w in enumerate(found.b) if k not in gone]
        bias = sum(found.eta, start=fmpq(0)) if branch.program.free.ridge else fmpq(0)
        norm, polynomial = sum(kept, start=bias * bias / 2), alone[0].polynomial
        value = sum((int(k) * norm**i for i, k in enumerate(polynomial.coeffs())), start=norm * 0)
        return name_of(polynomial, norm.ball(200)) if is_zero(value) else None


def _least(piece: Piece, bits: int, more: int = 0) -> arb:
    """The sum of the weights at lambda = 0, with the price of a ridge output bias."""
    branch, x = piece.curve.branch, piece.root_at(fmpq(0), bits)
    with precision(bits + more):
        g, b, _ = branch.parts(x)
        bias = (branch.data.r * g)[0, 0] if branch.size else arb(0)
        return sum(b, start=bias * bias / 2)


def down_to_zero(curve: Curve, node: Node) -> Limit:
    """The limit, if this structure is proved for all smaller lambda."""
    branch = curve.branch
    with precision(BITS):
        idle = acts_on_nothing if branch.program.listed is None else acts_on_no_block
        if not idle(branch.program, branch.y_rest):
            return Limit(None, _acting(branch))
        plain = _limit(Curve(branch, curve.faces, curve.further, idle=curve.idle, scaled=True), node)
        blown = None if plain.piece or curve.further else _blown_up(branch, node)
        if blown is None:
            return plain
        found = _limit(Curve(blown, curve.faces, idle=curve.idle, scaled=True), node)
    if found.piece is None:
        return plain
    piece = found.piece
    return Limit(BlownUpPiece(curve, piece.chord, piece.low, piece.high, piece.shares))


def _acting(branch: Branch) -> str:
    """Why this is not known to be the last structure. Blocks of a list may have cones that keep out of reach what y_N
    acts on.
    """
    program = branch.program
    follows = "follows" if program.listed is None or program.gated else "may follow"
    return f"the residual still acts on some direction: another structure {follows}"


def _blown_up(branch: Branch, node: Node) -> BlownUp | None:
    """The system with the weights that seem to vanish with lambda divided by it."""
    dx = tangent(branch, node.point, arb(node.lam))
    V = None if dx is None else vanishing_at(branch, node.point, dx, arb(node.lam))
    return BlownUp.of(branch, V) if V else None


def _limit(curve: Curve, node: Node) -> Limit:
    """One chord down to 0, all divided by lambda."""
    branch, top = curve.branch, node.point
    if isinstance(branch, BlownUp):
        found = branch.newton(branch.started(top, arb(node.lam)), node.lam)
        if found is None:
            return Limit(None, "the system is singular at lambda = 0")
        top = found
    start = branch.newton(top, fmpq(0))
    if start is None:
        return Limit(None, "the system is singular at lambda = 0")
    chord = prove_chord(branch, fmpq(0), node.lam, start, top)
    if chord is None:
        return Limit(None, "the root could not be followed to lambda = 0")
    end = ORDINARY if is_regular(curve, chord) else exact_end(curve, chord)
    if end is None:
        return Limit(None, "some functions seem to vanish at lambda = 0, which exact algebra does not show")
    nodes = (Node.scaled(branch, start), Node.scaled(branch, top))
    found_piece = curve.prove_on(chord, nodes, chord.scaled_drift, end)
    return Limit(found_piece) if isinstance(found_piece, Piece) else Limit(None, found_piece.reason)
