"""Coordinates of networks: exact numbers (rational or `ExactReal`) or balls, read, compared and measured alike.

Sums and products of exact numbers with each other and of balls with rationals are ordinary Python. What differs is
the sign (decidable, or not where a ball holds zero), the square root (exact only where it stays in reach) and the
passage to balls. Balls are computed with at the current precision: callers set it with `precision`.

>>> norm([fmpq(3), fmpq(4)]), str(norm([fmpq(1), fmpq(1)]))
(5, 'sqrt(2)')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flint import arb, ctx, fmpq

from polyrelu.data.numbers import Floats, exact_number
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball
from polyrelu.exact.linear import dot
from polyrelu.exact.rational import is_rational, square_root, to_fmpq
from polyrelu.exact.real import ExactReal, known_sign, sign
from polyrelu.exact.square_roots import SqrtSum

BITS = 320
"""Precision of ball arithmetic with networks."""
MAX_RADICAND_BITS = 80
"""Square roots of larger numbers become balls: to keep them exact they would have to be factored."""


def read(value: Any, floats: Floats = "exact") -> Any:
    """A coordinate: exact numbers and balls as they are, everything else through the door for numbers."""
    if isinstance(value, ExactReal | arb):
        return value
    return to_fmpq(exact_number(value, floats=floats))


def is_exact(values: Iterable[Any]) -> bool:
    """Whether none of the values is a ball."""
    return not any(isinstance(v, arb) for v in values)


def sign_of(x: Any, what: str) -> int:
    """The sign; `Undecided` where a ball holds zero, with the name of what was asked."""
    side = known_sign(x)
    if side is None:
        raise Undecided(f"is {what} = 0? It is known only as the ball {x.str(12)}, which holds zero")
    return side


def enclosed(x: Any) -> arb:
    """A ball around the value at the current precision."""
    return ball(x, ctx.prec)


def positive_part(x: Any) -> Any:
    """(x)_+."""
    if isinstance(x, arb):
        return x.max(arb(0))
    return x if sign(x) > 0 else fmpq(0)


def root(square: Any) -> Any | None:
    """The square root of a number >= 0, as an exact number where it is of a rational; None where it is not."""
    if isinstance(square, arb):
        return ball_root(square)
    rational = square if is_rational(square) else square.rational()
    if rational is None:
        return None
    q = to_fmpq(rational)
    if (exactly := square_root(q)) is not None:
        return exactly
    if max(q.p.height_bits(), q.q.height_bits()) > MAX_RADICAND_BITS:
        return None
    return SqrtSum.sqrt_of(q)


def ball_root(square: Any) -> arb:
    """A ball around the square root of a number that is >= 0 (even if its ball reaches below)."""
    return enclosed(square).nonnegative_part().sqrt()


def norm(vector: Sequence[Any]) -> Any | None:
    """|v| as an exact number, or None where this fails; a ball for balls."""
    return root(dot(vector, vector))


def ball_norm(vector: Sequence[Any]) -> arb:
    """|v| as a ball."""
    return ball_root(sum((x * x for x in map(enclosed, vector)), start=arb(0)))


def rounded(x: Any) -> float:
    """The nearest float, or one close to it: for float export, guesses and display."""
    if is_rational(x):
        q = to_fmpq(x)
        try:
            return int(q.p) / int(q.q)  # true division of integers of any size, correctly rounded
        except OverflowError:
            return float("inf") if q > 0 else float("-inf")
    return float(ball(x, 128).mid())


def compatible(*vectors: Sequence[Any]) -> list[list[Any]]:
    """The vectors unchanged if their numbers can be added exactly, and as balls otherwise."""
    kinds = {_kind(v) for vector in vectors for v in vector} - {None}
    if kinds <= {arb} or len(kinds) == 1:
        return [list(vector) for vector in vectors]
    return [[enclosed(v) for v in vector] for vector in vectors]


def _kind(x: Any) -> Any:
    """What x can be added to: None for a rational, else the class or the number field."""
    return None if is_rational(x) else getattr(x, "field", type(x))
