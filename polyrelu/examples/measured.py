"""Small data sets that were measured, or that are famous."""

from __future__ import annotations

from polyrelu.examples.example import Example, Expected, table

MEASURED = (
    Example(
        "anscombe",
        ("x", "y"),
        table(
            "10 8.04; 8 6.95; 13 7.58; 9 8.81; 11 8.33; 14 9.96; 6 7.24; 4 4.26; 12 10.84; 7 4.82; 5 5.68",
        ),
        "1/10",
        Expected(neurons=5, dimension=0, widths=(5, 5), one_function=True),
        "The first of Anscombe's four sets, with a bias. A straight line is the textbook's fit; a small penalty lets "
        "five neurons follow the points more closely, in exactly one way.",
        bias=True,
        source="F. J. Anscombe, Graphs in Statistical Analysis, The American Statistician 27 (1973), 17-21.",
    ),
    Example(
        "iris",
        ("petal_length", "petal_width", "species"),
        table(
            "4.7 1.4 1; 4.5 1.5 1; 4.9 1.5 1; 4.0 1.3 1; 4.6 1.5 1; 4.5 1.3 1; 4.7 1.6 1; 3.3 1.0 1; 4.6 1.3 1; "
            "3.9 1.4 1; 6.0 2.5 -1; 5.1 1.9 -1; 5.9 2.1 -1; 5.6 1.8 -1; 5.8 2.2 -1; 6.6 2.1 -1; 4.5 1.7 -1; "
            "6.3 1.8 -1; 5.8 1.8 -1; 6.1 2.5 -1",
        ),
        "1",
        Expected(neurons=2, dimension=0, widths=(2, 2), one_function=True),
        "Petals of the first ten Iris versicolor (+1) and the first ten Iris virginica (-1), in centimetres, with a "
        "bias. Of the 360 activation patterns two neurons are used, and the optimal network is unique.",
        bias=True,
        source="E. Anderson, The irises of the Gaspe Peninsula (1935); R. A. Fisher, The use of multiple measurements "
        "in taxonomic problems, Annals of Eugenics 7 (1936), 179-188.",
    ),
    Example(
        "figure-1",
        ("x1", "x2", "y"),
        table(
            "0.6364636463709805 0.5419522204102933 -0.8288625737460672; "
            "0.3165954511658161 -0.32238911615896015 -0.19458090666932473; "
            "-0.09716731867045728 -1.5259304065189514 0.6573271040396335; "
            "-1.1921661041016585 -0.6710896751741094 1.426014771194924",
        ),
        "1/25",
        Expected(neurons=2, dimension=0, widths=(2, 2), one_function=True),
        "The problem behind Figure 1 of the paper on optimal sets, as its script poses it (lambda in our scaling). An "
        "iterative solver's tolerance leaves several active blocks and a wide set; in truth two neurons in two blocks "
        "are the only optimum.",
        source="A. Mishkin and M. Pilanci, Optimal Sets and Solution Paths of ReLU Networks, ICML 2023.",
    ),
)
