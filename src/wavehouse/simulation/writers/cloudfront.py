"""CloudFront's standard log: 33 fields, tab-separated, gzip."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import date

from wavehouse.simulation.types import Request
from wavehouse.simulation.writers._shape import CLOCK, Dice, Writer, encoded

_FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    " cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header"
    " cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher"
    " x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port"
    " time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len"
    " sc-range-start sc-range-end"
)
DISTRIBUTION = "E2WAVEHOUSE01"
_EDGES = {
    "IT": "MXP64-P2", "US": "IAD89-C1", "GB": "LHR61-P4", "DE": "FRA56-P5", "AR": "EZE51-P1",
    "CA": "YUL62-C2", "FR": "CDG50-P3", "AU": "SYD62-P1", "ES": "MAD56-P2", "CH": "ZRH55-P1",
    "BR": "GRU3-P4", "NL": "AMS58-P3",
}  # fmt: skip
_RESULTS = {"2": "Hit", "3": "Redirect", "4": "Error", "5": "Error", "0": "Error"}
_TLS = "TLSv1.3\tTLS_AES_128_GCM_SHA256"


def _line(day: date, request: Request, dice: Dice) -> str:
    """Write a line; ``sc-bytes`` includes the response header (400 to 600 bytes)."""
    request_id = urlsafe_b64encode(dice.randbytes(40)).decode()
    noise = dice.getrandbits(30)
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
        f"{encoded(r.agent)}\t{r.query or '-'}\t-\t{result}\t{request_id}\t{r.host}\thttps\t"
        f"{180 + (noise >> 4) % 300}\t{taken:.3f}\t-\t{_TLS}\t{result}\tHTTP/2.0\t-\t-\t{port}\t"
        f"{0.001 * (noise & 63):.3f}\t{result}\t{r.kind}\t{length}\t{start}\t{end}\n"
    )


WRITER = Writer(
    file=lambda day: f"{DISTRIBUTION}.{day}-23.{day.toordinal():08x}.gz",
    head=f"#Version: 1.0\n#Fields: {_FIELDS}\n",
    line=_line,
    has_ids=True,
    has_multipart=False,
)
