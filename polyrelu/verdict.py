"""An answer to a yes-or-no question that was proved, refuted, or left undecided, with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from polyrelu.errors import Undecided


@dataclass(frozen=True)
class Verdict:
    """PROVED, REFUTED or UNDECIDED, and why; an undecided verdict refuses to be read as a truth value.

    >>> bool(Verdict.refuted("the gap is at least 1/2")), Verdict.undecided("no field was found").value
    (False, None)
    """

    status: Literal["PROVED", "REFUTED", "UNDECIDED"]
    reason: str

    @classmethod
    def proved(cls, reason: str) -> Verdict:
        """Yes."""
        return cls("PROVED", reason)

    @classmethod
    def refuted(cls, reason: str) -> Verdict:
        """No."""
        return cls("REFUTED", reason)

    @classmethod
    def undecided(cls, reason: str) -> Verdict:
        """Neither: the reason names what blocks the proof."""
        return cls("UNDECIDED", reason)

    @property
    def value(self) -> bool | None:
        """True, False, or None where undecided."""
        return {"PROVED": True, "REFUTED": False, "UNDECIDED": None}[self.status]

    def __bool__(self) -> bool:
        if self.value is None:
            raise Undecided(self.reason)
        return self.value

    def __str__(self) -> str:
        return f"{self.status}: {self.reason}"
