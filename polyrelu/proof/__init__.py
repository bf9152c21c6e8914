"""From a guess to a proved optimum, one claim per file.

Order of the argument: `program` (what is asked), `neuron` (a direction and its face), `root` (the square system
and its certified root), `point` (the root as exact or enclosed numbers that answer sign questions), `shared_face`
(multipliers around a neuron on a hyperplane), `inactive` (all other blocks), `ties` (equalities), `support`.
"""
