"""A proof file comes back as a result: only what the checker accepts, and proved once more."""

import gzip
import json
from fractions import Fraction

import pytest

import polyrelu
from polyrelu import certification
from polyrelu.bounding.search import bound
from polyrelu.certificate import check, write_proof
from polyrelu.certificate.bound_file import bound_document
from polyrelu.certificate.document import canonical_bytes, save
from polyrelu.certificate.load import guess_of
from polyrelu.certificate.write import proof_document
from polyrelu.certificate.write_kernel import optimum_document
from polyrelu.certification import certify
from polyrelu.errors import BadInput, Contradiction
from tests.corpus import degenerate, generic
from tests.optimal_sets import FIVE, FOUR
from tests.stories import EXAMPLES

CORPUS = {
    **{f"generic {k}": generic(k) for k in (0, 2, 4)},
    **{f"degenerate {k}": degenerate(k) for k in (3, 4, 18, 74)},
}
PROBLEMS = {**EXAMPLES, **{name: (*problem, {}) for name, problem in CORPUS.items()}}
SAID = (
    "status",
    "lambda",
    "cells",
    "neurons",
    "rank",
    "tight_blocks",
    "support_blocks",
    "dimension",
    "vertices",
)


@pytest.fixture
def no_search(monkeypatch):
    """Loading reads the structure off the file: our own search is not asked."""
    monkeypatch.setattr(certification, "_guess", lambda program: pytest.fail("the float search was asked"))


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_was_proved_comes_back(name, tmp_path, monkeypatch):
    X, y, lam, options = PROBLEMS[name]
    result = polyrelu.certify(X, y, lam, **options)
    write_proof(result, tmp_path / "proof.json.gz")
    monkeypatch.setattr(certification, "_guess", lambda program: pytest.fail("the float search was asked"))
    back = polyrelu.load(tmp_path / "proof.json.gz")
    assert type(back) is type(result)
    ours, theirs = result.to_json(30), back.to_json(30)
    assert [ours[key] for key in SAID] == [theirs[key] for key in SAID]
    for a, b in zip(
        [ours["objective"], *ours["residual"]], [theirs["objective"], *theirs["residual"]], strict=True
    ):
        assert Fraction(a[0]) <= Fraction(b[1])
        assert Fraction(b[0]) <= Fraction(a[1])
    places = [{neuron.place for neuron in r.proved().neurons} for r in (result, back)]
    assert places[0] == places[1]


def test_open_files_and_predictions(tmp_path, no_search):
    path = tmp_path / "proof.json"
    path.write_bytes(canonical_bytes(PROOF))
    with open(path, "rb") as file:
        result = polyrelu.load(file)
    assert result.predict([[1, 1]])[0].interval(3) == (("0.800", "0.800"), ("5.60", "5.60"))
    with open(path) as file, pytest.raises(BadInput, match="binary mode"):
        polyrelu.load(file)
    assert polyrelu.load(str(path), max_vertices=1).optimal_set.max_vertices == 1


PROOF = proof_document(polyrelu.certify(*FOUR))


def changed(change):
    document = json.loads(canonical_bytes(PROOF))
    change(document)
    return document


def test_only_accepted_files_are_loaded(tmp_path):
    path = tmp_path / "proof.json"

    def refuse(words, data):
        path.write_bytes(data)
        with pytest.raises(BadInput, match=words) as refused:
            polyrelu.load(path)
        assert "\n" not in str(refused.value)

    refuse(
        "rejected by the checker: optimum",
        canonical_bytes(changed(lambda d: d["claims"]["optimum"].update(objective="1"))),
    )
    refuse(
        "rejected by the checker: problem",
        canonical_bytes(changed(lambda d: d["problem"].update({"lambda": "2"}))),
    )
    refuse("not a readable proof file", b"{}\n")
    refuse("not a readable proof file", gzip.compress(canonical_bytes(PROOF))[:-9])
    refuse("not a readable proof file", b"1,2,3\n")
    with pytest.raises(BadInput, match="cannot read"):
        polyrelu.load(tmp_path / "nothing.json")


def test_a_file_without_an_optimum_has_no_result(tmp_path):
    def only_cells(document):
        document["claims"] = {"arrangement": document["claims"]["arrangement"]}
        document["evidence"] = {}

    (tmp_path / "proof.json").write_bytes(canonical_bytes(changed(only_cells)))
    with pytest.raises(BadInput, match="claims no optimum"):
        polyrelu.load(tmp_path / "proof.json")


def test_a_poor_guess_in_the_file_is_no_obstacle(tmp_path, monkeypatch):
    """Where the structure read off the file does not lead to a proof, the search is asked."""
    write_proof(polyrelu.certify(*FIVE), tmp_path / "proof.json")

    def misled(accepted, program):
        guess = guess_of(accepted, program)
        return type(guess)(guess.nu * 0, guess.neurons[:1], guess.neurons[1:])

    monkeypatch.setattr("polyrelu.certificate.load.guess_of", misled)
    assert polyrelu.load(tmp_path / "proof.json").status == "proved"


def test_a_disagreement_with_the_checker_is_a_contradiction(tmp_path, monkeypatch):
    write_proof(polyrelu.certify(*FOUR), tmp_path / "proof.json")
    report = check.check(json.loads((tmp_path / "proof.json").read_text()))
    fewer = report.optimum._replace(neurons=report.optimum.neurons[:2], roles=["single", "single"])
    monkeypatch.setattr("polyrelu.certificate.load._accepted", lambda path, seconds: fewer)
    with pytest.raises(Contradiction, match="different neurons"):
        polyrelu.load(tmp_path / "proof.json")


def test_kernel_files_come_back(tmp_path):
    """An optimum is proved again, and its neurons compared; bounds are no result."""
    save(optimum_document(certify(*generic(7)).proved()), str(tmp_path / "kernel.json.gz"))
    assert polyrelu.load(tmp_path / "kernel.json.gz").objective() == certify(*generic(7)).objective()
    save(bound_document(bound(*generic(7), gap=Fraction(1, 100))), str(tmp_path / "bound.json"))
    with pytest.raises(BadInput, match="claims no optimum"):
        polyrelu.load(tmp_path / "bound.json")
    (tmp_path / "lie.json").write_bytes((tmp_path / "bound.json").read_bytes().replace(b"within", b"inside"))
    with pytest.raises(BadInput, match="rejected by the checker: kernel"):
        polyrelu.load(tmp_path / "lie.json")
