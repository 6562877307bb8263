"""Use case: search for data that an erasure should have removed, at several levels.

typed     the subject's rows by the classification's ways, and its identifiers in personal columns
paranoid  every column of every table that the worker may read, also unclassified ones
files     the files of the home
deep      tables are rewritten, then every file of the embedded server's data folder is searched
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wavehouse.accounts import Identity, Role
from wavehouse.erasure.adapters.home_search import search_folder, search_home
from wavehouse.erasure.queries import catalogue
from wavehouse.erasure.rules.identifiers import SHORTEST, needles, raw_ids, too_short
from wavehouse.erasure.service import mapping
from wavehouse.erasure.service.planning import Planned
from wavehouse.erasure.service.subjects import database_of
from wavehouse.erasure.types import (
    Action,
    Finding,
    Identifier,
    LedgerKind,
    Level,
    Plan,
    SubjectKind,
)
from wavehouse.kernel.config import Settings
from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.kernel.errors import InvalidInput, Refused
from wavehouse.store import Stores, count_rows, discard_log, rewrite, search_rows

TENANT = "organization_id"
OWN = ("governance.erasure_requests",)
"""Tables whose rows about the request leave with its completion."""


def spellings(planned: Planned) -> tuple[tuple[str, str], ...]:
    """The search terms: all spellings of the identifiers that must not remain.

    The key of a root row that stays under a pseudonym, such as a creator's, is that pseudonym. The
    short name of an organization is a public word that others may use.
    """
    if planned.smap.kind is SubjectKind.ORGANIZATION:
        return needles(each for each in planned.identifiers if each.kind is LedgerKind.SUBJECT_ID)
    stays = not any(
        step.action is Action.DELETE and step.name == planned.smap.root.rpartition(".")[0]
        for step in planned.plan.steps
    )
    root = (
        set(planned.values.get("", ()))
        if stays and planned.smap.kind is not SubjectKind.BUYER
        else set()
    )
    return needles(each for each in planned.identifiers if each.value not in root)


def typed(stores: Stores, planned: Planned) -> Level:
    """The subject's rows, and its identifiers in the personal columns of the subject's tables."""
    searched = spellings(planned)
    findings: list[Finding] = []
    tables = columns = 0
    for name in DATABASES:
        steps = [s for s in planned.plan.steps if s.store == name and s.action is not Action.NULL]
        if not steps:
            continue
        with database_of(stores, name).worker(snapshot=True) as tx:
            for step in steps:
                if step.action is Action.DELETE and not step.held:
                    rows = planned.smap.selection(step.key, planned.values, planned.tenant)
                    left = 0 if rows.is_empty else count_rows(tx, rows)
                    if left:
                        findings.append(Finding(step.name, left))
            for table in sorted({s.table for s in steps}):
                personal = planned.smap.personal_columns(f"{name}.{table}")
                tables, columns = tables + 1, columns + len(personal)
                known = planned.smap.columns.by_table[f"{name}.{table}"]
                own = planned.tenant if TENANT in known else None
                hits = search_rows(tx, table, searched, personal, own) if personal else 0
                if hits:
                    findings.append(Finding(f"{name}.{table}", hits))
    return parted(planned, "typed", {"tables": tables, "columns": columns}, findings, ())


def paranoid(stores: Stores, planned: Planned) -> Level:
    """Every column of every table that the worker may read.

    Ids that an organization chose, such as order ids, are searched in its own rows.
    """
    searched = spellings(planned)
    findings: list[Finding] = []
    skipped: list[str] = []
    tables = columns = 0
    for name in DATABASES:
        with database_of(stores, name).worker() as tx:
            readable = set(catalogue.readable(tx))
            counts: dict[str, int] = {}
            tenants: set[str] = set()
            for each in catalogue.columns(tx):
                counts[each.table_name] = counts.get(each.table_name, 0) + 1
                if each.column_name == TENANT:
                    tenants.add(each.table_name)
            for table, number in counts.items():
                if table not in readable:
                    skipped.append(f"{name}.{table}: the worker may not read it")
                    continue
                tables, columns = tables + 1, columns + number
                own = planned.tenant if table in tenants else None
                hits = search_rows(tx, table, searched, organization=own)
                if hits and table not in OWN:
                    findings.append(Finding(f"{name}.{table}", hits))
    short = too_short(planned.identifiers)
    if short:
        skipped.append(f"{short} identifiers are too short to be searched")
    return parted(planned, "paranoid", {"tables": tables, "columns": columns}, findings, skipped)


def files(settings: Settings, planned: Planned) -> Level:
    """The files of the home: emails, spool, reports, audio, quarantine."""
    return search_home(settings.home, spellings(planned))


def deep(
    stores: Stores, planned: Planned, *, last: Sequence[str] = (), before: Sequence[Level] = ()
) -> Level:
    """Rewrite the touched tables, discard the log, and search the data folder's bytes.

    ``before`` are the levels that were searched before, for ``ids_as_bytes``. Refused for databases
    that are not on the embedded server, as their files are elsewhere.
    """
    more = {n: {e.partition(".")[2] for e in last if e.startswith(f"{n}.")} for n in DATABASES}
    searched = spellings(planned)
    ids, skipped = ids_as_bytes(searched, before)
    level = search_folder(rewritten(stores, planned, more), searched, name="deep", ids=ids)
    return replace(level, skipped=(*level.skipped, *skipped))


def ids_as_bytes(
    searched: Sequence[tuple[str, str]], before: Sequence[Level]
) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """The ids to search as sixteen bytes in the server's files; or why they are not searched.

    A row that stays on a legal basis, such as an entry of the audit log about the person, stores
    the id in that form: its page would be found, and every copy of it, as if something were left.
    """
    ids = raw_ids(searched)
    kept = sorted({f.where for level in before for f in level.findings if f.basis})
    if ids and kept:
        return (), (f"ids as bytes: rows that stay have them ({', '.join(kept)})",)
    return ids, ()


def rewritten(stores: Stores, planned: Planned, last: Mapping[DatabaseName, set[str]]) -> Path:
    """Rewrite the tables of a plan and those in ``last``, discard the log; the server's files.

    Refused for databases that are not on the embedded server.
    """
    server = stores.server
    if server is None:
        raise Refused(
            "the databases are on another server: its files cannot be searched from here",
            hint="Run VACUUM FULL there, on the tables that the certificate lists.",
        )
    tables: dict[str, set[str]] = {}
    for step in planned.plan.steps:
        if step.store in DATABASES and step.action is not Action.KEEP:
            tables.setdefault(step.store, set()).add(step.table)
    for name in DATABASES:
        touched = tables.get(name, set()) | last.get(name, set())
        rewrite(database_of(stores, name).place, sorted(touched))
    discard_log(stores.operational.place, server.data)
    return server.data


def files_with(folder: Path, *, email: str) -> int:
    """How many files of a folder contain an address, in any of its spellings."""
    searched = needles((Identifier(LedgerKind.EMAIL, email),))
    return len(search_folder(folder, searched, name="folder").findings)


def search(
    stores: Stores,
    settings: Settings,
    *,
    identity: Identity,
    kind: SubjectKind,
    value: str,
    deeply: bool = False,
) -> tuple[Level, ...]:
    """Search all stored data for an identifier, whether or not it was erased.

    For the operator. InvalidInput for a value that is too short to identify one person.
    """
    if identity.role != Role.ADMIN:
        raise Refused("only administrators search for people")
    form = LedgerKind.EMAIL if "@" in value else LedgerKind.EXTERNAL
    identifiers = (Identifier(form, value),)
    if not needles(identifiers):
        raise InvalidInput(f"the value is shorter than {SHORTEST} characters", where="value")
    smap = mapping.subject_map(stores, kind, DATABASES)
    planned = Planned(Plan((), smap.version, ""), smap, {}, identifiers, None)
    levels = [paranoid(stores, planned), files(settings, planned)]
    if deeply:
        tables = [name for name in smap.columns.by_table if name.split(".")[1] not in _UPKEEP]
        levels.append(deep(stores, planned, last=tables))
    return tuple(levels)


_UPKEEP = ("schema_ops",)


def parted(
    planned: Planned,
    name: str,
    scanned: dict[str, int],
    findings: Sequence[Finding],
    skipped: Sequence[str],
) -> Level:
    """Findings in tables that keep their rows have the basis of that; those that are held, too."""
    kept = {s.name: s.basis for s in planned.plan.steps if s.action is Action.KEEP and s.basis}
    kept |= {s.name: s.held for s in planned.plan.steps if s.held}
    marked = tuple(Finding(each.where, each.rows, kept.get(each.where, "")) for each in findings)
    return Level(name, scanned, marked, tuple(skipped))
