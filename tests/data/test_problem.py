"""The door for data: what it accepts, what each value means, and what it refuses in one clear line."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import sympy
from flint import fmpq

from polyrelu.data.numbers import MAX_DIGITS, exact_number
from polyrelu.data.problem import Problem
from polyrelu.data.tables import read_table
from polyrelu.errors import BadInput


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, Fraction(3)),
        (True, Fraction(1)),
        (Fraction(3, 7), Fraction(3, 7)),
        (Decimal("1.10"), Fraction(11, 10)),
        (np.int8(-5), Fraction(-5)),
        (np.float64(0.1), Fraction(1, 10)),
        (np.float32(0.1), Fraction(1, 10)),
        (np.array(7), Fraction(7)),
        (sympy.Rational(2, 6), Fraction(1, 3)),
        (sympy.Integer(4), Fraction(4)),
        (fmpq(1, 3), Fraction(1, 3)),
        (0.1, Fraction(1, 10)),
        (1e300, Fraction(10) ** 300),
        (5e-324, Fraction("5e-324")),
        ("3/7", Fraction(3, 7)),
        (" -3 / 7 ", Fraction(-3, 7)),
        ("0.1", Fraction(1, 10)),
        ("1e-3", Fraction(1, 1000)),
        ("+.5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("1e1000", Fraction(10) ** 1000),
        ("-0", Fraction(0)),
    ],
)
def test_what_a_number_means(value, expected):
    assert exact_number(value) == expected


def test_the_three_readings_of_a_float():
    assert exact_number(0.1, floats="decimal") == Fraction(1, 10)
    assert exact_number(0.1, floats="exact") == Fraction(0.1) != Fraction(1, 10)
    assert exact_number(np.float32(0.1), floats="exact") == Fraction(float(np.float32(0.1)))
    with pytest.raises(BadInput, match="reject"):
        exact_number(0.1, floats="reject")
    assert exact_number("0.1", floats="reject") == Fraction(1, 10)
    with pytest.raises(BadInput, match="unknown"):
        Problem.of([[1]], floats="round")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "empty"),
        ("nan", "finite"),
        (float("inf"), "finite"),
        (Decimal("NaN"), "finite"),
        (np.float64("nan"), "finite"),
        ("1e1001", "exponent"),
        ("1e-99999999999999999999", "exponent"),
        (Decimal("1e9999999"), "exponent"),
        ("1" * (MAX_DIGITS + 1), "limit"),
        ("3/0", "denominator 0"),
        ("1,5", "not a number"),
        ("1_000", "not a number"),
        ("0x10", "not a number"),
        ("١", "not a number"),
        (1 + 2j, "not a number"),
        (None, "not a number"),
        (sympy.sqrt(2), "not rational"),
        ([1], "not a number"),
        (pd.NA, "not a number"),
    ],
)
def test_what_is_not_a_number(value, words):
    with pytest.raises(BadInput, match=words) as caught:
        exact_number(value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_integers_too_long_to_print_are_refused_all_the_same():
    for value in (10**5000, Fraction(1, 10**5000), -(10**5000)):
        with pytest.raises(BadInput, match="limit"):
            exact_number(value)


def test_a_problem_from_many_kinds_of_tables():
    expected = Problem.of([[1, "1/2"], ["0.1", 3]], [1, 2], "1/4")
    assert Problem.of(np.array([[1, 0.5], [0.1, 3]]), np.array([1, 2]), 0.25) == expected
    assert Problem.of(np.array([[1, 0.5], [0.1, 3]], dtype=object), [[1], [2]], Decimal("0.25")) == expected
    frame = pd.DataFrame({"x1": [1, 0.1], "x2": [Fraction(1, 2), 3]})
    assert Problem.of(frame, pd.Series([1, 2]), 0.25) == expected
    assert Problem.of(frame, pd.DataFrame({"y": [1, 2]}), 0.25) == expected


def test_large_integers_of_a_frame_do_not_pass_through_floats():
    frame = pd.DataFrame({"big": [2**60 + 1, 2], "small": [0.5, 0.25]})
    assert Problem.of(frame).X[0][0] == 2**60 + 1


def test_bias_is_a_last_column_of_ones():
    problem = Problem.of([[2], [3]], bias=True)
    assert problem.X == ((2, 1), (3, 1))
    assert problem.features == ("x1", "bias")


def test_a_problem_is_frozen_and_hashable():
    problem = Problem.of([[1]], [1], 1)
    with pytest.raises(AttributeError):
        problem.lam = 2  # type: ignore[misc]
    assert hash(problem) == hash(Problem.of([[1]], [1], 1))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([],), "X is empty"),
        (([[]],), "no columns"),
        (([1, 2],), "two-dimensional"),
        (("12",), "give a table"),
        ((3,), "give a table"),
        (([[1, 2], [3]],), r"row 2 has 1 entries where row 1 has 2"),
        (([[1, 2], [3, float("nan")]],), r"row 2, column 2: nan is not a finite"),
        (([[1]], [1, 2]), "y has 2 entries and X has 1 rows"),
        (([[1]], [[1, 2]]), "more than one column"),
        (([[1]], ["a"]), "y, row 1"),
        (([[1]], 3), "one number per row"),
        (([[1]], [1], -1), "must not be negative"),
        (([[1]], [1], "x"), "lambda: 'x' is not a number"),
    ],
)
def test_what_a_problem_refuses(arguments, words):
    with pytest.raises(BadInput, match=words) as caught:
        Problem.of(*arguments)
    assert "\n" not in str(caught.value)


def write(tmp_path, text, name="data.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n", ("a", "b")),
        ("1,2\n3,4\n", ("x1", "x2")),
        ("0,1,target\n5,6,7\n", ("0", "1", "target")),
        (",a,b\n0,1,2\n", ("", "a", "b")),
        ('"a b","c"\n1,2\n', ("a b", "c")),
        ("\ufeffa,b\n1,2\n", ("a", "b")),
        ("a\tb\n1\t2\n", ("a", "b")),
        ("a;b\n1;2\n", ("a", "b")),
        ("a b\n1  2\n", ("a", "b")),
        ("\n\na,b\r\n1,2\r\n\r\n", ("a", "b")),
    ],
)
def test_headers_and_delimiters(tmp_path, text, names):
    table = read_table(write(tmp_path, text))
    assert table.names == names
    assert all(len(row) == len(names) for row in table.rows)


def test_decimals_are_read_as_written(tmp_path):
    path = write(tmp_path, "0.1,1e-3,3/7,0.30000000000000004\n")
    assert read_table(path).rows == (
        (Fraction(1, 10), Fraction(1, 1000), Fraction(3, 7), Fraction("0.30000000000000004")),
    )


def test_the_target_column(tmp_path):
    path = write(tmp_path, "a,b,c\n1,2,3\n")
    assert Problem.read(path).y == (3,)
    assert Problem.read(path, target="b").y == (2,)
    assert Problem.read(path, target="0").y == (1,)
    assert Problem.read(path, target=-1).y == (3,)
    assert Problem.read(path, target="b").X == ((1, 3),)
    assert Problem.read(path, no_target=True).y is None
    assert Problem.read(path, target="b").features == ("a", "c")
    for target, words in (
        ("z", "no column of this name"),
        ("3", "numbered 0 to 2"),
        ("-4", "numbered 0 to 2"),
    ):
        with pytest.raises(BadInput, match=words):
            Problem.read(path, target=target)
    with pytest.raises(BadInput, match="contradict"):
        Problem.read(path, target="b", no_target=True)
    with pytest.raises(BadInput, match="2 columns have this name"):
        Problem.read(write(tmp_path, "a,a\n1,2\n"), target="a")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no data"),
        ("\n \n", "no data"),
        ("a,b\n", "header and no data"),
        ("1,2\n3\n", r"row 2 \(line 2\): 1 cells where the first line has 2"),
        ("a,b\n1,2\n\n3,4,5\n", r"row 2 \(line 4\): 3 cells"),
        ("a,b\n1,nan\n", r"row 1 \(line 2\), column 2 \('b'\): nan"),
        ("a,b\n1,\n", r"column 2 \('b'\): empty"),
        ("a,b\n1,2\n3,x\n", r"row 2 \(line 3\), column 2 \('b'\): 'x' is not a number"),
        (
            "a,species,c\n1,setosa,2\n3,virginica,2\n",
            r"column 2 \('species'\) not numeric .*'setosa'.*drop it or encode",
        ),
        ("1,setosa\n2,virginica\n", "column 2 not numeric"),
        ("1\n2\n", "no-target"),
        (b"\xff\xfe1\x00", "UTF-8"),
        ("a,b\n1,1e5000\n", "exponent"),
    ],
)
def test_what_a_table_refuses(tmp_path, text, words):
    with pytest.raises(BadInput, match=words) as caught:
        Problem.read(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(BadInput, match=r"cannot read nowhere\.csv"):
        Problem.read("nowhere.csv")
