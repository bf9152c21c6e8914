"""Every example of the README is run, and prints what the README says (times apart)."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
CONSOLE = re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL)
PYTHON = re.findall(r"```pycon\n(.*?)```", README, flags=re.DOTALL)


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("block", CONSOLE, ids=range(len(CONSOLE)))
def test_console_examples(block, folder):
    # Blocks share one folder, in order: the first writes the data that the others read.
    for command, expected in commands(block):
        line = re.sub(r"(^|&& |[|] )polyrelu\b", rf"\1{sys.executable} -m polyrelu", command)
        done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)
        assert without_times(done.stdout) == without_times(expected), done.stderr


@pytest.mark.parametrize("block", PYTHON, ids=range(len(PYTHON)))
def test_python_examples(block):
    test = doctest.DocTestParser().get_doctest(block, {}, "README", "README.md", 0)
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_the_readme_has_examples():
    assert len(CONSOLE) >= 2
    assert len(PYTHON) >= 1


def test_continuous_integration_runs_the_test_command_of_the_readme():
    command = re.search(r"^(bash \.ci/test)$", README, flags=re.MULTILINE)
    assert command is not None
    assert command.group(1) in (Path(__file__).parents[1] / ".ci" / "run").read_text().splitlines()
