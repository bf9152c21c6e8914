"""The rank of all activations where a neuron stands for its orbit, for every lambda of an interval.

Q_k nu is linear in nu, which stays in a space that is known (see `implied`): nowhere in it the Q_k nu have more than
their generic rank. A minor that stays away from 0 over enclosures of all nu of a piece shows that it is no less.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from flint import arb, arb_mat, fmpq_mat

from polyrelu.errors import Undecided
from polyrelu.exact.linear import rank
from polyrelu.exact.minors import nonzero_minor
from polyrelu.paths.branch import Balls
from polyrelu.paths.curve import Piece
from polyrelu.proof.neuron import Neuron

MOST_PARTS, MOST_POINTS = 256, 1000


def rank_of_all(neurons: Sequence[Neuron], pieces: Sequence[Piece], at_most: int) -> int:
    """The rank of the Q_k nu at every lambda of some pieces; `Undecided` where it is not shown to be one number."""
    chord = pieces[-1].chord
    most = min(at_most, _generic_rank([chord.implied.on_zeta(k.A.transpose() * k.A) for k in neurons]))
    if not all(_is_reached(piece, neurons, most) for piece in pieces):
        raise Undecided("the rank of the activations is not shown to be the same on a whole interval")
    return most


def _generic_rank(operators: Sequence[fmpq_mat]) -> int:
    """The largest rank of the M_k g over all g, or a bound of it.

    A minor of size m is homogeneous in g, of degree m: it is 0 everywhere if it is 0 at g = (1, t) for all t of a grid
    with m + 1 values of each coordinate.
    """
    p, most = operators[0].ncols(), min(len(operators), operators[0].nrows())
    if (most + 1) ** (p - 1) > MOST_POINTS:
        return rank([list(M.entries()) for M in operators])
    return max(
        rank([list((M * fmpq_mat(p, 1, [1, *t])).entries()) for M in operators])
        for t in product(range(most + 1), repeat=p - 1)
    )


def _is_reached(piece: Piece, neurons: Sequence[Neuron], most: int) -> bool:
    squares, parts = [arb_mat(k.A.transpose() * k.A) for k in neurons], 1
    while parts <= MOST_PARTS:
        if all(
            len(nonzero_minor(arb_mat([(Q * _column(nu)).entries() for Q in squares]))[0]) >= most
            for nu in _directions(piece, parts)
        ):
            return True
        parts *= 4
    return False


def _directions(piece: Piece, parts: int) -> Iterator[Balls]:
    """Enclosures of W g, the part of nu / lambda that neurons see, on equal parts of a piece."""
    chord, branch = piece.chord, piece.curve.branch
    for k in range(parts):
        t = (arb(k) / parts).union(arb(k + 1) / parts)
        middle = [u + (v - u) * t for u, v in zip(chord.at_low, chord.at_high, strict=True)]
        x = [arb(v.mid(), v.rad() + r) for v, r in zip(middle, chord.r, strict=True)]
        g, _, _ = branch.parts(x)
        yield (branch.data.W * g).entries()


def _column(nu: Balls) -> arb_mat:
    return arb_mat(len(nu), 1, nu)
