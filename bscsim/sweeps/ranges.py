"""Ranges of settings: values between two ends, and where they stand on the way, on a linear or a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args

from bscsim.scenario.document import Item


@dataclass(frozen=True)
class Range:
    """Values from low to high, by a linear or a logarithmic scale; whole ones only, if both ends are integers."""

    path: str
    low: float
    high: float
    log: bool
    whole: bool
    item: Item

    def at(self, unit: float) -> float | int:
        """Return the value at a point of [0, 1].

        >>> from bscsim.scenario.document import item_of
        >>> item = item_of(0, "")
        >>> Range("p", 1, 100, True, False, item).at(0.5), Range("p", 1, 4, False, True, item).at(0.9)
        (10.0, 4)
        """
        if unit >= 1:  # rounding would carry a sum or a power past the end, out of what the setting allows
            return int(self.high) if self.whole else float(self.high)
        if self.whole and not self.log:  # each whole number has an equal part of [0, 1]
            return int(min(self.low + math.floor(unit * (self.high - self.low + 1)), self.high))
        if self.log:
            value = float(self.low * (self.high / self.low) ** unit)
            return round(value) if self.whole else value
        return float(self.low + (self.high - self.low) * unit)

    def position(self, unit: float) -> float:
        """Return where the value at a point of [0, 1] stands between the ends, 0 to 1 on the range's own scale.

        A whole number stands elsewhere than the point it was drawn at: effects are per step that was really made.
        """
        if not self.whole:
            return unit
        if self.log:
            return math.log(self.at(unit) / self.low) / math.log(self.high / self.low)
        return (self.at(unit) - self.low) / (self.high - self.low)

    def setting(self, unit: float) -> Item:
        """Return the value there as an item that stands where the range does."""
        value = self.at(unit)
        return replace(self.item, value=value, text=f"{value:.6g}")


def takes_whole(path: str) -> bool:
    """Whether a setting takes integers and no other numbers.

    >>> [takes_whole(path) for path in ("population.sizes", "calendar.sessions.1", "parameters.k_hour")]
    [True, True, False]
    """
    from bscsim.scenario.scenario import Scenario

    model: Any = Scenario
    for key in path.split("."):
        known = getattr(model, "model_fields", {}).get(key)
        if known is None and not key.isdecimal():
            return False
        model = known.annotation if known is not None else model
    kinds = list(_kinds(model))
    return int in kinds and float not in kinds


def _kinds(annotation: Any) -> Iterator[Any]:
    """Yield every type in an annotation."""
    yield annotation
    for inner in get_args(annotation):
        yield from _kinds(inner)
