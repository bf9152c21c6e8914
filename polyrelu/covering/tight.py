"""What a star claims, checked as far as it is cheap: ||w|| = lambda and the signs, within the enclosure of nu.

For a tight neuron, lambda u_k = w_k = s P X^T D_k nu, with P the projection onto the directions orthogonal to Z_k.
At the rational midpoint w is off by at most eta, since projections shorten. A star that contradicts this is refused: it
belongs to another lambda or another nu. (That f <= lambda u_k.v around u_k is for the caller to prove.)
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.question import Question, Star

Vector = NDArray[Any]
"""Python integers."""


def check_stars(question: Question) -> None:
    """Raise ValueError if a star that is said to be a tight neuron's cannot be one (without an offset)."""
    for k, star in enumerate(() if question.offset else question.stars):
        if star.tight:
            check_star(question, k)


def check_star(question: Question, number: int) -> None:
    """One of them."""
    star = question.stars[number]
    w, scale = tight_vector(question, star)
    square = int(w @ w)
    low, high = max(question.lam - question.eta, Fraction(0)) * scale, (question.lam + question.eta) * scale
    if question.gap or not low * low <= square <= high * high:
        raise ValueError(f"star {number} is not tight at this lambda and nu; stars must be proved neurons")
    products = (question.rows @ w) * np.array(star.side, dtype=object)
    least = -question.eta * scale
    for j in np.flatnonzero(products < 0):
        if products[j] < least * question.norms[j]:
            raise ValueError(f"star {number} has row {j} on the wrong side")


def tight_vector(question: Question, star: Star) -> tuple[Vector, int]:
    """s P X^T D nu at the midpoint of nu, as integers over a positive one."""
    side = np.array(star.side)
    used = np.array([m if s > 0 else 0 for m, s in zip(question.nu, star.side, strict=True)], dtype=object)
    w, scale = star.sign * (used @ question.rows), 2**question.bits
    for v in orthogonal(question.rows[side == 0]):
        square = int(v @ v)
        w, scale = w * square - int(w @ v) * v, scale * square
    return w, scale


def orthogonal(rows: NDArray[Any]) -> list[Vector]:
    """An orthogonal basis of what the rows span."""
    basis: list[Vector] = []
    for row in rows:
        if len(basis) == len(row):
            break
        rest = row
        for v in basis:
            rest = primitive(rest * int(v @ v) - int(rest @ v) * v)
        if rest.any():
            basis.append(primitive(rest))
    return basis


def primitive(v: Vector) -> Vector:
    """Divided by the greatest common divisor of its entries."""
    factor = gcd(*v)
    return v // factor if factor > 1 else v
