"""The group `billing` of the settings."""

from dataclasses import dataclass
from typing import Literal

from usage_service.settings import setting


@dataclass(frozen=True, kw_only=True, slots=True)
class BillingSettings:
    """How CDR workbooks are read, and billed to cost centres."""

    layout: str = setting("pgi", "How CDR workbooks are laid out: a shipped layout's name, or a TOML file.")
    time_zone: str = setting("UTC", "Zone whose midnights begin and end a billing month.")
    mode: Literal["by_usage_time", "one_per_user"] = setting(
        "by_usage_time", "Cost centre of a line: the one valid when its use began, or when the period ends."
    )
    rounding: Literal["half-up", "half-even"] = setting(
        "half-up", "How an aggregate, never a line, is rounded to cents."
    )
    max_age_days: int = setting(90, "A cost centre not confirmed for more days before a use is stale.")
    when_missing: Literal["keep", "default"] = setting(
        "keep", "A login without a cost centre: keep the last one and flag it, or fall to the customer's default."
    )
