"""Sessions and learners: start, end, archive, claim, erase; preferences."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from wavehouse.accounts import Identity
from wavehouse.kernel import clock
from wavehouse.kernel.errors import Conflict, InvalidInput, NotFound
from wavehouse.kernel.ids import uuid7
from wavehouse.learning.queries import events as event_queries
from wavehouse.learning.queries import model as model_queries
from wavehouse.learning.queries import sessions as queries
from wavehouse.learning.service import late
from wavehouse.learning.service.deriving import count, save_state
from wavehouse.learning.service.recording import derive_all, locked_session
from wavehouse.learning.types import Preferences, Session, Stated
from wavehouse.store import Learning, Tx

ARCHIVED_AFTER = timedelta(days=60)
"""A session without activity for this long is archived: it accepts no more events."""
_MOST_ARCHIVED = 200
_LONGEST_ID = 255


def start_session(
    tx: Tx[Learning], *, identity: Identity, session_id: str = "", account_id: str = ""
) -> Session:
    """Start a session of an account, or of an anonymous learner.

    Repeating an id returns the existing session. Conflict when another account or organization uses
    it; Gone for a session of a learner who was erased.
    """
    chosen = session_id or str(uuid7())
    for name, value in (("session_id", chosen), ("account_id", account_id)):
        if len(value) > _LONGEST_ID:
            raise InvalidInput(f"the {name} is longer than {_LONGEST_ID} characters", where=name)
    present = queries.session(tx, session_id=chosen)
    if present is not None:
        if account_id and present.account_id != account_id:
            raise Conflict("the session belongs to another learner", where="session_id")
        return present
    if session_id:
        late.refuse_erased(tx, identity=identity, session_id=chosen)
    learner_id = _learner(tx, identity, account_id) if account_id else _anonymous(tx, identity)
    if not queries.insert_session(
        tx,
        organization_id=identity.organization_id,
        session_id=chosen,
        learner_id=learner_id,
        at=clock.now(),
    ):
        raise Conflict("the session id is in use", where="session_id", hint="Send another one.")
    return session(tx, identity=identity, session_id=chosen)


def session(tx: Tx[Learning], *, identity: Identity, session_id: str) -> Session:
    """One session. NotFound when the organization has none with this id."""
    row = queries.session(tx, session_id=session_id)
    if row is None:
        raise NotFound("no such session", where=session_id[:_LONGEST_ID])
    return row


def _learner(tx: Tx[Learning], identity: Identity, account_id: str) -> UUID:
    known = queries.learner_of(tx, account_id=account_id)
    if known is not None:
        return known
    queries.insert_learner(
        tx,
        organization_id=identity.organization_id,
        learner_id=uuid7(),
        account_id=account_id,
    )
    made = queries.learner_of(tx, account_id=account_id)
    if made is None:  # deleted between the two statements
        raise Conflict("the learner was erased in the meantime", hint="Send the request again.")
    return made


def _anonymous(tx: Tx[Learning], identity: Identity) -> UUID:
    learner_id = uuid7()
    queries.insert_learner(
        tx, organization_id=identity.organization_id, learner_id=learner_id, account_id=None
    )
    return learner_id


def end_session(
    tx: Tx[Learning], *, identity: Identity, session_id: str, archive: bool = False
) -> Session:
    """End a session: pieces still open count as left. An archived one accepts no more events."""
    locked_session(tx, identity=identity, session_id=session_id)
    now = clock.now()
    queries.end_session(tx, session_id=session_id, at=now, archive=archive)
    ended = locked_session(tx, identity=identity, session_id=session_id)
    derive_all(tx, identity=identity, session=ended, now=now)
    return session(tx, identity=identity, session_id=session_id)


def archive_idle(tx: Tx[Learning], *, identity: Identity) -> int:
    """Archive sessions without activity for ``ARCHIVED_AFTER``; returns how many, at most 200.

    Their outcomes, counters and levels stay. Retention may delete the raw events of archived
    sessions afterwards, because nothing is folded from them again.
    """
    idle = queries.idle_sessions(tx, before=clock.now() - ARCHIVED_AFTER, limit=_MOST_ARCHIVED)
    for session_id in idle:
        end_session(tx, identity=identity, session_id=session_id, archive=True)
    return len(idle)


def claim_session(
    tx: Tx[Learning], *, identity: Identity, session_id: str, account_id: str
) -> Session:
    """Give an anonymous session to an account: preferences, history, counters, recommendations.

    The counters of both are added (L3). Repeating the claim for the same account changes nothing.
    Conflict when it belongs to another account.
    """
    if not 0 < len(account_id) <= _LONGEST_ID:
        raise InvalidInput(
            f"the account_id must have 1 to {_LONGEST_ID} characters", where="account_id"
        )
    present = locked_session(tx, identity=identity, session_id=session_id)
    if present.account_id == account_id:
        return present
    if present.account_id is not None:
        raise Conflict("the session belongs to another learner", where="session_id")
    account = _learner(tx, identity, account_id)
    outcomes = [
        outcome
        for item in event_queries.outcomes_of(tx, learner_id=present.learner_id)
        if (outcome := item.outcome)
    ]
    if outcomes:
        count(tx, identity=identity, learner_id=account, come=outcomes)
    _move_preferences(tx, identity, present.learner_id, account)
    model_queries.move_recommendations(
        tx,
        learner_id=present.learner_id,
        to=account,
        after=model_queries.next_slot(tx, learner_id=account),
    )
    for each in queries.sessions_of(tx, learner_id=present.learner_id):
        queries.move_session(tx, session_id=each, learner_id=account)
    queries.delete_learner(tx, learner_id=present.learner_id)
    moved = locked_session(tx, identity=identity, session_id=session_id)
    save_state(tx, identity=identity, session=moved, now=clock.now())
    return session(tx, identity=identity, session_id=session_id)


def _move_preferences(tx: Tx[Learning], identity: Identity, learner: UUID, account: UUID) -> None:
    """The session's preferences become the account's, unless the account already has some."""
    said = queries.preferences(tx, learner_id=learner)
    own = queries.preferences(tx, learner_id=account)
    if said is None or said.difficulty_preference is None:
        return
    for each in queries.sessions_of(tx, learner_id=learner):
        queries.delete_preferences(tx, preferences_id=each)
    if own is not None and own.difficulty_preference is not None:
        return
    _save(tx, identity, str(account), None, _preferences(said))
    queries.set_understanding(tx, learner_id=account, understanding=said.understanding)


def erase_session(tx: Tx[Learning], *, identity: Identity, session_id: str) -> None:
    """Erase a session: its counts are removed (L4), its events and likes deleted."""
    present = locked_session(tx, identity=identity, session_id=session_id)
    items = event_queries.items(tx, session_id=session_id)
    gone = [outcome for item in items.values() if (outcome := item.outcome)]
    if gone:
        count(tx, identity=identity, learner_id=present.learner_id, come=[], gone=gone)
    queries.delete_preferences(tx, preferences_id=session_id)
    queries.delete_session(tx, session_id=session_id)
    if present.account_id is None and not queries.sessions_of(tx, learner_id=present.learner_id):
        queries.delete_learner(tx, learner_id=present.learner_id)


def remove_learner(tx: Tx[Learning], *, identity: Identity, account_id: str) -> None:
    """Remove an invented learner of the demo, so that it can begin again.

    People are erased by ``wavehouse.erasure``: with the ledger, verification and a certificate.
    NotFound when there is none.
    """
    learner_id = queries.learner_of(tx, account_id=account_id)
    if learner_id is None:
        raise NotFound("no such learner", where=account_id[:_LONGEST_ID])
    for each in (str(learner_id), *queries.sessions_of(tx, learner_id=learner_id)):
        queries.delete_preferences(tx, preferences_id=each)
    queries.delete_learner(tx, learner_id=learner_id)


def preferences(tx: Tx[Learning], *, identity: Identity, session_id: str) -> Preferences:
    """The preferences of a session's learner, or the defaults."""
    present = session(tx, identity=identity, session_id=session_id)
    said = queries.preferences(tx, learner_id=present.learner_id)
    return Preferences() if said is None else _preferences(said)


def _preferences(said: queries.StoredPreferences) -> Preferences:
    if said.difficulty_preference is None:
        return Preferences(understanding=said.understanding)
    return Preferences(
        Stated(said.difficulty_preference),
        tuple(said.preferred_formats or ()),
        tuple(said.preferred_genres or ()),
        said.playback_speed or 1.0,
        said.auto_play is not False,
        said.understanding,
    )


def set_preferences(
    tx: Tx[Learning], *, identity: Identity, session_id: str, preferences: Preferences
) -> Preferences:
    """Store the preferences of a session's learner."""
    present = locked_session(tx, identity=identity, session_id=session_id)
    known = present.account_id is not None
    name = str(present.learner_id) if known else session_id
    _save(tx, identity, name, None if known else session_id, preferences)
    queries.set_understanding(
        tx, learner_id=present.learner_id, understanding=preferences.understanding
    )
    save_state(tx, identity=identity, session=present, now=clock.now())
    return preferences


def _save(
    tx: Tx[Learning],
    identity: Identity,
    preferences_id: str,
    session_id: str | None,
    said: Preferences,
) -> None:
    values = {
        "difficulty": said.difficulty.value,
        "formats": list(said.formats),
        "genres": list(said.genres),
        "speed": round(said.speed, 2),
        "auto_play": said.auto_play,
    }
    if not queries.save_preferences(
        tx,
        organization_id=identity.organization_id,
        preferences_id=preferences_id,
        session_id=session_id,
        values=values,
        at=clock.now(),
    ):
        raise Conflict("the preferences' id is in use", where="session_id")
