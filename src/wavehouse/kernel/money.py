"""Money: a Decimal and a currency, one rounding rule, and allocation without losing a cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

CENT = Decimal("0.01")
_WITHOUT_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_WITH_THREE = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were added or compared."""


def rounded(amount: Decimal, step: Decimal = CENT) -> Decimal:
    """The one rounding rule: half-even, to ``step``. Only for presentation and stored cents."""
    return amount.quantize(step, rounding=ROUND_HALF_EVEN)


def decimals(currency: str) -> int:
    """The number of decimals of a currency (the minor unit of ISO 4217)."""
    return 0 if currency in _WITHOUT_DECIMALS else 3 if currency in _WITH_THREE else 2


def smallest(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 EUR, 1 JPY, 0.001 KWD."""
    return Decimal(1).scaleb(-decimals(currency))


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> Decimal | None:
    """A quotient, or None when the denominator is zero: never 0, never infinite (AT22)."""
    if not denominator:
        return None
    return Decimal(numerator) / Decimal(denominator)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in an ISO 4217 currency."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("money must be a Decimal, not a float")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise ValueError(f"{self.currency!r} is not an ISO 4217 currency code")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def rounded(self) -> Money:
        """This amount rounded to its currency's smallest unit."""
        return Money(rounded(self.amount, smallest(self.currency)), self.currency)


def allocate(total: Decimal, weights: Sequence[Decimal], step: Decimal = CENT) -> list[Decimal]:
    """Split ``total`` by ``weights`` into multiples of ``step`` that sum to it exactly (AT09).

    Largest remainder: every share is rounded towards zero, and the missing steps go to the
    largest remainders, the earlier position winning a tie. ``total`` is rounded first.
    Raises ValueError for no weights, a negative weight, or weights that sum to zero.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("weights must be given and not negative")
    whole = sum(weights, Decimal(0))
    if whole == 0:
        raise ValueError("weights must not sum to zero")
    target = rounded(total, step)
    exact = [target * weight / whole for weight in weights]
    shares = [value.quantize(step, rounding=ROUND_DOWN) for value in exact]
    missing = int((target - sum(shares, Decimal(0))) / step)
    unit = step if missing >= 0 else -step
    order = sorted(range(len(shares)), key=lambda i: (-abs(exact[i] - shares[i]), i))
    for position in order[: abs(missing)]:
        shares[position] += unit
    return shares
