"""A proof file as a result again: checked first by the independent checker, then proved once more.

The file says where the optimum is, so nothing is searched for; but no number of it enters the result. What comes back
rests on the same proof as every other result, and knows the neurons that the checker accepted.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from polyrelu.certificate import check
from polyrelu.certificate.read import Asked, read_problem
from polyrelu.certificate.write import face_text
from polyrelu.certificate.write_kernel import neuron_text
from polyrelu.errors import BadInput, Contradiction
from polyrelu.guess import Guess, GuessedNeuron
from polyrelu.limits import MAX_VERTICES
from polyrelu.proof.program import Program

if TYPE_CHECKING:
    from polyrelu.result import Result


def load(file: Any, *, max_vertices: int = MAX_VERTICES, seconds: int = check.MAX_SECONDS) -> Result:
    """The result that a proof file (a path, or an open binary file) is about; `BadInput` unless the checker accepts it.

    The data come back under the names x1, x2, ..., a bias column among them. The check may take `seconds`.
    """
    if hasattr(file, "read"):
        return _load_open(file, max_vertices, seconds)
    path = os.fspath(file)
    accepted = _accepted(path, seconds)
    if accepted is None:
        return _certified_again(path, max_vertices)
    result = _proved_again(read_problem(path), accepted, max_vertices)
    if result.status == "proved":
        _compare(result, accepted)
    return result


def _load_open(file: Any, max_vertices: int, seconds: int) -> Result:
    data = file.read()
    if not isinstance(data, bytes):
        raise BadInput("a proof file must be opened in binary mode: open(name, 'rb')")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "proof.json")
        with open(path, "wb") as copy:
            copy.write(data)
        return load(path, max_vertices=max_vertices, seconds=seconds)


def _certified_again(path: str, max_vertices: int) -> Result:
    """The optimum of an accepted kernel file, which keeps no more of the search than its neurons."""
    from polyrelu.certification import certify_penalised

    result = certify_penalised(read_problem(path).problem, max_vertices=max_vertices)
    document, _ = check.load(path)
    ours = sorted(neuron_text(neuron) for neuron in result.proved().neurons)
    if result.status == "proved" and ours != document["faces"]:
        raise Contradiction("the kernel and the proof name different neurons for one optimum")
    return result


def _accepted(path: str, seconds: int) -> check.Optimum | None:
    """What the checker knows once it has accepted the file; None of a kernel file with an optimum."""
    try:
        document, digest = check.load(path)
        found = check.check(document, digest, None, seconds).optimum
    except check.Rejected as rejected:
        raise BadInput(f"{path} is rejected by the checker: {': '.join(map(str, rejected.args))}") from None
    except check.Unreadable as refused:
        raise BadInput(f"{path} is not a readable proof file: {refused}") from None
    except Exception as crash:  # a file that breaks the checker is not accepted either
        raise BadInput(f"{path} is not accepted: the checker failed ({crash!r})") from None
    if check.is_kernel_file(document) and document["kind"] == "optimum":
        return None
    if found is None:
        raise BadInput(f"{path} claims no optimum, so there is no result to load")
    return found


def _proved_again(asked: Asked, accepted: check.Optimum, max_vertices: int) -> Result:
    from polyrelu.certification import certify_penalised

    options = {"patterns": asked.patterns, "gated": asked.gated, "max_vertices": max_vertices}
    try:
        result = certify_penalised(
            asked.problem, **options, guess=lambda program: guess_of(accepted, program)
        )
    except OverflowError:  # numbers beyond floats
        return certify_penalised(asked.problem, **options)
    return result if result.status == "proved" else certify_penalised(asked.problem, **options)


def guess_of(accepted: check.Optimum, program: Program) -> Guess:
    """The checked optimum in floats, as our own search would have proposed it."""
    lam, point = float(program.lam), accepted.point
    weights = iter(_rounded(w) * lam for w in point.weights)
    used: list[GuessedNeuron] = []
    ties: list[GuessedNeuron] = []
    for neuron, role in zip(accepted.neurons, accepted.roles, strict=True):
        direction = np.array([_rounded(v) for v in neuron.z(point.nu)]) * neuron.sign / lam
        if role == "tie":
            ties.append(_guessed(neuron, direction, 0, program))
        elif role == "antipode":  # a pair has one weight for both; how it is shared is settled by the proof
            used.append(_guessed(neuron, direction, used[-1].weight, program))
        else:
            weight = next(weights)
            used.append(_guessed(neuron, direction, weight / 2 if role == "pair" else weight, program))
    return Guess(
        np.array([_rounded(v) for v in point.nu]), tuple(used), tuple(ties), "from a checked proof file"
    )


def _guessed(neuron: check.Neuron, direction: Any, weight: float, program: Program) -> GuessedNeuron:
    if not program.gated:
        face = tuple("-0+".index(side) - 1 for side in neuron.face)
        return GuessedNeuron(neuron.sign, direction, face, weight, None, 0)
    nonzero = program.nonzero_rows
    on = np.array([side == "+" for side in neuron.face])
    gate = int(np.flatnonzero((program.patterns[:, nonzero] == on[nonzero]).all(axis=1))[0])
    return GuessedNeuron(neuron.sign, direction, (), weight, gate, gate)


def _rounded(x: Any) -> float:
    enclosed = check.Interval.of(x)
    return (enclosed.lo + enclosed.hi) / (2 << check.Interval.bits)


def _compare(result: Result, accepted: check.Optimum) -> None:
    """Two proofs of one optimum name the same neurons; where they do not, one of the programs is wrong."""
    ours = sorted((neuron.place.sign, face_text(neuron)) for neuron in result.proved().neurons)
    theirs = sorted((neuron.sign, neuron.face) for neuron in accepted.neurons)
    if ours != theirs:
        raise Contradiction("the checker and the proof name different neurons for one optimum")
