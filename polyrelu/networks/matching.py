"""Which problem a trained network is a candidate for: what was penalised, what was free, and with which lambda.

Trainers average the loss and have their own ways with biases, so the same weights belong to different problems:

* scikit-learn's MLPRegressor penalises neither biases, and its loss is |r|^2 / 2n + alpha |W|^2 / 2b for batches of b
  rows: both biases free; lambda = alpha with one batch, m alpha with m equal batches.
* torch with `SGD(weight_decay=wd)` and the mean squared error: lambda = n wd / 2; biases among the decayed parameters
  are penalised (and the output's is a ridge), biases in a group without decay are free. AdamW minimises none.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput


@dataclass(frozen=True)
class Matching:
    """The setting and the penalty that a network was trained for, as far as what it was read from tells.

    >>> Matching("free", "free", lam=Fraction(1, 10)).problem([[1], [2]], [0, 1]).setting.words
    'a free hidden bias, a free output bias'
    """

    hidden: str | None = None
    """none, penalised or free; None where that is not known."""
    output: str | None = None
    skip: bool = False
    columns: tuple[str, ...] = ()
    lam: Fraction | None = None
    why: str = ""
    """Where this comes from, and on which conditions."""

    @property
    def known(self) -> bool:
        """Whether the setting is."""
        return self.hidden is not None and self.output is not None

    @property
    def words(self) -> str:
        """The problem in one sentence, as options of the command line."""
        if not self.known:
            return self.why
        skip = " --skip" * self.skip + (f" --free {','.join(self.columns)}" if self.columns else "")
        lam = "" if self.lam is None else f" --lam {self.lam}"
        return f"--bias {self.hidden} --output-bias {self.output}{skip}{lam} ({self.why})"

    def problem(
        self, X: Any, y: Any, lam: Any = None, *, floats: Floats = "decimal", **options: Any
    ) -> Problem:
        """The problem for these data; options and a lambda that are given come first."""
        inferred: dict[str, Any] = {}
        if self.known and not options:
            columns = () if not self.columns else self.columns
            inferred = {"bias": self.hidden, "output_bias": self.output, "skip": self.skip, "free": columns}
        if lam is None:
            lam = self.lam
        if lam is None and self.why:
            raise BadInput(f"lambda is not known from the network ({self.why}); give lam")
        return Problem.of(X, y, lam, floats=floats, **(options or inferred))
