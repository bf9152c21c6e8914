"""What is constant between two breakpoints, said of the proved pieces there.

The activations of a regular system are independent (one for each single or pair, and a basis of exchanges), so their
rank is the number of its weights and exchanges, and all dependences are linear exchanges: delta = 0, one function. With
free columns ranks are modulo these, and it is one function if free functions of x make up for what is exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, compress
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve, Piece
from polyrelu.curves.own_weights import pairs_of
from polyrelu.exact.minors import nonzero_minor
from polyrelu.paths.ranks import rank_of_all, reached
from polyrelu.proof.free_columns import FreeColumns
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.program import Program
from polyrelu.proof.ranks import free_dimension, modulo_forms


@dataclass(frozen=True, eq=False)
class Interval:
    """A maximal open interval between consecutive breakpoints, covered by proved pieces (the highest first)."""

    pieces: tuple[Piece, ...]
    above: Breakpoint | None
    """The breakpoint at its upper end, if it is one."""
    below: Breakpoint | None

    @property
    def curve(self) -> Curve:
        """The structure, in the form of the lowest piece."""
        return self.pieces[-1].curve

    @property
    def low(self) -> arb:
        """The lower end, enclosed."""
        return self.below.lam if self.below is not None else arb(self.pieces[-1].chord.low)

    @property
    def high(self) -> arb:
        """The upper end, enclosed."""
        return self.above.lam if self.above is not None else arb(self.pieces[0].chord.high)

    @property
    def places(self) -> tuple[Place, ...]:
        """The neurons, all of them tight and used."""
        return self.curve.tight

    @property
    def count(self) -> int:
        """Number of neurons, in the sense of `certify`."""
        return len(self.places)

    @cached_property
    def neurons(self) -> list[Neuron]:
        """The same with their matrices."""
        return [self.curve.faces.neuron(place) for place in self.places]

    @cached_property
    def rank(self) -> int:
        """Rank of the signed activations."""
        branch = self.curve.branch
        if branch.symmetry is None or len(self.places) == branch.K:
            return branch.K + branch.r
        pairs = self._of_pairs
        exchanges = len(pairs) - Branch(branch.program, (), (), exchanging=tuple(pairs)).r  # at least so many
        return rank_of_all(self.neurons, self.pieces, len(self.places) - max(0, exchanges))

    @property
    def _of_pairs(self) -> list[Neuron]:
        """One neuron of each exact pair."""
        return [
            self.curve.faces.neuron(u)
            for u in (*_written_pairs(self.curve), *(u for u, _ in self.exact_pairs))
        ]

    @property
    def exact_pairs(self) -> list[tuple[Place, Place]]:
        """Pairs of neurons with exactly opposite directions that are not written as pairs."""
        return self._opposite if is_symmetric(self.curve.branch.program) else self._exact

    @property
    def nullity(self) -> int:
        """Dimension of the set of optimal networks."""
        return len(self.places) - self.rank

    @cached_property
    def pairs(self) -> int | None:
        """Number of antipodal pairs; None where directions of opposite faces are neither told apart nor exact."""
        exact = self.exact_pairs
        if any(not _apart(self.pieces[-1], pair) for pair in self._opposite if pair not in exact):
            return None
        return len(_written_pairs(self.curve)) + len(exact)

    @property
    def _opposite(self) -> list[tuple[Place, Place]]:
        return _opposite_singles(self.curve)

    @cached_property
    def _exact(self) -> list[tuple[Place, Place]]:
        return _exact_among_singles(self.pieces[-1])

    @property
    def p_unique(self) -> bool:
        """Whether the network is unique, its coefficients of free columns included."""
        return self.nullity == 0 and not self._free.vanishing

    @property
    def _free(self) -> FreeColumns:
        return self.curve.branch.program.free

    @cached_property
    def convex_unique(self) -> bool:
        """Whether the convex program has one solution: no neuron lies in the cones of two blocks, besides."""
        return self.p_unique and all(neuron.multiplicity == 1 for neuron in self.neurons)

    @property
    def function_unique(self) -> bool | None:
        """Whether all optimal networks are one function: all dependences are linear exchanges; None where it is open.

        That is nullity = q - r for the q exact pairs, r the rank of their directions. The faces bound r from above and
        a minor of enclosed directions from below; pairs of which it is not known whether they are exact leave it open.
        """
        if self._free.vanishing:  # a multiple of what is 0 on all rows is free
            return False
        if self.nullity == 0:
            return True
        if self.curve.branch.program.gated:
            return None  # what a gate does off the rows is not known
        if not self.curve.further and self.curve.branch.symmetry is None:
            return self._exchanges_cancel
        exact = self.exact_pairs
        pairs = self._of_pairs
        U = Branch(self.curve.branch.program, (), (), exchanging=tuple(pairs)).U
        most = U.ncols() - free_dimension(U, self.curve.branch.program)
        if self.nullity == len(pairs) - most:
            return True
        decided = len(exact) == len(self._opposite) and not self._opposed
        return False if decided and self._span(pairs, most) else None

    @property
    def _opposed(self) -> bool:
        """Whether opposite neurons of a list have opposed signs: these exchange weight as well (see `Support`)."""
        listed, places = self.curve.branch.program.listed is not None, combinations(self.places, 2)
        return listed and any(p.is_opposite(q, opposed=True) for p, q in places)

    @property
    def _exchanges_cancel(self) -> bool | None:
        """Whether what pairs exchange is made up for by free functions of x, and not by other columns on the rows."""
        branch = self.curve.branch
        if branch.U.ncols() - free_dimension(branch.U, branch.program) == branch.r:
            return True
        return False if self._span(list(compress(branch.neurons, branch.paired)), branch.r + 1) else None

    def _span(self, neurons: Sequence[Neuron], least: int) -> bool:
        """Whether some directions have at least this rank, modulo free functions of x, for every lambda."""
        program = self.curve.branch.program
        unit = [[fmpq(int(i == j)) for j in range(program.d)] for i in range(program.d)]
        modulo = fmpq_mat([modulo_forms(program, row) for row in unit])
        return reached([modulo * neuron.A for neuron in neurons], self.pieces, least)

    @cached_property
    def affine(self) -> bool:
        """Whether residual and weights are affine in lambda: all A_k have rank 1, which fixes the directions, or the
        activations live in orthogonal spaces on which each Q_k is a multiple of the identity. (A ridge output bias is
        not affine, if it is not 0 throughout.)
        """
        if self._free.ridge and not self.pieces[0].chord.implied.is_zero(self._free.r):
            return False
        return all(A.rank() <= 1 for A in self._seen) or self._orthogonal

    @cached_property
    def _seen(self) -> list[fmpq_mat]:
        """The A_k as far as they act on residuals."""
        return [self._free.onto_complement(neuron.A.transpose()).transpose() for neuron in self.neurons]

    @cached_property
    def _orthogonal(self) -> bool:
        squares = [A.transpose() * A for A in self._seen]
        for k, Q in enumerate(squares):
            if any(v != 0 for other in squares[:k] for v in (Q * other).entries()):
                return False
            diagonal = next((Q[i, i] for i in range(Q.nrows()) if Q[i, i] != 0), fmpq(1))
            top = next((i for i in range(Q.nrows()) if Q[i, i] != 0), 0)
            if Q * ((Q * Q)[top, top] / diagonal) != Q * Q:
                return False
        return True

    def holds(self, lam: fmpq) -> bool:
        """Whether a proved piece holds a lambda."""
        return self.piece_at(lam) is not None

    def piece_at(self, lam: fmpq) -> Piece | None:
        """The piece that holds a lambda strictly between the breakpoints."""
        inside = arb(lam) > self.low if self.below else lam >= self.pieces[-1].chord.low
        if not (inside and (arb(lam) < self.high if self.above else lam <= self.pieces[0].chord.high)):
            return None
        return next((p for p in self.pieces if p.chord.low <= lam <= p.chord.high), None)


def is_symmetric(program: Program) -> bool:
    """Whether rows, targets and free columns stay what they are when x is replaced by -x, or all features are free.

    Then so does the optimal residual, which is unique, and X^T nu = 0: opposite faces have opposite directions. So do
    complementary gates, and a list of patterns has to stay what it is, too.
    """
    if program.is_mirrored:
        return True
    free = [tuple(row) for row in program.free.B.tolist()] if program.free.kept else [()] * program.n
    rows, waiting = list(zip(program.X, program.y, free, strict=True)), dict[Any, list[int]]()
    for i, row in enumerate(rows):
        waiting.setdefault(row, []).append(i)
    nonzero, sigma = [i for i, (x, _, _) in enumerate(rows) if any(x)], list[int]()
    for x, y, b in (rows[i] for i in nonzero):
        images = waiting.get((tuple(-v for v in x), y, b))
        if not images:
            return False
        sigma.append(images.pop())
    if program.listed is None:
        return True
    present = {tuple(D[nonzero].tolist()) for D in program.listed}
    return present == {tuple(D[sigma].tolist()) for D in program.listed}


def _written_pairs(curve: Curve) -> set[Place]:
    """The first places of the pairs of a branch; a unit of gates may be none."""
    return set() if curve.branch.program.gated else pairs_of(curve)


def _opposite_singles(curve: Curve) -> list[tuple[Place, Place]]:
    """Tight places of one sign on opposite faces, or of complementary gates, that are not a pair of the branch."""
    pairs = _written_pairs(curve)
    singles = [p for p in curve.tight if not {p, antipode(p)} & pairs]
    return [(p, q) for p, q in combinations(singles, 2) if p.is_opposite(q)]


def _exact_among_singles(piece: Piece) -> list[tuple[Place, Place]]:
    """Opposite singles whose directions are exactly opposite.

    On a line they are. Else v_k.X^T nu = 0 for v_k = A_k nu - A_-k nu (see `phase`), and where these span U (modulo the
    vectors v with X v in the span of the free columns), all are. Or the equations imply it of one pair by itself.
    """
    faces, implied = piece.curve.faces, piece.chord.implied
    found = _opposite_singles(piece.curve)
    wide = [(u, v) for u, v in found if faces.neuron(u).dimension > 1 or u.gate is not None]
    if wide and not _span_everything(piece, found):
        sums = {pair: faces.neuron(pair[0]).A + faces.neuron(pair[1]).A for pair in wide}
        found = [p for p in found if p not in sums or all(map(implied.is_zero, sums[p].tolist()))]
    return found


def _apart(piece: Piece, pair: tuple[Place, Place]) -> bool:
    """Whether two neurons of one sign on opposite faces are not opposite at an end of a piece: |A nu| is the same."""
    a, b = map(piece.curve.faces.neuron, pair)
    ends = (piece.curve.branch.residual_at(x, lam) for x, lam in piece.chord.feet)
    return any(not v.contains(0) for nu in ends for v in (arb_mat(a.A + b.A) * nu).entries())


def _span_everything(piece: Piece, pairs: Sequence[tuple[Place, Place]]) -> bool:
    curve, chord = piece.curve, piece.chord
    nu = curve.branch.residual_at(chord.root_high, arb(chord.high))
    rows: list[list[arb]] = []
    for u, v in pairs:
        a, b = curve.faces.neuron(u), curve.faces.neuron(v)
        rows.append((arb_mat(a.A - b.A) * nu).entries())
    concerned = Branch(
        curve.branch.program, (), (), exchanging=tuple(curve.faces.neuron(u) for u, _ in pairs)
    )
    moves = arb_mat(concerned.onto) * arb_mat(rows).transpose()
    return len(nonzero_minor(moves)[0]) >= concerned.r
