"""Numbers of flint in `pickle`, `copy` and `deepcopy`: every type comes back exactly, at whatever working precision.

A ball is its midpoint and its radius, two dyadic numbers (mantissa, exponent). flint reads the midpoint back as it is
but rounds a radius up, to 30 bits, even where it has 30 bits already. So a radius m 2^e with 2^29 <= m < 2^30 is
handed over as (m - 1/4) 2^e, whose roundings up to 30 bits all end in m 2^e. Importing `polyrelu.exact` registers the
types for the whole process.

>>> import pickle
>>> ball = arb(1, 3) / 7
>>> back = pickle.loads(pickle.dumps(ball))
>>> back.mid() == ball.mid(), back.rad() == ball.rad()
(True, True)
"""

from __future__ import annotations

import copyreg
from typing import Any

from flint import acb, arb, arb_mat, fmpq_mat, fmpq_poly, fmpz, fmpz_mat, fmpz_poly

RADIUS_BITS = 30

Dyadic = tuple[fmpz, fmpz]
Rebuilt = tuple[Any, tuple[Any, ...]]


def ball_of(mid: Dyadic, rad: Dyadic) -> arb:
    """The ball with exactly this midpoint and this radius."""
    mantissa, exponent = int(rad[0]), int(rad[1])
    if mantissa == 0:
        return arb(mid)
    shift = RADIUS_BITS - mantissa.bit_length()
    return arb(mid, ((mantissa << (shift + 2)) - 1, exponent - shift - 2))


def _ball(x: arb) -> Rebuilt:
    if not x.is_finite():
        return arb, ("nan",)  # the ball that holds everything
    return ball_of, (x.mid().man_exp(), x.rad().man_exp())


def _complex_ball(x: acb) -> Rebuilt:
    return acb, (x.real, x.imag)


def _matrix(A: Any) -> Rebuilt:
    return type(A), (A.nrows(), A.ncols(), A.entries())


def _polynomial(f: Any) -> Rebuilt:
    return type(f), (f.coeffs(),)


copyreg.pickle(arb, _ball)
copyreg.pickle(acb, _complex_ball)
for _kind in (fmpz_mat, fmpq_mat, arb_mat):
    copyreg.pickle(_kind, _matrix)
for _kind in (fmpz_poly, fmpq_poly):
    copyreg.pickle(_kind, _polynomial)
