"""A covering proved at one residual serves close by, as far as its error reaches and no further."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from polyrelu.covering import Question
from polyrelu.curves.nodes import Proved

ROWS = [[3, 1], [-1, 2], [2, -5], [0, 4]]
BITS = 40
UNIT = Fraction(1, 2**BITS)


def proved(nu, lam, radius, bits=BITS):
    """What a covering without stars has shown, or has to show."""
    question = Question(
        ROWS, tuple(int(v * 2**bits) for v in nu), bits, Fraction(lam), radius=Fraction(radius)
    )
    return Proved(frozenset(), frozenset(), question, Fraction(radius))


NU = [Fraction(1), Fraction(-2), Fraction(1, 2), Fraction(3)]


def test_the_error_is_what_the_residual_may_move_by():
    here = proved(NU, 100, Fraction(1, 8))
    moved = [v + Fraction(1, 16) for v in NU]
    assert here.serves(proved(moved, 100, Fraction(1, 16)))
    assert not here.serves(proved(moved, 100, Fraction(1, 16) + UNIT))
    assert here.serves(proved(moved, 100, Fraction(1, 16), bits=BITS + 7))


def test_a_lower_level_costs_and_a_higher_one_pays():
    here = proved(NU, 100, Fraction(1, 8))
    K = here.question.eta / here.radius
    assert here.serves(proved(NU, 100 - K / 16, Fraction(1, 16)))
    assert not here.serves(proved(NU, 100 - K / 16 - UNIT, Fraction(1, 16)))
    assert here.serves(proved(NU, 100 + K, Fraction(9, 8)))
    assert not here.serves(proved(NU, 100 + K, Fraction(9, 8) + UNIT))


def test_other_rows_are_other_questions():
    here = proved(NU, 100, Fraction(1, 8))
    other = replace(here.question, rows=[*ROWS[:3], [0, 5]])
    assert not here.serves(Proved(frozenset(), frozenset(), other, Fraction(1, 16)))


@pytest.mark.parametrize("seed", range(20))
def test_what_it_says_of_another_question_is_true(seed):
    """f < level in all directions at one residual, and so at whatever other one it claims to serve."""
    rng = np.random.default_rng(seed)
    u = np.array([[np.cos(t), np.sin(t)] for t in np.linspace(0, 2 * np.pi, 400)])

    def top(one):
        """The largest |f| on the circle."""
        nu = np.array([float(Fraction(m, 2**BITS)) for m in one.question.nu])
        return float(np.abs(np.maximum(u @ np.array(ROWS, dtype=float).T, 0) @ nu).max())

    nu = [Fraction(int(v), 16) for v in rng.integers(-40, 41, 4)]
    free = proved(nu, 1, Fraction(1, 10))
    lam = Fraction(top(free) * 1.0001) + free.question.eta
    here, claimed = proved(nu, lam, Fraction(1, 10)), 0
    for _ in range(60):
        moved = [v + Fraction(int(x), 1000) for v, x in zip(nu, rng.integers(-60, 61, 4), strict=True)]
        level = lam + Fraction(int(rng.integers(-900, 900)), 1000)
        other = proved(moved, level, Fraction(1, 100))
        if here.serves(other):
            claimed += 1
            assert top(other) < float(level - other.question.eta)
    assert claimed
