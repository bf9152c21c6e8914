"""From a guess to a proved optimum, one claim per file.

Order of the argument: `program` (what is asked), `neuron` (a direction and its face), `structure` (the square system
of a guess), `conjecture` (its certified root), `point` (the root as exact or enclosed numbers that answer sign
questions), `tightness` with `shared_face` (multipliers around a neuron on a hyperplane), `inactive` (all other
blocks), `support` (which tight neurons are used).
"""
