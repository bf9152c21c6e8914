"""Files of paths changed in one place of the problem or of the evidence, with the claims that follow."""

import random

from polyrelu.certificate import path as checker
from tests.batteries.mutation import mutants

MOST = 300


def accepted_changes(document, evidence="intervals", most=MOST):
    """Changed files that the checker accepts, of `most` changes drawn alike from all parts of the file."""
    tried = [
        change
        for change in mutants(document)
        if (change.path[0] == "problem" and change.sealed) or change.path[0] == evidence
    ]
    for change in random.Random(0).sample(tried, min(most, len(tried))):
        mutant = change.made()
        try:
            mutant["claims"], mutant["left_out"] = checker.proved_by(mutant)
        except (checker.kernel.Rejected, checker.kernel.Unusable):
            continue
        yield mutant
