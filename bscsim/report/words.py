"""Numbers and scenarios in plain words, for captions, notes and the report's text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bscsim.record.intervals import Interval
    from bscsim.report.reading import Reading

MISSING = "n/a"
NO_INTERVAL = "too few replicates for an interval"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def level(value: float, digits: int = 2) -> str:
    """A level or an effect with a fixed number of digits and a true minus sign.

    >>> level(0.4567), level(-0.1), level(float("nan"))
    ('0.46', '−0.10', 'n/a')
    """
    if not math.isfinite(value):
        return MISSING
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) != 0.0 else text


def percent(value: float, digits: int = 0) -> str:
    """A share as a percentage.

    >>> percent(0.8543), percent(0.0172, 1)
    ('85%', '1.7%')
    """
    return MISSING if not math.isfinite(value) else f"{level(100 * value, digits)}%"


def dollars(value: float) -> str:
    """US dollars, rounded to three significant digits once above a hundred.

    >>> dollars(12345), dollars(87.2), dollars(-1500)
    ('$12,300', '$87', '−$1,500')
    """
    if not math.isfinite(value):
        return MISSING
    size = abs(value)
    if size >= 100:
        unit = 10 ** (math.floor(math.log10(size)) - 2)
        size = round(size / unit) * unit
    return f"{'−' if value < 0 and size else ''}${size:,.0f}"


def with_interval(value: Interval, digits: int = 2) -> str:
    """Mean and 95% Monte Carlo interval: "0.32 (0.30 to 0.34)"; the mean alone with too few replicates."""
    if not value.has_interval:
        return level(value.mean, digits)
    return f"{level(value.mean, digits)} ({level(value.low, digits)} to {level(value.high, digits)})"


def percent_interval(value: Interval, digits: int = 0) -> str:
    """A share with its 95% Monte Carlo interval, in percent."""
    if not value.has_interval:
        return percent(value.mean, digits)
    return f"{percent(value.mean, digits)} ({level(100 * value.low, digits)} to {percent(value.high, digits)})"


def listed(items: Sequence[object], last: str = "and") -> str:
    """Items in a sentence.

    >>> listed([3, 7, 11]), listed(["one"]), listed([])
    ('3, 7 and 11', 'one', 'none')
    """
    words = [str(item) for item in items]
    if not words:
        return "none"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def months(numbers: Sequence[int]) -> str:
    """Months in a sentence.

    >>> months([16]), months([0, 16]), months([])
    ('month 16', 'months 0 and 16', 'no month')
    """
    return f"month{'' if len(numbers) == 1 else 's'} {listed(numbers)}" if numbers else "no month"


def supports_used(reading: Reading) -> list[str]:
    """The supports in use with their levels: "stipend (1)"."""
    supports = reading.scenario.supports.model_dump()
    return [f"{name.replace('_', ' ')} ({value:g})" for name, value in supports.items() if value]


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> count(1, "center"), count(8, "center")
    ('1 center', '8 centers')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def interval_note(reading: Reading, mark: str) -> str:
    """What the marks of a figure that show spread are: percentiles over replicates, or nothing with one replicate."""
    if reading.replicates == 1:
        return "One replicate: no interval is shown."
    return f"{mark}: 5th–95th percentile over {count(reading.replicates, 'replicate')}."


def replicates_words(reading: Reading) -> str:
    """Say how many replicates: "100 replicates", or "the only replicate"."""
    return "the only replicate" if reading.replicates == 1 else count(reading.replicates, "replicate")


def sector_words(sector: str) -> str:
    """A sector inside a sentence: "child care", "Head Start", "school-based".

    >>> sector_words("child_care"), sector_words("head_start")
    ('child care', 'Head Start')
    """
    from bscsim.report.reading import SECTOR_WORDS

    words = SECTOR_WORDS[sector]
    return words if sector == "head_start" else words.lower()
