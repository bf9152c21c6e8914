"""How the rows of a table lie to each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flint import arb_mat, fmpq

from polyrelu.covering.question import merged
from polyrelu.proof.program import Program


@dataclass(eq=False)
class Angles:
    """How the rows of a table lie to each other."""

    program: Program

    @cached_property
    def gram(self) -> list[list[fmpq]]:
        """The products of the rows."""
        X = self.program.Xq
        table: list[list[fmpq]] = (X * X.transpose()).tolist()
        return table

    @cached_property
    def parallel(self) -> list[list[int]]:
        """The rows on the line of each row."""
        lines, members = merged(self.program.X_integer, [0] * self.program.n).line, dict[int, list[int]]()
        for i, line in enumerate(lines):
            members.setdefault(line, []).append(i)
        return [members[line] if line >= 0 else [] for line in lines]

    @cached_property
    def in_balls(self) -> arb_mat:
        """The rows."""
        return arb_mat(self.program.Xq)
