"""Where one neuron stands for its orbit, users see every neuron with its own weight, as `certify` finds it there."""

import itertools
from fractions import Fraction

import pytest
from flint import arb

from polyrelu import certify, path
from polyrelu.curves.branch import BITS
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.show.figures.path_profile import curves, turns
from polyrelu.show.interactive.path_numbers import numbers

SQUARE = [[1, 0], [0, 1], [-1, 0], [0, -1]]
TABLES = {
    "four at once": (SQUARE, [3, 4, 3, 4]),
    "two signs": (SQUARE, [-1, 3, -1, 3]),
    "mirrored rows": ([[3, 1], [3, -1], [1, 0]], [2, 2, -1]),
    "xor, with a bias": ([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], [0, 1, 1, 0]),
    "three pairs of axes": (
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]],
        [1, 1, 1, 2, 1, 1],
    ),
    "a cross by symmetry": ([[2, 0], [0, 1], [-2, 0], [0, -1], [1, 1], [-1, -1]], [2, 2, 2, 2, 1, 1]),
    "a grid with one value": ([list(v) for v in itertools.product((-1, 0, 1), repeat=2)], [1] * 9),
}
VERDICTS = ("convex_unique", "p_unique", "function_unique")


def lambdas(interval):
    low, high = (Fraction(*float(v.mid()).as_integer_ratio()) for v in (interval.low, interval.high))
    return [((low * k + high * (5 - k)) / 5).limit_denominator(10**6) for k in (1, 3)]


@pytest.fixture(scope="module", params=TABLES)
def found(request):
    return path(*TABLES[request.param])


def test_these_tables_have_symmetries(found):
    assert found.intervals[0].curve.branch.symmetry is not None


def test_every_neuron_has_its_own_weight(found):
    y = found.problem.y
    for interval in found.intervals:
        for lam in lambdas(interval):
            optimum, L = found.at(lam).proved(), arb(to_fmpq(lam))
            shown = found.weights(lam, 25)
            own = dict(shown)
            assert len(own) == len(shown) == len(interval.places)
            assert set(own) == {k.place for k in optimum.neurons}
            with precision(BITS):
                nu = [arb(0) + v for v in optimum.residual(BITS)]
                left = [L * (v - arb(to_fmpq(t))) for v, t in zip(nu, y, strict=True)]
                for neuron in optimum.neurons:
                    low, high = (Fraction(v) for v in own[neuron.place])
                    assert 0 < low < high < low + Fraction(1, 10**15)
                    weight = arb(to_fmpq(low)).union(arb(to_fmpq(high)))
                    left = [s + weight * t for s, t in zip(left, neuron.activation(nu), strict=True)]
                assert all(bool(v.contains(0)) and float(v.rad()) < 1e-12 for v in left)
            if interval.p_unique:
                assert [place for place, _ in shown] == [k.place for k in optimum.neurons]


def test_the_keys_of_an_interval_are_those_of_certify(found):
    listed = found.to_json(20)["intervals"]
    for interval, told in zip(found.intervals, listed, strict=True):
        for lam in lambdas(interval):
            result = certify(found.problem, lam=lam)
            optimum = result.proved()
            keys = {
                "neurons": len(optimum.neurons),
                "rank": optimum.support.rank,
                "pairs": len(optimum.support.pairs),
                "nullity": optimum.nullity,
                "dimension": optimum.nullity,
            }
            assert {key: told[key] for key in keys} == keys
            for name in VERDICTS:
                left_open = name == "function_unique" and told[name] is None
                assert left_open or told[name] is getattr(result, name).answer


def test_events_count_neurons_in_the_order_of_certify(found):
    listed = found.to_json(20)["breakpoints"]
    for k, (here, told) in enumerate(zip(found.breakpoints, listed, strict=True)):
        at = [(1 if p["sign"] == "+" else -1, tuple(p["face"])) for p in told["at"]]
        named = [e["neuron"] for e in told["events"]]
        assert len(set(named)) == len(named)
        for change, event in zip(here.changes, told["events"], strict=True):
            sign, face = at[event["neuron"]]
            assert sign == change.place.sign
            assert all(b in (a, 0) for a, b in zip(change.place.face, face, strict=True))
        exact = found.exact(k)
        if exact is None or not exact.name.replace("/", "").isdigit():
            continue
        result = certify(found.problem, lam=exact.name)
        if result.status == "proved":
            optimum = result.proved()
            assert {(q.place.sign, q.place.face) for q in optimum.neurons} == set(at)
            if optimum.nullity == 0:
                assert [(q.place.sign, q.place.face) for q in optimum.neurons] == at


def test_pictures_show_each_neuron(found):
    for interval in found.intervals:
        own, drawn = len(interval.places), curves(interval, found)
        assert len(drawn) == own
        for lams, weights, _ in drawn:
            assert min(weights) > -1e-12
            assert len(lams) == len(weights)
        top = float(interval.pieces[0].chord.high)
        total = sum(weights[list(lams).index(top)] for lams, weights, _ in drawn)
        x = interval.pieces[0].chord.at_high
        _, b, _ = interval.pieces[0].curve.branch.parts(x)
        assert total == pytest.approx(sum(float(v.mid()) for v in b), abs=1e-12)
        if found.problem.d == 2:
            assert len(turns(interval, found)) >= own
    for one in numbers(found)["positions"]:
        if one["event"] is None:
            assert len(one["neurons"]) == one["width"]
            assert sum(k["weight"] for k in one["neurons"]) == pytest.approx(one["total"])
            for k in one["neurons"]:
                assert sum(v * v for v in k["direction"]) == pytest.approx(1)
