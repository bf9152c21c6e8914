#!/usr/bin/env python3
# ruff: noqa: B905 -- it runs on Python 3.9, where zip has no strict=
"""All directions off the neurons at the nodes of a path, for path.py, which loads this file from beside itself.

Bare Python 3.9, no floats.
"""

# Letters as in kernel.py and path.py. The directions are those of one table, that of the rows, or with an offset of one
# for each different row: the a_i - a_j as seen from row j, whose directions u are those (u, b) with x_j.(u, b) = 0.
# A node is covered once, with the larger rho, the fewer decided lines, the fewer stars beside and all tables of its two
# sides. A star with fewer decided lines is smaller, so that this shows what each side needs.
#
# Lemma (kinks). With an offset let each face be 0 on a row. For every row j and sign s let, at both ends, either
# s C_j > 0 within rho (C_j, the sum of the nu_i with x_i = x_j, then has this sign at nu*), or all that the lemma on
# intervals asks of directions of sign s be shown in the table of row j, where the neurons are those whose face is 0 at
# j; and let every neuron occur in one of these tables. Then what that lemma says holds of the neurons whose kinks meet
# a row, and of the optimal networks that have no others. These are all optimal networks, unless the rows 0 and + of
# some neuron are all rows, or the rows + of another one of its sign; and then kinks can move.
# Proof. nu* is orthogonal to 1, as the last equations say. In a table f_s(u) is that of the (u, b) with x_j.(u, b) = 0,
# and linear in nu: so it is at most lambda |u| there for all nu*, reached along the w* alone. By the lemma on offsets
# nu* is feasible. Let (u, b) be tight and meet rows. There the slope of f_s(u, .) in b does not grow, and it changes by
# the sum of their s C_j: so one of these is at most 0, and (u, b) is a w* in the table of that row. (A neuron that is 0
# on several rows is the same in the tables of all: P_k (a_j - a_j') = 0.) The rest is as in that lemma, modulo the free
# columns, 1 among them, and the last sentence as in kernel.py, below the lemma on weights.   QED
#
# Lemma (beside). Let a neuron (w*, b) of sign s be 0 on the rows Z, which differ, and pass the tests of its star in the
# tables of two rows of Z, where no two others share a line, or let Z be one row. Put e = s (sum of nu_i over the rows
# +), e' = -s (sum of nu_i over the rows + and 0). Let e, e' >= 0 at nu*, e > 0 if its face is + at j and e' > 0 if it
# is - there. Let s C_i < 0 for all rows i that share a line with others in the table of row j. Then f_s(u) < lambda |u|
# at nu* for every u of this table at which all other hard lines have the sign that the face gives to their row, or 0.
# Proof. Let g = s sum_(face +) nu_i x_i, with the entry e for the bias. There are 0 <= b_i <= -s C_i for the i in Z
# with g - sum b_i x_i = (w*, 0). If Z is one row, b_i = e and -s C_i - e = e'. Else the x_i are independent, so that
# the b_i are unique and add up to e, and the multipliers in the table of each row of Z are those of the others: two
# tables bound them all. With the slopes b_i / (-s C_i) on Z, and 1 or 0 by their sides for all others, f_s(z) <= w*.u
# at such z = (u, b'), as in the lemma (star): rows that share a line bend down, whatever their sides. That is less than
# lambda |u| unless u lies along w*. Let u = w*. From (w*, b) to z the bias falls if the face is + at j, and grows if it
# is -. On the way f_s is concave, as no row with s C_i > 0 changes its side, and its slope at (w*, b) is -e, or -e': so
# it ends below lambda |w*|.   QED

from __future__ import annotations

import sys
from fractions import Fraction
from math import ceil, gcd
from typing import Any, NamedTuple

kernel: Any = sys.modules.get("polyrelu_kernel_of_paths")  # as path.py has loaded it


class View(NamedTuple):
    """A table: the signs to cover, which lines are decided, and the neurons whose stars reach into it from beside."""

    signs: list[int]
    decided: list[bool]
    beside: list[str]


def lines_at(problem: Any, node: Any, rows: list[list[int]]) -> Any:
    """The lines of a table at a node; those whose coefficient is 0 on V (see the lemma (space)) do not move."""
    base = problem.base
    lines = kernel.lines_of(rows, node.N * base.q, node.m)
    if not problem.confined:
        return lines
    spread = list(lines.spread)
    for k in range(len(spread)):
        form = [gcd(*row) * (at == k) for row, (at, _) in zip(rows, lines.place)]
        spread[k] *= any(kernel.reduced(form, base.basis))
    return lines._replace(spread=spread)


def show(problem: Any, tight: list[str], nodes: list[Any], rho: Fraction) -> list[View]:
    """What is to be covered in each table, the stars tested at all nodes."""
    views, plain, met = list[View](), list[list[int]](), {face: list[int]() for face in tight}
    for j, rows in problem.base.tables():
        kernel.tick()
        seen = [(lines_at(problem, node, rows), node.N * rho) for node in nodes]
        signs = [s for s in (1, -1) if j < 0 or not all(is_low(*one, s) for one in seen)]
        for node, (lines, _) in zip(nodes, seen):
            for face, star in stars_of(problem, in_table(tight, j, signs), node, lines, rho).items():
                met[face].append(star.side.count(0))
        columns = [zip(lines.C, lines.spread, [rho * lines.unit] * len(lines.C)) for lines, _ in seen]
        views.append(View(signs, [is_decided(ends) for ends in zip(*columns)], []))
        plain.append([s for s in signs if all(share_none(*one, s) for one in seen)])
    kernel.need(all(met.values()), "a kink meets a row where it can be highest")
    for face, zeros in met.items():
        falling = sides_of(problem, face, zeros, nodes, rho) if problem.base.offset else ""
        for (j, _), view, signs in zip(problem.base.tables(), views, plain):
            if int(face[0] + "1") in signs and face[j + 1] in falling:
                view.beside.append(face)
    return views


def in_table(tight: list[str], j: int, signs: list[int]) -> list[str]:
    """The neurons of some signs that a table shows: with an offset those that are 0 on its row."""
    return [face for face in tight if int(face[0] + "1") in signs and (j < 0 or face[j + 1] == "0")]


def stars_of(problem: Any, faces: list[str], node: Any, lines: Any, rho: Fraction) -> dict[str, Any]:
    """The stars of some neurons in a table at a node, their hypotheses tested within rho."""
    here = problem.at(node.level)
    return {face: kernel.star_of(here, lines, int(face[0] + "1"), face[1:], rho) for face in faces}


def is_low(lines: Any, most: Fraction, sign: int) -> bool:
    """Whether s C_j > 0 for the row of a table."""
    here = [v for v, row in zip(lines.m, lines.rows) if not any(row)]
    return bool(sign * sum(here) > most * len(here))


def is_decided(ends: Any) -> bool:
    """Whether a line does not move, or its coefficient has one sign at all nodes."""
    margins = [(C, most * spread) for C, spread, most in ends]
    up, down = (all(s * C > most for C, most in margins) for s in (1, -1))
    return up or down or not ends[0][1]


def share_none(lines: Any, most: Fraction, sign: int) -> bool:
    """Whether s C_i < 0 for all rows that differ and share a line."""
    found: dict[int, dict[tuple[int, ...], list[int]]] = {}
    for (k, _), row, v in zip(lines.place, lines.rows, lines.m):
        found.setdefault(k, {}).setdefault(tuple(row), []).append(v)
    shared = [values for rows in found.values() if len(rows) > 1 for values in rows.values()]
    return all(-sign * sum(values) > most * len(values) for values in shared)


def sides_of(problem: Any, face: str, zeros: list[int], nodes: list[Any], rho: Fraction) -> str:
    """The sides of rows in whose tables the star of a neuron is seen from beside; `zeros`: lines on which it was 0."""
    base, s, falling = problem.base, int(face[0] + "1"), "+-"
    met = {tuple(row) for row, letter in zip(base.rows, face[1:]) if letter == "0"}
    if set(zeros) != {len(met) - 1} or len(zeros) < len(nodes) * min(2, len(met)):
        return ""
    for letter, sign, rows in (("+", s, "+"), ("-", -s, "+0")):
        form = kernel.reduced([int(side in rows) for side in face[1:]], base.basis)
        values, size = (
            [sign * kernel.dot(form, node.m) for node in nodes],
            kernel.root(kernel.dot(form, form)),
        )
        least = [node.N * rho * size for node in nodes]
        if any(v < t for v, t in zip(values, least)):
            return ""
        falling = falling if all(v > t for v, t in zip(values, least)) else falling.replace(letter, "")
    return falling


def at_node(sides: list[Any]) -> tuple[Fraction, list[View]]:
    """What is covered at a node, for the pieces on both sides."""
    views = list[View]()
    for same in zip(*(side.views for side in sides)):
        signs = [s for s in (1, -1) if any(s in view.signs for view in same)]
        decided = [all(line) for line in zip(*(view.decided for view in same))]
        asked = {s: [set(view.beside) for view in same if s in view.signs] for s in signs}
        beside = [
            face for s in signs for face in sorted(set.intersection(*asked[s])) if int(face[0] + "1") == s
        ]
        views.append(View(signs, decided, beside))
    return max(side.rho for side in sides), views


def cover(problem: Any, tight: list[str], node: Any, rho: Fraction, views: list[View]) -> None:
    """All directions off the stars, in all tables, at one node."""
    level = node.level - rho * problem.base.frobenius
    for (j, rows), view in zip(problem.base.tables(), views):
        lines = lines_at(problem, node, rows)
        slack, far = rho * lines.unit, 1 + max(map(abs, lines.C), default=0)
        wide = ceil(far / slack)  # makes a line hard for both signs
        marked = lines._replace(spread=[x if clear else wide for x, clear in zip(lines.spread, view.decided)])
        stars = [*stars_of(problem, in_table(tight, j, view.signs), node, lines, rho).values()]
        stars += [star_beside(face, lines) for face in view.beside]
        kernel.cover(marked, level, stars, slack, view.signs, top=node.level)


def star_beside(face: str, lines: Any) -> Any:
    """The star of a neuron in the table of a row that it does not meet; 0 where rows share a line, which bend down."""
    side, known, shared = [0] * (len(lines.V) + 1), dict[int, list[int]](), set[int]()
    for letter, (k, turn), row in zip(face[1:], lines.place, lines.rows):
        side[k] = turn * ("-0+".index(letter) - 1)
        if known.setdefault(k, row) != row:
            shared.add(k)
    return kernel.Star(int(face[0] + "1"), [v * (k not in shared) for k, v in enumerate(side[:-1])], [])
