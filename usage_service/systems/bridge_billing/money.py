"""Exact sums and one rounding. Money is Decimal from the file to the invoice; currencies are never mixed."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, Overflow
from enum import Enum

ZERO = Decimal(0)
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])
"""Adds without ever rounding: 60 digits hold any sum of amounts, and an inexact result is an error."""

_ROOMY = Context(prec=60, traps=[InvalidOperation])

LARGEST = Decimal(10) ** 15
MOST_DECIMALS = 20


class Rounding(Enum):
    """How an aggregate is brought to whole cents."""

    HALF_UP = "half-up"  # 0.025 → 0.03, −0.025 → −0.03: ties away from zero, the commercial habit
    HALF_EVEN = "half-even"  # 0.025 → 0.02, 0.035 → 0.04: ties to the even cent, without drift


_MODES = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.HALF_EVEN: ROUND_HALF_EVEN}


def is_amount(value: Decimal) -> bool:
    """Whether the value is of a size that sums stay exact with: 15 digits before the point, 20 after it."""
    return value.is_finite() and abs(value) < LARGEST and int(value.as_tuple().exponent) >= -MOST_DECIMALS


def rounded(amount: Decimal, rounding: Rounding, places: int = 2) -> Decimal:
    """The amount to that many decimal places. Called once per aggregate, never per line."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=_MODES[rounding], context=_ROOMY)
