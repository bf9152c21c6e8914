"""Where results may be written, for every command that writes: a regular file, and never one that is read."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from polyrelu.cli import main
from polyrelu.data import files
from polyrelu.errors import BadInput

TABLE = "1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n"
COMMANDS = {
    "certify": ["certify", "DATA", "--lam", "1", "--out"],
    "patterns": ["patterns", "DATA", "--out"],
    "prune": ["prune", "DATA", "--lam", "1", "--out"],
    "prune a proof": ["prune", "PROOF", "--out"],
    "explain": ["explain", "PROOF", "--latex"],
    "plot": ["plot", "DATA", "--lam", "1", "--out"],
    "plot --interactive": ["plot", "DATA", "--lam", "1", "--interactive"],
}
ENDINGS = {"prune a proof": ".json", "plot": ".png", "plot --interactive": ".html"}
every_command = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture(scope="module")
def proof(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("proof")
    (folder / "data.csv").write_text(TABLE)
    assert main(["certify", str(folder / "data.csv"), "--lam", "1", "--out", str(folder / "p.json")]) == 0
    return (folder / "p.json").read_bytes()


class Place:
    """A folder with the input of a command; `run` writes to a path and looks at what is left."""

    def __init__(self, name: str, folder: Path, proof: bytes, capsys):
        self.folder, self.ending, self.capsys = folder, ENDINGS.get(name, ".out"), capsys
        reads_proof = "PROOF" in COMMANDS[name]
        # the input has the ending of the output, so that the two can be the same
        self.input = folder / f"input{self.ending}"
        self.input.write_bytes(proof if reads_proof else TABLE.encode())
        self.arguments = [str(self.input) if a in ("DATA", "PROOF") else a for a in COMMANDS[name]]

    def path(self, stem: str = "result") -> Path:
        return self.folder / (stem + self.ending)

    def run(self, path: Path) -> int:
        return main([*self.arguments, str(path)])

    def refuses(self, path: Path, words: str) -> None:
        def seen() -> dict:
            found = {}
            for entry in self.folder.rglob("*"):
                at = entry.lstat()
                found[entry] = (
                    at.st_mode,
                    at.st_ino,
                    entry.read_bytes() if stat.S_ISREG(at.st_mode) else None,
                )
            return found

        before = seen()
        assert self.run(path) == 2
        out, err = self.capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert words in err
        assert str(path) in err
        assert seen() == before


@pytest.fixture
def place(name, tmp_path, proof, capsys) -> Place:
    return Place(name, tmp_path, proof, capsys)


@every_command
def test_what_is_no_regular_file_is_refused(place):
    pipe, folder, link, nowhere, loop = (place.path(s) for s in ("pipe", "folder", "link", "nowhere", "loop"))
    os.mkfifo(pipe)
    place.refuses(pipe, "is a pipe")
    folder.mkdir()
    place.refuses(folder, "is a folder")
    link.symlink_to("/dev/null")
    place.refuses(link, "is a device")
    nowhere.symlink_to("missing")
    place.refuses(nowhere, "a link to a file that does not exist")
    loop.symlink_to(loop)
    place.refuses(loop, "symbolic links")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place.path("socket")))
        place.refuses(place.path("socket"), "is a socket")


@pytest.mark.parametrize("name", ["certify", "patterns", "prune", "explain"])
def test_a_device_node_is_refused_and_stays_one(place):
    before = os.stat("/dev/null")
    place.refuses(Path("/dev/null"), "is a device")
    assert os.stat("/dev/null").st_ino == before.st_ino
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@every_command
def test_the_input_is_refused_by_every_path_to_it(place, monkeypatch):
    words = "is a file that is read here"
    place.refuses(place.input, words)
    place.path("symbolic").symlink_to(place.input)
    place.refuses(place.path("symbolic"), words)
    os.link(place.input, place.path("hard"))
    place.refuses(place.path("hard"), words)
    (place.folder / "sub").mkdir()
    place.refuses(place.folder / "sub" / ".." / place.input.name, words)
    monkeypatch.chdir(place.folder)
    place.refuses(Path(place.input.name), words)


def test_the_other_inputs_of_certify_are_refused_too(tmp_path, capsys):
    data, patterns, rows = tmp_path / "d.csv", tmp_path / "p.csv", tmp_path / "r.csv"
    data.write_text(TABLE)
    patterns.write_text("1,1,0,0\n0,0,1,1\n")
    rows.write_text("1,1\n")
    for option, path in (("--patterns", patterns), ("--predict", rows)):
        before = path.read_text()
        assert main(["certify", str(data), "--lam", "1", option, str(path), "--out", str(path)]) == 2
        assert "is a file that is read here" in capsys.readouterr().err
        assert path.read_text() == before


def test_a_table_on_standard_input_is_not_overwritten(tmp_path):
    data = tmp_path / "d.csv"
    data.write_text(TABLE)
    with data.open() as standard_input:
        done = subprocess.run(
            [sys.executable, "-m", "polyrelu", "patterns", "-", "--out", str(data)],
            stdin=standard_input,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "is a file that is read here" in done.stderr
    assert data.read_text() == TABLE


@every_command
def test_a_link_to_a_file_is_written_through_and_stays_a_link(place):
    target, link = place.folder / "target", place.path("link")
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("target")
    assert place.run(link) == 0
    assert link.is_symlink()
    assert os.readlink(link) == "target"
    assert target.read_bytes() != b"old"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert place.run(place.path("plain")) == 0
    if (
        place.ending != ".out" or "prune" not in place.arguments
    ):  # (times differ from run to run nowhere but here)
        assert place.path("plain").read_bytes() == target.read_bytes()


@every_command
def test_a_missing_folder_is_named(place):
    place.refuses(place.folder / "missing" / f"x{place.ending}", "does not exist")
    place.refuses(place.input / f"x{place.ending}", "")
    place.refuses(place.path("x" * 300), "too long")


@every_command
def test_what_may_not_be_written_is_refused(place, monkeypatch):
    """As root everything may be written, so the answer of the system is put in its mouth."""
    target = place.path()
    target.write_text("old")
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path) != target)
    place.refuses(target, "write-protected")
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path) != place.folder)
    place.refuses(target, "is not writable")


@every_command
@pytest.mark.parametrize("step", ["mkstemp", "fdopen", "replace"])
def test_a_failing_disk_leaves_what_was_there(place, monkeypatch, step):
    def fail(*_args, **_options):
        raise OSError(28, "No space left on device")

    def full(descriptor, mode):
        os.close(descriptor)
        fail()

    monkeypatch.setattr(
        files.tempfile if step == "mkstemp" else files.os, step, full if step == "fdopen" else fail
    )
    place.path().write_text("old")
    before = sorted(place.folder.iterdir())
    assert place.run(place.path()) == 2
    err = place.capsys.readouterr().err
    assert "No space left on device" in err
    assert str(place.path()) in err
    assert err.count("\n") == 1
    assert place.path().read_text() == "old"
    assert sorted(place.folder.iterdir()) == before


def test_the_demo_writes_over_nothing_but_files(tmp_path, capsys):
    (tmp_path / "demo-heptagon.png").symlink_to("/dev/null")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is a device" in err
    assert [p.name for p in tmp_path.iterdir()] == ["demo-heptagon.png"]


def test_a_figure_is_saved_whole_or_not_at_all(tmp_path):
    from polyrelu.certification import certify
    from polyrelu.show.figures import draw

    figure = draw(certify([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1))
    (tmp_path / "pipe.png").symlink_to("/dev/null")
    with pytest.raises(BadInput, match="device"):
        figure.save(str(tmp_path / "pipe.png"))
    figure.save(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
