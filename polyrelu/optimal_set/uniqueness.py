"""Three notions of uniqueness, each proved or refuted with evidence (lambda > 0).

* *convex-unique*: the convex program has one solution. Holds iff the signed activations over S are independent and each
  neuron of S is held by one present block.
* *p-unique*: one network up to permutation and splitting. Holds iff the signed activations over S are independent.
* *function-unique*: all optimal networks are the same function on R^d (with a bias column, of all d inputs, the bias
  among them). Holds iff the nullity is q - r: the dependences are linear exchanges and nothing else.

With a free hidden bias kinks can move: then function-unique means what `families` says, and p-unique asks for one
weight and one mean bias of every kink.

With free columns, ranks of activations are modulo these and those of directions modulo free linear functions. If some
combination of free functions is zero on all rows, nothing is unique: its multiples are free.

A gated network is a function only once its gates are vectors g, and the program knows their patterns on the data alone.
If the weights are unique the function is, whatever the gates. If delta > 0 two optimal networks differ for every choice
of gates, since the functions 1[g.x >= 0] v.x of gates on different hyperplanes are independent. Between the two, a
linear exchange keeps the function iff complementary gates are exactly g and -g, which the data does not say: UNDECIDED.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flint import arb, arb_mat

from polyrelu.display import Shown
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.minors import nonzero_minor
from polyrelu.limits import MAX_VERTICES
from polyrelu.optimal_set.block_set import BlockSet
from polyrelu.optimal_set.families import moving_kinks, used_families
from polyrelu.optimal_set.moves import Freedom, Move, moved
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.optimal_set.neuron_set import NeuronSet
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.point import BITS
from polyrelu.verdict import Status, Verdict

__all__ = ["Freedom", "Minor", "Move", "Status", "Uniqueness", "Verdict"]


@dataclass(frozen=True, eq=False)
class Minor:
    """Rows of X and neurons of S whose matrix of signed activations has a determinant that is not zero.

    `bits` is the precision at which the ball around the determinant excludes zero. `pairs` and `pair_rank` are the
    numbers q and r of the linear phase that account for the neurons beyond the minor: |S| - size = q - r.
    """

    rows: tuple[int, ...]
    neurons: tuple[int, ...]
    determinant: arb
    bits: int
    pairs: int
    pair_rank: int


@dataclass(frozen=True, eq=False, repr=False)
class Uniqueness(Shown):
    """The three verdicts on a set of optimal networks, at its two levels."""

    neurons: NeuronSet
    blocks: BlockSet

    @classmethod
    def of(cls, optimum: Optimum) -> Uniqueness:
        """The verdicts on a proved optimum."""
        neurons = NeuronSet(NeuronPolytope(optimum), MAX_VERTICES)
        return cls(neurons, BlockSet(neurons, MAX_VERTICES))

    @property
    def optimum(self) -> Optimum:
        """The proved optimum."""
        return self.neurons.polytope.optimum

    @property
    def scope(self) -> str:
        """Among which networks: a part of every verdict."""
        return self.optimum.program.scope

    @cached_property
    def convex_unique(self) -> Verdict:
        """Has the convex program one solution?"""
        question, shared = "convex-unique", self._shared_neuron
        if self._redundant:
            return Verdict.refuted(question, self._redundant, None, self.scope)
        if shared is not None:
            count = self.blocks.multiplicities[shared]
            reason = f"neuron {shared + 1} lies in the cones of {count} blocks, which may share its weight"
            return Verdict.refuted(question, reason, self._split(shared), self.scope)
        if self.optimum.nullity:
            return Verdict.refuted(question, self.p_unique.reason, self.p_unique.evidence, self.scope)
        reason = "the block activations are linearly independent"
        return Verdict.proved(question, reason, self._minor, self.scope)

    @cached_property
    def p_unique(self) -> Verdict:
        """Is there one optimal network up to permutation and splitting?"""
        question, nullity = "p-unique", self.optimum.nullity
        if self._redundant:
            return Verdict.refuted(question, self._redundant, None, self.scope)
        if nullity == 0:
            reason = "the signed activations of the neurons are linearly independent"
            if any(len(family.members) > 1 for family in used_families(self.optimum)):
                reason += ": one weight and one mean bias for each kink that can move"
            return Verdict.proved(question, reason, self._minor, self.scope)
        reason = f"weight can move in {nullity} independent direction{'s' * (nullity > 1)} at no cost"
        return Verdict.refuted(question, reason, self._move, self.scope)

    @cached_property
    def function_unique(self) -> Verdict:
        """Are all optimal networks the same function?"""
        question, optimum = "function-unique", self.optimum
        if self._redundant:
            agree = "; where it is zero all optimal networks agree"
            same = (
                optimum.delta == 0 and not moving_kinks(optimum) and len(optimum.program.free.vanishing) == 1
            )
            return Verdict.refuted(question, self._redundant + agree * same, None, self.scope)
        moving = moving_kinks(optimum)
        if moving:
            return Verdict.refuted(question, moving, None, self.scope)
        if optimum.delta > 0:
            reason = f"{optimum.delta} of the {optimum.nullity} directions change the function off the data"
            return Verdict.refuted(question, reason, self._move, self.scope)
        if optimum.nullity == 0:
            return Verdict.proved(question, "the network itself is unique", self._minor, self.scope)
        if optimum.program.gated:
            reason = (
                "optimal networks differ by exchanges between complementary gates, which keep the function "
                "iff these gates are exactly g and -g; their patterns on the data do not say so"
            )
            return Verdict.undecided(question, reason, self.scope)
        reason = (
            "weight only moves between neurons u and -u, by linear exchanges, which cancel at every input"
        )
        return Verdict.proved(question, reason, self._minor, self.scope)

    @property
    def _redundant(self) -> str:
        """Why free coefficients are not unique whatever the neurons; nothing where they are."""
        free = self.optimum.program.free
        if not free.vanishing:
            return ""
        combination = " + ".join(
            f"{v} {name}" for v, name in zip(free.vanishing[0], free.names, strict=True) if v != 0
        )
        return f"the free function {combination} is zero on all rows, so that any multiple of it may be added"

    @cached_property
    def _move(self) -> Move | None:
        """Two optimal networks; None where they are not found, which the proved nullity does not wait for."""
        try:
            return moved(self.neurons.polytope)
        except (LimitReached, Undecided):
            return None

    @property
    def _shared_neuron(self) -> int | None:
        return next((k for k, m in enumerate(self.blocks.multiplicities) if m > 1), None)

    def _split(self, shared: int) -> Move | None:
        """One network with the shared neuron's weight on the one and on another of its blocks; None if not found."""
        neurons, blocks = self.neurons, self.blocks
        if self.optimum.program.offset:
            return None
        try:
            base = neurons.interior_point() if neurons.dimension else neurons.minimal_network()
        except (LimitReached, Undecided):
            return None
        chosen = [
            next(b for b, block in enumerate(blocks.blocks) if block.neuron == k)
            for k in range(len(neurons.neurons))
        ]
        first = blocks.placed(base, chosen)
        chosen[shared] += 1  # the blocks of one neuron follow each other
        return Move(Freedom.SPLIT, first, blocks.placed(base, chosen))

    @cached_property
    def _minor(self) -> Minor | None:
        """A nonzero minor of the size of the rank; None if none is seen in balls (the rank is proved all the same)."""
        neurons, support = self.neurons.neurons, self.optimum.support
        for bits in BITS:
            nu = self.optimum.point.balls(bits).nu
            with precision(bits):
                table = [[arb(v) for v in neuron.column(nu)] for neuron in neurons]
                chosen, rows = nonzero_minor(arb_mat(table)) if table else ([], [])
                if len(rows) < support.rank:
                    continue
                minor = arb_mat([[table[k][j] for j in sorted(rows)] for k in sorted(chosen)])
                det = minor.det() if rows else arb(1)
            if det > 0 or det < 0:
                q, r = len(support.pairs), support.pair_rank
                return Minor(tuple(sorted(rows)), tuple(sorted(chosen)), det, bits, q, r)
        return None
