"""Ties in no exact field: the file says which factors of which differences vanish, and lies about them fail."""

import copy
import itertools
import json
from fractions import Fraction

import pytest

from polyrelu import certify
from polyrelu.certificate import check
from polyrelu.certificate.write import Draft, proof_document
from tests.certificate.test_certificate_lies import rejection
from tests.certificate.test_certificate_schema import SCHEMA, valid
from tests.corpus import degenerate


@pytest.fixture(scope="module")
def true():
    return proof_document(certify(*degenerate(67)))


def steps(document):
    return document["evidence"]["optimum"]["identities"]


def test_the_optimum_is_in_the_file_and_accepted(true):
    assert steps(true)
    assert valid(true, SCHEMA)
    check.check(copy.deepcopy(true))
    assert "optimal_set" not in true["claims"]  # whose relations are in no field


def test_without_its_identities_a_tie_is_not_shown(true):
    lie = copy.deepcopy(true)
    del lie["evidence"]["optimum"]["identities"]
    assert "|A nu| is not lambda" in rejection(lie)[1]
    empty = copy.deepcopy(true)
    empty["evidence"]["optimum"]["identities"] = []
    assert "|A nu| is not lambda" in rejection(empty)[1]


def scaled(forms, factor):
    return [[str(Fraction(v) * factor) for v in form] for form in forms]


def test_factors_and_forms_are_multiplied_out(true):
    lie = copy.deepcopy(true)
    steps(lie)[0]["forms"] = scaled(steps(lie)[0]["forms"], 2)
    assert "the factors of an identity are others" in rejection(lie)[1]
    both = copy.deepcopy(true)  # another way to write the same
    steps(both)[0]["forms"] = scaled(steps(both)[0]["forms"], 2)
    for pair in steps(both)[0]["pairs"]:
        pair[2] = scaled(pair[2], Fraction(1, 2))
    check.check(both)


def test_the_factor_that_does_not_vanish_is_refused_in_the_place_of_the_other(true):
    lie = copy.deepcopy(true)
    step = steps(lie)[0]
    step["forms"], step["pairs"][0][2] = step["pairs"][0][2], step["forms"]
    assert "not proved independent" in rejection(lie)[1]


@pytest.mark.parametrize("k", range(7))
def test_another_pair_of_neurons(true, k):
    lie = copy.deepcopy(true)
    pair = steps(lie)[0]["pairs"][0]
    if k in pair[:2]:
        return
    pair[0] = k
    error = rejection(lie)[1] if k < 6 else unreadable(lie)
    assert "identit" in error


def unreadable(document):
    with pytest.raises((check.Rejected, check.Unreadable)) as caught:
        check.check(document)
    return str(caught.value.args[-1])


def test_what_has_no_meaning(true):
    for change in (
        lambda s: s.update(forms=[]),
        lambda s: s.update(pairs=[]),
        lambda s: s["forms"][0].pop(),
        lambda s: s["pairs"][0][2].append(s["pairs"][0][2][0]),
        lambda s: s["pairs"].append(s["pairs"][0]),
        lambda s: s.update(more=1),
        lambda s: s["pairs"][0].__setitem__(0, -1),
        lambda s: s["pairs"][0].__setitem__(0, True),
        lambda s: s["forms"][0].__setitem__(0, 0.5),
        lambda s: s["forms"].__setitem__(0, ["0"] * len(s["forms"][0])),
    ):
        lie = json.loads(json.dumps(true))
        change(steps(lie)[0])
        assert unreadable(lie)


def test_a_multiplier_that_is_zero_by_an_identity():
    """Nothing in the file shows nu_2 = 2 nu_5 + 3 nu_4 but the lengths of two neurons."""
    document = proof_document(certify(*degenerate(6045)))
    assert "tie" not in document["evidence"]["optimum"]["roles"]
    assert steps(document)
    assert {"optimal_set", "vertices"} < set(document["claims"])
    empty = copy.deepcopy(document)
    empty["evidence"]["optimum"]["identities"] = []
    assert "no multiplier for the blocks" in rejection(empty)[1]
    wrong = copy.deepcopy(document)
    step = steps(wrong)[0]
    step["forms"][0][0] = str(Fraction(step["forms"][0][0]) + 1)
    assert "the factors of an identity are others" in rejection(wrong)[1]


def test_two_forms_that_two_pairs_of_lengths_show_together():
    """No tie needs them here: they are written all the same, and multiplied out by the checker."""
    result = certify(list(itertools.product((0, 1), repeat=3)), [2, 1, 2, 0, 2, 1, 1, 1], "1/4")
    document = proof_document(result)
    document["evidence"]["optimum"]["identities"] = Draft(result.proved()).identities
    assert [len(step["forms"]) for step in steps(document)] == [2]
    check.check(copy.deepcopy(document))
    twice = copy.deepcopy(document)
    steps(twice)[0]["pairs"][1] = steps(twice)[0]["pairs"][0]
    assert "not proved independent" in rejection(twice)[1]
    other = copy.deepcopy(document)
    steps(other)[0]["pairs"][0][2] = scaled(steps(other)[0]["pairs"][0][2], 2)
    assert "the factors of an identity are others" in rejection(other)[1]
