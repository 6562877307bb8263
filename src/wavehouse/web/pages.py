"""Templates and assets: from a view to HTML, as a whole page or as the part that is swapped."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wavehouse import wiring
from wavehouse.accounts import Identity, Invitation, Organization
from wavehouse.kernel.manifest import Page
from wavehouse.web.view import Message, Overview, WindowsCard

STATIC = files("wavehouse.web") / "static"
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_file(name).read_bytes()).hexdigest()[:16]


def _file(name: str) -> Traversable:
    return STATIC.joinpath(*name.split("/"))


def asset(name: str, *, bare: bool = False) -> str:
    """The address of a static file; it changes with the content, so that it can be cached forever.

    ``bare`` is for the font, which the style sheet names without a digest.
    """
    return f"/static/{name}" if bare else f"/static/{name}?v={_digest(name)}"


@cache
def icon(name: str, more: str = "") -> Markup:
    """A Lucide icon inline, in the text's colour; decoration, as words stand beside it."""
    source = _file(f"vendor/icons/{name}.svg").read_text(encoding="utf-8")
    match = _INSIDE.search(source)
    inside = match.group(1).strip() if match else ""
    return Markup(  # noqa: S704 - our own files
        f'<svg class="icon {more}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" '
        f'focusable="false">{inside}</svg>'
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("wavehouse.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset, icon=icon, places=places)
    return environment


def places() -> list[Page]:
    """The pages that have an entry in the navigation."""
    return [page for page in wiring.pages() if page.title]


@cache
def version() -> str:
    """Changes with any template or static file of ours; part of every page's ETag."""
    total = hashlib.sha256()
    folders = (files("wavehouse.web") / "templates", STATIC)
    for folder in folders:
        for entry in sorted(folder.iterdir(), key=lambda entry_path: entry_path.name):
            if entry.is_file():
                total.update(entry.name.encode() + b"\0" + entry.read_bytes())
    return total.hexdigest()[:16]


def overview(
    page: Overview, *, who: Identity | None = None, csrf: str = "", fragment: bool = False
) -> str:
    """The overview, or only its content when htmx asks for it."""
    return _render("overview.html", page=page, who=who, csrf=csrf, fragment=fragment)


def windows(card: WindowsCard, *, who: Identity, csrf: str, back: str, bare: bool) -> str:
    """The counting windows: the card alone, or on a page of its own."""
    name = "_windows.html" if bare else "windows.html"
    return _render(name, card=card, who=who, csrf=csrf, back=back, fragment=False)


def with_forms(name: str, *, who: Identity, csrf: str, done: str, **values: object) -> str:
    """A page on which something can be done."""
    return _render(f"{name}.html", who=who, csrf=csrf, done=done, fragment=False, **values)


def message(page: Message, *, fragment: bool = False) -> str:
    """A page that says one thing: an error, a farewell."""
    return _render("message.html", page=page, who=None, csrf="", fragment=fragment)


def sign_in(page: Message, *, token: str, csrf: str, provider: str = "") -> str:
    """The way in: a button that uses up the link, or the other ways to sign in."""
    return _render(
        "sign_in.html",
        page=page,
        token=token,
        who=None,
        csrf=csrf,
        provider=provider,
        fragment=False,
    )


def join(
    *, invitation: Invitation, organization: Organization, meaning: str, token: str, csrf: str
) -> str:
    """The page of an invitation, with the button that accepts it."""
    page = Message(
        f"Join {organization.name}",
        f"{invitation.invited_by} invites {invitation.email} as {invitation.role}: "
        f"this role {meaning}.",
    )
    return _render("join.html", page=page, token=token, who=None, csrf=csrf, fragment=False)


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values)
