"""Private files and folders: created with their mode, without following untrusted links.

A secret whose mode is restricted only after writing can be read in between, so every file here is
created by one call with mode 0600 (folders: 0700). A link is followed only if root or this account
made it, or if no other account may write to its folder: otherwise a process that runs as root could
be directed to any file.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wavehouse.kernel.errors import Refused

_PASS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_CLOEXEC
_MOST_LINKS = 40
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
_OTHERS_MAY_WRITE = 0o022
KEPT_ASIDE = ("before-restore-", "undone-restore-")
"""Names of the folders of a home that hold a state which a restore, or its undo, replaced."""
_usual_umask = 0o022


def close_umask() -> None:
    """Make all files that this process creates private to its account: reports, samples, spools."""
    global _usual_umask
    _usual_umask = os.umask(0o077)


@contextmanager
def shared() -> Iterator[None]:
    """Files created in this block get the user's umask, so that a team can share them."""
    closed = os.umask(_usual_umask)
    try:
        yield
    finally:
        os.umask(closed)


def create(path: Path, content: bytes, *, owner: tuple[int, int] | None = None) -> None:
    """Create a file with mode 0600 and this content, on disk when the call returns.

    It gets its name when it is complete: a kill leaves no half of a secret. ``owner`` (uid, gid) is
    set before the content is written. FileExistsError if the name is taken, even by a link; Refused
    as for ``opened``.
    """
    folder = _opened_folder(path.parent)
    unfinished = f".{path.name[:200]}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        _write_new(unfinished, content, folder=folder, owner=owner)
        try:
            os.link(unfinished, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.unlink(unfinished, dir_fd=folder)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            error.filename = str(path)
            raise
        _write_new(path.name, content, folder=folder, owner=owner)
    finally:
        os.close(folder)


def replace(path: Path, content: bytes, *, owner: tuple[int, int] | None = None) -> None:
    """Write a file atomically with mode 0600; replaces an existing file or link."""
    folder = _opened_folder(path.parent)
    unfinished = f".{path.name[:200]}.{os.getpid()}"
    try:
        with suppress(FileNotFoundError):
            os.unlink(unfinished, dir_fd=folder)
        _write_new(unfinished, content, folder=folder, owner=owner)
        os.rename(unfinished, path.name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(unfinished, dir_fd=folder)
        raise
    finally:
        os.close(folder)


def _write_new(name: str, content: bytes, *, folder: int, owner: tuple[int, int] | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as file:
        if owner is not None:
            os.fchown(file.fileno(), *owner)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_output(path: Path, content: bytes) -> None:
    """Write a command's output file as ``replace`` does; devices and pipes are written to.

    A file that another account has put there, or a link to one, does not get the content.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
    else:
        replace(path, content)


def read(path: Path) -> bytes:
    """The content of a regular file, not of a link. Raises OSError, and Refused like ``opened``."""
    with os.fdopen(opened(path, os.O_RDONLY), "rb") as file:
        return file.read()


def remove(path: Path) -> None:
    """Remove a file or a link by its name; does nothing if it does not exist."""
    folder = _opened_folder(path.parent)
    try:
        os.unlink(path.name, dir_fd=folder)
    except FileNotFoundError:
        pass
    finally:
        os.close(folder)


def opened(path: Path, flags: int, mode: int = 0o600) -> int:
    """A descriptor of a regular file that is not a link; new files get ``mode``.

    OSError as from ``os.open``; Refused for links on the path that another account may have made,
    and for anything that is not a regular file.
    """
    folder = _opened_folder(path.parent)
    try:
        try:
            descriptor = os.open(
                path.name,
                flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK,
                mode,
                dir_fd=folder,
            )
        except OSError as error:
            if path.is_symlink():
                raise _is_a_link(path) from None
            error.filename = str(path)
            raise
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("this is not a regular file", where=str(path))
    return descriptor


def folder(path: Path, mode: int = 0o700) -> Path:
    """Create a folder and its parents with this mode, whatever the umask; keeps existing ones."""
    path = path.absolute()
    missing = [each for each in (path, *path.parents) if not os.path.lexists(each)]
    for each in reversed(missing):
        above = _opened_folder(each.parent)
        try:
            os.mkdir(each.name, mode, dir_fd=above)
            os.chmod(each.name, mode, dir_fd=above)
        except FileExistsError:
            pass  # another process was faster
        finally:
            os.close(above)
    os.close(_opened_folder(path))
    return path


def _opened_folder(path: Path) -> int:
    """A descriptor of a folder, reached step by step, without following untrusted links."""
    waiting = list(path.absolute().parts[1:])
    waiting.reverse()
    current, links = os.open("/", _PASS), 0
    try:
        while waiting:
            name = waiting.pop()
            if name in {"", "."}:
                continue
            following = os.open(name, _PASS | os.O_NOFOLLOW, dir_fd=current)
            if stat.S_ISLNK(os.fstat(following).st_mode):
                links += 1
                target = _target(name, current, following, path, links)
                waiting.extend(reversed([part for part in target.split("/") if part]))
                start = "/" if target.startswith("/") else "."
                following = os.open(start, _PASS, dir_fd=current)
            os.close(current)
            current = following
        if not stat.S_ISDIR(os.fstat(current).st_mode):
            raise NotADirectoryError(20, "Not a directory", str(path))
    except OSError as error:
        os.close(current)
        error.filename = str(path)
        raise
    except Refused:
        os.close(current)
        raise
    return current


def _target(name: str, parent: int, link: int, path: Path, links: int) -> str:
    """The target of a link, if it may be followed."""
    mine = (0, os.geteuid())
    maker = os.fstat(link).st_uid
    os.close(link)
    above = os.fstat(parent)
    closed = above.st_uid in mine and not above.st_mode & _OTHERS_MAY_WRITE
    if links > _MOST_LINKS or not (closed or maker in mine):
        raise _is_a_link(path)
    return os.readlink(name, dir_fd=parent)


def _is_a_link(path: Path) -> Refused:
    return Refused(
        "the path goes through a symbolic link, in a folder that another account can write to",
        where=str(path),
        hint="Remove the link, or choose a folder that only your account can write to.",
    )
