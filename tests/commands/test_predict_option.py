"""`polyrelu certify --predict FILE`: intervals in words and as JSON, and one line for every file that does not fit."""

import io
import json
import sys
from fractions import Fraction

import pytest

from polyrelu import certify
from polyrelu.cli import main

ROWS = [[1, 0], [0, 1], [-1, 0], [0, -1]]
Y = [3, 4, 3, 4]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "four.csv").write_text("x1,x2,y\n1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n")
    (tmp_path / "new.csv").write_text("x2,x1\n1,1\n0,1\n1/3,-0.1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    try:
        status = main(["certify", "four.csv", *arguments])
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def predictions(capsys, *arguments):
    status, out, err = run(capsys, *arguments, "--json")
    assert (status, err) == (0, "")
    return json.loads(out)["predictions"]


def test_json(capsys, folder):
    found = predictions(capsys, "--lam", "1", "--predict", "new.csv", "--digits", "6")
    assert found == [
        {"row": 0, "low": ["0.800000", "0.800000"], "high": ["5.60000", "5.60000"], "agree": False},
        {"row": 1, "low": ["2.40000", "2.40000"], "high": ["2.40000", "2.40000"], "agree": True},
        {"row": 2, "low": ["0.826666", "0.826667"], "high": ["1.30666", "1.30667"], "agree": False},
    ]


def test_ends_are_rounded_outwards(capsys, folder):
    (folder / "new.csv").write_text("1/3,2/7\n")
    exact = certify(ROWS, Y, 1).predict([["1/3", "2/7"]])[0]
    for digits in ("1", "3", "40"):
        (found,) = predictions(capsys, "--lam", "1", "--predict", "new.csv", "--digits", digits)
        for end, value in zip((found["low"], found["high"]), (exact.low, exact.high), strict=True):
            assert Fraction(end[0]) <= Fraction(int(value.p), int(value.q)) <= Fraction(end[1])


def test_words_count_from_one(capsys, folder):
    status, out, _ = run(capsys, "--lam", "1", "--predict", "new.csv")
    assert status == 0
    lines = out.splitlines()
    at = next(k for k, line in enumerate(lines) if "predictions of all optimal networks" in line)
    assert [line.split() for line in lines[at + 1 : at + 4]] == [
        ["1", "0.8", "to", "5.6"],
        ["2", "2.4"],
        ["3", "0.826666666666", "to", "1.30666666667"],
    ]


def test_a_list_of_patterns_is_named(capsys, folder):
    (folder / "patterns.txt").write_text("1,1,0,0\n0,0,1,1\n")
    _, out, _ = run(capsys, "--lam", "1", "--patterns", "patterns.txt", "--predict", "new.csv")
    assert "predictions of all optimal networks among networks with these 2 patterns" in out


def test_many_rows_are_cut_short_in_words_alone(capsys, folder):
    (folder / "new.csv").write_text("".join(f"{k},1\n" for k in range(50)))
    assert "and 10 more rows (see --json)" in run(capsys, "--lam", "1", "--predict", "new.csv")[1]
    assert len(predictions(capsys, "--lam", "1", "--predict", "new.csv")) == 50


def test_the_data_itself_with_its_target_column(capsys, folder):
    found = predictions(capsys, "--lam", "1", "--predict", "four.csv", "--digits", "2")
    assert [entry["low"][0] for entry in found] == ["2.4", "3.2", "2.4", "3.2"]
    assert all(entry["agree"] for entry in found)


def test_bias_and_no_penalty(capsys, folder):
    (biased,) = predictions(capsys, "--lam", "0", "--bias", "--predict", "new.csv")[:1]
    assert biased == {"row": 0, "low": ["-inf", "-inf"], "high": ["inf", "inf"], "agree": False}
    assert "-inf to inf" in run(capsys, "--lam", "0", "--predict", "new.csv")[1]


def test_standard_input(capsys, folder, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1,1\n")))
    assert predictions(capsys, "--lam", "1", "--predict", "-", "--digits", "2")[0]["low"] == ["0.80", "0.80"]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("a,b\n1,2\n", [], "new.csv: the columns are a, b where the data has x1, x2"),
        ("1,2,3,4\n", [], "new.csv: 4 columns where the data has 2 features (x1, x2)"),
        ("1,x\n2,3\n", [], "new.csv"),
        ("", [], "new.csv holds no data"),
        ("1,2\n", ["--gated"], "--predict: a gated program knows its gates on the rows of X alone"),
    ],
)
def test_what_does_not_fit_gets_one_line_and_status_2(capsys, folder, text, options, words):
    (folder / "new.csv").write_text(text)
    status, out, err = run(capsys, "--lam", "1", "--predict", "new.csv", *options)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_missing_files_and_two_uses_of_standard_input(capsys, folder):
    status, _, err = run(capsys, "--lam", "1", "--predict", "nothing.csv")
    assert (status, err.count("\n")) == (2, 1)
    assert main(["certify", "-", "--lam", "1", "--predict", "-"]) == 2


def test_nothing_is_added_without_the_option(capsys, folder):
    assert "predictions" not in json.loads(run(capsys, "--lam", "1", "--json")[1])


def test_an_undecided_optimum_has_no_predictions(capsys, folder, monkeypatch):
    monkeypatch.setattr("polyrelu.proof.optimum.confirmed", lambda *_: (_ for _ in ()).throw(undecided()))
    status, out, _ = run(capsys, "--lam", "1", "--predict", "new.csv", "--json")
    answer = json.loads(out)
    assert (status, answer["predictions"], answer["predictions_reason"]) == (3, None, "because")


def undecided():
    from polyrelu.errors import Undecided

    return Undecided("because")


def test_a_row_that_is_open_says_so_and_no_other_suffers(capsys, folder, monkeypatch):
    from polyrelu.optimal_set.levels import OptimalSet

    predict = OptimalSet.predict

    def open_at_the_first(self, x, *more):
        if x == (1, 1):
            raise undecided()
        return predict(self, x, *more)

    monkeypatch.setattr(OptimalSet, "predict", open_at_the_first)
    first, second, _ = predictions(capsys, "--lam", "1", "--predict", "new.csv", "--digits", "2")
    assert first == {"row": 0, "low": None, "high": None, "agree": None, "reason": "because"}
    assert second["agree"] is True
    assert "UNDECIDED: because" in run(capsys, "--lam", "1", "--predict", "new.csv")[1]
