"""The tables of `bench_covering`: standardised and rounded to three decimals, real ones with a column of ones."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from polyrelu.data.problem import Problem

DATA = Path(__file__).with_name("data")


class Table(NamedTuple):
    """What is asked of a table: a share of lambda_max for each run, and the seconds that are the goal."""

    make: Callable[[], tuple]
    goals: dict[str, float]
    gap: Fraction | None = None
    """Bounds to this gap instead of a proof."""

    def problem(self) -> Problem:
        X, y = self.make()
        rows, targets = (np.round(1000 * np.asarray(v, float)).astype(int) for v in (X, y))
        return Problem.of(
            [[Fraction(int(v), 1000) for v in row] for row in rows],
            [Fraction(int(v), 1000) for v in targets],
            1,
        )


def standardised(X):
    X = np.asarray(X, float)
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)


def with_ones(X):
    return np.hstack([standardised(X), np.ones((len(X), 1))])


def random_targets(n, d):
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


def teacher(n, d):
    """Three hidden neurons with weights +-1, and noise of a tenth."""
    rng = np.random.default_rng(0)
    X, W, v = rng.standard_normal((n, d)), rng.choice([-1, 1], (3, d)), rng.choice([-1, 1], 3)
    return X, np.maximum(X @ W.T, 0) @ v + 0.1 * rng.standard_normal(n)


def iris(species):
    from sklearn.datasets import load_iris

    X, c = load_iris(return_X_y=True)
    return with_ones(X), np.where(c == species, 1, -1)


def diabetes():
    from sklearn.datasets import load_diabetes

    X, t = load_diabetes(return_X_y=True)
    return with_ones(X[:, :5]), standardised(t[:, None])[:, 0]


def breast_cancer():
    from sklearn.datasets import load_breast_cancer

    X, t = load_breast_cancer(return_X_y=True)
    return with_ones(X[:, :6]), 2 * t - 1


def from_file(name):
    table = np.genfromtxt(DATA / f"{name}.csv", delimiter=",")
    return with_ones(table[:, :-1]), np.where(table[:, -1] == table[:, -1].min(), -1, 1)


TABLES = {
    "random-60x4": Table(lambda: random_targets(60, 4), {"1/10": 1}),
    "random-200x3": Table(lambda: random_targets(200, 3), {"1/10": 1}),
    "teacher-300x4": Table(lambda: teacher(300, 4), {"1/10": 5}),
    "teacher-1000x5": Table(lambda: teacher(1000, 5), {"1/10": 30}),
    "iris-0": Table(lambda: iris(0), {"1/10": 5}),
    "iris-1": Table(lambda: iris(1), {"1/10": 5}),
    "iris-2": Table(lambda: iris(2), {"1/10": 5}),
    "diabetes-5": Table(diabetes, {"1/10": 60}),
    "blood": Table(lambda: from_file("blood"), {"1/2": 30, "1/10": 120}),
    "breast-cancer-6": Table(breast_cancer, {"1/2": 60}),
    "pima": Table(lambda: from_file("pima"), {"1/2": 600}, Fraction(1, 1000)),
    "random-20x6": Table(lambda: random_targets(20, 6), {"1/10": 8, "1/100": 8}),
    "random-100x3": Table(lambda: random_targets(100, 3), {"1/100": 60, "1/1000": 60, "1/10000": 60}),
    "random-30x4": Table(lambda: random_targets(30, 4), {"1/100": 60, "1/1000": 60}),
}
