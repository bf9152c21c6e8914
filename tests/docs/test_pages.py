"""Every example of the README and of the manual is run, and prints what the page says (times apart)."""

import doctest
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from polyrelu.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {
    path.relative_to(ROOT).as_posix(): path.read_text() for path in PAGES if "generated" not in path.parts
}


def blocks(kind: str) -> dict[str, list[str]]:
    """The blocks of that kind on each page that has some."""
    found = {page: re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL) for page, text in TEXTS.items()}
    return {page: texts for page, texts in found.items() if texts}


CONSOLE, PYTHON = blocks("console"), blocks("pycon")


def without_times(text: str) -> list[str]:
    """Lines without measured seconds."""
    text = re.sub(r'"(seconds|timings)": (\{[^}]*\}|[0-9.]+)', r'"\1": ...', text)
    text = re.sub(r"\b[0-9]+\.[0-9]+ s\b.*", "... s", text)
    return [line.rstrip() for line in text.strip().splitlines()]


def commands(block: str) -> list[tuple[str, str]]:
    """(command, expected output) pairs of a console block; a command starts with "$ ", and may continue with "> "."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif line.startswith("> ") and not found[-1][1]:
            found[-1] = (found[-1][0] + "\n" + line[2:], "")
        else:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found


def answered(command: re.Match[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What bash runs in place of a command of ours: it prints our answer, and ends with our exit status."""
    status = main(shlex.split(command[0])[1:])
    out, err = capsys.readouterr()
    return f"(printf %s {shlex.quote(out)}; printf %s {shlex.quote(err)} >&2; exit {status}) "


@pytest.mark.parametrize("page", CONSOLE)
def test_console_examples(page, tmp_path, monkeypatch, capsys):
    # The blocks of a page share a folder, in order: the first writes the data that the others read.
    monkeypatch.chdir(tmp_path)
    for command, expected in (pair for block in CONSOLE[page] for pair in commands(block)):
        # A process for each command would import everything anew; what is behind a pipe is left to bash.
        line, ours = re.subn(
            r"(?:^|(?<=&& ))polyrelu [^|&;>]*", lambda found: answered(found, capsys), command
        )
        assert ours == command.count("polyrelu")
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert without_times(done.stdout) == without_times(expected), done.stderr


@pytest.mark.parametrize("page", PYTHON)
def test_python_examples(page):
    test = doctest.DocTestParser().get_doctest("\n".join(PYTHON[page]), {}, page, page, 0)
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_there_are_examples():
    assert "README.md" in CONSOLE
    assert "README.md" in PYTHON
    assert len(PYTHON) >= 6


def test_continuous_integration_runs_the_test_command_of_the_readme():
    command = re.search(r"^(bash \.ci/test)$", TEXTS["README.md"], flags=re.MULTILINE)
    assert command is not None
    assert command.group(1) in (ROOT / ".ci" / "run").read_text().splitlines()
