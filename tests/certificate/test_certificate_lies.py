"""False and hostile files: a lie is rejected by the claim it concerns, an unreadable file is refused at once."""

import copy
import gzip
import hashlib
import itertools
import json
import random
import time
from fractions import Fraction
from functools import cache

import pytest

from polyrelu.certificate import check
from polyrelu.certificate.document import canonical_bytes, problem_digest
from polyrelu.certificate.write import proof_document
from polyrelu.certification import certify
from tests.batteries.mutation import reword
from tests.stories import EXAMPLES

AXES = [[sign * int(i == k) for k in range(3)] for sign in (1, -1) for i in range(3)]


@cache
def _proof(name):
    X, y, lam, options = EXAMPLES[name]
    return proof_document(certify(X, y, lam, **options))


def proof(name):
    """A copy that a lie may change."""
    return copy.deepcopy(_proof(name))


def rejection(document, **options):
    reword(document)
    with pytest.raises(check.Rejected) as caught:
        check.check(document, **options)
    return caught.value.args


def test_a_true_proof_of_another_problem():
    document, other = proof("pythagorean"), proof("zero row")
    assert rejection(copy.deepcopy(document), expected=other["problem_sha256"])[0] == "problem"
    swapped = {**document, "problem": other["problem"]}
    assert rejection(copy.deepcopy(swapped))[0] == "problem"
    swapped["problem_sha256"] = other["problem_sha256"]
    assert rejection(swapped)[0] in ("arrangement", "optimum")


@pytest.mark.parametrize("lam", ["2", "1/2", "1000001/1000000"])
def test_another_lambda_under_a_fresh_seal(lam):
    document = proof("pythagorean")
    document["problem"]["lambda"] = lam
    document["problem_sha256"] = problem_digest(document["problem"])
    assert rejection(document)[0] == "optimum"


def test_a_claim_without_evidence():
    for name in ("optimum", "optimal_set"):
        document = proof("golden")
        del document["evidence"][name]
        assert rejection(document)[0] == name


def test_a_claim_without_its_ground():
    document = proof("golden")
    for part in ("claims", "evidence"):
        del document[part]["optimum"]
    assert rejection(document)[0] == "optimal_set"
    document = proof("golden")
    del document["claims"]["arrangement"]
    assert rejection(document)[0] == "arrangement"


def test_a_cell_left_out_together_with_a_lowered_count():
    document = proof("pythagorean")
    problem = check.Problem(document["problem"])
    lines = check.distinct_lines(problem.integers)
    values = [
        [sum(a * b for a, b in zip(x, w, strict=True)) for x in problem.integers]
        for w in check.points_of_cells(lines, 2)
    ]
    patterns = sorted("".join("01"[v > 0] for v in row) for row in values)
    whole = hashlib.sha256("\n".join(patterns).encode()).hexdigest()
    assert document["claims"]["arrangement"] == {
        "cells": 6,
        "sha256": whole,
        "words": document["claims"]["arrangement"]["words"],
    }
    document["claims"]["arrangement"].update(
        cells=5, sha256=hashlib.sha256("\n".join(patterns[1:]).encode()).hexdigest()
    )
    assert rejection(document)[0] == "arrangement"


def test_unique_claimed_for_a_segment_and_the_reverse():
    document = proof("golden")
    document["claims"]["optimal_set"].update(p_unique=True)
    assert rejection(document)[0] == "optimal_set"
    document["claims"]["optimal_set"].update(dimension=0, rank=4)
    assert rejection(document)[0] == "optimal_set"
    document = proof("pythagorean")
    document["claims"]["optimal_set"].update(p_unique=False, dimension=1, rank=1)
    assert rejection(document)[0] == "optimal_set"


def test_a_wrong_rank_by_an_empty_basis():
    """With an empty basis every relation would be an empty sum: it must not pass as a relation."""
    document = proof("golden")
    evidence = document["evidence"]["optimal_set"]
    evidence.update(basis=[], relations=[[]] * 4)
    document["claims"]["optimal_set"].update(rank=0, dimension=4, p_unique=False)
    assert rejection(document)[0] == "optimal_set"


def test_the_zero_network_is_not_slipped_in():
    """All neurons claimed unused, with no weights and any separator: the fit itself must be reached."""
    document = proof("golden")
    claims, evidence = document["claims"], document["evidence"]
    h = evidence["optimum"]["point"]["nu"]
    claims["optimal_set"].update(used=[False] * 4, used_blocks=0, rank=0, dimension=0, p_unique=True)
    evidence["optimal_set"] = {"weights": [], "basis": [], "relations": [], "separator": h}
    assert rejection(document)[0] == "optimal_set"


def test_a_pair_with_no_admissible_exchange():
    """In the linear phase a root alone proves nothing: the exchange c may ask for a negative weight, as here.

    The objective is 9.625 with one neuron. With the fibre not tested, two neurons and 8.5 would pass.
    """
    document = proof_document(certify([[1], [-1]], [10, 10], 1))
    del document["claims"]["vertices"]
    for part in ("claims", "evidence"):
        del document[part]["optimal_set"]
    document["problem"]["y"] = ["10", "-1/2"]
    document["problem_sha256"] = problem_digest(document["problem"])
    document["claims"]["optimum"]["objective"] = str(85 * 10**19)
    document["evidence"]["optimum"]["point"].update(weights=[["15/2"]], c=[["-9"]])
    assert rejection(document) == (
        "optimum",
        "pairs need the claim optimal_set: it proves that no weight is negative",
    )


def test_large_rows_are_tried_as_multipliers():
    """X and lambda multiplied by the same number leave the answer as it is; entries above 2^64 are no obstacle."""
    X, y, _, _ = EXAMPLES["zero row"]
    scaled = [[v * 10**25 for v in row] for row in X]
    assert check.check(proof_document(certify(scaled, y, 2 * 10**24))).not_claimed == []


def test_the_optimum_of_a_subsampled_program_claimed_for_the_full_one():
    document, full = proof("three patterns"), certify(*EXAMPLES["three patterns"][:3])
    assert full.objective(10) != certify(
        *EXAMPLES["three patterns"][:3], **EXAMPLES["three patterns"][3]
    ).objective(10)
    document["problem"]["patterns"] = "cells"
    document["problem_sha256"] = problem_digest(document["problem"])
    assert rejection(copy.deepcopy(document))[0] == "arrangement"
    document["claims"]["arrangement"] = proof_document(full)["claims"]["arrangement"]
    assert rejection(document)[0] == "optimum"


def test_the_function_claimed_unique_where_it_is_not_and_the_reverse():
    from tests.corpus import generic

    for document in (proof("golden"), proof_document(certify(*generic(17))), proof("pentagon"), proof("xor")):
        claim = document["claims"]["optimal_set"]
        claim["function_unique"] = not claim["function_unique"]
        assert rejection(document)[0] == "optimal_set"
    gated = proof("gated")
    for answer in (True, False):
        gated["claims"]["optimal_set"]["function_unique"] = answer
        assert rejection(copy.deepcopy(gated))[0] == "optimal_set"


def test_a_function_is_not_refuted_by_numbers_that_only_look_different():
    """sqrt(8) - 2 sqrt(2) is 0 and does not look so: then u and -u must not pass for directions that differ."""
    field = check.Field({"radicands": ["1", "2", "8"]})
    hidden_zero = check.Element(field, {8: Fraction(1), 2: Fraction(-2)})

    class Along:
        """A neuron with a given z."""

        def __init__(self, *z):
            self.sign, self.value = 1, list(z)

        def z(self, nu):
            return self.value

    dependence = {0: Fraction(1), 1: Fraction(-1)}
    one = check.Element(field, {1: Fraction(1)})
    assert check._one_function([Along(one, one), Along(one * -1, one)], [], [dependence]) is False
    assert check._one_function([Along(one), Along(one * -1)], [], [{}]) is True
    for unclear in ([Along(one), Along(one * -1 + hidden_zero)], [Along(one), Along(one * -1)]):
        delta = {0: Fraction(1), 1: hidden_zero - 1}
        with pytest.raises(check.Rejected):
            check._one_function(unclear, [], [delta])


def test_a_vertex_dropped_and_a_vertex_invented():
    for name in ("golden", "pentagon", "xor"):
        document = proof(name)
        del document["claims"]["vertices"]["supports"][0]
        assert rejection(document)[0] == "vertices"
    document = proof("golden")
    document["claims"]["vertices"]["supports"] = ["0011", "0111", "1100"]
    assert rejection(document)[0] == "vertices"


@pytest.mark.parametrize("kind", ["linear exchange", "different functions"])
def test_a_vertex_dropped_in_higher_dimension(kind):
    from tests.corpus import generic

    X, y, lam = generic(17) if kind == "linear exchange" else (AXES, [3, 4, 12] * 2, 1)
    document = proof_document(certify(X, y, lam))
    assert document["claims"]["optimal_set"]["dimension"] == (2 if kind == "linear exchange" else 4)
    for k in range(len(document["claims"]["vertices"]["supports"])):
        lie = copy.deepcopy(document)
        del lie["claims"]["vertices"]["supports"][k]
        claim, step = rejection(lie)
        assert (claim, step.startswith("the supports are not those of the")) == ("vertices", True)


def test_no_vertices_at_all_are_not_all_vertices():
    from tests.corpus import generic

    for document in (proof("golden"), proof_document(certify(*generic(17)))):
        document["claims"]["vertices"].update(supports=[], narrowest=0)
        assert rejection(document)[0] == "vertices"


def test_a_coarser_grid_does_not_hide_a_wrong_root():
    """Few bits make the box large: the root must be proved in it all the same, and so must every sign."""
    from tests.corpus import generic

    document = proof_document(certify(*generic(2)))
    point = document["evidence"]["optimum"]["point"]
    shift = point["bits"] - 3
    for key in ("nu", "weights", "c"):
        point[key] = [str(int(m) >> shift) for m in point[key]]
    point["bits"] = 3
    assert rejection(document)[0] == "optimum"


def test_a_neuron_left_out_of_the_tight_ones():
    document = proof("golden")
    del document["claims"]["optimum"]["neurons"][3]
    del document["evidence"]["optimum"]["roles"][3]
    claim, step = rejection(document)
    assert (claim, step.endswith("is not proved inactive")) == ("optimum", True)


# ------------------------------------------------------------------ unreadable files


def status_of(tmp_path, data, name="proof.json"):
    path = tmp_path / name
    path.write_bytes(data)
    start = time.perf_counter()
    status = check.main([str(path), "--json"])
    assert time.perf_counter() - start < 5
    return status


def hostile():
    good = canonical_bytes(proof("zero row"))
    text = good.decode()
    document = json.loads(good)
    yield "empty", b""
    yield "truncated", good[: len(good) // 2]
    yield "no final newline", good.rstrip()
    yield "two documents", good + good
    yield "spaces", json.dumps(document, sort_keys=True).encode() + b"\n"
    yield "duplicate key", text.replace('"version":1', '"version":1,"version":1').encode()
    yield "unknown key", text.replace('"version":1', '"version":1,"zzz":1').encode()
    yield "float", text.replace('"version":1', '"version":1.0').encode()
    yield "NaN", text.replace('"version":1', '"version":NaN').encode()
    yield "Infinity", text.replace('"version":1', '"version":-Infinity').encode()
    yield "huge bare integer", text.replace('"version":1', '"version":1' + "0" * 10**6).encode()
    yield "huge string integer", text.replace('"lambda":"1/5"', '"lambda":"1/' + "7" * 10**6 + '"').encode()
    yield "another version", text.replace('"version":1', '"version":2').encode()
    yield "true is not 1", text.replace('"version":1', '"version":true').encode()
    yield "deep nesting", b"[" * 10**6
    yield "deep nesting, closed", b"[" * 10**5 + b"]" * 10**5 + b"\n"
    yield "not UTF-8", b"\xff\xfe" + good
    yield "unicode digits", text.replace('"lambda":"1/5"', '"lambda":"1/\\u0665"').encode()
    yield "billions of cells", text.replace('"cells":4', '"cells":4000000000').encode()
    yield "not in lowest terms", text.replace('"lambda":"1/5"', '"lambda":"2/10"').encode()
    yield "a bomb", gzip.compress(b" " * (check.MAX_BYTES + 10), 9)
    yield "a truncated archive", gzip.compress(good)[:-10]
    yield "two archives", gzip.compress(good) * 2


def test_hostile_files_are_refused_quickly(tmp_path, capsys):
    for name, data in hostile():
        assert (name, status_of(tmp_path, data)) == (name, 2)
        answer = json.loads(capsys.readouterr().out)
        assert answer["status"] == "unreadable"
        assert len(answer["reason"]) < 400
    assert check.main([str(tmp_path / "absent.json")]) == 2


def test_a_large_arrangement_is_refused_before_any_work(tmp_path):
    document = proof("zero row")
    document["problem"]["X"] = [[str((i * j) % 97 - 48) for j in range(1, 13)] for i in range(1, 400)]
    document["problem"]["y"] = ["1"] * 399
    document["problem_sha256"] = problem_digest(document["problem"])
    assert status_of(tmp_path, canonical_bytes(document)) == 2


def bombs():
    """Small files that would take minutes or gigabytes, each with its name."""

    def changed(name, **problem):
        document = proof(name)
        document["problem"].update(problem)
        document["problem_sha256"] = problem_digest(document["problem"])
        return document

    def with_numbers(field, number):
        document = proof("xor")
        point = document["evidence"]["optimum"]["point"]
        point.update({key: [number] * len(point[key]) for key in ("nu", "weights", "c")}, field=field)
        return document

    yield "a wide table", changed("d = 1", X=[["1"] * 200_000], y=["1"])
    planes = changed("parity", X=[["1", str(j), str(j * j)] for j in range(1200)], y=["1"] * 1200)
    planes["claims"]["arrangement"]["cells"] = 1200 * 1199 + 2
    yield "1,200 planes", planes
    lines = changed("pythagorean", X=[["1", str(j)] for j in range(20_000)], y=["1"] * 20_000)
    lines["claims"]["arrangement"]["cells"] = 40_000
    yield "many lines", lines
    long = [[f"1/{3**8000 + 2 * j}"] for j in range(1, 200) if (3**8000 + 2 * j) % 5]
    yield "coprime denominators", changed("d = 1", X=long, y=["1"] * len(long))
    grown = [[str(7**4000 + i**j) for j in range(8)] for i in range(12)]
    yield "huge integers in eight dimensions", changed("d = 1", X=grown, y=["1"] * 12)
    fine = changed("d = 1", X=[["1"]] * 300, y=["1"] * 300, patterns=["1" * 300, "0" * 300])
    del fine["claims"]["arrangement"]
    fine["claims"]["optimum"]["neurons"], fine["evidence"]["optimum"]["roles"] = [], []
    fine["evidence"]["optimum"]["point"] = {"bits": 8192, "nu": ["1"] * 300, "weights": [], "c": []}
    yield "a fine grid in many unknowns", fine
    roots = [str(j * j - j + 1) for j in range(1, 3000)]
    yield "thousands of square roots", with_numbers({"radicands": roots}, ["1/7"] * len(roots))
    f = [str(7**4000 + j) for j in range(64)] + ["1"]
    field = {"polynomial": f, "bits": 0, "interval": "0"}
    yield "a field of huge height", with_numbers(field, ["1"] * 64)
    f = ["-2"] + ["0"] * 29 + ["1"]
    field, number = {"polynomial": f, "bits": 0, "interval": "1"}, [f"1/{3**4000 + j}" for j in range(30)]
    yield "huge coefficients", with_numbers(field, number)
    gates = [f"1{j:015b}" for j in range(12_000)]
    ties = changed("gated", X=[["1"]] * 16, y=["1"] + ["0"] * 15, patterns=gates)
    del ties["claims"]["arrangement"]
    faces = sorted(g.translate(str.maketrans("01", "-+")) for g in gates)
    ties["claims"]["optimum"]["neurons"] = [{"sign": "+", "face": face} for face in faces]
    ties["evidence"]["optimum"]["roles"] = ["tie"] * len(faces)
    yield "thousands of ties", ties


def bombs_of_digits():
    """More of them: the numbers are as many as in honest files, but longer, or meet more often."""
    cube = [[str(int(i == j)) for j in range(20)] for i in range(20)]
    document = all_cells(cube)
    document["claims"]["arrangement"]["cells"] = 2**20
    yield "a million orthants", document
    digits = [[str((i * j * j + i + 7 * j) % 19 - 9) for j in range(200)] for i in range(200)]
    yield "a face of 199 hyperplanes", rooted(digits, "0" * 199 + "+", "tie", ["1"] * 200, [])
    long = [str(10**3900 + j) for j in range(80)]
    yield (
        "long coordinates on a coarse grid",
        rooted([[v] for v in long], "+" * 80, "single", long, long[:1]),
    )
    f = ["-1", *(str(10**3900 - 2 * j) for j in range(15)), str(10**3900 + 8)]
    yield "pairs in thousands", pairs_of(3000, 40, 20, 1)
    yield "pairs in thousands without a zero", pairs_of(3000, 40, 20, 0)
    yield "hundreds of pairs in many dimensions", pairs_of(100, 200, 100, 5)
    yield "pairs with long numbers", pairs_of(5, 8, 6, 2, 10**3000)
    document = rooted([["1"] * 50], "+", "single", ["1"], ["1"])
    point = document["evidence"]["optimum"]["point"]
    del point["bits"]
    one = [str(j + 1) for j in range(16)]
    point.update(field={"polynomial": f, "bits": 0, "interval": "0"}, nu=[one], weights=[one])
    yield "a polynomial of long coefficients", document


def all_cells(X):
    problem = {"X": X, "y": ["1"] * len(X), "lambda": "1", "gated": False, "patterns": "cells"}
    return {
        "format": "polyrelu-proof",
        "version": 1,
        "problem": problem,
        "problem_sha256": problem_digest(problem),
        "claims": {"arrangement": {"cells": 2, "sha256": "", "words": ""}},
        "evidence": {},
    }


def rooted(X, face, role, nu, weights):
    """A draft of a proof with one pattern and one neuron on a coarse grid."""
    document = all_cells(X)
    document["problem"]["patterns"] = ["1" * len(X)]
    document["problem_sha256"] = problem_digest(document["problem"])
    neurons = [{"sign": "+", "face": face}]
    document["claims"] = {"optimum": {"objective": "0", "neurons": neurons, "tight_blocks": 1, "words": ""}}
    point = {"bits": 0, "nu": nu, "weights": weights, "c": []}
    document["evidence"] = {"optimum": {"roles": [role], "point": point}}
    return document


def pairs_of(number, n, d, zeros, size=9):
    """A draft of a proof with many pairs, on n rows of which each neuron vanishes on some."""
    pick, faces = random.Random(0), set()
    while len(faces) < number:
        flat = set(pick.sample(range(1, n), zeros))
        faces.add("+" + "".join("0" if j in flat else pick.choice("+-") for j in range(1, n)))
    X = [[str(pick.randrange(-size, size) or 1) for _ in range(d)] for _ in range(n)]
    document = rooted(X, "", "", ["1"] * n, ["1"] * number)
    opposite = str.maketrans("+-", "-+")
    both = [{"sign": "+", "face": g} for face in sorted(faces) for g in (face, face.translate(opposite))]
    document["claims"]["optimum"]["neurons"] = both
    document["evidence"]["optimum"]["roles"] = ["pair", "antipode"] * number
    return document


def test_unused_columns_of_a_wide_table_cost_nothing():
    """Eleven of six hundred axes: the cells are those in the eleven pivot coordinates."""
    document = all_cells([[str(int(i == j)) for j in range(600)] for i in range(11)])
    patterns = ["".join(bits) for bits in itertools.product("01", repeat=11)]
    digest = hashlib.sha256("\n".join(patterns).encode()).hexdigest()
    document["claims"]["arrangement"].update(cells=2**11, sha256=digest)
    reword(document)
    start = time.perf_counter()
    assert check.check(document).proved == ["Cells of the arrangement of the rows: exactly 2048."]
    assert time.perf_counter() - start < 20


def test_a_bomb_is_refused_before_the_work():
    found, documents = [], [*bombs(), *bombs_of_digits()]
    for name, document in documents:
        reword(document)
        start = time.process_time()
        try:
            check.check(document)
        except (check.Unreadable, check.Rejected) as error:
            quick = time.process_time() - start < 5
            found.append((name, isinstance(error, check.Unreadable), quick, error.args))
    assert [entry for entry in found if entry[1:3] != (True, True)] == []
    assert len(found) == len(documents)


def test_the_time_of_a_check_can_be_bounded(tmp_path, capsys):
    from tests.corpus import generic

    path = tmp_path / "proof.json"
    path.write_bytes(canonical_bytes(proof_document(certify(*generic(5)))))
    assert check.main([str(path), "--seconds", "0"]) == 2
    assert "takes too long: allow more time with --seconds" in capsys.readouterr().out
    assert check.main([str(path), "--seconds", "100"]) == 0


def test_too_many_bases_are_refused_before_the_work():
    unit = [check.Interval.of(1)] * 3
    polytope = check.Polytope([unit] * 40, unit, unit * 13 + unit[:1], None, [{}] * 40, [])
    start = time.perf_counter()
    with check.within(check.MAX_SECONDS), pytest.raises(check.Unreadable):
        check.check_vertices(None, polytope, {"supports": ["1"], "narrowest": 1, "words": ""})
    assert time.perf_counter() - start < 5
