"""The numbers of a lemma against those of `certify`, which finds them in another way."""

import math
import os
import random
import re

import numpy as np
import pytest

from polyrelu.certificate import check
from polyrelu.certificate.write import Draft, proof_document
from polyrelu.certificate.write_kernel import OutOfClass, optimum_document
from polyrelu.errors import Undecided
from polyrelu.prose.kernel_numbers import Accepted
from polyrelu.prose.lemma import balanced
from polyrelu.prose.plain import plain_text
from polyrelu.prose.weights import MAX_VERTICES, Weights
from tests.corpus import degenerate, generic
from tests.once import certified
from tests.stories import EXAMPLES

SEEDS = random.Random(os.environ["POLYRELU_SEED"]).sample(range(10**4), 8)
PROBLEMS = [
    *EXAMPLES.values(),
    *((*generic(s), {}) for s in [17, *SEEDS]),
    *((*degenerate(s), {}) for s in [3246, 6045, *SEEDS]),
]


def middle(x):
    """An enclosure as a float."""
    return (x.lo + x.hi) / (2 << check.Interval.bits)


def as_arrays(network, problem):
    """(theta, phi) in floats."""
    theta = np.array([[middle(v.value) for v in t] for _, _, t in network]).reshape(len(network), problem.d)
    return theta, np.array([middle(phi.value) for _, phi, _ in network])


def objective(theta, phi, problem):
    """J of a ReLU network in floats."""
    X, y, lam = (np.array(v, float) for v in (problem.X, problem.y, problem.lam))
    fit = np.maximum(X @ theta.T, 0) @ phi
    return 0.5 * np.sum((fit - y) ** 2) + 0.5 * lam * (np.sum(theta**2) + np.sum(phi**2))


def evaluated(text):
    """A printed number, such as -3/5 + 1/2 sqrt(5), as a float."""
    return float(eval(re.sub(r"(?<=[0-9]) sqrt", "*sqrt", text), {"sqrt": math.sqrt}))


def read(document):
    report = check.check(document)
    return Weights(document, report.optimum), report.optimum.problem


@pytest.mark.parametrize(("X", "y", "lam", "options"), PROBLEMS)
def test_weights_and_minimal_networks_are_those_of_certify(X, y, lam, options):
    result = certified(X, y, lam, **options)
    if result.status != "proved":
        return
    try:
        weights, problem = read(proof_document(result))
    except Undecided:  # the one class without a file: pairs next to ties, in no exact field
        assert {"pair", "tie"} <= set(Draft(result.proved()).roles)
        assert result.proved().point.exact is None
        return
    many = len(weights.supports) > MAX_VERTICES
    known = {}
    for neuron in result.to_json(20)["neuron_list"] or []:
        face = "".join("-0+"[side + 1] for side in neuron["face"])
        known[neuron["sign"], face] = [float(v) for v in neuron["weight"]]
    for k, neuron in enumerate(weights.optimum.neurons):
        if many:
            assert plain_text(weights.known(k)) == ">= 0"
            continue
        shown = [evaluated(v) for v in plain_text(weights.known(k)).split(" to ")]
        ends = known.get(("+" if neuron.sign > 0 else "-", neuron.face), [0, 0])
        for value, end in zip(shown, ends if len(shown) == 2 else ends[:1], strict=True):
            assert abs(value - end) <= 1e-9 * max(1, abs(end))
        assert len(shown) != 1 or abs(ends[0] - ends[1]) <= 1e-9 * max(1, ends[1])
    if not problem.gated:
        least = float(result.objective(20)[0])
        networks = [weights.one(), *weights.vertices]
        listed = weights.supports if many else weights.vertices
        assert len(listed) == len(result.optimal_set.neurons.vertices)
        for network in networks:
            assert all(weight.value.lo > 0 for weight in network.values())
        value = objective(*as_arrays(balanced(weights), problem), problem)
        assert abs(value - least) <= 1e-9 * max(1, least)


@pytest.mark.parametrize(("X", "y", "lam", "options"), PROBLEMS)
def test_the_network_of_a_kernel_file_is_optimal(X, y, lam, options):
    result = certified(X, y, lam, **options)
    if result.status != "proved":
        return
    try:
        file = Accepted(optimum_document(result.proved()))
    except OutOfClass:
        return
    least = float(result.objective(20)[0])
    problem = check.Problem(file.document["problem"])
    network = file.balanced()
    assert abs(objective(*as_arrays(network, problem), problem) - least) <= 1e-9 * max(1, least)
    centre, radius = file.ball
    assert radius < 1e-9
    for (low, high), v in zip(result.residual(20), centre, strict=True):
        assert float(low) - 1e-9 < float(v) < float(high) + 1e-9
