"""Paths with a free hidden bias and several features: `certify`, exact knots, finite differences, and lies."""

import random
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from flint import arb, fmpq

from polyrelu import certify, path
from polyrelu.budget import Budget, seconds_from_now, spending
from polyrelu.cli import main
from polyrelu.curves.anchored import AnchoredView, at_infinity, makes_up
from polyrelu.curves.branch import BITS
from polyrelu.curves.cap import ONE, Cap
from polyrelu.curves.caps import below_lambda
from polyrelu.curves.curve import Curve, Piece
from polyrelu.curves.faces import Faces
from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths import assembled
from polyrelu.paths.gaps import walked
from polyrelu.paths.intervals import Interval
from polyrelu.paths.kink_interval import KinkInterval
from polyrelu.paths.largest import Largest
from polyrelu.paths.parts import start_at
from polyrelu.proof.lambda_max import lambda_max_squared
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

SKIP = {"plain": {}, "skip": {"skip": True}}
SHORT = {18: 6}
SMALL = [[7, 3], [0, -4], [-4, -9], [-8, -9], [-6, 6], [3, 8]], [0, 2, 9, 4, 3, 1]


def table(seed, n=None, d=None):
    pick = np.random.default_rng(seed)
    rows, columns = int(pick.integers(4, 9)), int(pick.integers(2, 4))
    n, d = n or rows, d or columns
    return pick.integers(-99, 100, (n, d)).tolist(), pick.integers(-99, 100, n).tolist()


@cache
def whole(seed, name="plain"):
    return path(*table(seed, n=SHORT.get(seed)), bias="free", **SKIP[name])


@cache
def small():
    return path(*SMALL, bias="free")


def agrees(X, y, found, lam, **options):
    """`certify` at a lambda finds what the path claims; False where it says nothing."""
    interval = next((i for i in found.intervals if i.holds(to_fmpq(lam))), None)
    result = certify(X, y, lam, bias="free", **options)
    if interval is None or result.status != "proved":
        return False
    optimum, said = result.proved(), result.to_json(25)
    assert {k.place for k in optimum.used} == set(interval.places)
    keys = "neurons", "rank", "antipodal_pairs", "dimension"
    assert [said[k] for k in keys] == [interval.count, interval.rank, interval.pairs, interval.nullity]
    for name in ("convex_unique", "p_unique", "function_unique"):
        assert getattr(interval, name) in (None, said[name])
    x = interval.piece_at(to_fmpq(lam)).root_at(to_fmpq(lam), BITS)
    with precision(BITS):
        nu = interval.piece_at(to_fmpq(lam)).curve.branch.residual_at(x, arb(to_fmpq(lam))).entries()
        assert all((arb(0) + v).overlaps(w) for v, w in zip(optimum.residual(BITS), nu, strict=True))
    return True


def lambdas(found, pick, count):
    low, high = float(found.low), float(found.high)
    return [Fraction(low * (high / low) ** pick.random()).limit_denominator(10**6) for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "seed"), [*(("plain", k) for k in (4, 9, 16, 18, 19)), *(("skip", k) for k in (4, 18, 19))]
)
def test_certify_agrees_with_whole_paths(name, seed):
    X, y = table(seed, n=SHORT.get(seed))
    found = whole(seed, name)
    assert found.status == "proved"
    assert all(isinstance(i, KinkInterval) for i in found.intervals)
    seen = sum(agrees(X, y, found, lam, **SKIP[name]) for lam in lambdas(found, random.Random(seed), 5))
    assert seen >= 4


@pytest.mark.parametrize("seed", range(4))
def test_general_route_finds_the_exact_breakpoints_of_one_feature(seed):
    pick = np.random.default_rng(seed)
    n = int(pick.integers(3, 7))
    x, y = pick.permutation(np.arange(-20, 21))[:n].tolist(), pick.integers(-50, 51, n).tolist()
    exact = path([[v] for v in x], y, bias="free")
    problem = Problem.of([[v] for v in x], y, None, bias="free")
    program = Program.of(replace(problem, lam=Fraction(1)))
    low, high = to_fmpq(exact.low), to_fmpq(exact.high)
    with precision(BITS), np.errstate(all="ignore"):
        largest = Largest(lambda_max_squared(program))
        way = walked(problem, start_at(problem, Faces(program), largest, high), low, high, None)
        assert largest == exact.largest
        for piece in way.pieces:
            lam = (piece.chord.low + piece.chord.high) / 2
            held = [i for i in exact.intervals if i.holds(lam)]
            if not held:
                continue
            assert set(piece.curve.tight) == set(held[0].places)
            nu = piece.curve.branch.residual_at(piece.root_at(lam, BITS), arb(lam)).entries()
            known = held[0].piece_at(lam).segment.residual(lam)
            assert all((arb(0) + v).overlaps(arb(w)) for v, w in zip(nu, known, strict=True))
        found = [b.lam for b in reversed(way.breaks)]
        if not way.gaps:
            assert len(found) == len(exact.breakpoints)
        known = [b.zero.exact.lam for b in exact.breakpoints]
        assert all(any(v.contains(arb(fmpq(w))) for w in known) for v in found)


def test_events_of_families():
    """A linear term begins; its kink may move to a row; the term ends, and one kink is left."""
    found = small()
    assert found.status == "proved"
    kinds = [[c.kind for c in b.changes] for b in reversed(found.breakpoints)]
    assert kinds == [["enter"], ["enter"], ["leave"], *([["enter"]] * 2), ["hit"], ["unstick"], ["enter"]]
    affine, chain = found.intervals[-2], found.intervals[-3]
    assert (affine.count, affine.rank, affine.p_unique, affine.function_unique) == (2, 1, False, False)
    assert (chain.count, len(chain.places), chain.rank) == (2, 3, 2)
    assert sorted(map(len, chain.families)) == [1, 2]


def test_swap_is_a_breakpoint_where_the_function_goes_on():
    found = whole(4)
    k, here = next((k, b) for k, b in enumerate(found.breakpoints) if b.changes[0].kind == "swap")
    above, below = found.intervals[k + 1], found.intervals[k]
    assert above.count == below.count
    assert above.rank == below.rank
    assert len(set(above.places) ^ set(below.places)) == 2
    with precision(BITS):
        nu = [
            c.branch.residual_at(x, here.lam).entries()
            for c, x in ((here.above, here.x), (here.below, here.carried))
        ]
        assert all(u.overlaps(v) for u, v in zip(*nu, strict=True))


def test_total_weight_is_the_derivative_of_the_optimal_value():
    found = whole(9)
    for interval in found.intervals[:-1]:
        for piece in interval.pieces:
            branch, chord = piece.curve.branch, piece.chord
            with precision(2 * BITS):
                for lam in (chord.low, chord.high):
                    x = piece.root_at(lam, 2 * BITS)
                    nu = branch.residual_at(x, arb(lam)).entries()
                    fit = sum(
                        (v * (arb(t) - v) for v, t in zip(nu, branch.target, strict=True)), start=arb(0)
                    )
                    assert fit.overlaps(sum(branch.parts(x)[1], start=arb(0)) * arb(lam))
                    assert sum(nu, start=arb(0)).contains(0)
                assert not sum(branch.parts(chord.derivative)[1], start=arb(0)) > 0


def test_a_structure_without_one_of_its_neurons_makes_no_piece():
    found = small()
    for interval in found.intervals[:-1]:
        curve, piece = interval.curve, interval.pieces[-1]
        if len(curve.branch.neurons) < 2:
            continue
        units = list(zip(curve.branch.neurons, curve.branch.paired, strict=True))
        for gone in range(len(units)):
            branch = curve.branch.like(units[:gone] + units[gone + 1 :])
            x = [*piece.chord.at_low[: branch.size], *[arb(1)] * branch.K]
            point = branch.newton(x, piece.chord.low)
            above = None if point is None else branch.newton(point, piece.chord.high)
            if point is None or above is None:
                continue
            lie = Curve(branch, curve.faces)
            nodes = lie.node(point, piece.chord.low), lie.node(above, piece.chord.high)
            assert not isinstance(lie.prove(*nodes), Piece)


def test_no_piece_reaches_across_the_breakpoint_below():
    found = small()
    for interval in found.intervals[1:-1]:
        curve, piece = interval.curve, interval.pieces[-1]
        low = interval.below.ends[0] * fmpq(99, 100)
        point = curve.branch.newton(piece.chord.at_low, low)
        if point is not None:
            below = curve.node(point, low)
            above = curve.node(piece.chord.at_high, piece.chord.high)
            assert not isinstance(curve.prove(below, above), Piece)


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_caps_are_majorants(seed):
    """|w| < lambda is only worth something if f <= w.u where the sides hold: seen at random directions."""
    X, y = table(seed, 6, 2)
    found = path(X, y, bias="free")
    pick, shown = np.random.default_rng(seed), 0
    for interval in found.intervals[:-1]:
        piece = interval.pieces[0]
        curve, chord = piece.curve, piece.chord
        program, rows = curve.branch.program, curve.rows
        node = curve.node(chord.at_low, chord.low)
        nu, lam = node.in_floats, float(chord.low)
        view = AnchoredView.of(program, rows, nu, lam)
        caps = [view.cap(s, pick.normal(size=3) * [1, 1, 60]) for s in (1, -1) for _ in range(20)]
        columns = [[arb(v) for v in column] for column in program.Xq.transpose().tolist()]
        with precision(BITS):
            kept = below_lambda([*at_infinity(6), *(c for c in caps if c is not None)], chord, columns)
        hard = frozenset((s, k) for k in range(6) for s in (1, -1) if s * nu[rows.line.index(k)] >= 0)
        for cap in (c for c in kept if c.fits(rows, hard)):
            s, face = cap.place.sign, np.array(cap.place.face)
            walls = np.array([(s, k) in hard for k in rows.line])
            v = pick.normal(size=(200, 3)) * [1, 1, 60]
            z = v @ program.X_float.T
            there = (z[:, walls] * face[walls] >= 0).all(axis=1)
            values, lengths = s * np.maximum(z, 0) @ nu, np.linalg.norm(v[:, :2], axis=1)
            assert (values < lam * lengths)[there].all()
            shown += int(there.sum())
    assert shown > 1000


def test_an_anchor_counts_with_all_rows_that_are_equal_to_it():
    """Of two equal rows with opposite residuals one alone bends down far more than both together."""
    X, y = [*SMALL[0], SMALL[0][-1]], [*SMALL[1][:-1], -20, 12]
    pick, shown, known = np.random.default_rng(0), 0, np.array([row == X[-1] for row in X])
    for interval in path(X, y, bias="free").intervals:
        chord = interval.pieces[0].chord
        rows = np.array(chord.branch.program.X_float)
        with precision(BITS):
            ends = [chord.branch.residual_at(x, lam).entries() for x, lam in chord.feet]
            nu = np.array([float(v.mid()) for v in ends[0]])
            for _ in range(200):
                v, s = pick.normal(size=3) * [1, 1, 10], int(pick.choice((1, -1)))
                face = np.where(known, 0, np.where(rows @ v >= 0, 1, -1))
                on, anchor = face > 0, int(pick.choice((5, 6)))
                cap = Cap(Place(s, tuple(face.tolist())), tuple((ONE * on).tolist()), (0,) * 7, anchor)
                if s * nu[known].sum() >= 0 or not makes_up(cap, chord, ends, chord.residual_bow):
                    continue
                shown += 1
                for z in (v + pick.normal(size=(50, 3)) * [1, 1, 10]) @ rows.T:
                    if (z * face >= 0).all():
                        w = s * (nu[on] @ (z[on] - z[anchor]))
                        assert s * np.maximum(z, 0) @ nu <= w + 1e-9 * abs(nu).sum()
    assert shown > 10


def test_down_to_zero_is_the_limit_of_small_penalties():
    found = path(*SMALL, bias="free", to_zero=True)
    assert (found.status, found.limit.status) == ("proved", "proved")
    low, high = (float(v) for v in found.to_json(12)["limit_zero"]["norm"])
    small = certify(*SMALL, "1/1000000", bias="free").to_json(12)
    total = sum(float(v) for v in small["total_weight"]) / 2 if "total_weight" in small else None
    lam = Fraction(1, 10**6)
    weights = sum(float(a) for _, (a, _) in found.weights(lam))
    assert abs(weights - low) < 1e-4
    assert low <= high
    assert total is None or abs(total - weights) < 1e-6


def test_derivatives_against_differences():
    X, y = SMALL
    step = Fraction(1, 10**5)

    def residual(targets, lam):
        return np.array(
            [float(arb(v).mid()) for v in certify(X, targets, lam, bias="free").proved().residual(200)]
        )

    found = small()
    for lam in (Fraction(71), Fraction(5), Fraction(1, 2)):
        here = found.sensitivity(lam)
        slope = (residual(y, lam + step) - residual(y, lam - step)) / float(2 * step)
        assert np.allclose(slope, [float(v.mid()) for v in here.residual_by_lambda], atol=1e-6)
        moved = [[Fraction(v) + step * s * (i == 1) for i, v in enumerate(y)] for s in (1, -1)]
        slope = (residual(moved[0], lam) - residual(moved[1], lam)) / float(2 * step)
        assert np.allclose(
            slope, [float(row[1].mid()) for row in here.residual_by_target.tolist()], atol=1e-6
        )
        assert here.residual_by_feature is None
    sides = found.one_sided(0)
    assert [len(side.neurons) for side in (sides.above, sides.below)] == [3, 4]


@pytest.mark.parametrize("seed", [3, 8, 19, 20, 21])
def test_degenerate_tables_say_what_is_open(seed):
    pick = np.random.default_rng(seed)
    n, d = int(pick.integers(3, 7)), 2
    X, y = pick.integers(-2, 3, (n, d)).tolist(), pick.integers(-2, 3, n).tolist()
    with spending(Budget(seconds_from_now(20))):
        found = path(X, y, bias="free")
    assert found.status in ("proved", "undecided")
    assert all(gap.reason for gap in found.undecided)
    for lam in lambdas(found, random.Random(seed), 4) if found.high > found.low else []:
        agrees(X, y, found, lam)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        ([[1, 2]], [3]),
        ([[1, 2], [1, 2]], [3, 4]),
        ([[0, 0], [0, 0], [0, 0]], [1, 2, 3]),
        ([[1, 2], [3, 4], [5, 6]], [0, 0, 0]),
        ([[1, 1], [2, 2], [4, 4]], [1, -1, 1]),
        ([[1, 0], [-1, 0], [0, 1], [0, -1]], [1, 1, -1, -1]),
    ],
)
def test_tables_of_few_directions(X, y):
    with spending(Budget(seconds_from_now(20))):
        found = path(X, y, bias="free", lo="1/100", hi=5)
    for lam in (Fraction(1, 50), Fraction(1, 3), Fraction(4)):
        agrees(X, y, found, lam)


def test_an_incomplete_family_is_no_interval():
    found = small()
    chain = found.intervals[-3]
    assert len(chain.places) == 3

    class Short(KinkInterval):
        @property
        def places(self):
            return chain.places[:1] + chain.places[2:]

    whole = [Short(chain.pieces, chain.above, chain.below)]
    gaps = []
    assert list(assembled._known(whole, gaps)) == []
    assert len(gaps) == 1
    assert isinstance(chain, Interval)


def test_command(tmp_path, capsys):
    file = tmp_path / "t.csv"
    file.write_text("a,b,y\n" + "".join(f"{a},{b},{t}\n" for (a, b), t in zip(*SMALL, strict=True)))
    proof = str(tmp_path / "p.json")
    assert main(["path", str(file), "--bias", "free", "--out", proof]) == 0
    said = capsys.readouterr().out
    assert "a free hidden bias" in said
    assert "PROVED" in said
    assert main(["path", str(file), "--bias", "free", "--at", "5"]) == 0
    assert "degrees of freedom" in capsys.readouterr().out
    assert main(["check", proof, "--data", str(file), "--bias", "free"]) == 0
    assert main(["check", proof, "--data", str(file)]) == 1
