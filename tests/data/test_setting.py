"""Which problem it is: the choices, what they put into the data, what goes together, and how they are hashed."""

import pytest

from polyrelu.certificate.fingerprint import fingerprint
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.data.setting import PLAIN, Setting
from polyrelu.errors import BadInput

ROWS, TARGET = [[1, 2, 5], [3, 4, 6], [7, 8, 9]], [1, 0, 2]


def test_a_plain_problem_has_the_plain_setting():
    assert Problem.of(ROWS, TARGET, 1).setting == PLAIN == Setting.of("none")
    assert Problem.of(ROWS, TARGET, 1).free_names == ()
    assert Setting.of(True).is_plain
    assert not Setting.of("free").is_plain


def test_free_columns_leave_the_features():
    problem = Problem.of(ROWS, TARGET, 1, bias=True, output_bias="free", skip=True, free=["x2"])
    assert problem.X == ((1, 5, 1), (3, 6, 1), (7, 9, 1))
    assert problem.features == ("x1", "x3", "bias")
    assert problem.free_names == ("constant", "x1", "x3", "x2")
    assert problem.free_values == ((1, 1, 5, 2), (1, 3, 6, 4), (1, 7, 9, 8))
    assert Problem.of(ROWS, TARGET, 1, free=[1]) == Problem.of(ROWS, TARGET, 1, free=["x2"])


def test_a_free_hidden_bias_makes_the_output_bias_free():
    assert Setting.of("free").output == Setting.of("free", "free").output == "free"
    with pytest.raises(BadInput, match="constants at no cost"):
        Setting.of("free", "ridge")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"bias": "maybe"}, "unknown"),
        ({"output_bias": "penalised"}, "unknown"),
        ({"free": ["x9"]}, "no feature of this name"),
        ({"free": ["x1", 0]}, "named twice"),
        ({"free": [0, 1, 2]}, "none is left"),
    ],
)
def test_a_choice_that_has_no_meaning_is_refused(choice, words):
    with pytest.raises(BadInput, match=words):
        Problem.of(ROWS, TARGET, 1, **choice)


def test_every_choice_is_another_question():
    choices = [
        {},
        {"bias": "penalised"},
        {"bias": "free"},
        {"output_bias": "free"},
        {"output_bias": "ridge"},
        {"skip": True},
        {"skip": True, "output_bias": "free"},
        {"free": ["x2"]},
    ]
    assert len({fingerprint(Problem.of(ROWS, TARGET, 1, **c)) for c in choices}) == len(choices)


@pytest.mark.parametrize("where", [["--bias", "DATA"], ["DATA", "--bias"], ["DATA", "--bias", "penalised"]])
def test_a_bare_bias_is_penalised_wherever_it_stands(tmp_path, capsys, where):
    path = tmp_path / "four.csv"
    path.write_text("1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n")
    assert main(["fingerprint", *(str(path) if w == "DATA" else w for w in where), "--lam", "1"]) == 0
    expected = fingerprint(Problem.of([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1, bias=True))
    assert capsys.readouterr().out.strip() == expected
