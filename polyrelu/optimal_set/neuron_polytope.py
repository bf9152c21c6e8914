"""The weights of all optimal networks as a boxed polytope, in every arithmetic in which its optimum is known.

With used neurons S and betas (the convex weight of neuron k is w_k = beta_k lambda u_k):

* *General*: { beta >= 0 : sum beta_k Q_k nu = y - nu }; its rows are thinned to `rank` independent ones, which is
  enough since the equations have a solution. Where all dependences are rational, so are the columns.
* *Linear phase* (E is what the structure explains): a single has one weight in all optimal networks, a pair {u, -u}
  shares mu_k, and the only variables are the parts x_k of the -u_k: { 0 <= x_k <= mu_k, sum x_k z_k = B c }, with
  dim U rows (with free columns: modulo what these take, T sum x_k z_k = T B c, see `proof.fibre`).

Activations, ranks and fits are modulo the free columns throughout.

The arithmetics are Q where the optimum is rational, else balls of growing precision, and last an exact field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any, NamedTuple, TypeVar

from flint import arb, arb_mat, fmpq

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import independent_rows, times
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.real import Imprecise
from polyrelu.optimal_set.boxed import FREE, LOWER, BasicSolution, Boxed, Sides, Vertex
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.point import BITS
from polyrelu.proof.ranks import Dependences, rational_dependences

T = TypeVar("T")
GUARD_BITS = 32
MAX_BITS = 20_000


class Reading(NamedTuple):
    """beta of one neuron: variable `x` itself, or `x`'s complement in weight `mu`, or (no variable) the weight `mu`."""

    x: int | None
    mu: int | None = None

    def value(self, x: Sequence[Any], weights: Sequence[Any]) -> Any:
        """beta, given the variables and the weights of the structure."""
        if self.mu is None:
            return x[self.x or 0]
        return weights[self.mu] if self.x is None else weights[self.mu] - x[self.x]


@dataclass(frozen=True, eq=False)
class NeuronPolytope:
    """{ beta >= 0 over S : sum beta_k Q_k nu = y - nu }."""

    optimum: Optimum

    @cached_property
    def neurons(self) -> tuple[Neuron, ...]:
        """The used neurons S."""
        return tuple(self.optimum.used)

    @property
    def dimension(self) -> int:
        """Nullity of the signed activations over S."""
        return self.optimum.nullity

    @cached_property
    def is_fibre(self) -> bool:
        """Whether the structure explains all tight neurons by exchanges, so that the linear-phase form applies."""
        paired = self.optimum.point.structure.paired
        explained = len(self.optimum.neurons) == len(paired) + sum(paired)
        return explained and not self.optimum.program.offset and self.optimum.delta == 0

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """How to read the beta of each neuron of S off the variables."""
        if not self.is_fibre:
            return tuple(Reading(k, None) for k in range(len(self.neurons)))
        found: list[Reading] = []
        pairs = 0
        for k, paired in enumerate(self.optimum.point.structure.paired):
            if paired:
                found += [Reading(pairs, k), Reading(pairs, None)]
                pairs += 1
            else:
                found.append(Reading(None, k))
        return tuple(found)

    def settle(self, question: Callable[[Boxed], T], claim: str) -> T:
        """The answer in the first arithmetic that can decide all its comparisons."""
        return self.settle_at(lambda system, _: question(system), claim)

    def settle_at(self, question: Callable[[Boxed, Coordinates], T], claim: str) -> T:
        """The same for a question that also needs the optimum's coordinates, in the arithmetic of the system."""
        try:
            return self.settle_quickly(question)
        except Imprecise:
            if self.optimum.point.exact is None:
                raise Undecided(
                    f"{claim}: a comparison is open at {BITS[-1]} bits, which points to an equality "
                    "(two bounds met at once), and no exact field was found for the optimum"
                ) from None
        return self.settle_exactly(question)

    def settle_exactly(self, question: Callable[[Boxed, Coordinates], T]) -> T:
        """The answer over the exact field of the optimum."""
        return question(self.exact, self._exact_coordinates())

    def settle_quickly(self, question: Callable[[Boxed, Coordinates], T]) -> T:
        """The answer over Q or in balls; `Imprecise` where only another exact field can tell."""
        if self.is_rational:
            return self.settle_exactly(question)
        for bits in BITS[:-1]:
            try:
                return self._ask(question, bits)
            except Imprecise:
                continue
        return self._ask(question, BITS[-1])

    def _ask(self, question: Callable[[Boxed, Coordinates], T], bits: int) -> T:
        system, at = self.enclosed(bits), self.optimum.point.balls(bits)
        with precision(bits + GUARD_BITS):
            return question(system, _as_balls(at))

    def enclose(self, question: Callable[[Boxed, Coordinates], T], bits: int) -> T:
        """The answer in balls of about that many bits, or of more where the first are too coarse to compute it."""
        while True:
            try:
                return self._ask(question, bits)
            except Imprecise:
                if bits > MAX_BITS:
                    raise Undecided(f"a linear system is singular as far as {bits} bits can tell") from None
                bits *= 2

    @property
    def is_rational(self) -> bool:
        """Whether the optimum is known to be rational."""
        return self.optimum.field == "Q"

    def enclosed(self, bits: int) -> Boxed:
        """The polytope in balls."""
        at = self.optimum.point.balls(bits)
        with precision(bits + GUARD_BITS):
            return self._boxed(_as_balls(at))

    @cached_property
    def exact(self) -> Boxed:
        """The polytope over the exact field of the optimum."""
        return self._boxed(self._exact_coordinates())

    def _exact_coordinates(self) -> Coordinates:
        exact = self.optimum.point.exact
        if exact is None:
            raise Undecided("no exact field was found for the optimum")
        return exact.at

    def _boxed(self, at: Coordinates) -> Boxed:
        return self._fibre(at) if self.is_fibre else self._general(at)

    def _fibre(self, at: Coordinates) -> Boxed:
        structure = self.optimum.point.structure
        pairs = [k for k, paired in enumerate(structure.paired) if paired]
        T = structure.onto
        columns = [times(T, structure.neurons[k].z(at.nu)) for k in pairs]
        right = times(T * structure.B, structure.exchanged(at.c)) if structure.r else []
        return Boxed(columns, right, [at.weights[k] for k in pairs])

    def _general(self, at: Coordinates) -> Boxed:
        lamq = self.optimum.program.lamq
        fit = self.optimum.program.fit(at.nu)
        total = sum((v * r for v, r in zip(at.nu, fit, strict=True)), start=fmpq(0)) / (lamq * lamq)
        if self._dependences is not None and not self.optimum.program.offset:
            columns, right = self._rational_columns(self._dependences, self._general_start(at)[0])
        else:
            full = [neuron.column(at.nu) for neuron in self.neurons]
            rows = self._independent_rows
            columns, right = [[column[i] for i in rows] for column in full], [fit[i] for i in rows]
        return Boxed(columns, right, [None] * len(columns), total)

    @cached_property
    def _dependences(self) -> Dependences | None:
        return rational_dependences(self.optimum.point, self.neurons)

    @staticmethod
    def _rational_columns(known: Dependences, start: Sequence[Any]) -> tuple[list[list[Any]], list[Any]]:
        """The equations in the coordinates of a basis, where the columns are rational: only `right` is not.

        All directions of the polytope are rational then, and ties are linear equations in the weights.
        """
        r = len(known.basis)
        columns = [list(known.others.get(k, ())) for k in range(len(start))]
        for i, k in enumerate(known.basis):
            columns[k] = [fmpq(int(i == j)) for j in range(r)]
        right = [
            sum((x * column[i] for x, column in zip(start, columns, strict=True) if column[i]), start=fmpq(0))
            for i in range(r)
        ]
        return columns, right

    @cached_property
    def _independent_rows(self) -> list[int]:
        """Rows of X on which the activations have their rank, which is known: a minor in balls nearly always shows."""
        for bits in BITS:
            nu = self.optimum.point.balls(bits).nu
            with precision(bits):
                table = arb_mat([neuron.column(nu) for neuron in self.neurons])
                rows = nonzero_minor(table)[1]
            if len(rows) == self.optimum.support.rank:
                return sorted(rows)
        nu = self._exact_coordinates().nu
        return independent_rows([list(r) for r in zip(*(p.column(nu) for p in self.neurons), strict=True)])

    @cached_property
    def start(self) -> Vertex:
        """One vertex: an inclusion-minimal network."""
        return self.settle_at(self._purified, "one minimal network")

    def _purified(self, system: Boxed, at: Coordinates) -> Vertex:
        if system.size == 0:
            return Vertex((), ())
        if self.is_fibre:
            return system.purify(system.point(self.inner), (FREE,) * system.size)
        return system.purify(*self._general_start(at))

    @property
    def inner(self) -> BasicSolution:
        """A point of the linear-phase fibre with all inequalities strict, proved with the optimum."""
        interior = self.optimum.interior
        if interior is None:
            return BasicSolution((), ())
        return BasicSolution(interior.basis, tuple(interior.fixed[k] for k in sorted(interior.fixed)))

    @property
    def _positive(self) -> BasicSolution:
        """With a free hidden bias: weights that are all positive, proved with the optimum."""
        inside = self.optimum.support.inside
        assert inside is not None, "a free hidden bias has its weights proved positive"
        return BasicSolution(inside.basis, tuple(inside.fixed[k] for k in sorted(inside.fixed)))

    def _general_start(self, at: Coordinates) -> tuple[list[Any], Sides]:
        """The betas of the structure's own solution, and their sides, which were proved with the optimum.

        Every neuron of the structure has a positive beta there; neurons beyond the structure have none.
        """
        if self.optimum.program.offset:
            system = self._general(at)
            return system.point(self._positive), (FREE,) * system.size
        structure = self.optimum.point.structure
        shares = iter(self._fibre(at).point(self.inner) if self.optimum.interior else [])
        betas: list[Any] = []
        for weight, paired in zip(at.weights, structure.paired, strict=True):
            share = next(shares) if paired else None
            betas += [weight] if share is None else [weight - share, share]
        further = len(self.optimum.neurons) - len(betas)
        sides = [FREE] * len(betas) + [LOWER] * further
        betas += [fmpq(0)] * further
        used = self.optimum.support.used
        return list(compress(betas, used)), tuple(compress(sides, used))

    def of_variables(self, coefficients: Mapping[int, Any]) -> dict[int, Any]:
        """A linear function of the betas, but for a constant, as one of the polytope's own variables."""
        found: dict[int, Any] = {}
        for k, a in coefficients.items():
            r = self.readings[k]
            if r.x is not None:
                found[r.x] = found.get(r.x, fmpq(0)) + (a if r.mu is None else a * -1)
        return found

    def betas(self, x: Sequence[Any], at: Coordinates) -> list[Any]:
        """beta over S at a point given by its variables."""
        return [reading.value(x, at.weights) for reading in self.readings]


def _as_balls(at: Coordinates) -> Coordinates:
    """Also exact entries (of an optimum without neurons) as balls."""
    return Coordinates([arb(v) for v in at.nu], [arb(v) for v in at.weights], [arb(v) for v in at.c])
