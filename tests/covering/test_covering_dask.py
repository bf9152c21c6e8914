"""A covering on a local Dask cluster: the same answer, also when a worker is killed in the middle."""

import json
import os
import signal
import warnings

import numpy as np
import pytest

from polyrelu.cli import main
from polyrelu.covering import cover
from polyrelu.interop.cluster import dask_executor
from tests.covering.test_covering_resume import large

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    with warnings.catch_warnings():  # of the cluster about itself
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as running:
            yield running


@pytest.fixture
def alone(short_units):
    return cover(large())


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_answer_and_counts(cluster, alone):
    with dask_executor(cluster.scheduler_address) as executor:
        assert cover(large(), executor=executor) == alone


@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_costs_only_its_tasks(cluster, alone):
    before = {worker.pid for worker in cluster.workers.values()}
    victim = min(before)
    shares = []

    def kill_one(share):
        shares.append(share)
        if len(shares) == 4:
            os.kill(victim, signal.SIGKILL)

    with dask_executor(cluster.scheduler_address) as executor:
        assert cover(large(), executor=executor, progress=kill_one) == alone
    assert len(shares) > 8  # it was in the middle
    assert shares[3] < shares[-1]


@pytest.mark.filterwarnings("ignore")
def test_a_command_on_a_cluster_prints_the_same(cluster, tmp_path, capsys):
    path = tmp_path / "data.csv"
    np.savetxt(path, np.random.default_rng(3).integers(-99, 100, (40, 5)), fmt="%d", delimiter=",")
    shown = []
    for engine in ([], ["--dask", cluster.scheduler_address]):
        assert main(["bound", str(path), "--lam", "9000", "--gap", "1e-3", "--json", *engine]) == 0
        shown.append({**json.loads(capsys.readouterr().out), "seconds": 0})
    assert shown[0] == shown[1]
