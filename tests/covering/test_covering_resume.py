"""One answer for every engine, and after every interruption."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from fractions import Fraction
from functools import cache
from multiprocessing import get_context

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from polyrelu.covering import Covered, Question, Resisting, checkpoint, cover
from polyrelu.covering.checkpoint import Checkpoint
from polyrelu.errors import BadInput

pytestmark = pytest.mark.usefixtures("short_units")


def large(lam=Fraction(8856)):
    """Some 15,000 boxes; the largest value of f is 8764."""
    rng = np.random.default_rng(5)
    rows, nu = rng.integers(-99, 100, (120, 6)), rng.integers(-9, 10, 120)
    return Question(rows, nu, 0, lam)


@cache
def alone(level=8856):
    """The answer without engines and interruptions."""
    return cover(large(Fraction(level)))


class Stopping(ThreadPoolExecutor):
    """An engine that is interrupted at the task of a given number."""

    def __init__(self, stop):
        super().__init__(1)
        self.stop = stop

    def submit(self, *args):
        self.stop -= 1
        if self.stop == 0:
            future = Future()
            future.set_exception(KeyboardInterrupt())
            return future
        return super().submit(*args)


def test_every_engine_gives_the_same_answer_and_counts():
    assert isinstance(alone(), Covered)
    with ThreadPoolExecutor(2) as threads:
        assert cover(large(), executor=threads) == alone()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert cover(large(), executor=processes) == alone()
        assert cover(large(Fraction(8500)), executor=processes) == alone(8500)


def threads():
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


def test_a_worker_keeps_to_one_core(monkeypatch):
    seen, module = [], sys.modules["polyrelu.covering.cover"]
    search = module.search

    def watched(*unit):
        seen.append(threads())
        return search(*unit)

    monkeypatch.setattr(module, "search", watched)
    with ThreadPoolExecutor(1) as engine:
        two = engine.submit(threadpool_limits, 2, "blas").result()
        assert engine.submit(threads).result() == {2}
        cover(large(), executor=engine)
        engine.submit(two.restore_original_limits).result()
    assert len(seen) > 5
    assert all(count == {1} for count in seen)


def interrupted(question, file, stop):
    with Stopping(stop) as engine, pytest.raises(KeyboardInterrupt):
        cover(question, executor=engine, checkpoint=Checkpoint(file, "mine"))
    assert file.exists()


def same(again, whole):
    """All but the share, whose sum may be rounded in another order."""
    assert type(again) is type(whole)
    assert again.counts.as_tuple()[:-1] == whole.counts.as_tuple()[:-1]
    if isinstance(whole, Resisting):
        assert (again.directions, again.left, again.reason) == (whole.directions, whole.left, whole.reason)


@pytest.mark.parametrize("stop", [2, 10, 25])
@pytest.mark.parametrize("level", [8856, 8500])
def test_an_interrupted_covering_goes_on_where_it_was(tmp_path, stop, level):
    file, question = tmp_path / "coverings", large(Fraction(level))
    whole = alone(level)
    interrupted(question, file, stop)
    before = Checkpoint(file, "mine")
    (state,) = before.states.values()
    assert 0 < state.counts.boxes < whole.boxes
    same(cover(question, checkpoint=before), whole)
    before.write()
    assert not Checkpoint(file, "mine").states


def test_an_answer_that_is_known_is_not_searched_again(tmp_path, monkeypatch):
    file = tmp_path / "coverings"
    kept = Checkpoint(file, "mine")
    asked = [large(), large(Fraction(8500))]
    answers = [cover(question, checkpoint=kept) for question in asked]
    kept.write()

    def search(*unit):
        raise AssertionError("searched again")

    monkeypatch.setattr(sys.modules["polyrelu.covering.cover"], "search", search)
    for question, answer in zip(asked, answers, strict=True):
        assert cover(question, checkpoint=Checkpoint(file, "mine")) == answer
    for other in ({"max_depth": 20}, {"most": 3}, {"max_boxes": 100_000}):
        with pytest.raises(AssertionError, match="searched again"):
            cover(asked[0], checkpoint=Checkpoint(file, "mine"), **other)


def test_coverings_of_one_command_do_not_disturb_each_other(tmp_path):
    """Two under way, of different dimension, and one ended: all in one file."""
    file = tmp_path / "coverings"
    rng = np.random.default_rng(7)
    small = Question(rng.integers(-99, 100, (80, 4)), rng.integers(-9, 10, 80), 0, Fraction(5500))
    interrupted(large(), file, 10)
    interrupted(small, file, 2)
    cover(large(Fraction(8500)), checkpoint=(kept := Checkpoint(file, "mine")))
    kept.write()
    kept = Checkpoint(file, "mine")
    assert (len(kept.states), len(kept.answers)) == (2, 1)
    same(cover(small, checkpoint=kept), cover(small))
    same(cover(large(), checkpoint=kept), alone())


def test_no_box_is_lost_wherever_ctrl_c_strikes(tmp_path, monkeypatch):
    """Also while a wave is booked: the pile is changed at one stroke, or not at all."""
    whole, take, calls = alone(), checkpoint.State.take, [0]

    def struck(self, *found, **root):
        calls[0] += 1
        if calls[0] == 30:
            raise KeyboardInterrupt
        take(self, *found, **root)

    monkeypatch.setattr(checkpoint.State, "take", struck)
    file = tmp_path / "coverings"
    with pytest.raises(KeyboardInterrupt):
        cover(large(), checkpoint=Checkpoint(file, "mine"))
    same(cover(large(), checkpoint=Checkpoint(file, "mine")), whole)


class Dying(ThreadPoolExecutor):
    """An engine whose tasks come to nothing from some number on, in one way or the other."""

    def __init__(self, stop, way):
        super().__init__(1)
        self.stop, self.way = stop, way

    def submit(self, *args):
        self.stop -= 1
        if self.stop > 0:
            return super().submit(*args)
        if self.way == "refuses":
            raise BrokenProcessPool("no workers")
        future = Future()
        if self.way == "cancels":
            future.cancel()
            future.set_running_or_notify_cancel()
        else:
            future.set_exception(BrokenProcessPool("a worker died"))
        return future


@pytest.mark.parametrize("way", ["refuses", "cancels", "dies"])
def test_an_engine_that_dies_costs_only_its_tasks(way):
    with Dying(8, way) as engine:
        assert cover(large(), executor=engine) == alone()


def test_a_deadline_is_kept_while_workers_are_slow(monkeypatch):
    class Slow(ThreadPoolExecutor):
        def submit(self, *args):
            return super().submit(lambda: time.sleep(3))

    begin = time.monotonic()
    engine = Slow(1)
    answer = cover(large(), executor=engine, deadline=begin + 0.2)
    assert isinstance(answer, Resisting)
    assert answer.reason == "time"
    assert time.monotonic() - begin < 2
    engine.shutdown(wait=False)


def test_progress_reaches_one():
    shares = []
    cover(large(), progress=shares.append)
    assert shares == sorted(shares)
    assert abs(shares[-1] - 1) < 1e-9


def test_a_killed_covering_goes_on(tmp_path):
    """Killed without a word while it writes at every wave."""
    file = tmp_path / "covering.npz"
    program = (
        "import sys; from tests.covering.test_covering_resume import large;"
        "from polyrelu.covering import checkpoint, cover;"
        "checkpoint.SECONDS, checkpoint.LEAST = 0.0, 32;"
        "cover(large(), checkpoint=checkpoint.Checkpoint(sys.argv[1], 'mine'))"
    )
    run = subprocess.Popen([sys.executable, "-c", program, str(file)], cwd=os.getcwd())
    for _ in range(2000):
        if file.exists() or run.poll() is not None:
            break
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert Checkpoint(file, "mine").states
    same(cover(large(), checkpoint=Checkpoint(file, "mine")), alone())


def test_a_checkpoint_is_written_within_a_wave(tmp_path, monkeypatch):
    """A wave may last for minutes: nothing is lost but the unit that was searched."""
    file, seen = tmp_path / "coverings", []
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    write = Checkpoint.write

    def watched(kept):
        seen.extend(kept.states.values())
        write(kept)

    monkeypatch.setattr(Checkpoint, "write", watched)
    cover(large(), checkpoint=Checkpoint(file, "mine"))
    assert sum(state.wave > 0 for state in seen) > 5


def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path):
    file = tmp_path / "coverings"
    interrupted(large(), file, 5)
    whole = file.read_bytes()
    with pytest.raises(BadInput, match="another problem"):
        Checkpoint(file, "yours")
    rng = np.random.default_rng(1)
    for place in [*rng.integers(0, len(whole), 40), len(whole) // 2]:
        broken = bytearray(whole)
        broken[place] ^= 1 + int(rng.integers(0, 255))
        file.write_bytes(bytes(broken))
        with pytest.raises(BadInput, match="damaged"):
            Checkpoint(file, "mine")
    for cut in (0, 10, len(whole) // 2):
        file.write_bytes(whole[:cut])
        with pytest.raises(BadInput, match="damaged"):
            Checkpoint(file, "mine")
