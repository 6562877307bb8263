"""Options shared by several commands of ``measurement``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

import click

from wavehouse.kernel.options import DAY
from wavehouse.measurement.formats import AUTO, FIELDS, names, template_layout

if TYPE_CHECKING:
    from uuid import UUID

    from wavehouse.accounts import Identity
    from wavehouse.store import Operational, Tx
    from wavehouse.workspace import Workspace

Command = TypeVar("Command", bound=Callable[..., object] | click.Command)
DATE = DAY
_TEMPLATE = "measurement.template"


def _keep_template(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    """Remember a template for --format, which is parsed after it."""
    if value is not None:
        template_layout(value)
        ctx.meta[_TEMPLATE] = value


def _format(ctx: click.Context, _: click.Parameter, value: str) -> str:
    template = ctx.meta.get(_TEMPLATE)
    return value if template is None else f"{FIELDS}{template}"


def FORMAT(command: Command) -> Command:  # noqa: N802 - a decorator among others
    """``--format``, and ``--fields`` for logs in no known format."""
    fields = click.option(
        "--fields",
        metavar="TEMPLATE",
        is_eager=True,
        expose_value=False,
        callback=_keep_template,
        help="The layout of a line, for any other format: nginx's log_format, "
        "Apache's LogFormat, or names such as {address}. Replaces --format.",
    )
    known = click.option(
        "--format",
        "log_format",
        type=click.Choice([AUTO, *names()]),
        default=AUTO,
        show_default=True,
        callback=_format,
        help="The log format; auto detects it from the first lines.",
    )
    return known(fields(command))


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


ROWS = click.IntRange(1, 1_000_000)
"""The maximum number of rows in a listing."""


def period(
    workspace: Workspace, first: datetime | None, last: datetime | None
) -> tuple[date, date]:
    """The first and last day of the options; by default the last 28 days with data."""
    from wavehouse.kernel import clock
    from wavehouse.kernel.errors import UsageError
    from wavehouse.measurement.service import reading

    with workspace.stores.analytics.app(workspace.identity.organization_id) as tx:
        known = reading.known_period(tx, identity=workspace.identity)
    end = last.date() if last else (known[1] if known else clock.today())
    begin = first.date() if first else end - 27 * clock.DAY
    if begin > end:
        raise UsageError(f"--from {begin} is after --to {end}")
    return begin, end


def podcast_id_of(operational: Tx[Operational], identity: Identity, show: str) -> UUID:
    """The show with this title, guid or id. NotFound with the nearest title."""
    import difflib

    from wavehouse import catalog
    from wavehouse.kernel.errors import NotFound

    shows = catalog.list_podcasts(operational, identity=identity)
    name = show.strip().casefold()
    for each in shows:
        if name in (each.title.casefold(), each.podcast_guid, str(each.podcast_id)):
            return each.podcast_id
    titles = {each.title.casefold(): each.title for each in shows}
    near = difflib.get_close_matches(name, titles, n=1)
    hint = f"Did you mean {titles[near[0]]!r}?" if near else None
    raise NotFound(f"there is no show {show!r}", hint=hint, command="wavehouse feeds list")
