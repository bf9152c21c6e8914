"""Linear forms in the residual that are exactly zero, and values that are exactly lambda, shown without a field.

Let nu = W g + y_N as in `structure`, xi = (g, 1), and let Z be a rational matrix whose columns span a space that holds
xi. At first its orthogonal complement are the equations of the border and, where W is all of R^n, those of the space
that holds the fit. Neurons k and l of the structure are tight, so

    0 = |A_k nu|^2 - |A_l nu|^2 = zeta^T M zeta,   xi = Z zeta,   M rational and symmetric;

with lambda^2 times the square of the last coordinate in the place of the second term, too. Where M has rank 2 or less
and its form is a product of two rational linear forms, a ball that shows one factor not to be zero proves that the
other is: Z loses a dimension, and the next M may have a smaller rank.

Let e be r independent rational forms, and T_k -+ T_l = C e for some pairs, where T zeta = A nu. Each pair says that
e . (C^T (T_k +- T_l) zeta) = 0; where balls show r of these vectors to be independent, e is zero.

Under a symmetry of the data, or where rows agree up to their multipliers, nearly all equalities are found like this,
whatever the field of the optimum.

A form f.nu is then zero if it vanishes on the columns of Z, and a neuron is tight if its |A nu|^2 agrees on them with
that of a tight one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cached_property
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.budget import check
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, echelon, independent_rows, null_space, rank, times
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.rational import select_rows, square_root

if TYPE_CHECKING:
    from polyrelu.proof.enclosed_root import EnclosedRoot
    from polyrelu.proof.neuron import Neuron
    from polyrelu.proof.point import Point

BITS = 200
PROBES = 3
"""Random vectors that a matrix of rank 2 or less maps to dependent ones."""


class Vanishing:
    """What the equations of a structure imply about linear forms at its root."""

    def __init__(self, root: EnclosedRoot) -> None:
        self.structure = root.structure
        self._nu = root.balls(BITS).nu

    def is_zero(self, form: Sequence[fmpq]) -> bool:
        """Whether form . nu = 0 is implied."""
        return not any(self.on_zeta(fmpq_mat([list(form)])).entries())

    def is_tight(self, neuron: Neuron) -> bool:
        """Whether |A nu| = lambda is implied."""
        N = self.on_zeta(neuron.N)
        image = _image(N)
        return any(
            image == other and N.transpose() * N == T.transpose() * T for T, other in self._tight_on_zeta
        )

    @cached_property
    def rows(self) -> frozenset[int]:
        """Rows j with nu_j = 0, as far as is implied."""
        n = self.structure.program.n
        unit = fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
        return frozenset(j for j, row in enumerate(self.on_zeta(unit).tolist()) if not any(row))

    def on_zeta(self, matrix: fmpq_mat) -> fmpq_mat:
        """matrix * nu as a linear function of zeta."""
        rest = times(matrix, self.structure.y_rest)
        inside = self.structure.in_W(matrix).tolist()
        return fmpq_mat([[*row, last] for row, last in zip(inside, rest, strict=True)]) * self._Z

    @cached_property
    def _Z(self) -> fmpq_mat:
        structure = self.structure
        forms = [
            [*times(structure.in_W(fmpq_mat([row])).transpose(), [fmpq(1)]), fmpq(0)]
            for row in structure.relations.rows
        ]
        if structure.W is None:
            y = structure.program.yq
            forms += [[*v, -dot(v, y)] for v in null_space(structure.spans, structure.program.n)]
        Z = _columns(null_space(forms, structure.size + 1))
        while zero := self._zero_forms(Z):
            Z = Z * _columns(null_space(zero))
        return Z

    @cached_property
    def _tight_on_zeta(self) -> list[tuple[fmpq_mat, fmpq_mat]]:
        return [(T, _image(T)) for T in self._tight(self._Z)]

    def _tight(self, Z: fmpq_mat) -> list[fmpq_mat]:
        """Matrices T with |T zeta| = lambda: of the neurons of the structure, and lambda itself."""
        last = fmpq_mat([Z.tolist()[-1]])
        known = [
            fmpq_mat([[*row, fmpq(0)] for row in self.structure.in_W(k.N).tolist()])
            for k in self.structure.neurons
        ]
        return [*(T * Z for T in known), last * self.structure.program.lamq]

    def _zero_forms(self, Z: fmpq_mat) -> list[list[fmpq]]:
        """All factors of differences that are proved to be zero at zeta."""
        tight, found = self._tight(Z), list[list[fmpq]]()
        images = [_image(T) for T in tight]
        with precision(BITS):
            zeta = self._zeta(Z)
        for k, j in combinations(range(len(tight)), 2):
            check()
            if rank((images[k] - images[j]).tolist()) < PROBES:
                M = tight[k].transpose() * tight[k] - tight[j].transpose() * tight[j]
                found += _zero_factors(M, zeta)
        return found or _zero_differences(tight[:-1], zeta)

    def _zeta(self, Z: fmpq_mat) -> list[Any]:
        """zeta in balls."""
        xi = [*self.structure.exact_coordinates_of(self._nu), arb(1)]
        rows = independent_rows(Z)
        return times(fmpq_mat(select_rows(Z, rows)).inv(), [xi[j] for j in rows])


def _columns(vectors: Sequence[Sequence[fmpq]]) -> fmpq_mat:
    return fmpq_mat([list(v) for v in vectors]).transpose()


def _image(T: fmpq_mat) -> fmpq_mat:
    """T^T T times a few vectors, always the same."""
    pick = random.Random(T.ncols())
    entries = [fmpq(pick.randint(-1000, 1000)) for _ in range(T.ncols() * PROBES)]
    return T.transpose() * (T * fmpq_mat(T.ncols(), PROBES, entries))


def _zero_factors(M: fmpq_mat, zeta: Sequence[Any]) -> list[list[fmpq]]:
    """Linear forms that are zero at zeta because zeta^T M zeta is, for M of rank 1 or 2; balls tell two factors apart.

    With s and t two independent rows of M at zeta the form is (s, t) C^-1 (s, t), C the minor of M in these rows.
    """
    table, rows = M.tolist(), independent_rows(M)
    if len(rows) == 1:
        return [table[rows[0]]]  # a square
    if len(rows) != 2:
        return []
    (i, j), (s, t) = rows, (table[r] for r in rows)
    (a, b), (_, c) = fmpq_mat([[table[i][i], table[i][j]], [table[i][j], table[j][j]]]).inv().tolist()
    if b * b < a * c:
        return [s, t]  # a definite form is zero at zero only
    root = square_root(b * b - a * c)
    if root is None:
        return []
    slopes = [(fmpq(0), fmpq(1)), (2 * b, c)] if a == 0 else [(a, b - root), (a, b + root)]
    factors = [[x * v + z * w for v, w in zip(s, t, strict=True)] for x, z in slopes]
    with precision(BITS):
        open_ = [(arb(0) + dot(form, zeta)).contains(0) for form in factors]
    return [form for form, other in zip(factors, reversed(open_), strict=True) if not other]


def _zero_differences(tight: Sequence[fmpq_mat], zeta: Sequence[Any]) -> list[list[fmpq]]:
    """Forms that span differences (or sums) of two T, and are zero because enough pairs agree in length."""
    spans: dict[tuple[tuple[fmpq, ...], ...], list[list[Any]]] = {}
    for (one, other), sign in product(combinations(tight, 2), (1, -1)):
        check()
        D = one - other * sign
        span = echelon(D.tolist())
        if span.rows:
            C = fmpq_mat([[row[j] for j in span.pivot_columns] for row in D.tolist()])
            with precision(BITS):
                across = times(C.transpose() * (one + other * sign), zeta)
            spans.setdefault(tuple(map(tuple, span.rows)), []).append(across)
    with precision(BITS):
        return [
            list(form)
            for forms, vectors in spans.items()
            if len(vectors) >= len(forms) == len(nonzero_minor(arb_mat(vectors))[0])
            for form in forms
        ]


def idle(point: Point, neurons: Sequence[Neuron]) -> set[int]:
    """Tight neurons without weight in all optima: the fit is 0 on a row where those that act have one strict sign."""
    nu, found = point.balls(BITS).nu, set[int]()
    for j in point.vanishing.rows:
        if point.structure.program.yq[j] != 0:
            continue
        acting = [
            k for k, neuron in enumerate(neurons) if any(v != 0 for v in neuron.N.transpose().tolist()[j])
        ]
        with precision(BITS):
            values = [neurons[k].activation(nu)[j] for k in acting]
        if all(bool(v > 0) for v in values) or all(bool(v < 0) for v in values):
            found.update(acting)
    return found
