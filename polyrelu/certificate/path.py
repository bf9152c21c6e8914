#!/usr/bin/env python3
# ruff: noqa: B905, UP031 -- it runs on Python 3.9, where zip has no strict=
"""Check a proof file about a whole path (format 2, kinds below); check.py hands such files to it.

Bare Python 3.9, no floats. It loads kernel.py and its parts, tube.py, tables.py, blocks.py and segments.py, from
beside itself.
"""

# Letters as in kernel.py and tube.py, where the systems are whose roots are followed. Here lambda varies from `from`
# to `to`, and every sentence is about every lambda of an interval. A file of kind "path" holds intervals; each has the
# faces of its neurons and nodes: lambda, a vector nu and weights, in increasing lambda. One of kind "exact path" holds
# segments on which all that is affine and exact, one of kind "bounded path" nodes alone, with bounds between them.

from __future__ import annotations

import copy
import hashlib
import importlib.util
import json
import os
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from polyrelu.certificate.segments import Segment
    from polyrelu.certificate.tables import View
    from polyrelu.certificate.tube import Dependent, Node, System


def beside(name: str) -> Any:
    """A part of the checker that lies beside this file (they know the kernel); nothing else is imported from here."""
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location("polyrelu_%s_of_paths" % name, place)
    if spec is None or spec.loader is None:
        raise ImportError(place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


kernel = beside("kernel")
tube, tables, listing, segments = beside("tube"), beside("tables"), beside("blocks"), beside("segments")
GRID = tube.GRID
need, usable, fields, items, dot = kernel.need, kernel.usable, kernel.fields, kernel.items, kernel.dot


def pairwise(listed: list[Any]) -> Any:
    """Neighbours (Python 3.9 has no such function)."""
    return zip(listed, listed[1:])  # noqa: RUF007


class Problem(NamedTuple):
    """The problem (at its largest lambda), both ends, the hash of the question, and the blocks that are present."""

    base: Any
    low: Fraction
    high: Fraction
    sha256: str
    blocks: list[str] | None = None  # patterns, or gates; None: all patterns of directions
    gated: bool = False
    confined: bool = False
    others: Any = ()  # forms that must not be 0

    def at(self, lam: Fraction) -> Any:
        """The problem at one lambda."""
        here = copy.copy(self.base)
        here.lam = lam
        return here

    @property
    def these(self) -> str:
        """What a list holds: a part of every sentence."""
        what, number = "gate" if self.gated else "pattern", len(self.blocks or [])
        return "these %d %ss" % (number, what) if number > 1 else "this one " + what

    @property
    def name(self) -> str:
        """The networks that are meant."""
        if self.blocks is None:
            return str(self.base.name)
        more = self.base.name[len(kernel.NETWORKS) :].replace(" with ", " and ", 1)
        kind = "two-layer gated" if self.gated else "two-layer"
        return "%s ReLU networks of any width with %s%s" % (kind, self.these, more)

    def said(self, words: str) -> str:
        """A sentence, which begins with the networks that are meant if not all are."""
        scope = "Among all %s, " % self.name if self.blocks is not None or self.base.offset else ""
        return scope + (words[0].lower() + words[1:] if scope else words)

    def about(self) -> str:
        """What every answer begins with."""
        n, d = self.base.n, self.base.d
        size = "%d row%s, %d column%s" % (n, "s" * (n != 1), d, "s" * (d != 1))
        which = "all activation patterns" if self.blocks is None else self.these
        net, more = "gated ReLU" if self.gated else "ReLU", self.base.name[len(kernel.NETWORKS) :]
        words = "%s, lambda from %s to %s, %s, %s%s; fingerprint %s"
        return words % (size, shown(self.low), shown(self.high), net, which, more, self.sha256[:12])


def problem_of(spec: Any) -> Problem:
    """Read what a file is about."""
    more = [key for key in ("free", "ridge", "offset") if type(spec) is dict and key in spec]
    fields(spec, "problem", " ".join(["X y from to gated patterns", *more]))
    low, high = kernel.rational(spec["from"], "from"), kernel.rational(spec["to"], "to")
    usable(0 <= low < high, "a path needs 0 <= from < to")
    plain = {key: spec[key] for key in ("X", "y", *more)}
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    base = kernel.Problem({**plain, "lambda": spec["to"], "gated": False, "patterns": "cells"})
    blocks = None if spec["patterns"] == "cells" else blocks_of(base, spec["patterns"])
    usable(type(spec["gated"]) is bool, "gated is true or false")
    usable(not (spec["gated"] and blocks is None), "gates are listed")
    usable(not (blocks and base.offset), "with a free hidden bias all patterns are present")
    usable(not (spec["gated"] and base.columns), "gated networks have no free columns and no ridge")
    return Problem(base, low, high, hashlib.sha256(text.encode()).hexdigest(), blocks, spec["gated"])


def blocks_of(base: Any, spec: Any) -> list[str]:
    """Read patterns."""
    blocks: list[str] = items(spec, "patterns")
    for block in blocks:
        spelt = type(block) is str and len(block) == base.n and set(block) <= set("01")
        usable(spelt, "a pattern is a text of %d characters 0 and 1" % base.n)
        ones = all(bit == "1" for bit, row in zip(block, base.rows) if not any(row))
        usable(ones, "a pattern has 1 on zero rows")
    usable(len(blocks) > 0 and len(set(blocks)) == len(blocks), "patterns are listed, each once")
    return blocks


def shown(x: Fraction) -> str:
    """A number for a heading."""
    near: str = kernel.decimal(x, ROUND_FLOOR)
    return str(x) if len(str(x)) <= 30 else "about " + near


# -------------------------------------------------------------------------------- an interval
#
# Lemma (interval). On [a, b] let rho bound |nu* - nu(t)| over the tube. Call a line decided if C_v has one sign, with
# the margin of kernel.py, at both ends; as C_v is linear in nu, it has that sign at every nu* of the tube. If at both
# ends
#   - each neuron (a single, or either of a pair) passes the tests of its star (kernel.py) with the radius rho,
#   - all weights are positive in the tube: beta_k (less c_k times the weight of each face that depends on it), b_k and
#     beta_k - b_k of a pair that is solved for, and those of dependent faces,
#   - f_s(u) < (lambda - rho F) |u| off the stars, whose hard lines are all that are not decided for s C_v < 0,
# then for every lambda in [a, b] the root nu* is the residual of every optimum, the neurons that reach lambda are
# these, some optimal network uses all of them, the optimal networks are, up to permutation and splitting, a polytope
# of dimension (pairs) - dim U + (dependent faces), and, if no face is dependent and no column free, all are one
# function. (With free columns dim X U modulo these stands for dim U; their coefficients make up the rest of the fit. A
# ridge is one more row, as in kernel.py: y - nu* is the fit of the network and its e.)
# Proof. The tests of a star are linear in nu up to fixed margins, so they hold along the chord, and within rho of it.
# Off the stars f_s(u) is linear in nu, so f_s(u) < (lambda(t) - rho F) |u| at nu(t), and f_s(u) < lambda |u| at nu*.
# By the last equation P_k X^T nu*, which lies in U, is 0 for pairs: the opposite of z_k is -z_k. In a star f_s(u) <=
# w*.u, and |w*| = lambda by the system: so nu* is feasible, f_s(u) = lambda |u| on the rays of the w* alone, and
# f_s(w*) = lambda^2. The weights beta, b (and tau_k beta_k), over lambda, are those of a network, all positive, of fit
# y - nu*, and P = D, since the sum of weight |w*|^2 is nu*.(y - nu*): it is optimal. All optimal networks have this
# residual, so neurons along the w*, with weights that solve one linear system. J is regular, so the columns M_j nu*
# are independent; with the Q_k nu* their span holds X U, in which the R_k nu* = X z_k of all pairs lie: so the rank
# is the number of columns, and all solutions have the same beta and the same sum of b_k z_k, hence one function.
# For a dependent face let D = Q_f - sum c_k Q_k. Since D y = 0 and D Q_k = 0, and lambda (y - nu*) is a sum of Q_k
# nu*, also D nu* = 0: so |z_f|^2 = nu*.Q_f nu* = sum c_k lambda^2 = lambda^2, its activation is the sum of c_k Q_k nu*,
# and giving it a weight takes c_k times that from beta_k. The rank stays the same.   QED
#
# Lemma (scaled). On [0, b] let all this be shown of eta, with 1 for lambda, and let y_N = (I - P) y act on nothing:
# y_N.(X u)_+ = 0 for every u. Then for every lambda in (0, b] the same holds of nu = lambda eta + y_N, and as lambda
# falls to 0 the sum of the norms of optimal networks tends to the sum of the beta at 0, the least such sum among all
# networks that fit best.
# Proof. All terms of F but (I - P) eta lie in V: so eta* lies in V. As A_k y_N = 0, E^T y_N = 0 and y_N is orthogonal
# to V, lambda eta* + y_N solves the system above, with the same beta, b; and f_s(u) at nu is lambda times that at
# eta. The residual tends to y_N, which is orthogonal to all activations: the limit fits best. A network w that fits
# best has P(w) >= the optimum, and no smaller residual than the optimum's: so its sum of norms is no less.   QED
#
# Lemma (space). Let H' project onto what is orthogonal to the free columns and to E, and V be the least space that
# holds H' y (scaled: H' P y) and is mapped into itself by all H' Q_k (and H' J). Then nu* (eta*) lies in V, if all
# weights are positive. So a form f has f.nu* = f'.nu*, f' the part of f in V: in a *confined* interval, whose nodes
# lie in V, f' stands for f in the stars, and a line with C_v = 0 on V is not hard.
# Proof. nu* lies in the range of H', and H' R_k nu* = 0, as R_k nu* = X z_k. So (lambda + sum w_k H' Q_k + H' J) nu*
# = lambda H' y, where the sum is over all neurons, also the dependent ones, for which Q_f - sum c_k Q_k is 0 on V as
# it is 0 on y, on the ranges of the Q_k and on H 1. This operator is symmetric and positive definite on the range of
# H' (where lambda = 0, on the span of these ranges), and maps V, hence its complement there, into itself: nu* has no
# part in that.   QED
#
# Lemma (identity). On V let nu.(Q_k - Q_l) nu be a multiple of (e.nu)(g.nu). It is 0 at nu*, by the system: so where
# g.nu* is not 0, e.nu* is, and V may be replaced by what is orthogonal to e in V.
#
# How the directions off the stars are settled at the nodes, and in which tables with an offset: see tables.py.


def node_of(problem: Problem, spec: Any, width: int, scaled: bool) -> Node:
    """Read a node."""
    name = "eta" if scaled else "nu"
    fields(spec, "a node", "lambda denominator weights " + name)
    lam, N = kernel.rational(spec["lambda"], "lambda"), kernel.denominator(spec["denominator"])
    usable(lam > 0 or (scaled and lam == 0), "lambda must be positive")
    m, weights = (
        kernel.integers(spec[name], name, problem.base.n),
        kernel.integers(spec["weights"], "weights", width),
    )
    node: Node = tube.Node(lam, N, m, weights, Fraction(1) if scaled else lam)
    return node


def faces_of(problem: Problem, spec: Any) -> list[str]:
    """Read faces."""
    faces: list[str] = items(spec, "faces")
    for face in faces:
        spelt = type(face) is str and len(face) == problem.base.n + 1 and set(face) <= set("+-0")
        usable(spelt and face[0] != "0", "a face is a sign and %d characters + - 0" % problem.base.n)
        flat = [side == "0" for side in face[1:]] == [not any(row) for row in problem.base.rows]
        usable(
            not problem.gated or (face[0] == "+" and flat), "a gate has the sign +, and 0 on zero rows alone"
        )
        usable(not problem.base.offset or "0" in face, "with a free hidden bias a face is 0 on a row")
    need(faces == sorted(set(faces)), "the faces are sorted, each once")
    return faces


def shares_of(spec: Any, width: int) -> list[Any]:
    """For each face None (a single), "solved" or a part between 0 and 1."""
    found = [
        share if share in (None, "solved") else kernel.rational(share, "a share")
        for share in items(spec, "shares", width)
    ]
    need(all(share in (None, "solved") or 0 < share < 1 for share in found), "a share lies between 0 and 1")
    return found


def opposite(face: str) -> str:
    """The other neuron of a pair."""
    return face[0] + face[1:].translate({ord("+"): "-", ord("-"): "+"})


def further_of(problem: Problem, spec: Any, shares: list[Any]) -> list[Dependent]:
    """Read dependent faces."""
    found, width = list[Any](), len(shares)
    for one in items(spec, "dependent"):
        fields(one, "a dependent face", "face activation weight")
        numbers = [
            [kernel.rational(x, key) for x in items(one[key], key, width)] for key in ("activation", "weight")
        ]
        found.append(tube.Dependent(faces_of(problem, [one["face"]])[0], *numbers))
    usable(not found or not any(shares), "dependent faces stand beside singles")
    return found


class Shown(NamedTuple):
    """An interval that is proved: all neurons, the dimension of the set, both ends, and the limit at 0."""

    faces: list[str]
    dimension: int
    one: bool  # all are one function
    low: Fraction
    high: Fraction
    limit: tuple[Fraction, Fraction] | None


def show_interval(problem: Problem, spec: Any) -> Shown:
    """Prove one interval."""
    more = [key for key in ("confined", "dependent", "identities") if type(spec) is dict and key in spec]
    fields(spec, "an interval", " ".join(["faces shares nodes", *more]))
    usable("confined" not in more or spec["confined"] is True, "confined is true, if it is there")
    usable("confined" in more or "identities" not in more, "identities belong to a confined interval")
    faces = faces_of(problem, spec["faces"])
    shares = shares_of(spec["shares"], len(faces))
    further, solved = further_of(problem, spec.get("dependent", []), shares), shares.count("solved")
    tight, listed = all_faces(faces, shares, further), items(spec["nodes"], "nodes")
    need(len(set(tight)) == len(tight), "no neuron is listed twice")
    usable(len(listed) > 1, "an interval has two nodes at least")
    scaled = type(listed[0]) is dict and "eta" in listed[0]
    usable(not (scaled and problem.base.ridge), "with a ridge no interval is scaled")
    nodes = [node_of(problem, one, len(faces) + solved, scaled) for one in listed]
    need(all(a.lam < b.lam for a, b in pairwise(nodes)), "the nodes are in increasing order")
    need(problem.low <= nodes[0].lam and nodes[-1].lam <= problem.high, "an interval lies between both ends")
    system = tube.system_of(problem, faces, shares, further, scaled)
    if "confined" in more:
        problem = confined(problem, system, spec.get("identities", []))
        inside = not any(dot(v, node.m) for v in problem.base.basis for node in nodes)
        need(inside, "the nodes of a confined interval lie in its space")
    pieces, limit = [], None
    for ends in pairwise(nodes):
        pieces.append(show_piece(problem, tight, system, list(ends)))
        if not ends[0].lam:
            limit = limit_of(system, ends[0], pieces[0].r)
    for k, node in enumerate(nodes):
        cover_node(problem, tight, node, *tables.at_node(pieces[max(0, k - 1) : k + 1]))
    dimension = len(tight) - len(faces) - solved
    one = not (further or problem.base.free or problem.gated)
    return Shown(tight, dimension, one, nodes[0].lam, nodes[-1].lam, limit)


def confined(problem: Problem, system: System, identities: Any) -> Problem:
    """The problem of residuals in V: multipliers are told modulo what is orthogonal to V."""
    base, others = copy.copy(problem.base), []
    base.basis = tube.off_space(system, base.free, base.ridge)
    for one in items(identities, "identities"):
        fields(one, "an identity", "faces other zero")
        numbers = items(one["faces"], "the faces of an identity", 2)
        usable(all(type(k) is int and 0 <= k < len(system.Q) for k in numbers), "an identity names two faces")
        zero = kernel.integers(one["zero"], "zero", base.n)
        other = zero if one["other"] is None else kernel.integers(one["other"], "other", base.n)
        factors = tube.factors(system, base.basis, numbers, (zero, other))
        need(factors, "the difference of two squares is a product on the space")
        base.basis += tube.orthogonal_part(base.basis, zero)
        others += [other] if one["other"] is not None else []
    return problem._replace(base=base, confined=True, others=others)


def all_faces(faces: list[str], shares: list[Any], further: list[Dependent]) -> list[str]:
    """With the second neuron of every pair, and dependent ones."""
    second = [opposite(face) for face, share in zip(faces, shares) if share is not None]
    return sorted(faces + second + [one.face for one in further])


class Proved(NamedTuple):
    """A piece: rho, all tables, and the tube."""

    rho: Fraction
    views: list[View]
    r: list[int]


def show_piece(problem: Problem, tight: list[str], system: System, nodes: list[Node]) -> Proved:
    """The tube between two nodes, with all its tests but the coverings."""
    n, r = len(system.y), tube.tube_around(system, *nodes)
    for node in nodes:
        clear = [
            (dot(form, node.weights) << GRID) > node.N * dot(map(abs, form), r[n:]) for form in system.forms
        ]
        need(all(clear), "every weight is positive")
    rho = kernel.root(Fraction(dot(r[:n], r[:n]), 4**GRID))
    for form in problem.others:
        a, b = (Fraction(dot(form, node.m), node.N) for node in nodes)
        apart = min(abs(a), abs(b)) > kernel.root(Fraction(dot(form, form))) * rho and a * b > 0
        need(apart, "the other factor of an identity is not 0")
    return Proved(rho, tables.show(problem, tight, nodes, rho) if problem.blocks is None else [], r)


def limit_of(system: System, node: Node, r: list[int]) -> tuple[Fraction, Fraction]:
    """The sum of the beta at a node: its own tube holds a root, which lies in that of the chord if it is no wider."""
    n, K, own = len(system.y), len(system.Q), tube.tube_around(system, node, node)
    near = own if all(a <= b for a, b in zip(own, r)) else r
    total, apart = Fraction(sum(node.weights[:K]), node.N), Fraction(sum(near[n : n + K]), 1 << GRID)
    return total - apart, total + apart


def cover_node(problem: Problem, tight: list[str], node: Node, rho: Fraction, views: list[View]) -> None:
    """All directions off the stars, or all blocks of a list, at one node."""
    if problem.blocks is None:
        tables.cover(problem, tight, node, rho, views)
    else:
        lines = tables.lines_at(problem, node, problem.base.rows)
        listing.settle(problem, tight, lines, node.level, rho)


# -------------------------------------------------------------------------------- what a file says of intervals


def path_claims(problem: Problem, top: Any) -> tuple[list[str], list[str]]:
    """The sentences about all intervals, and what lies between them."""
    specs, found = items(top["intervals"], "intervals"), list[Shown]()
    usable(len(specs) > 0, "a path has one interval at least")
    for spec in specs:
        found.append(show_interval(problem, spec))
        if len(found) > 1 and found[-2].high == found[-1].low and found[-2].faces == found[-1].faces:
            one = found[-2].one and found[-1].one
            found[-2:] = [found[-2]._replace(high=found[-1].high, one=one)]
    need(all(a.high < b.low for a, b in pairwise(found)), "the intervals are in increasing order")
    proved = [about_interval(problem, one) for one in found]
    for below, above in pairwise(found):
        if below.faces != above.faces:
            ends = within(below.high, above.low, ROUND_FLOOR, ROUND_CEILING)
            words = "Between lambda = %s and %s there is a breakpoint: the neurons on both sides differ."
            proved.append(problem.said(words % ends))
    if found[0].faces and found[0].limit:
        words = "As lambda falls to 0 the sum of the norms of optimal networks tends to a number between %s and %s, "
        words += "the least one among all networks that fit best."
        proved.append(problem.said(words % within(*found[0].limit, ROUND_FLOOR, ROUND_CEILING)))
    return proved, left_between(problem, found)


def left_between(problem: Problem, found: Any) -> list[str]:
    """What is not said of lambdas between, below and above what is shown."""
    ends, words = [problem.low], "the optimal networks for lambda between %s and %s"
    for one in found:
        ends += [one.low, one.high]
    pairs = zip(ends[::2], [*ends[1::2], problem.high])
    return [words % within(low, high, ROUND_FLOOR, ROUND_CEILING) for low, high in pairs if low < high]


def within(
    low: Fraction, high: Fraction, down: str = ROUND_CEILING, upward: str = ROUND_FLOOR
) -> tuple[str, str]:
    """Two ends in 20 digits, rounded inwards unless it is said otherwise; exactly where nothing would be left."""
    ends = kernel.decimal(low, down), kernel.decimal(high, upward)
    return ends if Fraction(ends[0]) <= Fraction(ends[1]) else (str(low), str(high))


def about_interval(problem: Problem, shown_: Shown) -> str:
    """What is proved of an interval."""
    low, high = within(shown_.low, shown_.high)
    ends = (
        "For every lambda from %s to %s " % (low, high)
        if shown_.low
        else "For every lambda > 0 up to %s " % high
    )
    faces, dimension = shown_.faces, shown_.dimension
    if problem.base.offset:
        return ends + about_kinks(problem, faces, faces, dimension)
    among = ", among all %s" % problem.name if problem.blocks is None else ""
    aside = among + "," if among else ""
    if not faces:
        none = "no optimal network%s has a neuron." % aside
        none = none if problem.base.columns else "the zero network is the only optimal one%s." % among
        return problem.said(ends + none)
    reach = "exactly %d neurons reach lambda, in the faces %s, and an optimal network uses them all; "
    if len(faces) == 1:
        reach = "exactly %d neuron reaches lambda, in the face %s, and an optimal network uses it; "
    reach = reach.replace("in the face", "with the gate") if problem.gated else reach
    words = ends + reach % (len(faces), " ".join(face[problem.gated :] for face in faces))
    if dimension:
        words += "the optimal networks%s are up to permutation and splitting " % aside
        one = ", and all are one function on R^d" * shown_.one
        return problem.said(words + "a polytope of dimension %d%s." % (dimension, one))
    over = "all activation patterns" if problem.blocks is None else problem.these
    convex = ", and the convex program over %s has exactly one solution" % over * in_one_block(problem, faces)
    words += "the optimal network%s is unique up to permutation and splitting%s." % (aside, convex)
    return problem.said(words)


def about_kinks(problem: Problem, tight: list[str], used: list[str], dimension: int) -> str:
    """What is proved of kinks that meet rows, on an interval or a segment, and whether they can move."""
    if not tight:
        return "no optimal network, among all %s, has a neuron." % problem.name
    reach = "exactly %d neurons whose kink meets a row reach lambda, in the faces %s, "
    if len(tight) == 1:
        reach = "exactly %d neuron whose kink meets a row reaches lambda, in the face %s, "
    words = reach % (len(tight), " ".join(tight))
    if used == tight:
        words += "and an optimal network uses %s; " % ("it" if len(tight) == 1 else "them all")
    else:
        words += "of which optimal networks use these alone, and one of them all: %s; " % " ".join(used)
    moving: int = segments.moving(used)
    name = problem.name + ", whose kinks all meet a row" * (moving > 0)
    many = (
        "the optimal networks, among all %s, are up to permutation and splitting a polytope of dimension %d"
    )
    unique = "the optimal network, among all %s, is unique up to permutation and splitting"
    words += many % (name, dimension) if dimension else unique % name
    return words + "; kinks can move at no cost (intervals: %d)" % moving * (moving > 0) + "."


def in_one_block(problem: Problem, faces: list[str]) -> bool:
    """Whether each neuron lies in one block alone, so that the weights of blocks are known with the network."""
    if problem.blocks is not None:
        return all(sum(listing.lies_in(face, block) for block in problem.blocks) == 1 for face in faces)
    return not any(
        side == "0" and any(row) for face in faces for side, row in zip(face[1:], problem.base.rows)
    )


# -------------------------------------------------------------------------------- kind "exact path"


CHANGES = {
    "tight": "the neurons on both sides differ",
    "used": "the neurons of optimal networks change",
    "slope": "the residual bends",
}


def segment_claims(problem: Problem, top: Any) -> tuple[list[str], list[str]]:
    """The sentences about all segments, with the breakpoints at which they meet."""
    found: list[Segment] = [segments.show(problem, spec) for spec in items(top["segments"], "segments")]
    usable(len(found) > 0, "a path has one segment at least")
    need(all(a.high <= b.low for a, b in pairwise(found)), "the segments are in increasing order")
    proved = [about_segment(problem, one) for one in found]
    for below, above in pairwise(found):
        if below.high == above.low:
            what = [words for key, words in CHANGES.items() if getattr(below, key) != getattr(above, key)]
            need(len(what) > 0, "neighbouring segments differ")
            proved.append("At lambda = %s there is a breakpoint: %s." % (near(below.high), what[0]))
    if found[0].low == 0:
        words = "As lambda falls to 0 the sum of the norms of optimal networks tends to %s, the least one among all "
        proved.append(words % near(found[0].norm) + "networks that fit best.")
    return proved, left_between(problem, found)


def about_segment(problem: Problem, one: Segment) -> str:
    """What is proved of a segment."""
    ends = zip((one.low, one.high), within(one.low, one.high))
    words = "For every lambda strictly between %s and %s " % tuple(short(x) or rounded for x, rounded in ends)
    return words + about_kinks(problem, one.tight, one.used, one.dimension)


def short(x: Fraction) -> str:
    """A number exactly, if that is short; nothing otherwise."""
    return str(x) if len(str(x)) <= 60 else ""


def near(x: Fraction) -> str:
    """A number, enclosed where it is long."""
    return short(x) or "a number between %s and %s" % within(x, x, ROUND_FLOOR, ROUND_CEILING)


# -------------------------------------------------------------------------------- kind "bounded path"
#
# Lemma (mixture). At nodes a < b let nu_a, nu_b be feasible, w_a, w_b networks with residuals r_a, r_b and sums of
# norms R_a, R_b, and g = P - D at each. At lambda = (1 - t) a + t b the vector (1 - t) nu_a + t nu_b is feasible, the
# networks mix to one with the residual (1 - t) r_a + t r_b and a sum of norms of (1 - t) R_a + t R_b, and P - D is
# at most  (1 - t) g_a + t g_b + t (1 - t) ( (b - a)(R_a - R_b) - |r_b - r_a|^2 / 2 - |nu_b - nu_a|^2 / 2 ).
# Proof. { (nu, lambda) : nu feasible } is a convex cone. P is (1 - t) P_a + t P_b but for the bends of |r|^2 / 2 and of
# lambda R, each t (1 - t) times a product or square of differences; D likewise with |nu|^2 / 2. (Coefficients of free
# columns are mixed as well, and nu stays orthogonal to these; with an offset |w| leaves out the bias.)   QED
# The optimum grows with lambda, so that a gap over the lower bound at a is one relative to the optimum in between.


class Bounds(NamedTuple):
    """A node of a bounded path: lambda, t nu, the residual, the sum of norms, the gap and the lower bound."""

    lam: Fraction
    nu: list[Fraction]
    residual: list[Fraction]
    total: Fraction
    gap: Fraction
    lower: Fraction


def bounds_of(problem: Problem, spec: Any) -> Bounds:
    """Prove the bounds at a node."""
    fields(spec, "a node", "lambda nu eps t network")
    lam, (eps, t) = (
        kernel.rational(spec["lambda"], "lambda"),
        (kernel.rational(spec[key], key) for key in ("eps", "t")),
    )
    usable(lam > 0 and eps >= 0 and 0 <= t * (1 + eps) <= 1, "eps and t must satisfy 0 <= t <= 1 / (1 + eps)")
    here, nu = problem.at(lam), fields(spec["nu"], "nu", "denominator numerators")
    N, m = kernel.denominator(nu["denominator"]), kernel.integers(nu["numerators"], "nu", here.n)
    network = kernel.network_of(here, spec["network"])
    dual = [t * Fraction(x, N) for x in m]
    gap, _ = kernel.bound_of(here, [*dual, Fraction(0)], network)
    need(not any(dot(b, m) for b in here.free), "nu is orthogonal to the free columns")
    kernel.show_feasible(here, (N, m), lam * (1 + eps), [], Fraction(0))
    lower = sum((Fraction(y, here.p) * v - v * v / 2 for y, v in zip(here.targets, dual)), Fraction(0))
    return Bounds(lam, dual, list(network.residual), sum(network.lengths, Fraction(0)), gap, lower)


def gap_between(a: Bounds, b: Bounds) -> Fraction:
    """The largest gap between two nodes, relative to the lower bound at the first."""
    apart = [u - v for u, v in zip((*b.residual, *b.nu), (*a.residual, *a.nu))]
    bend, largest = (b.lam - a.lam) * (a.total - b.total) - dot(apart, apart) / 2, max(a.gap, b.gap)
    if bend > abs(b.gap - a.gap):  # the parabola has its top inside
        t = (bend + b.gap - a.gap) / (2 * bend)
        largest = (1 - t) * a.gap + t * b.gap + t * (1 - t) * bend
    need(largest == 0 or a.lower > 0, "the lower bound of a node is positive")
    return largest / a.lower if largest else Fraction(0)


def bounded_claims(problem: Problem, top: Any) -> tuple[list[str], list[str]]:
    """The sentences of a bounded path."""
    usable(problem.blocks is None, "bounds are about all patterns")
    usable(not problem.base.ridge, "bounds know no ridge")
    nodes = [bounds_of(problem, spec) for spec in items(top["nodes"], "nodes")]
    usable(len(nodes) > 1, "a path has two nodes at least")
    need(all(a.lam < b.lam for a, b in pairwise(nodes)), "the nodes are in increasing order")
    whole = nodes[0].lam == problem.low and nodes[-1].lam == problem.high
    need(whole, "the first and the last node are the ends of the path")
    gap = max(gap_between(a, b) for a, b in pairwise(nodes))
    words = "a mixture of the next stored network below and the next above, of %d, has an objective above the least of "
    words += "all %s by at most the part %s of it."
    words %= (len(nodes), problem.base.name, kernel.decimal(gap, ROUND_CEILING))
    proved = ["For every lambda from %s to %s " % within(problem.low, problem.high) + words]
    for name, node in (("smallest", nodes[0]), ("largest", nodes[-1])):
        ends = within(node.lower, node.lower + node.gap, ROUND_FLOOR, ROUND_CEILING)
        proved.append("At the %s lambda the least objective lies between %s and %s." % (name, *ends))
    return proved, ["the neurons of optimal networks, and breakpoints"]


# -------------------------------------------------------------------------------- the whole file


KINDS = {"path": "intervals", "exact path": "segments", "bounded path": "nodes"}


def proved_by(document: Any) -> tuple[list[str], list[str]]:
    """The sentences that a document proves, whatever it claims, and what it leaves out."""
    kind: Any = document.get("kind") if type(document) is dict else None
    usable(
        type(kind) is str and kind in KINDS, "not a file about a path: its kind must be " + " or ".join(KINDS)
    )
    keys = "format version kind problem problem_sha256 claims left_out " + KINDS[kind]
    top = fields(document, "the file", keys)
    version = top["format"] == "polyrelu-proof" and top["version"] == 2 and type(top["version"]) is int
    usable(version, "not a file of format polyrelu-proof, version 2")
    problem = problem_of(top["problem"])
    need(problem.sha256 == top["problem_sha256"], "the SHA-256 of the problem is " + problem.sha256)
    claims = {"path": path_claims, "exact path": segment_claims, "bounded path": bounded_claims}
    return claims[kind](problem, top)


def check(document: Any) -> tuple[list[str], list[str]]:
    """The sentences that a document claims, all proved, and what it says that it leaves out."""
    proved, left = proved_by(document)
    need(document["claims"] == proved, "the claims are what was proved: " + " ".join(proved))
    need(document["left_out"] == left, "what is left out is told: " + "; ".join(left))
    return proved, left


if __name__ == "__main__":  # nothing said, and the exit status 0, would look like an answer
    print("UNUSABLE: check.py beside this file reads the files of paths: python3 -I check.py FILE")
    sys.exit(2)
