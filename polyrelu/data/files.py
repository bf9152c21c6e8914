"""Files that are written completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from polyrelu.errors import BadInput


def check_writable(path: str | None, option: str = "--out") -> None:
    """Refuse the output path of an option that cannot be written before any long work begins."""
    if path is None:
        return
    target = Path(path)
    if target.is_dir():
        raise BadInput(f"{option} {path} is a folder; name a file in it")
    if not target.parent.is_dir():
        raise BadInput(f"{option} {path}: the folder {target.parent} does not exist; create it first")
    if not os.access(target.parent, os.W_OK):
        raise BadInput(f"{option} {path}: the folder {target.parent} is not writable; choose another")


def write_whole(path: str, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file completely or not at all: to a temporary file beside it, then rename."""
    target = Path(path)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp is private; a result file follows the user's umask
        os.replace(temporary, target)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        Path(temporary).unlink(missing_ok=True)
