"""Deep verification of many erasures names the one whose bytes are somewhere deep."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from tests.erasing import Person, filed

from wavehouse import erasure
from wavehouse.erasure import Status
from wavehouse.workspace import Workspace

Make = Callable[[str], Person]


def deeply(workspace: Workspace) -> Workspace:
    values = dict(workspace.settings.values)
    values["erasure_verification"] = replace(values["erasure_verification"], value="deep")
    return replace(workspace, settings=replace(workspace.settings, values=values))


def dead_rows(workspace: Workspace, email: str, key: UUID) -> None:
    """A deleted row with an address, and one with an id, in a table of nobody."""
    with psycopg.connect(workspace.stores.listeners.place.admin, autocommit=True) as admin:
        admin.execute("CREATE TABLE public.scratch (note text) WITH (autovacuum_enabled = off)")
        admin.execute("CREATE TABLE public.keys (key uuid) WITH (autovacuum_enabled = off)")
        admin.execute("INSERT INTO public.scratch VALUES (%s)", [email])
        admin.execute("INSERT INTO public.keys VALUES (%s)", [key])
        admin.execute("DELETE FROM public.scratch")
        admin.execute("DELETE FROM public.keys")


def copied_log(data: Path, email: str) -> Path:
    """A segment of the log that somebody copied: a record with the row among other bytes."""
    folder = data / "copied"
    folder.mkdir()
    record = bytes([2 * (len(email) + 1) + 1]) + email.encode() + b"\x0bPhone"
    (folder / "000000010000000000000001").write_bytes(b"\xd1" * 70_000 + record + bytes(70_000))
    return folder


def packed(home: Path, email: str) -> Path:
    """An export inside an archive inside the spool."""
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", f"name,email\r\n{'x' * 900},{email}\r\n")
    path = home / "spool" / "export.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", text.getvalue())
    return path


def test_bytes_that_are_somewhere_deep_name_their_person_and_no_other(
    workspace: Workspace, person: Make
) -> None:
    """A dead row, an id of sixteen bytes, a copy of the log, an archive; two people are clean."""
    deep = deeply(workspace)
    people = [person(f"{uuid4().hex[:12]}@example.org") for _ in range(6)]
    row, key, log, packet = people[1:5]
    server = workspace.stores.server
    assert server is not None
    dead_rows(workspace, row.email, key.listener_id)
    folder = copied_log(server.data, log.email)
    archive = packed(workspace.settings.home, packet.email)
    ids = [filed(deep, each) for each in people]

    def run() -> tuple[list[erasure.Outcome], list[erasure.Stopped]]:
        return erasure.run_many(deep.stores, deep.settings, identity=deep.identity, request_ids=ids)

    try:
        outcomes, stopped = run()
        assert {ids[0], ids[5]} == {each.request.erasure_request_id for each in outcomes}
        for outcome in outcomes:
            levels = (outcome.certificate or {})["levels"]
            assert {"nothing found"} == {level["result"] for level in levels.values()}
        reasons = {each.request_id: each.reason for each in stopped}
        assert set(ids[1:5]) == set(reasons)
        assert "an identifier was found in base/" in reasons[ids[1]]
        assert "an identifier was found in base/" in reasons[ids[2]]
        assert "found in copied/000000010000000000000001" in reasons[ids[3]]
        assert "found in spool/export.zip" in reasons[ids[4]]
    finally:
        shutil.rmtree(folder)
        archive.unlink()
        with psycopg.connect(workspace.stores.listeners.place.admin, autocommit=True) as admin:
            admin.execute("DROP TABLE public.scratch, public.keys")
            admin.execute("CHECKPOINT")

    ids = ids[1:5]
    outcomes, stopped = run()
    assert [] == stopped
    assert [Status.COMPLETED] * 4 == [each.request.status for each in outcomes]
