"""`polyrelu path`: JSON, words, exit statuses."""

import json
from fractions import Fraction
from itertools import pairwise

import pytest

from polyrelu import certify, path
from polyrelu.bounding.search import Search
from polyrelu.budget import OutOfTime
from polyrelu.certificate.write_path import write_path
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.paths import largest
from polyrelu.paths.bounded import bounded_path
from polyrelu.show.interactive.path_numbers import numbers

KEYS = [
    "status",
    "from",
    "to",
    "lambda_max",
    "intervals",
    "breakpoints",
    "at_from",
    "at_to",
    "unique",
    "continuity",
    "undecided",
    "limit_zero",
    "seconds",
]
NUMBERS = ["from", "to", "neurons", "rank", "pairs", "nullity", "dimension"]
INTERVAL = [*NUMBERS, "convex_unique", "p_unique", "function_unique", "affine"]
BREAKPOINT = ["lambda", "exact", "events", "above", "at", "below", "network_continuous", "convex_jump"]


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text("1,1\n2,3\n-1,2\n")
    return str(file)


def test_json_has_the_keys(table, capsys):
    assert main(["path", table, "--to-zero", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == KEYS
    assert found["status"] == "proved"
    assert [list(i) for i in found["intervals"]] == [INTERVAL] * 3
    assert [list(b) for b in found["breakpoints"]] == [BREAKPOINT] * 2
    assert [b["exact"] for b in found["breakpoints"]] == ["2", "7"]
    assert found["breakpoints"][0]["events"] == [{"type": "enter", "neuron": 1, "row": None}]
    assert found["intervals"][0]["from"] == ["0", "0"]
    low, high = (float(v) for v in found["limit_zero"]["norm"])  # (7 - 0)/5 + 2
    assert low <= 3.4 <= high
    assert high - low < 1e-12
    assert found["limit_zero"]["neurons"] == 2


def test_without_to_zero_there_is_no_limit(table, capsys):
    assert main(["path", table, "--from", "1", "--to", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["limit_zero"] is None
    assert (found["from"], found["to"]) == ("1", "3")
    assert [i["neurons"] for i in found["intervals"]] == [2, 1]


def test_words(table, capsys):
    assert main(["path", table]) == 0
    said = capsys.readouterr().out
    assert "PROVED: every lambda in between" in said
    assert "enter at 7" in said


@pytest.mark.parametrize("ends", [("0", "1"), ("3", "2"), ("x", "2"), ("-1", "2")])
def test_bad_ends_are_one_line(table, capsys, ends):
    assert main(["path", table, "--from", ends[0], "--to", ends[1]]) == 2
    said = capsys.readouterr().err
    assert said.startswith("polyrelu path: ")
    assert said.count("\n") == 1


def test_a_beginning_above_everything_is_told_by_lambda_max(table, capsys):
    assert main(["path", table, "--from", "20"]) == 2
    assert capsys.readouterr().err == (
        "polyrelu path: --from: 20 is above lambda_max (7.00000), where no neuron is used; "
        "a path that begins there needs --to as well\n"
    )
    assert main(["path", table, "--from", "20", "--to", "30"]) == 0


@pytest.mark.parametrize("options", [{}, {"bias": "free"}], ids=str)
def test_tiny_features_have_the_path_of_their_multiples(options):
    """All of it moves with the features; its ends are short fractions, neither 0 nor above lambda_max."""
    X, y, tiny = [[3, 1], [1, -2], [-1, 1], [2, 2]], [1, -2, 3, 1], Fraction(1, 10**30)
    usual, small = path(X, y, **options), path([[v * tiny for v in row] for row in X], y, **options)
    assert usual.status == small.status == "proved"
    assert [float(b.lam) for b in small.breakpoints] == pytest.approx(
        [float(b.lam) * 1e-30 for b in usual.breakpoints], rel=1e-12, abs=0
    )
    assert [i.rank for i in small.intervals] == [i.rank for i in usual.intervals]


@pytest.mark.parametrize("digits", [11, 30])
def test_tiny_features_are_bounded_as_well(digits):
    """Nodes have to be found between penalties of any size."""
    X = [[v * Fraction(1, 10**digits) for v in row] for row in ([3, 1], [1, -2], [-1, 1], [2, 2])]
    assert bounded_path(Problem.of(X, [1, -2, 3, 1]), gap=Fraction(1, 50)).reached


def test_a_piece_that_stays_open_is_told(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("polyrelu.paths.gaps.compounds", lambda *_: iter(()))
    file = tmp_path / "pentagon.csv"  # symmetric: four neurons enter at once
    file.write_text("2,0,1\n1,2,1\n-2,1,1\n-2,-1,1\n1,-2,1\n")
    assert main(["path", str(file), "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "undecided"
    assert found["undecided"]
    assert all(piece["reason"] for piece in found["undecided"])
    assert main(["path", str(file)]) == 3
    assert "UNDECIDED" in capsys.readouterr().out


def test_nothing_to_learn(tmp_path, capsys):
    file = tmp_path / "zero.csv"
    file.write_text("1,0,0\n0,1,0\n")
    assert main(["path", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["breakpoints"] == []
    assert [i["neurons"] for i in found["intervals"]] == [0]


def test_bounds_between_nodes(table, capsys):
    assert main(["path", table, "--from", "1", "--gap", "1e-2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "bounded"
    assert 0 <= found["gap"] <= 0.01
    lams = [Fraction(node["lambda"]) for node in found["nodes"]]
    assert lams == sorted(lams)
    for node in found["nodes"]:  # h = y.nu - |nu|^2 / 2, in closed form
        lam = Fraction(node["lambda"])
        plus, minus = max(Fraction(0), (7 - lam) / 5), max(Fraction(0), 2 - lam)
        nu = [1 - plus, 3 - 2 * plus, 2 - minus]
        value = sum(y * v - v * v / 2 for y, v in zip((1, 3, 2), nu, strict=True))
        low, high = (Fraction(v) for v in node["objective"])
        assert low <= value <= high


def test_a_gap_and_zero_exclude_each_other(table, capsys):
    assert main(["path", table, "--gap", "1e-2", "--to-zero"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_time_that_is_over_leaves_the_rest_undecided(table, capsys, monkeypatch):
    left = iter(range(3))

    def check():
        if next(left, None) is None:
            raise OutOfTime("the time allowed is over")

    monkeypatch.setattr("polyrelu.paths.walk.budget.check", check)
    assert main(["path", table, "--seconds", "1000", "--to-zero", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == found["limit_zero"]["status"] == "undecided"
    assert found["intervals"], "what was proved before stays proved"
    assert "time" in found["undecided"][-1]["reason"]
    assert all(i["from"][0] >= found["undecided"][-1]["to"][0] for i in found["intervals"])


OVER = [[], ["--to-zero"], ["--gated"], ["--bias", "free"], ["--bias", "--output-bias", "ridge"]]


@pytest.mark.parametrize("patience", [0, 2])
@pytest.mark.parametrize("asked", OVER)
def test_no_time_at_all_still_gives_a_whole_object(tmp_path, capsys, monkeypatch, asked, patience):
    """Even lambda_max may be unknown then: a bound that needs no search takes its place."""
    if not patience:
        monkeypatch.setattr(largest, "_found", late)
    file = tmp_path / "plane.csv"
    file.write_text("1,2,3\n-2,1,1.5\n3,-1,-2\n-1,-3,0.7\n2,2,-1\n")
    assert main(["path", str(file), "--seconds", "0.001", "--json", *asked]) == 3
    found = json.loads(capsys.readouterr().out)
    assert [key for key in found if key != "scope"] == KEYS
    assert found["status"] == "undecided"
    low, high = map(float, found["lambda_max"])
    assert (low == 0) is not patience
    assert low <= high
    gaps = found["undecided"]
    assert any("time" in gap["reason"] for gap in gaps)
    assert float(gaps[0]["from"][0]) <= float(Fraction(found["from"]))
    assert float(gaps[-1]["to"][1]) >= float(Fraction(found["to"])) > high
    assert main(["path", str(file), "--seconds", "0.001", *asked]) == 3
    assert "unique for no interval of lambda (elsewhere UNDECIDED" in capsys.readouterr().out


def late(*_):
    raise OutOfTime("the time allowed is over")


SETTINGS = [{}, {"bias": "free"}, {"skip": True}, {"bias": True, "output_bias": "ridge"}, {"gated": True}]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_bound_without_a_search_is_above_lambda_max(setting, monkeypatch):
    """From it the way leads down as from lambda_max."""
    X, y = [[4, 1], [-3, 2], [1, -5], [2, 3], [-1, -2]], [2, 1, -2, 3, 1]
    known = path(X, y, 4, **setting)
    monkeypatch.setattr(largest, "_found", late)
    found = path(X, y, 4, **setting)
    assert found.status == "proved"
    assert Fraction(known.lambda_max()[1]) < found.largest.top < found.high
    assert [b.bounds(20) for b in found.breakpoints] == [b.bounds(20) for b in known.breakpoints]


def test_bounds_are_given_without_any_time(table, capsys, monkeypatch):
    monkeypatch.setattr("polyrelu.paths.bounded.lambda_max_squared", late)
    assert main(["path", table, "--gap", "1e-3", "--seconds", "0.001", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "bounded"
    assert Fraction(found["to"]) > 7
    for node in found["nodes"]:
        best = certify([[1], [2], [-1]], [1, 3, 2], node["lambda"]).proved().objective(100)
        assert float(node["objective"][0]) <= float(best) <= float(node["objective"][1])


REFUSED = [
    ["--bias", "free", "--output-bias", "ridge", "--out", "path.json"],
    ["--output-bias", "ridge", "--gap", "1/10", "--out", "path.json"],
    ["--free", "0", "--gated"],
]


@pytest.mark.parametrize("asked", REFUSED)
def test_another_problem_is_refused_and_not_taken_for_the_plain_one(tmp_path, capsys, asked):
    file = tmp_path / "data.csv"
    file.write_text("1,0,1\n0,2,2\n4,-3,0\n")
    assert main(["path", str(file), *asked]) == 2
    assert capsys.readouterr().err.count("\n") == 1


BOUNDED = [{"output_bias": "free"}, {"skip": True}, {"bias": "free"}, {"output_bias": "ridge"}]


@pytest.mark.parametrize("setting", BOUNDED, ids=str)
def test_bounds_of_a_path_know_what_is_free(setting):
    """At penalties between the nodes the optimum lies within the gap of the mixtures' values."""
    X, y = [[1, 2], [3, -1], [-2, 1], [2, 2], [0, 1]], [3, 1, -2, 2, -1]
    found = bounded_path(Problem.of(X, y, **setting), "1/10", 2, gap=Fraction(1, 50))
    assert found.reached
    for a, b in pairwise(found.nodes):
        lam = (a.lam + 2 * b.lam) / 3
        optimum = float(Fraction(certify(X, y, lam, **setting).objective()[0]))
        residual = [float(u + 2 * v) / 3 for u, v in zip(a.residual, b.residual, strict=True)]
        dual = [float(u + 2 * v) / 3 for u, v in zip(a.dual, b.dual, strict=True)]
        lower = sum(v * (t - v / 2) for v, t in zip(dual, y, strict=True))
        upper = sum(v * v for v in residual) / 2 + float(lam * (a.total + 2 * b.total)) / 3
        if found.problem.setting.output == "ridge":
            lower -= sum(dual) ** 2 / 2 / float(lam)
            upper += float(lam * ((a.bias + 2 * b.bias) / 3) ** 2) / 2
        assert lower - 1e-9 <= optimum <= upper + 1e-9
        assert upper - lower <= float(found.gap) * optimum + 1e-9


def test_a_penalised_bias_is_a_column(tmp_path, capsys):
    file = tmp_path / "data.csv"
    file.write_text("1,1\n2,3\n-1,2\n")
    assert main(["path", str(file), "--bias", "--from", "5"]) == 0
    assert "2 features (bias included)" in capsys.readouterr().out


def test_a_profile_is_drawn(table, tmp_path):
    file = tmp_path / "profile.png"
    assert main(["path", table, "--plot", str(file)]) == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    drawn = path([[1], [2], [-1]], [1, 3, 2], 1, 8).plot()
    assert drawn.shown["breakpoints"] == [2.0, 7.0]
    assert "2 breakpoints" in drawn.caption
    for lams, weights, _ in drawn.shown["curves"]:  # (7 - L)/5 and 2 - L
        assert all(
            min(abs(w - (7 - lam) / 5), abs(w - 2 + lam)) < 1e-9 for lam, w in zip(lams, weights, strict=True)
        )


def test_directions_are_drawn_down_to_zero_and_values_know_a_ridge():
    X, y = [[1, 2], [3, -1], [-2, 1], [2, 2], [0, 1]], [3, 1, -2, 2, -1]
    drawn = path(X, y, to_zero=True).plot().shown
    assert min(lams[-1] for lams, _, _ in drawn["directions"]) == 0
    for _, angles, _ in drawn["directions"]:
        assert max(abs(a - b) for a, b in pairwise(angles)) < 0.3
    ridge = path(X, y, "1/2", 2, output_bias="ridge").plot().shown
    for lam, part in ridge["values"][::9]:
        value = float(Fraction(certify(X, y, Fraction(lam), output_bias="ridge").objective()[0]))
        assert part * sum(v * v for v in y) / 2 == pytest.approx(value)


def test_the_page_draws_the_function_with_its_ridge():
    found = path([[1], [2], [-1]], [4, 3, 5], "1/2", 6, output_bias="ridge")
    page = numbers(found)
    for one in page["positions"][::3]:
        result = certify(found.problem, lam=Fraction(one["lambda"]).limit_denominator(10**9))
        assert one["value"] == pytest.approx(float(Fraction(result.objective()[0])), abs=1e-6)
        inputs, network = page["inputs"], result.network()
        expected = [float(v) for v in network.evaluate([[Fraction(v)] for v in inputs])]
        assert one["outputs"] == pytest.approx(expected, abs=1e-5)


def test_plots_need_a_path(table, capsys):
    assert main(["path", table, "--gap", "1e-2", "--plot", "x.png"]) == 2
    assert main(["path", table, "--at", "1", "--gap", "1e-2"]) == 2
    capsys.readouterr()


@pytest.mark.parametrize("bias", ["none", "penalised", "free"])
def test_derivatives_of_a_table_beyond_floats_are_refused(tmp_path, capsys, bias):
    """As its path is. (Some crashed.)"""
    file = tmp_path / "huge.csv"
    file.write_text("1,0,1e300\n1,1,2\n-1,2,-1\n")
    assert main(["path", str(file), "--at", "1", "--bias", bias]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the largest entry of y is above 1e60" in line


def test_derivatives_at_one_penalty(table, capsys):
    assert main(["path", table, "--at", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lambda"] == "1"
    assert [round(float(k["by_lambda"][0]), 6) for k in found["neurons"]] == [-0.2, -1.0]
    assert found["minimal_networks"] == []
    slopes = [
        float(row[0][0]) for row in found["neurons"][0]["by_feature"]
    ]  # of (x1 y1 + x2 y2 - L) / (x1^2 + x2^2)
    assert slopes == pytest.approx([0.2 - 2 * 1.2 / 5, 0.6 - 4 * 1.2 / 5, 0])
    assert main(["path", table, "--at", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["exact"], len(found["above"]["neurons"]), len(found["below"]["neurons"])) == ("2", 1, 2)


@pytest.mark.parametrize("more", [[], ["--gap", "1/10"], ["--gated"], ["--output-bias", "ridge"]], ids=str)
@pytest.mark.parametrize("size", ["e200", "e-200"])
def test_tables_beyond_what_floats_multiply_are_refused_in_one_line(tmp_path, capsys, more, size):
    file = tmp_path / "data.csv"
    file.write_text("".join(f"{a}{size},{b}{size}\n" for a, b in ((1, 1), (2, 3), (-1, 2))))
    assert main(["path", str(file), *more]) == 2
    said = capsys.readouterr().err
    assert said.endswith("scale the data\n")
    assert said.count("\n") == 1


@pytest.mark.parametrize("more", [[], ["--gap", "1/10"]], ids=str)
@pytest.mark.parametrize("end", [["--to", "1e400"], ["--from", "1e-400"]], ids=str)
def test_so_are_such_penalties(table, capsys, more, end):
    assert main(["path", table, *end, *more]) == 2
    assert capsys.readouterr().err.endswith("scale the data\n")


def test_a_free_hidden_bias_beside_one_feature_is_exact_at_any_size():
    found = path([["1e200"], ["2e200"], ["-1e200"]], ["1e200", "3e200", "2e200"], "1e350", bias="free")
    assert (found.status, len(found.breakpoints)) == ("proved", 2)


@pytest.mark.parametrize(("nodes", "status"), [(2, 130), (9, 3)])
def test_an_interruption_ends_a_bounded_path(table, capsys, monkeypatch, nodes, status):
    """Not the search at one node alone: the path stops there, with what is bounded by then, if that is all of it."""
    searched, run = [], Search.run

    def interrupted(self):
        searched.append(self)
        if len(searched) > nodes:
            raise KeyboardInterrupt
        run(self)

    monkeypatch.setattr(Search, "run", interrupted)
    assert main(["path", table, "--gap", "1e-4"]) == status
    assert len(searched) == nodes + 1
    said = capsys.readouterr()
    assert "interrupted" in said.err if status == 130 else "was not reached" in said.out


@pytest.mark.parametrize("more", [["--from", "1"], ["--to", "3"], ["--to-zero"]], ids=str)
def test_one_lambda_has_no_ends(table, capsys, more):
    assert main(["path", table, "--at", "1", *more]) == 2
    assert "leave out --from" in capsys.readouterr().err


def test_a_network_that_is_not_unique_off_its_neurons_is_told_so(tmp_path):
    """One row: constant and slope fit it in many ways, with no neuron and no dimension of weights."""
    found = path([[5]], [7], bias="free", skip=True)
    assert "no (free columns depend on each other)" in found.summary()
    with pytest.raises(Undecided, match="is asked: free columns are independent"):
        write_path(str(tmp_path / "path.json"), found)
