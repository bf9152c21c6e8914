"""What a terminal shows during long work, and that nothing else is ever written there."""

import io
from types import SimpleNamespace

import pytest

from polyrelu.show import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Standard error as a terminal, and a clock that the test sets."""
    screen, clock = Terminal(), [100.0]
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=screen))
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    return screen, clock


def test_the_bar_is_drawn_after_a_second_ten_times_a_second_at_most_and_wiped(terminal):
    screen, clock = terminal
    with progress.progress_bar("cells") as show:
        show(1, 10)
        assert screen.getvalue() == ""
        clock[0] += 2
        show(3, 10)
        first = screen.getvalue()
        assert first == "\r  cells [" + "#" * 9 + "." * 21 + "] 3 of 10  2 s "
        clock[0] += 0.05
        show(4, 10)
        assert screen.getvalue() == first
        clock[0] += 1
        show(2000, 1000)  # more than was expected: the bar is full, the numbers are true
        assert screen.getvalue().endswith("[" + "#" * 30 + "] 2,000 of 1,000  3 s ")
        show(1, 0)
    assert screen.getvalue().endswith("\r" + " " * 78 + "\r")


def test_short_work_leaves_no_trace(terminal):
    screen, _ = terminal
    with progress.progress_bar("cells") as show:
        show(10, 10)
    assert screen.getvalue() == ""


def test_the_step_of_a_long_computation(terminal):
    screen, clock = terminal
    with progress.stage_line() as show:
        clock[0] += 7
        show("prove")
        assert screen.getvalue() == "\r  prove ... (7 s so far)     "
    assert screen.getvalue().endswith("\r" + " " * 78 + "\r")


@pytest.mark.parametrize("shown", [progress.stage_line, lambda: progress.progress_bar("cells")])
def test_nothing_is_shown_where_nobody_looks(shown, monkeypatch):
    stderr = io.StringIO()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stderr))
    with shown() as show:
        assert show is None
    assert stderr.getvalue() == ""
