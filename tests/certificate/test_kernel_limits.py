"""Small files that ask for much: the kernel answers in little memory, and in its own words."""

import decimal
import gzip
import resource
import subprocess
import sys
from fractions import Fraction

import pytest

from polyrelu.certificate import kernel
from polyrelu.certificate.document import canonical_bytes, problem_digest
from tests.certificate.test_kernel_lies import NONE, NOTHING, bound_with, file_about, network, vector

HUGE = "9" * 4000
FINE = [
    f"1/{base ** (power - 1)}" for base, power in ((2, 13000), (3, 8000), (5, 5600), (7, 4700), (11, 3800))
]


def in_little_memory(checker, document, folder):
    """What a checker says, by itself and in 250 MB, of a document; it does not fail."""
    path, most = folder / "file.json.gz", 250 * 2**20
    path.write_bytes(gzip.compress(canonical_bytes(document)))
    answer = subprocess.run(
        [sys.executable, "-I", "-S", checker.__file__, str(path), "--seconds", "20"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
    )
    assert "failed" not in answer.stdout + answer.stderr, answer
    return answer


def with_free(file, rows):
    """The same file about a problem with these free columns, their coefficients 0."""
    spec = {**file["problem"], "free": rows}
    net = {**file["network"], "coefficients": ["0"] * len(rows[0])}
    return {**file, "problem": spec, "problem_sha256": problem_digest(spec), "network": net}


def about_nothing(n, d, entry=1):
    """n equal rows, y = nu = 0."""
    return bound_with([[entry] * d] * n, [0] * n, 1, [0] * n)


def deep():
    """900 lines pass through the direction that reaches lambda exactly: boxes wait down to the finest."""
    rows = [[(i * i + j * j) % 19 - 9 for j in range(19)] + [0] for i in range(900)]
    return bound_with([*rows, [0] * 19 + [1]], [0] * 900 + [1], 1, [0] * 900 + [1])


ATTACKS = {
    "many columns of zeros": lambda: about_nothing(1, 60_000, 0),
    "many columns, of rank two": lambda: bound_with([[1] * 30_000, [1, 2] * 15_000], [0, 0], 1, [0, 0]),
    "a Gram matrix of free columns": lambda: with_free(
        file_about([[1]], [0], 1, nu=vector(0), faces=[], network=NOTHING, inverse=NONE), [["0"] * 30_000]
    ),
    "free columns in a fine unit": lambda: with_free(
        {**about_nothing(1, 1), "network": network(over=HUGE)}, [["1"] * 60_000]
    ),
    "a wide network on rows of a fine unit": lambda: bound_with(
        [[x] for x in [*FINE, *[1] * 1000]], [0] * 1005, 1, [0] * 1005, network(*[("+", [1])] * 300)
    ),
    "a long linear form": lambda: bound_with([[-1] * 60_000], [0], 1, [HUGE]),
    "a nu of many digits": lambda: bound_with(
        [[(i * j) % 7 + (i == j) for j in range(100)] for i in range(600)], [0] * 600, 1, [HUGE] * 600
    ),
    "deep boxes": deep,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_small_file_needs_little_memory(name, tmp_path):
    answer = in_little_memory(kernel, ATTACKS[name](), tmp_path)
    assert answer.stdout.splitlines()[-1].startswith(("REJECTED", "UNUSABLE")), answer


def test_a_lambda_below_the_unit_of_nu_is_rejected_by_its_step():
    with pytest.raises(kernel.Rejected, match="at least one unit"):
        kernel.check(bound_with([[1]], [0], Fraction(1, 10**7), [0]))


def test_any_number_of_seconds_is_an_answer():
    more = subprocess.run(
        [sys.executable, "-I", kernel.__file__, "absent", "--seconds", "1" + "0" * 400],
        capture_output=True,
        text=True,
        check=False,
    )
    assert more.returncode == 2
    assert "Traceback" not in more.stderr


def test_bounds_are_rounded_outwards_in_any_decimal_context():
    """A caller may work with few digits, or with another letter for the exponent."""
    third = Fraction(1, 3)
    with decimal.localcontext() as context:
        context.prec, context.capitals = 3, 0
        low, high = (kernel.decimal(third, way) for way in (decimal.ROUND_FLOOR, decimal.ROUND_CEILING))
        assert kernel.decimal(Fraction(10) ** 40, decimal.ROUND_FLOOR) == "1E+40"
    assert Fraction(low) < third < Fraction(high)
    assert len(low) == len(high) == 22
