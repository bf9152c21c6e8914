"""Quadratic forms that vanish at a vector in balls, and linear forms that are zero because of it: see `vanishing`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.budget import check
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, echelon, independent_rows, null_space, rank, times
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.rational import select_rows, square_root
from polyrelu.exact.recognise import relations

BITS = 200
PROBES = 3
"""Random vectors that a matrix of rank 2 or less maps to dependent ones."""
PAIRS, MOST = 2, 36
"""A single pair says what its own form says; so many numbers have relations with small integers by accident."""


class Step(NamedTuple):
    """Forms that are zero at zeta, and why: |T_k zeta|^2 - |T_l zeta|^2 = sum forms_i(zeta) others_i(zeta) for each
    (k, l, others), with as many independent vectors of others as there are forms (no pair: a definite form is zero).

    Neurons are numbered as in the structure; one more stands for lambda itself.
    """

    forms: list[list[fmpq]]
    pairs: list[tuple[int, int, list[list[fmpq]]]]


def steps_at(tight: Sequence[fmpq_mat], zeta: Sequence[Any]) -> list[Step]:
    """What is zero because all |T zeta| are equal; the last T stands for the length itself."""
    found, images = list[Step](), [image(T) for T in tight]
    for k, j in combinations(range(len(tight)), 2):
        check()
        if rank(images[k] - images[j]) < PROBES:
            M = tight[k].transpose() * tight[k] - tight[j].transpose() * tight[j]
            for zero, other in zero_factors(M, zeta):
                found.append(Step([zero], [(k, j, [other])] if other else []))
    return found or zero_differences(tight[:-1], zeta) or zero_relations(tight, zeta)


def image(T: fmpq_mat) -> fmpq_mat:
    """T^T T times a few vectors, always the same."""
    pick = random.Random(T.ncols())
    entries = [fmpq(pick.randint(-1000, 1000)) for _ in range(T.ncols() * PROBES)]
    return T.transpose() * (T * fmpq_mat(T.ncols(), PROBES, entries))


def zero_factors(M: fmpq_mat, zeta: Sequence[Any]) -> list[tuple[list[fmpq], list[fmpq]]]:
    """Linear forms that are zero at zeta because zeta^T M zeta is, for M of rank 1 or 2, each with the other factor.

    Balls tell two factors apart. A definite form is zero at zero only: then there is no other factor.

    With s and t two independent rows of M at zeta the form is (s, t) C^-1 (s, t), C the minor of M in these rows.
    """
    table, rows = M.tolist(), independent_rows(M)
    if len(rows) == 1:
        return [(table[rows[0]], [])]
    if len(rows) != 2:
        return []
    (i, j), (s, t) = rows, (table[r] for r in rows)
    (a, b), (_, c) = fmpq_mat([[table[i][i], table[i][j]], [table[i][j], table[j][j]]]).inv().tolist()
    if b * b < a * c:
        return [(s, []), (t, [])]
    root = square_root(b * b - a * c)
    if root is None:
        return []
    slopes = [(fmpq(0), fmpq(1)), (2 * b, c)] if a == 0 else [(a, b - root), (1, (b + root) / a)]
    factors = [[x * v + z * w for v, w in zip(s, t, strict=True)] for x, z in slopes]
    with precision(BITS):
        return [
            (zero, other)
            for zero, other in (factors, factors[::-1])
            if not (arb(0) + dot(other, zeta)).contains(0)
        ]


def zero_differences(tight: Sequence[fmpq_mat], zeta: Sequence[Any]) -> list[Step]:
    """Forms that span differences (or sums) of two T, and are zero because enough pairs agree in length."""
    spans: dict[tuple[tuple[fmpq, ...], ...], list[tuple[int, int, list[list[fmpq]]]]] = {}
    for (k, j), sign in product(combinations(range(len(tight)), 2), (1, -1)):
        check()
        D = tight[k] - tight[j] * sign
        span = echelon(D.tolist())
        if span.rows:
            C = fmpq_mat([[row[i] for i in span.pivot_columns] for row in D.tolist()])
            others = (C.transpose() * (tight[k] + tight[j] * sign)).tolist()
            spans.setdefault(tuple(map(tuple, span.rows)), []).append((k, j, others))
    return [
        Step(list(map(list, forms)), pairs)
        for forms, pairs in spans.items()
        if len(pairs) >= len(forms) == len(independent_pairs(pairs, zeta))
    ]


def zero_relations(tight: Sequence[fmpq_mat], zeta: Sequence[Any]) -> list[Step]:
    """Forms that are 0 as far as digits tell, and are so because enough pairs agree in length wherever they are 0.

    Let e = E zeta be such forms, E C = 1, and M = T_k^T T_k - T_l^T T_l vanish where e does. With zeta = N a + C e,
    E N = 0, the a alone add nothing, so that zeta^T M zeta = e . C^T M (2 zeta - C e).
    """
    if len(tight) <= PAIRS or len(zeta) > MOST:
        return []
    stack = fmpq_mat([row for T in tight for row in T.tolist()])
    seen = select_rows(stack, independent_rows(stack))
    with precision(BITS):
        guessed = relations([arb(0) + v for v in times(seen, zeta)])
    if not 0 < len(guessed) < len(zeta):
        return []
    E = fmpq_mat(guessed) * seen
    C = E.transpose() * (E * E.transpose()).inv()
    N, back = fmpq_mat(null_space(E.tolist(), len(zeta))).transpose(), C * E
    pairs = []
    for k, j in combinations(range(len(tight)), 2):
        check()
        M = tight[k].transpose() * tight[k] - tight[j].transpose() * tight[j]
        if not any((N.transpose() * M * N).entries()):
            pairs.append((k, j, (C.transpose() * M * 2 - C.transpose() * M * back).tolist()))
    forms = E.tolist()
    return [Step(forms, pairs)] if len(independent_pairs(pairs, zeta)) == len(forms) else []


def independent_pairs(pairs: Sequence[tuple[int, int, list[list[fmpq]]]], zeta: Sequence[Any]) -> list[int]:
    """Pairs whose other factors are independent at zeta."""
    if not pairs:
        return []
    with precision(BITS):
        return nonzero_minor(arb_mat([times(others, zeta) for _, _, others in pairs]))[0]
