"""Numbers of a sweep in words: an estimate with its interval, and how the numbers of one outcome are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bscsim.record.intervals import FOR_INTERVAL
from bscsim.report.words import MISSING

MOST_DIGITS = 4


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval (NaN where there is none) and the replicates behind it (0: not said).

    >>> Estimate.of({"mean": 0.5, "ci95_low": 0.4, "ci95_high": 0.6, "replicates": 20})
    Estimate(mean=0.5, low=0.4, high=0.6, n=20)
    >>> Estimate.of({"mean": 0.5, "ci95_low": -9.0, "ci95_high": 10.0, "replicates": 2}).has_interval
    False
    """

    mean: float
    low: float
    high: float
    n: int = 0

    @classmethod
    def of(cls, data: Mapping[str, Any] | None) -> Estimate | None:
        """From an interval object of summary.json; None without a mean; with few replicates without interval."""
        if data is None or data.get("mean") is None:
            return None
        n = int(data.get("replicates") or 0)
        few = n < FOR_INTERVAL
        low, high = (math.nan if few else _number(data.get(f"ci95_{end}")) for end in ("low", "high"))
        return cls(float(data["mean"]), low, high, n)

    @classmethod
    def from_parts(cls, value: float | None, low: float | None = None, high: float | None = None) -> Estimate | None:
        """From a value and the ends of an interval that is not one over replicates; None without a value."""
        return None if value is None else cls(float(value), _number(low), _number(high))

    @property
    def has_interval(self) -> bool:
        """Whether there is an interval to show."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def half(self) -> float:
        """Half the width of the interval; NaN without one."""
        return (self.high - self.low) / 2

    @property
    def ends(self) -> tuple[float, float]:
        """The interval; the value itself twice without one."""
        return (self.low, self.high) if self.has_interval else (self.mean, self.mean)

    @property
    def clear_of_zero(self) -> bool:
        """Whether there is an interval and it leaves zero out."""
        return self.has_interval and (self.low > 0 or self.high < 0)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


@dataclass(frozen=True)
class Writer:
    """Writes the numbers of one outcome: its kind (plain, share, dollars) and how many digits tell them apart.

    >>> Writer("plain", 2).value(-0.314), Writer("share", 0).value(0.85), Writer("dollars", -2).value(12345)
    ('−0.31', '85%', '$12,300')
    >>> Writer("plain", 2).change(0.314), Writer("share", 1).change(0.0123)
    ('+0.31', '+1.2')
    """

    kind: str
    digits: int

    def value(self, x: float) -> str:
        """One value with its unit sign."""
        if not math.isfinite(x):
            return MISSING
        if self.kind == "dollars":
            text = self._digits(x)
            return f"−${text[1:]}" if text.startswith("−") else f"${text}"
        return f"{self._digits(x)}%" if self.kind == "share" else self._digits(x)

    def change(self, x: float) -> str:
        """A difference with its sign; of shares in percentage points."""
        if not math.isfinite(x):
            return MISSING
        text = self._digits(x)
        if self.kind == "dollars":
            text = text.replace("−", "−$") if text.startswith("−") else f"${text}"
        return text if text.startswith("−") or not any(c in "123456789" for c in text) else f"+{text}"

    def interval(self, found: Estimate | None, change: bool = False) -> str:
        """The interval in words ("0.30 to 0.34"); empty without one."""
        if found is None or not found.has_interval:
            return ""
        write = self.change if change else self.value
        return f"{write(found.low)} to {write(found.high)}"

    def with_interval(self, found: Estimate | None, change: bool = False) -> str:
        """Value and interval: "0.32 (0.30 to 0.34)"."""
        if found is None:
            return MISSING
        text = self.change(found.mean) if change else self.value(found.mean)
        inside = self.interval(found, change)
        return f"{text} ({inside})" if inside else text

    def _digits(self, x: float) -> str:
        x = 100 * x if self.kind == "share" else x
        digits = max(self.digits, 0)
        text = f"{abs(round(x, self.digits)):,.{digits}f}"
        return f"−{text}" if x < 0 and any(c in "123456789" for c in text) else text


def kind_of(unit: str) -> str:
    """How numbers of a unit are written: as shares (percent), US dollars or plainly.

    >>> kind_of("share"), kind_of("US dollars per center"), kind_of("SD")
    ('share', 'dollars', 'plain')
    """
    low = unit.lower()
    if low.startswith(("share", "proportion")):
        return "share"
    return "dollars" if "dollar" in low or "usd" in low or low.startswith("$") else "plain"


def writer_for(unit: str, found: Iterable[Estimate | None]) -> Writer:
    """The writer whose digits show the size of the numbers and how far they are known.

    >>> writer_for("SD", [Estimate(0.32, 0.318, 0.322), Estimate(0.11, 0.108, 0.112)])
    Writer(kind='plain', digits=3)
    """
    kind = kind_of(unit)
    times = 100 if kind == "share" else 1
    known = [one for one in found if one is not None]
    size = times * max((abs(one.mean) for one in known), default=0.0)
    halves = sorted(times * one.half for one in known if one.has_interval and one.half > 0)
    significant = 2 if kind == "dollars" else 1
    by_size = significant - math.floor(math.log10(size)) if size > 0 else 2
    by_half = -math.floor(math.log10(halves[len(halves) // 2])) if halves else by_size
    digits = max(by_size, min(by_half, by_size + 2))
    return Writer(kind, min(digits, 0) if kind == "dollars" else min(max(digits, 0), MOST_DIGITS))


def times_words(x: float | None) -> str:
    """A factor in words.

    >>> times_words(12.34), times_words(1.234), times_words(None)
    ('12', '1.2', 'n/a')
    """
    if x is None or not math.isfinite(x):
        return MISSING
    return f"{x:,.0f}" if x >= 10 else f"{x:.1f}"
