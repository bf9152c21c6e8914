"""What tests of path files share: what a file claims against `certify`, and files changed in one place."""

import random
from fractions import Fraction

import pytest

from polyrelu.certificate import path as checker
from polyrelu.certificate.write_kernel import neuron_text
from tests import once
from tests.batteries.mutation import mutants
from tests.certificate.test_certificate_schema import SCHEMA, valid

MOST = 300
REFUSED = checker.kernel.Rejected, checker.kernel.Unusable


def intervals(document):
    """Both ends of what each part of a file claims, and its neurons."""
    for one in document["intervals"]:
        shares = checker.shares_of(one["shares"], len(one["faces"]))
        lams = [Fraction(node["lambda"]) for node in one["nodes"]]
        further = one.get("dependent", [])
        faces = sorted(checker.all_faces(one["faces"], shares, []) + [f["face"] for f in further])
        yield lams[0], lams[-1], faces, len(faces) - len(shares) - shares.count("solved")


def certified(document, X, y, **options):
    """What `certify` finds inside of every interval: the neurons of the file, and a set of its dimension."""
    found = []
    for low, high, faces, dimension in intervals(document):
        inside = (low + 2 * high) / 3
        short = inside.limit_denominator(10**6)
        found.append(once.certified(X, y, short if low < short < high else inside, **options))
        optimum = found[-1].proved()
        assert sorted(map(neuron_text, optimum.neurons)) == faces
        assert optimum.nullity == dimension
    return found


def rejected_as(lie, step):
    """A lie is refused at its step, by name; some fail as they are made."""
    with pytest.raises(checker.kernel.Rejected) as refused:
        checker.check(lie())
    assert str(refused.value).startswith(step), refused.value


def drawn(changes, most):
    """So many of them, alike from all parts of a file."""
    changes = list(changes)
    return random.Random(0).sample(changes, min(most, len(changes)))


def accepted_changes(document, evidence="intervals", most=MOST):
    """Changed problems and changed evidence that the checker accepts, with the claims that follow."""
    tried = (
        change
        for change in mutants(document)
        if (change.path[0] == "problem" and change.sealed) or change.path[0] == evidence
    )
    for change in drawn(tried, most):
        mutant = change.made()
        try:
            mutant["claims"], mutant["left_out"] = checker.proved_by(mutant)
        except REFUSED:
            continue
        yield mutant


def broken_and_refused(document, most=2 * MOST):
    """How many changes break the schema; the checker refuses them all."""
    assert valid(document, SCHEMA)
    broken = [m for m in (change.made() for change in drawn(mutants(document), most)) if not valid(m, SCHEMA)]
    for mutant in broken:
        with pytest.raises(REFUSED):
            checker.check(mutant)
    return len(broken)
