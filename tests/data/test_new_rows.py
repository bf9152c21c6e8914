"""New rows are read as exactly as the data, and their columns are the data's: by name, else by position."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from polyrelu.data.new_rows import new_rows, read_new_rows, with_bias
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput

Q = Fraction
FRAME = pd.DataFrame({"a": [1, 2, -1], "b": [0, 1, 2]})
NAMED = Problem.of(FRAME, pd.Series([1, 2, 3], name="t"), 1)
PLAIN = Problem.of([[1, 2], [3, 4]], [1, 0], 1)


@pytest.fixture
def read(tmp_path):
    def from_text(problem, text):
        path = tmp_path / "new.csv"
        path.write_text(text)
        return read_new_rows(problem, str(path))

    return from_text


def test_numbers_are_exact():
    assert new_rows(PLAIN, [[0.1, "1/3"]]) == ((Q(1, 10), Q(1, 3)),)
    assert new_rows(PLAIN, [[0.1, 1]], "exact")[0][0] == Q(0.1)
    assert new_rows(PLAIN, np.array([[0.5, 2]])) == ((Q(1, 2), Q(2)),)
    with pytest.raises(BadInput, match="float"):
        new_rows(PLAIN, [[0.1, 1]], "reject")


def test_named_columns_are_found_by_name():
    expected = ((Q(1), Q(0)), (Q(2), Q(1)), (Q(-1), Q(2)))
    for given in (FRAME, FRAME[["b", "a"]], FRAME.assign(t=7), FRAME.to_numpy(), NAMED):
        assert new_rows(NAMED, given) == expected


def test_a_bias_column_is_not_given_and_not_read():
    problem = Problem.of([[1], [2]], [1, 0], 1, bias=True)
    assert new_rows(problem, [[5]]) == ((Q(5),),)
    assert new_rows(problem, problem) == ((Q(1),), (Q(2),))
    assert with_bias(problem, (Q(5),)) == (5, 1)
    assert with_bias(PLAIN, (Q(5), Q(6))) == (5, 6)


def test_files_with_and_without_names(read):
    for text in ("1,0\n", "a,b\n1,0\n", "b,a\n0,1\n", "a,b,t\n1,0,9\n", "t,b,a\n9,0,1\n"):
        assert read(NAMED, text) == ((Q(1), Q(0)),)


def test_the_data_file_itself_can_be_asked_again(tmp_path):
    for text in ("1,2,3\n4,5,6\n", "p,q,r\n1,2,3\n4,5,6\n"):
        path = tmp_path / "data.csv"
        path.write_text(text)
        problem = Problem.read(str(path), lam=1)
        assert read_new_rows(problem, str(path)) == problem.X


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (FRAME.rename(columns={"a": "z"}), "the columns are z, b where the data has a, b"),
        (FRAME[["a"]], "the columns are a where the data has a, b"),
        ([[1]], "1 columns where the data has 2 features"),
        ([[1, 2, 3]], "3 columns where the data has 2 features"),
        ([1, 2], "two-dimensional"),
        ([], "empty"),
        ([[1, "x"]], "row 1, column 2"),
        ([[1, float("nan")]], "row 1, column 2"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(given, words):
    with pytest.raises(BadInput, match=words) as refused:
        new_rows(NAMED, given)
    assert "\n" not in str(refused.value)


def test_names_in_a_file_must_be_those_of_the_data(read):
    with pytest.raises(BadInput, match=r"new\.csv: the columns are a, c where the data has a, b"):
        read(NAMED, "a,c\n1,0\n")
    with pytest.raises(BadInput, match=r"new\.csv: 3 columns"):
        read(NAMED, "1,0,2\n")
