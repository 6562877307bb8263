"""C14, C19, C20: the form of values, and the storage of secrets (OPS-10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network

from wavehouse.governance.rules.classifying.codes import CODES
from wavehouse.governance.types.classification import ColumnEntry, Protection
from wavehouse.governance.types.classified import is_personal
from wavehouse.governance.types.findings import ClassFinding, Facts, Sample

SECRETS = (
    "user.authorization.credentials",
    "user.authorization.password",
    "system.authentication",
    "user.device.ip_address",
    "user.biometric",
)
"""Categories whose columns must say how they are stored."""
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-zA-Z]{2,24}\b")
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]|/\d)"
    r"|(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:.]|/\d)"
)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_ISSUER = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7]|35|6[0-9])\d{14}|3[47]\d{13}|3[068]\d{12}"
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_HASHED = re.compile(r"\$argon2id\$|\$2[aby]\$|(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$|!|\*")
_RESERVED = ("@erased.invalid", "@example.com", "@example.org", "@example.net")
EMAIL, ADDRESS, CARD, PERSON, UNPROTECTED = (
    "email address",
    "IP address",
    "payment card",
    "person's id",
    "unprotected value",
)


def looks_like(value: str, people: frozenset[str] = frozenset()) -> str:
    """The kind of personal data that a text contains, or an empty string.

    ``people`` are ids of persons, without dashes: a UUID counts only when it is one of them.
    """
    if any(not match[0].endswith(_RESERVED) for match in _EMAIL.finditer(value)):
        return EMAIL
    if any(_luhn(re.sub(r"[ -]", "", match[0])) for match in _CARD.finditer(value)):
        return CARD
    if any(_is_address(match[0]) for match in _ADDRESS.finditer(value)):
        return ADDRESS
    if any(m[0].replace("-", "").lower() in people for m in _UUID.finditer(value)):
        return PERSON
    return ""


def _luhn(digits: str) -> bool:
    """Whether digits have a card's prefix, length and check digit."""
    if not _ISSUER.fullmatch(digits):
        return False
    doubled = (int(d) * 2 if i % 2 else int(d) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_address(text: str) -> bool:
    """Whether a text is a public address of one host; versions such as 1.2.3.4 are counted."""
    try:
        return bool(ip_address(text).is_global)
    except ValueError:
        return False


def is_protected(value: str | bytes, stored: Protection) -> bool:
    """Whether a value has its declared storage form."""
    if stored in (Protection.CLEAR, Protection.PUBLIC):
        return True
    if stored is Protection.TRUNCATED:
        return _is_truncated(value if isinstance(value, str) else value.decode("ascii", "replace"))
    if isinstance(value, bytes):
        printable = sum(32 <= byte < 127 for byte in value)
        return len(value) >= 16 and printable < len(value) * 0.9
    return bool(_HASHED.match(value)) or (stored is not Protection.HASHED and _is_number(value))


def _is_number(value: str) -> bool:
    return value.lstrip("-").isdecimal()


def _is_truncated(value: str) -> bool:
    """A network of at least 256 addresses (IPv4) or /64 (IPv6), or an address whose rest is 0."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return False
    if network.prefixlen == network.max_prefixlen:
        bits = 8 if network.version == 4 else 64
        rest: int = int(network.network_address) % (1 << bits)
        return rest == 0
    return network.prefixlen <= (24 if network.version == 4 else 64)


def sampled(
    table: str,
    column: str,
    entry: ColumnEntry,
    values: Sequence[str | bytes],
    people: frozenset[str] = frozenset(),
) -> Iterator[Sample]:
    """The kinds of values that a column contains, compared with its entry."""
    texts = [value for value in values if isinstance(value, str)]
    if not is_personal(entry.category):
        kinds = [kind for text in texts if (kind := looks_like(text, people))]
        for kind in sorted(set(kinds)):
            yield Sample(table, column, kind, kinds.count(kind), len(values))
    if entry.stored is not None and not entry.json:
        wrong = sum(not is_protected(value, entry.stored) for value in values)
        if wrong:
            yield Sample(table, column, UNPROTECTED, wrong, len(values))


def samples(facts: Facts) -> Iterator[ClassFinding]:
    """Columns whose values contradict their entry."""
    for sample in facts.samples:
        code = CODES["C20" if sample.kind == UNPROTECTED else "C14"]
        message = f"{sample.matching} of {sample.read} values look like: {sample.kind}"
        yield ClassFinding(code, sample.table, sample.column, message)


def secrets(facts: Facts) -> Iterator[ClassFinding]:
    """Secrets and addresses whose storage is not declared, or is in clear text without a reason."""
    for name, table in facts.classification.tables.items():
        for column_name, column in table.columns.items():
            if not _is_secret(column.category, SECRETS):
                continue
            if column.stored is None:
                message = f"contains {column.category}, but does not declare how it is stored"
                yield ClassFinding(CODES["C19"], name, column_name, message)
            elif column.stored is Protection.CLEAR and not column.why:
                message = f"contains {column.category} in clear text, without a reason"
                yield ClassFinding(CODES["C19"], name, column_name, message)


def _is_secret(category: str, keys: Iterable[str]) -> bool:
    return any(category == key or category.startswith(f"{key}.") for key in keys)
