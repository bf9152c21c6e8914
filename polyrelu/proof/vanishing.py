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

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from flint import arb, fmpq, fmpq_mat

from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, independent_rows, null_space, times
from polyrelu.exact.rational import select_rows
from polyrelu.proof.enclosed_root import EnclosedRoot
from polyrelu.proof.identities import BITS, Step, image, independent_pairs, steps_at
from polyrelu.proof.neuron import Neuron


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
        own = image(N)
        return any(
            own == other and N.transpose() * N == T.transpose() * T for T, other in self._tight_on_zeta
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

    @property
    def _Z(self) -> fmpq_mat:
        return self.steps[-1][0]

    @cached_property
    def steps(self) -> list[tuple[fmpq_mat, list[Step]]]:
        """Every Z, with the steps that cut it; none at the last one."""
        structure = self.structure
        forms = [
            [*times(structure.in_W(fmpq_mat([row])).transpose(), [fmpq(1)]), fmpq(0)]
            for row in structure.relations.rows
        ]
        if structure.W is None:
            y = structure.program.yq
            forms += [[*v, -dot(v, y)] for v in null_space(structure.spans, structure.program.n)]
        Z, found = _columns(null_space(forms, structure.size + 1)), list[tuple[fmpq_mat, list[Step]]]()
        while steps := steps_at(self._tight(Z), self._zeta(Z)):
            found.append((Z, steps))
            Z = Z * _columns(null_space([form for step in steps for form in step.forms]))
        return [*found, (Z, [])]

    @cached_property
    def _tight_on_zeta(self) -> list[tuple[fmpq_mat, fmpq_mat]]:
        return [(T, image(T)) for T in self._tight(self._Z)]

    def _tight(self, Z: fmpq_mat) -> list[fmpq_mat]:
        """Matrices T with |T zeta| = lambda: of the neurons of the structure, and lambda itself."""
        last = fmpq_mat([Z.tolist()[-1]])
        known = [
            fmpq_mat([[*row, fmpq(0)] for row in self.structure.in_W(k.N).tolist()])
            for k in self.structure.neurons
        ]
        return [*(T * Z for T in known), last * self.structure.program.lamq]

    def _zeta(self, Z: fmpq_mat) -> list[Any]:
        """zeta in balls."""
        with precision(BITS):
            return times(self._from_nu(Z), [*self._nu, arb(1)])

    def _from_nu(self, Z: fmpq_mat) -> fmpq_mat:
        """zeta as a function of (nu, 1)."""
        rows = independent_rows(Z)
        return fmpq_mat(select_rows(Z, rows)).inv() * fmpq_mat(select_rows(self._xi, rows))

    @cached_property
    def _xi(self) -> fmpq_mat:
        """xi = (g, 1) as a function of (nu, 1)."""
        n, rest = self.structure.program.n, self.structure.y_rest
        if self.structure.W is None:
            return fmpq_mat(n + 1, n + 1, [fmpq(int(i == j)) for i in range(n + 1) for j in range(n + 1)])
        rows, inverse = self.structure.reading
        found = fmpq_mat(len(rows) + 1, n + 1)
        away = inverse * fmpq_mat(len(rows), 1, [rest[j] for j in rows])
        for k in range(len(rows)):
            found[k, n] = -away[k, 0]
            for i, j in enumerate(rows):
                found[k, j] = inverse[k, i]
        found[len(rows), n] = fmpq(1)
        return found

    @property
    def told(self) -> list[Step]:
        """The steps with forms in (nu, 1), and no more pairs than are needed, for a proof file."""
        found = []
        for Z, steps in self.steps:
            back = self._from_nu(Z)
            zeta = self._zeta(Z)
            for forms, pairs in steps:
                others = [
                    (k, j, (fmpq_mat(rows) * back).tolist())
                    for k, j, rows in (pairs[p] for p in independent_pairs(pairs, zeta))
                ]
                found.append(Step((fmpq_mat(forms) * back).tolist(), others))
        return found


def _columns(vectors: Sequence[Sequence[fmpq]]) -> fmpq_mat:
    return fmpq_mat([list(v) for v in vectors]).transpose()
