"""What an answer says besides verdicts: the headline, the stationary point nearby, and what is superfluous."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb

from polyrelu.exact.enclosure import decimal_bounds, precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.judging.answer import Answer
from polyrelu.networks.coordinates import BITS, enclosed
from polyrelu.show.numbers import between, bounds
from polyrelu.show.settings import described

MAX_LISTED = 20


def trained_keys(answer: Answer, digits: int) -> dict[str, Any]:
    """The keys of the JSON object."""
    near, leaner = answer.nearest_stationary, answer.leaner
    return {
        "headline": headline(answer),
        "relative_gap": _relative(answer, digits),
        "stationary_distance": None if near is None else _positive(near.distance, digits),
        "stationary_distance_reason": answer.nearest_reason,
        "stationary_objective": None if near is None else bounds(enclosed(near.objective), digits),
        "stationary_decrease": None if near is None else bounds(_decrease(answer), digits),
        "stationary_kinks": None if near is None else [list(rows) for rows in near.kinks],
        "stationary_vanished": None if near is None else list(near.vanished),
        "superfluous": None if leaner is None else list(leaner.superfluous),
        "superfluous_reason": answer.leaner_reason,
        "pruned_saving": None if leaner is None else _positive(leaner.saved, digits),
        "setting": described(answer.problem.setting),
        "lambda": str(answer.problem.lam),
    }


def headline(answer: Answer) -> str:
    """One sentence: how far from the optimum, and how far from where training would come to rest; both proved."""
    return f"{_from_optimum(answer)}; {_from_rest(answer)}"


def _from_optimum(answer: Answer) -> str:
    scope = answer.optimal.scope
    which = f"the optimum {scope}" if scope else "the global optimum"
    if answer.optimal.answer:
        return f"{which} (proved)"
    low, high = answer.relative_gap
    if high is None:
        least = f", at least {_percent(low, 0)} above it (proved)" if low else ""
        return f"how far from {which} is not bounded{least}"
    return f"within {_percent(high, 1)} of {which} (proved)"


def _from_rest(answer: Answer) -> str:
    near = answer.nearest_stationary
    if near is None:
        return "no stationary point near it was proved"
    if near.distance.is_zero():
        return "a stationary point (proved)"
    return f"{decimal_bounds(near.distance, 2)[1]} from a stationary point (proved)"


def _percent(share: Fraction, end: int) -> str:
    return f"{decimal_bounds(to_fmpq(share * 100), 2)[end]}%"


def _relative(answer: Answer, digits: int) -> list[str | None] | None:
    low, high = answer.relative_gap
    if low is None:
        return None
    least = decimal_bounds(to_fmpq(low), digits)[0]
    return [least, None if high is None else decimal_bounds(to_fmpq(high), digits)[1]]


def _positive(value: arb, digits: int) -> list[str]:
    low, high = bounds(value, digits)
    return ["0" if low.startswith("-") else low, high]


def _decrease(answer: Answer) -> arb:
    """The network's objective minus that of the stationary point."""
    near = answer.nearest_stationary
    assert near is not None
    with precision(BITS):
        return enclosed(answer.objective) - enclosed(near.objective)


def trained_lines(answer: Answer, digits: int) -> list[str]:
    """The lines for a terminal."""
    relative = _relative(answer, digits)
    shown = [v if v is not None else "unknown" for v in relative] if relative else None
    return [
        f"  relative gap     {between(shown)}",
        *_rest_lines(answer, digits),
        *_superfluous_lines(answer, digits),
    ]


def _rest_lines(answer: Answer, digits: int) -> list[str]:
    near = answer.nearest_stationary
    if near is None:
        return [f"  stationary point UNDECIDED: {answer.nearest_reason}"]
    if near.distance.is_zero():
        return ["  stationary point the network itself"]
    lines = [
        f"  stationary point PROVED at distance {between(_positive(near.distance, digits))} in weights; "
        f"its objective is {between(bounds(_decrease(answer), digits))} less"
    ]
    snapped = [i for i, rows in enumerate(near.kinks, start=1) if rows]
    if snapped:
        lines.append(f"    on hyperplanes of rows there: units {_listed(snapped)}")
    if near.vanished:
        lines.append(f"    zero there: units {_listed([i + 1 for i in near.vanished])}")
    return lines


def _superfluous_lines(answer: Answer, digits: int) -> list[str]:
    leaner = answer.leaner
    if leaner is None:
        return [f"  superfluous      unknown: {answer.leaner_reason}"]
    if not leaner.superfluous:
        return ["  superfluous      no unit was found to be"]
    saved = f"; that saves {between(_positive(leaner.saved, digits))}" if leaner.saved > 0 else ""
    return [
        f"  superfluous      units {_listed([i + 1 for i in leaner.superfluous])}: the other "
        f"{leaner.network.width}, scaled, have the same outputs on the rows at no larger penalty{saved}"
    ]


def _listed(numbers: list[int]) -> str:
    more = f", ... ({len(numbers)})" if len(numbers) > MAX_LISTED else ""
    return ", ".join(map(str, numbers[:MAX_LISTED])) + more
