"""An answer to a yes-or-no question: proved, refuted, or undecided, with its reason and its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from polyrelu.display import Shown
from polyrelu.errors import Undecided


class Status(Enum):
    """The three answers to a question."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Shown):
    """An answer; its truth value is the answer, and an undecided one refuses to be read as either.

    >>> verdict = Verdict.refuted("optimal", "the gap is at least 1/2")
    >>> bool(verdict), verdict.answer, Verdict.undecided("optimal", "no field was found").answer
    (False, False, None)
    """

    question: str
    status: Status
    reason: str
    evidence: Any = None
    scope: str = ""
    """Among which networks, where not among all: see `Program.scope`."""

    @classmethod
    def proved(cls, question: str, reason: str, evidence: Any = None, scope: str = "") -> Verdict:
        """Yes."""
        return cls(question, Status.PROVED, reason, evidence, scope)

    @classmethod
    def refuted(cls, question: str, reason: str, evidence: Any = None, scope: str = "") -> Verdict:
        """No."""
        return cls(question, Status.REFUTED, reason, evidence, scope)

    @classmethod
    def undecided(cls, question: str, reason: str, scope: str = "") -> Verdict:
        """Neither: the reason names what blocks the proof."""
        return cls(question, Status.UNDECIDED, reason, scope=scope)

    def __bool__(self) -> bool:
        if self.status is Status.UNDECIDED:
            raise Undecided(f"{self.question}: {self.reason}")
        return self.status is Status.PROVED

    @property
    def answer(self) -> bool | None:
        """True, False, or None where undecided: for JSON."""
        return None if self.status is Status.UNDECIDED else bool(self)
