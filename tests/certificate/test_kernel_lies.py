"""A lie against every hypothesis of the kernel: each `need` of kernel.py is reached by a file that violates it."""

import ast
import copy
from fractions import Fraction
from pathlib import Path

import pytest

from polyrelu.certificate import kernel
from polyrelu.certificate.document import problem_digest, problem_spec
from polyrelu.certificate.write_kernel import optimum_document
from polyrelu.certification import certify
from tests.corpus import generic

KERNEL = Path(kernel.__file__).read_text()
PAGE = (Path(__file__).parents[2] / "docs" / "theory" / "kernel.md").read_text()


def steps():
    """The sentences of all calls of `need`."""
    for node in ast.walk(ast.parse(KERNEL)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "need":
            text = node.args[1].left if isinstance(node.args[1], ast.BinOp) else node.args[1]
            yield text.value


def file_about(X, y, lam, **evidence):
    """A kernel file with whatever evidence; its claims do not matter, they are tested last."""
    exact = [[[Fraction(v) for v in row] for row in X], [Fraction(v) for v in y], Fraction(lam)]
    spec = problem_spec(*exact)
    head = {"format": "polyrelu-proof", "version": 2, "kind": "bound" if "eps" in evidence else "optimum"}
    return {**head, "claims": [], "problem": spec, "problem_sha256": problem_digest(spec), **evidence}


def vector(*numbers, over=1):
    return {"denominator": str(over), "numerators": [str(v) for v in numbers]}


def network(*neurons, over=1):
    listed = [{"sign": sign, "vector": [str(v) for v in w]} for sign, w in neurons]
    return {"denominator": str(over), "neurons": listed}


NOTHING = network()
NONE = {"denominator": "1", "rows": []}


def bound_with(X, y, lam, nu, net=NOTHING):
    return file_about(X, y, lam, nu=vector(*nu), eps="0", t="1", network=net)


def with_face(face, X=((1, 0), (0, 1), (1, 1)), y=(1, 1, 1)):
    """y is feasible where lambda = 100: the ball is tiny, and the face is what is tested first."""
    return file_about(X, y, 100, nu=vector(*y), faces=[face], network=NOTHING, inverse=None)


def small_weight(v, inverse=1):
    """X = y = 1, lambda = 1 - 10^-9: the optimal network has the weight 10^-9; v stands in its place."""
    nu = vector(10**9 - 1, over=10**9)
    S = {"denominator": "1", "rows": [[str(inverse)]]}
    return file_about(
        [[1]], [1], Fraction(10**9 - 1, 10**9), nu=nu, faces=["++"],
        network=network(("+", [v]), over=10**15), inverse=S,
    )  # fmt: skip


def changed(**change):
    """A true file with some of it replaced."""
    return {**copy.deepcopy(TRUE), **change}


def above_lambda():
    """The residual beyond its root, and the network spoilt so that the upper bound does not tell."""
    shrunk, net = TRUE["nu"], copy.deepcopy(TRUE["network"])
    N = int(shrunk["denominator"])
    longer = [str(int(m) + int(m) // 2**100) for m in shrunk["numerators"]]
    for neuron in net["neurons"]:
        neuron["vector"] = [str(int(v) + int(v) // 2**30) for v in neuron["vector"]]
    return changed(nu={"denominator": str(N), "numerators": longer}, network=net)


def about_a_constant():
    """y = 1, 3 with a free constant: nu = (-1, 1) would do, and (-1, 2) is not orthogonal to it."""
    file = bound_with([[1], [2]], [1, 3], 9, [-1, 2], {**NOTHING, "coefficients": ["0"]})
    spec = {**file["problem"], "free": [["1"], ["1"]]}
    return {**file, "problem": spec, "problem_sha256": problem_digest(spec)}


TRUE = optimum_document(certify(*generic(2)).proved())
FIRST = TRUE["faces"][0]
LIES = {
    "the lines on which a neuron vanishes are independent": lambda: with_face(
        "+000", [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0]]
    ),
    "the level to stay below is at least one unit": lambda: file_about(
        [[1]], [5], 1, nu=vector(0), faces=[], network=NOTHING, inverse=NONE
    ),
    "no direction exceeds the level; this one does: ": lambda: bound_with([[1]], [5], 1, [2]),
    "every direction is settled; this one is not: ": lambda: bound_with([[1, 0], [0, 1]], [3, 4], 5, [3, 4]),
    "the lower bound is not above the upper bound": lambda: bound_with(
        [[1]], [9], 1, [9], network(("+", [8]))
    ),
    "a face is 0 on a zero row": lambda: with_face("++++", [[1, 0], [0, 0], [1, 1]]),
    "a face agrees on parallel rows": lambda: with_face("+++-", [[1, 0], [0, 1], [0, 2]]),
    "a neuron vanishes on fewer lines than there are columns": lambda: with_face("+00+"),
    "the multipliers around a neuron lie strictly between their bounds": lambda: with_face("+0++"),
    "a neuron lies strictly inside its face": lambda: with_face("+--+"),
    "no neuron exceeds lambda": above_lambda,
    "the stored network has one neuron for each face": lambda: changed(
        network={**TRUE["network"], "neurons": TRUE["network"]["neurons"] + network(("+", [0, 0]))["neurons"]}
    ),
    "a stored vector lies along its neuron": lambda: small_weight(0),
    "the activations of the neurons are independent": lambda: changed(
        inverse={**TRUE["inverse"], "rows": [["0" for _ in row] for row in TRUE["inverse"]["rows"]]}
    ),
    "every weight is positive": lambda: small_weight(10**3, 10**24),
    "the faces are sorted, each once": lambda: changed(faces=[FIRST, *TRUE["faces"]]),
    "nu is orthogonal to the free columns": about_a_constant,
    "the SHA-256 of the problem is ": lambda: changed(problem_sha256="0" * 64),
    "the claims are what was proved: ": lambda: changed(claims=TRUE["claims"][1:]),
}


def test_every_hypothesis_has_its_lie_and_its_line_in_the_table():
    assert set(steps()) == set(LIES)
    assert [step for step in LIES if step.rstrip(": ") not in PAGE] == []


@pytest.mark.parametrize("step", LIES)
def test_the_lie_is_rejected_at_its_step(step):
    kernel.check(TRUE)
    with pytest.raises(kernel.Rejected) as refused:
        kernel.check(LIES[step]())
    assert str(refused.value).startswith(step), refused.value


def test_a_file_that_is_true_but_for_a_tie_is_no_proof_of_an_optimum():
    """lambda = lambda_max: the zero network is optimal, and a neuron reaches lambda; without its face no box closes."""
    tie = file_about([[1, 0], [0, 1]], [3, 4], 5, nu=vector(3, 4), faces=[], network=NOTHING, inverse=NONE)
    with pytest.raises(kernel.Rejected, match="this one is not"):
        kernel.check(tie)


def test_words_that_say_more_than_was_proved_are_rejected():
    claims = [words.replace("exactly 2", "exactly 3") for words in TRUE["claims"]]
    assert claims != TRUE["claims"]
    with pytest.raises(kernel.Rejected, match="the claims are what was proved"):
        kernel.check(changed(claims=claims))
