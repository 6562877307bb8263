"""One request as one line of a log, in each format that is written.

These run once per line of a simulation that may have a hundred million, so they build one
f-string and look things up in tables that were made before.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import sha1
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from json import dumps
from urllib.parse import quote

from wavehouse.simulation.types import LogFormat, Request

FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher"
    " x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port"
    " time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)
CLOUDFRONT_HEAD = f"#Version: 1.0\n#Fields: {FIELDS}\n"
OP3_HEAD = (
    "time uuid hashedIpAddress method url userAgent referer range xpsId ulid edgeColo continent"
    " country timezone regionCode region metroCode\n"
).replace(" ", "\t")
DISTRIBUTION = "E2WAVEHOUSE01"
CLOCK = tuple(f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(86_400))

_EDGES = {
    "IT": "MXP64-P2", "US": "IAD89-C1", "GB": "LHR61-P4", "DE": "FRA56-P5", "AR": "EZE51-P1",
    "CA": "YUL62-C2", "FR": "CDG50-P3", "AU": "SYD62-P1", "ES": "MAD56-P2", "CH": "ZRH55-P1",
    "BR": "GRU3-P4", "NL": "AMS58-P3",
}  # fmt: skip
_RESULTS = {"2": "Hit", "3": "Redirect", "4": "Error", "5": "Error", "0": "Error"}
_TLS = "TLSv1.3\tTLS_AES_128_GCM_SHA256"


def log_file(day: date, log_format: LogFormat) -> tuple[str, str]:
    """The name of a day's file, as a server of that format names it, and its first lines."""
    if log_format is LogFormat.COMBINED:
        return f"logs/access-{day}.log", ""
    if log_format is LogFormat.FASTLY:
        return f"logs/fastly-{day}.log.gz", ""
    if log_format is LogFormat.CLOUDFLARE:
        return f"logs/{day:%Y%m%d}T000000Z_{day:%Y%m%d}T235959Z_{day.toordinal():08x}.log.gz", ""
    if log_format is LogFormat.OP3:
        return f"logs/op3-hits-{day}.tsv", OP3_HEAD
    return f"logs/{DISTRIBUTION}.{day}-23.{day.toordinal():08x}.gz", CLOUDFRONT_HEAD


@lru_cache(maxsize=65_536)
def _encoded(agent: str) -> str:
    """A user agent as CloudFront writes it: percent-encoded, "-" when there is none."""
    return quote(agent, safe="/();:,.=+-_!*'@&?$~") if agent else "-"


@lru_cache(maxsize=65_536)
def _escaped(agent: str) -> str:
    """A user agent as nginx writes it: control, quote and non-ASCII bytes as backslash x."""
    if not agent:
        return "-"
    return "".join(
        f"\\x{byte:02X}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
        for byte in agent.encode()
    )


def cloudfront(day: date, request: Request, noise: int, request_id: str) -> str:
    """A line of a CloudFront standard log. ``noise`` (30 bits) makes ports, times and headers.

    ``sc-bytes`` has the response's header in it (400 to 600 bytes), as the real one has.
    """
    r = request
    header = 400 + noise % 201
    if r.first >= 0:
        length, start, end = str(r.last - r.first + 1), str(r.first), str(r.last)
    else:
        length, start, end = ("-" if r.status == "304" else str(r.size)), "-", "-"
    result = _RESULTS[r.status[0]]
    port = 1024 + (noise >> 8) % 60_000
    taken = 0.02 + r.sent / 6_000_000 + (noise & 255) / 1000
    return (
        f"{day}\t{CLOCK[r.second]}\t{_EDGES.get(r.country, 'FRA56-P5')}\t{r.sent + header}\t"
        f"{r.address}\t{r.method}\td3wavehouse0001.cloudfront.net\t{r.path}\t{r.status}\t"
        f"{r.referer or '-'}\t"
        f"{_encoded(r.agent)}\t{r.query or '-'}\t-\t{result}\t{request_id}\t{r.host}\thttps\t"
        f"{180 + (noise >> 4) % 300}\t{taken:.3f}\t-\t{_TLS}\t{result}\tHTTP/2.0\t-\t-\t{port}\t"
        f"{0.001 * (noise & 63):.3f}\t{result}\t{r.kind}\t{length}\t{start}\t{end}\n"
    )


@lru_cache(maxsize=8)
def _nginx_date(day: date) -> str:
    """A day as nginx writes it, whatever the machine's language is."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip
    return f"{day.day:02}/{months[day.month - 1]}/{day.year}"


def combined(day: date, request: Request) -> str:
    """A line of the extended combined format: body bytes, range, content range, host."""
    r = request
    target = f"{r.path}?{r.query}" if r.query else r.path
    given = f"bytes {r.first}-{r.last}/{r.size}" if r.first >= 0 else "-"
    return (
        f"{r.address} - - [{_nginx_date(day)}:{CLOCK[r.second]} +0000] "
        f'"{r.method} {target} HTTP/1.1" {r.status} {r.sent} '
        f'"{r.referer or "-"}" "{_escaped(r.agent)}" '
        f'"{r.asked or "-"}" "{given}" "{r.host}"\n'
    )


@lru_cache(maxsize=65_536)
def _quoted(text: str) -> str:
    """A text as JSON."""
    return dumps(text, ensure_ascii=False)


def fastly(day: date, request: Request) -> str:
    """A JSON line by the log format that the guide gives for Fastly."""
    r = request
    target = f"{r.path}?{r.query}" if r.query else r.path
    given = f"bytes {r.first}-{r.last}/{r.size}" if r.first >= 0 else ""
    return (
        f'{{"timestamp":"{day}T{CLOCK[r.second]}+0000","client_ip":{_quoted(r.address)},'
        f'"host":"{r.host}","url":{_quoted(target)},"request_method":"{r.method}",'
        f'"request_referer":{_quoted(r.referer)},"request_user_agent":{_quoted(r.agent)},'
        f'"request_range":{_quoted(r.asked)},"response_status":{int(r.status)},'
        f'"response_body_size":{r.sent},"response_content_range":"{given}"}}\n'
    )


def cloudflare(day: date, request: Request, noise: int, ray: str) -> str:
    """A JSON line of Logpush's ``http_requests``, with the two headers as custom fields.

    ``noise`` chooses the format of the time: as RFC 3339, or as Unix seconds or nanoseconds.
    """
    r = request
    seconds = (day.toordinal() - 719_163) * 86_400 + r.second
    when = (f'"{day}T{CLOCK[r.second]}Z"', str(seconds), str(seconds * 10**9))[noise % 3]
    target = f"{r.path}?{r.query}" if r.query else r.path
    asked = f'{{"range":{_quoted(r.asked)}}}' if r.asked else "{}"
    given = f'{{"content-range":"bytes {r.first}-{r.last}/{r.size}"}}' if r.first >= 0 else "{}"
    return (
        f'{{"ClientIP":{_quoted(r.address)},"ClientRequestHost":"{r.host}",'
        f'"ClientRequestMethod":"{r.method}","ClientRequestPath":{_quoted(r.path)},'
        f'"ClientRequestReferer":{_quoted(r.referer)},"ClientRequestURI":{_quoted(target)},'
        f'"ClientRequestUserAgent":{_quoted(r.agent)},"EdgeResponseBodyBytes":{r.sent},'
        f'"EdgeResponseBytes":{r.sent + 400 + noise % 201},"EdgeResponseStatus":{int(r.status)},'
        f'"EdgeStartTimestamp":{when},"RayID":"{ray}","RequestHeaders":{asked},'
        f'"ResponseHeaders":{given}}}\n'
    )


@lru_cache(maxsize=65_536)
def _hashed(address: str) -> str:
    """An address as OP3 tells it: a hash of IPv4, or of IPv6's first 64 bits; empty for none."""
    try:
        if ":" not in address:
            place = str(IPv4Address(address))
        else:
            six = IPv6Address(address)
            place = str(six.ipv4_mapped or int(six) >> 64)
    except AddressValueError:
        return ""
    return sha1(f"simulated {place}".encode(), usedforsecurity=False).hexdigest()


def op3(day: date, request: Request, uuid: str) -> str:
    """A line of OP3's hits: the request on its way through the redirect."""
    r = request
    target = f"{r.path}?{r.query}" if r.query else r.path
    return (
        f"{day}T{CLOCK[r.second]}.000Z\t{uuid}\t{_hashed(r.address)}\t{r.method}\t"
        f"https://op3.dev/e/{r.host}{target}\t{r.agent}\t{r.referer}\t{r.asked}\t\t\tFRA\tEU\t"
        f"{r.country}\tEtc/UTC\t\t\t\n"
    )
