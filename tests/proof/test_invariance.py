"""Properties of certified optima on whole problems of every kind: what a change of the problem does to the answer."""

from contextlib import contextmanager
from fractions import Fraction

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from polyrelu.errors import Undecided
from tests.instance import check_change, objective, residual
from tests.strategies import changes, problems

whole = settings(max_examples=40, deadline=None)


@contextmanager
def where_proved():
    """The batteries count what is undecided; hypothesis fails a test that rejects most of its problems."""
    try:
        yield
    except Undecided:
        reject()


@whole
@given(st.data())
def test_a_known_change_of_the_problem_has_its_known_effect(data):
    problem = data.draw(problems())
    with where_proved():
        check_change(problem.certify(), data.draw(changes(problem)))


@whole
@given(problems())
@where_proved()
def test_the_primal_value_of_the_residual_is_its_dual_value(problem):
    """lambda sum ||w|| = nu.(y - nu) >= 0, and the objective is 1/2 |y|^2 - 1/2 |y - nu|^2."""
    result = problem.certify()
    nu = [(low + high) / 2 for low, high in residual(result)]
    fit = [t - v for t, v in zip(problem.y, nu, strict=True)]
    low, high = objective(result)
    slack = Fraction(1, 10**35) * (1 + abs(low) + sum(abs(t) for t in problem.y))
    assert sum(v * f for v, f in zip(nu, fit, strict=True)) >= -slack
    value = sum(t * t for t in problem.y) / 2 - sum(f * f for f in fit) / 2
    assert low - slack <= value <= high + slack


@whole
@given(problems(), st.fractions(0, 1, max_denominator=20))
@where_proved()
def test_the_objective_grows_with_lambda_and_is_concave(problem, share):
    """It is a minimum of functions that are affine in lambda, with slopes sum ||w|| >= 0."""
    ends = [problem.lam / 3, problem.lam]
    between = share * ends[0] + (1 - share) * ends[1]
    (first, _), middle, (last, high) = (
        objective(problem.at(lam).certify()) for lam in (ends[0], between, ends[1])
    )
    assert first <= middle[1]
    assert middle[0] <= high
    assert share * first + (1 - share) * last <= middle[1]


@whole
@given(problems(), st.integers(1, 1000))
@where_proved()
def test_from_lambda_max_on_the_zero_network_is_the_only_optimum(problem, above):
    at_least, at_most = (Fraction(bound) for bound in problem.certify().lambda_max(40))
    beyond = problem.at(max(at_most, Fraction(1, 10)) * (1 + Fraction(above, 1000))).certify()
    assert all(low <= t <= high for t, (low, high) in zip(problem.y, residual(beyond), strict=True))
    shown = beyond.to_json()
    assert (shown["status"], shown["neurons"], shown["tight_blocks"]) == ("proved", 0, 0)
    if at_least > 0:
        below = problem.at(at_least * (1 - Fraction(above, 100_000))).certify()
        assert below.to_json()["support_blocks"] > 0
        assert objective(below)[1] < objective(beyond)[0]


@whole
@given(problems(variants=False))
@where_proved()
def test_fewer_patterns_are_never_better_and_all_of_them_are_the_whole(problem):
    result = problem.certify()
    patterns = result.proved().program.patterns.astype(int).tolist()
    listed = problem._replace(options={"patterns": patterns}).certify()
    assert listed.residual(30) == result.residual(30)
    half = problem._replace(options={"patterns": patterns[::2]}).certify()
    assert objective(half)[1] >= objective(result)[0]
    if len(problem.y) <= 4:
        gated = problem._replace(options={"gated": True, "patterns": patterns[::2]}).certify()
        assert objective(half)[1] >= objective(gated)[0]
