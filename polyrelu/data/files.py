"""Files that are written completely or not at all, and only where a regular file is or may be.

A link to a regular file is written through and stays a link. A folder, a device, a pipe, a socket and a link to
anything else are refused, and so is a file that the command reads.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from polyrelu.errors import BadInput

KINDS = {
    stat.S_IFDIR: "a folder; name a file in it",
    stat.S_IFCHR: "a device; name a file",
    stat.S_IFBLK: "a device; name a file",
    stat.S_IFIFO: "a pipe; name a file",
    stat.S_IFSOCK: "a socket; name a file",
}


def check_writable(path: str | None, option: str = "--out", inputs: Sequence[str | None] = ()) -> None:
    """Refuse the output path of an option before any long work begins, if it cannot or must not be written.

    `inputs` are the files that the command reads, `-` for standard input.
    """
    if path is None:
        return
    target = _destination(path, option)
    if any(_is_same(target, read) for read in inputs if read is not None):
        raise BadInput(f"{option} {path} is a file that is read here; choose another, it would be lost")
    if not target.parent.is_dir():
        raise BadInput(f"{option} {path}: the folder {target.parent} does not exist; create it first")
    if not os.access(target.parent, os.W_OK):
        raise BadInput(f"{option} {path}: the folder {target.parent} is not writable; choose another")
    if target.exists() and not os.access(target, os.W_OK):
        raise BadInput(f"{option} {path} is write-protected; choose another file")


def _destination(path: str, option: str) -> Path:
    """The regular file, existing or not, that a path leads to through all its links."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except FileNotFoundError:
        if os.path.islink(path):
            raise BadInput(f"{option} {path} is a link to a file that does not exist; name a file") from None
        return Path(path)
    except OSError as error:
        raise BadInput(f"{option} {path}: {error.strerror or error}; name another file") from None
    if kind != stat.S_IFREG:
        raise BadInput(f"{option} {path} is {KINDS.get(kind, 'no regular file; name one')}")
    return Path(os.path.realpath(path))


def _is_same(target: Path, read: str) -> bool:
    """Whether the target is the file that is read, also by another path, a link or a hard link."""
    try:
        return os.path.samestat(
            os.stat(target), os.fstat(sys.stdin.fileno()) if read == "-" else os.stat(read)
        )
    except (OSError, ValueError):  # one of them does not exist, or standard input is no file
        return False


def write_whole(path: str, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file completely or not at all: to a temporary file beside it, then rename."""
    target, temporary = _destination(path, "cannot write:"), None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".polyrelu-")
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those of a new file: mkstemp's own are private."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
