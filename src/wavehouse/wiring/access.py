"""The role that each page and each command needs: the one table of both.

API routes need none here: their scope says it (``accounts.access_of``). What is in no table needs
an administrator, and a test fails until it is declared (``tests/journeys/test_roles.py``).
"""

from __future__ import annotations

from wavehouse.accounts import Access

READ, WRITE, ADMIN = Access.READ, Access.WRITE, Access.ADMIN

PAGES: dict[str, Access] = {
    "GET /": READ,
    "GET /windows": READ,
    "GET /campaigns": READ,
    "POST /campaigns/advance": WRITE,
    "POST /campaigns/move": WRITE,
    "GET /reports": READ,
    "POST /reports": WRITE,
    "GET /reports/{report_id}/file": READ,
    "GET /sources": READ,
    "POST /sources/replay": WRITE,
    "POST /sources/paths": WRITE,
    "POST /sources/discard": WRITE,
    "GET /jobs": READ,
    "POST /jobs/retry": WRITE,
    "POST /jobs/cancel": WRITE,
    "POST /jobs/discard": WRITE,
    "POST /jobs/pause": WRITE,
    "POST /jobs/resume": WRITE,
    "GET /tokens": READ,
    "POST /tokens": WRITE,
    "POST /tokens/revoke": WRITE,
    "GET /members": READ,
    "POST /members/invite": ADMIN,
    "POST /members/role": ADMIN,
    "POST /members/remove": ADMIN,
    "POST /members/revoke": ADMIN,
    "POST /members/leave": READ,
    "GET /organizations": READ,
    "POST /organizations/switch": READ,
    "GET /outbox": ADMIN,
    "GET /outbox/{name}": ADMIN,
    "GET /webhooks": READ,
    "POST /webhooks": WRITE,
    "POST /webhooks/rotate": WRITE,
    "POST /webhooks/disable": WRITE,
    "POST /webhooks/enable": WRITE,
    "POST /webhooks/delete": WRITE,
    "POST /webhooks/test": WRITE,
    "POST /webhooks/replay": WRITE,
}
"""Pages behind a session. A viewer changes only what is its own: it leaves, and it switches."""

COMMANDS: dict[str, Access] = {
    "sign-in-link": READ,
    "keys create": WRITE,
    "keys list": READ,
    "keys revoke": WRITE,
    "members list": READ,
    "members invite": ADMIN,
    "members role": ADMIN,
    "members remove": ADMIN,
    "members revoke": ADMIN,
    "ingest feed": WRITE,
    "ingest logs": WRITE,
    "ingest watch": WRITE,
    "ingest conversions": WRITE,
    "feeds list": READ,
    "episodes list": READ,
    "episodes merge": WRITE,
    "episodes split": WRITE,
    "episodes undo": WRITE,
    "paths add": WRITE,
    "paths list": READ,
    "paths remove": WRITE,
    "paths test": READ,
    "lists add": WRITE,
    "lists list": READ,
    "lists remove": WRITE,
    "lists update": WRITE,
    "quarantine discard": WRITE,
    "quarantine list": READ,
    "quarantine replay": WRITE,
    "indexes full": ADMIN,
    "indexes show": READ,
    "indexes slim": ADMIN,
    "downloads": READ,
    "audience": READ,
    "requests": READ,
    "inclusions add": WRITE,
    "inclusions export": READ,
    "inclusions list": READ,
    "inclusions revalidate": WRITE,
    "rollup reconcile": READ,
    "rollup run": WRITE,
    "sponsors add": WRITE,
    "sponsors list": READ,
    "campaigns add": WRITE,
    "campaigns advance": WRITE,
    "campaigns displace": WRITE,
    "campaigns import": WRITE,
    "campaigns list": READ,
    "campaigns move": WRITE,
    "campaigns place": WRITE,
    "campaigns placements": READ,
    "pixels add": WRITE,
    "pixels list": READ,
    "pixels retire": WRITE,
    "credits derive": WRITE,
    "credits displaced": READ,
    "credits show": READ,
    "report": WRITE,
    "jobs cancel": WRITE,
    "jobs discard": WRITE,
    "jobs list": READ,
    "jobs pause": WRITE,
    "jobs resume": WRITE,
    "jobs retry": WRITE,
    "jobs show": READ,
    "jobs stats": READ,
    "webhooks add": WRITE,
    "webhooks delete": WRITE,
    "webhooks deliveries": READ,
    "webhooks disable": WRITE,
    "webhooks enable": WRITE,
    "webhooks list": READ,
    "webhooks replay": WRITE,
    "webhooks rotate": WRITE,
    "webhooks test": WRITE,
    "listeners app-password": ADMIN,
    "listeners create": ADMIN,
    "listeners erase": ADMIN,
    "listeners export": ADMIN,
    "listeners import": ADMIN,
    "listeners invite": ADMIN,
    "listeners list": ADMIN,
    "listeners move-feed": ADMIN,
    "listeners revoke": ADMIN,
    "listeners suspend": ADMIN,
    "listeners tidy": ADMIN,
    "send-webhooks": ADMIN,
}
"""Commands that act for a user of an organization."""

OPERATORS: dict[str, str] = {
    "demo": "has a folder and databases of its own",
    "up": "starts the program; each visitor has a role",
    "work": "runs the jobs of all organizations, each with the role of its user",
    "doctor": "examines the installation",
    "config": "prints settings and opens no database",
    "schema": "migrates databases by roles of their own",
    "learning": "computes on files and opens no database",
    "simulate": "writes files and opens no database",
    "sync-conformance": "checks another server",
}
"""Commands of the machine's operator: nobody's role is asked, and why."""


def access_to_page(method: str, path: str) -> Access:
    """The access that a page needs; HEAD is GET."""
    return PAGES.get(f"{'GET' if method == 'HEAD' else method} {path}", ADMIN)


def access_to_command(name: str) -> Access:
    """The access that a command needs, such as ``keys create``."""
    return COMMANDS.get(name, ADMIN)
