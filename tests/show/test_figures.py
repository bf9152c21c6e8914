"""Figures: what is drawn is compared with the exact set, not with pixels; every kind is drawn for every example."""

import subprocess
import sys
from functools import cache
from hashlib import sha256

import numpy as np
import pytest

from polyrelu import certify
from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.errors import BadInput, EngineMissing, Undecided
from polyrelu.examples import SHELF, load
from polyrelu.networks.coordinates import rounded
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.networks import network_at
from polyrelu.result import Result
from polyrelu.show import figures
from polyrelu.show.figures.hull import hull, patches, paths
from polyrelu.show.figures.sphere import flat, lifted
from polyrelu.show.figures.view import inputs


@cache
def result(name):
    return certify(load(name).problem())


@cache
def networks(name):
    return OptimalSet(result(name).proved()).neurons


@cache
def drawn(name, kind):
    return figures.draw(result(name), kind)


def weights(name):
    return np.array([[rounded(w) for w in v.weights()] for v in networks(name).vertices])


# ---------------------------------------------------------------------- every figure


def impossible(name, kind):
    d, count = result(name).problem.d, inputs(result(name))
    return (kind == "arrangement" and d not in (2, 3)) or (kind == "functions" and count not in (1, 2))


@pytest.mark.parametrize("kind", figures.KINDS)
@pytest.mark.parametrize("name", SHELF)
def test_every_figure_of_every_example_is_drawn_and_no_word_is_cut_off(name, kind):
    if impossible(name, kind):
        with pytest.raises(BadInput, match="support"):
            figures.draw(result(name), kind)
        return
    figure = drawn(name, kind)
    assert figure.rendered("png", dpi=100).startswith(b"\x89PNG")
    assert str(result(name).problem.lam) in figure.caption
    box = figure.get_tightbbox()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02
    assert box.y1 < figure.get_figheight() + 0.02


@pytest.mark.parametrize("name", SHELF)
def test_the_natural_figure(name):
    kind = figures.natural_kind(result(name))
    assert kind in figures.KINDS
    assert not impossible(name, kind)
    expected = {"parity": "support", "octahedron": "figure1", "anscombe": "functions", "xor": "functions"}
    assert kind == expected.get(name, kind)


# ---------------------------------------------------------------------- the hull and its meshes


def test_hulls_of_every_dimension():
    cube = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], dtype=float)
    solid = hull(np.concatenate([cube, cube, [[0.5, 0.5, 0.5], [0.5, 0.5, 1.0]]]))
    assert (solid.dimension, len(solid.corners), len(solid.polygons), len(solid.edges)) == (3, 8, 6, 12)
    assert {len(p) for p in solid.polygons} == {4}
    square = hull(cube[cube[:, 0] == 1])
    assert (square.dimension, len(square.corners), len(square.edges)) == (2, 4, 4)
    segment = hull(np.outer([0, 1, 3, 2], [1.0, 2.0, 3.0]))
    assert (segment.dimension, len(segment.edges)) == (1, 1)
    assert sorted(segment.corners[:, 0]) == [0, 3]
    assert hull(np.ones((3, 3))).dimension == 0


def test_patches_cover_the_surface_and_paths_the_edges():
    cube = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)], dtype=float)
    quads = patches(hull(cube))
    a, b, c, d = quads.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(c - a, d - b), axis=1).sum() / 2
    assert area == pytest.approx(6)
    assert np.linalg.norm(np.diff(paths(hull(cube)), axis=1), axis=2).sum() == pytest.approx(12)


# ---------------------------------------------------------------------- figure 1


@pytest.mark.parametrize("name", SHELF)
def test_the_default_picture_of_figure_1_is_not_flat(name):
    shape = drawn(name, "figure1").shown["shape"]
    assert shape.dimension == min(3, networks(name).dimension)


@pytest.mark.parametrize("name", ["nonagon", "heptagon", "pentagon", "four-points", "zig-zag", "anscombe"])
def test_figure_1_draws_the_exact_faces(name):
    """Up to three dimensions the projection is one to one, so its faces are those of the face lattice."""
    figure, seen = drawn(name, "figure1"), networks(name)
    u = figures_directions(name)
    columns = [weights(name)[:, k] * u[k, j] for k, j in figure.shown["axes"]]
    places = np.stack(columns, axis=1)
    shape = figure.shown["shape"]

    def vertex(corner):
        return int(np.abs(places - corner).sum(axis=1).argmin())

    numbers = [vertex(corner) for corner in shape.corners]
    assert np.allclose(places[numbers], shape.corners)
    assert sorted(numbers) == list(range(len(places)))
    edges = {tuple(sorted((numbers[a], numbers[b]))) for a, b in shape.edges}
    assert edges == set(seen.edges)
    exact = (
        {frozenset(v for v in range(len(places)) if face >> v & 1) for face in seen.faces[2]}
        if (seen.dimension >= 2)
        else set()
    )
    assert {frozenset(numbers[v] for v in polygon) for polygon in shape.polygons} == exact


def figures_directions(name):
    from polyrelu.show.floats import directions

    u = directions(result(name).proved())
    assert np.allclose(np.linalg.norm(u, axis=1), 1)
    return u


@pytest.mark.parametrize("name", ["nonagon", "octahedron", "four-points", "anscombe"])
def test_the_right_panel_shows_balanced_networks(name):
    """An independent route: the corners on the right are the weights theta of the vertices' balanced networks."""
    figure, optimum = drawn(name, "figure1"), result(name).proved()
    axes = figure.shown["axes"]
    expected = set()
    for vertex in networks(name).vertices:
        theta = np.zeros((len(optimum.used), optimum.program.d))
        units = network_at(optimum, vertex.weights()).balanced().arrays()[0]
        theta[list(vertex.support)] = units
        expected.add(tuple(np.round([theta[k, j] for k, j in axes], 9) + 0.0))
    shown = {tuple(np.round(corner, 9) + 0.0) for corner in figure.shown["curved"].corners}
    assert shown <= expected
    if networks(name).dimension <= 3:
        assert shown == expected


@pytest.mark.parametrize("name", ["nonagon", "heptagon", "octahedron"])
def test_every_curved_point_is_the_image_of_a_point_of_the_polytope(name):
    shown = drawn(name, "figure1").shown
    u = figures_directions(name)
    scale = np.array([abs(u[k, j]) for k, j in shown["axes"]])
    back = np.sign(shown["curved"].patches) * shown["curved"].patches ** 2 / scale
    assert np.allclose(back, shown["flat"].patches, atol=1e-12)
    assert len(back) > 100
    assert (shown["curved"].heights == shown["flat"].heights).all()  # equal colours are equal points


def test_chosen_neurons_features_and_levels():
    chosen = figures.figure1(result("octahedron"), neurons=[1, 4, 6], feature=2).shown["axes"]
    assert [tuple(axis) for axis in chosen] == [(1, 2), (4, 2), (6, 2)]
    split = figures.figure1(result("xor"), level="blocks")
    assert "convex program" in split.caption
    assert split.shown["shape"].dimension == 3
    for wrong in ([0, 1], [0, 0, 1], [0, 1, 8]):
        with pytest.raises(BadInput, match="three different"):
            figures.figure1(result("octahedron"), neurons=wrong)
    with pytest.raises(BadInput, match="feature 9"):
        figures.figure1(result("xor"), feature=8)
    with pytest.raises(BadInput, match="level"):
        figures.figure1(result("xor"), level="both")


def test_a_lost_dimension_is_said_in_the_caption():
    assert "1 of its 4 dimensions cannot be seen" in drawn("octahedron", "figure1").caption
    assert "no dimension is lost" in drawn("nonagon", "figure1").caption


# ---------------------------------------------------------------------- figure 1 at lambda = 0

UNBOUNDED = {
    "line": ([[1], [2], [-1]], [1, 3, 2]),
    "plane": ([[1, 0], [0, 1], [1, 1]], [1, 1, 3]),
    "two rows": ([[1, 1], [1, -1]], [1, 2]),
}


@cache
def unbounded(name):
    return certify(*UNBOUNDED[name], 0)


@pytest.mark.parametrize("name", UNBOUNDED)
def test_an_unbounded_set_is_cut_off_by_a_box(name):
    from scipy.optimize import linprog

    found = unbounded(name)
    figure = figures.figure1(found)
    shown = figure.shown
    vertices, rays, shape = shown["vertices"], shown["rays"], shown["shape"]
    whole = shape.corners[~shown["cut"]]
    assert len(whole)
    for corner in whole:  # what is not cut is an exact vertex
        assert np.abs(vertices - corner).max(axis=1).min() < 1e-9
    equations = np.vstack([np.hstack([vertices.T, rays.T]), [1.0] * len(vertices) + [0.0] * len(rays)])
    for corner in shape.corners:  # and all of it lies in conv(vertices) + cone(rays)
        assert linprog(np.zeros(equations.shape[1]), A_eq=equations, b_eq=[*corner, 1]).status == 0
    low, high = shape.corners.min(axis=0), shape.corners.max(axis=0)
    assert ((vertices >= low - 1e-9) & (vertices <= high + 1e-9)).all()
    assert all(words in figure.caption for words in ("unbounded", "cut off by a box", "arrows are rays"))
    assert len(figure.axes) == (2 if name == "line" else 1)
    assert figure.rendered("pdf") == figures.draw(found).rendered("pdf")


def test_what_cannot_be_drawn_at_lambda_0_says_so():
    line = unbounded("line")
    with pytest.raises(BadInput, match="lambda > 0"):
        figures.support(line)
    with pytest.raises(BadInput, match="three different blocks"):
        figures.figure1(line, neurons=[0, 0, 1])
    assert figures.figure1(line, neurons=[0, 2, 3]).shown["blocks"] == (0, 2, 3)
    with pytest.raises(Undecided, match="lines"):
        figures.figure1(certify([[1, 0]], [1], 0))


def test_gated_networks_have_no_function_but_a_support():
    gated = certify([[1, 0], [0, 1], [1, 1]], [1, -2, 3], "1/3", gated=True)
    with pytest.raises(BadInput, match="gated"):
        figures.functions(gated)
    assert figures.natural_kind(gated) == "support"
    assert figures.draw(gated).shown["ranges"]


# ---------------------------------------------------------------------- the other kinds


@pytest.mark.parametrize(
    "name", ["xor", "pythagorean", "pentagon", "nonagon", "four-points", "zig-zag", "anscombe"]
)
def test_each_sector_has_the_pattern_of_its_cell(name):
    shown = drawn(name, "arrangement").shown
    cells = enumerate_cells(result(name).problem.X)
    middle = np.radians(shown["middles"])
    points = np.stack([np.cos(middle), np.sin(middle)], axis=1)
    assert ((points @ cells.rows.T.astype(float) > 0) == cells.patterns).all()
    assert shown["widths"].sum() == pytest.approx(360)
    assert len(shown["middles"]) == cells.cells == shown["cells"]


@pytest.mark.parametrize("name", ["xor-bias", "octahedron", "parity"])
def test_each_label_on_the_sphere_stands_in_its_cell(name):
    shown = drawn(name, "arrangement").shown
    cells = enumerate_cells(result(name).problem.X)
    assert len(shown["labels"]) == cells.cells
    for cell, (place, side) in shown["labels"].items():
        (point,) = lifted(place[None], side)
        assert np.linalg.norm(point) == pytest.approx(1)
        assert np.allclose(flat(point[None]), place)
        assert ((point @ cells.rows.T.astype(float) > 0) == cells.patterns[cell]).all()


@pytest.mark.parametrize("name", ["xor", "pentagon", "heptagon", "nonagon"])
def test_the_polytope_is_true_to_scale(name):
    shown, exact = drawn(name, "polytope").shown, weights(name)
    for points in (shown["points"], exact):
        assert len(points) == len(networks(name).vertices)
    distance = [np.linalg.norm(p[:, None] - p[None], axis=2) for p in (shown["points"], exact)]
    assert np.allclose(*distance)
    assert shown["edges"] == networks(name).edges
    assert shown["widths"] == [v.width for v in networks(name).vertices]


@pytest.mark.parametrize("name", ["zig-zag", "anscombe"])
def test_curves_pass_where_the_proof_says(name):
    figure = drawn(name, "functions")
    problem, shown = result(name).problem, figure.shown
    fit = [float(y) - float(low) for y, (low, _) in zip(problem.y, result(name).residual(12), strict=True)]
    for row, value in zip(problem.X, fit, strict=True):
        for curve in shown["values"]:
            assert np.interp(float(row[0]), shown["inputs"], curve) == pytest.approx(value, abs=1e-9)
    for vertex, curve in zip(networks(name).vertices, shown["values"], strict=True):
        network = network_at(result(name).proved(), vertex.weights())
        inputs = np.column_stack([shown["inputs"], np.ones(len(shown["inputs"]))])
        assert np.allclose(network.predict(inputs), curve)
    assert "all optimal networks are this one function" in figure.caption


def test_curves_without_a_bias_bend_at_zero():
    figure = figures.functions(certify([[1], [2], [-1], [-3]], [3, 1, -2, 2], "1/2"))
    assert 0.0 in figure.shown["inputs"]
    assert figure.rendered("svg").startswith(b"<?xml")


def test_the_band_between_two_functions_on_a_line():
    """Only three patterns present: two minimal networks, with different curves through the same fit."""
    X, y = [[-1, 1], [0, 1], [1, 1]], [2, -4, 3]
    found = certify(X, y, "1/10", patterns=[[1, 1, 0], [0, 0, 1], [0, 1, 1]])
    figure = figures.functions(found)
    shown, fit = figure.shown, [v - float(low) for v, (low, _) in zip(y, found.residual(12), strict=True)]
    assert len(shown["values"]) == 2
    assert (shown["high"] - shown["low"]).max() > 0.1
    at_data = [np.interp([-1, 0, 1], shown["inputs"], curve) for curve in shown["values"]]
    assert np.allclose(at_data, fit, atol=1e-9)
    for point in found.optimal_set.neurons.random_points(5):  # every optimal network stays inside the band
        network = network_at(found.proved(), point.weights())
        curve = network.predict(np.column_stack([shown["inputs"], np.ones(len(shown["inputs"]))]))
        assert (curve >= shown["low"] - 1e-9).all()
        assert (curve <= shown["high"] + 1e-9).all()
    assert "λ = 1/10 among networks with these 3 patterns" in figure.caption
    assert "differ elsewhere" in figure.caption


def test_contours_of_the_two_functions_of_the_four_points():
    shown = drawn("four-points", "functions").shown
    a, b = 0.6 * shown["inputs"][:, 0], 0.8 * shown["inputs"][:, 1]
    assert np.allclose(shown["spread"], 4 * np.abs(np.abs(a + b) - np.abs(a - b)))
    assert len(shown["different"]) == 2
    assert "differ elsewhere" in drawn("four-points", "functions").caption
    assert len(drawn("nonagon", "functions").shown["different"]) == 1


@pytest.mark.parametrize("name", ["zig-zag", "four-points", "iris", "parity"])
def test_the_support_shows_faces_and_ranges(name):
    shown = drawn(name, "support").shown
    X = np.array([[float(v) for v in row] for row in result(name).problem.X])
    for face, u in zip(shown["faces"], figures_directions(name) if shown["faces"] else [], strict=True):
        at = X @ u
        assert [int(np.sign(v)) if abs(v) > 1e-9 else 0 for v in at] == list(face)
    listed = weights(name)
    for k, (low, high) in enumerate(shown["ranges"]):
        assert (low, high) == pytest.approx((listed[:, k].min(), listed[:, k].max()))


# ---------------------------------------------------------------------- files


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_figure_is_the_same_file(kind, tmp_path):
    for k in (1, 2):
        figures.figure1(result("heptagon")).save(str(tmp_path / f"{k}.{kind}"))
    first, second = ((tmp_path / f"{k}.{kind}").read_bytes() for k in (1, 2))
    assert first == second
    assert not any(word in first for word in (b"Matplotlib v", b"CreationDate", b"dc:date"))


def test_another_process_draws_the_same_bytes():
    code = (
        "import sys, hashlib\nfrom polyrelu import certify\nfrom polyrelu.examples import load\n"
        "from polyrelu.show import figures\nr = certify(load('pentagon').problem())\n"
        "for kind in figures.KINDS:\n    print(hashlib.sha256(figures.draw(r, kind).rendered('svg')).hexdigest())\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *there, pyplot = done.stdout.splitlines()
    here = [figures.draw(result("pentagon"), kind).rendered("svg") for kind in figures.KINDS]
    assert there == [sha256(svg).hexdigest() for svg in here]
    assert pyplot == "False"  # no global state of pyplot is touched


def test_the_settings_of_the_user_neither_change_nor_matter():
    import matplotlib

    plain = figures.support(result("xor")).rendered()
    with matplotlib.rc_context({"font.size": 20, "savefig.bbox": "tight"}):
        assert figures.support(result("xor")).rendered() == plain
        assert matplotlib.rcParams["font.size"] == 20


def test_a_notebook_shows_a_png():
    assert figures.support(result("xor"))._repr_png_().startswith(b"\x89PNG")


def test_a_notebook_shows_the_natural_figure_of_a_result(monkeypatch):
    shown = result("four-points")._repr_html_()
    assert 'src="data:image/png;base64,' in shown
    assert "differ elsewhere" in shown
    assert "PROVED" in shown
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "<img" not in result("four-points")._repr_html_()


def test_unknown_endings_and_kinds_are_refused(tmp_path):
    with pytest.raises(BadInput, match=r"\.png, \.svg or \.pdf"):
        figures.support(result("xor")).save(str(tmp_path / "x.gif"))
    with pytest.raises(BadInput, match="figure1, arrangement"):
        figures.draw(result("xor"), "photograph")


def test_without_matplotlib_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EngineMissing, match=r"pip install 'polyrelu\[plot\]'"):
        figures.support(result("xor"))


def test_an_undecided_result_has_no_figure():
    unknown = Result(load("xor").problem(), "undecided", "an equality is open", 4, None)
    with pytest.raises(Undecided, match="an equality is open"):
        figures.draw(unknown, "support")
