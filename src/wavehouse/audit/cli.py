"""``wavehouse audit``: the log of actions, its seals, and their verification."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

import click

from wavehouse.audit.types import LOGS
from wavehouse.kernel.options import DAY, Id

if TYPE_CHECKING:
    from wavehouse.audit.rules.notes import PublicKey
    from wavehouse.audit.types import LogName, StoredEntry, Verified
    from wavehouse.workspace import OpenWorkspace

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_LOG = click.option(
    "--log",
    type=click.Choice(LOGS),
    default="operational",
    show_default=True,
    help="The database with the log.",
)

_ENTRY_ID = Id("wavehouse audit list")


@click.group()
def audit() -> None:
    """Who did what: an append-only log, sealed in a tree with signed checkpoints.

    Entries are sealed every minute by `wavehouse up`. Anyone can verify an export
    without a database:

    \b
      wavehouse audit export --out log.ndjson
      wavehouse audit verify log.ndjson --key KEYS.pub
    """  # noqa: D301 - click's mark of lines that are not joined


@audit.command("list")
@click.option("--action", help="Only actions with this prefix, such as retention.")
@click.option("--actor", help="Only this actor, such as user:0199….")
@click.option("--resource", "resource_id", help="Only this resource's id.")
@click.option("--since", type=DAY, help="Only from this day on (UTC).")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="The greatest number of entries.",
)
@click.option("--all", "everything", is_flag=True, help="Of all organizations (operators only).")
@click.option("--log", type=click.Choice(LOGS), help="Another database's log (operators only).")
@_JSON
@click.pass_obj
def list_(
    open_workspace: OpenWorkspace,
    action: str | None,
    actor: str | None,
    resource_id: str | None,
    since: datetime | None,
    limit: int,
    everything: bool,
    log: LogName | None,
    as_json: bool,
) -> None:
    """List entries of your organization, latest first."""
    from wavehouse.audit.adapters import database_of
    from wavehouse.audit.service import verifying
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        database = database_of(workspace.stores, log or "operational")
        if everything or log is not None:
            workspace.require_operator()
            scope = database.worker()
        else:
            scope = database.app(workspace.identity.organization_id)
        with scope as tx:
            listed = verifying.list_entries(
                tx,
                identity=workspace.identity,
                action=action,
                actor=actor,
                resource_id=resource_id,
                since=since.replace(tzinfo=UTC) if since else None,
                limit=limit,
            )
    if as_json:
        terminal.print_json({"entries": [_entry(each) for each in listed]})
        return
    if not listed:
        terminal.say("No entry matches.")
        return
    terminal.print_table(
        ["at", "actor", "action", "resource", "id"],
        [
            [
                each.at,
                each.actor,
                each.action,
                f"{each.resource_type} {each.resource_id}",
                each.audit_id,
            ]
            for each in listed
        ],
    )


@audit.command()
@click.argument("audit_id", type=_ENTRY_ID)
@click.option("--log", type=click.Choice(LOGS), help="Another database's log (operators only).")
@_JSON
@click.pass_obj
def show(open_workspace: OpenWorkspace, audit_id: UUID, log: LogName | None, as_json: bool) -> None:
    """Show one entry of your organization."""
    from wavehouse.audit.adapters import database_of
    from wavehouse.audit.service import verifying
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        database = database_of(workspace.stores, log or "operational")
        if log is not None:
            workspace.require_operator()
            scope = database.worker()
        else:
            scope = database.app(workspace.identity.organization_id)
        with scope as tx:
            entry = _entry(verifying.show_entry(tx, identity=workspace.identity, audit_id=audit_id))
    if as_json:
        terminal.print_json(entry)
    else:
        terminal.print_table(
            ["field", "value"], [[key, str(value)] for key, value in entry.items()]
        )


@audit.command()
@_JSON
@click.pass_obj
def seal(open_workspace: OpenWorkspace, as_json: bool) -> None:
    """Seal all entries of ended transactions now, and publish the checkpoints."""
    from wavehouse.audit.adapters import SealFolder
    from wavehouse.audit.service import sealing
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        workspace.require_operator()
        folder = SealFolder.of(workspace.settings)
        done = sealing.seal(workspace.stores, identity=workspace.identity, folder=folder)
    rows = [
        {
            "log": each.log,
            "sealed": each.entries,
            "size": each.checkpoint.tree_size if each.checkpoint else 0,
            "root": each.checkpoint.root_hash.hex() if each.checkpoint else None,
        }
        for each in done
    ]
    if as_json:
        terminal.print_json({"logs": rows})
    else:
        terminal.print_table(
            ["log", "sealed now", "entries", "root"],
            [
                [row["log"], row["sealed"], row["size"], str(row["root"] or "–")[:16]]
                for row in rows
            ],
        )


@audit.command()
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--log", type=click.Choice(LOGS), help="Only this log [default: all].")
@click.option(
    "--key",
    "keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with trusted public keys (keys.pub) [default: the home's, else the export's own].",
)
@click.option(
    "--checkpoints",
    "outside",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with checkpoints from another source, also to compare with.",
)
@_JSON
@click.pass_context
def verify(
    context: click.Context,
    file: IO[bytes] | None,
    log: LogName | None,
    keys: Path | None,
    outside: Path | None,
    as_json: bool,
) -> None:
    """Verify the logs, or FILE: an export or a proof. FILE needs no database.

    Finds entries that were changed, removed, inserted or moved, and entries missing at the end
    after a published checkpoint. Exit code 3 with findings.
    """
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    results = _verify_file(file, keys, outside) if file else _verify_databases(context.obj, log)
    _print_verified(results, as_json)
    context.exit(EXIT_DONE if all(each.ok for each in results) else EXIT_FOUND)


def _verify_databases(open_workspace: OpenWorkspace, log: LogName | None) -> list[Verified]:
    from wavehouse.audit.adapters import SealFolder
    from wavehouse.audit.service import verifying

    with open_workspace() as workspace:
        workspace.require_operator()
        return verifying.verify(
            workspace.stores,
            identity=workspace.identity,
            folder=SealFolder.of(workspace.settings),
            logs=[log] if log else LOGS,
        )


def _verify_file(file: IO[bytes], keys: Path | None, outside: Path | None) -> list[Verified]:
    from wavehouse.audit.adapters import read_keys, read_notes
    from wavehouse.audit.rules import checking
    from wavehouse.audit.types import Verified
    from wavehouse.kernel.errors import InvalidInput

    trusted = read_keys(keys) if keys else _own_keys()
    further = [(str(outside), note) for note in read_notes(outside)] if outside else []
    first = file.readline()
    if checking.is_header(first) or not first.strip().startswith(b"{"):
        lines = (line for part in ([first], file) for line in part)
        return [checking.verify_export(lines, trusted=trusted, outside=further)]
    try:
        findings = checking.verify_proof(first + file.read(), trusted=trusted)
    except ValueError as error:
        raise InvalidInput(f"not an export or a proof: {error}", where=file.name) from None
    return [Verified("proof", 1, 1, 0, tuple(findings), tuple(k.key_id for k in trusted))]


def _own_keys() -> list[PublicKey]:
    from wavehouse.audit.adapters import SealFolder
    from wavehouse.kernel import config

    return SealFolder.of(config.load()).public_keys()


def _result(verified: Verified) -> str:
    if not verified.ok:
        return f"{len(verified.findings)} findings"
    return "verified" if verified.checkpoints else "no checkpoint yet"


def _print_verified(results: list[Verified], as_json: bool) -> None:
    from wavehouse.kernel import terminal

    if as_json:
        terminal.print_json(
            {
                "ok": all(each.ok for each in results),
                "logs": [dataclasses.asdict(each) for each in results],
            }
        )
        return
    terminal.print_table(
        ["log", "entries", "checkpoints", "not sealed yet", "result", "keys"],
        [
            [
                each.log,
                f"{each.entries:,}",
                each.checkpoints,
                each.unsealed,
                _result(each),
                ", ".join(each.keys) or "–",
            ]
            for each in results
        ],
    )
    for each in results:
        for finding in each.findings[:20]:
            terminal.complain(f"{finding.fault}: {finding.where}: {finding.message}")


@audit.command()
@_LOG
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The new file, mode 0600.",
)
@click.pass_obj
def export(open_workspace: OpenWorkspace, log: LogName, out: Path) -> None:
    """Write all sealed entries and checkpoints as NDJSON, without personal values."""
    import os

    from wavehouse.audit.adapters import SealFolder
    from wavehouse.audit.service import verifying
    from wavehouse.kernel import files, terminal
    from wavehouse.kernel.errors import Refused

    with open_workspace() as workspace:
        workspace.require_operator()
        try:
            descriptor = files.opened(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            raise Refused("the file already exists", where=str(out)) from None
        with os.fdopen(descriptor, "wb") as file:
            count = verifying.export(
                workspace.stores,
                identity=workspace.identity,
                folder=SealFolder.of(workspace.settings),
                log=log,
                write=file.write,
            )
    terminal.out(f"{count:,} entries: {out}")


@audit.command()
@click.argument("audit_id", type=_ENTRY_ID, required=False)
@_LOG
@click.option("--from", "old", type=click.IntRange(1), help="Size of the earlier checkpoint.")
@click.option(
    "--to", "new", type=click.IntRange(1), help="Size of the later checkpoint [default: latest]."
)
@click.pass_obj
def prove(
    open_workspace: OpenWorkspace,
    audit_id: UUID | None,
    log: LogName,
    old: int | None,
    new: int | None,
) -> None:
    """Print a proof: that an entry is in the log, or that the log grew from a checkpoint.

    `wavehouse audit verify FILE` checks it without a database.
    """
    from wavehouse.audit.service import verifying
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import UsageError

    if (audit_id is None) == (old is None):
        raise UsageError("give an entry's id, or --from")
    with open_workspace() as workspace:
        workspace.require_operator()
        if audit_id is not None:
            proof = verifying.prove_entry(
                workspace.stores, identity=workspace.identity, log=log, audit_id=audit_id
            )
        else:
            proof = verifying.prove_growth(
                workspace.stores, identity=workspace.identity, log=log, old=old or 0, new=new
            )
    terminal.print_json(proof)


@audit.command()
@_LOG
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@_JSON
@click.pass_obj
def checkpoints(open_workspace: OpenWorkspace, log: LogName, limit: int, as_json: bool) -> None:
    """List the latest signed checkpoints, and the public keys that verify them."""
    from wavehouse.audit.adapters import SealFolder
    from wavehouse.audit.service import verifying
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        workspace.require_operator()
        folder = SealFolder.of(workspace.settings)
        listed = verifying.list_checkpoints(
            workspace.stores, identity=workspace.identity, log=log, limit=limit
        )
        keys = [str(key) for key in folder.public_keys()]
    if as_json:
        notes = [each.signed_note for each in listed]
        terminal.print_json({"log": log, "keys": keys, "checkpoints": notes})
        return
    terminal.print_table(
        ["entries", "sealed at", "root", "key"],
        [
            [
                f"{each.tree_size:,}",
                each.sealed_at,
                each.root_hash.hex()[:16],
                each.key_id,
            ]
            for each in listed
        ],
    )
    for key in keys:
        terminal.say(key)


def _entry(entry: StoredEntry) -> dict[str, Any]:
    import json

    # Only exports know an entry's leaf; without it, sealed and unsealed entries look alike.
    known = {
        name: value
        for name, value in dataclasses.asdict(entry).items()
        if value is not None or name not in ("leaf_index", "leaf_hash")
    }
    return {
        **known,
        "metadata": json.loads(entry.metadata),
        "commitments": json.loads(entry.commitments),
    }
