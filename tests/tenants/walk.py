"""``python -m tests.tenants.walk``: the walk between two tenants, its counts printed.

``walk`` is for tests; ``main`` for ``make attack``, with separate databases and exit code 1 for a
crossing.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.tenants.commands import walk_commands
from tests.tenants.routes import Walked, walk_routes
from tests.tenants.world import NOW, two_tenants

from wavehouse import app
from wavehouse.kernel import clock, config
from wavehouse.store import open_stores
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace


def walk(workspace: Workspace, folder: Path, *, thorough: bool = False) -> Walked:
    """Every route and command, in both directions between two filled organizations."""
    walked = Walked(thorough)
    (folder / "empty").mkdir()
    (folder / "orders.csv").write_text(
        "occurred_at,promo_code,conversion_type,conversion_value,currency,order_id\n"
    )
    with clock.frozen(NOW):
        one, other = two_tenants(workspace, folder)
        web = live_app(workspace)
        for attacker, victim in ((other, one), (one, other)):
            walked.planted.clear()
            walk_routes(web, attacker, victim, walked)
            walk_commands(attacker, victim, folder, walked)
    return walked


def told(walked: Walked) -> str:
    """The counts in one sentence."""
    return (
        f"{len(walked.routes)} routes, {len(walked.commands)} commands, {walked.asked:,} requests "
        f"of two tenants ({walked.reached:,} answered), {len(walked.crossings)} crossings"
    )


def main() -> int:
    """Run it on a separate server."""
    folder = Path(tempfile.mkdtemp(prefix="wavehouse-tenants-"))
    folder.chmod(0o711)
    try:
        settings = config.load({"home": str(folder / "home")}, environment={})
        with open_stores(settings) as stores:
            app.migrate(stores)
            walked = walk(app.entered(settings, stores), folder, thorough=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for crossing in walked.crossings:
        print(crossing)
    print(told(walked))
    return 1 if walked.crossings else 0


if __name__ == "__main__":
    sys.exit(main())
