"""From a proved result to a proof file: one canonical JSON document with claims and evidence.

What the file says is described in FORMAT.md. The writer tries the shortest sufficient evidence first (exact numbers
where they are simple, then enclosures of growing precision, then a number field) and hands out a document only once
the independent checker has accepted it: a file that this package writes is never one that it would reject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property, partial
from math import floor
from types import MappingProxyType
from typing import Any

import numpy as np

from polyrelu.certificate import check
from polyrelu.certificate.claim_words import DECIMALS, in_words
from polyrelu.certificate.document import pattern_strings, problem_digest, problem_spec, save
from polyrelu.certificate.root_numbers import Basis, enclosed_point, exact_coordinates, exact_point
from polyrelu.certificate.solution_set import ExactSet, interior_shares, listed_vertices
from polyrelu.certificate.write_kernel import OutOfClass, optimum_document
from polyrelu.errors import BadInput, LimitReached, Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import is_rational, to_fraction
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program
from polyrelu.result import Result

PRECISIONS = (128, 320, 800)
MAX_RADICANDS = 40
"""Beyond this many square roots enclosures are tried before exact numbers."""
FEW_CELLS, MANY_CELLS = 2000, 50_000
"""A program without a list of cells gets a file that lists them (version 1) up to the first number, up to the second
where the kernel cannot prove its optimum."""


def write_proof(result: Result, path: str) -> dict[str, Any]:
    """Write the proof of a result to `path` (compressed if it ends in .gz), completely or not at all.

    The same result gives the same bytes. `Undecided` if nothing was proved, or if no evidence was found that the
    checker accepts; then nothing is written. Returns the document.
    """
    document = smallest_document(result)
    save(document, str(path))
    return document


def smallest_document(result: Result) -> dict[str, Any]:
    """A kernel file where the program lists no cells and has more than a few; else a file that lists the cells."""
    optimum = result.proved()
    program = optimum.program
    if not result.problem.setting.is_plain:
        return _in_the_kernel_alone(optimum)
    if program.listed is not None or (program.cells is not None and program.cells <= FEW_CELLS):
        return proof_document(result)
    try:
        return optimum_document(optimum)
    except OutOfClass as refused:
        if program.cells is not None and program.cells <= MANY_CELLS:
            return proof_document(result)
        raise BadInput(
            f"no proof file can hold this optimum: its cells are too many to list, and {refused}"
        ) from None


def _in_the_kernel_alone(optimum: Optimum) -> dict[str, Any]:
    """Only kernel files know free columns."""
    try:
        return optimum_document(optimum)
    except OutOfClass as refused:
        raise BadInput(f"no proof file can hold this optimum: {refused}") from None


def proof_document(result: Result) -> dict[str, Any]:
    """The document of a proved result, accepted by the checker."""
    draft = Draft(result.proved())
    complaints = []
    for claims in (3, 2, 1):  # the optimum is worth a file even where its set is not settled
        for evidence in draft.attempts():
            try:
                document = draft.document(evidence, claims)
                check.check(document)
            except (check.Rejected, check.Unreadable, Undecided, LimitReached) as error:
                complaints.append(": ".join(map(str, error.args)))
                continue
            return document
    why = complaints[-1] if complaints else "a neuron reaches lambda unused, and no exact numbers are known"
    raise Undecided(f"no evidence was found that the checker accepts ({why})")


Evidence = tuple[dict[str, Any], dict[str, Any]]
"""The evidence for the optimum (its point, and identities where they are of use), and for the optimal set."""
Attempt = Callable[[], Evidence]


class Draft:
    """A proved optimum in the order of the file: neurons sorted by sign and face, antipodes behind, ties last."""

    def __init__(self, optimum: Optimum):
        self.optimum, structure = optimum, optimum.point.structure
        starts = np.cumsum([0, *(2 if paired else 1 for paired in structure.paired)]).tolist()
        heads = range(len(structure.neurons))
        self.order = sorted(heads, key=lambda k: _key(structure.neurons[k]))
        ties = sorted(range(starts[-1], len(optimum.neurons)), key=lambda k: _key(optimum.neurons[k]))
        self.places: list[int] = []
        self.roles: list[str] = []
        for k in self.order:
            self.places += range(starts[k], starts[k + 1])
            self.roles += ["pair", "antipode"] if structure.paired[k] else ["single"]
        self.places += ties
        self.roles += ["tie"] * len(ties)
        self.neurons = [optimum.neurons[i] for i in self.places]
        self.used = [bool(optimum.support.used[i]) for i in self.places]
        self.objective = _rounded_objective(optimum)

    def attempts(self) -> Iterator[Attempt]:
        """Ways to give evidence, the preferred one first."""
        name = self.optimum.point.exact_name
        simple = name in ("Q", "multiquadratic")
        if simple and len(self._exact()[0].radicands) <= MAX_RADICANDS:
            yield self.in_exact_numbers
        if "tie" not in self.roles:
            yield from (partial(self.enclosed, bits) for bits in PRECISIONS)
        if self.optimum.point.exact is not None:
            yield self.in_exact_numbers
        elif self.identities:
            yield from (partial(self.enclosed, bits, {"identities": self.identities}) for bits in PRECISIONS)

    def enclosed(self, bits: int, implied: Mapping[str, Any] = MappingProxyType({})) -> Evidence:
        """Evidence in enclosures, with identities where an equality needs them."""
        point = enclosed_point(self.optimum.point, self.order, bits)
        shares = interior_shares(self.optimum, self.order) if "pair" in self.roles else {}
        return {"point": point, **implied}, shares

    @cached_property
    def identities(self) -> list[dict[str, Any]] | None:
        """What makes ties tight and multipliers zero, for heads in the order of the file; or None."""
        place = {k: i for i, k in enumerate([*self.order, len(self.order)])}
        found = []
        for forms, pairs in self.optimum.point.vanishing.told:
            if not pairs:
                return None
            listed = [[place[k], place[j], _texts(others)] for k, j, others in pairs]
            found.append({"forms": _texts(forms), "pairs": listed})
        return found

    def in_exact_numbers(self) -> Evidence:
        """Evidence in an exact field."""
        basis, at, exact_set = self._exact()
        point = exact_point(at, self.order, basis)
        if exact_set is None:
            return {"point": point}, interior_shares(self.optimum, self.order) if "pair" in self.roles else {}
        evidence: dict[str, Any] = {
            "weights": [basis.number(w) for w in exact_set.weights],
            "basis": exact_set.basis,
            "relations": [[basis.number(c) for c in relation] for relation in exact_set.relations],
        }
        if exact_set.separator is not None:
            evidence["separator"] = [basis.number(v) for v in exact_set.separator]
        return {"point": point}, evidence

    def _exact(self) -> tuple[Basis, Any, ExactSet | None]:
        at = exact_coordinates(self.optimum.point)
        exact_set = None
        if "tie" in self.roles:
            activations = [neuron.activation(at.nu) for neuron in self.neurons]
            exact_set = ExactSet(self.optimum, list(at.nu), activations, self.used)
        numbers = [*at.nu, *at.weights, *at.c, *(exact_set.numbers() if exact_set else [])]
        return Basis(numbers), at, exact_set

    @cached_property
    def supports(self) -> list[str]:
        """The minimal networks, whatever the evidence."""
        return listed_vertices(self.optimum, self.places)

    def _simple(self, supports: list[str]) -> bool:
        """Whether at every vertex as many shares lie between their bounds as there are equations."""
        pairs = [k for k, role in enumerate(self.roles) if role == "pair"]
        r = self.optimum.point.structure.r
        return all(sum(s[k : k + 2] == "11" for k in pairs) == r for s in supports)

    def document(self, attempt: Attempt, rank_of_claims: int) -> dict[str, Any]:
        """Claims and evidence together."""
        program, optimum = self.optimum.program, self.optimum
        problem, patterns = spec_of(program), pattern_strings(program)
        known, set_evidence = attempt()
        claims: dict[str, Any] = {}
        if program.all_cells:
            digest = hashlib.sha256("\n".join(sorted(patterns)).encode("ascii")).hexdigest()
            claims["arrangement"] = {"cells": len(patterns), "sha256": digest}
        claims["optimum"] = {
            "objective": str(self.objective),
            "neurons": [
                {"sign": "+" if p.place.sign > 0 else "-", "face": face_text(p)} for p in self.neurons
            ],
            "tight_blocks": optimum.tight_blocks,
        }
        evidence: dict[str, Any] = {"optimum": {"roles": self.roles, **known}}
        if rank_of_claims > 1:
            claims["optimal_set"] = {
                "used": self.used,
                "used_blocks": optimum.support_blocks,
                "rank": optimum.support.rank,
                "dimension": optimum.nullity,
                "p_unique": optimum.nullity == 0,
                "function_unique": None if program.gated else optimum.delta == 0,
            }
            evidence["optimal_set"] = set_evidence
        if rank_of_claims > 2:
            if "field" not in known["point"] and not self._simple(self.supports):
                raise Undecided("a vertex that is not simple needs exact numbers")
            narrowest = min(s.count("1") for s in self.supports)
            claims["vertices"] = {"supports": self.supports, "narrowest": narrowest}
        for name, claim in claims.items():
            claim["words"] = in_words(name, claim, program)
        return {
            "format": "polyrelu-proof",
            "version": 1,
            "problem": problem,
            "problem_sha256": problem_digest(problem),
            "claims": claims,
            "evidence": evidence,
        }


def _texts(rows: list[list[Any]]) -> list[list[str]]:
    return [[str(v) for v in row] for row in rows]


def _key(neuron: Neuron) -> tuple[str, str]:
    return "+" if neuron.place.sign > 0 else "-", face_text(neuron)


def face_text(neuron: Neuron) -> str:
    """The face as characters + - 0."""
    return "".join("-0+"[side + 1] for side in neuron.place.face)


def spec_of(program: Program) -> dict[str, Any]:
    """The problem as it stands in the file."""
    patterns = "cells" if program.all_cells else pattern_strings(program)
    return problem_spec(program.X, program.y, program.lam, patterns, program.gated)


def _rounded_objective(optimum: Optimum) -> int:
    """The integer nearest to 10^20 times the objective."""
    for bits in (160, 400, 1000):
        value = optimum.objective(bits)
        bounds = (to_fraction(value),) * 2 if is_rational(value) else ends(value)
        lo, hi = (floor(end * 10**DECIMALS + Fraction(1, 2)) for end in bounds)
        if lo == hi:
            return int(lo)
    raise Undecided(f"the objective is not known to {DECIMALS} decimals")
