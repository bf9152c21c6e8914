"""A skipped test is a failure: every engine must be present where the tests run. Marks come from `marks`.

The seed of the batteries is fresh in every run by hand, fixed in `.ci/test`, and printed at its end.
"""

import os
import random

import pytest

from tests.marks import SLOW, SYSTEM

# As the command line does, before numpy is imported: threads for small matrices wait for each other, beside a worker
# on every core for most of the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def pytest_configure():
    # Workers inherit the environment, and with it the seed.
    os.environ.setdefault("POLYRELU_SEED", str(random.randrange(10**6)))


def pytest_terminal_summary(terminalreporter):
    seed = os.environ["POLYRELU_SEED"]
    terminalreporter.write_line(f"seed of the batteries: {seed} (POLYRELU_SEED={seed} repeats it)")


def pytest_collection_modifyitems(items):
    for item in items:
        name = getattr(item, "originalname", item.name)
        for marked, mark in ((SLOW, "slow"), (SLOW, "no_cover"), (SYSTEM, "system")):
            if name in marked:
                item.add_marker(mark)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped; every test must run (is an engine missing?)"
