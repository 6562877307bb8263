"""``wavehouse erasure``: requests, decisions, runs, certificates, replay."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from wavehouse.kernel.options import DAY, Id

if TYPE_CHECKING:
    from wavehouse.workspace import OpenWorkspace

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
KINDS = ["listener", "learner", "creator", "organization", "buyer"]
SUBJECT = click.option(
    "--subject",
    "kind",
    type=click.Choice(KINDS),
    default="listener",
    show_default=True,
    help="Whose data it is.",
)
BY = click.option(
    "--by",
    metavar="NAME",
    default="",
    help="The kind of identifier that VALUE is, such as listener_id; an unknown one is refused "
    "with the list. By default an email, a learner's account_id, an organization's slug or a "
    "buyer's order_id.",
)
REQUEST_ID = Id("wavehouse erasure list")
REQUEST = click.argument("request_id", metavar="REQUEST", type=REQUEST_ID)
REASON = click.option(
    "--reason", required=True, help="The reason; it is stored, so without personal data."
)


@click.group()
def erasure() -> None:
    """Erasure requests: filed, approved by a second person, carried out, certified.

    \b
      wavehouse erasure request anna@example.org
      wavehouse erasure plan REQUEST
      wavehouse erasure approve REQUEST --reason "verified by phone"
      wavehouse erasure run REQUEST

    VALUE is an email address for listeners and creators, an account id for learners, a slug for
    organizations, an order id for buyers; `--by` chooses another identifier.
    """  # noqa: D301 - click's mark of lines that are not joined


@erasure.command()
@click.argument("value")
@SUBJECT
@BY
@click.option(
    "--undo-days",
    type=click.IntRange(0, 7),
    help="Days during which it can be undone [default: the setting erasure_undo_days].",
)
@AS_JSON
@click.pass_obj
def request(
    open_workspace: OpenWorkspace,
    value: str,
    kind: str,
    by: str,
    undo_days: int | None,
    as_json: bool,
) -> None:
    """File a request for a subject. An open request for the same subject is returned instead."""
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import requesting
    from wavehouse.erasure.types import SubjectKind
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        shown.check_kind(workspace, kind)
        filed = requesting.file(
            workspace.stores,
            workspace.settings,
            identity=workspace.identity,
            wanted=requesting.Wanted(SubjectKind(kind), value, by),
            undo_days=undo_days,
        )
    if as_json:
        terminal.print_json({**shown.request_json(filed.request), "is_new": filed.is_new})
        return
    shown.print_requests([filed.request])
    if not filed.is_new:
        terminal.say("This request was already open.")
    shown.print_next(filed.request)


@erasure.command("list")
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="The greatest number of requests.",
)
@AS_JSON
@click.pass_obj
def list_requests(open_workspace: OpenWorkspace, limit: int, as_json: bool) -> None:
    """List requests: open ones first, by their deadline."""
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import requesting
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        rows = requesting.listed(workspace.stores, identity=workspace.identity, limit=limit)
    if as_json:
        terminal.print_json({"requests": [shown.request_json(each) for each in rows]})
    elif rows:
        shown.print_requests(rows)
    else:
        terminal.say("No request.")


@erasure.command()
@REQUEST
@AS_JSON
@click.pass_obj
def show(open_workspace: OpenWorkspace, request_id: UUID, as_json: bool) -> None:
    """Show a request with its recorded steps."""
    import dataclasses

    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import requesting
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        matches, done = requesting.show(
            workspace.stores, identity=workspace.identity, request_id=request_id
        )
    if as_json:
        steps = [dataclasses.asdict(each) for each in done]
        terminal.print_json({**shown.request_json(matches), "steps": steps})
        return
    values = shown.request_json(matches)
    terminal.print_table(["field", "value"], [[k, v] for k, v in values.items() if v is not None])
    if done:
        terminal.print_table(
            ["store", "table", "action", "rows", "status"],
            [[d.store, d.table_name, d.action, d.rows_touched, d.status] for d in done],
        )


@erasure.command()
@REQUEST
@click.option("--freeze", is_flag=True, help="Replace the frozen plan with the current one.")
@AS_JSON
@click.pass_obj
def plan(open_workspace: OpenWorkspace, request_id: UUID, freeze: bool, as_json: bool) -> None:
    """Show what a request would change now, counted exactly; changes no data."""
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import deciding
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        planned = (deciding.freeze if freeze else deciding.preview)(
            workspace.stores, identity=workspace.identity, request_id=request_id
        )
    if as_json:
        terminal.print_json(shown.plan_json(planned.plan))
    else:
        shown.print_plan(planned.plan)


@erasure.command()
@REQUEST
@REASON
@AS_JSON
@click.pass_obj
def approve(open_workspace: OpenWorkspace, request_id: UUID, reason: str, as_json: bool) -> None:
    """Approve a request that another administrator filed, and freeze its plan.

    The person who filed it is refused, unless the organization has no other administrator; the
    decision and the certificate then state this.
    """
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import deciding
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        decided = deciding.approve(
            workspace.stores, identity=workspace.identity, request_id=request_id, reason=reason
        )
    if as_json:
        terminal.print_json(shown.request_json(decided))
    else:
        shown.print_requests([decided])
        shown.print_next(decided)


@erasure.command()
@REQUEST
@REASON
@click.option(
    "--because",
    "rejection",
    type=click.Choice(["identity_not_shown", "unfounded", "legal_obligation", "undone"]),
    required=True,
    help="The reason from the fixed list.",
)
@AS_JSON
@click.pass_obj
def reject(
    open_workspace: OpenWorkspace, request_id: UUID, reason: str, rejection: str, as_json: bool
) -> None:
    """Reject a request before anything is removed."""
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import deciding
    from wavehouse.erasure.types import Rejection
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        decided = deciding.reject(
            workspace.stores,
            identity=workspace.identity,
            request_id=request_id,
            rejection=Rejection(rejection),
            reason=reason,
        )
    if as_json:
        terminal.print_json(shown.request_json(decided))
    else:
        shown.print_requests([decided])


@erasure.command()
@REQUEST
@AS_JSON
@click.pass_obj
def undo(open_workspace: OpenWorkspace, request_id: UUID, as_json: bool) -> None:
    """Undo a request within its undo period: the person can sign in again."""
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import deciding
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        decided = deciding.undo(
            workspace.stores, identity=workspace.identity, request_id=request_id
        )
    if as_json:
        terminal.print_json(shown.request_json(decided))
    else:
        shown.print_requests([decided])


@erasure.command()
@REQUEST
@AS_JSON
@click.pass_obj
def extend(open_workspace: OpenWorkspace, request_id: UUID, as_json: bool) -> None:
    """Extend the deadlines by two months (GDPR) and 45 days (CCPA), once.

    The law requires notice to the person, with the reason, within the first deadline.
    """
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import requesting
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        changed = requesting.extend(
            workspace.stores, identity=workspace.identity, request_id=request_id
        )
    if as_json:
        terminal.print_json(shown.request_json(changed))
    else:
        shown.print_requests([changed])


@erasure.command()
@click.argument("request_ids", metavar="[REQUEST]…", type=REQUEST_ID, nargs=-1)
@click.option("--waiting", is_flag=True, help="Carry out all requests whose time has come.")
@click.option("--now", is_flag=True, help="End the undo period early.")
@click.option("--plan", "digest", metavar="DIGEST", help="Refuse any plan but this one.")
@AS_JSON
@click.pass_context
def run(
    context: click.Context,
    request_ids: tuple[UUID, ...],
    waiting: bool,
    now: bool,
    digest: str | None,
    as_json: bool,
) -> None:
    """Carry out approved requests, verify them, and issue their certificates.

    Several requests of listeners, learners or buyers share their statements; creators and whole
    organizations are carried out one by one, organizations last. A stopped run resumes where it
    stopped; `wavehouse up` does this once a minute. When some of several cannot be carried out, the
    others are; those are listed with the reason, and the exit code is 6.
    """
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import executing
    from wavehouse.erasure.service.many import running
    from wavehouse.kernel.errors import UsageError

    if bool(request_ids) is waiting or (waiting and now) or (digest and len(request_ids) != 1):
        raise UsageError(
            "name requests, or --waiting; --now and --plan are for named ones",
            command="wavehouse erasure list",
        )
    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace:
        stores, settings, identity = workspace.stores, workspace.settings, workspace.identity
        if len(request_ids) == 1:
            outcome = executing.run(
                stores, settings, identity=identity, request_id=request_ids[0], now=now,
                digest=digest,
            )  # fmt: skip
            shown.print_erased(outcome, as_json=as_json)
            return
        if waiting:
            done, stopped = running.run_waiting(stores, settings, identity=identity)
        else:
            done, stopped = running.run_many(
                stores, settings, identity=identity, request_ids=request_ids, now=now
            )
    context.exit(shown.print_run(done, stopped, as_json=as_json))


@erasure.command()
@click.argument("value")
@SUBJECT
@click.option("--deep", is_flag=True, help="Also rewrite tables and search the server's files.")
@AS_JSON
@click.pass_context
def verify(context: click.Context, value: str, kind: str, deep: bool, as_json: bool) -> None:
    """Search for VALUE, such as an email address, in all stored data.

    Every column of every table and the files of the home are searched. Exit code 3 when it is
    found.
    """
    import dataclasses

    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import verifying
    from wavehouse.erasure.types import SubjectKind
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import EXIT_DONE, EXIT_FOUND

    open_workspace: OpenWorkspace = context.obj
    with open_workspace() as workspace:
        levels = verifying.search(
            workspace.stores,
            workspace.settings,
            identity=shown.operator(workspace),
            kind=SubjectKind(kind),
            value=value,
            deeply=deep,
        )
    if as_json:
        terminal.print_json({"levels": [dataclasses.asdict(level) for level in levels]})
    else:
        shown.print_levels(levels)
    context.exit(EXIT_DONE if all(level.is_clean for level in levels) else EXIT_FOUND)


@erasure.command()
@click.option("--since", type=DAY, help="Erasures from this day (UTC) on; default: all.")
@click.option(
    "--ledger",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A ledger other than the one in WAVEHOUSE_HOME.",
)
@AS_JSON
@click.pass_obj
def replay(
    open_workspace: OpenWorkspace, since: datetime | None, ledger: Path | None, as_json: bool
) -> None:
    """Repeat the erasures in the ledger after a backup was restored.

    The ledger is the file erasure/ledger.ndjson in the home. Erased people who are in the restored
    databases are erased again, except those on legal hold (`wavehouse retention holds`).
    """
    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import replaying
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        done = replaying.replay(
            workspace.stores,
            workspace.settings,
            identity=shown.operator(workspace),
            since=None if since is None else since.replace(tzinfo=UTC),
            path=ledger,
        )
    if as_json:
        terminal.print_json(
            {"entries": done.entries, "erased": len(done.erased), "held": len(done.held)}
        )
    else:
        terminal.say(f"{done.entries:,} entries; people: {done.summary}")


@erasure.command()
@click.argument("request_id", metavar="[REQUEST]", type=REQUEST_ID, required=False)
@click.option(
    "--verify",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check the signature of a certificate in a file instead.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A .json or .pdf file."
)
@click.pass_obj
def certificate(
    open_workspace: OpenWorkspace, request_id: UUID | None, file: Path | None, out: Path | None
) -> None:
    """Print or write the certificate of a request, or check one.

    A changed certificate is refused with exit code 1.
    """
    from wavehouse.erasure.service import certifying
    from wavehouse.kernel import terminal
    from wavehouse.kernel.errors import UsageError

    with open_workspace() as workspace:
        if file is not None:
            content, is_own = certifying.check(file, home=workspace.settings.home)
            whose = "this installation" if is_own else "another installation"
            terminal.say(
                f"The signature is valid; the key belongs to {whose}: {content['status']}."
            )
            return
        if request_id is None:
            raise UsageError("name a request, or --verify FILE")
        document = certifying.certificate(
            workspace.stores, identity=workspace.identity, request_id=request_id
        )
    if out is None:
        terminal.print_json(document)
        return
    certifying.write(document, out)
    terminal.say(f"Written: {out}")


@erasure.command()
@click.argument("value")
@SUBJECT
@BY
@REASON
@click.option("--until", type=DAY, required=True, help="Last day of the hold.")
@click.pass_obj
def hold(
    open_workspace: OpenWorkspace, value: str, kind: str, by: str, reason: str, until: datetime
) -> None:
    """Put a legal hold on a person: until it ends, erasure removes nothing.

    `wavehouse retention holds` lists it, `wavehouse retention release` ends it early. Holds on
    tables: `wavehouse retention hold`.
    """
    from datetime import timedelta

    from wavehouse.erasure.cli import shown
    from wavehouse.erasure.service import requesting
    from wavehouse.erasure.types import SubjectKind
    from wavehouse.kernel import terminal

    with open_workspace() as workspace:
        hold_id = requesting.hold(
            workspace.stores,
            identity=shown.operator(workspace),
            wanted=requesting.Wanted(SubjectKind(kind), value, by),
            reason=reason,
            until=until.replace(tzinfo=UTC) + timedelta(days=1),
        )
    terminal.say(
        f"Held until {until:%Y-%m-%d}, included: {hold_id}. "
        f"Earlier: wavehouse retention release {hold_id}"
    )
