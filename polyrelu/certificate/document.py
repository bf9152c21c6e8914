"""What all proof files share: canonical JSON, how it is written, and the problem with its hash."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import IO, Any

import numpy as np

from polyrelu.data.files import write_whole
from polyrelu.data.problem import Problem
from polyrelu.proof.program import Program


def canonical_bytes(document: Any) -> bytes:
    """Sorted keys, no spaces, one final newline."""
    return (json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n").encode("ascii")


def save(document: Any, path: str) -> None:
    """Write a document (compressed if the path ends in .gz), completely or not at all; the same bytes every time."""
    data = canonical_bytes(document)
    if path.endswith(".gz"):
        data = gzip.compress(data, mtime=0)

    def write(file: IO[bytes]) -> None:
        file.write(data)

    write_whole(path, write)


def problem_spec(  # noqa: PLR0917
    X: Sequence[Sequence[Fraction]],
    y: Sequence[Fraction],
    lam: Fraction,
    patterns: str | list[str] = "cells",
    gated: bool = False,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The problem as it stands in a file: numbers in lowest terms, and `more` (see `setting_spec`)."""
    return {
        **(more or {}),
        "X": [[str(v) for v in row] for row in X],
        "y": [str(v) for v in y],
        "lambda": str(lam),
        "gated": gated,
        "patterns": patterns,
    }


def path_spec(problem: Problem, low: Fraction, high: Fraction, program: Program | None) -> dict[str, Any]:
    """The question of a whole path as it stands in a file, with the patterns or gates that are present."""
    listed = program is not None and program.listed is not None
    patterns, gated = (pattern_strings(program), program.gated) if program and listed else ("cells", False)
    spec = problem_spec(problem.X, problem.y or (), low, patterns, gated, setting_spec(problem))
    del spec["lambda"]
    return {**spec, "from": str(low), "to": str(high)}


def pattern_strings(program: Program) -> list[str]:
    """The present patterns as 0/1 strings, 1 on zero rows."""
    bits = np.where(program.nonzero_rows, program.patterns, True).astype(np.uint8) + ord("0")
    return [row.tobytes().decode("ascii") for row in bits]


def setting_spec(problem: Problem) -> dict[str, Any]:
    """What a problem that is not the plain one adds: "free": its free columns, row by row; "ridge": the output bias
    pays lambda c^2/2; "offset": the last column of X is the 1 of a hidden bias that pays nothing.
    """
    free = [[str(v) for v in row] for row in problem.free_values] if problem.free_names else None
    ridge, offset = problem.setting.output == "ridge", problem.setting.hidden == "free"
    found = {"free": free, "ridge": ridge or None, "offset": offset or None}
    return {key: value for key, value in found.items() if value is not None}


def problem_digest(spec: dict[str, Any]) -> str:
    """The SHA-256 of the problem's canonical JSON, without a newline."""
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
