"""All directions at once, for every lambda of a chord: coverings at its two ends, and in the middle if that is needed.

f_nu(u) = sum s nu_i (x_i.u)_+ is linear in nu: what is below lambda ||u|| at some nodes is below it where nu and lambda
are a mean of theirs, up to an error eta that `room` tells. The coverings prove f < (lambda_k - eta) ||u|| with nu_k at
every node, off the stars of the neurons; hence f < lambda ||u|| with nu(lambda). A star is that of `covering.stars`.
Its lemma holds for nu(lambda) itself, once the neuron's signs and multipliers are shown along the chord, if a star ends
at every line whose coefficient is not proved negative on the whole chord: these are the *hard* lines, common to all
nodes. Of a neuron that is only about to enter, |A nu| <= lambda is shown elsewhere; the lemma holds with A nu for
lambda u.

Rows with nu_i = 0 for every lambda take no part. A covering is kept with the node: it serves both neighbours of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from polyrelu.budget import check
from polyrelu.covering import Covered, Question, cover
from polyrelu.curves.nodes import Node, Proved
from polyrelu.curves.patience import ROOM, Divisions, Patience
from polyrelu.curves.room import Room
from polyrelu.curves.rows import Hard, Rows
from polyrelu.proof.neuron import Place

MAX_BOXES, WITH_OFFSET = 9_000, 8
"""Boxes of one covering, and how many times as many where directions have a free bias besides."""
LEAST_DEPTH, MAX_DEPTH = 12, 24
"""A chord whose coverings need more is cut in two; a shorter one needs fewer."""
ENOUGH = 1
"""Directions that resist, after which a covering is given up."""


@dataclass(frozen=True)
class Above:
    """Directions that resist at a node: `missed` are proved to be above lambda there."""

    node: Node
    missed: tuple[tuple[int, tuple[int, ...]], ...]
    undecided: tuple[tuple[int, tuple[int, ...]], ...]
    places: tuple[Place, ...] = ()
    """Neurons above lambda, where blocks are listed."""
    top: Fraction | None = None
    """f(u) / ||u|| of the highest that is not missed, roughly."""


def unsettled(
    room: Room, stars: Sequence[Place], rows: Rows, patience: Patience, settled: Callable[[Hard], list[Place]]
) -> Above | None:
    """Prove all directions off the stars strictly below lambda on the whole chord, or say what resists.

    `settled` are further stars, where the directions are below lambda if only the lines that are not hard are negative.
    """
    hard = room.hard(rows)
    stars = list(dict.fromkeys((*stars, *settled(hard))))
    for node, pinned in zip(room.nodes, room.pins, strict=True):
        question = node.question(rows.rows, room.radius * ROOM, stars, hard, pinned)
        wanted = Proved(frozenset(stars), hard, question, room.radius)
        found = _cover(node, wanted, patience.divisions)
        if found is None or not found.missed:
            patience.hears(room.part, node.level, None if found is None else found.top, covered=found is None)
        if found is not None and node is not room.middle:
            return found
        if found is not None:  # above lambda where there is no network means nothing
            return Above(room.nodes[-1], (), (*found.missed, *found.undecided), top=found.top)
    return None


def depth_for(question: Question) -> int:
    """How small boxes may become: near a neuron beside a wall the margin is the square of the distance."""
    digits = int(question.lam / question.eta).bit_length() if question.eta else 2 * MAX_DEPTH
    return min(MAX_DEPTH, max(LEAST_DEPTH, digits // 2 + 6))


def _cover(node: Node, wanted: Proved, divisions: Divisions) -> Above | None:
    """Ask at one node, unless it was answered before."""
    question = wanted.question
    if any(p.serves(wanted) for p in node.proved):
        return None
    if question.level <= 0:
        return Above(node, (), ())
    check()
    start = divisions.last
    answer = cover(
        question,
        max_depth=depth_for(question),
        max_boxes=MAX_BOXES * (WITH_OFFSET if question.offset else 1),
        most=16,
        enough=ENOUGH,
        hasty=True,
        start=start,
    )
    if isinstance(answer, Covered):
        divisions.hears(answer.partition, begun=start is not None)
        node.proved.append(replace(wanted, radius=question.radius))
        return None
    near = [u for u in answer.directions if u.kind != "missed"]
    top = Fraction(max(u.value for u in near)) if near else None
    missed = tuple((u.sign, u.vector) for u in answer.missed)
    return Above(node, missed, tuple((u.sign, u.vector) for u in near), top=top)
