"""One answer for every engine, and after every interruption."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from multiprocessing import get_context

import numpy as np
import pytest

from polyrelu.covering import Covered, Question, cover
from polyrelu.errors import BadInput


def large(lam=Fraction(8856)):
    """Some 15,000 boxes; the largest value of f is 8764."""
    rng = np.random.default_rng(5)
    rows, nu = rng.integers(-99, 100, (120, 6)), rng.integers(-9, 10, 120)
    return Question(rows, nu, 0, lam)


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
    alone = cover(large())
    assert isinstance(alone, Covered)
    with ThreadPoolExecutor(2) as threads:
        assert cover(large(), executor=threads) == alone
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert cover(large(), executor=processes) == alone
        below = large(Fraction(8500))
        assert cover(below, executor=processes) == cover(below)


@pytest.mark.parametrize("stop", [2, 10, 25])
def test_an_interrupted_covering_goes_on_where_it_was(tmp_path, stop):
    file = tmp_path / "covering.npz"
    whole = cover(large())
    with Stopping(stop) as engine, pytest.raises(KeyboardInterrupt):
        cover(large(), executor=engine, checkpoint=file)
    assert file.exists()
    again = cover(large(), checkpoint=file)
    assert isinstance(again, Covered)
    assert again.counts.as_tuple()[:-1] == whole.counts.as_tuple()[:-1]
    assert not file.exists()


@pytest.mark.parametrize("stop", [4, 20])
def test_what_resists_is_the_same_after_an_interruption(tmp_path, stop):
    file, below = tmp_path / "covering.npz", large(Fraction(8500))
    whole = cover(below)
    with Stopping(stop) as engine, pytest.raises(KeyboardInterrupt):
        cover(below, executor=engine, checkpoint=file)
    again = cover(below, checkpoint=file)
    assert again.directions == whole.directions
    assert again.counts.as_tuple()[:-1] == whole.counts.as_tuple()[:-1]


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
        "checkpoint.SECONDS = 0.0; cover(large(), checkpoint=sys.argv[1]); print('ended')"
    )
    run = subprocess.Popen([sys.executable, "-c", program, str(file)], cwd=os.getcwd())
    for _ in range(2000):
        if file.exists() or run.poll() is not None:
            break
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    again = cover(large(), checkpoint=file)
    assert again.counts.as_tuple()[:-1] == cover(large()).counts.as_tuple()[:-1]


def test_a_damaged_or_foreign_checkpoint_is_refused(tmp_path):
    file = tmp_path / "covering.npz"
    with Stopping(5) as engine, pytest.raises(KeyboardInterrupt):
        cover(large(), executor=engine, checkpoint=file)
    whole = file.read_bytes()
    with pytest.raises(BadInput, match="another question"):
        cover(large(Fraction(8857)), checkpoint=file)
    rng = np.random.default_rng(1)
    for place in [*rng.integers(0, len(whole), 40), len(whole) // 2]:
        broken = bytearray(whole)
        broken[place] ^= 1 + int(rng.integers(0, 255))
        file.write_bytes(bytes(broken))
        with pytest.raises(BadInput, match="damaged"):
            cover(large(), checkpoint=file)
    for cut in (0, 10, len(whole) // 2):
        file.write_bytes(whole[:cut])
        with pytest.raises(BadInput):
            cover(large(), checkpoint=file)
