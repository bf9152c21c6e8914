"""Predictions at new rows, in words and as JSON. A row whose answer is open says so, and no other row suffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from polyrelu.errors import LimitReached, Undecided
from polyrelu.optimal_set.predictions import DIGITS, Prediction
from polyrelu.show.forms import Facts, as_facts, as_line
from polyrelu.show.numbers import between

if TYPE_CHECKING:
    from polyrelu.data.problem import Matrix
    from polyrelu.result import Result

MAX_LINES = 40
MAX_DIGITS = 12
MAX_COLUMNS = 6


@as_facts.register
def _(found: Prediction) -> Facts:
    (low, _), (_, high) = found.interval(8)
    ends: Facts = {"all optimal networks agree on": low} if found.agrees else {"from": low, "to": high}
    return {"at": _row(found), **ends, **({"scope": found.scope} if found.scope else {})}


@as_line.register
def _(found: Prediction) -> str:
    facts = as_facts(found)
    words = [f"{name} {facts[name]}" for name in facts if name not in ("at", "scope")]
    among = f", {found.scope}" * bool(found.scope)
    return f"<polyrelu.Prediction at {facts['at']}: {' '.join(words)}{among}>"


def _row(found: Prediction) -> str:
    return f"({', '.join(map(str, found.x[:MAX_COLUMNS]))}{', ...' * (len(found.x) > MAX_COLUMNS)})"


def prediction_keys(result: Result, rows: Matrix, digits: int = DIGITS) -> dict[str, Any]:
    """The key `predictions`: rows are counted from 0, and each end is an enclosure; null where nothing is proved."""
    if result.solutions is None:
        return {"predictions": None, "predictions_reason": result.reason}
    found = [{"row": i, **_keys(found, digits)} for i, found in enumerate(_answers(result, rows))]
    return {"predictions": found}


def _keys(found: Prediction | str, digits: int) -> dict[str, Any]:
    if isinstance(found, str):
        return {"low": None, "high": None, "agree": None, "reason": found}
    low, high = found.interval(digits)
    return {"low": list(low), "high": list(high), "agree": found.agrees}


def prediction_lines(result: Result, rows: Matrix, digits: int = DIGITS) -> list[str]:
    """A small table: rows are counted from 1, and an interval is written outwards. Empty where nothing is proved."""
    if result.solutions is None:
        return []
    scope = result.solutions.optimum.program.scope
    among = f" {scope}" if scope else ""
    lines = ["", f"  predictions of all optimal networks{among}, row by row:"]
    for i, found in enumerate(_answers(result, rows[:MAX_LINES]), start=1):
        lines.append(f"    {i:>4}  {_words(found, min(digits, MAX_DIGITS))}")
    if len(rows) > MAX_LINES:
        lines.append(f"    ... and {len(rows) - MAX_LINES} more rows (see --json)")
    return lines


def _words(found: Prediction | str, digits: int) -> str:
    if isinstance(found, str):
        return f"UNDECIDED: {found}"
    low, high = found.interval(digits)
    if found.agrees:
        return between(low)
    return f"{_plain(low[0])} to {_plain(high[1])}"


def _plain(end: str) -> str:
    return between((end, end))


def _answers(result: Result, rows: Sequence[Any]) -> Iterator[Prediction | str]:
    for row in rows:
        try:
            yield result.predict([row])[0]
        except (Undecided, LimitReached) as blocked:
            yield str(blocked)
