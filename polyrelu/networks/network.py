"""Two-layer ReLU networks x -> sum_i (theta_i . x)_+ phi_i, and points of the optimal set as networks.

A network may have free coefficients as well: c, with values of free functions (a constant, inputs, columns of the
table) it adds c . values. With a free hidden bias (`offset`) the last coordinate of theta has no part in any norm.

A unit (theta, phi) has the *convex weight* w = theta |phi| and the sign s = sign(phi); it computes s (w . x)_+. Every
(c theta, phi / c) with c > 0 is the same function. The penalty (|theta|^2 + phi^2) / 2 is least, and then is |w|,
where |theta| = |phi|: the *balanced* unit theta = w / sqrt |w|, phi = s sqrt |w|. Units whose convex weights are
positive multiples of each other, with equal signs, are *splits* of one unit, whose weight is the sum of theirs. So
the merged list of all (w, s) is the network modulo scaling, permutation and splitting.

A *gated* unit has a fixed gate g and computes 1[g . x >= 0] (theta . x) phi; its sign can be moved into theta.

Coordinates are exact (rationals, sums of square roots, elements of one number field) or balls; floats are read as the
binary numbers they are. Whatever is computed from exact coordinates is exact unless it is a ball.

>>> network = Network.of([[3, 4], [6, 8], [0, 1]], [1, "1/2", 0])
>>> network.evaluate([[1, 1]]), network.merged().units
([14], (Unit(theta=(6, 8), phi=1, gate=None),))
>>> network.merged().balanced_penalty(), network.penalty()
(10, 509/8)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from polyrelu.data.numbers import Floats
from polyrelu.display import Shown
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot, products
from polyrelu.exact.rational import is_rational, to_fmpq
from polyrelu.exact.vectors import common_field, primitive
from polyrelu.networks import READERS
from polyrelu.networks.coordinates import BITS, enclosed, is_exact, read, rounded, sign_of
from polyrelu.networks.matching import Matching
from polyrelu.networks.unit import Unit, Vector

Floats64 = NDArray[np.float64]


@dataclass(frozen=True)
class Affine:
    """The free functions of a network that no problem came with: inputs, named columns; the constant is last."""

    skip: int = 0
    """How many inputs have a linear term: all of them (without the bias), or none."""
    columns: tuple[str, ...] = ()

    def __call__(self, inputs: Sequence[Any], columns: Sequence[Any]) -> tuple[Any, ...]:
        """Their values at a row, without the constant."""
        return (*inputs[: self.skip], *columns)


@dataclass(frozen=True, repr=False)
class Network(Shown):
    """A two-layer network; a hidden bias is the weight of a last input, which is 1."""

    units: tuple[Unit, ...]
    d: int
    coefficients: tuple[Any, ...] = ()
    """Those of the free functions, then that of a ridge output bias: see `Problem.free_names`."""
    free_at: Any = None
    """From (inputs, columns), a row as the units see it and its free columns, to the values of the free functions."""
    offset: bool = False
    biased: bool = field(default=False, compare=False)
    """Whether the last input is known to be the 1 of a hidden bias: rows may then be given without it."""
    matching: Matching | None = field(default=None, compare=False)
    """The problem that it was trained for, as far as what it was read from tells."""

    @classmethod
    def of(
        cls,
        theta: Any,
        phi: Any = None,
        *,
        bias: Any = None,
        output_bias: Any = None,
        skip: Any = None,
        gates: Any = None,
        d: int | None = None,
        floats: Floats = "exact",
    ) -> Network:
        """From m weight vectors of length d and m outgoing weights (and m gates); `d` is needed only for m = 0.

        `bias` are m hidden biases, which become the weights of a last input, `output_bias` is added to the output, and
        `skip` are the coefficients of a linear term. `Network.of(fitted)` reads what another library has fitted:
        scikit-learn's MLPRegressor, a torch module or its state dict, pyscnn's models, or a file of weights.
        """
        if phi is None:
            found: Network = import_module(READERS[-1]).network_from(theta)
            return found
        return cls._plain(theta, phi, gates, d, floats)._with(bias, output_bias, skip, floats)

    def _with(self, bias: Any, output_bias: Any, skip: Any, floats: Floats) -> Network:
        """With hidden biases, an output bias and a linear term, where they are given."""
        found = self
        if bias is not None:
            biases = _read(np.ravel(bias).tolist() if isinstance(bias, np.ndarray) else bias, floats)
            if len(biases) != self.width or self.is_gated:
                raise BadInput(
                    f"{len(biases)} hidden biases for {self.width} units without gates; give one per unit"
                )
            units = tuple(Unit((*u.theta, b), u.phi) for u, b in zip(self.units, biases, strict=True))
            found = replace(self, units=units, d=self.d + 1, biased=True)
        if output_bias is None and skip is None:
            return found
        slope = (
            []
            if skip is None
            else _read(np.ravel(skip).tolist() if isinstance(skip, np.ndarray) else skip, floats)
        )
        if len(slope) not in (0, self.d):
            raise BadInput(
                f"the linear term has {len(slope)} coefficients for {self.d} inputs; give one for each"
            )
        constant = fmpq(0) if output_bias is None else read(output_bias, floats)
        return replace(found, coefficients=(*slope, constant), free_at=Affine(len(slope)))

    @classmethod
    def _plain(cls, theta: Any, phi: Any, gates: Any, d: int | None, floats: Floats) -> Network:
        vectors = [tuple(read(v, floats) for v in row) for row in theta]
        outgoing = (
            [read(v, floats) for v in np.ravel(phi)] if isinstance(phi, np.ndarray) else _read(phi, floats)
        )
        gating = [None] * len(vectors) if gates is None else [tuple(_read(g, floats)) for g in gates]
        width = len(vectors[0]) if vectors else (d or 0)
        if len({len(outgoing), len(vectors), len(gating)}) > 1:
            raise BadInput(
                f"{len(vectors)} weight vectors, {len(outgoing)} outgoing weights and {len(gating)} gates; "
                "give one of each per unit"
            )
        if any(len(v) != width for v in (*vectors, *(g for g in gating if g is not None))):
            raise BadInput(f"the weight vectors (and gates) must all have length {width}")
        units = tuple(Unit(t, p, g) for t, p, g in zip(vectors, outgoing, gating, strict=True))
        return cls(units, width)

    @classmethod
    def from_neurons(cls, directions: Any, signs: Sequence[int], norms: Sequence[Any]) -> Network:
        """From unit directions u_k, signs s_k and weights |w_k|: theta = u, phi = s |w|, exact but not balanced."""
        with precision(BITS):
            phi = [read(size) * s for size, s in zip(norms, signs, strict=True)]
        return cls.of(directions, phi, d=len(directions[0]) if len(directions) else 0)

    @property
    def width(self) -> int:
        """Number of units, zero ones included."""
        return len(self.units)

    @property
    def is_exact(self) -> bool:
        """Whether no coordinate is a ball."""
        return is_exact(v for unit in self.units for v in unit.coordinates)

    @property
    def is_gated(self) -> bool:
        """Whether the units have gates."""
        return any(unit.gate is not None for unit in self.units)

    def evaluate(self, inputs: Any, columns: Any = (), *, floats: Floats = "decimal") -> list[Any]:
        """The outputs at rows of exact numbers, exactly (balls stay balls); `columns`: the free columns of each row."""
        rows = [self._row([read(v, floats) for v in row]) for row in inputs]
        given = [[read(v, floats) for v in row] for row in columns] or [[]] * len(rows)
        if any(len(row) != self.d for row in rows):
            raise BadInput(f"inputs of length {self.d} are expected (with the bias column, if there is one)")
        with precision(BITS):
            fit = self.fit(rows, products(rows, [unit.theta for unit in self.units]))
            return [v + self.linear(row, more) for v, row, more in zip(fit, rows, given, strict=True)]

    def _row(self, row: list[Any]) -> list[Any]:
        """A row of inputs with its 1 for the hidden bias."""
        return [*row, fmpq(1)] if self.biased and len(row) == self.d - 1 else row

    def linear(self, row: Sequence[Any], columns: Sequence[Any]) -> Any:
        """What the free functions contribute at a row."""
        if not self.coefficients:
            return fmpq(0)
        known = self.free_at if isinstance(self.free_at, Affine) else self.free_at.__self__.setting
        if len(columns) != (own := len(known.columns)):
            raise BadInput(f"{len(columns)} free columns were given for a row; the network has {own}")
        values = [to_fmpq(v) if is_rational(v) else v for v in self.free_at(row, columns)]
        values += [fmpq(1)] * (len(self.coefficients) - len(values))
        return dot(values, self.coefficients)

    def fit(self, rows: Sequence[Sequence[Any]], before: Sequence[Sequence[Any]]) -> list[Any]:
        """The outputs at exact rows from `before`, the inner products x . theta_i of each row with every unit."""
        return [
            dot(
                [u.activation(x, v) for u, v in zip(self.units, line, strict=True)],
                [u.phi for u in self.units],
            )
            for x, line in zip(rows, before, strict=True)
        ]

    def predict(self, X: Any) -> Floats64:
        """The outputs at rows of floats, in floats."""
        if self.coefficients and not isinstance(self.free_at, Affine):
            return np.array([rounded(v) for v in self.evaluate(np.asarray(X, dtype=np.float64).tolist())])
        X, (W1, W2) = np.asarray(X, dtype=np.float64), replace(self, coefficients=()).arrays()
        if self.biased and X.ndim == 2 and X.shape[1] == self.d - 1:
            X = np.column_stack([X, np.ones(len(X))])
        if X.ndim != 2 or X.shape[1] != self.d:
            raise BadInput(f"rows of length {self.d} are expected (with the bias column, if there is one)")
        hidden, c = X @ W1.T, np.array([rounded(v) for v in self.coefficients] or [0.0])
        if self.is_gated:
            return np.asarray((hidden * (X @ self.gate_array().T >= 0)) @ W2[0])
        return np.asarray(np.maximum(hidden, 0) @ W2[0] + X[:, : len(c) - 1] @ c[:-1] + c[-1])

    def arrays(self) -> tuple[Floats64, Floats64]:
        """(W1, W2) of shapes (m, d) and (1, m), rounded to floats."""
        if self.coefficients:
            raise BadInput(
                "two weight matrices do not hold the free coefficients of this network; use its units"
            )
        W1 = np.array([[rounded(v) for v in unit.theta] for unit in self.units]).reshape(self.width, self.d)
        return W1, np.array([[rounded(unit.phi) for unit in self.units]]).reshape(1, self.width)

    def gate_array(self) -> Floats64:
        """The gates, of shape (m, d)."""
        gates = [[rounded(v) for v in unit.gate or ()] for unit in self.units]
        return np.array(gates).reshape(self.width, self.d)

    def penalty(self) -> Any:
        """1/2 sum (|theta|^2 + phi^2), as given."""
        with precision(BITS):
            return sum((v * v for u in self.normed for v in u.coordinates), start=fmpq(0)) / 2

    @property
    def normed(self) -> tuple[Unit, ...]:
        """The units without what has no part in a norm."""
        return tuple(Unit(u.theta[:-1], u.phi, u.gate) for u in self.units) if self.offset else self.units

    def balanced_penalty(self) -> Any:
        """sum |theta| |phi|: the least penalty of the same units, scaled. Exact where it can be, else a ball."""
        with precision(BITS):
            sizes = [unit.size() for unit in self.normed]
            if not is_exact(sizes):
                sizes = [enclosed(size) for size in sizes]
            return sum(sizes, start=fmpq(0))

    def balanced(self, bits: int = BITS) -> Network:
        """Every unit scaled to |theta| = |phi|: the same function, with least penalty."""
        with precision(bits):
            return replace(self, units=tuple(unit.balanced(self.d - self.offset) for unit in self.units))

    def is_balanced(self) -> bool:
        """Whether |theta| = |phi| for every unit, exactly; `Undecided` for balls that cannot tell."""
        with precision(BITS):
            return all(
                sign_of(dot(u.theta, u.theta) - u.phi * u.phi, "|theta|^2 - phi^2") == 0 for u in self.normed
            )

    def merged(self) -> Network:
        """One unit theta = w, phi = s per distinct neuron, in a fixed order: equal for equivalent networks."""
        groups: dict[Any, list[Vector]] = {}
        for unit, weight, ray in self._rays():
            groups.setdefault((unit.sign, ray, primitive(unit.gate or ())), []).append(weight)
        merged = [
            Unit(
                tuple(sum(column[1:], start=column[0]) for column in zip(*weights, strict=True)),
                fmpq(s),
                gate or None,
            )
            for (s, _, gate), weights in groups.items()
        ]
        return replace(self, units=tuple(sorted(merged, key=lambda u: (-u.phi, u.gate or (), u.theta))))

    def equivalent(self, other: Network) -> bool:
        """Equal up to scaling, permutation and splitting of units."""
        same = (self.d, self.offset, self.coefficients) == (other.d, other.offset, other.coefficients)
        return same and self.merged().units == other.merged().units

    def _rays(self) -> Iterator[tuple[Unit, Vector, Vector]]:
        """Units that are not zero, their convex weights, and the canonical multiple of these."""
        if not self.is_exact:
            raise Undecided(
                "units known only as balls cannot be told to be multiples of each other; use exact ones"
            )
        units = [unit for unit in self.units if not unit.is_zero]
        weights = common_field([unit.convex_weight for unit in units])
        for unit, weight in zip(units, weights, strict=True):
            yield unit, tuple(to_fmpq(v) if is_rational(v) else v for v in weight), primitive(weight)


def _read(values: Any, floats: Floats) -> list[Any]:
    return [read(v, floats) for v in values]
