"""Mutation of proof files: every leaf and every list changed in turn; the checker must notice.

    python tests/mutation.py            all mutants of 20 proof files (some minutes); exit status 1 if one is accepted

After each change the words and, where a claim or evidence was changed, nothing else are brought in line by the
mutator, so that the change itself has to be noticed and not a sentence about it. A mutant that is accepted must be
in `HARMLESS`, with the reason why it proves the same claims.
"""

from __future__ import annotations

import copy
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from polyrelu.certificate import check
from polyrelu.certificate.write import problem_digest, proof_document
from polyrelu.certification import certify
from tests.corpus import degenerate, generic
from tests.stories import EXAMPLES

HARMLESS = {
    r"evidence\.optimal_set\.interior(\.\d+)?: .*": "another point of the fibre, proved to be interior afresh",
    r"evidence\.optimal_set\.separator(\.\d+(\.\d+)?)?: .*": "another separating vector, its products tested afresh",
    r"claims: without vertices": "the same proof without its last claim, which `not_claimed` then names",
}
"""Accepted changes by "path: change": other evidence for the same claims, or fewer claims; all are proved."""

CHOICE = [
    ("g", 2),
    ("g", 3),
    ("g", 4),
    ("g", 6),
    ("g", 16),
    ("g", 17),
    ("d", 2),
    ("d", 3),
    ("d", 8),
    ("d", 14),
    ("d", 16),
    ("d", 70),
    ("g", 18),
    ("d", 20),
    ("d", 9),
]


def instances() -> Iterator[tuple[str, dict[str, Any]]]:
    """Named proof files: the examples, and a few of the corpora."""
    for name, arguments in EXAMPLES.items():
        yield name, proof_document(certify(*arguments[:3], **arguments[3]))
    for kind, seed in CHOICE:
        X, y, lam = (generic if kind == "g" else degenerate)(seed)
        yield f"{kind}{seed}", proof_document(certify(X, y, lam))


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


def mutants(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, change, mutated document), each different from the original."""
    for path, value in nodes(document):
        for words, other in changes(value):
            if other == value and type(other) is type(value):
                continue
            mutant = copy.deepcopy(document)
            place = mutant
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = other
            if path[-1] != "words":
                reword(mutant)
            yield ".".join(map(str, path)), words, mutant
            if path[0] == "problem":
                sealed = {**mutant, "problem_sha256": problem_digest(mutant["problem"])}
                yield ".".join(map(str, path)), words + ", sealed afresh", sealed


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


def reason(path: str, words: str) -> str | None:
    """Why an accepted change of this path is harmless."""
    return next((why for pattern, why in HARMLESS.items() if re.fullmatch(pattern, f"{path}: {words}")), None)


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


def run(limit: int | None = None, seed: int = 0) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    """Counts by outcome, and the accepted mutants that no reason excuses; `limit` draws a sample of that size."""
    counts: Counter[str] = Counter()
    bad = []
    pool = [(name, *mutant) for name, document in instances() for mutant in mutants(document)]
    counts["made"] = len(pool)
    for name, path, words, document in pool if limit is None else random.Random(seed).sample(pool, limit):
        found = outcome(document)
        counts[found] += 1
        if found == "accepted":
            why = reason(path, words)
            if path.startswith("problem.") and words.endswith("sealed afresh") and is_true(document):
                why = "a true proof of another problem, under its own hash"
            counts["harmless: " + (why or "no")] += 1
            if why is None:
                bad.append((name, path, words))
    return counts, bad


if __name__ == "__main__":
    totals, wrong = run(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(", ".join(f"{number} {words}" for words, number in totals.items()))
    print("\n".join("ACCEPTED " + " ".join(line) for line in wrong))
    sys.exit(1 if wrong else 0)
