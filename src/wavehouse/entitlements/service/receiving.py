"""Use case: receive a provider's event; it is stored before it has any effect (E1-E6, E27)."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse import audit, listeners
from wavehouse.entitlements.queries import events as queries
from wavehouse.entitlements.rules import facts as fact_rules
from wavehouse.entitlements.rules import reading, signature
from wavehouse.entitlements.rules.reading import ReadEvent
from wavehouse.entitlements.types import STRIPE, EventStatus, Fact, Receipt
from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotFound, UsageError
from wavehouse.kernel.identifiers import EXTERNAL
from wavehouse.store import Arrival, Database, Listeners, Place, Tx, late_arrivals

ACTOR = audit.Actor("system:stripe")


@dataclass(frozen=True, slots=True, repr=False)
class Endpoint:
    """The expected secrets, mode and account of deliveries."""

    secrets: tuple[str, ...]
    livemode: bool = True
    account: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Endpoint:
        """The endpoint as configured; without a secret it is disabled."""
        secrets = tuple(secret for secret in settings["stripe_webhook_secrets"] if secret)
        return cls(secrets, settings["stripe_livemode"], settings["stripe_account"])

    @property
    def source(self) -> str:
        """The source of its events."""
        return STRIPE if self.account is None else f"{STRIPE}:{self.account}"


def receive(
    database: Database[Listeners], *, endpoint: Endpoint, body: bytes, header: str
) -> Receipt:
    """Check a delivery and store its event. It is folded later, by a job.

    NotFound for a disabled endpoint; UsageError for a wrong signature or a body that is not an
    event: nothing is stored then. Events of another mode or account are stored as ignored (E5).
    """
    if not endpoint.secrets:
        raise NotFound("this endpoint is disabled", hint="Set WAVEHOUSE_STRIPE_WEBHOOK_SECRETS.")
    at = clock.now()
    refused = signature.refusal(body, header, secrets=endpoint.secrets, now=at.timestamp())
    if refused:
        raise UsageError(refused)
    event = reading.read(body)
    with database.worker() as tx:
        return store(tx, event=event, endpoint=endpoint, location=database.place)


def store(tx: Tx[Listeners], *, event: ReadEvent, endpoint: Endpoint, location: Place) -> Receipt:
    """Store a verified event; a duplicate changes nothing."""
    source, status, note = endpoint.source, EventStatus.RECEIVED, None
    fact: Fact | None = None
    try:
        fact = fact_rules.facts_of(event.event_id, event.type, event.created, event.content["data"])
    except fact_rules.Unreadable as wrong:
        status, note = EventStatus.ANOMALY, str(wrong)
    if fact is None and status is EventStatus.RECEIVED:
        status, note = EventStatus.IGNORED, "events of this type are ignored"
    foreign = _foreign(event, endpoint)
    if foreign:
        source = f"{STRIPE}:{event.account or 'other'}:{'live' if event.livemode else 'test'}"
        status, note, fact = EventStatus.IGNORED, foreign, None
    ids = fact_rules.object_ids(fact) if fact else []
    is_erased = bool(ids) and queries.is_erased(tx, hashes=listeners.payer_hashes(location, ids))
    if is_erased:
        late_arrivals(tx, [Arrival(EXTERNAL, each) for each in ids])
        status, note, fact, ids = EventStatus.IGNORED, "the listener was erased", None, []
    inserted = queries.insert_event(
        tx,
        source=source,
        event_id=event.event_id,
        kind=event.type,
        livemode=event.livemode,
        created=event.created,
        at=clock.now(),
        payload=None if is_erased else event.content,
        payload_hash=event.content_hash,
        facts=fact.as_json() if fact else None,
        object_ids=ids,
        status=status,
        note=note,
    )
    if inserted is not None:
        return Receipt(event.event_id, True, status)
    return _repeated(tx, source, event)


def _foreign(event: ReadEvent, endpoint: Endpoint) -> str | None:
    if event.livemode is not endpoint.livemode:
        mode = "live" if event.livemode else "test"
        return f"a {mode}-mode event, but this installation only accepts the other mode"
    if event.account is not None and event.account != endpoint.account:
        return "an event for another account"
    return None


def _repeated(tx: Tx[Listeners], source: str, event: ReadEvent) -> Receipt:
    """Handle a known id: the same content changes nothing; another one is an anomaly (E4)."""
    known = queries.known_event(tx, source=source, event_id=event.event_id)
    assert known is not None  # noqa: S101 - the insert has just met it, and no event is deleted
    external_event_id, content_hash, status = known
    if content_hash == event.content_hash:
        return Receipt(event.event_id, False, status)
    first = queries.note_conflict(
        tx, external_event_id=external_event_id, payload_hash=event.content_hash, at=clock.now()
    )
    if first:
        audit.record_for_listeners(
            tx,
            actor=ACTOR,
            action="external_event.conflict",
            resource=("external_event", external_event_id),
            metadata={"event_id": event.event_id, "sha256": event.content_hash.hex()},
        )
    return Receipt(event.event_id, False, EventStatus.ANOMALY)
