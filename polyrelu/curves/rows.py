"""The rows that take part in coverings along a chord, and which of their lines are hard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flint import fmpq

from polyrelu.covering import Question
from polyrelu.covering.question import Lines, merged
from polyrelu.curves.branch import Branch
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

Hard = frozenset[tuple[int, int]]
"""(s, line) where s C_v < 0 is not known."""


@dataclass(frozen=True)
class Rows:
    """The integer rows that take part, and what is known of residuals by structure alone.

    `still` rows have nu_i = 0 for every lambda; of `sided` rows s nu_i <= 0 is known for the sign given.
    """

    rows: Any
    still: frozenset[int]
    sided: dict[int, int]
    line: tuple[int, ...]
    """The line of each row, -1 for those that take no part, and on which side of it the row points."""
    turned: tuple[int, ...]
    lines: dict[int, tuple[int, dict[int, fmpq]]] = field(default_factory=dict)
    """On one chord: s with s C <= 0 for the line of a row, and the rows that make it up."""

    @staticmethod
    def of(branch: Branch, tight: Sequence[Place], *, scaled: bool = False) -> Rows:
        """Without the rows that no neuron touches and whose target is 0.

        `scaled` asks about W g: it has the sign of nu on rows where nu has no other part.
        """
        program, W = branch.program, branch.W.tolist()
        touched = [any(v != 0 for v in row) for row in W] if branch.size else [False] * program.n
        targets = branch.y_rest
        still = frozenset(i for i in range(program.n) if not touched[i] and targets[i] == 0)
        if program.offset:  # a constant acts on every row
            still = frozenset()
        rows = program.covered_rows[0].copy()
        for i in still:
            rows[i] = 0
        lines = merged(rows, [0] * program.n)
        sided = _sided(branch.program, tight, still)
        if scaled:
            sided = {i: s for i, s in sided.items() if targets[i] == 0}
        return Rows(rows, still, sided, lines.line, lines.turned)

    def with_lines(self, line: dict[int, dict[int, fmpq]], known: dict[int, int]) -> Rows:
        """The same with lines whose signs are known on one chord."""
        return replace(self, lines={j: (s, line[j]) for j, s in known.items()}) if known else self


def _sided(program: Program, tight: Sequence[Place], still: frozenset[int]) -> dict[int, int]:
    """Rows with y_i = 0 where all neurons that act have one sign s, and no free column acts: there s nu_i <= 0, since
    the fit has sign s.
    """
    acting: dict[int, set[int]] = {}
    for place in tight:
        for i in place.active:
            acting.setdefault(i, set()).add(place.sign)
    y = program.yq
    known = (i for i, s in acting.items() if len(s) == 1 and y[i] == 0 and i not in still)
    return {i: next(iter(acting[i])) for i in known if not program.free.acts_on(i)}


def hard_lines(question: Question, errors: Sequence[int], fine: int, rows: Rows) -> Hard:
    """(s, line) where s C_v < 0 is not proved for every nu of the enclosure, nor known by structure."""
    lines, found = question.lines, set[tuple[int, int]]()
    free = _known_lines(lines, rows)
    slack = [0] * len(lines.C)
    for i, k in enumerate(lines.line):
        if k >= 0:
            slack[k] += errors[i] * lines.spread[k]
    for k, c in enumerate(lines.C):
        finer = c << (fine - question.bits)
        found.update((s, k) for s in (1, -1) if s * finer + slack[k] >= 0 and (s, k) not in free)
    return frozenset(found)


def _known_lines(lines: Lines, rows: Rows) -> set[tuple[int, int]]:
    """Lines whose sign is known, or all of whose rows have one."""
    of_line: dict[int, list[int]] = {}
    for i, k in enumerate(lines.line):
        if k >= 0:
            of_line.setdefault(k, []).append(i)
    on_chord = {(s, lines.line[j]) for j, (s, _) in rows.lines.items() if lines.line[j] >= 0}
    return on_chord | {
        (s, k)
        for k, members in of_line.items()
        for s in (1, -1)
        if all(rows.sided.get(i) == s for i in members)
    }
