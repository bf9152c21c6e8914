"""Data sets whose whole path over lambda tells something; the penalty that stands with each is one on the way."""

from __future__ import annotations

from polyrelu.examples.constructed import PLANE
from polyrelu.examples.example import Example, Expected, table

PATHS = (
    Example(
        "soft-thresholds",
        ("x", "y"),
        table("1 1; 2 3; -1 2"),
        "1",
        Expected(neurons=2, dimension=0, widths=(2, 2), one_function=True),
        "Three points on a line. The path is that of a lasso: the neuron on the right enters at lambda = 7 with the "
        "weight (7 - lambda)/5, the one on the left at 2 with 2 - lambda.",
        breakpoints=(("enter", "7"), ("enter", "2")),
    ),
    Example(
        "sliding",
        PLANE,
        table("1 0 22/25; 0 2 53/25; -4 3 -2/25"),
        "1/2",
        Expected(neurons=1, dimension=0, widths=(1, 1), one_function=True),
        "The only neuron turns as lambda falls, until at 1 it reaches the hyperplane of the third row. There it stays "
        "and slides, with a direction that no longer moves, and leaves it again at 17/90. In between, at 8/25, a "
        "second neuron enters.",
        breakpoints=(("enter", "2/5*sqrt(109)"), ("hit", "1"), ("enter", "8/25"), ("unstick", "17/90")),
    ),
    Example(
        "forced-jump",
        PLANE,
        table("1 0 6/5; 0 2 2; 4 -3 0"),
        "1/2",
        Expected(neurons=1, dimension=0, widths=(1, 1), one_function=True),
        "At lambda = 1 the neuron crosses the hyperplane of the third row, whose target and residual are 0. The "
        "network moves continuously, and yet every solution of the convex program jumps: the whole weight changes its "
        "activation pattern.",
        breakpoints=(("enter", "2/5*sqrt(109)"), ("cross", "1"), ("enter", "")),
    ),
    Example(
        "on-and-off",
        PLANE,
        table("-1 0 3; 5 9 1; -9 -7 -8; 6 9 -9; -5 -4 7; 7 -1 5; -4 6 6; -5 -2 1"),
        "5",
        Expected(neurons=4, dimension=0, widths=(4, 4), one_function=True),
        "Whether the network is unique is no question of small or large lambda. Here it is unique above 3.7026, is not "
        "between 3.6327 and 3.7026, is again down to 2.2584, and not below that: a pair of opposite neurons enters, "
        "leaves, and enters again.",
        breakpoints=(
            *(("enter", v) for v in ("25*sqrt(5)", "sqrt(1517)", "", "")),
            *((kind, "") for kind in ("pair_enter", "pair_leave", "pair_enter")),
        ),
    ),
)
