"""Kernel files changed in one place: none may be accepted unless it proves what it says all the same.

A change of a claim is never accepted. A change of the evidence may leave all the sentences as they are (the numbers of
the evidence have slack): then it proves the very same. Every second mutant is a better liar: its claims are those that
the kernel itself draws from the changed evidence, or problem, and then they must be true: they are held against the
optimum as `certify` proves it.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any

from polyrelu.bounding.search import bound
from polyrelu.certificate import kernel
from polyrelu.certificate.bound_file import bound_document
from polyrelu.certificate.document import problem_digest
from polyrelu.certificate.read import with_setting
from polyrelu.certificate.write_kernel import OutOfClass, neuron_text, optimum_document
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import is_rational, to_fraction
from tests.batteries.battery import Battery, Tally
from tests.batteries.mutation import Mutant, mutants
from tests.corpus import SHAPES, degenerate, generic
from tests.once import certified
from tests.settings import CHOICES

KNOWN = ["g0", "g2", "g4", "g5", "g7", "d0", "d1", "d5", "d6", "d9", "d19"]
"""Files with and without pairs, ties, hyperplanes and unique networks, of one to four columns."""
SMALL = [k for k, (n, d) in enumerate(SHAPES) if n <= 8 and d <= 3]
GAP = Fraction(1, 1000)
SECONDS = 5


def documents(seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Named kernel files: known ones, fresh ones, and bounds of the first."""
    fresh = [f"{kind}{20 + (7 * seed + k) % 10**6}" for k, kind in enumerate("gdgd")]
    yield from _with_settings(seed)
    for name in [*KNOWN, *fresh]:
        X, y, lam = {"g": generic, "d": degenerate}[name[0]](int(name[1:]))
        result = certified(X, y, lam)
        if result.status != "proved":
            continue
        try:
            yield name, optimum_document(result.proved())
        except OutOfClass:
            continue
        if len(X) <= 8:
            yield f"bound of {name}", bound_document(bound(X, y, lam, gap=GAP))


def _with_settings(seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """A known and a fresh file of a small table for every combination of biases and a skip connection."""
    for k, choice in enumerate(CHOICES):
        shape = SMALL[k % len(SMALL)]
        fresh = shape + len(SHAPES) * (8 + (7 * seed + k) % 10**5)
        for name, (X, y, lam) in ((f"g{shape}", generic(shape)), (f"d{fresh}", degenerate(fresh))):
            result = certified(X, y, lam, **choice)
            with suppress(OutOfClass, Undecided):
                yield f"{name} {choice}", optimum_document(result.proved())


def cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    """As many mutants of each file as of the others, in rounds; in the first each file is made and checked."""
    pick = random.Random(seed)
    for name, pool, liar in itertools.islice(_rounds(tally, seed), count):
        mutant = pick.choice(pool)
        case = (name, mutant.place, mutant.words, "sealed " * mutant.sealed + "restated" * liar)
        tally.attempt(case, lambda mutant=mutant, liar=liar: _noticed(mutant, liar))
        yield


def _rounds(tally: Tally, seed: int) -> Iterator[tuple[str, list[Mutant], bool]]:
    """Every file with its mutants, again and again; and whether it is the turn of the better liars."""
    found = []
    for name, document in documents(seed):
        tally.attempt(name, lambda document=document: _unchanged(document))
        found.append((name, list(mutants(document))))
        yield *found[-1], True
    for liar in itertools.cycle((False, True)):
        for one in found:
            yield *one, liar


def _unchanged(document: dict[str, Any]) -> str:
    kernel.check(document)
    return "files accepted"


def changed(mutant: Mutant) -> dict[str, Any]:
    """The change, made; a changed problem gets the hash that fits it, if the mutant is sealed."""
    made = mutant.made()
    if mutant.sealed:
        made["problem_sha256"] = problem_digest(made["problem"])
    return made


def outcome(document: dict[str, Any], restate: bool) -> str:
    """accepted, rejected or unusable; anything else that the kernel does is an error here."""
    kernel.allow(SECONDS)
    try:
        if restate:
            document["claims"] = kernel.proved_by(document)
        kernel.check(document)
    except kernel.Rejected:
        return "rejected"
    except kernel.Unusable:
        return "unusable"
    finally:
        kernel.allow(float("inf"))
    return "accepted"


def _noticed(mutant: Mutant, liar: bool) -> str:
    made = changed(mutant)
    found = outcome(made, liar and mutant.path[0] != "claims")
    if found != "accepted":
        return found
    same = made["claims"] == mutant.document["claims"] and made["problem"] == mutant.document["problem"]
    if same:
        assert mutant.path[0] not in ("claims", "problem"), "a change of problem or claim was accepted"
        return "harmless: the same sentences about the same problem"
    assert_true(made)
    return "harmless: restated, and true"


def assert_true(document: dict[str, Any]) -> None:
    """Hold the sentences of an accepted file against the optimum as it is proved by other means."""
    words = " ".join(document["claims"])
    result = certified(with_setting(kernel.Problem(document["problem"])))
    low, high = map(exact, re.findall(r"lies between (\S+) and (\S+)\. ", words + " ")[0])
    if result.status != "proved":
        return
    objective = result.proved().objective(200)
    least, most = (to_fraction(objective),) * 2 if is_rational(objective) else ends(objective)
    assert low <= most, "the lower bound is above the optimum"
    assert least <= high, "the upper bound is below the optimum"
    if document["kind"] == "optimum":
        optimum = result.proved()
        faces = {neuron_text(neuron) for neuron in optimum.neurons}
        assert faces <= set(document["faces"]), "a neuron is missing"
        if "is unique" in words:
            assert faces == set(document["faces"]), "a neuron that does not reach lambda"
            assert optimum.nullity == 0, "the optimal network is not unique"
            assert bool(result.function_unique) == ("can move" not in words)
            if not optimum.program.offset:
                assert bool(result.convex_unique) == ("exactly one solution" in words)


def exact(text: str) -> Fraction:
    """A decimal of the kernel as a fraction."""
    return Fraction(Decimal(text))


BATTERY = Battery("kernel files changed in one place", cases, full=20_000, slice=80)
