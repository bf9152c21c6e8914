"""The problem that a proof file is about, read back: X, y, lambda and the kind of program.

Only the problem is taken, never a claim: whoever uses it proves anew. The file must be well formed, and its seal (the
SHA-256 of the problem) must be right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any

from polyrelu.certificate import check, kernel
from polyrelu.certificate import path as paths
from polyrelu.data.problem import Problem
from polyrelu.data.setting import Setting
from polyrelu.errors import BadInput


@dataclass(frozen=True)
class Asked:
    """A problem and the program to solve for it: "cells" or a list of 0/1 patterns; gated or not."""

    problem: Problem
    patterns: Any
    gated: bool


def is_proof(path: str) -> bool:
    """Proof files are told from tables by their names."""
    return path.endswith((".json", ".json.gz"))


def read_problem(path: str) -> Asked:
    """What the proof file asks; `BadInput` where it is not a proof file."""
    try:
        document, _ = check.load(path)
        spec = document["problem"] if isinstance(document, dict) and "problem" in document else None
        if spec is None:
            raise BadInput(
                f"{path} is not a proof file: it holds no problem; give a proof file or a CSV file"
            )
        if isinstance(spec, dict) and "lambda" not in spec and {"from", "to"} <= set(spec):
            raise BadInput(
                f"{path} is about a whole path, and one penalty is needed here; give a file about that"
            )
        if isinstance(spec, dict) and {"free", "ridge", "offset"} & set(spec):
            small = kernel.Problem(spec)
            if document.get("problem_sha256") != small.sha256:
                raise BadInput(f"{path}: the problem does not match its SHA-256; the file was changed")
            return Asked(with_setting(small), "cells", False)
        read = check.Problem(spec)
    except (check.Unreadable, kernel.Unusable) as refused:
        raise BadInput(f"{path} is not a readable proof file: {refused}") from None
    if document.get("problem_sha256") != read.sha256:
        raise BadInput(f"{path}: the problem does not match its SHA-256; the file was changed")
    patterns = "cells" if read.listed is None else [[int(bit) for bit in p] for p in read.listed]
    return Asked(Problem.of(read.X, read.y, read.lam), patterns, read.gated)


def path_ends(path: str) -> tuple[Fraction, Fraction] | None:
    """Both ends of the path that a file is about, None if it is about something else. ValueError: unreadable."""
    if not File(path).is_file():  # a pipe can be read but once, and may keep us waiting
        raise ValueError(f"{path} is no file")
    try:
        document, _ = check.load(path)
        found = paths.problem_of(document["problem"]) if document.get("kind") in paths.KINDS else None
    except (
        check.Unreadable,
        kernel.Unusable,
        paths.kernel.Unusable,
        AttributeError,
        KeyError,
        TypeError,
    ) as error:
        raise ValueError(f"{path} is no proof file: {error}") from error
    return None if found is None else (found.low, found.high)


def with_setting(read: kernel.Problem) -> Problem:
    """A kernel file keeps the values of the free columns, not what they are: they come back as columns of a table
    (but for the constant that goes with a free hidden bias).
    """
    X = [[Fraction(v, read.q) for v in row] for row in read.rows]
    problem = Problem.of(X, [Fraction(v, read.p) for v in read.targets], read.lam)
    given = list(read.free)
    if read.offset:
        given.remove([read.q] * read.n)
    names = tuple(f"free{j + 1}" for j in range(len(given)))
    columns = tuple(tuple(Fraction(v, read.q) for v in row) for row in zip(*given, strict=True))
    output = "free" if read.offset else "ridge" if read.ridge else "none"
    setting = Setting("free" if read.offset else "none", output, columns=names)
    features = (*problem.features[:-1], "bias") if read.offset else problem.features
    return replace(problem, setting=setting, columns=columns, features=features)
