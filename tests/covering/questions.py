"""Questions for the covering, from optima that `polyrelu` proves by listing all cells: a route of its own."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from flint import arb

from polyrelu.covering import Question, Star
from polyrelu.exact.enclosure import precision


def question_of(result, *, bits=128, dropped=None, lam=None, **options):
    """The question that a proved result answers with yes; without one star, or at another level, if asked."""
    X = result.problem.X
    scale = lcm(*(x.denominator for row in X for x in row))
    rows = [[int(x * scale) for x in row] for row in X]
    nu, radius = enclosed(result.optimum.point.balls(bits + 16).nu, bits)
    stars = tuple(Star(k.place.sign, k.place.face) for k in result.optimum.neurons)
    if dropped is not None:
        stars = stars[:dropped] + stars[dropped + 1 :]
    level = result.problem.lam if lam is None else lam
    return Question(rows, nu, bits, level * scale, radius, stars, **options)


def enclosed(values, bits):
    """Integers m_i and one radius with |nu_i - m_i / 2^bits| <= radius."""
    middles, radius = [], Fraction(0)
    with precision(bits + 64):
        for value in values:
            scaled = arb(value) * arb(2) ** bits
            middle = int(scaled.mid().floor().unique_fmpz())
            far = abs(scaled - middle).upper().ceil().unique_fmpz()
            middles.append(middle)
            radius = max(radius, Fraction(int(far) + 1, 2**bits))
    return tuple(middles), radius
