"""Explains a request's outcome in a sentence with the rule's number."""

from __future__ import annotations

from collections.abc import Iterable

_FILTERED = {
    "bad_ip": "its address is invalid (R06)",
    "unknown_path": "no registered episode has this address: wavehouse ingest feed",
    "internal": "the server requested it from itself (R17)",
    "bad_method": "only GET counts (R09)",
    "not_modified": "304: nothing was sent (R10)",
    "bad_status": "neither 200 nor 206 (R11)",
    "probe_range": "the player only tested for range support (R14)",
    "empty_agent": "no user agent (R16)",
    "watch": "a watch's copy of its phone's download (R20)",
    "bot": "a bot (R16)",
    "malformed_agent": "the user agent is malformed (R22)",
    "preload": "a player that is known to preload (R24)",
    "datacenter": "from a data centre (R17)",
    "vpn": "from a VPN (R17)",
    "excess_ip": "its address made too many requests that day (R18)",
}
_FLAGS = {
    "implausible_referrer": "its referrer is implausible (R23)",
    "pre_release": "before the episode was published (R25)",
    "rendition_dup": "another rendition of the episode was already counted that day (R32)",
    "shared_address": "many people share its address, so R18 does not apply (R17)",
    "size_contradicted": "the log contradicts the size that the feed names: measure the file (R29)",
    "included": "its network is on the inclusion list (R19)",
}
_FAULTS = {
    "malformed_line": "not a line of this log format (truncated?)",
    "bad_encoding": "bytes that are not UTF-8",
    "unfinished_line": "the last line is unterminated and may be incomplete",
    "line_too_long": "longer than 64 KiB",
    "in_future": "more than an hour in the future",
    "gzip_truncated": "the gzip stream is truncated; the rows before that are kept",
    "gzip_corrupt": "the gzip stream is damaged; the rows before that are kept",
}


def explained(
    outcome: str, unit_bytes: int | None, threshold_bytes: int | None, *, timed: bool = False
) -> str:
    """The reason why a request counts or not; bytes are those of its listener, file and UTC day.

    ``timed``: of an HLS rendition, whose positions are milliseconds (R13).
    """
    if outcome in _FILTERED:
        return _FILTERED[outcome]
    if outcome == "prefix_estimate":
        return "our redirect: not proved by bytes, an estimate, reported separately (R30)"
    if threshold_bytes is None:
        return "the file's size is unknown: probe it or use --media (R29)"
    if timed:
        heard = f"segments of {(unit_bytes or 0) / 1000:.1f} s that day"
        enough = "one minute was sent" if outcome == "counted" else "less than one minute"
        return f"{enough}: {heard} (R13)"
    compared = f"{unit_bytes or 0:,} bytes that day, {threshold_bytes:,} needed"
    if outcome == "counted":
        return f"one minute was sent: {compared} (R26, R27)"
    return f"less than one minute: {compared} (R26)"


def flags_explained(flags: Iterable[str]) -> str:
    """The flags of a request as a text; empty for none."""
    return "; ".join(_FLAGS.get(flag, flag) for flag in flags)


def fault_explained(fault: str, raw_retention_days: int) -> str:
    """The reason why a row is in the quarantine."""
    if fault == "too_old":
        return (
            f"older than {raw_retention_days} days (WAVEHOUSE_RAW_RETENTION_DAYS), or of a day "
            "whose rows retention has dropped; wavehouse warehouse reopen loads these back"
        )
    return _FAULTS.get(fault, fault)
