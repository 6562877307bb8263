"""An organization is erased from sealed days and from a warehouse; the one beside it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import duckdb
import pytest
from tests.erasing import erased
from tests.tenants.world import Tenant, two_tenants

from wavehouse import erasure, governance, measurement
from wavehouse.engines import digest
from wavehouse.erasure import Status, SubjectKind, Wanted
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Refused
from wavehouse.measurement.rules.sealing import KINDS
from wavehouse.measurement.service import sealing
from wavehouse.measurement.service import warehouse as service
from wavehouse.workspace import Workspace

SOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
"""When the logs are read and the organization is erased."""
LATER = datetime(2027, 2, 12, 12, tzinfo=UTC)
"""When the days up to 13 November are older than 90 days."""
COLD = (date(2026, 11, 10), date(2026, 11, 11))
SHARED, ALONE, UNSEALED = date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 17)
"""Days in partitions: of both, of the erased organization alone, of it alone and never sealed."""
_LINE = (
    '198.51.100.{host} - - [{day:%d/%b/%Y}:10:00:00 +0000] "GET /one.mp3 HTTP/1.1" 200 10000000 '
    '"-" "Pocket Casts/7.70" "-" "-" "media-{word}.example"\n'
)


@pytest.fixture(autouse=True)
def _soon() -> Iterator[None]:
    """Days that are older than raw rows are kept could not be read."""
    with clock.frozen(SOON):
        yield


@pytest.fixture
def tenants(workspace: Workspace, tmp_path: Path) -> tuple[Tenant, Tenant]:
    """Two organizations with days that are cold, sealed and unsealed; all are in the warehouse."""
    first, second = two_tenants(workspace, tmp_path)
    _read(first, COLD[0])
    for day in (*COLD, ALONE, UNSEALED):
        _read(second, day)
    measurement.count(workspace.stores.operational, workspace.settings)
    measurement.roll_up(workspace.stores)
    for day in (*COLD, SHARED, ALONE):
        _seal(workspace, day, day)
    _push(workspace)
    _drop_cold(workspace)
    return first, second


def _read(tenant: Tenant, day: date) -> None:
    log = tenant.folder / f"{day}.log"
    log.write_text(
        "".join(_LINE.format(word=tenant.word, host=host, day=day) for host in range(1, 4))
    )
    workspace = tenant.workspace
    operational, settings = workspace.stores.operational, workspace.settings
    for _ in measurement.ingest_logs(operational, settings, [log], identity=workspace.identity):
        pass


def _seal(workspace: Workspace, first: date | None = None, last: date | None = None) -> list[date]:
    done = measurement.seal(workspace.stores, workspace.settings, first=first, last=last)
    assert [] == [each.reason for each in done if each.reason]
    measurement.index_listeners(workspace.stores)
    return [each.day for each in done]


def _push(workspace: Workspace) -> None:
    stores = workspace.stores
    with closing(service.open_warehouse(workspace.settings)) as engine:
        due = [day for day in service.days(stores, engine) if day.push_due]
        service.push(stores, engine, listed=due)
        due = [day for day in service.days(stores, engine) if service.run_due(day)]
        service.run(stores, engine, listed=due)
        assert () == service.compare(stores, engine).differing


def _drop_cold(workspace: Workspace) -> None:
    with clock.frozen(LATER):
        stores, settings = workspace.stores, workspace.settings
        made = governance.plan(stores, settings, large=True)
        done = governance.apply(
            stores, settings, identity=workspace.identity, digest=made.digest, large=True
        )
    assert "done" == {run.policy: run.status for run in done.runs}["listener events"]
    assert set(COLD) == _in_state(workspace, "cold")


def _in_state(workspace: Workspace, state: str) -> set[date]:
    return {day.day for day, its in sealing.states(workspace.stores) if its.value == state}


def _rows(workspace: Workspace, organization: UUID) -> set[tuple[str, str]]:
    """An organization's rows in sealed files and in the warehouse, by day and kind or table."""
    found: set[tuple[str, str]] = set()
    with duckdb.connect() as files:
        for file in sorted((workspace.settings.home / "sealed").rglob("*.parquet")):
            name = f"{file.parent.name} {file.name.partition('-')[0]}"
            found |= _of(files, name, f"read_parquet('{file}')", organization)
    with duckdb.connect(workspace.settings.home / "warehouse.duckdb", read_only=True) as there:
        tables = there.execute("SELECT table_schema, table_name FROM information_schema.tables")
        for schema, table in tables.fetchall():
            found |= _of(there, table, f'"{schema}"."{table}"', organization)
    return found


def _of(
    engine: duckdb.DuckDBPyConnection, name: str, source: str, organization: UUID
) -> set[tuple[str, str]]:
    rows = engine.execute(f"SELECT * FROM {source}")
    kept = [n for n, column in enumerate(rows.description) if column[0] != "computed_at"]
    texts = (str([row[n] for n in kept]) for row in rows.fetchall())
    return {(name, text) for text in texts if str(organization) in text}


def _rollups(workspace: Workspace, organization: UUID) -> str:
    with workspace.stores.analytics.worker() as tx:
        rows = tx.values(
            """
            SELECT concat_ws(' ', hour, podcast_id, downloads, listeners, events)
            FROM analytics.listener_events_hourly WHERE organization_id = %(id)s ORDER BY 1
            """,
            {"id": organization},
        )
    return digest([(row,) for row in rows])


def test_no_sealed_file_and_no_warehouse_keeps_a_row_of_an_erased_organization(
    tenants: tuple[Tenant, Tenant],
) -> None:
    """Sealed files before the certificate is issued, the warehouse with the next push and run."""
    first, second = tenants
    workspace = first.workspace
    own, other = (each.workspace.identity.organization_id for each in tenants)
    whole, rollups = _rows(workspace, own), _rollups(workspace, own)
    before = {name for name, _ in _rows(workspace, other)}
    expected = {f"dt={day} {kind}" for day in (*COLD, SHARED, ALONE) for kind in KINDS}
    expected |= {"audience 2026"}
    assert expected | {"listener_events"} <= before
    outcome = erased(second.workspace, Wanted(SubjectKind.ORGANIZATION, "zqbirch"))
    left = {name for name, _ in _rows(workspace, other) if name.startswith(("dt=", "audience 2"))}
    assert {SHARED} == _in_state(workspace, "stale")
    sealed, again = _seal(workspace), _seal(workspace)
    _push(workspace)

    stated = str((outcome.certificate or {})["sealed_days"])
    assert "without its rows: 2026-11-10, 2026-11-11, 2026-11-18, 2026-11-19." in stated
    assert set() == left
    assert ([SHARED], []) == (sealed, again)
    assert set() == _rows(workspace, other)
    assert (whole, rollups) == (_rows(workspace, own), _rollups(workspace, own))
    assert [] == [each.problem for each in sealing.verify(workspace.stores) if each.problem]
    assert not measurement.reconcile(workspace.stores).mismatches


def test_a_cold_day_without_its_files_is_named_in_the_certificate(
    tenants: tuple[Tenant, Tenant],
) -> None:
    """The other days are rewritten; a copy that turns up later may hold its rows."""
    first, second = tenants
    folder = first.workspace.settings.home / "sealed" / f"dt={COLD[1]}"
    for file in folder.glob("*.parquet"):
        file.unlink()
    outcome = erased(second.workspace, Wanted(SubjectKind.ORGANIZATION, "zqbirch"))

    stated = str((outcome.certificate or {})["sealed_days"])
    assert "may hold its rows: 2026-11-11." in stated
    assert "without its rows: 2026-11-10, 2026-11-18, 2026-11-19." in stated


def test_a_cold_day_whose_file_was_changed_stops_the_erasure_until_it_is_whole(
    tenants: tuple[Tenant, Tenant],
) -> None:
    """Nothing is rewritten from a file that is not the sealed one; the next run ends the work."""
    first, second = tenants
    workspace = second.workspace
    (file,) = (first.workspace.settings.home / "sealed" / f"dt={COLD[0]}").glob("requests*")
    content = file.read_bytes()
    with duckdb.connect() as engine:
        engine.execute(f"COPY (FROM read_parquet('{file}') LIMIT 4) TO '{file}' (FORMAT parquet)")
    with pytest.raises(Refused, match="a sealed file was changed"):
        erased(workspace, Wanted(SubjectKind.ORGANIZATION, "zqbirch"))
    file.write_bytes(content)
    (request,) = erasure.listed(workspace.stores, identity=workspace.identity)
    outcome = erasure.run(
        workspace.stores,
        workspace.settings,
        identity=workspace.identity,
        request_id=request.erasure_request_id,
    )

    assert Status.COMPLETED == outcome.request.status
    assert "dt=2026-11-10 requests" not in {
        name for name, _ in _rows(workspace, workspace.identity.organization_id)
    }
