"""From a guess to a proved optimum, one claim per file.

Order of the argument: `program` (what is asked), `neuron` (a direction and its face), `structure` (the square system
of a guess), `enclosed_root` and `field` (its certified root, in balls and exactly), `point` (the root as numbers that
answer sign questions), `pairing` and `conjecture` (from a guess to a root), `tightness` with `shared_face`
(multipliers around a neuron on a hyperplane), `inactive` (all other blocks), `support` (which tight neurons are
used). `repair` mends a guess that a failed proof speaks about.
"""
