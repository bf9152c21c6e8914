"""Symmetries of a table: neurons that are images of each other have one weight, and enter, move and leave together.

Let T be an isometry of the row space that maps the rows, with their targets times eps = 1 or -1, onto themselves:
T x_i = x_j and eps y_i = y_j for j = sigma(i). It maps optimal networks to optimal ones, so the optimal residual, being
unique, has nu_j = eps nu_i for EVERY lambda, and a tight neuron (s, u) has the tight image (eps s, T u).

So nu lies in the space of such vectors, whatever lambda, and one neuron of each orbit with the total weight b of the
orbit makes the square system: for such nu, the mean of Q_k nu over the orbit is the mean of any one of them over the
group. Restricted to that space a form may vanish, or activations may depend on each other, that do not elsewhere.

With free columns targets count modulo these, and a symmetry has to map their span onto itself. If all features are
free, X^T nu = 0, so that f(-u) = f(u): then u and -u are tight together, with one activation, and an orbit holds both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from flint import fmpq, fmpq_mat

from polyrelu.exact.lattice import row_lattice
from polyrelu.exact.linear import dot, independent_rows, solve, times, transposed
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

MOST, TRIED = 400, 20_000
"""Symmetries that are kept, and partial maps that are looked at: fewer symmetries are no mistake."""

Move = tuple[int, tuple[int, ...]]
"""eps and sigma; zero rows stay where they are."""


@dataclass(frozen=True, eq=False)
class Symmetry:
    """Some symmetries of a program, and what they generate."""

    program: Program
    moves: tuple[Move, ...]
    mirrored: bool = False
    """Whether -u belongs to the orbit of u."""

    def __getstate__(self) -> dict[str, object]:
        """For pickling: a cache does not travel."""
        return {"program": self.program, "moves": self.moves, "mirrored": self.mirrored}

    @property
    def is_trivial(self) -> bool:
        """Whether there is nothing but the identity."""
        return not self.moves

    @cached_property
    def orbit(self) -> Any:
        """The images of some places together, each once, themselves first."""
        return lru_cache(maxsize=None)(self._orbit)

    def _orbit(self, *places: Place) -> tuple[tuple[Place, ...], ...]:
        found, waiting = {places: None}, [places]
        while waiting:
            here = waiting.pop()
            images = [tuple(image(move, p) for p in here) for move in self.moves]
            for there in (*images, *([tuple(map(opposite, here))] if self.mirrored else [])):
                if there not in found:
                    found[there] = None
                    waiting.append(there)
        return tuple(found)

    def images(self, place: Place) -> tuple[Place, ...]:
        """The orbit of one place, itself first."""
        return tuple(p for (p,) in self.orbit(place))

    @cached_property
    def mean(self) -> fmpq_mat:
        """The projection onto the vectors with nu_sigma(i) = eps nu_i."""
        n = self.program.n
        table = [[fmpq(0)] * n for _ in range(n)]
        for signs in self._classes():
            if all(len(s) == 1 for s in signs.values()):
                for i in signs:
                    for j in signs:
                        table[i][j] = fmpq(next(iter(signs[i])) * next(iter(signs[j])), len(signs))
        return fmpq_mat(table)

    def _classes(self) -> Iterator[dict[int, set[int]]]:
        """The orbits of rows, each row with its signs relative to the first."""
        seen = set[int]()
        for start in range(self.program.n):
            if start in seen:
                continue
            signs = defaultdict[int, set[int]](set)
            signs[start].add(1)
            waiting = [(start, 1)]
            while waiting:
                i, sign = waiting.pop()
                for eps, sigma in self.moves:
                    j = sigma[i]
                    there = sign * (eps if self.program.nonzero_rows[i] else 1)
                    if there not in signs[j]:
                        signs[j].add(there)
                        waiting.append((j, there))
            seen |= set(signs)
            yield dict(signs)

    def averaged(self, vector: Sequence[Any]) -> list[Any]:
        """The mean of a vector over the group."""
        return list(vector) if self.is_trivial else times(self.mean, vector)

    def averaged_vectors(self, vectors: fmpq_mat) -> fmpq_mat:
        """A basis of the means of some vectors v of the row space: the w there with X w = mean X v.

        The mean is a projection of the row space, orthogonal since the T are isometries. Where nu has the symmetries,
        X^T nu is its own mean: it is orthogonal to v if it is to w.
        """
        if not vectors.ncols():
            return vectors
        X, d = self.program.Xq, self.program.d
        R = fmpq_mat(row_lattice(X.tolist(), d)).transpose()
        G = X * R
        means = R * (G.transpose() * G).solve(G.transpose() * (self.mean * (X * vectors)))
        return fmpq_mat(row_lattice(means.transpose().tolist(), d)).transpose()


def image(move: Move, place: Place) -> Place:
    """Where a symmetry takes a neuron."""
    eps, sigma = move
    face = [0] * len(sigma)
    for i, j in enumerate(sigma):
        face[j] = place.face[i]
    return Place(eps * place.sign, tuple(face))


def opposite(place: Place) -> Place:
    """The same sign on the opposite face."""
    return Place(place.sign, tuple(-side for side in place.face))


def symmetry_of(program: Program) -> Symmetry:
    """The symmetries of a table with its targets: maps of a basis of rows that keep all products and fit the rest."""
    if program.listed is not None or program.offset:
        return Symmetry(program, ())
    found = list(_Search(program).moves())
    identity = (1, tuple(range(program.n)))
    moves = tuple(m for m in found if m != identity and _keeps_what_is_free(program, m))
    return Symmetry(program, moves, mirrored=bool(moves) and program.is_mirrored)


def _keeps_what_is_free(program: Program, move: Move) -> bool:
    """Whether the span of the free columns is mapped onto itself, and a ridge onto itself or its negative."""
    free = program.free
    if any(any(free.modulo(_mapped(program, move, column))) for column in free.B.transpose().tolist()):
        return False
    moved = _mapped(program, move, free.r)
    return any(not any(free.modulo([u - s * v for u, v in zip(moved, free.r, strict=True)])) for s in (1, -1))


def _mapped(program: Program, move: Move, column: Sequence[fmpq]) -> list[fmpq]:
    """A vector over the rows, moved with them (zero rows stay where they are)."""
    (eps, sigma), moved = move, [fmpq(0)] * program.n
    for i, j in enumerate(sigma):
        moved[j] = column[i] * (eps if program.nonzero_rows[i] else 1)
    return moved


class _Search:
    """Maps of a basis of rows to other rows."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rows = [tuple(row) for row in program.Xq.tolist()]
        self.nonzero = [i for i in range(program.n) if program.nonzero_rows[i]]
        self.members = defaultdict[tuple[Any, Any], list[int]](list)
        target = program.free.modulo(program.yq)
        for i in self.nonzero:
            self.members[self.rows[i], target[i]].append(i)
        self.points = list(dict.fromkeys(self.rows[i] for i in self.nonzero))
        self.basis = (
            [self.points[k] for k in independent_rows([list(p) for p in self.points])] if self.points else []
        )
        columns = transposed([list(b) for b in self.basis]) if self.basis else []
        self.coordinates = {p: solve(columns, list(p)) for p in self.points}
        self.tried = 0

    def moves(self) -> Iterator[Move]:
        """All symmetries, up to a limit."""
        count = 0
        for images in self._images([]):
            for eps in (1, -1):
                sigma = self._fits(images, eps)
                if sigma is not None:
                    count += 1
                    yield eps, sigma
            if count >= MOST:
                return

    def _images(self, so_far: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
        k = len(so_far)
        if k == len(self.basis):
            yield so_far
            return
        for p in self.points:
            self.tried += 1
            if self.tried > TRIED:
                return
            there = [*so_far, p]
            if all(dot(a, p) == dot(b, self.basis[k]) for a, b in zip(there, self.basis, strict=False)):
                yield from self._images(there)

    def _fits(self, images: list[tuple[Any, ...]], eps: int) -> tuple[int, ...] | None:
        """The permutation, if rows and targets are mapped onto rows and targets as often as they occur."""
        sigma, columns = list(range(self.program.n)), transposed([list(p) for p in images])
        moved = {p: tuple(times(columns, c)) for p, c in self.coordinates.items() if c is not None}
        for (p, y), members in self.members.items():
            others = self.members.get((moved[p], y * eps), [])
            if len(others) != len(members):
                return None
            for i, j in zip(members, others, strict=True):
                sigma[i] = j
        return tuple(sigma)
