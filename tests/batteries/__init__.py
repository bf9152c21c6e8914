"""Batteries: tests that are too long for every run.

    python -m tests.batteries                        all of them, in full
    python -m tests.batteries mutants guesses        some
    python -m tests.batteries --seconds 60           a minute for each
    python -m tests.batteries --seed 7 --count 500   500 cases each, the same ones for the same seed

A new battery is a `Battery` in a module of this folder and a line in `BATTERIES`. Every run of the tests takes a
slice of each with a fresh seed, which is printed at its end; POLYRELU_SEED repeats it.
"""

from tests.batteries import choices, guesses, kernel_mutants, mutants, oracle, paths, routes
from tests.batteries.battery import Battery

BATTERIES: dict[str, Battery] = {
    "mutants": mutants.BATTERY,
    "kernel": kernel_mutants.BATTERY,
    "guesses": guesses.BATTERY,
    "random": oracle.RANDOM,
    "structured": oracle.STRUCTURED,
    "changes": oracle.CHANGED,
    "routes": routes.BATTERY,
    "settings": choices.BATTERY,
    "paths": paths.BATTERY,
}
