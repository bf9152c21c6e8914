"""A running Dask cluster as an executor: the extra `dask`."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from polyrelu.errors import BadInput, EngineMissing

CONNECT_SECONDS = "10s"


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers behind a scheduler's address, such as tcp://10.0.0.1:8786."""
    try:
        import distributed
    except ImportError:
        raise EngineMissing("--dask needs Dask; install it with: pip install 'polyrelu[dask]'") from None
    try:
        with _no_collection():
            client: Any = distributed.Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise BadInput(f"--dask {address}: no scheduler answers there ({type(error).__name__})") from None
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Garbage is collected before, and not within: an old client that ends while a new one starts waits for ever.

    A client that has found no scheduler is such garbage, and closes itself; both need the same lock.
    """
    gc.collect()
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
