"""The proof file of a path: intervals with their neurons and nodes, which `path.py` replays.

The package proposes: neurons, and points of the curve at some lambdas. What stands in the file is what the checker
accepts: a chord that fails is cut in two, and an interval that cannot be shown is left out, which the file says. Close
to a breakpoint margins vanish, so each interval begins and ends a little beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import pairwise
from math import inf, lcm
from typing import Any

from polyrelu.certificate import path as checker
from polyrelu.certificate.bound_file import bound_evidence
from polyrelu.certificate.document import path_spec, problem_digest, save
from polyrelu.certificate.path_form import Form
from polyrelu.certificate.path_space import Vectors, identities_at, inside
from polyrelu.certificate.tube import Node
from polyrelu.certificate.write_kernel import grid, in_short, texts
from polyrelu.certificate.write_segments import segment_of
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.bounded import BoundedPath
from polyrelu.paths.ends import between
from polyrelu.paths.intervals import Interval
from polyrelu.paths.settings import has_knots
from polyrelu.paths.solution_path import Path

MARGINS = (Fraction(1, 10**6), Fraction(1, 10**4), Fraction(1, 10**2))
"""How far from a breakpoint an interval ends, relative to lambda; the next one where that is too close."""
FINEST = Fraction(1, 10**9)
"""Shorter chords are not tried."""
HALVINGS = 4
"""How often an interval is halved in search of shares for its pairs."""
MOST = 400
"""Nodes of one interval."""
DIGITS = 11
SHRINK = 60
"""nu is shrunk by 1 - 2^-60, so that no neuron exceeds lambda at a node."""
NODE_BITS = 130
NEAR = 50
"""A multiplier that is less than 2^-50 is taken for 0."""
SECONDS = 6 * 3600


def write_path(file: str, found: Path | BoundedPath) -> dict[str, Any]:
    """Write what the checker accepts of a path, completely or not at all; the document."""
    document = path_document(found) if isinstance(found, Path) else bounded_document(found)
    save(document, file)
    return document


def path_document(found: Path) -> dict[str, Any]:
    """The file of a path; `Undecided` where no interval at all can be shown."""
    spec = path_spec(found.problem, found.low, found.high, found.program)
    with checking():
        problem = checker.problem_of(spec)
        if has_knots(found.problem):
            listed = [segment_of(interval) for interval in found.intervals]
            return _accepted({"kind": "exact path", "segments": listed}, spec)
        listed = [one for interval in found.intervals for one in _shown(problem, interval)]
        if not listed:
            raise Undecided("no interval of this path is one that a file can hold")
        return _accepted({"kind": "path", "intervals": listed}, spec)


def bounded_document(found: BoundedPath) -> dict[str, Any]:
    """The file of a bounded path."""
    listed = []
    for node in found.nodes:
        dual, network = node.bounds.dual, (node.bounds.network, node.bounds.coefficients)
        evidence = bound_evidence(found.problem.d, node.lam, dual.nu, dual.eps, network, dual.t)
        listed.append({"lambda": str(node.lam), **evidence})
    with checking():
        spec = path_spec(found.problem, found.nodes[0].lam, found.nodes[-1].lam, None)
        return _accepted({"kind": "bounded path", "nodes": listed}, spec)


@contextmanager
def checking() -> Iterator[None]:
    """Give the checker all the time that it needs, and say in one line where it refuses."""
    checker.kernel.allow(SECONDS)
    try:
        yield
    except (checker.kernel.Unusable, checker.kernel.Rejected) as refused:
        raise Undecided(f"no proof file can hold this path, of which is asked: {in_short(refused)}") from None
    finally:
        checker.kernel.allow(inf)


def _accepted(evidence: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    """The document with the sentences that the checker proves."""
    head = {"format": "polyrelu-proof", "version": 2, "problem": spec, "problem_sha256": problem_digest(spec)}
    document = {**head, **evidence, "claims": [], "left_out": []}
    document["claims"], document["left_out"] = checker.proved_by(document)
    return document


def _shown(problem: checker.Problem, interval: Interval) -> list[dict[str, Any]]:
    """An interval as the checker accepts it, as near to its breakpoints as that is possible; from 0 in two parts."""
    down, last = [], interval.pieces[-1].chord
    if not last.low:
        with suppress(checker.kernel.Rejected, Undecided):
            down = _parts(problem, interval, (Fraction(0), to_fraction(last.high)), 0)
    for margin in MARGINS:
        low, high = _inside(interval, margin)
        try:
            return down + (_parts(problem, interval, (low, high), HALVINGS) if low < high else [])
        except (checker.kernel.Rejected, Undecided):
            continue
    return down + _some(problem, interval, _inside(interval, MARGINS[0]), HALVINGS)


def _some(
    problem: checker.Problem, interval: Interval, span: tuple[Fraction, Fraction], halvings: int
) -> list[dict[str, Any]]:
    """What can be shown of an interval, in halves."""
    middle = _middle(*span)
    if not middle:
        return []
    found = []
    for half in ((span[0], middle[0]), (middle[0], span[1])):
        try:
            found += _parts(problem, interval, half, 0)
        except (checker.kernel.Rejected, Undecided):
            found += _some(problem, interval, half, halvings - 1) if halvings else []
    return found


def _parts(
    problem: checker.Problem, interval: Interval, span: tuple[Fraction, Fraction], halvings: int
) -> list[dict[str, Any]]:
    """One part, or several where no shares of the pairs serve for all lambda."""
    low, high = span
    if not low and problem.base.ridge:
        raise Undecided("a file does not reach down to 0 beside a ridge")
    middle = _middle(low, high)
    form = Form.at(interval, middle[0] if middle else low, scaled=not low)
    try:
        search = Nodes(problem, form).begin(middle[0] if middle else low)
        return [
            {**form.spelt, **search.more, "nodes": [search.spelt(lam) for lam in search.between(low, high)]}
        ]
    except checker.kernel.Rejected:
        if not (halvings and middle and (any(form.shares) or form.further)):
            raise
    lower = _parts(problem, interval, (low, middle[0]), halvings - 1)
    return lower + _parts(problem, interval, (middle[0], high), halvings - 1)


def _has_families(faces: list[str]) -> bool:
    """Whether kinks of one sign and direction lie at neighbouring rows: then the slope of f between them is 0."""
    below = {face.replace("0", "-") for face in faces}
    return any(face.replace("0", "+") in below for face in faces)


def _middle(low: Fraction, high: Fraction) -> list[Fraction]:
    """A number between two others, if there is a short one: at equal ratios, or a quarter of the way up from 0."""
    return between(low, high, 2) if low else [high / 4]


def _inside(interval: Interval, margin: Fraction) -> tuple[Fraction, Fraction]:
    """Short numbers beside the breakpoints; other ends as they are; without the piece that reaches 0."""
    last = interval.pieces[-1].chord
    low, high = to_fraction(last.low or last.high), to_fraction(interval.pieces[0].chord.high)
    if interval.below is not None:
        low = _short(ends(interval.below.lam)[1] * (1 + margin))
    if interval.above is not None:
        high = _short(ends(interval.above.lam)[0] * (1 - margin))
    return low, high


def _short(x: Fraction) -> Fraction:
    """A few digits of a number."""
    scale = Fraction(10) ** (DIGITS - len(str(int(x))) if x >= 1 else DIGITS + len(str(int(1 / x))))
    return round(x * scale) / scale


class Nodes:
    """The search for nodes of one interval: pieces and coverings that the checker accepts."""

    def __init__(self, problem: checker.Problem, form: Form) -> None:
        self.problem, self.form = problem, form
        self.known: dict[Fraction, Node] = {}
        self.pieces: dict[tuple[Fraction, Fraction], checker.Proved] = {}
        further = checker.further_of(problem, form.spelt.get("dependent", []), form.shares)
        self.tight = checker.all_faces(form.faces, form.shares, further)
        self.system = checker.tube.system_of(problem, form.faces, form.shares, further, form.scaled)
        self.confined, self.space, self.more = False, Vectors(), dict[str, Any]()

    def begin(self, lam: Fraction) -> Nodes:
        """See at one lambda whether multipliers are 0 for a reason, which is that of the space of all residuals."""
        node = self.node(lam)
        rho = node.level / 2**NEAR
        try:
            if self.problem.blocks is None:
                checker.tables.show(self.problem, self.tight, [node], rho)
            else:
                lines = checker.tables.lines_at(self.problem, node, self.problem.base.rows)
                checker.listing.show_neurons(self.problem, self.tight, lines, rho)
        except checker.kernel.Rejected as refused:
            self.confined = "multipliers" in str(refused)
        self.confined |= self.problem.base.offset and _has_families(self.tight)
        if self.confined:
            identities = identities_at(self.problem, self.system, self.form.point(lam)[0])
            self.problem = checker.confined(self.problem, self.system, identities)
            self.space = checker.tube.complement(self.problem.base.basis, self.problem.base.n)
            self.more = {"confined": True, **({"identities": identities} if identities else {})}
            self.known.clear()
        return self

    def between(self, low: Fraction, high: Fraction) -> list[Fraction]:
        """Nodes from low to high; `Rejected` where they would have to be too close."""
        lams, covered = [low, high], set[Fraction]()
        while len(covered) < len(lams):
            k = 0
            while k + 1 < len(lams):
                k += self._passes(lams, k)
            k = next(k for k, lam in enumerate(lams) if lam not in covered)
            if self._is_covered(lams, k):
                covered.add(lams[k])
            else:
                left = k and (k + 1 == len(lams) or lams[k] - lams[k - 1] > lams[k + 1] - lams[k])
                self._cut(lams, k - 1 if left else k)
        return lams

    def _passes(self, lams: list[Fraction], k: int) -> bool:
        """Whether a piece is accepted; else it is cut in two."""
        a, b = lams[k], lams[k + 1]
        if (a, b) not in self.pieces:
            nodes = [self.node(a), self.node(b)]
            try:
                self.pieces[a, b] = checker.show_piece(self.problem, self.tight, self.system, nodes)
            except checker.kernel.Rejected:
                self._cut(lams, k)
                return False
        return True

    def _is_covered(self, lams: list[Fraction], k: int) -> bool:
        """Whether the covering of a node succeeds, for the pieces on both sides."""
        sides = [self.pieces[pair] for pair in pairwise(lams[max(0, k - 1) : k + 2])]
        try:
            checker.cover_node(self.problem, self.tight, self.node(lams[k]), *checker.tables.at_node(sides))
        except checker.kernel.Rejected:
            return False
        return True

    def _cut(self, lams: list[Fraction], k: int) -> None:
        """A node between two others."""
        a, b = lams[k], lams[k + 1]
        middle = _middle(a, b)
        if not middle or b - a < FINEST * b or len(lams) >= MOST:
            raise checker.kernel.Rejected("chords that are short enough were not found")
        lams[k + 1 : k + 1] = middle

    def node(self, lam: Fraction) -> Node:
        """A point of the curve, rounded."""
        if lam not in self.known:
            nu, weights = self.form.point(lam)
            N, less = grid([lam or Fraction(1)], NODE_BITS), 1 - Fraction(1, 2**SHRINK)
            N <<= max((x.bit_length() for o in self.space for x in o), default=0)
            if not weights:  # nu is y itself
                N, less = lcm(*(v.denominator for v in nu)), Fraction(1)
            nu = [v * less for v in nu]
            m = inside(self.space, nu, N) if self.confined else [round(v * N) for v in nu]
            level = Fraction(1) if self.form.scaled else lam
            self.known[lam] = checker.tube.Node(lam, N, m, [round(v * N) for v in weights], level)
        return self.known[lam]

    def spelt(self, lam: Fraction) -> dict[str, Any]:
        """A node as it stands in the file."""
        node = self.node(lam)
        name = "eta" if self.form.scaled else "nu"
        numbers = {name: texts(node.m), "weights": texts(node.weights)}
        return {"lambda": str(lam), "denominator": str(node.N), **numbers}
