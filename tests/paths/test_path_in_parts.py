"""A path on any engine: the same answer, and answers that travel."""

import json
import pickle
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from polyrelu import budget, path
from polyrelu.budget import Budget, seconds_from_now, spending
from polyrelu.cli import main


def table(seed):
    rng = np.random.default_rng(seed)
    return rng.integers(-9, 10, (5, 2)).tolist(), rng.integers(-9, 10, 5).tolist()


TABLES = {
    "random": table(2),
    "four neurons at once": ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]),
    "one feature": ([[1], [2], [-1]], [1, 3, 2]),
}


def said(found):
    answer = found.to_json(20)
    answer.pop("seconds")
    return answer


class Broken:
    """An engine that takes no work, or loses it."""

    def __init__(self, refuses):
        self.refuses = refuses

    def submit(self, *_):
        if self.refuses:
            raise RuntimeError("it is shut down")
        lost = Future()
        lost.set_exception(OSError("the worker is gone"))
        return lost


@pytest.mark.parametrize("name", TABLES)
def test_every_engine_gives_the_same_answer(name):
    alone = path(*TABLES[name])
    with ProcessPoolExecutor(2) as processes, ThreadPoolExecutor(2) as threads:
        for engine in (processes, threads, Broken(True), Broken(False)):
            assert said(path(*TABLES[name], executor=engine)) == said(alone)
    assert said(pickle.loads(pickle.dumps(alone))) == said(alone)


def test_a_part_that_begins_at_a_breakpoint_is_walked_from_above(monkeypatch):
    from polyrelu.paths import parts

    monkeypatch.setattr(parts, "between", lambda *_: [2])  # the second neuron enters there
    found = path(*TABLES["one feature"], 1, 8, executor=Broken(True))
    assert said(found) == said(path(*TABLES["one feature"], 1, 8))


class Deaf:
    """An engine that takes work and never answers."""

    def submit(self, *_):
        return Future()


@pytest.mark.parametrize("engine", [ThreadPoolExecutor(1), Deaf()])
def test_parts_end_together_when_the_time_is_over(monkeypatch, engine):
    """A part that gets its worker late has no more time than the first; one that does not answer is given up."""
    from polyrelu.paths import parts

    def all_of_the_time(problem, start, low, high, told):
        left = budget.current().deadline - time.monotonic()
        if left > 0:
            time.sleep(left)
        return walked(problem, start, low, high, told)

    walked = parts.walked
    monkeypatch.setattr(parts, "walked", all_of_the_time)
    monkeypatch.setattr(parts, "LATE", 0.1)
    begin = time.monotonic()
    with spending(Budget(seconds_from_now(0.5))):
        found = path(*TABLES["random"], executor=engine)
    assert time.monotonic() - begin < 2  # one after the other they take 4
    assert found.status == "undecided"
    assert "time" in found.undecided[0].reason


def test_jobs_on_the_command_line(tmp_path, capsys):
    file = tmp_path / "data.csv"
    file.write_text("1,1\n2,3\n-1,2\n")
    answers = []
    for jobs in ("1", "2"):
        assert main(["path", str(file), "--jobs", jobs, "--json"]) == 0
        answers.append({**json.loads(capsys.readouterr().out), "seconds": None})
    assert answers[0] == answers[1]
    assert main(["path", str(file), "--jobs", "2", "--gap", "1/100", "--json"]) == 0


def test_a_linear_term_that_leaves_is_named_alike():
    """It is two neurons, and parts that begin elsewhere carry the other one."""
    X, y = [[2, 6], [5, -3], [0, 1], [2, -8], [-9, 3], [-7, 7]], [3, 1, 7, 8, -1, -8]
    alone = path(X, y, bias="free")
    with ThreadPoolExecutor(2) as engine:
        assert said(path(X, y, bias="free", executor=engine)) == said(alone)
    assert {e["type"] for b in said(alone)["breakpoints"] for e in b["events"]} >= {"leave"}


def test_two_neurons_of_a_linear_term_that_move_apart_have_an_event_each():
    """With one feature both are kinks at infinity: all neurons that are on one side alone come or go."""
    found = said(path([[1], [6], [-1], [-4], [2]], [-2, -3, 7, -1, -7], bias="free"))
    assert {b["exact"] for b in found["breakpoints"]} >= {"173/6", "161/5"}
    for b in found["breakpoints"]:
        alone = [k for k, p in enumerate(b["at"]) if (p in b["above"]) != (p in b["below"])]
        assert sorted(e["neuron"] for e in b["events"]) == alone


def test_of_parallel_rows_the_first_is_named():
    """Rows 2 and 6 are opposite; parts that are walked the other way round meet the condition of the other one."""
    X, y = [[-7, -7], [-3, 3], [2, 0], [7, 6], [-4, -6], [2, -2]], [7, 8, 0, -9, -3, 8]
    alone = path(X, y, skip=True)
    with ThreadPoolExecutor(2) as engine:
        assert said(path(X, y, skip=True, executor=engine)) == said(alone)
    rows = [e["row"] for b in said(alone)["breakpoints"] for e in b["events"] if e["row"] is not None]
    assert rows == [1, 1]
