"""The rank of all activations where a neuron stands for its orbit, for every lambda of an interval.

Q_k nu is linear in nu, which stays in a space that is known (see `implied`): nowhere in it the Q_k nu have more than
their generic rank. A minor that stays away from 0 over enclosures of all nu of a piece shows that it is no less; at a
breakpoint where some neurons become one, their differences are divided by the distance first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from flint import arb, arb_mat, fmpq_mat

from polyrelu.breakpoints.zeros import tangent
from polyrelu.curves.branch import BITS, Balls
from polyrelu.curves.chord import prove_chord
from polyrelu.curves.condition import SIDE
from polyrelu.curves.curve import ORDINARY, Curve, End, Piece
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import absolute, ball_column, identity
from polyrelu.exact.krawczyk import approximate_inverse
from polyrelu.exact.linear import rank
from polyrelu.exact.minors import nonzero_minor
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.tightness import on_hyperplane

MOST_PARTS, MOST_HALVINGS, MOST_POINTS = 64, 5, 1000


def rank_of_all(neurons: Sequence[Neuron], pieces: Sequence[Piece], at_most: int) -> int:
    """The rank of the Q_k nu, modulo free columns, at every lambda of some pieces; `Undecided` where it is not shown to
    be one number.
    """
    chord, free = pieces[-1].chord, pieces[-1].curve.branch.program.free
    squares = [free.onto_complement(k.A.transpose() * k.A) for k in neurons]
    most = min(at_most, generic_rank([chord.implied.on_zeta(square) for square in squares]))
    if not reached(squares, pieces, most, [k.place for k in neurons]):
        raise Undecided("the rank of the activations is not shown to be the same on a whole interval")
    return most


def generic_rank(operators: Sequence[fmpq_mat]) -> int:
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


def reached(
    operators: Sequence[fmpq_mat], pieces: Sequence[Piece], most: int, places: Sequence[Place] = ()
) -> bool:
    """Whether the M_k nu have so large a rank at every lambda of some pieces; M_k may be those of neurons at places."""
    squares = [arb_mat(M) for M in operators]
    high, low = pieces[0], pieces[-1]  # as a path is walked: downwards
    far = _at_ends(((low, low.low), (high, high.high)), places) if places else []
    return most == 0 or all(_is_reached(piece, squares, places, most, far) for piece in pieces)


def _at_ends(ends: Sequence[tuple[Piece, End]], places: Sequence[Place]) -> list[list[Any]]:
    """What the faces become at the ends of pieces."""
    at_ends = [fallen(piece.curve, end) for piece, end in ends]
    return [[found.get(place, place) for place in places] for found in at_ends]


def _is_reached(
    piece: Piece,
    squares: Sequence[arb_mat],
    places: Sequence[Place],
    most: int,
    far: Sequence[Sequence[Any]],
    *,
    halvings: int = MOST_HALVINGS,
) -> bool:
    """Whether some minor of that size stays away from 0 strictly between the ends of a piece.

    Between other pieces, differences of neurons that become one at a far end are sharper than the neurons.
    """
    ends: list[list[Any]] = _at_ends(((piece, piece.low), (piece, piece.high)), places)
    ends = ends if places else [list(range(len(squares)))] * 2
    merge = [len(set(at_end)) < len(squares) for at_end in ends]
    groups = [] if any(merge) else far
    parts = 1 if not all(merge) else 2
    while parts <= MOST_PARTS:
        for k, (eta, slopes) in enumerate(_directions(piece, parts)):
            upper = merge[1] if merge[0] != merge[1] else 2 * k >= parts
            tables = [_rows(squares, group, eta, eta) for group in groups]
            tables = tables or [_rows(squares, ends[upper], eta, slopes[upper])]
            if not any(_is_rank(arb_mat(table), most) for table in tables):
                break
        else:
            return True
        parts *= 4
    halves = _halves(piece) if halvings else []
    return bool(halves) and all(
        _is_reached(half, squares, places, most, far, halvings=halvings - 1) for half in halves
    )


def _halves(piece: Piece) -> list[Piece]:
    """Two pieces for one, which are sharper: their roots in the middle lie where the piece has one root only."""
    chord, branch = piece.chord, piece.curve.branch
    middle = (chord.low + chord.high) / 2
    point = branch.newton([(u + v) / 2 for u, v in zip(chord.at_low, chord.at_high, strict=True)], middle)
    if point is None:
        return []
    low = prove_chord(branch, chord.low, middle, chord.at_low, point, (chord.anchors[0], None))
    high = prove_chord(branch, middle, chord.high, point, chord.at_high, (None, chord.anchors[1]))
    if low is None or high is None:
        return []
    same = chord.holds(low.root_high, arb(middle)) and chord.holds(high.root_low, arb(middle))
    lower = Piece(piece.curve, low, piece.low, ORDINARY, piece.shares)
    return [lower, Piece(piece.curve, high, ORDINARY, piece.high, piece.shares)] if same else []


def _is_rank(M: arb_mat, most: int) -> bool:
    """Whether all matrices in these balls have a nonzero minor of this size: S Y is near 1, Y inverse in the middle."""
    rows, columns = (index[:most] for index in nonzero_minor(M.mid()))
    if len(rows) < most:
        return False
    S = arb_mat([[M[i, j] for j in columns] for i in rows])
    Y = approximate_inverse(S.mid(), BITS)
    if Y is None:
        return False
    rest = absolute(identity(most) - S * Y).tolist()
    return all(bool(sum(row, start=arb(0)) < 1) for row in rest)


def _rows(squares: Sequence[arb_mat], at_end: Sequence[Any], eta: arb_mat, slope: arb_mat) -> list[Balls]:
    """Rows of the rank of all Q_k eta: of those that agree at lambda*, the end, all but one give way to

    (Q_k - Q_j) eta / (lambda - lambda*), which lies where (Q_k - Q_j) eta' does between the two.
    """
    first: dict[Any, int] = {}
    found = []
    for k, place in enumerate(at_end):
        j = first.setdefault(place, k)
        found.append((squares[k] * eta if j == k else (squares[k] - squares[j]) * slope).entries())
    return found


def fallen(curve: Curve, end: End) -> dict[Place, Place]:
    """The faces of neurons that lie on further hyperplanes at a breakpoint: where two agree, so do the neurons.

    If u is on H_j, A nu is the same for the face with row j at 0 (see `events`).
    """
    found = dict[Place, Place]()
    for f in end.zero:
        if f.kind == SIDE and f.row is not None and f.place in curve.tight:
            found[f.place] = on_hyperplane(curve.faces.neuron(found.get(f.place, f.place)), f.row)
    if curve.branch.symmetry is not None:
        for place, there in list(found.items()):
            found |= dict(curve.branch.symmetry.orbit(place, there))
    return found


def _directions(piece: Piece, parts: int) -> Iterator[tuple[arb_mat, list[arb_mat]]]:
    """Enclosures of W g, the part of nu / lambda that neurons see, on equal parts of a piece.

    And of h times its mean derivatives from there to both ends: D + (1 - t) B and D - t B by the bow, or h x' at the
    end and half of h^2 x'' times the part of the way, which is sharper close to it.
    """
    chord, branch = piece.chord, piece.chord.branch
    W, p, (D, h), bow = branch.data.W, branch.size, chord.reach, chord.bow
    slopes = [tangent(branch, x, lam) for x, lam in chord.feet]
    for k in range(parts):
        t = (arb(k) / parts).union(arb(k + 1) / parts)
        near = [[u + (1 - t) * v for u, v in zip(D, bow, strict=True)]]
        near.append([u - t * v for u, v in zip(D, bow, strict=True)])
        x = [u + t * v for u, v in zip(chord.feet[0][0], near[0], strict=True)]
        for e, (dx, way) in enumerate(zip(slopes, (t, t - 1), strict=True)):
            if dx is not None:
                turned = [(u + v * (way * h / 2)) * h for u, v in zip(dx, chord.curvature, strict=True)]
                near[e] = [u.intersection(v) for u, v in zip(near[e], turned, strict=True)]
        yield W * ball_column(x[:p]), [W * ball_column(v[:p]) for v in near]
