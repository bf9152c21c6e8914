"""How a test that every optimum passes says that a guess is not the optimum."""

from __future__ import annotations

from polyrelu.errors import Undecided
from polyrelu.proof.neuron import Place


class Unconfirmed(Undecided):
    """The guess is not the optimum: a test that every optimum passes has failed.

    `wrong` is the guessed neuron that failed, `right` what should stand in its place; either may be missing.
    """

    def __init__(self, reason: str, wrong: Place | None = None, right: Place | None = None) -> None:
        super().__init__(reason)
        self.wrong, self.right = wrong, right
