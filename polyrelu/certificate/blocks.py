#!/usr/bin/env python3
# ruff: noqa: B905 -- it runs on Python 3.9, where zip has no strict=
"""The blocks of listed patterns, or of gates, for path.py, which loads this file from beside itself.

Bare Python 3.9, no floats.
"""

# Letters as in kernel.py and path.py. A list of 0/1 patterns D makes a problem of its own: networks whose neurons
# lie in the cones K_b = { w : e_j x_j.w >= 0 for all j } of its blocks b = (s, D), with e_j = 1 where D is 1 and -1
# elsewhere. (Gates: K_b is everything, s = 1, and the activation is D X w.) Put c_b = s X^T D nu. A face *lies in* a
# block of its sign that agrees with it off its zero rows.
#
# Lemma (blocks). Let rho be as in the lemma on intervals, and at both ends
#   - each neuron be strictly inside its face, with the margin of kernel.py, and lie in a block at least; for each such
#     block and each line v on which the face is 0 (these are independent), let the coefficient of v in c_b - P c_b
#     have the sign of -e_j x_j for the rows of this line, within rho, unless these differ,
#   - every block in which no neuron lies have some t_j >= 0 with |c_b + sum t_j e_j x_j| < lambda - rho F,
# and the weights be positive in the tube. Then what the lemma on intervals says holds among these networks.
# Proof. The largest c_b.u over the u in K_b with |u| <= 1 is |p_b|, p_b the projection of c_b onto K_b, and at most
# |c_b + sum t_j e_j x_j| for every t >= 0. This is convex in (nu, t) and lambda affine along the chord: so the blocks
# without a neuron are below lambda at nu*, for all lambda. In the others w* = P c_b lies in K_b, and c_b - w* = -sum
# t_j e_j x_j with t_j >= 0 and rows orthogonal to w*: so p_b = w*, reached along w* alone, and |w*| = lambda by the
# system. Hence nu* is feasible, and neurons along the w* are all that optimal networks can have. The rest is as above.
# (For a gate that has a neuron c_b = w*; nothing is to be tested.)   QED

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

kernel: Any = sys.modules.get("polyrelu_kernel_of_paths")  # as path.py has loaded it


def settle(problem: Any, tight: list[str], lines: Any, level: Fraction, rho: Fraction) -> None:
    """Every block of the list at one node: it is below the level, but for its neurons."""
    base, known = problem.base, dict[tuple[int, ...], Any]()
    limit = (level - rho * base.frobenius) * lines.unit
    held = show_neurons(problem, tight, lines, rho)
    weighted = [[v * x for x in row] for v, row in zip(lines.m, base.rows)]
    for block in problem.blocks:
        c = [sum(x for x, bit in zip(column, block) if bit == "1") for column in zip(*weighted)]
        for sign in ("+",) if problem.gated else ("+", "-"):
            kernel.tick()
            if not any(face[0] == sign and block in held[face] for face in tight):
                signed = c if sign == "+" else [-x for x in c]
                below = limit > 0 and is_below(
                    [] if problem.gated else base.rows, signed, block, limit, known
                )
                kernel.need(below, "every block without a neuron stays below lambda")


def show_neurons(problem: Any, tight: list[str], lines: Any, rho: Fraction) -> dict[str, list[str]]:
    """The blocks that each neuron lies in, all its conditions tested within rho."""
    held = {face: [block for block in problem.blocks if lies_in(face, block)] for face in tight}
    kernel.need(all(held.values()), "every neuron lies in a block of the list")
    for face in () if problem.gated else tight:
        show_neuron(problem, lines, face, held[face], rho)
    return held


def lies_in(face: str, block: str) -> bool:
    """Whether they agree off the zero rows of the face."""
    return all(side in ("0", "-+"[int(bit)]) for side, bit in zip(face[1:], block))


def show_neuron(problem: Any, lines: Any, face: str, held: list[str], rho: Fraction) -> None:
    """A neuron lies strictly inside its face, and has multipliers for all blocks that it lies in."""
    base, s, at_rest = problem.base, int(face[0] + "1"), lines.unit * rho
    Z = sorted({k for side, (k, turn) in zip(face[1:], lines.place) if side == "0" and turn})
    g = [
        s * sum(v * x for v, x, side in zip(lines.m, column, face[1:]) if side == "+")
        for column in zip(*base.rows)
    ]
    w = [*map(Fraction, g)]
    for k, a in zip(Z, kernel.duals([lines.V[k] for k in Z])):
        w = [x - Fraction(kernel.dot(a, g), kernel.dot(a, lines.V[k])) * v for x, v in zip(w, lines.V[k])]
        on_line = [turn * (i == k) for i, turn in lines.place]
        for block in held:
            sides = {turn * (2 * int(bit) - 1) for turn, bit in zip(on_line, block) if turn}
            form = [s * kernel.dot(row, a) * int(bit) for row, bit in zip(base.rows, block)]
            form = (
                kernel.reduced([-x * side for side in sides for x in form], base.basis)
                if len(sides) == 1
                else []
            )
            kept = (
                kernel.dot(form, lines.m) >= kernel.root(Fraction(kernel.dot(form, form))) * at_rest / base.q
            )
            kernel.need(kept, "a neuron has multipliers for every block that it lies in")
    for side, row in zip(face[1:], base.rows):
        away = "-0+".index(side) - 1
        inside = (
            away * kernel.dot(row, w) > kernel.root(Fraction(kernel.dot(row, row))) * base.frobenius * at_rest
        )
        kernel.need(inside or not away, "a neuron lies strictly inside its face")


def is_below(rows: list[list[int]], c: list[int], block: str, limit: Fraction, known: Any) -> bool:
    """Whether |c + sum t_j e_j x_j| < limit for some t >= 0, found after Lawson and Hanson."""
    p, S, t = list[Any](c), list[int](), list[Fraction]()
    while kernel.dot(p, p) >= limit**2:
        kernel.tick()
        along = [
            (kernel.dot(row, p) * (2 * int(bit) - 1), kernel.dot(row, row)) for row, bit in zip(rows, block)
        ]
        against = [(x * x / Fraction(size), j) for j, (x, size) in enumerate(along) if x < 0 and j not in S]
        if not against:
            return False  # p is the projection onto the cone, and too long
        S, t = [*S, max(against)[1]], [*t, Fraction(0)]
        while True:
            if tuple(S) not in known:
                known[tuple(S)] = kernel.duals([rows[j] for j in S])
            parts = [Fraction(kernel.dot(a, c), kernel.dot(a, rows[j])) for a, j in zip(known[tuple(S)], S)]
            goal = [part * (1 - 2 * int(block[j])) for part, j in zip(parts, S)]
            if all(x > 0 for x in goal):
                break
            step = min(x / (x - z) for x, z in zip(t, goal) if z <= 0)
            moved = [(j, x + step * (z - x)) for j, x, z in zip(S, t, goal)]
            S, t = [j for j, x in moved if x > 0], [x for _, x in moved if x > 0]
        t, p = goal, list(c)
        for part, j in zip(parts, S):
            p = [x - part * v for x, v in zip(p, rows[j])]
    return True
