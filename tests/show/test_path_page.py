"""The page of a path: every position is a proved optimum, and in a real browser the slider shows them all."""

import json
import re
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from polyrelu import certify, path
from polyrelu.cli import main
from polyrelu.show import interactive
from polyrelu.show.interactive.path_numbers import numbers
from tests.show.test_interactive import embedded, in_chromium

PAIRS = ([[5, 0], [3, 4], [3, -4], [-5, 0], [-3, -4], [-3, 4]], [2, 0, 1, 1, 5, 3])
LINE = ([[1], [2], [-1]], [1, 3, 2])


@cache
def made(name):
    found = path(*(PAIRS if name == "pairs" else LINE))
    return found, interactive.path_page(found).html


@pytest.mark.parametrize("name", ["pairs", "line"])
def test_positions_are_what_certify_finds(name):
    found, html = made(name)
    data = embedded(html)
    positions = [p for p in data["positions"] if p["event"] is None]
    assert len(data["positions"]) - len(positions) == len(found.breakpoints)
    for p in positions[::9]:
        lam = Fraction(p["name"])
        result = certify(found.problem, lam=lam)
        assert p["value"] == pytest.approx(float(Fraction(result.objective(20)[0])), rel=1e-6)
        residual = [float(Fraction(low)) for low, _ in result.residual(20)]
        assert np.allclose(np.array(data["y"]) - p["fit"], residual, atol=1e-6)
        assert p["width"] == len(result.proved().neurons)
        assert p["dimension"] == result.proved().nullity


def test_the_function_goes_through_the_fit():
    data = embedded(made("line")[1])
    for p in data["positions"]:
        at = np.interp(data["rows"], data["inputs"], p["outputs"])
        assert np.allclose(at, p["fit"], atol=0.2)  # between grid points the kink is cut
        assert np.allclose(np.array(p["outputs"])[-1], data["inputs"][-1] * p["fit"][0], atol=1e-9)


def test_the_slider_in_a_browser(tmp_path):
    _, html = made("pairs")
    file = tmp_path / "path.html"
    file.write_text(html)
    report, document = in_chromium(file, tmp_path / "profile")
    data = json.loads(re.search(r'id="data">(.*?)</script>', html).group(1))
    assert report["positions"] == len(data["positions"])
    assert report["names"] == [p["name"] for p in data["positions"]]
    assert report["widths"] == [len(p["neurons"]) for p in data["positions"]]
    assert report["foreign"] == 0
    assert "optimal value" in document


def test_command_line(tmp_path, capsys):
    file = tmp_path / "data.csv"
    file.write_text("1,1\n2,3\n-1,2\n")
    page = tmp_path / "path.html"
    assert main(["path", str(file), "--interactive", str(page)]) == 0
    assert embedded(page.read_text())["positions"]
    for wrong in (["--interactive", str(tmp_path / "x.png")], ["--interactive", str(page), "--at", "1"]):
        assert main(["path", str(file), *wrong]) == 2
    assert capsys.readouterr().err.count("polyrelu path: ") == 2


@pytest.mark.parametrize(
    "options", [{"output_bias": "free"}, {"bias": True, "output_bias": "free", "skip": True}]
)
def test_the_function_has_its_free_part(options):
    data = numbers(path([[-2], [-1], [0], [2], [3]], [1, 3, 0, 2, 7], "1/5", 30, **options))
    assert any(p["neurons"] for p in data["positions"])
    for p in data["positions"]:
        at = np.interp(data["rows"], data["inputs"], p["outputs"])
        assert np.allclose(at, p["fit"], atol=0.2)  # kinks between the inputs
        last = data["inputs"][-1], p["outputs"][-1]
        slope = (p["outputs"][-1] - p["outputs"][-2]) / (data["inputs"][-1] - data["inputs"][-2])
        assert last[1] + slope * (3 - last[0]) == pytest.approx(p["fit"][-1], abs=1e-6)
    assert numbers(path([[-2, 1], [1, 2], [2, 5]], [1, 3, 0], "1/5", 30, free=[1]))["inputs"] == []
