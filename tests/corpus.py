"""Random problems for whole-pipeline tests: generic ones, and small-integer ones with symmetric and repeated rows."""

from __future__ import annotations

import random
from fractions import Fraction

SHAPES = [
    (4, 1),
    (5, 1),
    (4, 2),
    (6, 2),
    (8, 2),
    (12, 2),
    (5, 3),
    (7, 3),
    (9, 3),
    (12, 3),
    (6, 4),
    (8, 4),
    (10, 4),
    (12, 4),
]
FRACTIONS = ["1/1000000", "1/1000", "1/50", "1/10", "1/4", "1/2", "4/5"]
"""Penalties as fractions of an easy upper bound of lambda_max."""


def generic(seed: int) -> tuple[list[list[Fraction]], list[Fraction], Fraction]:
    """Rows and targets with four random decimals: no accidental equality is to be expected."""
    pick = random.Random(seed)
    n, d = SHAPES[seed % len(SHAPES)]
    X = [[Fraction(round(pick.gauss(0, 1), 4)).limit_denominator(10000) for _ in range(d)] for _ in range(n)]
    y = [Fraction(round(pick.gauss(0, 1), 4)).limit_denominator(10000) for _ in range(n)]
    return X, y, penalty(X, y, pick)


def degenerate(seed: int) -> tuple[list[list[Fraction]], list[Fraction], Fraction]:
    """Small integers, with rows repeated, negated, doubled, mirrored or zero."""
    pick = random.Random(1000 + seed)
    n, d = SHAPES[seed % len(SHAPES)]
    size = pick.choice([1, 2, 3])
    X: list[list[Fraction]] = []
    while len(X) < n:
        row = [Fraction(pick.randint(-size, size)) for _ in range(d)]
        X.append(row)
        if pick.random() < 0.5 and len(X) < n:
            change = pick.choice(
                [lambda r: r, lambda r: [-v for v in r], lambda r: [2 * v for v in r], lambda r: r[::-1]]
            )
            X.append(change(row))
    y = [Fraction(pick.randint(-3, 3)) for _ in range(n)]
    return X, y, penalty(X, y, pick)


def penalty(X, y, pick) -> Fraction:
    """A fraction of max_j |y_j| |x_j|, which is of the size of lambda_max."""
    bound = max((abs(t) * max(abs(v) for v in row) for row, t in zip(X, y, strict=True)), default=Fraction(0))
    return Fraction(pick.choice(FRACTIONS)) * (bound or 1)
