"""Data sets made to show one thing each."""

from __future__ import annotations

from polyrelu.examples.example import Example, Expected, table

PLANE = ("x1", "x2", "y")
SPACE = ("x1", "x2", "x3", "y")

CONSTRUCTED = (
    Example(
        "xor",
        PLANE,
        table("1 1 1; -1 -1 1; 1 -1 -1; -1 1 -1"),
        "1/10",
        Expected(neurons=4, dimension=0, widths=(4, 4), one_function=True),
        "XOR with inputs +1 and -1. For every lambda below the square root of 2 the optimal network has four "
        "neurons, each active on one row alone, and it is unique. Its numbers are rational multiples of the "
        "square root of 2.",
    ),
    Example(
        "xor-bias",
        PLANE,
        table("0 0 0; 0 1 1; 1 0 1; 1 1 0"),
        "1/10",
        Expected(neurons=3, dimension=0, widths=(3, 3), one_function=True),
        "XOR as it stands in textbooks, with inputs 0 and 1 and a bias column. Three neurons now do what took "
        "four, and the network is still unique.",
        bias=True,
    ),
    Example(
        "parity",
        SPACE,
        table(
            "1 1 1 1; 1 1 -1 -1; 1 -1 1 -1; 1 -1 -1 1; -1 1 1 -1; -1 1 -1 1; -1 -1 1 1; -1 -1 -1 -1",
        ),
        "1/10",
        Expected(neurons=0, dimension=0, widths=(0, 0), one_function=True),
        "The product of three signs. Without a bias a two-layer network learns nothing of it: no neuron "
        "correlates with the target, so for every lambda > 0 the zero network is the only optimum.",
    ),
    Example(
        "pythagorean",
        PLANE,
        table("3 4 3; -4 -3 4; 5 -12 -2"),
        "1",
        Expected(neurons=3, dimension=0, widths=(3, 3), one_function=True),
        "Rows of whole length (3, 4, 5 and 5, 12, 13), placed so that the whole solution is rational: residual, "
        "weights and objective are fractions.",
    ),
    Example(
        "pentagon",
        PLANE,
        table("2 0 1; 1 2 1; -2 1 1; -2 -1 1; 1 -2 1"),
        "1/10",
        Expected(neurons=6, dimension=1, widths=(4, 4), one_function=True),
        "Five points around the origin with the same target. There are infinitely many optimal networks, yet all "
        "of them are one function: weight moves between a neuron and its antipode, and the linear functions "
        "that this adds cancel at every input.",
    ),
    Example(
        "heptagon",
        PLANE,
        table("2 0 1; 1 2 1; -2 1 1; -2 -1 1; 1 -2 1; 2 1 1; -1 2 1"),
        "1/10",
        Expected(neurons=8, dimension=2, widths=(6, 6), one_function=True),
        "Seven points around the origin: four antipodal pairs in the plane leave two dimensions of freedom. The "
        "optimal networks form a hexagon.",
    ),
    Example(
        "nonagon",
        PLANE,
        table("3 0 1; 2 2 1; 1 3 1; -1 3 1; -3 1 1; -3 -1 1; -2 -2 1; 1 -3 1; 2 -2 1"),
        "1/10",
        Expected(neurons=10, dimension=3, widths=(7, 7), one_function=True),
        "Nine points around the origin: five antipodal pairs leave three dimensions of freedom. The optimal "
        "networks form a solid with twelve corners, and they are one function.",
    ),
    Example(
        "four-points",
        PLANE,
        table("1 0 3; 0 1 4; -1 0 3; 0 -1 4"),
        "1",
        Expected(neurons=4, dimension=1, widths=(2, 2), one_function=False),
        "The smallest set with truly different optimal functions: 4 |0.6 x1 + 0.8 x2| and 4 |0.6 x1 - 0.8 x2| fit the "
        "four points equally well with the same penalty, and predict different values elsewhere. All numbers are "
        "rational.",
    ),
    Example(
        "octahedron",
        SPACE,
        table("1 0 0 2; 0 1 0 3; 0 0 1 6; -1 0 0 2; 0 -1 0 3; 0 0 -1 6"),
        "1",
        Expected(neurons=8, dimension=4, widths=(2, 4), one_function=False),
        "The four points, one dimension up, with all numbers rational since 2, 3 and 6 have length 7. Minimal "
        "networks have different widths here: pruning can end at two neurons or at four.",
    ),
    Example(
        "zig-zag",
        ("x", "y"),
        table("-2 1; -1 -1; 0 1; 1 -1; 2 1"),
        "1/10",
        Expected(neurons=6, dimension=1, widths=(5, 5), one_function=True),
        "Up and down five points on a line, with a bias. Two sets of five neurons draw the same curve.",
        bias=True,
    ),
)
