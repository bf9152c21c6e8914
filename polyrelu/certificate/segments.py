#!/usr/bin/env python3
# ruff: noqa: B905 -- it runs on Python 3.9, where zip has no strict=
"""Exact segments of a path, for path.py, which loads this file from beside itself: one feature and a free hidden bias.

Bare Python 3.9, no floats.
"""

# Letters as in kernel.py. Let the table have the columns x and 1, with a free hidden bias. A neuron with the
# direction u = 1 or -1 and its kink at t has the activation (u (x - t))_+ on the rows, whatever nu and lambda are.
# By the lemma on offsets of kernel.py a nu that is orthogonal to the free columns is feasible iff s nu.(u (x -
# x_j))_+ <= lambda for all s, u and rows j. Let a_k be s (u (x - x_j))_+ for all these kinks that meet a row, each
# once.
#
# Lemma (segment). At nodes i = 0..m with lambda_0 < ... < lambda_m let nu_i be orthogonal to the free columns,
# a_k.nu_i <= lambda_i for all k, and y - nu_i a sum of w_ik a_k, w_ik >= 0, and of free columns, with w_ik = 0
# unless a_k.nu_j = lambda_j at every node j. Then for each lambda > 0 in [lambda_0, lambda_m] the residual of the
# optimal networks is affine in lambda, with these values; and for each lambda strictly inside
#   - a kink that meets a row reaches lambda iff it does so at all nodes: these are *tight*,
#   - some optimal network uses all tight kinks that have a weight at a node: these are *used*; no other tight kink
#     is used by any, if a vector p that is orthogonal to the free columns has p.a_k = 0 for the used and p.a_k > 0
#     for the other tight ones,
#   - the optimal networks whose kinks all meet a row are a polytope of dimension (used) - rank of their a_k modulo
#     the free columns,
#   - all optimal networks are of this kind, unless kinks can move: two used ones of one sign and direction at
#     neighbouring rows towards each other, or one without a row on its other side outwards.
# If lambda_0 = 0, the sum of the norms of optimal networks tends to the sum of the w_0k as lambda falls to 0, and
# this is the least among all networks that fit best.
# Proof. All conditions are linear in (lambda, nu, w) once it is known which a_k are tight: so they hold for every
# mixture of nodes, and a mixture with lambda > 0 is optimal, since nu.(y - nu) = sum w_k a_k.nu = lambda sum w_k
# makes the bounds of kernel.py agree. The optimal residual is unique, hence that of all mixtures with one lambda. A
# lambda strictly inside is a mixture of all nodes with positive parts: it uses all that has a weight anywhere, and
# a_k.nu = lambda iff this is so at all nodes. All optimal networks there have one y - nu, a sum of w_k a_k over
# tight kinks and of free columns, and p.(y - nu) = 0, as the mixture shows: so 0 is the sum of the w_k p.a_k over
# the kinks that are not listed, and they have no weight. Since the mixture has positive weights on all others, the
# solutions w >= 0 have the dimension of all solutions. By what follows the lemma on offsets a kink between rows is
# tight only if those at the next rows are, and used only if both are, since it could be shared among them. At 0:
# nu_0.a_k <= 0 for both signs, so nu_0 is orthogonal to all activations, and the fit is best. A network that fits
# best has an objective no less than the optimum, and no smaller residual: so its sum of norms is no smaller.   QED

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any, NamedTuple

kernel: Any = sys.modules.get("polyrelu_kernel_of_paths")  # as path.py has loaded it


class Segment(NamedTuple):
    """What is proved of a segment: the tight faces, those used, and the rest of the lemma."""

    tight: list[str]
    used: list[str]
    dimension: int
    moving: int  # families of kinks that can move
    low: Fraction
    high: Fraction
    slope: list[Fraction]  # of the residual
    norm: Fraction  # the sum of the weights at the lower end


class Node(NamedTuple):
    """lambda, nu = m / N and the weights of the listed faces over N."""

    lam: Fraction
    N: int
    m: list[int]
    weights: list[int]


def kinks_of(base: Any) -> dict[str, list[int]]:
    """The sign and the face of each kink that meets a row, with its activation times q and its sign."""
    found, x = {}, [row[0] for row in base.rows]
    for at in sorted(set(x)):
        for u in (1, -1):
            away = [u * (v - at) for v in x]
            face = "".join("+" if v > 0 else "-" if v < 0 else "0" for v in away)
            if "+" in face:
                found.update({"+" + face: [max(v, 0) for v in away], "-" + face: [min(-v, 0) for v in away]})
    return found


def node_of(base: Any, spec: Any, width: int) -> Node:
    """Read a node."""
    kernel.fields(spec, "a node", "lambda denominator nu weights")
    lam, N = kernel.rational(spec["lambda"], "lambda"), kernel.denominator(spec["denominator"])
    kernel.usable(lam >= 0, "lambda is not negative")
    return Node(
        lam, N, *(kernel.integers(spec[k], k, size) for k, size in (("nu", base.n), ("weights", width)))
    )


def show(problem: Any, spec: Any) -> Segment:
    """Prove one segment."""
    base, need = problem.base, kernel.need
    plain = base.offset and base.d == 2 and not base.ridge
    kernel.usable(plain, "segments are about one feature and a free hidden bias")
    kernel.usable(len(base.basis) == len(base.free), "free columns are independent")
    kernel.fields(spec, "a segment", "faces nodes separator")
    kinks, used = kinks_of(base), kernel.items(spec["faces"], "faces")
    kernel.usable(
        all(type(face) is str and face in kinks for face in used), "a face is that of a kink on a row"
    )
    need(used == sorted(set(used)), "the faces are sorted, each once")
    nodes = [node_of(base, one, len(used)) for one in kernel.items(spec["nodes"], "nodes")]
    kernel.usable(len(nodes) > 1, "a segment has two nodes at least")
    need(all(a.lam < b.lam for a, b in zip(nodes, nodes[1:])), "the nodes are in increasing order")  # noqa: RUF007
    need(problem.low <= nodes[0].lam and nodes[-1].lam <= problem.high, "a segment lies between both ends")
    tight = set(kinks)
    for node in nodes:
        tight &= tight_at(base, kinks, node)
        show_fit(base, [kinks[face] for face in used], node)
    need(set(used) <= tight, "every listed neuron reaches lambda at all nodes")
    need(all(map(any, zip(*(node.weights for node in nodes)))), "every listed neuron has a weight at a node")
    show_unused(base, kinks, used, sorted(tight - set(used)), spec["separator"])
    rank = len(kernel.orthogonal([*base.basis, *(kinks[face] for face in used)])) - len(base.basis)
    first, last = nodes[0], nodes[-1]
    slope = [
        (Fraction(b, last.N) - Fraction(a, first.N)) / (last.lam - first.lam) for a, b in zip(first.m, last.m)
    ]
    norm = Fraction(sum(first.weights), first.N)
    return Segment(sorted(tight), used, len(used) - rank, moving(used), first.lam, last.lam, slope, norm)


def tight_at(base: Any, kinks: dict[str, list[int]], node: Node) -> set[str]:
    """nu is feasible at a node; the kinks that reach lambda there."""
    orthogonal = not any(kernel.dot(column, node.m) for column in base.free)
    kernel.need(orthogonal, "the residual is orthogonal to the free columns")
    level, values = node.lam * node.N * base.q, {face: kernel.dot(a, node.m) for face, a in kinks.items()}
    kernel.need(all(value <= level for value in values.values()), "no kink exceeds lambda")
    return {face for face, value in values.items() if value == level}


def show_fit(base: Any, columns: list[list[int]], node: Node) -> None:
    """The weights are those of a network with the residual nu."""
    kernel.need(all(w >= 0 for w in node.weights), "no weight is negative")
    fits = [kernel.dot(node.weights, values) for values in zip(*columns)] or [0] * base.n
    rest = [t * node.N * base.q - base.p * (v * base.q + f) for t, v, f in zip(base.targets, node.m, fits)]
    kernel.need(not any(kernel.reduced(rest, base.basis)), "the weights make up the fit")


def show_unused(base: Any, kinks: dict[str, list[int]], used: list[str], idle: list[str], spec: Any) -> None:
    """No optimal network uses a tight kink that is not listed."""
    p = [0] * base.n if spec is None else kernel.integers(spec, "a separator", base.n)
    none = not any(kernel.dot(column, p) for column in base.free)
    none = none and not any(kernel.dot(kinks[face], p) for face in used)
    kernel.need(
        none and all(kernel.dot(kinks[face], p) > 0 for face in idle), "what is not listed is not used"
    )


def moving(faces: list[str]) -> int:
    """How many kinks can move upwards, to the next one of their kind or beyond all rows."""
    below = {face.replace("0", "-") for face in faces}
    return sum(face.replace("0", "+") in below or "-" not in face[1:] for face in faces)
