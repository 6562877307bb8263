"""A bucket that refuses, is slow or breaks off: an S3-shaped server of this process with faults."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from tests.buckets import use_bucket

from wavehouse.kernel.errors import NotFound, Refused, Unreachable
from wavehouse.measurement.adapters.sealed_store import SealedStore, checked, sha256_of, store_at
from wavehouse.measurement.types import SealedFile

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("obstore") is None, reason="not run here: no obstore"
)
NAME = "dt=2026-11-12/events-000001.parquet"
MANIFEST = "dt=2026-11-12/manifest-000001.json"


class Bucket(ThreadingHTTPServer):
    """Objects by path; ``faults`` are the statuses of the next requests, then it works."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects: dict[str, bytes] = {}
        self.faults: list[tuple[int, str]] = []
        self.cut = 0
        """Bytes after which the next GET breaks off; 0 for never."""
        self.requests = 0


def _key(path: str) -> str:
    return unquote(path.partition("?")[0])


class Handler(BaseHTTPRequestHandler):
    """PUT, GET, HEAD and DELETE of whole objects."""

    protocol_version = "HTTP/1.1"
    server: Bucket

    def log_message(self, *_: Any) -> None:
        """Print nothing."""

    def _answer(self, status: int, content: bytes = b"", etag: str = "") -> None:
        self.send_response(status)
        if etag:
            self.send_header("ETag", f'"{etag}"')
            self.send_header("Last-Modified", "Thu, 12 Nov 2026 10:00:00 GMT")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _fault(self) -> bool:
        self.server.requests += 1
        if not self.server.faults:
            return False
        status, code = self.server.faults.pop(0)
        self.close_connection = True
        self._answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())
        return True

    def do_PUT(self) -> None:
        """Store an object."""
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self._fault():
            self.server.objects[_key(self.path)] = content
            self._answer(200, etag=hashlib.md5(content, usedforsecurity=False).hexdigest())

    def do_GET(self) -> None:
        """Return an object, or its beginning when it is cut."""
        if self._fault():
            return
        content = self.server.objects.get(_key(self.path))
        if content is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if self.server.cut and self.command == "GET":
            self.send_response(200)
            self.send_header("ETag", f'"{etag}"')
            self.send_header("Last-Modified", "Thu, 12 Nov 2026 10:00:00 GMT")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: self.server.cut])
            self.close_connection = True
            return
        self._answer(200, content, etag)

    def do_HEAD(self) -> None:
        """Return the facts of an object."""
        self.do_GET()

    def do_POST(self) -> None:
        """Remove the objects of a list: the client deletes by ``POST ?delete``."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self._fault():
            return
        base = self.path.partition("?")[0].rstrip("/")
        removed = ""
        for key in re.findall("<Key>(.*?)</Key>", body):
            self.server.objects.pop(f"{_key(base)}/{key}", None)
            removed += f"<Deleted><Key>{key}</Key></Deleted>"
        self._answer(200, f"<DeleteResult>{removed}</DeleteResult>".encode())


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bucket]:
    """An empty bucket, with credentials in the environment."""
    server = Bucket()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    use_bucket(
        monkeypatch,
        endpoint=f"http://127.0.0.1:{server.server_address[1]}",
        cache=tmp_path / "cache",
    )
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def stored(store: SealedStore, name: str, content: bytes) -> None:
    """Put an object."""
    scratch = store.scratch()
    scratch.write_bytes(content)
    store.put(name, scratch)


def calls(store: SealedStore) -> dict[str, Any]:
    """Everything that a store does with the network."""
    return {
        "read": lambda: store.read(MANIFEST),
        "local": lambda: store.local(NAME),
        "fetched": lambda: store.fetched(NAME),
        "put": lambda: stored(store, NAME, b"new"),
        "remove": lambda: store.remove(NAME),
    }


@pytest.mark.parametrize("call", ["read", "local", "fetched", "put", "remove"])
@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (401, "InvalidToken"),
                                             (403, "RequestTimeTooSkewed")])  # fmt: skip
def test_a_bucket_that_refuses_access_is_exit_code_4(
    bucket: Bucket, call: str, status: int, code: str
) -> None:
    """Also when the reason is the clock of this machine; what is stored stays as it was."""
    store = store_at("s3://archive/sealed")
    for name in (NAME, MANIFEST):
        stored(store, name, b"content")
    before = dict(bucket.objects)
    bucket.faults = [(status, code)] * 20

    with pytest.raises(Refused, match="refused access") as error:
        calls(store)[call]()

    assert 4 == error.value.exit_code
    assert before == bucket.objects


@pytest.mark.parametrize("call", ["read", "local", "fetched", "put", "remove"])
@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown"),
                                             (503, "ServiceUnavailable")])  # fmt: skip
def test_a_passing_fault_of_a_bucket_is_tried_again(
    bucket: Bucket, call: str, status: int, code: str
) -> None:
    """Twice; an object then has its content."""
    store = store_at("s3://archive/sealed")
    for name in (NAME, MANIFEST):
        stored(store, name, b"content")
    bucket.faults = [(status, code)] * 2

    calls(store)[call]()

    assert [] == bucket.faults
    if call == "remove":
        assert 1 == len(bucket.objects)
    elif call != "put":
        assert b"content" == store.local(NAME).read_bytes() == store.read(MANIFEST)


def test_a_bucket_that_stays_down_is_unreachable(bucket: Bucket) -> None:
    """Exit code 5 after a few attempts, and nothing of the upload is there."""
    store = store_at("s3://archive/sealed")
    bucket.faults = [(503, "SlowDown")] * 50
    with pytest.raises(Unreachable, match="does not respond") as error:
        stored(store, NAME, b"content")
    assert 5 == error.value.exit_code
    bucket.faults = []
    with pytest.raises(NotFound, match="missing"):
        store.local(NAME)


def test_a_download_that_breaks_off_leaves_no_file_that_is_read(bucket: Bucket) -> None:
    """The cached file appears whole or not at all; the next attempt succeeds."""
    store = store_at("s3://archive/sealed")
    content = bytes(range(256)) * 4096
    stored(store, NAME, content)
    bucket.cut = 100_000
    try:
        half = store.local(NAME).read_bytes()
    except Unreachable:
        half = content
    assert content == half
    bucket.cut = 0
    assert content == store.local(NAME).read_bytes()
    assert 0 == len(
        [path for path in store.local(NAME).parent.iterdir() if path.stat().st_size < 2**20]
    )


def test_an_object_that_was_uploaded_in_part_by_another_program_is_refused(bucket: Bucket) -> None:
    """Its hash is not the sealed one, in the bucket and in a cached copy."""
    store = store_at("s3://archive/sealed")
    content = bytes(range(256)) * 64
    stored(store, NAME, content)
    path = store.local(NAME)
    file = SealedFile(NAME, 1, len(content), sha256_of(path), None, None)
    assert path == checked(store, file)
    bucket.objects = {key: value[:-100] for key, value in bucket.objects.items()}
    with pytest.raises(Refused, match="was changed"):
        checked(store, file)
