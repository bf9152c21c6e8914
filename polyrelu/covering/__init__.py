"""All directions below a level, proved without listing a cell: a branch and bound on boxes of directions.

Put f_s(u) = s sum_i nu_i (x_i.u)_+. A vector nu is dual feasible (every block of every cell has norm at most lambda)
iff f_s(u) <= lambda ||u|| for all u and both signs s. A *majorant* on a region is a vector w with f_s(u) <= w.u there;
if ||w|| < lambda the region holds no neuron of sign s. `cover` proves the inequality, strictly off the
stars of the known neurons, by boxes that cover the facets of the cube, each settled by one of

    A  a linear majorant of its own            `leaf_a` (slopes by `mixing`; again in Python integers by `wide`)
    B  the majorant of a known neuron's star   `stars`
    M  a majorant found on the way             `candidates`

or returns directions that resist. In two coordinates a hasty search goes round all sectors instead, which decides
exactly: `plane`. What is decided is decided in integers: see `layout`.
"""

from polyrelu.covering.cover import cover
from polyrelu.covering.question import Question, Star
from polyrelu.covering.results import Counts, Covered, Direction, Leaf, Partition, Resisting

__all__ = ["Counts", "Covered", "Direction", "Leaf", "Partition", "Question", "Resisting", "Star", "cover"]
