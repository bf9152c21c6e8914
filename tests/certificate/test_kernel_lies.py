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


def of_a_free_bias(**change):
    """A true file about a free hidden bias with some of it replaced."""
    return {**copy.deepcopy(FREE_BIAS), **change}


def beside_its_row():
    """The first kink moved by a hair."""
    net = times(FREE_BIAS["network"], 2**400)
    net["neurons"][0]["vector"][-1] = str(int(net["neurons"][0]["vector"][-1]) + 1)
    return of_a_free_bias(network=net)


def constant_neuron():
    """A free hidden bias, lambda above lambda_max, and a network that fits the mean with a constant for a neuron."""
    file = optimum_document(certify([[1], [2], [4]], [1, 2, 3], 50, bias="free").proved())
    file["network"] = {**network(("+", [0, 1])), "coefficients": ["1"]}
    return file


def times(net, factor):
    """The same network in smaller units."""
    grown = [
        {**neuron, "vector": [str(int(v) * factor) for v in neuron["vector"]]} for neuron in net["neurons"]
    ]
    coefficients = [str(int(v) * factor) for v in net["coefficients"]]
    return {
        "denominator": str(int(net["denominator"]) * factor),
        "neurons": grown,
        "coefficients": coefficients,
    }


def sealed(document, **change):
    """A change of the problem, with the hash that fits it."""
    spec = {**document["problem"], **change}
    spec = {key: value for key, value in spec.items() if value is not None}
    return {**document, "problem": spec, "problem_sha256": problem_digest(spec)}


FREE_BIAS = optimum_document(certify([[1], [1], [2], [4]], [3, 1, 0, 5], "1/3", bias="free").proved())
RIDGE = optimum_document(certify([[1], [2], [4]], [3, 1, 5], "1/3", output_bias="ridge").proved())
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
    "the multipliers around a neuron lie between their bounds": lambda: with_face("+0++"),
    "a neuron lies strictly inside its face": lambda: with_face("+--+"),
    "no neuron exceeds lambda": above_lambda,
    "the stored network has one neuron for each face": lambda: changed(
        network={**TRUE["network"], "neurons": TRUE["network"]["neurons"] + network(("+", [1, 0]))["neurons"]}
    ),
    "every stored neuron has a direction": constant_neuron,
    "a stored vector lies along its neuron": lambda: small_weight(-1),
    "the activations of the neurons are independent": lambda: changed(
        inverse={**TRUE["inverse"], "rows": [["0" for _ in row] for row in TRUE["inverse"]["rows"]]}
    ),
    "every weight is positive": lambda: small_weight(10**3, 10**24),
    "the faces are sorted, each once": lambda: changed(faces=[FIRST, *TRUE["faces"]]),
    "nu is orthogonal to the free columns": about_a_constant,
    "a kink meets a row where it can be highest": lambda: of_a_free_bias(
        faces=sorted([*FREE_BIAS["faces"], "++++-"])
    ),
    "a stored kink passes through the rows of its face": beside_its_row,
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


@pytest.mark.parametrize(
    "change",
    [
        {"offset": False},
        {"ridge": 1},
        {"offset": None},
        {"ridge": True},
        {"free": None},
        {"free": [["1"], ["1"], ["1"], ["2"]]},
        {"X": [["1", "1"], ["1", "1"], ["2", "1"], ["4", "2"]]},
    ],
    ids=str,
)
def test_another_setting_is_another_problem(change):
    """Neither the evidence nor the sentences of a file pass for another setting, or for one that makes no sense."""
    kernel.check(FREE_BIAS)
    for document in (FREE_BIAS, sealed(FREE_BIAS, **change)):
        lie = {**document, "problem": sealed(FREE_BIAS, **change)["problem"]}
        with pytest.raises((kernel.Rejected, kernel.Unusable)):
            kernel.check(lie)


def test_a_constant_that_pays_is_no_free_constant():
    """Without its ridge the problem has another optimum; nu with the sum 0 would be needed, and it is not."""
    assert "with a ridge output bias" in RIDGE["claims"][0]
    kernel.check(RIDGE)
    free = sealed(RIDGE, ridge=None, free=[["1"], ["1"], ["1"]])
    with pytest.raises(kernel.Rejected, match="nu is orthogonal to the free columns"):
        kernel.check(free)
    with pytest.raises(kernel.Unusable, match="network must be an object with the keys"):
        kernel.check(sealed(RIDGE, ridge=None))


def test_the_price_of_the_ridge_is_counted():
    """A wrong output bias makes the upper bound too high for the covering, or for the claims."""
    lie, (e,) = copy.deepcopy(RIDGE), RIDGE["network"]["coefficients"]
    for other in (str(2 * int(e)), "0", str(-int(e))):
        lie["network"]["coefficients"] = [other]
        with pytest.raises(kernel.Rejected):
            kernel.check(lie)


def test_words_that_say_more_than_was_proved_are_rejected():
    claims = [words.replace("exactly 2", "exactly 3") for words in TRUE["claims"]]
    assert claims != TRUE["claims"]
    with pytest.raises(kernel.Rejected, match="the claims are what was proved"):
        kernel.check(changed(claims=claims))


def test_a_bound_has_no_constant_for_a_neuron_either():
    spec = sealed(bound_with([[0, 1], [1, 1]], [1, 1], 1, [0, 0]), free=[["1"], ["1"]], offset=True)
    lie = {**spec, "network": {**network(("+", [0, 1])), "coefficients": ["0"]}}
    with pytest.raises(kernel.Rejected, match="every stored neuron has a direction"):
        kernel.check(lie)
