"""Mutation of proof files: every leaf and every list changed in turn; the checker must notice.

After each change the words and, where a claim or evidence was changed, nothing else are brought in line by the
mutator, so that the change itself has to be noticed and not a sentence about it. A mutant that is accepted must be
in `HARMLESS`, with the reason why it proves the same claims.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from polyrelu.certificate import check
from polyrelu.certificate.document import problem_digest
from polyrelu.certificate.write import proof_document
from polyrelu.certification import certify

HARMLESS = {
    r"evidence\.optimal_set\.interior(\.\d+)?: .*": "another point of the fibre, proved to be interior afresh",
    r"evidence\.optimal_set\.separator(\.\d+(\.\d+)?)?: .*": "another separating vector, its products tested afresh",
    r"claims: without vertices": "the same proof without its last claim, which `not_claimed` then names",
}
"""Accepted changes by "path: change": other evidence for the same claims, or fewer claims; all are proved."""

Path_ = tuple[Any, ...]


def nodes(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every value of the document with its path, the document itself left out."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in entries:
        yield (*path, key), child
        yield from nodes(child, (*path, key))


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    """Other values in place of this one."""
    if value is None:
        yield from (("filled", "0"), ("filled", "1/2"))
    elif isinstance(value, bool):
        yield "flipped", not value
    elif isinstance(value, int):
        yield from (("plus one", value + 1), ("minus one", value - 1), ("as text", str(value)))
    elif isinstance(value, str):
        yield from _changes_of_text(value)
    elif isinstance(value, list):
        yield from _changes_of_list(value)
    elif isinstance(value, dict):
        for key in value:
            yield f"without {key}", {k: v for k, v in value.items() if k != key}
        yield "with an unknown key", {**value, "note": "1"}


def _changes_of_text(value: str) -> Iterator[tuple[str, str]]:
    if re.fullmatch(r"-?\d+(/\d+)?", value) and not re.fullmatch(r"[01]{2,}", value):
        number = Fraction(value)
        unit = Fraction(1, number.denominator)
        for words, other in (
            ("plus a unit", number + unit),
            ("minus a unit", number - unit),
            ("negated", -number),
        ):
            yield words, str(other)
        yield "plus one", str(number + 1)
        yield "halved", str(number / 2)
        return
    yield "emptied", ""
    yield "shortened", value[:-1]
    yield "lengthened", value + value[-1:]
    alphabet = "+-0" if set(value) <= set("+-0") else "01" if set(value) <= set("01") else "0a"
    for i in range(0, len(value), max(1, len(value) // 6)):
        for letter in alphabet:
            yield f"letter {i}", value[:i] + letter + value[i + 1 :]


def _changes_of_list(value: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    yield "emptied", []
    for i in range(len(value)):
        yield f"entry {i} removed", value[:i] + value[i + 1 :]
        yield f"entry {i} doubled", [*value[: i + 1], *value[i:]]
        if i:
            yield f"entries {i - 1}, {i} swapped", [*value[: i - 1], value[i], value[i - 1], *value[i + 1 :]]


class Mutant(NamedTuple):
    """One change of one file, not yet made: there are thousands for each file."""

    document: dict[str, Any]
    path: Path_
    words: str
    value: Any
    sealed: bool = False
    """Whether a changed problem gets the hash that fits it."""

    @property
    def place(self) -> str:
        return ".".join(map(str, self.path))

    def made(self) -> dict[str, Any]:
        mutant = copy.deepcopy(self.document)
        place = mutant
        for key in self.path[:-1]:
            place = place[key]
        place[self.path[-1]] = self.value
        if self.path[-1] != "words":
            reword(mutant)
        return {**mutant, "problem_sha256": problem_digest(mutant["problem"])} if self.sealed else mutant

    def excuse(self) -> str | None:
        """Why it is harmless that this change is accepted; None if nothing excuses it."""
        if self.sealed and is_true(self.made()):
            return "a true proof of another problem, under its own hash"
        name = f"{self.place}: {self.words}"
        return next((why for pattern, why in HARMLESS.items() if re.fullmatch(pattern, name)), None)


def mutants(document: dict[str, Any]) -> Iterator[Mutant]:
    """Every change of the document, each different from the original."""
    for path, value in nodes(document):
        for words, other in changes(value):
            if other != value or type(other) is not type(value):
                yield Mutant(document, path, words, other)
                if path[0] == "problem":
                    yield Mutant(document, path, words, other, sealed=True)


def reword(document: dict[str, Any]) -> None:
    """Make the sentences agree with the claims, as a liar would."""
    try:
        problem = check.Problem(document["problem"])
        cells = document["claims"].get("arrangement", {}).get("cells", 0)
        number = cells if problem.listed is None else len(problem.listed)
        for name, claim in document["claims"].items():
            if "words" in claim:
                claim["words"] = check.words_of(name, claim, problem, number)
    except (KeyError, TypeError, ValueError, AttributeError, check.Unreadable):
        pass  # too broken for words


def outcome(document: dict[str, Any]) -> str:
    """accepted, rejected or unreadable; anything else the checker does is an error here."""
    try:
        check.check(document)
    except check.Rejected as error:
        claim, step = error.args
        assert isinstance(claim, str)
        assert isinstance(step, str)
        return "rejected"
    except check.Unreadable:
        return "unreadable"
    return "accepted"


def is_true(document: dict[str, Any]) -> bool:
    """Whether the changed problem has these very claims: then the mutant is a true proof, of another problem."""
    problem = check.Problem(document["problem"])
    options: dict[str, Any] = {"gated": problem.gated}
    if problem.listed is not None:
        options["patterns"] = [[int(bit) for bit in p] for p in problem.listed]
    fresh = proof_document(certify(problem.X, problem.y, problem.lam, **options))
    return meaning(fresh["claims"]) == meaning(document["claims"])


def meaning(claims: dict[str, Any]) -> list[Any]:
    """The claims whatever the order of the neurons: either of a pair may be named first."""
    names = [k["sign"] + k["face"] for k in claims["optimum"]["neurons"]]
    supports = claims.get("vertices", {}).get("supports", [])
    named = [sorted(name for name, on in zip(names, s, strict=True) if on == "1") for s in supports]
    used = [name for name, flag in zip(names, claims["optimal_set"]["used"], strict=True) if flag]
    numbers = [v for name in sorted(claims) for v in claims[name].values() if isinstance(v, int)]
    return [sorted(names), sorted(used), sorted(named), numbers, claims["optimum"]["objective"]]
