"""The store of sealed files in a bucket: S3, or what speaks its protocol.

Needs the extra ``wavehouse[s3]``. Credentials, region and endpoint are the usual variables
(``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``). Files are
read from a cache of this account on this machine, because DuckDB reads buckets only by an extension
that it downloads.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from wavehouse.kernel import files
from wavehouse.kernel.errors import NotFound, Refused, Unreachable, UsageError
from wavehouse.measurement.adapters.sealed_locks import is_free

_UNFINISHED = ".unfinished"
_PLAIN = re.compile(r"[^A-Za-z0-9-]")


@contextmanager
def _errors(where: str) -> Iterator[None]:
    """Errors of the store as the product's own."""
    from obstore import exceptions

    try:
        yield
    except (FileNotFoundError, exceptions.NotFoundError):
        raise NotFound(
            "a sealed file is missing",
            where=where,
            hint="Restore it from a backup or an older version of the object.",
            command="wavehouse warehouse verify",
        ) from None
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
        raise Refused(
            "the sealed store refused access",
            where=where,
            hint="Compare the credentials and the bucket's policy with what the store needs: "
            "reading, writing and deleting objects below its prefix.",
        ) from None
    except exceptions.BaseError as error:
        reason = str(error).strip().partition("\n")[0][:200]
        raise Unreachable(f"the sealed store does not respond: {reason}", where=where) from error


class ObjectStore:
    """Sealed files as objects below a prefix of a bucket; a file is cached when it is read."""

    def __init__(self, location: str, *, cache: Path | None = None) -> None:
        try:
            from obstore.store import S3Store
        except ImportError:
            raise UsageError(
                "the store of sealed files needs an extra that is not installed",
                where=location,
                hint="Install the extra with pip: wavehouse[s3].",
            ) from None
        self._location = location.rstrip("/")
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        self._store: Any = S3Store.from_url(
            self._location,
            client_options={"allow_http": plain, "timeout": "60s"},
            retry_config={"max_retries": 3},
        )
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        name = hashlib.sha256(self._location.encode()).hexdigest()[:16]
        self._cache = cache or base / "wavehouse" / "sealed" / name

    @property
    def location(self) -> str:
        """``s3://bucket/prefix``."""
        return self._location

    def scratch(self) -> Path:
        """A path in the cache."""
        folder = files.folder(self._cache / _UNFINISHED)
        return folder / f"{os.getpid()}-{secrets.token_hex(8)}"

    def put(self, name: str, path: Path) -> None:
        """Upload a scratch file; an object appears whole or not at all. The file is removed."""
        import obstore

        with _errors(self._of(name)):
            obstore.put(self._store, name, path)
        path.unlink()

    def read(self, name: str) -> bytes:
        """The content of a small file. NotFound when it is missing."""
        import obstore

        with _errors(self._of(name)):
            return bytes(obstore.get(self._store, name).bytes())

    def local(self, name: str) -> Path:
        """The cached file, downloaded if the object is another one. NotFound when it is missing."""
        import obstore

        with _errors(self._of(name)):
            known = obstore.head(self._store, name)
            target = self._cached(name, str(known["e_tag"]))
            if not target.is_file() or target.stat().st_size != known["size"]:
                files.folder(target.parent)
                unfinished = self.scratch()
                with unfinished.open("xb") as file:
                    unfinished.chmod(0o600)
                    for chunk in obstore.get(self._store, name).stream():
                        file.write(chunk)
                unfinished.replace(target)
                for path in self._copies(name):
                    if path != target:  # a month's index is replaced under its name
                        path.unlink(missing_ok=True)
        return target

    def fetched(self, name: str) -> Path:
        """The cached file, downloaded again."""
        for path in self._copies(name):
            path.unlink(missing_ok=True)
        return self.local(name)

    def in_use(self, name: str) -> bool:
        """Whether a reader of this machine holds the manifest; others read their own copies."""
        return any(not is_free(path) for path in self._copies(name))

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """Hold a shared lock on the cached manifest, and drop other generations of its day."""
        descriptor = os.open(self.local(name), os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            self._drop_others(name)
            yield
        finally:
            os.close(descriptor)

    def remove(self, name: str) -> None:
        """Remove an object and its cached copies; does nothing if it does not exist."""
        import obstore

        with _errors(self._of(name)), suppress(FileNotFoundError):
            obstore.delete(self._store, name)
        for path in self._copies(name):
            path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove scratch files that a killed program left."""
        left = [*(self._cache / _UNFINISHED).glob("*")]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _of(self, name: str) -> str:
        return f"{self._location}/{name}"

    def _cached(self, name: str, tag: str) -> Path:
        """The tag is in the file's name: a leftover that was replaced is another file."""
        path = self._cache / name
        return path.with_name(f"{path.stem}.{_PLAIN.sub('', tag)}{path.suffix}")

    def _copies(self, name: str) -> list[Path]:
        path = self._cache / name
        return [*path.parent.glob(f"{path.stem}.*{path.suffix}")]

    def _drop_others(self, name: str) -> None:
        """Replaced generations are not kept here; what is being read stays."""
        kept = _generation(name)
        folder = (self._cache / name).parent
        for manifest in folder.glob("manifest-*"):
            if (old := _generation(manifest.name)) != kept and is_free(manifest):
                for path in folder.glob(f"*-{old}.*"):
                    path.unlink(missing_ok=True)


def _generation(name: str) -> str:
    return name.rpartition("-")[2].partition(".")[0]
