"""All blocks of a list, for every lambda of a chord: where patterns are listed, or gates, nothing is covered.

For any rho >= 0, || s X^T D nu + ((2D - I) X)^T rho || < lambda shows that a block is inactive. The left side is convex
in (nu, rho) and lambda is affine along a chord, so that two tests at its ends, with rho of their own, serve everything
in between, once the distance of nu from its chord is added (`proof.inactive`). For gates rho plays no part: the slack
of each is one function on the chord, whose bow is known far better than that of its parts.

*Beside a neuron.* The block behind a wall that a neuron comes to has a projection as long as lambda in the end. Let u
be the direction of a neuron with the sign s, Z its rows with x_j.u = 0, and D' a pattern that differs from the sides of
u on some other rows R, where s nu_j < 0. Let the pattern D'' with the sides of u, and on Z those of D', be present. It
holds u, so that s nu.(D'' X v) <= lambda u.v wherever the sides on Z are those of D''. For v in the cone of D' hence

    s nu.(D' X v) = s nu.(D'' X v) + sum_R s nu_j |x_j.v| <= lambda u.v <= lambda |v|,

with equality for multiples of u alone, which are not in this cone: D' is inactive, without any margin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from polyrelu.curves.chord import Chord, Drift
from polyrelu.curves.condition import Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.demands import slack
from polyrelu.curves.directions import Above
from polyrelu.curves.nodes import Node
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import to_fraction
from polyrelu.proof.inactive import RoundedResidual, not_proved_inactive, project_block
from polyrelu.proof.neuron import Neuron, Place, gated_place
from polyrelu.proof.program import Program
from polyrelu.proof.tightness import tight_blocks

MOST = 6
"""Blocks that are looked at closely."""


def unsettled_blocks(
    chord: Chord,
    drift: Drift,
    ends_of: tuple[Node, Node],
    neurons: tuple[Sequence[Neuron], Sequence[Neuron]],
    table: Callable[[list[Condition]], Table],
) -> Above | None:
    """Prove every block that holds none of the neurons strictly inactive on the whole chord, or say what resists.

    Of the neurons the first are tight on the whole chord, and others at an end. A gate is inactive where its slack is
    positive, which is shown of it by itself where that is close.
    """
    program = chord.branch.program
    held = [*neurons[0], *neurons[1]]
    if any(neuron.multiplicity == 0 for neuron in held):
        return Above(ends_of[0], (), ())  # no present block holds it
    away = max((ends(v.abs_upper())[1] for v in drift.whole()), default=Fraction(0))
    blocks = ~tight_blocks(program, held)
    if not program.gated:
        blocks &= ~beside(neurons[0], ends_of, away)
    for node in ends_of:
        residual = RoundedResidual(
            program, np.array(node.integers, dtype=object), node.bits, away + node.error
        )
        lam = to_fraction(node.lam)
        nu = np.array([int(m) for m in node.integers], dtype=object) / 2**node.bits
        rows, columns = not_proved_inactive(residual, lam, nu.astype(np.double), blocks)
        if program.gated:
            slacks = [slack(Neuron(gated_place(program, int(i)), program)) for i in rows]
            left = [k for k, f in enumerate(slacks) if table([f]).failing(chord, set(), set())]
            rows, columns = rows[left], columns[left]
        if len(rows):
            return Above(node, (), (), _places(residual, lam, rows, columns))
    return None


def beside(neurons: Sequence[Neuron], ends_of: tuple[Node, Node], away: Fraction) -> NDArray[np.bool_]:
    """Blocks that are inactive on a whole chord since they lie beside a neuron that is tight there."""
    program = ends_of[0].program
    present = program.patterns
    listed = {row.tobytes() for row in present}
    found = np.zeros((len(present), 2), dtype=bool)
    for neuron in neurons:
        face, sign = np.array(neuron.place.face), neuron.place.sign
        negative = [all(_below(node, j, sign, away) for node in ends_of) for j in range(program.n)]
        differs = (present != (face > 0)) & (face != 0)
        own = np.where(face != 0, face > 0, present)
        there = np.array([row.tobytes() in listed for row in own])
        found[:, int(sign < 0)] |= there & differs.any(axis=1) & ~(differs & ~np.array(negative)).any(axis=1)
    return found


def _below(node: Node, j: int, sign: int, away: Fraction) -> bool:
    """Whether s nu_j < 0 for every residual that is as far away from a node."""
    return bool(sign * int(node.integers[j]) < -(away + node.error) * 2**node.bits)


def _places(residual: RoundedResidual, lam: Fraction, rows: Any, columns: Any) -> tuple[Place, ...]:
    """Where the longest projections of some blocks point, if they reach lambda or nearly do."""
    program, found = residual.program, []
    for i, column in list(zip(rows, columns, strict=True))[:MOST]:
        gate, sign = int(i) if program.gated else None, 1 if column == 0 else -1
        block = project_block(program, residual.rational, program.patterns[i], sign, gate)
        if block.squared_norm > fmpq(lam.numerator, lam.denominator) ** 2:
            found.append((block.squared_norm, block.place))
    return tuple(dict.fromkeys(place for _, place in sorted(found, key=lambda one: one[0], reverse=True)))


def acts_on_no_block(program: Program, v: Sequence[fmpq]) -> bool:
    """Whether X^T D v = 0 for every present pattern."""
    X = program.Xq.tolist()
    return all(
        sum((X[j][c] * v[j] for j in map(int, np.flatnonzero(pattern))), start=fmpq(0)) == 0
        for pattern in program.patterns
        for c in range(program.d)
    )
