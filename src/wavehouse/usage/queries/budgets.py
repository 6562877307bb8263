"""SQL for budgets, grants and past periods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from wavehouse.kernel.ids import OrganizationId
from wavehouse.store import Operational, Tx
from wavehouse.usage.types import Budget, BudgetId, Grant, PastPeriod


def lock_totals(tx: Tx[Operational], *, organization_id: OrganizationId) -> None:
    """Wait for running settlements and block new ones until the transaction ends."""
    tx.execute(
        "SELECT usage.lock_totals(%(organization_id)s, true)",
        {"organization_id": organization_id},
    )


def budgets(tx: Tx[Operational], *, organization_id: OrganizationId) -> list[Budget]:
    """The budgets of an organization, widest scope first."""
    return tx.rows(
        Budget,
        """
        SELECT budget_id, name, scope, scope_id, scope_ref, period, currency, hard_limit, granted,
               settled, reserved, soft_thresholds, is_hard, is_active, allow_unpriced,
               notify_emails, period_starts_at, period_ends_at
        FROM usage.budgets WHERE organization_id = %(organization_id)s
        ORDER BY array_position(ARRAY['organization', 'project', 'api_key', 'end_user'], scope),
          scope_ref <> '*', name, budget_id
        LIMIT 1000
        """,
        {"organization_id": organization_id},
    )


def budget(
    tx: Tx[Operational], *, organization_id: OrganizationId, budget_id: BudgetId
) -> Budget | None:
    """A budget by its id, locked."""
    return tx.maybe(
        Budget,
        """
        SELECT budget_id, name, scope, scope_id, scope_ref, period, currency, hard_limit, granted,
               settled, reserved, soft_thresholds, is_hard, is_active, allow_unpriced,
               notify_emails, period_starts_at, period_ends_at
        FROM usage.budgets
        WHERE organization_id = %(organization_id)s AND budget_id = %(budget_id)s
        FOR NO KEY UPDATE
        """,
        {"organization_id": organization_id, "budget_id": budget_id},
    )


def roll(tx: Tx[Operational], *, organization_id: OrganizationId, now: datetime) -> int:
    """Move every budget whose period has ended to its current period; returns how many."""
    return int(
        tx.value(
            """
            WITH ended AS MATERIALIZED (
              SELECT b.budget_id FROM usage.budgets b
              WHERE b.organization_id = %(organization_id)s AND b.period <> 'total'
                AND b.period_ends_at <= %(now)s
              ORDER BY b.budget_id FOR NO KEY UPDATE
            )
            SELECT count(usage.rolled(b, %(now)s))
            FROM usage.budgets b JOIN ended USING (budget_id)
            """,
            {"organization_id": organization_id, "now": now},
        )
    )


def put_budget(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    name: str,
    scope: str,
    scope_id: UUID | None,
    scope_ref: str | None,
    period: str,
    currency: str,
    hard_limit: Decimal,
    thresholds: Sequence[int],
    is_hard: bool,
    allow_unpriced: bool,
    notify_emails: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
) -> BudgetId:
    """Add a budget with its period's spending, or change the one with its scope and period."""
    budget_id: BudgetId = tx.value(
        """
        INSERT INTO usage.budgets AS b (organization_id, name, scope, scope_id, scope_ref, period,
          currency, hard_limit, soft_thresholds, is_hard, allow_unpriced, notify_emails, settled,
          period_starts_at, period_ends_at)
        VALUES (%(organization_id)s, %(name)s, %(scope)s, %(scope_id)s, %(scope_ref)s, %(period)s,
          %(currency)s, %(hard_limit)s, %(thresholds)s, %(is_hard)s, %(allow_unpriced)s,
          %(notify_emails)s,
          usage.spent(%(organization_id)s, %(scope)s, %(scope_id)s, %(scope_ref)s, %(starts_at)s,
            %(ends_at)s),
          %(starts_at)s, %(ends_at)s)
        ON CONFLICT (organization_id, scope, scope_id, scope_ref, period) DO UPDATE SET
          name = excluded.name, hard_limit = excluded.hard_limit,
          soft_thresholds = excluded.soft_thresholds, is_hard = excluded.is_hard,
          allow_unpriced = excluded.allow_unpriced, notify_emails = excluded.notify_emails,
          is_active = true
        RETURNING b.budget_id
        """,
        {
            "organization_id": organization_id,
            "name": name,
            "scope": scope,
            "scope_id": scope_id,
            "scope_ref": scope_ref,
            "period": period,
            "currency": currency,
            "hard_limit": hard_limit,
            "thresholds": list(thresholds),
            "is_hard": is_hard,
            "allow_unpriced": allow_unpriced,
            "notify_emails": list(notify_emails),
            "starts_at": starts_at,
            "ends_at": ends_at,
        },
    )
    return budget_id


def follow_pattern(tx: Tx[Operational], *, organization_id: OrganizationId, period: str) -> int:
    """Copy the limit of the end-user pattern to the budgets that were made from it."""
    return tx.execute(
        """
        UPDATE usage.budgets b SET hard_limit = p.hard_limit, is_hard = p.is_hard,
          soft_thresholds = p.soft_thresholds, allow_unpriced = p.allow_unpriced,
          notify_emails = p.notify_emails, is_active = p.is_active
        FROM usage.budgets p
        WHERE p.organization_id = %(organization_id)s AND p.scope = 'end_user'
          AND p.scope_ref = '*' AND p.period = %(period)s
          AND b.organization_id = p.organization_id AND b.scope = 'end_user'
          AND b.scope_ref <> '*' AND b.period = p.period AND b.name = p.name
        """,
        {"organization_id": organization_id, "period": period},
    )


def delete_budget(
    tx: Tx[Operational], *, organization_id: OrganizationId, budget_id: BudgetId
) -> int:
    """Delete a budget with its history."""
    return tx.execute(
        """
        DELETE FROM usage.budgets
        WHERE organization_id = %(organization_id)s AND budget_id = %(budget_id)s
        """,
        {"organization_id": organization_id, "budget_id": budget_id},
    )


def grant(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    budget_id: BudgetId,
    amount: Decimal,
    note: str,
    user_id: UUID,
    at: datetime,
) -> None:
    """Add an amount to a budget and record the grant."""
    tx.execute(
        """
        WITH noted AS (
          INSERT INTO usage.budget_grants
            (organization_id, budget_id, amount, note, user_id, granted_at)
          VALUES (%(organization_id)s, %(budget_id)s, %(amount)s, %(note)s, %(user_id)s, %(at)s)
        )
        UPDATE usage.budgets SET granted = granted + %(amount)s
        WHERE organization_id = %(organization_id)s AND budget_id = %(budget_id)s
        """,
        {
            "organization_id": organization_id,
            "budget_id": budget_id,
            "amount": amount,
            "note": note,
            "user_id": user_id,
            "at": at,
        },
    )


def grants(tx: Tx[Operational], *, organization_id: OrganizationId, limit: int) -> list[Grant]:
    """The grants, newest first."""
    return tx.rows(
        Grant,
        """
        SELECT g.grant_id, g.budget_id, b.name AS budget, g.amount, b.currency, g.note, g.granted_at
        FROM usage.budget_grants g JOIN usage.budgets b USING (organization_id, budget_id)
        WHERE g.organization_id = %(organization_id)s
        ORDER BY g.granted_at DESC, g.grant_id DESC LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "limit": limit},
    )


def past_periods(
    tx: Tx[Operational],
    *,
    organization_id: OrganizationId,
    budget_id: BudgetId | None,
    limit: int,
) -> list[PastPeriod]:
    """Past periods, latest first."""
    return tx.rows(
        PastPeriod,
        """
        SELECT h.budget_id, b.name, h.period_starts_at, h.period_ends_at, h.hard_limit, h.granted,
               h.settled, b.currency
        FROM usage.budget_periods h JOIN usage.budgets b USING (organization_id, budget_id)
        WHERE h.organization_id = %(organization_id)s
          AND (%(budget_id)s::uuid IS NULL OR h.budget_id = %(budget_id)s::uuid)
        ORDER BY h.period_starts_at DESC, b.name LIMIT %(limit)s
        """,
        {"organization_id": organization_id, "budget_id": budget_id, "limit": limit},
    )
