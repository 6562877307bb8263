"""Settings: flags > ``WAVEHOUSE_*`` > ``wavehouse.toml`` > defaults, each value with its source.

``NAME_FILE`` variables (Docker and Kubernetes secrets) are read where ``NAME`` is not set.
Unknown keys are errors with a suggestion, so that a misspelt setting is never silently ignored.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wavehouse.kernel.databases import HOLDS
from wavehouse.kernel.errors import UsageError
from wavehouse.kernel.reference import own_lists

MASK = "********"


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


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value and its source."""

    option: Option
    value: Any
    source: str

    def shown(self) -> str:
        """The value for display: secrets masked, unset as a dash."""
        if self.value is None:
            return "–"
        return masked_url(str(self.value)) if self.option.secret else str(self.value)


@dataclass(frozen=True, slots=True)
class Settings:
    """The resolved settings of one process."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name].value

    @property
    def home(self) -> Path:
        """``WAVEHOUSE_HOME``: the folder of the embedded server and of files."""
        return Path(self["home"])

    def url_of(self, database: str) -> str | None:
        """The configured URL of a database, or None for the embedded server."""
        url = self[f"{database}_url"]
        return None if url is None else str(url)


_PASSWORD_PARAMETER = re.compile(r"((?:^|[?&])(?:ssl)?password=)[^&]*", re.IGNORECASE)


def masked_url(text: str) -> str:
    """A URL or secret with all its passwords masked."""
    if "://" not in text:
        return MASK
    scheme, rest = text.split("://", 1)
    credentials, at, host = rest.rpartition("@")
    if ":" in credentials:
        credentials = f"{credentials.split(':', 1)[0]}:{MASK}"
    host = _PASSWORD_PARAMETER.sub(rf"\g<1>{MASK}", host)
    return f"{scheme}://{credentials}{at}{host}"


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
    Option("allowed_hosts", _words, (), "Further host names for which the dashboard responds."),
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
        "Where sealed days are kept, as file:///folder; by default the folder sealed of the home.",
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
        "Further folder, such as one on another host, for the signed checkpoints of the audit log.",
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
        "How long backups are kept; the newest is kept until there is a newer one.",
    ),
    Option(
        "erasure_undo_days",
        _undo_days,
        0,
        "Days in which an erasure can be undone: the person is hidden, nothing is removed; 0 to 7.",
    ),
    Option(
        "erasure_verification",
        _verification,
        "paranoid",
        "How far an erasure is verified before its certificate: typed (classified columns), "
        "paranoid (every column and the files of the home) or deep (also the server's own files).",
    ),
    Option(
        "pixel_value_limit",
        _positive,
        10_000,
        "Largest order value that a pixel may report, in the order's currency; a larger one counts "
        "as a conversion without value and stays as evidence.",
    ),
    Option("trusted_proxies", _words, (), "Proxies whose X-Forwarded-For is trusted (R06)."),
    Option(
        "country_database", str, None, "A .mmdb country file to use instead of the bundled list."
    ),
    Option("network_lists", _words, (), "Further data-centre and VPN lists (csv: cidr,class)."),
    Option("prefix_lists", _words, (), "Further lists of tracking prefixes (R03)."),
    Option("agent_lists", _words, (), "Further lists of user agents (R16)."),
    Option(
        "parameter_lists", _words, (), "Further lists of query parameters added by clients (R03)."
    ),
    Option("path_rules", _words, (), "Further files of rules from paths to media files (R03)."),
    Option("watch", _words, (), "Folders whose logs `wavehouse up` reads as they arrive."),
    Option("preloaders", _words, (), "Further lists of players that preload (R24)."),
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
        "Whether the endpoint takes live events (on) or test events (off); others are ignored.",
    ),
    Option(
        "stripe_account",
        str,
        None,
        "Account whose events are taken; unset: those that name no account.",
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
        "Mail server for all emails; unset: the folder outbox in home.",
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
        "webhook_allow_private",
        _switch,
        False,
        "Whether webhooks may go to http:// and to addresses of private networks: on or off.",
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
        "Alert when a pass of the roller takes longer than this.",
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
        "Minimum number of requests or downloads for an alert about a share or a fall.",
    ),
    Option("organization", str, "My organization", "Name of the first organization."),
)

_OWN_LISTS = {
    "prefixes": "prefix_lists",
    "agents": "agent_lists",
    "parameters": "parameter_lists",
    "paths": "path_rules",
}
_BY_NAME = {option.name: option for option in OPTIONS}


def _parse(option: Option, raw: Any, source: str) -> Value:
    text = ",".join(str(part) for part in raw) if isinstance(raw, list) else str(raw)
    try:
        return Value(option, option.read(text), source)
    except ValueError as error:
        shown = MASK if option.secret else repr(text)
        raise UsageError(
            f"invalid value {shown} of {option.name}: {error}", where=source, hint=option.help
        ) from None


def _from_environment(option: Option, environment: Mapping[str, str]) -> Value | None:
    if environment.get(option.variable):
        return _parse(option, environment[option.variable], option.variable)
    pointer = f"{option.variable}_FILE"
    if environment.get(pointer):
        try:
            content = Path(environment[pointer]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(
                f"the file in {pointer} cannot be read: {error.strerror}", where=pointer
            ) from None
        except UnicodeDecodeError:
            raise UsageError(f"the file in {pointer} is not text", where=pointer) from None
        return _parse(option, content, pointer)
    return None


def _toml(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the settings file is not valid TOML: {error}", where=str(path)) from None
    for key in content:
        if key not in _BY_NAME:
            close = difflib.get_close_matches(key, _BY_NAME, n=1)
            hint = f"Did you mean {close[0]}?" if close else None
            raise UsageError(
                f"unknown setting {key!r}",
                where=str(path),
                hint=hint,
                command="wavehouse config show",
            )
    return content


def load(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """Resolve every setting. Raises UsageError for unknown keys and invalid values."""
    env = os.environ if environment is None else environment
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    named = env.get("WAVEHOUSE_CONFIG")
    path = Path(named) if named else (folder or Path.cwd()) / "wavehouse.toml"
    if named and not path.is_file():
        raise UsageError("the file in WAVEHOUSE_CONFIG does not exist", where=named)
    filed = _toml(path) if path.is_file() else {}
    values: dict[str, Value] = {}
    for option in OPTIONS:
        if option.name in given:
            values[option.name] = _parse(option, given[option.name], f"--{option.name}")
        elif (raw := _from_environment(option, env)) is not None:
            values[option.name] = raw
        elif option.name in filed:
            values[option.name] = _parse(option, filed[option.name], str(path))
        else:
            values[option.name] = Value(option, option.default, "default")
    if values["home"].value is None:
        values["home"] = Value(_BY_NAME["home"], str(default_home()), "default")
    settings = Settings(values)
    own_lists.use_home(
        settings.home,
        {kind: settings[name] for kind, name in _OWN_LISTS.items()},
    )
    return settings
