"""A workspace with a priced model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.acting import operational

from wavehouse import usage
from wavehouse.usage import BudgetScope, NewBudget, Reservation, Settled, Unit, Used
from wavehouse.workspace import Workspace

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Spender:
    """Calls of a model in a workspace, each step in a separate transaction."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.identity = workspace.identity

    def operator(self, use_case: Callable[..., Any], **arguments: Any) -> Any:
        """Call a use case of the operator and commit."""
        with self.workspace.stores.operational.worker() as tx:
            return use_case(tx, identity=self.identity, **arguments)

    def act(self, use_case: Callable[..., Any], **arguments: Any) -> Any:
        """Call a use case of the organization and commit."""
        return operational(self.workspace, use_case, **arguments)

    def model(self, name: str = "writer", currency: str = "EUR", **prices: str) -> str:
        """Add a model whose units have these prices since January."""
        self.operator(usage.add_model, name=name, provider="local")
        for unit, price in prices.items():
            self.operator(
                usage.add_price,
                model=name,
                unit=Unit(unit),
                price=price,
                currency=currency,
                effective_from=LONG_AGO,
            )
        return name

    def budget(self, limit: str, **more: Any) -> usage.Budget:
        """Set a budget in EUR."""
        new = NewBudget(limit=limit, currency=more.pop("currency", "EUR"), **more)
        budget: usage.Budget = self.act(usage.set_budget, new=new)
        return budget

    def project_budget(self, limit: str, project_id: object, **more: Any) -> usage.Budget:
        """Set a budget of a project."""
        return self.budget(limit, scope=BudgetScope.PROJECT, scope_ref=str(project_id), **more)

    def reserve(self, model: str = "writer", output: int = 1000, **more: Any) -> Reservation:
        """Reserve this many output tokens."""
        reservation: Reservation = self.act(
            usage.reserve,
            model=model,
            bound={Unit.OUTPUT: output},
            operation=more.pop("operation", "test"),
            **more,
        )
        return reservation

    def settle(self, reservation: Reservation, output: int = 1000, **more: Any) -> Settled:
        """Settle this many output tokens."""
        used = Used({Unit.OUTPUT: Decimal(output)}, **more)
        settled: Settled = self.act(
            usage.settle, reservation_id=reservation.reservation_id, used=used
        )
        return settled

    def spend(self, model: str = "writer", output: int = 1000, **more: Any) -> Settled:
        """Reserve and settle this many output tokens."""
        return self.settle(self.reserve(model, output, **more), output)

    def only_budget(self) -> usage.Budget:
        """The only budget, in its current state."""
        (budget,) = self.act(usage.list_budgets)
        assert isinstance(budget, usage.Budget)
        return budget


@pytest.fixture
def spender(workspace: Workspace) -> Spender:
    """A workspace with a model whose output tokens cost 0.001 EUR."""
    spender = Spender(workspace)
    spender.model(input="0.0001", output="0.001")
    return spender
