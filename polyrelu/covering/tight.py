"""What a star claims, checked as far as it is cheap: ||w|| = lambda and the signs, within the enclosure of nu.

For a tight neuron, lambda u_k = w_k = s P X^T D_k nu, with P the projection onto the directions orthogonal to Z_k.
At the rational midpoint w is off by at most eta, since projections shorten. A star that contradicts this is refused: it
belongs to another lambda or another nu. (That f <= lambda u_k.v around u_k is for the caller to prove.)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from polyrelu.covering.question import Question, Star, norm_above

Vector = list[Fraction]


def check_star(question: Question, number: int) -> None:
    """Raise ValueError if the star cannot be that of a tight neuron."""
    star = question.stars[number]
    w, eta = tight_vector(question, star), question.eta
    square = sum((x * x for x in w[: question.normed]), start=Fraction(0))
    low, high = max(question.lam - eta, Fraction(0)), question.lam + eta
    if question.gap or not low * low <= square <= high * high:
        raise ValueError(f"star {number} is not tight at this lambda and nu; stars must be proved neurons")
    for j, (row, side) in enumerate(zip(question.rows, star.side, strict=True)):
        if side * sum(int(x) * v for x, v in zip(row, w, strict=True)) < -eta * norm_above(row):
            raise ValueError(f"star {number} has row {j} on the wrong side")


def tight_vector(question: Question, star: Star) -> Vector:
    """s P X^T D nu at the midpoint of nu."""
    w = [
        Fraction(
            star.sign
            * sum(m * int(x) for m, x, side in zip(question.nu, column, star.side, strict=True) if side > 0)
        )
        / 2**question.bits
        for column in question.rows.T
    ]
    for v in orthogonal([row for row, side in zip(question.rows, star.side, strict=True) if side == 0]):
        w = without(w, v)
    return w


def orthogonal(rows: Sequence[Sequence[int]]) -> list[Vector]:
    """An orthogonal basis of what the rows span."""
    basis: list[Vector] = []
    for row in rows:
        rest = [Fraction(int(x)) for x in row]
        for v in basis:
            rest = without(rest, v)
        if any(rest):
            basis.append(rest)
    return basis


def without(w: Vector, v: Vector) -> Vector:
    """w minus its part along v."""
    factor = sum((a * b for a, b in zip(w, v, strict=True)), start=Fraction(0)) / sum(
        (b * b for b in v), start=Fraction(0)
    )
    return [a - factor * b for a, b in zip(w, v, strict=True)] if factor else w
