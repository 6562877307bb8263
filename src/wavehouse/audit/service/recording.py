"""Record an action in the transaction that performs it; erase personal values of entries."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from wavehouse.audit.queries import entries
from wavehouse.audit.rules import canonical
from wavehouse.audit.types import Actor, Entry
from wavehouse.kernel import clock, ids
from wavehouse.store import Learning, Listeners, Operational, Tx

if TYPE_CHECKING:
    pass

_SALT_BYTES = 32


def record(
    tx: Tx[Operational] | Tx[Learning],
    *,
    actor: Actor,
    action: str,
    resource: tuple[str, UUID | str],
    organization_id: UUID | None,
    metadata: dict[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
    subject_pseudonym: UUID | None = None,
) -> None:
    """Append an entry: ``action`` is ``object.verb`` ("feed.registered"), metadata is public.

    ``personal`` values are stored outside the entry, which has a salted commitment to each;
    ``redact`` erases those of a person, and the tree still verifies. ``subject_pseudonym`` is the
    id of the listener, learner or user that they are about.
    """
    entry = _entry(actor, action, resource, organization_id, metadata, personal, subject_pseudonym)
    salted = _salted(entry)
    audit_id = entries.insert_entry(tx, entry=entry, commitments=_public(salted))
    _insert_personal(tx, audit_id, salted)


def record_for_listeners(
    tx: Tx[Listeners],
    *,
    actor: Actor,
    action: str,
    resource: tuple[str, UUID | str],
    metadata: dict[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
    subject_pseudonym: UUID | None = None,
) -> None:
    """Append an entry to the log of the listeners' database; as ``record``."""
    entry = _entry(actor, action, resource, None, metadata, personal, subject_pseudonym)
    salted = _salted(entry)
    audit_id = ids.uuid7()
    entries.insert_listeners_entry(tx, entry=entry, commitments=_public(salted), audit_id=audit_id)
    _insert_personal(tx, audit_id, salted)


def redact(tx: entries.AnyTx, *, person: UUID) -> int:
    """Erase the personal values of all entries about a person, or by them; returns how many.

    The entries and the tree stay as they are: a leaf only has commitments. Erasures call it; they
    are audited themselves.
    """
    return entries.erase_values(tx, person=person, at=clock.now())


def redact_many(tx: entries.AnyTx, *, people: Sequence[UUID]) -> dict[UUID, int]:
    """As ``redact`` for many people at once; how many values of each, of those that had some."""
    erased = entries.erase_values_of_many(tx, people=list(people), at=clock.now())
    return {each.person: each.values for each in erased}


def _entry(
    actor: Actor,
    action: str,
    resource: tuple[str, UUID | str],
    organization_id: UUID | None,
    metadata: dict[str, Any] | None,
    personal: Mapping[str, str] | None,
    subject_pseudonym: UUID | None,
) -> Entry:
    return Entry(
        at=clock.now(),
        organization_id=organization_id,
        actor=actor,
        action=action,
        resource_type=resource[0],
        resource_id=str(resource[1]),
        metadata=metadata or {},
        personal=personal or {},
        subject_pseudonym=subject_pseudonym,
    )


def _salted(entry: Entry) -> dict[str, tuple[bytes, bytes, str]]:
    """Commitment, salt and value of each personal field."""
    salted = {}
    for field, value in entry.personal.items():
        salt = secrets.token_bytes(_SALT_BYTES)
        salted[field] = (canonical.commitment(salt, value), salt, value)
    return salted


def _public(salted: dict[str, tuple[bytes, bytes, str]]) -> dict[str, str]:
    return {field: commitment.hex() for field, (commitment, _, _) in salted.items()}


def _insert_personal(
    tx: entries.AnyTx, audit_id: UUID, salted: dict[str, tuple[bytes, bytes, str]]
) -> None:
    for field, (commitment, salt, value) in salted.items():
        entries.insert_commitment(
            tx, audit_id=audit_id, field=field, commitment=commitment, salt=salt, value=value
        )
