"""Templates and assets: render a view as HTML, as a full page or as a fragment."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wavehouse import wiring
from wavehouse.accounts import Access, Identity, Invitation, Organization, role_allows
from wavehouse.kernel.manifest import Page
from wavehouse.web.view import Message, Overview, WindowsCard
from wavehouse.wiring.access import PAGES

STATIC = files("wavehouse.web") / "static"
_INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_file(name).read_bytes()).hexdigest()[:16]


def _file(name: str) -> Traversable:
    return STATIC.joinpath(*name.split("/"))


def asset(name: str, *, bare: bool = False) -> str:
    """The URL of a static file; it changes with the content, so that it can be cached forever.

    ``bare`` is for the font, which the style sheet names without a digest.
    """
    return f"/static/{name}" if bare else f"/static/{name}?v={_digest(name)}"


@cache
def icon(name: str, more: str = "") -> Markup:
    """An inline Lucide icon in the text's colour; decorative, since there is always a label."""
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


def places(who: Identity | None) -> list[Page]:
    """The pages with an entry in the navigation that a visitor's role may open."""
    return [
        page
        for page in wiring.pages()
        if page.title
        and (who is None or role_allows(who.role, PAGES.get(f"GET {page.path}", Access.READ)))
    ]


@cache
def version() -> str:
    """Changes with any of our templates or static files; part of every page's ETag."""
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
    """The overview, or only its content for htmx."""
    return _render("overview.html", page=page, who=who, csrf=csrf, fragment=fragment)


def windows(card: WindowsCard, *, who: Identity, csrf: str, back: str, bare: bool) -> str:
    """The counting windows: the card only, or a separate page."""
    name = "_windows.html" if bare else "windows.html"
    return _render(name, card=card, who=who, csrf=csrf, back=back, fragment=False)


def with_forms(name: str, *, who: Identity, csrf: str, done: str, **values: object) -> str:
    """Render a page that has forms."""
    return _render(f"{name}.html", who=who, csrf=csrf, done=done, fragment=False, **values)


def message(page: Message, *, fragment: bool = False) -> str:
    """A page with a single message: an error or a sign-out."""
    return _render("message.html", page=page, who=None, csrf="", fragment=fragment)


def sign_in(page: Message, *, token: str, csrf: str, provider: str = "") -> str:
    """The sign-in page: a button that consumes the link, or the other methods."""
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
    """The page of an invitation, with the button to accept it."""
    page = Message(
        f"Join {organization.name}",
        f"{invitation.invited_by} invites {invitation.email} as {invitation.role}: "
        f"this role {meaning}.",
    )
    return _render("join.html", page=page, token=token, who=None, csrf=csrf, fragment=False)


def _render(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values)
