"""Every setting: its name, its parser, its default and its help."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wavehouse.kernel.databases import HOLDS


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: its parser, its default, and whether it must be masked."""

    name: str
    read: Callable[[str], Any]
    default: Any
    help: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """The environment variable of this setting."""
        return f"WAVEHOUSE_{self.name.upper()}"


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise ValueError("must be a positive whole number")
    return value


def _metrics(text: str) -> str:
    if text not in {"key", "open", "off"}:
        raise ValueError("must be key, open or off")
    return text


def _retention(text: str) -> str:
    if text not in {"plan", "apply", "off"}:
        raise ValueError("must be plan, apply or off")
    return text


def _backups(text: str) -> str:
    if text not in {"daily", "off"}:
        raise ValueError("must be daily or off")
    return text


def _undo_days(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 7:
        raise ValueError("must be 0 to 7 days")
    return value


def _verification(text: str) -> str:
    if text not in {"typed", "paranoid", "deep"}:
        raise ValueError("must be typed, paranoid or deep")
    return text


def _percent(text: str) -> int:
    value = int(text)
    if not 0 < value <= 100:
        raise ValueError("must be a percentage, 1 to 100")
    return value


def _hour(text: str) -> int:
    value = int(text)
    if not 0 <= value < 24:
        raise ValueError("must be an hour, 0 to 23")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 < value < 2**16:
        raise ValueError("must be a port, 1 to 65535")
    return value


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _origin(text: str) -> str:
    """A site's address without a path; a trailing slash is allowed."""
    from urllib.parse import urlsplit

    parts = urlsplit(text.strip().removesuffix("/").lower())
    rest = parts.path or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or rest:
        raise ValueError("must be an address without a path, like https://pod.example")
    return f"{parts.scheme}://{parts.netloc}"


def _hub(text: str) -> str:
    """The address of a web server's resource, without credentials or fragment."""
    from urllib.parse import urlsplit

    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ValueError("must be an address like https://hub.example/")
    if parts.fragment or any(c.isspace() or ord(c) < 32 for c in text.strip()):
        raise ValueError("must be an address like https://hub.example/")
    return text.strip()


def _security(text: str) -> str:
    if text not in {"starttls", "tls", "none"}:
        raise ValueError("must be starttls, tls or none")
    return text


def _private_media(text: str) -> str:
    if text not in {"proxy", "redirect"}:
        raise ValueError("must be proxy or redirect")
    return text


def _switch(text: str) -> bool:
    if text.lower() not in {"on", "off", "true", "false", "1", "0"}:
        raise ValueError("must be on or off")
    return text.lower() in {"on", "true", "1"}


def _sign_up(text: str) -> str:
    if text not in {"closed", "open"}:
        raise ValueError("must be closed or open")
    return text


def default_home() -> Path:
    """``/var/lib/wavehouse`` for root (PostgreSQL runs as another account), else XDG data."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/wavehouse")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "wavehouse"


OPTIONS: tuple[Option, ...] = (
    Option("home", str, None, "Folder for the embedded server and files."),
    *(
        Option(f"{name}_url", str, None, f"PostgreSQL 18 for {held}; unset: embedded.", True)
        for name, held in HOLDS.items()
    ),
    Option(
        "postgres_port",
        _port,
        None,
        "Also open the embedded server on 127.0.0.1 at this port; unset: only its socket.",
    ),
    Option("host", str, "127.0.0.1", "Address that the dashboard listens on."),
    Option("port", _port, 8420, "Port that the dashboard listens on."),
    Option("allowed_hosts", _words, (), "Additional host names that the dashboard responds to."),
    Option(
        "raw_retention_days",
        _positive,
        90,
        "How long raw requests are kept; older log lines go to the quarantine.",
    ),
    Option(
        "sealed_store",
        str,
        "",
        "Where sealed days are kept, as file:///folder or s3://bucket/prefix; by default the "
        "folder sealed in WAVEHOUSE_HOME.",
    ),
    Option(
        "warehouse_url",
        str,
        None,
        "The warehouse that events are pushed to: duckdb:///file, postgresql://…, "
        "clickhouse://user:password@host:8123/database; by default a DuckDB file in "
        "WAVEHOUSE_HOME.",
        secret=True,
    ),
    Option(
        "retention",
        _retention,
        "plan",
        "What `wavehouse up` does once a day with data older than its limit: plan (report it), "
        "apply (remove it) or off.",
    ),
    Option(
        "audit_folder",
        str,
        None,
        "An additional folder, such as one on another host, for the signed checkpoints of the "
        "audit log.",
    ),
    Option(
        "backups",
        _backups,
        "off",
        "Whether `wavehouse up` backs the embedded server up once a day: daily or off.",
    ),
    Option(
        "backup_keep_days",
        _positive,
        35,
        "How long backups are kept; the newest one is always kept.",
    ),
    Option(
        "erasure_undo_days",
        _undo_days,
        0,
        "Days during which an erasure can be undone: the person is hidden, but nothing is "
        "removed; 0 to 7.",
    ),
    Option(
        "erasure_verification",
        _verification,
        "paranoid",
        "How far an erasure is verified before its certificate: typed (classified columns), "
        "paranoid (every column and the files in WAVEHOUSE_HOME) or deep (also the server's own "
        "files).",
    ),
    Option(
        "pixel_value_limit",
        _positive,
        10_000,
        "Largest order value that a pixel may report, in the order's currency; a larger one "
        "counts as a conversion "
        "without a value and is kept as evidence.",
    ),
    Option("trusted_proxies", _words, (), "Proxies whose X-Forwarded-For is trusted (R06)."),
    Option(
        "country_database", str, None, "A .mmdb country file to use instead of the bundled list."
    ),
    Option("network_lists", _words, (), "Additional data-centre and VPN lists (csv: cidr,class)."),
    Option("prefix_lists", _words, (), "Additional lists of tracking prefixes (R03)."),
    Option("agent_lists", _words, (), "Additional lists of user agents (R16)."),
    Option(
        "parameter_lists",
        _words,
        (),
        "Additional lists of query parameters added by clients (R03).",
    ),
    Option("path_rules", _words, (), "Additional files of rules from paths to media files (R03)."),
    Option("watch", _words, (), "Folders whose logs `wavehouse up` reads as they arrive."),
    Option("preloaders", _words, (), "Additional lists of players that preload (R24)."),
    Option(
        "excess_downloads",
        _positive,
        50,
        "More episodes than this from one address on a UTC day count as excess_ip (R18).",
    ),
    Option(
        "excess_agents",
        _positive,
        20,
        "More user agents than this from one address on a UTC day count as excess_ip (R18).",
    ),
    Option(
        "site_url",
        _origin,
        None,
        "Address at which listeners reach this server, for links in emails and "
        "for passkeys; requests for its host are accepted. Unset: "
        "http://localhost with the port.",
    ),
    Option(
        "listener_sign_up",
        _sign_up,
        "closed",
        "Who may create listener accounts: open (everyone with an e-mail "
        "address) or closed (the operator, with wavehouse listeners create or "
        "invite).",
    ),
    Option(
        "stripe_webhook_secrets",
        _words,
        (),
        "Signing secrets of the endpoint /webhooks/stripe, two while they are rotated; unset: the "
        "endpoint is disabled.",
        True,
    ),
    Option(
        "stripe_livemode",
        _switch,
        True,
        "Whether the endpoint accepts live events (on) or test events (off); others are ignored.",
    ),
    Option(
        "stripe_account",
        str,
        None,
        "Account whose events are accepted; unset: events without an account.",
    ),
    Option(
        "private_media",
        _private_media,
        "proxy",
        "How private media are delivered: proxy (through this server) or redirect (to the file's "
        "public address).",
    ),
    Option(
        "smtp_host",
        str,
        None,
        "Mail server for all emails; unset: the folder outbox in WAVEHOUSE_HOME.",
    ),
    Option("smtp_port", _port, 587, "Port of the mail server."),
    Option(
        "smtp_security",
        _security,
        "starttls",
        "Protection of the connection: starttls, tls (from the first byte) or none.",
    ),
    Option("smtp_user", str, None, "User name for the mail server; unset: no authentication."),
    Option("smtp_password", str, None, "Password for the mail server.", True),
    Option(
        "limits_url",
        str,
        None,
        "Redis or Valkey that counts rate limits, as redis://host:6379/0; unset: PostgreSQL.",
        True,
    ),
    Option("mail_from", str, None, "Sender of emails; unset: wavehouse@ and the site's name."),
    Option(
        "oidc_issuer",
        str,
        None,
        "Address of an OpenID Connect provider for members' sign-in; unset: none.",
    ),
    Option("oidc_client_id", str, None, "This installation's client id at the provider."),
    Option("oidc_client_secret", str, None, "Client secret at the provider.", True),
    Option("oidc_name", str, "single sign-on", "Display name of the provider."),
    Option(
        "oidc_allow_private",
        _switch,
        False,
        "Whether the provider may be http:// or in a private network: on or off.",
    ),
    Option(
        "feed_poll_minutes",
        _positive,
        15,
        "How often a feed is polled; each failure doubles the wait, up to a day.",
    ),
    Option(
        "feed_allow_private",
        _switch,
        False,
        "Whether polls may open feeds and files in private networks: on or off.",
    ),
    Option(
        "studio_hub",
        _hub,
        None,
        "WebSub hub that the studio's public feeds name and that is pinged for each new episode; "
        "unset for none.",
    ),
    Option(
        "webhook_allow_private",
        _switch,
        False,
        "Whether webhooks may go to http:// addresses and to private networks: on or off.",
    ),
    Option(
        "metrics",
        _metrics,
        "key",
        "Who may read /metrics: key (an API key with stats:read), open (anyone "
        "who can reach it; the first organization's values) or off.",
    ),
    Option(
        "alert_mail_to",
        _words,
        (),
        "Addresses that alerts are sent to; unset: the organization's administrators.",
    ),
    Option(
        "alert_delay_minutes",
        _positive,
        60,
        "Alert when a stored request waits longer than this to be counted.",
    ),
    Option(
        "alert_daily_by_hour",
        _hour,
        2,
        "Alert when past days are not rolled up by this hour (UTC).",
    ),
    Option(
        "alert_rollup_minutes",
        _positive,
        15,
        "Alert when a rollup run takes longer than this.",
    ),
    Option(
        "alert_quiet_hours",
        _positive,
        24,
        "Alert when a regular log source delivers nothing for longer than this.",
    ),
    Option(
        "alert_feed_hours", _positive, 6, "Alert when a feed cannot be read for longer than this."
    ),
    Option(
        "alert_unknown_percent",
        _percent,
        20,
        "Alert when a larger share of countable requests is for unknown files (unknown_path).",
    ),
    Option(
        "alert_bad_ip_percent",
        _percent,
        30,
        "Alert when a larger share of requests comes from data-centre networks (bad_ip).",
    ),
    Option(
        "alert_drop_percent",
        _percent,
        40,
        "Alert when a show's weekly downloads are this much below the previous week's.",
    ),
    Option(
        "alert_least",
        _positive,
        100,
        "Minimum number of requests or downloads for an alert about a share or a drop.",
    ),
    Option("organization", str, "My organization", "Name of the first organization."),
)

OWN_LISTS = {
    "prefixes": "prefix_lists",
    "agents": "agent_lists",
    "parameters": "parameter_lists",
    "paths": "path_rules",
}
