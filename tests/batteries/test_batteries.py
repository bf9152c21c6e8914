"""A slice of every battery, with a fresh seed that the run prints."""

import os
from dataclasses import replace

import pytest
from flint import fmpq

from polyrelu.proof.optimum import prove
from tests.batteries import BATTERIES
from tests.batteries.__main__ import main
from tests.batteries.battery import Battery, Tally


@pytest.mark.parametrize("name", BATTERIES)
def test_a_slice_of_the_battery(name):
    battery, seed = BATTERIES[name], int(os.environ["POLYRELU_SEED"])
    tally = battery.run(seed, battery.slice)
    again = f"python -m tests.batteries {name} --seed {seed} --count {battery.slice}"
    assert not tally.failures, "\n".join([*tally.failures, again])
    assert tally.cases >= battery.slice, tally.counts


def test_a_failure_is_reported_with_its_case_and_the_rest_is_still_tried():
    def cases(tally, seed, count):
        for k in range(count):
            tally.attempt(f"case {k}", lambda k=k: f"{1 // (k - seed):d}")
            yield

    tally = Battery("division", cases, full=9, slice=1).run(seed=2)
    assert tally.cases == 9
    assert tally.counts["FAILED"] == len(tally.failures) == 1
    assert "ZeroDivisionError" in tally.failures[0]
    assert "case 2" in tally.failures[0]
    assert Battery("division", cases, full=9, slice=1).run(seed=2, limit=0).cases == 1


def another_optimum(program, guess):
    half = replace(program, lam=program.lam / 2)
    return prove(half, half.guesser.optimum(float(half.lam)))


@pytest.mark.parametrize(
    ("name", "broken", "by"),
    [
        ("mutants", "tests.batteries.mutants.outcome", lambda document: "accepted"),
        ("kernel", "tests.batteries.kernel_mutants.outcome", lambda document, restate: "accepted"),
        ("random", "tests.reference.largest_value", lambda X, nu, lam: 2 * lam**2),
        ("structured", "tests.reference.is_present", lambda patterns, products: False),
        ("changes", "tests.instance.meet", lambda a, b: False),
        ("settings", "tests.settings.Conic.solve", lambda self: (1e9, self.y)),
        ("routes", "polyrelu.proof.lambda_max._over_all_directions", lambda program: fmpq(10**12)),
        ("paths", "polyrelu.curves.curve.Table.failing", lambda *_: []),
        (
            "guesses",
            "tests.batteries.guesses.prove",
            another_optimum,
        ),
    ],
)
def test_every_battery_can_fail(name, broken, by, monkeypatch):
    monkeypatch.setattr(broken, by)
    tally = Tally()
    for _ in BATTERIES[name].cases(tally, 1, 20):
        if tally.failures:
            break
    assert tally.failures


def test_the_command(capsys, monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    monkeypatch.setattr(
        "sys.argv", ["batteries", "changes", "--seed", "3", "--count", "2", "--out", str(page)]
    )
    assert main() == 0
    assert "seed 3" in capsys.readouterr().out
    assert "| changes | changes of a problem with a known effect | 2 | 2 followed | 0 |" in page.read_text()
    monkeypatch.setattr("tests.instance.meet", lambda a, b: False)
    assert main() == 1
    monkeypatch.setattr("sys.argv", ["batteries", "nonsense"])
    with pytest.raises(SystemExit):
        main()
    assert "no battery is called nonsense" in capsys.readouterr().err
