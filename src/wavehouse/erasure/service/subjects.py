"""Use case: find a subject, and all its identifiers, before anything is removed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from wavehouse import listeners
from wavehouse.erasure.adapters.classified import SubjectMap
from wavehouse.erasure.queries import shared
from wavehouse.erasure.types import Identifier, LedgerKind, SubjectKind
from wavehouse.kernel.databases import DatabaseName
from wavehouse.kernel.emails import normalised_email
from wavehouse.kernel.errors import InvalidInput, NotFound, WavehouseError
from wavehouse.kernel.ids import ListenerId
from wavehouse.store import AnyDatabase, Path, Selection, Stores, values_of

Values = Mapping[str, tuple[str, ...]]
"""A subject's values by the name of the identifier; ``""`` is the root."""
DEFAULT: Mapping[SubjectKind, str] = {
    SubjectKind.LISTENER: "email",
    SubjectKind.LEARNER: "account_id",
    SubjectKind.CREATOR: "email",
    SubjectKind.ORGANIZATION: "slug",
    SubjectKind.BUYER: "order_id",
}
"""The identifier by which a subject is named when none is chosen."""
_LISTED: Mapping[SubjectKind, str] = {
    SubjectKind.LISTENER: "wavehouse listeners list",
    SubjectKind.CREATOR: "wavehouse members list",
}
"""The commands that list subjects."""
PAYER = "payer"
"""Name of the payment provider's references that are reached by way of its events."""
_EMAILS = ("email", "email_display")
_LONGEST = 500
_REFUND = 3
"""The position of the word in a refund's reference, from the end."""


def database_of(stores: Stores, name: DatabaseName) -> AnyDatabase:
    """A database by its name."""
    database: AnyDatabase = getattr(stores, name)
    return database


def find(
    stores: Stores, smap: SubjectMap, *, by: str, value: str, organization: UUID | None
) -> str:
    """The key of a subject, as stored in requests: the root value; for buyers ``name:value``.

    NotFound for an unknown subject, InvalidInput for an unknown or ambiguous identifier.
    """
    if by not in smap.identifiers:
        raise InvalidInput(
            f"a {smap.kind} has no identifier {by!r}",
            where="by",
            hint=f"Use one of {', '.join(sorted(smap.identifiers))}.",
        )
    wanted = _wanted(by, value)
    if smap.kind is SubjectKind.BUYER and by == "order_id":
        with stores.operational.worker() as operational:
            if shared.order_references(
                operational, organization_id=organization, orders=[order_of(wanted)]
            ):
                return f"{by}:{order_of(wanted)}"
    store, table, column = smap.column_of(by)
    where = f"{store}.{table}"
    tenant = "organization_id" in smap.columns.by_table[where]
    path = Path(column, smap.columns.type_of(where, column), (wanted,))
    rows = Selection(table, (path,), organization if tenant else None)
    read = column if smap.kind is SubjectKind.BUYER else smap.root_column
    with database_of(stores, store).worker() as tx:
        try:
            keys = values_of(tx, rows, read)
        except ValueError:
            raise InvalidInput(f"a {smap.kind} cannot be looked up by {by}", where="by") from None
    if not keys:
        raise NotFound(
            f"there is no {smap.kind} with this {by.replace('_', ' ')}",
            hint="Who was erased is not stored any more; see `wavehouse erasure list`.",
            command=_LISTED.get(smap.kind, "wavehouse erasure list"),
        )
    if len(keys) > 1:
        raise InvalidInput(f"several subjects have this {by}", where=by)
    return f"{by}:{wanted}" if smap.kind is SubjectKind.BUYER else keys[0]


def _wanted(by: str, value: str) -> str:
    if by == "email":
        return normalised_email(value)
    text = value.strip()
    if not text or len(text) > _LONGEST or "\0" in text:
        raise InvalidInput("invalid identifier", where=by)
    if by.endswith("_id") and by in ("listener_id", "learner_id", "user_id", "organization_id"):
        try:
            return str(UUID(text))
        except ValueError:
            if by != "user_id":
                raise InvalidInput("this is not an id", where=by) from None
    return text


def order_of(reference: str) -> str:
    """The order's own id in a conversion's reference, which may add a code, or a refund (AT02)."""
    parts = reference.split("\x1f")
    if len(parts) > _REFUND and parts[-_REFUND] == "refund":
        return parts[-_REFUND - 1]
    return parts[-1]


def exists(stores: Stores, smap: SubjectMap, *, key: str, organization: UUID | None) -> bool:
    """Whether the subject exists."""
    by, value = named_by(smap, key)
    try:
        find(stores, smap, by=by, value=value, organization=organization)
    except WavehouseError:
        return False
    return True


def key_of(smap: SubjectMap, name: str, value: str, owner: str) -> str:
    """The key of a subject that one of its identifiers was found for; ``owner`` is the root."""
    if smap.kind is not SubjectKind.BUYER:
        return owner
    return f"{name}:{order_of(value) if name == 'order_id' else value}"


def named_by(smap: SubjectMap, key: str) -> tuple[str, str]:
    """The identifier's name and its value in a subject's key."""
    if smap.kind is SubjectKind.BUYER:
        by, _, value = key.partition(":")
        return by, value
    root = smap.root
    by = next(n for n, i in smap.identifiers.items() if i.column == root and not i.prefix)
    return by, key


def known_values(
    stores: Stores, smap: SubjectMap, *, key: str, organization: UUID | None
) -> dict[str, tuple[str, ...]]:
    """All values that identify a subject, by name, read from its own rows.

    Values that other people share, such as a payer's reference for a gift, are left out, as they
    would also find another person's rows.
    """
    by, value = named_by(smap, key)
    values: dict[str, tuple[str, ...]] = {by: (value,)}
    if smap.identifiers[by].column == smap.root:
        values[""] = (value,)
    if smap.kind is SubjectKind.BUYER and by == "user_id":
        with stores.operational.worker() as tx:
            orders = shared.orders_of(tx, organization_id=organization, user_id=value)
        values["order_id"] = tuple(orders)
    if smap.kind is SubjectKind.BUYER and values.get("order_id"):
        with stores.operational.worker() as tx:
            stored = shared.order_references(
                tx, organization_id=organization, orders=values["order_id"]
            )
        values["order_id"] = tuple(dict.fromkeys([*values["order_id"], *stored]))
    for name, identifier in smap.identifiers.items():
        if name not in values:
            matches = _read(stores, smap, name, values, organization)
            values[name] = tuple(f"{identifier.prefix}{each}" for each in matches)
    if smap.kind is SubjectKind.LISTENER:
        names = [name for name in values if name.startswith("stripe_")]
        with stores.listeners.worker() as tx:
            other = shared.shared_payers(
                tx, listener_id=key, references=[v for name in names for v in values[name]]
            )
            reached = listeners.payer_references(tx, listener_id=ListenerId(UUID(key)))
        for name in names:
            values[name] = tuple(v for v in values[name] if v not in other)
        values[PAYER] = tuple(reached)
    return values


def _read(
    stores: Stores, smap: SubjectMap, name: str, values: Values, organization: UUID | None
) -> list[str]:
    store, table, column = smap.column_of(name)
    if f"{store}.{table}.{column}" == smap.root:
        return list(values.get("", ()))
    if not values.get(""):
        return []
    matches: list[str] = []
    with database_of(stores, store).worker() as tx:
        for way in smap.ways:
            if (way.store, way.table) == (store, table):
                key = (way.store, way.table, way.number)
                rows = smap.selection(key, {"": values[""]}, organization)
                if not rows.is_empty:
                    matches += values_of(tx, rows, column)
    return sorted(set(matches))


def identifiers_of(smap: SubjectMap, values: Values) -> tuple[Identifier, ...]:
    """The values as identifiers for the ledger and the search."""
    made = []
    for name, listed in values.items():
        if name == "":
            continue
        if name == PAYER:
            made += [Identifier(LedgerKind.EXTERNAL, value) for value in listed]
            continue
        is_root = smap.identifiers[name].column == smap.root
        if is_root and smap.identifiers[name].prefix:
            continue
        made += [Identifier(kind_of(smap, name), value) for value in listed]
    return tuple(dict.fromkeys(made))


def kind_of(smap: SubjectMap, name: str) -> LedgerKind:
    """The kind of an identifier in the ledger, by its name in the classification."""
    if name in _EMAILS:
        return LedgerKind.EMAIL
    is_root = smap.identifiers[name].column == smap.root
    return LedgerKind.SUBJECT_ID if is_root else LedgerKind.EXTERNAL
