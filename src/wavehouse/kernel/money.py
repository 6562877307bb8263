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
_WITH_FOUR = frozenset(["CLF", "UYW"])  # units of account of Chile and Uruguay


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were added or compared."""


def rounded(amount: Decimal, step: Decimal = CENT) -> Decimal:
    """The one rounding rule: half-even, to ``step``. Only for presentation and stored cents."""
    return amount.quantize(step, rounding=ROUND_HALF_EVEN)


def decimals(currency: str) -> int:
    """The number of decimals of a currency (the minor unit of ISO 4217)."""
    if currency in _WITHOUT_DECIMALS:
        return 0
    return 3 if currency in _WITH_THREE else 4 if currency in _WITH_FOUR else 2


def smallest(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 EUR, 1 JPY, 0.001 KWD, 0.0001 CLF."""
    return Decimal(1).scaleb(-decimals(currency))


def places(amount: Decimal) -> int:
    """The decimals that an amount needs: 2 for 1.50 and 1.25, 0 for 10.00; 99 if not finite."""
    exponent = amount.normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 99


def in_own_decimals(amount: Decimal, currency: str) -> Decimal:
    """An amount written with its currency's decimals: 1200 JPY, 49.90 EUR, 1.234 KWD.

    Digits are added, never removed: an amount with more decimals is returned unchanged.
    """
    if places(amount) > decimals(currency):
        return amount
    return rounded(amount, smallest(currency))


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
