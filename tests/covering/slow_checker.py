"""A slow, separate check of a recorded covering, in fractions: shares no code with the search.

Every leaf is re-derived, and the leaves must tile the facets: disjoint dyadic boxes whose volumes add up.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import gcd, isqrt, prod


def inner(a, b):
    return sum((Fraction(int(x)) * y for x, y in zip(a, b, strict=True)), start=Fraction(0))


def check(question, leaves):
    """Raise AssertionError unless the leaves prove the question."""
    lines, level = own_lines(question)
    for leaf in leaves:
        {"A": leaf_a, "B": leaf_b, "M": leaf_m}[leaf.kind](question, lines, level, leaf)
    for sign in question.signs:
        tiles_the_facets(question, [leaf for leaf in leaves if leaf.sign == sign])


def own_lines(question):
    """Lines of rows up to multiples: (primitive v, coefficient of sign +, radius), as they appear; and the level."""
    table: dict[tuple[int, ...], list] = {}
    linear = [Fraction(0)] * question.d
    for row, m in zip(question.rows, question.nu, strict=True):
        g = gcd(*(int(x) for x in row))
        if g == 0:
            continue
        v = tuple(int(x) // g for x in row)
        nu = Fraction(m, 2**question.bits)
        if next(x for x in v if x) < 0:  # nu g (v.u)_+ = nu g ((-v).u)_+ + nu g v.u
            linear = [a + nu * g * x for a, x in zip(linear, v, strict=True)]
            v = tuple(-x for x in v)
        entry = table.setdefault(v, [Fraction(0), Fraction(0)])
        entry[0] += nu * g
        entry[1] += question.radius * g
    norms = sum(
        (question.radius * ceil_norm([int(x) for x in row]) for row in question.rows), start=Fraction(0)
    )
    level = question.lam * (1 + question.gap) - norms
    assert level > 0
    return ([(v, c, r) for v, (c, r) in table.items()], linear), level


def ceil_norm(v):
    square = sum(x * x for x in v)
    return isqrt(square) + (isqrt(square) ** 2 < square)


def majorant(question, lines, leaf, slopes, box=True):
    """G and Gamma: f <= G.u + Gamma on the box (or, with 0/1 slopes for positive lines, on their cell)."""
    table, linear = lines
    G = [leaf.sign * x for x in linear]
    gamma = Fraction(0)
    for (v, c, _), slope in zip(table, slopes, strict=True):
        m = slope
        C = leaf.sign * c
        z = inner(v, leaf.centre)
        r = sum((abs(x) * h for x, h in zip(v, leaf.half, strict=True)), start=Fraction(0))
        if box and abs(z) >= r:
            m = Fraction(int(z > 0))
        elif box and C > 0:
            m = (z + r) / (2 * r)
            gamma += C * m * (r - z)
        elif not box and C > 0:
            assert (m == 1 and z >= r) or (m == 0 and z <= -r), "a positive line crosses the box"
        assert 0 <= m <= 1
        G = [g + C * m * x for g, x in zip(G, v, strict=True)]
    return G, gamma


def leaf_a(question, lines, level, leaf):
    w, slopes = leaf.witness
    n = question.normed
    assert not any(w[n:])
    G, gamma = majorant(question, lines, leaf, slopes)
    D = [g - x for g, x in zip(G, w, strict=True)]
    value = gamma + sum(a * b for a, b in zip(D, leaf.centre, strict=True))
    value += sum(abs(a) * h for a, h in zip(D, leaf.half, strict=True))
    # -level ||u|| <= -w.u - (level - ||w||) ||u||, with a lower bound of both factors
    square = sum(x * x for x in w)
    assert square <= level * level
    slack = level - root_above(square)
    least = sum(
        max(abs(c) - h, Fraction(0)) ** 2 for c, h in list(zip(leaf.centre, leaf.half, strict=True))[:n]
    )
    assert value < max(slack, Fraction(0)) * root_below(least), (leaf, value)


def root_above(x):
    scaled = x * 4**400
    return Fraction(isqrt(scaled.numerator // scaled.denominator + 1) + 1, 2**400)


def root_below(x):
    scaled = x * 4**400
    return Fraction(isqrt(scaled.numerator // scaled.denominator), 2**400)


def leaf_m(question, lines, level, leaf):
    G, gamma = majorant(question, lines, leaf, leaf.witness, box=False)
    assert gamma == 0
    assert not any(G[question.normed :])
    assert sum(g * g for g in G) < level * level


def leaf_b(question, lines, level, leaf):
    star = question.stars[leaf.witness]
    assert star.sign == leaf.sign
    assert question.gap == 0
    table, _ = lines
    bend = {v: leaf.sign * c + r for v, c, r in table}
    for row, side in zip(question.rows, star.side, strict=True):
        v = [int(x) for x in row]
        if side == 0 or not any(v):
            continue
        g = gcd(*v)
        v = tuple(x // g for x in v)
        key = v if v in bend else tuple(-x for x in v)
        if bend[key] < 0:
            continue
        if bend[key] == 0 and question.radius == 0:
            continue
        z = inner(row, leaf.centre) * side
        r = sum((abs(int(x)) * h for x, h in zip(row, leaf.half, strict=True)), start=Fraction(0))
        assert z >= r, "the box leaves the star"


def tiles_the_facets(question, leaves):
    """Dyadic boxes are disjoint or nested: no two equal or nested, all inside, and the volume is right."""
    facet = defaultdict(dict)
    for leaf in leaves:
        k = [j for j in range(question.normed) if leaf.half[j] == 0]
        assert len(k) == 1
        assert abs(leaf.centre[k[0]]) == 1
        for j, (c, h) in enumerate(zip(leaf.centre, leaf.half, strict=True)):
            if j != k[0]:
                assert h > 0
                assert h.numerator == 1
                assert h.denominator & (h.denominator - 1) == 0
                assert abs(c) + h <= 1
                assert ((c + 1) / h) % 2 == 1  # the grid of its size
        boxes = facet[k[0], leaf.centre[k[0]]]
        key = (leaf.centre, leaf.half)
        assert key not in boxes
        boxes[key] = prod((2 * h for h in leaf.half if h), start=Fraction(1))
    assert len(facet) == 2 * question.normed
    for boxes in facet.values():
        assert sum(boxes.values()) == 2 ** (question.d - 1)
        keys = list(boxes)
        if len(keys) <= 400:
            for a, (c, h) in enumerate(keys):
                for c2, h2 in keys[:a]:
                    assert any(abs(x - y) >= p + q > 0 for x, y, p, q in zip(c, c2, h, h2, strict=True))
