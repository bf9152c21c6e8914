"""One feature and a free hidden bias: closed forms, the exact certificate of splines, `certify`, and what is alike."""

import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from flint import arb, fmpq

from polyrelu import certify, path
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.errors import Contradiction
from polyrelu.exact.enclosure import precision
from polyrelu.paths import lasso
from polyrelu.paths.knots import kinks_of
from polyrelu.paths.one_sided import derivatives
from polyrelu.proof.program import Program

SKIP = {"plain": {}, "skip": {"skip": True}}
PARABOLA = ([0, 1, 2, 3, 4], [0, 1, 4, 9, 16])
GOLDEN = {
    "a chain": (*PARABOLA, {}, "7"),
    "a chain, skip": (*PARABOLA, {"skip": True}, "6"),
    "steps that grow": ([0, 1, 2, 3], [0, 1, 3, 6], {}, "3"),
    "steps that grow, skip": ([0, 1, 2, 3], [0, 1, 3, 6], {"skip": True}, "2"),
    "a valley, skip": ([-2, -1, 1, 2], [1, 0, 0, 1], {"skip": True}, "2"),
    "labels": ([0, 1, 3], [1, -1, 1], {}, "3"),
    "a line": ([1, 2, 5], [1, 2, 5], {}, "1"),
    "a line, skip": ([1, 2, 5], [1, 2, 5], {"skip": True}, "0"),
    "a constant": ([1, 2, 5], [4, 4, 4], {}, "0"),
    "one row": ([1], [3], {}, "0"),
    "one place": ([2, 2, 2], [3, 4, 8], {}, "0"),
}


def paths_of(x, y, options, **more):
    return path([[v] for v in x], list(y), bias="free", **options, **more)


def exact(v):
    return Fraction(int(v.p), int(v.q))


def residual(interval, lam):
    piece = interval.piece_at(fmpq(lam.numerator, lam.denominator))
    return [exact(v) for v in piece.segment.residual(fmpq(lam.numerator, lam.denominator))]


def is_near(ball, value):
    with precision(200):
        return ball.overlaps(arb(fmpq(value.numerator, value.denominator)))


def inside(interval, part=Fraction(1, 3)):
    low, high = exact(interval.pieces[-1].chord.low), exact(interval.pieces[0].chord.high)
    return low + (high - low) * part


def price(x, f, skip):
    """The least sum of weights of a function with these values: Savarese's formula."""
    slopes = [(b - a) / (v - u) for (u, v), (a, b) in zip(pairwise(x), pairwise(f), strict=True)]
    V, M = sum((abs(b - a) for a, b in pairwise(slopes)), Fraction(0)), slopes[0] + slopes[-1]
    return V if skip else max(V, (V + abs(M)) / 2)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_least_norm(name):
    x, y, options, norm = GOLDEN[name]
    found = paths_of(x, y, options, to_zero=True)
    assert (found.status, found.limit.exact, found.limit.status) == ("proved", norm, "proved")
    low, high = (Fraction(v) for v in found.to_json(12)["limit_zero"]["norm"])
    assert low <= Fraction(norm) <= high
    for breakpoint_ in found.to_json(12)["breakpoints"]:
        assert "sqrt" not in breakpoint_["exact"]


def test_small_values_in_closed_form():
    found = paths_of([0, 1, 2], [0, 1, 0], {"skip": True}, to_zero=True)
    assert [found.exact(k).name for k in range(len(found.breakpoints))] == ["1/3"]
    assert residual(found.intervals[0], Fraction(1, 10)) == [Fraction(v, 10) for v in (-1, 2, -1)]
    zigzag = paths_of(range(6), [0, 1, 0, 2, 0, 3], {}, to_zero=True)
    there = zigzag.interval_at("1/4")
    assert residual(there, Fraction(1, 4)) == [Fraction(v, 40) for v in (-7, 21, -31, 37, -30, 10)]


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_certificate_of_splines_in_exact_numbers(seed, skip):
    """nu is feasible at every kink, orthogonal to what is free, and nu.f = lambda R(f): that proves an optimum."""
    random = np.random.default_rng(seed)
    n = int(random.integers(3, 12))
    x = sorted(random.permutation(np.arange(-20, 21))[:n].tolist())
    y = random.integers(-9, 10, n).tolist() if seed % 2 else random.integers(0, 2, n).tolist()
    found = paths_of(x, y, {"skip": skip}, to_zero=True)
    assert found.status == "proved"
    for interval in found.intervals:
        for part in (Fraction(0), Fraction(1, 3), Fraction(1)):
            lam = inside(interval, part) or Fraction(1, 10**9)
            piece = next(p for p in interval.pieces if exact(p.chord.low) <= lam <= exact(p.chord.high))
            nu = [exact(v) for v in piece.segment.residual(fmpq(lam.numerator, lam.denominator))]
            assert sum(nu) == 0
            m = sum(v * a for v, a in zip(nu, x, strict=True))
            assert not (skip and m)
            for t in (*x, *(Fraction(a + b, 2) for a, b in pairwise(x))):
                g = sum(v * max(t - a, 0) for v, a in zip(nu, x, strict=True))
                assert abs(g) <= lam
                assert abs(g + m) <= lam
            f = [a - v for a, v in zip(y, nu, strict=True)]
            assert sum(v * a for v, a in zip(nu, f, strict=True)) == lam * price(x, f, skip)


@pytest.mark.parametrize("name", SKIP)
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5])
def test_certify_agrees_inside_every_interval(name, seed):
    options, random = SKIP[name], np.random.default_rng(seed)
    n = int(random.integers(3, 8))
    x = random.integers(-9, 10, n).tolist() if seed % 2 else list(range(n))
    y = random.integers(-9, 10, n).tolist()
    found = paths_of(x, y, options, to_zero=True)
    for interval in found.intervals:
        lam = inside(interval, Fraction(int(random.integers(1, 99)), 100))
        result = certify([[v] for v in x], y, lam, bias="free", **options)
        optimum, said = result.proved(), result.to_json(25)
        assert {k.place for k in optimum.neurons} == set(interval.places)
        assert all(optimum.support.used)
        assert [said[key] for key in ("neurons", "rank", "antipodal_pairs", "dimension")] == [
            interval.count,
            interval.rank,
            interval.pairs,
            interval.nullity,
        ]
        for key in ("convex_unique", "p_unique", "function_unique"):
            assert said[key] == getattr(interval, key)
        for (low, high), v in zip(result.residual(), residual(interval, lam), strict=True):
            assert Fraction(low) <= v <= Fraction(high)
        total = sum(float(Fraction(low)) for _, (low, _) in found.weights(lam))
        nu = residual(interval, lam)
        expected = sum(v * (t - v) for v, t in zip(nu, y, strict=True)) / lam
        assert total == pytest.approx(float(expected), abs=1e-8)


def test_intervals_and_breakpoints_follow_each_other():
    found = paths_of([0, 1, 2, 4, 7, 8], [3, -1, 4, 1, -5, 9], {}, lo="1/10", hi=30)
    assert (found.low, found.high) == (Fraction(1, 10), 30)
    assert len(found.intervals) == len(found.breakpoints) + 1
    lams = [exact(found.exact(k).lam) for k in range(len(found.breakpoints))]
    assert lams == sorted(set(lams))
    for lam, below, above in zip(lams, found.intervals, found.intervals[1:], strict=False):
        assert set(below.places) != set(above.places)
        assert residual_at_end(below, 0) == residual_at_end(above, -1) == lam
    assert found.continuity.network_continuous
    assert found.continuity.convex_jumps == ()


@pytest.mark.parametrize(("lo", "hi"), [(1, 8), (2, "74/13"), ("27/4", "195/28"), (9, 12), ("1/10", "74/13")])
def test_the_ends_may_be_anywhere(lo, hi):
    """Breakpoints at the ends themselves are none of the path's."""
    x, y = [0, 1, 2, 4, 7, 8], [3, -1, 4, 1, -5, 9]
    whole, found = paths_of(x, y, {}, hi=20, to_zero=True), paths_of(x, y, {}, lo=lo, hi=hi)
    lams = [exact(whole.exact(k).lam) for k in range(len(whole.breakpoints))]
    inner = [exact(found.exact(k).lam) for k in range(len(found.breakpoints))]
    assert inner == [lam for lam in lams if Fraction(lo) < lam < Fraction(hi)]
    assert len(found.intervals) == len(inner) + 1
    for interval in found.intervals:
        assert interval.places == whole.interval_at(inside(interval)).places
    assert exact(found.intervals[0].pieces[-1].chord.low) == Fraction(lo)
    assert exact(found.intervals[-1].pieces[0].chord.high) == Fraction(hi)


def residual_at_end(interval, which):
    chord = interval.pieces[which].chord
    return exact(chord.high if which == 0 else chord.low)


def test_translations_and_what_is_free_change_nothing():
    x, y = [-3, 0, 1, 5, 6], [2, -1, 4, 1, 3]
    here = paths_of(x, y, {"skip": True}, to_zero=True)
    moved = paths_of(
        [v + Fraction(7, 3) for v in x],
        [t + 3 * v - 8 for v, t in zip(x, y, strict=True)],
        {"skip": True},
        to_zero=True,
    )
    larger = paths_of([2 * v for v in x], [-5 * t for t in y], {"skip": True}, to_zero=True)
    names = [[exact(p.exact(k).lam) for k in range(len(p.breakpoints))] for p in (here, moved, larger)]
    assert names[0] == names[1] == [v / 10 for v in names[2]]
    assert here.limit.exact == moved.limit.exact


def test_rows_at_one_place_count_with_their_mean():
    twice = paths_of([0, 0, 1, 3], [1, 5, 0, 2], {}, to_zero=True)
    assert twice.status == "proved"
    lam = Fraction(1, 10)
    nu = residual(twice.interval_at(lam), lam)
    assert nu[0] - nu[1] == 1 - 5


def test_a_second_feature_may_be_a_free_column():
    X, y = [[0, 1], [1, 0], [2, 0], [3, 5], [4, 4]], [1, 2, 0, 5, 1]
    found = path(X, y, bias="free", free=[1], to_zero=True)
    assert found.status == "proved"
    for interval in found.intervals:
        optimum = certify(X, y, inside(interval), bias="free", free=[1]).proved()
        assert {k.place for k in optimum.neurons} == set(interval.places)
        assert optimum.nullity == interval.nullity


def test_a_corrupted_segment_is_not_optimal():
    program = Program.of(Problem.of([[0], [1], [2], [3]], [0, 1, 3, 6], 1, bias="free"))
    columns = [list(k.column) for k in kinks_of(program)]
    table = lasso.fmpq_mat(len(columns), 4, [v for a in columns for v in a])
    good = list(lasso.segments(columns, program.zero[0], fmpq(0)))[1:]
    for segment in good:
        lasso._show_optimal(segment, columns, table, program.zero[0])
        for bad in (
            replace(
                segment,
                tight=segment.tight[1:],
                basis=segment.basis[1:],
                weights=segment.weights[1:],
                rates=segment.rates[1:],
            ),
            replace(segment, low=segment.low / 2 + segment.high / 8),
            replace(segment, high=segment.high * 2),
            replace(segment, weights=[w + 1 for w in segment.weights]),
            replace(segment, nu=[v * 2 for v in segment.nu], slope=[v + 1 for v in segment.slope]),
        ):
            with pytest.raises(Contradiction):
                lasso._show_optimal(bad, columns, table, program.zero[0])


def test_columns_that_are_never_used_are_told():
    columns = [[fmpq(v) for v in column] for column in ((1, 0, 0), (0, 1, 0), (1, 1, 1), (1, 1, 0))]
    assert lasso.used_columns(columns, [fmpq(1), fmpq(2), fmpq(0)]) == [True, True, False, True]
    assert lasso.used_columns(columns, [fmpq(1), fmpq(0), fmpq(0)]) == [True, False, False, False]
    assert lasso.used_columns(columns, [fmpq(9), fmpq(9), fmpq(1)]) == [True] * 4


def test_one_feature_on_the_command_line(tmp_path, capsys):
    file = tmp_path / "line.csv"
    file.write_text("0,0\n1,1\n2,3\n3,6\n")
    asked = ["path", str(file), "--bias", "free"]
    assert main([*asked, "--to-zero", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [b["exact"] for b in found["breakpoints"]] == ["1/3", "5/3", "10"]
    assert found["limit_zero"]["exact"] == "3"
    assert main([*asked, "--vertices"]) == 0
    assert "PROVED: every lambda in between" in capsys.readouterr().out
    assert main([*asked, "--out", str(tmp_path / "path.json")]) == 0
    capsys.readouterr()
    assert main([*asked, "--at", "1"]) == 0
    assert "degrees of freedom of the fit: 3" in capsys.readouterr().out


def test_where_a_tight_kink_is_never_used_the_fit_has_no_derivative_by_the_targets():
    """Moved up, target 2 is followed half of the way; moved down, not at all."""
    X, y, lam, h = [[-1], [1], [2], [-2]], [2, 3, 3, 0], Fraction(3, 10), Fraction(1, 10**6)
    here, up, down = (
        [Fraction(lo) for lo, _ in certify(X, [2, 3 + m, 3, 0], lam, bias="free").residual(40)]
        for m in (0, h, -h)
    )
    assert float((up[1] - here[1]) / h) == pytest.approx(0.5)
    assert float((down[1] - here[1]) / h) == pytest.approx(0)
    found = derivatives(Problem.of(X, y, bias="free"), lam)
    assert (found.residual_by_target, found.degrees_of_freedom) == (None, None)
    assert "no optimal network uses" in found.to_json()["by_target_reason"]
    above, below = (
        [Fraction(lo) for lo, _ in certify(X, y, lam + m, bias="free").residual(40)] for m in (h, -h)
    )
    slopes = [float((a - b) / (2 * h)) for a, b in zip(above, below, strict=True)]
    assert [float(v.mid()) for v in found.residual_by_lambda] == pytest.approx(slopes)


def test_a_kink_that_is_tight_at_a_breakpoint_alone_is_listed_there():
    X, y = [[1], [3], [-1], [0], [1], [-1], [-1]], [2, 1, 0, 0, -1, 1, 2]
    found = path(X, y, bias="free").to_json()["breakpoints"][1]
    assert found["exact"] == "2/3"
    there = certify(X, y, "2/3", bias="free").proved().neurons
    at = {(n["sign"], tuple(n["face"])) for n in found["at"]}
    assert at == {("+" if k.place.sign > 0 else "-", k.place.face) for k in there}
    assert (len(found["at"]), len(found["above"]), len(found["below"])) == (4, 2, 2)


def test_pictures(tmp_path):
    found = paths_of([0, 1, 2, 3], [0, 1, 3, 6], {}, to_zero=True)
    figure = found.plot()
    figure.save(tmp_path / "path.png")
    assert figure.shown["breakpoints"] == pytest.approx([1 / 3, 5 / 3, 10])


def test_a_neuron_that_is_tight_and_unused_on_an_interval():
    """On (27/4, 195/28) the first kink is tight, and no optimal network uses it: it is listed at the ends alone."""
    x, y = [0, 1, 2, 4, 7, 8], [3, -1, 4, 1, -5, 9]
    found = paths_of(x, y, {}, lo="1/10", hi=30)
    there = found.interval_at("48/7")
    optimum = certify([[v] for v in x], y, "48/7", bias="free").proved()
    assert [k.place for k in optimum.neurons if k.place in there.places] == [k.place for k in optimum.used]
    assert (len(optimum.neurons), len(there.places)) == (3, 2)
    shown = found.to_json(12)["breakpoints"]
    (k,) = (i for i, b in enumerate(shown) if b["exact"] == "195/28")
    assert sorted(event["type"] for event in shown[k]["events"]) == ["enter", "leave"]
    assert len(shown[k]["below"]) == 3
    assert all(event["neuron"] is not None for b in shown for event in b["events"])


@pytest.mark.parametrize("name", SKIP)
def test_derivatives_agree_with_differences_of_exact_optima(name):
    """Inside a segment all is affine in lambda and y: differences are derivatives, exactly."""
    x, y, options, h = [0, 1, 2, 4, 7, 8], [3, -1, 4, 1, -5, 9], SKIP[name], Fraction(1, 10**6)
    for lam in (Fraction(1, 3), Fraction(11, 5), Fraction(6)):
        found = derivatives(Problem.of([[v] for v in x], y, lam, bias="free", **options))

        def at(targets, lam=lam):
            path_there = paths_of(x, targets, options, lo=lam / 2, hi=lam * 2)
            there = path_there.interval_at(lam)
            weights = {p: Fraction(w) for p, (w, _) in path_there.weights(lam, 30)}
            return residual(there, lam), weights, there

        here, weights, there = at(y)
        up, below = at(y, lam + h), at(y, lam - h)
        for v, a, b in zip(found.residual_by_lambda, up[0], below[0], strict=True):
            assert is_near(v, (a - b) / (2 * h))
        assert found.degrees_of_freedom.contains(there.rank + 1 + ("skip" in options))
        assert len(found.neurons) == (there.pairs if options else len(found.neurons))
        for k in found.neurons:
            slope = float((up[1][k.place] - below[1][k.place]) / (2 * h))
            assert float(k.by_lambda.mid()) == pytest.approx(slope, abs=1e-9)
        for i in range(6):
            moved = [at([t + e * (j == i) for j, t in enumerate(y)]) for e in (h, -h)]
            for j in range(6):
                slope = (moved[0][0][j] - moved[1][0][j]) / (2 * h)
                assert is_near(found.residual_by_target[j, i], slope)
            for k in found.neurons:
                slope = float((moved[0][1][k.place] - moved[1][1][k.place]) / (2 * h))
                assert float(k.by_target[i].mid()) == pytest.approx(slope, abs=1e-9)
        total = sum(v * (t - v) for v, t in zip(here, y, strict=True)) / lam
        assert is_near(found.objective_by_lambda, total)
        assert sum(weights.values()) == pytest.approx(total)


def test_derivatives_at_a_breakpoint_have_two_sides():
    found = paths_of([0, 1, 2, 4, 7, 8], [3, -1, 4, 1, -5, 9], {}, lo="1/10", hi=30)
    names = [found.exact(k).name for k in range(len(found.breakpoints))]
    sides = found.one_sided(names.index("227/31"))
    assert sides.exact.name == "227/31"
    assert [len(side.neurons) for side in (sides.above, sides.below)] == [1, 2]
    assert not sides.above.free[0].by_lambda.overlaps(sides.below.free[0].by_lambda)
    assert sides.to_json()["exact"] == "227/31"
    assert found.sensitivity(50).neurons == ()


def test_the_last_structure_ends_before_its_breakpoint():
    X, y = [[0], [1], [2], [3]], [0, 1, 3, 6]
    limit = path(X, y, bias="free", to_zero=True).limit
    assert limit.eps == fmpq(1, 3)
    ranks = [certify(X, y, lam, bias="free").to_json()["rank"] for lam in ("1/4", "1/3")]
    assert ranks == [3, 2]
    assert "the same on (0, 0.3333);" in limit.summary()
