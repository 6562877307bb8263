"""Commands of ``sponsorship``: sponsors, campaigns, conversions, and the sponsor report."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wavehouse.kernel.errors import EXIT_FOUND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wavehouse.accounts import OpenWorkplace, Workplace
    from wavehouse.sponsorship.types import BadRow

_DAY = click.DateTime(["%Y-%m-%d"])
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_FILE = click.argument("file", type=click.Path(path_type=Path))


class _Amount(click.ParamType[Decimal]):
    """A decimal amount; a float would lose cents."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        try:
            amount = Decimal(str(value))
        except ArithmeticError:
            amount = Decimal("NaN")
        if not amount.is_finite():
            self.fail(f"{value!r} is not a decimal amount like 4515.00", param, ctx)
        return amount


@click.group()
def sponsors() -> None:
    """Who pays for campaigns."""


@sponsors.command("add")
@click.option("--name", required=True, help="What the sponsor is called; the key of it.")
@click.option("--company", help="The company behind it, as a report should name it.")
@click.option("--email", help="Where reports go.")
@click.option("--website", help="Its address on the web.")
@click.option("--industry", help="Its trade.")
@_JSON
@click.pass_obj
def add_sponsor(open_workplace: OpenWorkplace, /, as_json: bool, **told: str | None) -> None:
    """Add a sponsor, or complete the one of that name."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    new = sponsorship.NewSponsor(**told)  # type: ignore[arg-type]
    with (
        open_workplace() as place,
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        saved = sponsorship.add_sponsor(tx, identity=place.identity, sponsor=new)
    if as_json:
        terminal.print_json({"sponsor_id": saved.sponsor_id, "name": saved.name})
    else:
        terminal.out(str(saved.sponsor_id))


@sponsors.command("list")
@_JSON
@click.pass_obj
def list_sponsors(open_workplace: OpenWorkplace, as_json: bool) -> None:
    """The sponsors by name."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workplace() as place,
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        found = sponsorship.list_sponsors(tx, identity=place.identity)
    columns = ["name", "company", "industry", "sponsor_id"]
    rows = [[s.name, s.company, s.industry, s.sponsor_id] for s in found]
    if as_json:
        terminal.print_json({"sponsors": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say('No sponsors yet. Add one: wavehouse sponsors add --name "Nordlys Audio"')


@click.group()
def campaigns() -> None:
    """What sponsors booked: flights, fees, episodes, promo codes."""


@campaigns.command("add")
@click.option("--name", required=True, help="What the campaign is called.")
@click.option("--sponsor", required=True, help="Name of the sponsor; added when it is new.")
@click.option("--show", required=True, help="Title, guid or id of the show that carries it.")
@click.option("--from", "first", required=True, type=_DAY, help="First day of the flight (UTC).")
@click.option("--to", "last", required=True, type=_DAY, help="Last day of the flight (UTC).")
@click.option("--value", required=True, type=_Amount(), help="The fee, for example 4515.00.")
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217 code of the fee.")
@click.option("--margin", default="1", type=_Amount(), help="Share of revenue kept, 0 to 1.")
@click.option("--impressions", type=click.IntRange(min=1), help="Booked impressions.")
@click.option("--code", "codes", multiple=True, help="A promo code; repeat for several.")
@click.option("--episode", "episodes", multiple=True, help="Guid of a carrying episode; repeat.")
@click.option("--grace", default=14, show_default=True, help="Days a code lives on after it.")
@click.option(
    "--status",
    default="active",
    show_default=True,
    type=click.Choice(["draft", "scheduled", "active", "paused", "completed", "cancelled"]),
    help="Where it stands.",
)
@_JSON
@click.pass_obj
def add_campaign(open_workplace: OpenWorkplace, /, as_json: bool, **told: Any) -> None:
    """Add a campaign. Conversions that came before it are credited at once."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    if told["status"] not in list(sponsorship.CampaignStatus):
        raise click.BadParameter(
            f"one of {', '.join(sponsorship.CampaignStatus)}", param_hint="--status"
        )
    with (
        open_workplace() as place,
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        identity = place.identity
        podcast_id = sponsorship.find_podcast(tx, identity=identity, wanted=told["show"])
        sponsor = sponsorship.add_sponsor(
            tx, identity=identity, sponsor=sponsorship.NewSponsor(told["sponsor"])
        )
        new = sponsorship.NewCampaign(
            name=told["name"].strip(),
            sponsor_id=sponsor.sponsor_id,
            podcast_id=podcast_id,
            status=sponsorship.CampaignStatus(told["status"]),
            start_date=told["first"].date(),
            end_date=told["last"].date(),
            campaign_value=told["value"],
            currency=told["currency"].upper(),
            margin=told["margin"],
            guaranteed_impressions=told["impressions"],
            episode_ids=sponsorship.find_episodes(
                tx, podcast_id=podcast_id, guids=list(told["episodes"])
            ),
            promo_codes=told["codes"],
            attribution_config={"method": "promo_code"},
            grace_days=told["grace"],
        )
        saved = sponsorship.add_campaign(tx, identity=identity, campaign=new)
    if as_json:
        terminal.print_json({"campaign_id": saved.campaign_id, "name": saved.name})
    else:
        terminal.out(str(saved.campaign_id))


@campaigns.command("import")
@_FILE
@_JSON
@click.pass_obj
def import_campaigns(open_workplace: OpenWorkplace, file: Path, as_json: bool) -> None:
    """Bring the campaigns of FILE (campaigns.json) in; again changes only what changed."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workplace() as place,
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        done = sponsorship.import_campaigns(tx, identity=place.identity, path=file)
    told = {"added": done.added, "updated": done.updated, "unchanged": done.unchanged}
    if as_json:
        terminal.print_json(told)
    else:
        terminal.print_table(list(told), [list(told.values())])


@campaigns.command("list")
@_JSON
@click.pass_obj
def list_campaigns(open_workplace: OpenWorkplace, as_json: bool) -> None:
    """The campaigns, the latest flight first."""
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    with (
        open_workplace() as place,
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        found = sponsorship.list_campaigns(tx, identity=place.identity)
    columns = ["campaign", "sponsor", "show", "status", "from", "to", "value", "codes", "id"]
    rows = [
        [
            *(c.name, c.sponsor, c.podcast, c.status, c.start_date, c.end_date),
            *(f"{c.campaign_value} {c.currency}", " ".join(c.promo_codes), c.campaign_id),
        ]
        for c in found
    ]
    if as_json:
        terminal.print_json({"campaigns": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        terminal.print_table(columns, rows)
    else:
        terminal.say("No campaigns yet. Bring some in: wavehouse campaigns import campaigns.json")


@click.command()
@_FILE
@_JSON
@click.pass_context
def conversions(context: click.Context, file: Path, as_json: bool) -> None:
    """Read redeemed promo codes from FILE (conversions.csv); each order counts once."""
    from wavehouse import measurement, sponsorship
    from wavehouse.kernel import terminal

    def quarantine(path: Path, bad: Sequence[BadRow]) -> None:
        rows = [measurement.Aside(row.line, row.offset, row.reason) for row in bad]
        measurement.set_aside(place, path, format="conversions", rows=rows)

    place: Workplace
    with (
        context.obj() as place,
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        done = sponsorship.ingest_conversions(
            tx, identity=place.identity, path=file, quarantine=quarantine
        )
    told = {
        "read": done.read,
        "stored": done.stored,
        "duplicate": done.duplicate,
        "unmatched": done.unmatched,
        "quarantined": done.quarantined,
    }
    for problem in done.problems:
        terminal.say(f"{file}:{problem.line}: {problem.reason}")
    if as_json:
        problems = [{"line": p.line, "reason": p.reason} for p in done.problems]
        terminal.print_json({**told, "problems": problems})
    else:
        terminal.print_table(list(told), [list(told.values())])
    if done.quarantined:
        terminal.say("Mend the rows, then: wavehouse quarantine replay")
        context.exit(EXIT_FOUND)


@click.command()
@click.option("--campaign", required=True, help="Id or name of the campaign.")
@click.option("--from", "first", required=True, type=_DAY, help="First day (UTC).")
@click.option("--to", "last", required=True, type=_DAY, help="Last day, included (UTC).")
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=("pdf",),
    type=click.Choice(["pdf", "json", "xlsx", "csv"]),
    help="Form of the report; repeat for several. CSV is a zip with a file for each table.",
)
@click.option(
    "--type",
    "report_type",
    default="sponsor",
    show_default=True,
    type=click.Choice(["sponsor", "performance", "roi"]),
    help="The whole report, delivery alone, or the return on the fee alone.",
)
@click.option(
    "--out",
    "folder",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; made when it is not there.",
)
@_JSON
@click.pass_obj
def report(
    open_workplace: OpenWorkplace,
    campaign: str,
    first: datetime,
    last: datetime,
    formats: tuple[str, ...],
    report_type: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Write a sponsor report; prints where the files are.

    Every form is made from the same figures: totals are equal to the cent in all of them.
    """
    from wavehouse import sponsorship
    from wavehouse.kernel import terminal

    kinds = {kind.value.split("_")[0]: kind for kind in sponsorship.ReportType}
    with (
        open_workplace() as place,
        place.stores.operational.app(place.organization.organization_id) as tx,
    ):
        made = sponsorship.make_report(
            tx,
            identity=place.identity,
            card=sponsorship.find_campaign(tx, identity=place.identity, wanted=campaign),
            first=first.date(),
            last=last.date(),
            delivery=sponsorship.from_rollups(place),
            formats=formats,
            folder=folder,
            report_type=kinds[report_type],
        )
    if as_json:
        terminal.print_json({"reports": {one.format: one.path for one in made}})
    else:
        for one in made:
            terminal.out(str(one.path))
