"""The two roads to a proof, all cells listed and all directions covered, on the same random problems."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from unittest import mock

import polyrelu
from polyrelu import certification
from tests.batteries.battery import Battery, Tally
from tests.corpus import degenerate, generic

KEYS = (
    *("status", "objective", "residual", "lambda_max", "cells", "tight_blocks", "support_blocks", "neurons"),
    *("rank", "antipodal_pairs", "convex_unique", "p_unique", "function_unique", "dimension", "vertices"),
)


def table(seed: int):
    """The two corpora, and integer tables of up to 15 rows and 4 columns with repeated and opposite rows."""
    if seed % 3 < 2:
        return (generic, degenerate)[seed % 3](seed)
    pick = random.Random(seed)
    n, d, size = pick.randint(2, 15), pick.randint(1, 4), pick.choice([1, 2, 5, 99])
    X = [[pick.randint(-size, size) for _ in range(d)] for _ in range(n)]
    y = [pick.randint(-4, 4) for _ in range(n)]
    return X, y, Fraction(pick.choice([1, 2, 5]), pick.choice([1, 3, 10, 100]))


def compared(seed: int) -> str:
    """Both roads end alike: with the same proof, or both without one."""
    found = []
    for limit in (10**9, -1):
        with mock.patch.object(certification, "MAX_LISTED", limit):
            found.append(polyrelu.certify(*table(seed)).to_json())
    listed, covered = found
    if listed["status"] != covered["status"]:
        return f"only {'covering' if covered['status'] == 'proved' else 'listing'} proves"
    if covered["status"] == "undecided":
        return "undecided"
    for key in KEYS:
        assert listed[key] == covered[key], f"{key}: {listed[key]} and {covered[key]}"
    return "the same"


def cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    for k in range(1000 * seed, 1000 * seed + count):
        tally.attempt(k, lambda k=k: compared(k))
        yield


BATTERY = Battery("the road of cells and the road of directions", cases, full=1000, slice=8)
