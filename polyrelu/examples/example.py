"""What an example is: exact data, a penalty, a story, and what is proved about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from polyrelu.data.problem import Problem


@dataclass(frozen=True)
class Expected:
    """What `certify` proves: how many neurons optimal networks use, and the size of the set of these networks."""

    neurons: int
    dimension: int
    widths: tuple[int, int]
    one_function: bool

    @property
    def one_network(self) -> bool:
        """Whether the optimal network is unique up to permutation and splitting."""
        return self.dimension == 0


@dataclass(frozen=True)
class Example:
    """Data written exactly as it is meant: numbers as text, the target last in each row."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lam: str
    expected: Expected
    story: str
    bias: bool = False
    source: str = ""
    breakpoints: tuple[tuple[str, str], ...] = ()
    """The first ones that `path` proves as lambda falls: what happens, and the exact lambda if it is short."""

    def problem(self) -> Problem:
        """The data with its penalty, ready for `certify`."""
        X = [row[:-1] for row in self.rows]
        problem = Problem.of(X, [row[-1] for row in self.rows], self.lam)
        problem = replace(problem, features=self.columns[:-1], target=self.columns[-1])
        return problem.with_bias() if self.bias else problem

    def csv(self) -> str:
        """The data as a CSV file with a header; the last column is the target."""
        return "\n".join(",".join(row) for row in (self.columns, *self.rows)) + "\n"

    @property
    def options(self) -> str:
        """What to add to `polyrelu certify FILE.csv`."""
        return f"--lam {self.lam}{' --bias' if self.bias else ''}"

    @property
    def size(self) -> str:
        """Rows and features in words, for instance `4 x 2` or `4 x 2 + bias`."""
        return f"{len(self.rows)} x {len(self.columns) - 1}{' + bias' if self.bias else ''}"

    @property
    def verdict(self) -> str:
        """The verdict in a few words."""
        if self.expected.neurons == 0:
            return "only the zero network"
        if self.expected.one_network:
            return "one optimal network"
        if self.expected.one_function:
            return "many optimal networks, one function"
        return "different optimal functions"


def table(text: str) -> tuple[tuple[str, ...], ...]:
    """Rows of numbers as they stand in the text.

    >>> table("1 2/3; 0.5 4")
    (('1', '2/3'), ('0.5', '4'))
    """
    return tuple(tuple(row.split()) for row in text.split(";"))
