"""Many callers on one budget, and callers that are killed (U4, U6)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

from tests.usage.conftest import Spender

from wavehouse import usage
from wavehouse.kernel import clock
from wavehouse.store import Place
from wavehouse.usage import BudgetExhausted

_CALLER = """
import sys
from uuid import UUID
from wavehouse import usage
from wavehouse.accounts import Identity
from wavehouse.store import Database, Place
from wavehouse.usage import Unit
place = eval(sys.stdin.readline(), {"Place": Place})
organization, user = map(UUID, sys.argv[1:3])
identity = Identity(organization, user, "caller", "admin")
database = Database(place)
while True:
    with database.app(organization) as tx:
        usage.reserve(tx, identity=identity, model="writer", bound={Unit.OUTPUT: 1}, operation="x")
    print("reserved", flush=True)
"""


def test_u4_256_callers_never_pass_a_budget_of_one_euro(spender: Spender) -> None:
    """Each requests up to 0.01 and uses part of it; the sum is checked after each settlement."""
    spender.budget("1")
    refused, passed, most = [], [], []
    start = threading.Barrier(256)

    def call(number: int) -> None:
        start.wait()
        for step in range(2):
            try:
                reservation = spender.reserve(output=10)
            except BudgetExhausted as error:
                refused.append(error)
                continue
            passed.append(spender.settle(reservation, output=(number + step) % 11).cost)
            budget = spender.only_budget()
            most.append(budget.settled + budget.reserved)

    with ThreadPoolExecutor(256) as threads:
        list(threads.map(call, range(256)))

    budget = spender.only_budget()
    assert max(most) <= 1
    assert (sum(passed), Decimal(0)) == (budget.settled, budget.reserved)
    assert 512 == len(refused) + len(passed)
    assert refused
    assert Decimal("0.5") < budget.settled


def test_u6_what_a_killed_caller_held_is_free_after_its_time(spender: Spender) -> None:
    """Kill -9 in the middle of reserving: nothing stays reserved."""
    spender.budget("1000")
    database = spender.workspace.stores.operational
    place = database.place
    identity = spender.identity
    with subprocess.Popen(
        [sys.executable, "-c", _CALLER, str(identity.organization_id), str(identity.user_id)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as caller:
        assert caller.stdin is not None
        assert caller.stdout is not None
        assert isinstance(place, Place)
        caller.stdin.write(f"{place!r}\n")
        caller.stdin.flush()
        for _ in range(20):
            assert "reserved\n" == caller.stdout.readline()
        os.kill(caller.pid, signal.SIGKILL)
    held = spender.only_budget().reserved
    assert held >= Decimal("0.02")

    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert usage.sweep(database) >= 20
    assert Decimal(0) == spender.only_budget().reserved
