"""Functions of optimal networks where something is free: bands, bars and strips against proved numbers."""

import numpy as np
import pytest

from polyrelu import certify
from polyrelu.errors import BadInput
from polyrelu.show.figures import draw, natural_kind

SQUARES = [[i] for i in range(5)], [i * i for i in range(5)]
FLOATING = [[9, -5], [1, -7], [-8, 3], [-9, 4], [6, -6], [3, -2]], [7, 8, 1, 1, 4, 1]


def test_the_band_of_a_chain_and_the_bars_of_its_kinks():
    """Golden example 19 near its interpolation: f(-1) in [-1, 0], f(5) in [22, 23]; kinks run away on both sides."""
    result = certify(*SQUARES, "1e-6", bias="free")
    shown = draw(result, "functions").shown
    at = {x: k for k, x in enumerate(shown["inputs"])}
    for x, low, high in ((-1.0, -1, 0), (5.0, 22, 23), (2.0, 4, 4), (1.0, 1, 1)):
        assert shown["low"][at[x]] == pytest.approx(low, abs=1e-4)
        assert shown["high"][at[x]] == pytest.approx(high, abs=1e-4)
    assert (shown["values"] >= shown["low"] - 1e-9).all()
    assert (shown["values"] <= shown["high"] + 1e-9).all()
    kinks = {sign: (-first / u[0], -last / u[0]) for sign, u, first, last in shown["kinks"]}
    assert kinks == {1: (3.0, -np.inf), -1: (4.0, np.inf)}


def test_with_a_skip_connection_kinks_stay_between_rows():
    shown = draw(certify(*SQUARES, "1/10", bias="free", skip=True), "functions").shown
    for _, u, first, last in shown["kinks"]:
        assert sorted(-b / u[0] for b in (first, last)) == [1.0, 3.0]


def test_strips_in_the_plane(monkeypatch):
    """Golden example 12: one kink floats between rows 6 and 5, and functions differ on its strip alone."""
    monkeypatch.setattr("polyrelu.show.figures.kinks.COARSE", 21)
    result = certify(*FLOATING, 2, bias="free")
    figure = draw(result, "functions")
    shown, kinks = figure.shown, figure.shown["kinks"]
    moving = [(u, first, last) for _, u, first, last in kinks if first != last]
    assert len(kinks) == 4
    assert len(moving) == 1
    ((u, first, last),) = moving
    place = shown["inputs"] @ u
    beside = (place < -last - 1e-9) | (place > -first + 1e-9)
    spread = shown["high"] - shown["low"]
    assert np.abs(spread[beside]).max() < 1e-12
    assert spread[~beside].max() > 0.1
    assert "strips" in figure.caption


@pytest.mark.parametrize(
    "choice", [{"output_bias": "ridge"}, {"output_bias": "free"}, {"skip": True}], ids=str
)
def test_without_a_free_hidden_bias_there_are_curves_and_contours(choice):
    for table in (SQUARES, FLOATING):
        result = certify(*table, 2, **choice)
        assert natural_kind(result) == "functions"
        figure = draw(result)
        assert figure.shown["kinks"] == []
        assert "kinks" not in figure.caption
        network, rows = result.network(), np.array(table[0], float)
        if result.function_unique:
            line = figure.shown["values"][0]
            x = figure.shown.get("inputs")
            if rows.shape[1] == 1:
                assert line == pytest.approx(network.predict(x[:, None]), abs=1e-9)


def test_what_is_no_picture_is_refused():
    with pytest.raises(BadInput, match="zero on all rows"):
        draw(certify([[0, 0], [1, 1], [2, 2]], [0, 1, 0], "1/10", bias="free", skip=True), "functions")
    with pytest.raises(BadInput, match="one or two inputs"):
        draw(certify([[0, 1, 2], [3, 4, 6], [1, 1, 0]], [0, 1, 0], "1/10", bias="free"), "functions")
    with pytest.raises(BadInput, match="free columns"):
        draw(certify([[0, 1], [3, 4], [1, 1]], [0, 1, 0], "1/10", output_bias="free", free=[1]), "functions")
