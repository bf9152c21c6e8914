"""The demo and the plot command as a user sees them: in a terminal and piped, with and without colour."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from polyrelu.cli import main
from polyrelu.examples import SHELF, load
from polyrelu.show.figures import KINDS

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STARTS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def csv(here, name):
    (here / f"{name}.csv").write_text(load(name).csv())
    return f"{name}.csv", *load(name).options.split()


def in_a_terminal(folder, **environment):
    """What `polyrelu demo` writes to a terminal of 80 columns."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "polyrelu", "demo"],
        stdout=slave,
        stderr=slave,
        cwd=folder,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm", **environment},
    )
    os.close(slave)
    written = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(master)
    assert child.wait() == 0
    return written.decode()


def test_the_demo_in_a_terminal_with_and_without_colour(tmp_path):
    coloured = in_a_terminal(tmp_path)
    plain = in_a_terminal(tmp_path, NO_COLOR="1")
    assert COLOUR.search(coloured)
    assert not COLOUR.search(plain)
    assert COLOUR.sub("", coloured) == plain
    assert all(len(line) < 80 for line in plain.splitlines())


def test_the_demo_piped(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "polyrelu", "demo"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.isascii()
    assert done.stderr == ""
    for words in ("PROVED", "ACCEPTED", "many optimal networks, one function", "6 vertices"):
        assert words in done.stdout
    assert sorted(os.listdir(tmp_path)) == [f"demo-heptagon.{end}" for end in ("csv", "json", "png")]
    assert (tmp_path / "demo-heptagon.png").read_bytes().startswith(STARTS[".png"])


@pytest.mark.parametrize("name", SHELF)
def test_the_demo_of_every_example(name, here, capsys):
    (here / "results").mkdir()
    assert main(["demo", name, "--out", "results"]) == 0
    out = capsys.readouterr().out
    assert "ACCEPTED" in out
    assert f"That was {name}: {load(name).verdict}" in " ".join(out.split())
    assert main(["check", f"results/demo-{name}.json"]) == 0


def test_the_commands_that_the_demo_prints_do_what_it_did(here, capsys):
    assert main(["demo", "four-points"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    picture, proof = ((here / f"demo-four-points.{end}").read_bytes() for end in ("png", "json"))
    commands = re.findall(r"polyrelu ((?:certify|plot|check) demo\S*(?: --\S+ \S+)*)", out)
    assert [c.split()[0] for c in commands] == ["certify", "plot", "certify", "check"]
    for end in ("png", "json"):
        (here / f"demo-four-points.{end}").unlink()
    for command in commands:
        assert main(command.split()) == 0
    assert (here / "demo-four-points.png").read_bytes() == picture
    assert (here / "demo-four-points.json").read_bytes() == proof


def test_the_demo_without_matplotlib_says_how_to_get_it(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["demo", "parity"]) == 0
    out = capsys.readouterr().out
    assert "pip install 'polyrelu[plot]'" in " ".join(out.split())
    assert "ACCEPTED" in out


# ---------------------------------------------------------------------- plot


@pytest.mark.parametrize("kind", KINDS)
def test_plot_draws_every_kind(kind, here, capsys):
    assert main(["plot", *csv(here, "pentagon"), "--kind", kind]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == f"saved to pentagon-{kind}.png"
    assert out.isascii()
    assert all(len(line) < 80 for line in out.splitlines())
    assert (here / f"pentagon-{kind}.png").read_bytes().startswith(STARTS[".png"])


@pytest.mark.parametrize("end", STARTS)
def test_plot_chooses_the_format_by_the_name(end, here, capsys):
    assert main(["plot", *csv(here, "four-points"), "--out", f"x{end}", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["kind"]) == (f"x{end}", "functions")
    assert (here / f"x{end}").read_bytes().startswith(STARTS[end])


def test_plot_with_chosen_neurons_and_feature(here, capsys):
    data = csv(here, "octahedron")
    assert main(["plot", *data, "--neurons", "2,5,7", "--feature", "x2", "--out", "a.svg"]) == 0
    assert main(["plot", *data, "--neurons", "2,5,7", "--feature", "2", "--out", "b.svg"]) == 0
    assert (here / "a.svg").read_bytes() == (here / "b.svg").read_bytes()
    assert main(["plot", *data, "--kind", "polytope", "--level", "blocks", "--out", "c.png"]) == 0
    assert "block weights" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--out", "x.gif"], ".png, .svg or .pdf"),
        (["--out", "no/such.png"], "does not exist"),
        (["--neurons", "1,2"], "three neurons"),
        (["--neurons", "1,2,99"], "1 to 8"),
        (["--neurons", "1,1,2"], "three different"),
        (["--feature", "x9"], "--feature x9"),
        (["--kind", "support", "--neurons", "1,2,3"], "drop them"),
        (["--kind", "support", "--level", "blocks"], "drop it"),
        (["--kind", "functions"], "one or two inputs"),
        (["--kind", "picture"], "invalid choice"),
        (["--kind", "polytope", "--max-vertices", "3"], "--max-vertices"),
        (["--kind", "support", "--lam", "0"], "lambda > 0"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(options, words, here, capsys):
    data = csv(here, "octahedron")
    try:
        status = main(["plot", *data, *options])
    except SystemExit as stop:
        status = stop.code
    out, err = capsys.readouterr()
    assert status == 2
    assert out == ""
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert os.listdir(here) == ["octahedron.csv"]


def test_plot_without_matplotlib_is_one_line(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plot", *csv(here, "xor")]) == 2
    assert "pip install 'polyrelu[plot]'" in capsys.readouterr().err


def test_demo_refuses_a_folder_that_is_not_there(here, capsys):
    assert main(["demo", "--out", "nowhere"]) == 2
    assert "create it first" in capsys.readouterr().err


def test_help_imports_no_matplotlib():
    code = (
        "import sys, polyrelu.cli as c\ntry: c.main(['plot', '--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('numpy', 'matplotlib', 'flint') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
