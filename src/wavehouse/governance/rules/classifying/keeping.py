"""C08, C09, C12, C16: how long rows stay, and references that delete them earlier."""

from __future__ import annotations

from collections.abc import Iterator

from wavehouse.governance.rules.classifying.catalogues import cascades, tables_of
from wavehouse.governance.rules.classifying.codes import CODES
from wavehouse.governance.types import Action, Policy
from wavehouse.governance.types.classification import (
    ORGANIZATION,
    ErasureAction,
    TableEntry,
)
from wavehouse.governance.types.findings import ClassFinding, Facts

_DAYS = {"day": 1, "month": 31, "year": 366, "expiry": 0}
_FOR_EVER = 10**9
_KEEPING = (ErasureAction.KEEP, ErasureAction.ANONYMISE, ErasureAction.PSEUDONYMISE)


def retention(facts: Facts) -> Iterator[ClassFinding]:
    """Tables without a limit, and unknown or mismatched policies."""
    policies = {policy.name: policy for policy in facts.policies}
    for name, table in facts.classification.tables.items():
        database = name.partition(".")[0]
        if table.retention:
            policy = policies.get(table.retention)
            if policy is None:
                message = f"unknown retention policy {table.retention!r}"
                yield ClassFinding(CODES["C08"], name, "", message)
            elif policy.database != database:
                message = f"the policy {table.retention!r} is for {policy.subject}"
                yield ClassFinding(CODES["C08"], name, "", message)
            elif policy.action is Action.ANONYMISE:
                message = f"the policy {table.retention!r} empties a column, and the rows stay"
                yield ClassFinding(CODES["C08"], name, "", message)
        elif not table.kept:
            yield ClassFinding(CODES["C08"], name, "", "has neither retention nor kept")
    for policy in facts.policies:
        if policy.action is Action.ANONYMISE:
            continue
        name = _table(policy)
        entry = facts.classification.tables.get(name)
        if entry is not None and entry.retention != policy.name:
            message = f"its policy in retention.toml is {policy.name!r}"
            yield ClassFinding(CODES["C08"], name, "", message)


def _table(policy: Policy) -> str:
    """The full name of a policy's table; empty for a folder of files."""
    return f"{policy.database}.{policy.table}" if policy.table else ""


def partitions(facts: Facts) -> Iterator[ClassFinding]:
    """Policies that drop partitions of a table without partitions."""
    tables = tables_of(facts)
    for policy in facts.policies:
        table = tables.get(_table(policy))
        if policy.action is Action.DROP_PARTITION and table is not None and not table.partition_key:
            message = f"the policy {policy.name!r} drops partitions, and the table has none"
            yield ClassFinding(CODES["C12"], _table(policy), "", message)


def outliving(facts: Facts) -> Iterator[ClassFinding]:
    """Children that their own policy keeps longer than a parent whose deletion cascades."""
    policies = {policy.name: policy for policy in facts.policies}
    limits = {
        name: _days(policies[table.retention])
        for name, table in facts.classification.tables.items()
        if table.retention in policies
    }
    for parent, children in cascades(facts).items():
        for child, reference in children.items():
            if child in limits and parent in limits and limits[child] > limits[parent]:
                message = f"is kept longer than {parent}, which deletes its rows too ({reference})"
                yield ClassFinding(CODES["C09"], child, "", message)


def _days(policy: Policy) -> int:
    if policy.keep is None:
        return _FOR_EVER
    return policy.keep.number * _DAYS[policy.keep.unit]


def destroying(facts: Facts) -> Iterator[ClassFinding]:
    """Cascades from a row that erasure deletes to rows that must stay."""
    policies = {policy.name: policy for policy in facts.policies}
    tables = facts.classification.tables
    for parent, children in cascades(facts).items():
        if parent not in tables:
            continue
        for subject in _deleted(tables[parent]):
            for child, reference in children.items():
                if child not in tables:
                    continue
                reason = _kept(tables[child], subject, policies)
                if reason:
                    message = (
                        f"{reason}, and erasing the {subject} deletes its rows with those of "
                        f"{parent} ({reference})"
                    )
                    yield ClassFinding(CODES["C16"], child, "", message)


def _deleted(table: TableEntry) -> list[str]:
    return [
        subject
        for subject, links in table.subjects.items()
        if subject != ORGANIZATION
        and any(link.on_erasure is ErasureAction.DELETE for link in links)
    ]


def _kept(table: TableEntry, subject: str, policies: dict[str, Policy]) -> str:
    links = table.subjects.get(subject, ())
    if links and all(link.on_erasure in _KEEPING for link in links):
        return f"erasure is to {links[0].on_erasure} its rows"
    policy = policies.get(table.retention)
    if policy is not None and policy.keep is None and not links:
        return f"the policy {policy.name!r} keeps it forever"
    return ""
