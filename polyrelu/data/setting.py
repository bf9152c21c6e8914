"""Which problem it is: what the network has besides its neurons, and what of it is penalised.

* The *hidden bias*: none; penalised (a column of ones in the data); free (no penalty on it).
* *Free columns*: functions that join the network linearly without a penalty: the constant (a free output bias), all
  features (a skip connection), or named columns of the table, which then are no features of the neurons.
* A *ridge* output bias c pays lambda c^2 / 2, as under weight decay of all parameters.

A free hidden bias makes the output bias free as well: a neuron that is active on all rows, with weight -> 0 and bias ->
infinity, is a constant at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from polyrelu.errors import BadInput

HIDDEN = ("none", "penalised", "free")
OUTPUT = ("none", "free", "ridge")


@dataclass(frozen=True)
class Setting:
    """The choices; the plain setting has none of them.

    >>> Setting.of(bias="free").output, Setting.of(bias=True, skip=True).words
    ('free', 'a penalised hidden bias, a free skip connection')
    """

    hidden: str = "none"
    output: str = "none"
    skip: bool = False
    columns: tuple[str, ...] = ()
    """Names of the free columns that the table gives."""

    @staticmethod
    def of(
        bias: bool | str = False, output_bias: str = "none", skip: bool = False, columns: Any = ()
    ) -> Setting:
        """The choices as a user writes them; `bias` may be a truth value, which means penalised."""
        hidden = {True: "penalised", False: "none", "penalized": "penalised"}.get(bias, bias)
        if hidden not in HIDDEN:
            raise BadInput(f'bias={bias!r} is unknown; use "none", "penalised" or "free"')
        if output_bias not in OUTPUT:
            raise BadInput(f'output_bias={output_bias!r} is unknown; use "none", "free" or "ridge"')
        if hidden == "free" and output_bias == "ridge":
            raise BadInput(
                "a free hidden bias makes constants at no cost, past a ridge on the output bias; "
                "use output bias free, or a penalised hidden bias"
            )
        output = "free" if hidden == "free" else output_bias
        return Setting(str(hidden), output, bool(skip), tuple(columns))

    @property
    def bias(self) -> bool:
        """Whether the rows end with a 1 for the hidden bias."""
        return self.hidden != "none"

    @property
    def is_plain(self) -> bool:
        """Nothing free and no ridge: the neurons, with or without a penalised bias, are all there is."""
        return self.hidden != "free" and self.output == "none" and not self.skip and not self.columns

    @property
    def words(self) -> str:
        """The choices in words.

        >>> Setting().words
        'no bias'
        """
        known = {"penalised": "a penalised hidden bias", "free": "a free hidden bias"}
        parts = [known[self.hidden]] if self.bias else []
        parts += {"free": ["a free output bias"], "ridge": ["a ridge output bias"]}.get(self.output, [])
        parts += ["a free skip connection"] if self.skip else []
        parts += [f"free columns {', '.join(self.columns)}"] if self.columns else []
        return ", ".join(parts) or "no bias"

    def refuse(self, what: str, instead: str = "") -> None:
        """Refuse, in one line, what is not there for any setting but the plain one."""
        if not self.is_plain:
            hint = instead or "drop --output-bias, --skip and --free, and use --bias none or penalised"
            raise BadInput(f"{what} cannot be had with {self.words} yet; {hint}")


PLAIN = Setting()
