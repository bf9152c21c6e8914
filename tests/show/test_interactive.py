"""The page: what it embeds is the exact set, it loads nothing, and in a real browser the fit stays where it is."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from polyrelu import certify
from polyrelu.cli import main
from polyrelu.errors import BadInput, EngineMissing
from polyrelu.examples import SHELF, load
from polyrelu.networks.coordinates import rounded
from polyrelu.optimal_set.networks import network_at
from polyrelu.show import interactive
from polyrelu.show.figures.hull import hull
from polyrelu.show.interactive.numbers import SLIDERS, apart, eye

OFFLINE = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=20000",
]


@cache
def result(name):
    return certify(load(name).problem())


@cache
def html(name):
    return interactive.page(result(name)).html


def embedded(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text).group(1))


def in_chromium(path, profile):
    """The page's own report after it has moved its sliders, and the whole document as the reader then has it."""
    chromium = shutil.which("chromium")
    assert chromium, "install the Debian package chromium"
    done = subprocess.run(
        [chromium, *OFFLINE, f"--user-data-dir={profile}", "--dump-dom", f"{path.as_uri()}#selftest"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    report = re.search(r'<pre id="selftest">(.*?)</pre>', done.stdout)
    assert report, done.stderr[-2000:]
    return json.loads(report.group(1)), done.stdout


def said(document, place):
    return re.search(rf'<p id="{place}">(.*?)</p>', document).group(1)


# ---------------------------------------------------------------------- in the file


@pytest.mark.parametrize("name", SHELF)
def test_the_embedded_numbers_are_the_proved_ones(name):
    data, proved = embedded(html(name)), result(name)
    vertices = proved.optimal_set.neurons.vertices
    K = len(proved.proved().used)
    exact = np.array([[rounded(w) for w in v.weights()] for v in vertices]).reshape(len(vertices), K)
    assert np.array_equal(np.array(data["vertices"]).reshape(len(vertices), K), exact)
    assert data["dimension"] == proved.optimal_set.neurons.dimension
    for v, weights in zip(vertices, data["vertices"], strict=True):
        network = network_at(proved.proved(), v.weights())
        outputs = [rounded(value) for value in network.evaluate(proved.problem.X)]
        assert np.allclose(outputs, data["fit"], rtol=0, atol=1e-12)
        before = np.array(data["rows"]) @ np.array(data["directions"]).reshape(K, proved.problem.d).T
        again = np.maximum(before, 0) @ (np.array(data["signs"]) * weights)
        assert np.allclose(again, outputs, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", SHELF)
def test_the_page_asks_for_nothing_else(name):
    outside_scripts = re.sub(r"<script.*?</script>", "", html(name), flags=re.DOTALL)
    assert not re.search(r"https?:|//|\bsrc=|\bhref=|@import|url\(", outside_scripts)
    assert not re.search(r"<script[^>]*\bsrc", html(name))
    assert "default-src 'none'" in outside_scripts


def test_the_same_result_gives_the_same_bytes():
    assert interactive.page(certify(load("pentagon").problem())).html == html("pentagon")


def test_the_picture_is_the_polytope_where_it_fits():
    data = embedded(html("nonagon"))
    networks, picture = result("nonagon").optimal_set.neurons, data["picture"]
    assert networks.dimension == 3
    assert len(picture["corners"]) == len(networks.vertices)
    assert len(picture["edges"]) == len(networks.edges)
    used = {corner for triangle in picture["triangles"] for corner in triangle}
    assert used == set(range(len(picture["corners"])))


def test_names_cannot_leave_their_place():
    problem = load("four-points").problem()
    nasty = "</script><script>alert(1)//@@DATA@@"
    renamed = type(problem)(
        problem.X, problem.y, problem.lam, (nasty, *problem.features[1:]), nasty, problem.setting
    )
    text = interactive.page(certify(renamed)).html
    assert nasty not in text
    assert embedded(text)["features"][0] == nasty


def test_many_vertices_share_twelve_sliders_far_apart():
    points = np.random.default_rng(1).normal(size=(40, 3))
    taken = apart(points, SLIDERS)
    assert len(set(taken)) == SLIDERS
    assert taken == sorted(taken)
    gaps = [np.linalg.norm(points[i] - points[j]) for i in taken for j in taken if i < j]
    left = [min(np.linalg.norm(p - points[i]) for i in taken) for k, p in enumerate(points) if k not in taken]
    assert max(left) <= min(gaps) + 1e-12
    assert apart(points[:5], SLIDERS) == [0, 1, 2, 3, 4]


def test_a_page_with_fewer_sliders_than_vertices_says_so():
    X = [[sign * (i == j) for j in range(4)] for sign in (1, -1) for i in range(4)]
    data = embedded(interactive.page(certify(X, [2, 3, 6, 4] * 2, 1)).html)
    assert len(data["vertices"]) == len(data["picture"]["vertices"]) == 48
    assert len(data["sliders"]) == SLIDERS
    assert "Sliders are given for 12 vertices" in data["caption"]
    assert "hides 8 of its dimensions" in data["caption"]


def test_nothing_flat_is_seen_edge_on():
    square = np.array([[0.0, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 1]])
    seen = np.array(list(eye(hull(square)).values()))
    assert abs(seen @ [1, -1, 0]) / np.linalg.norm(seen) / np.sqrt(2) > 0.7
    segment = np.array([[0.0, 0, 0], [3, 3, 3]])
    assert abs(np.array(list(eye(hull(segment)).values())) @ [1, 1, 1]) < 1e-2


# ---------------------------------------------------------------------- in the browser


@pytest.mark.parametrize(
    ("name", "one_function", "drawn"),
    [("zig-zag", True, 1), ("heptagon", True, 2), ("four-points", False, 2), ("octahedron", False, 3)],
)
def test_the_network_moves_and_the_fit_stays(name, one_function, drawn, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(html(name), encoding="utf-8")
    told, document = in_chromium(path, tmp_path / "profile")
    data = embedded(html(name))
    vertices = np.array(data["vertices"])
    assert told["positions"] == 3 * len(vertices)
    assert told["fit"] < 1e-9
    # Seen from the middle, where the sliders begin, a vertex is the farthest place.
    assert told["weights"] == pytest.approx(np.abs(vertices - vertices.mean(axis=0)).max(), rel=1e-9)
    assert told["least"] > -1e-12
    assert told["foreign"] == 0
    assert document.count('type="range"') == len(vertices)
    assert data["function"]["inputs"] == drawn
    assert ("cannot be drawn" in said(document, "statement")) == (drawn == 3)
    assert ("this one function" in said(document, "statement")) == one_function
    assert (told["values"] > 1e-3) == (drawn < 3 and not one_function)
    assert told["values"] < 1e-9 or not one_function


@pytest.mark.parametrize("name", ["anscombe", "parity"])
def test_a_single_network_is_shown_and_does_not_move(name, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(html(name), encoding="utf-8")
    told, document = in_chromium(path, tmp_path / "profile")
    assert told["positions"] == 0
    assert told["fit"] < 1e-9
    assert said(document, "move") == "There is one network and nothing to move."
    assert 'type="range"' not in document
    assert said(document, "stays").startswith("Computed from the weights above")


# ---------------------------------------------------------------------- on the command line


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(load("pentagon").csv())
    return tmp_path


def plot(*options):
    return main(["plot", "data.csv", *load("pentagon").options.split(), *options])


def test_the_command_writes_the_page(here, capsys):
    assert plot("--interactive", "out.html") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "saved to out.html"
    assert embedded((here / "out.html").read_text())["dimension"] == 1
    assert plot("--interactive", "out.html", "--json", "--neurons", "1,2,3", "--feature", "2") == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "interactive"
    assert embedded((here / "out.html").read_text())["picture"]["axes"] == [[0, 1], [1, 1], [2, 1]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--interactive", "out.png"], ".html"),
        (["--interactive", "no/out.html"], "does not exist"),
        (["--interactive", "out.html", "--kind", "support"], "drop"),
        (["--interactive", "out.html", "--lam", "0"], "lambda > 0"),
        (["--interactive", "out.html", "--max-vertices", "1"], "--max-vertices"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(here, capsys, options, words):
    assert plot(*options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert [path.name for path in here.iterdir()] == ["data.csv"]


def test_without_plotly_the_command_says_how_to_get_it(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    assert plot("--interactive", "out.html") == 2
    assert "pip install 'polyrelu[interactive]'" in capsys.readouterr().err
    with pytest.raises(EngineMissing):
        interactive.page(result("pentagon"))
    assert not (here / "out.html").exists()


def test_gated_networks_are_refused():
    gated = certify(load("pentagon").problem(), gated=True)
    with pytest.raises(BadInput, match="gated"):
        interactive.page(gated)
