"""Solution paths of random generic and structured problems: every claim is asked again, and lies are not certified.

A path is proved without a gap, or says where not. At random lambdas inside it `certify` finds the neurons, rank, pairs
and verdicts that are claimed. On every piece the total weight, which is h', decreases and the residual grows, in
enclosures: R = nu.(y - nu) / lambda as well. A breakpoint that is dropped, an end that is shifted across one, and a
structure without one of its neurons make no piece.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

from flint import arb

from polyrelu import certify, path
from polyrelu.breakpoints.steps import follow
from polyrelu.budget import Budget, seconds_from_now, spending
from polyrelu.curves.branch import BITS
from polyrelu.curves.curve import Curve, Piece
from polyrelu.curves.gates import Gates, Member
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq
from tests.batteries.battery import Battery, Tally
from tests.batteries.structured_problems import problem as structured

LAMBDAS = 20
"""At which `certify` has to find the claimed structure, on each path."""
TRIES = 3 * LAMBDAS
SECONDS = 40
"""After which the rest of a path is left undecided, and counted apart."""
MOST_OPEN, FEW = 0.05, 2
"""The share of structured problems with an undecided piece, and a number that is no reason to doubt the share."""

Table = tuple[list[list[int]], list[int], dict[str, Any]]
"""X, y, and whether it is about gates, with which list."""


def generic(pick: random.Random) -> Table:
    """Random integers: no accidental equality is to be expected."""
    n, d = pick.randint(3, 12), pick.randint(1, 3)
    X = [[pick.randint(-99, 99) for _ in range(d)] for _ in range(n)]
    return X, [pick.randint(-99, 99) for _ in range(n)], {}


def special(pick: random.Random) -> Table:
    """Orbits, grids, factorial designs, 0/1 tables, circles, multiples: at most 12 rows and 3 columns."""
    while True:
        _, X, y, _, _ = structured(pick.randrange(10**9))
        if len(X[0]) <= 3 and any(y[:12]) and any(any(row) for row in X[:12]):
            return [list(row) for row in X[:12]], list(y[:12]), {}


def gated(pick: random.Random) -> Table:
    """Random integers, none of them 0, with all cells as gates, or some: complementary ones, or alike but for a row."""
    n, d = pick.randint(3, 8), pick.randint(1, 3)
    X = [[pick.choice((-1, 1)) * pick.randint(1, 99) for _ in range(d)] for _ in range(n)]
    y, options = [pick.choice((-1, 1)) * pick.randint(1, 99) for _ in range(n)], {"gated": True}
    if pick.random() < 1 / 2:
        gates = [[pick.randint(0, 1) for _ in range(n)] for _ in range(pick.randint(2, 14))]
        gates += [[1 - v for v in gate] for gate in gates[: pick.randint(0, len(gates))]]
        row = pick.randrange(n)
        gates += [
            [v ^ (j == row) for j, v in enumerate(gate)] for gate in gates[: pick.randint(0, len(gates))]
        ]
        options["patterns"] = gates
    return X, y, options


def examined(table: Table, pick: random.Random) -> str:
    """Everything that is claimed of one path."""
    with spending(Budget(seconds_from_now(SECONDS))):
        X, y, options = table
        found = path(X, y, **options)
    for interval in found.intervals:
        moves_as_claimed(table, interval)
    seen = sum(islice((1 for _ in range(TRIES) if agrees(table, found, pick)), LAMBDAS))
    assert seen == LAMBDAS or found.undecided, f"certify has answered at {seen} lambdas only"
    with precision(BITS):
        for interval in found.intervals:
            refuses_lies(interval)
    if any("time" in gap.reason for gap in found.undecided):
        return "out of time"
    return found.status


def agrees(table: Table, found: Any, pick: random.Random) -> bool:
    """`certify` at a random lambda finds what the interval claims; False where one of them says nothing."""
    low, high = float(found.low), float(found.high)
    lam = Fraction(low * (high / low) ** pick.random()).limit_denominator(10**6)
    interval = next((i for i in found.intervals if i.holds(to_fmpq(lam))), None)
    X, y, options = table
    result = certify(X, y, lam, **options)
    if interval is None or result.status != "proved":
        return False
    optimum = result.proved()
    assert {k.place for k in optimum.used} == set(interval.places), f"other neurons at {lam}"
    claimed = interval.rank, interval.nullity, interval.pairs
    known = claimed[2] is not None or not options.get("gated")
    pairs = len(optimum.support.pairs) if known else None
    assert (optimum.support.rank, optimum.nullity, pairs) == claimed, f"at {lam}"
    for name in ("p_unique", "convex_unique", "function_unique"):
        claim = getattr(interval, name)
        assert claim is None or getattr(result, name).answer is claim, f"{name} at {lam}"
    nu, x = optimum.residual(BITS), interval.piece_at(to_fmpq(lam)).root_at(to_fmpq(lam), BITS)
    with precision(BITS):
        followed = interval.piece_at(to_fmpq(lam)).curve.branch.residual_at(x, arb(to_fmpq(lam))).entries()
        assert all(bool((arb(0) + v).overlaps(w)) for v, w in zip(nu, followed, strict=True)), f"nu at {lam}"
    return True


def moves_as_claimed(table: Table, interval: Any) -> None:
    """On every piece, however narrow, R decreases and |nu| grows with lambda, and R lambda = nu.(y - nu) at its ends.

    The roots at both ends are known to any number of digits: they are refined until the two values are apart.
    """
    for piece in interval.pieces:
        branch, chord = piece.curve.branch, piece.chord
        if not branch.unknowns:
            continue
        with precision(2 * BITS):
            _, slopes, _ = branch.parts(chord.derivative)
            assert not sum(slopes, start=arb(0)) > 0, "the total weight grows"
        apart = any(strictly_moves(table, piece, bits) for bits in (2 * BITS, 4 * BITS, 8 * BITS))
        assert apart, "the total weight is not shown to decrease, or the residual to grow"


def strictly_moves(table: Table, piece: Piece, bits: int) -> bool:
    """Whether so many bits show that R decreases and |nu| grows; nothing refutes it."""
    branch, totals, sizes = piece.curve.branch, [], []
    with precision(bits):
        for lam in (piece.chord.low, piece.chord.high):
            x = piece.root_at(lam, bits)
            nu = branch.residual_at(x, arb(lam)).entries()
            _, b, _ = branch.parts(x)
            totals.append(sum(b, start=arb(0)))
            sizes.append(sum((v * v for v in nu), start=arb(0)))
            fit = sum((v * (arb(t) - v) for v, t in zip(nu, table[1], strict=True)), start=arb(0))
            assert fit.overlaps(totals[-1] * arb(lam)), "h' is not the total weight"
        assert not totals[0] < totals[1], "the total weight does not decrease"
        assert not sizes[0] > sizes[1], "the residual does not grow"
        return bool(totals[0] > totals[1] and sizes[0] < sizes[1])


def refuses_lies(interval: Any) -> None:
    """No piece reaches across the breakpoint below, and none holds without one of its neurons."""
    curve, last = interval.curve, interval.pieces[-1]
    top = curve.node(last.chord.at_high, last.chord.high)
    if interval.below is not None:
        goal = interval.below.ends[0] * (1 - to_fmpq(Fraction(1, 10**6)))
        point = follow(curve, top, goal)
        if point is not None:
            assert not isinstance(curve.prove(curve.node(point, goal), top), Piece), (
                "a breakpoint was dropped"
            )
    branch = curve.branch
    if isinstance(branch, Gates):
        refuses_lost_gates(curve, last)
        return
    for k in range(branch.K):
        units = [u for i, u in enumerate(zip(branch.neurons, branch.paired, strict=True)) if i != k]
        fewer = Curve(branch.like(units), curve.faces)
        p = fewer.branch.size
        if any(branch.paired) or p > len(last.chord.at_high):
            continue
        nu = branch.residual_at(last.chord.at_high, arb(last.chord.high)) * (1 / arb(last.chord.high))
        g = fewer.branch.data.gram.solve(fewer.branch.data.W.transpose() * nu).entries() if p else []
        _, b, _ = branch.parts(last.chord.at_high)
        start = fewer.branch.newton([*g, *(v for i, v in enumerate(b) if i != k)], last.chord.high)
        end = None if start is None else follow(fewer, fewer.node(start, last.chord.high), last.chord.low)
        if end is not None:
            got = fewer.prove(fewer.node(end, last.chord.low), fewer.node(start, last.chord.high))
            assert not isinstance(got, Piece), "a neuron was left out"


def refuses_lost_gates(curve: Curve, piece: Piece) -> None:
    """No piece holds without one of its gates, which is tight."""
    branch, chord, neuron = curve.branch, piece.chord, curve.faces.neuron
    for lost in curve.tight:
        units = [[m for m in unit if m.place != lost] for unit in branch.units]
        heads = (
            (neuron(u[0].place), tuple(Member(m.place, m.turn * u[0].turn) for m in u[1:]))
            for u in units
            if u
        )
        fewer, nodes = Curve(Gates.of(branch.program, heads), curve.faces), []
        for point, lam in ((chord.at_low, chord.low), (chord.at_high, chord.high)):
            start = fewer.branch.placed(branch.residual_at(point, arb(lam)), arb(lam))
            root = None if start is None else fewer.branch.newton(start, lam)
            if root is not None:
                nodes.append(fewer.node(root, lam))
        if len(nodes) == 2:
            assert not isinstance(fewer.prove(*nodes), Piece), f"a gate was left out: {lost}"


def cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    """Generic, structured and gated problems in turn."""
    pick, most = random.Random(seed), max(FEW, MOST_OPEN * count / 3)
    for k in range(count):
        kind = ("generic", "structured", "gated")[k % 3]
        table = (generic, special, gated)[k % 3](pick)
        tally.attempt(table, lambda t=table, kind=kind: f"{kind} {examined(t, pick)}")
        if tally.counts["generic undecided"] or tally.counts["gated undecided"]:
            tally.failures.append(f"a generic path has a gap: {table}")
            return
        if tally.counts["structured undecided"] > most:
            tally.failures.append(f"too many structured paths have a gap, last {table}")
            return
        yield


BATTERY = Battery("solution paths against `certify`, and lies about them", cases, full=200, slice=3)
