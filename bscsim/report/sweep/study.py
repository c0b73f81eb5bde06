"""A sweep as the report reads it: the plain data of summary.json, with words for its factors, levels and outcomes."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bscsim.record.intervals import FOR_INTERVAL
from bscsim.report.sweep.numbers import Estimate, Writer, writer_for
from bscsim.report.words import count

FIGURED = 6
"""Outcomes a figure shows at most; the tables hold all."""


def ident(level: Any) -> Hashable:
    """What tells levels apart: 1 and 1.0 are one level, true and 1 are two; lists and mappings work too.

    >>> ident(1) == ident(1.0), ident(True) == ident(1), ident([3, 7]) == ident([3.0, 7])
    (True, False, True)
    """
    if isinstance(level, bool):
        return ("switch", level)
    if isinstance(level, int | float):
        return float(level)
    if isinstance(level, list | tuple):
        return tuple(ident(inner) for inner in level)
    return json.dumps(level, sort_keys=True, default=str)


def shown(level: Any) -> str:
    """A level as text.

    >>> shown(0.30), shown([3, 7, 11]), shown(True), shown("auto"), shown(-2)
    ('0.3', '3, 7, 11', 'on', 'auto', '−2')
    """
    if isinstance(level, bool):
        return "on" if level else "off"
    if isinstance(level, int | float):
        return f"{level:.6g}".replace("-", "−") if isinstance(level, float) else f"{level}".replace("-", "−")
    if isinstance(level, list | tuple):
        return ", ".join(shown(inner) for inner in level) or "none"
    if isinstance(level, dict):
        return "; ".join(f"{name}: {shown(inner)}" for name, inner in level.items())
    return "none" if level is None else str(level)


def name_words(name: str) -> str:
    """A factor's name for a reader: no room in front, no underscores; parameters keep the name of their table.

    >>> name_words("parameters.k_hour"), name_words("elements.expert_faculty.level"), name_words("high_readiness")
    ('k_hour', 'expert faculty: level', 'high readiness')
    """
    if name.startswith("parameters."):
        return name.removeprefix("parameters.")
    return name.split(".", 1)[-1].replace("_", " ").replace(".", ": ")


@dataclass(frozen=True)
class Factor:
    """One factor: its name in the data and in words, its levels with their labels, or its range."""

    name: str
    words: str
    levels: tuple[Any, ...]
    labels: tuple[str, ...]
    low: float | None
    high: float | None
    unit: str
    about: str
    paths: tuple[str, ...]

    @property
    def axis(self) -> str:
        """Words and unit for an axis."""
        return f"{self.words} ({self.unit})" if self.unit else self.words

    @property
    def numeric(self) -> bool:
        """Whether all levels are numbers (at least two)."""
        return len(self.levels) > 1 and all(
            isinstance(level, int | float) and not isinstance(level, bool) for level in self.levels
        )

    @cached_property
    def places(self) -> dict[Hashable, int]:
        """Number of each level, from 0."""
        return {ident(level): i for i, level in enumerate(self.levels)}

    def label(self, level: Any) -> str:
        """A level in words."""
        place = self.places.get(ident(level))
        return shown(level) if place is None else self.labels[place]

    @property
    def span(self) -> str:
        """All levels, or the range, in words."""
        if self.levels:
            return " | ".join(self.labels)
        return f"{shown(self.low)} to {shown(self.high)}" if self.low is not None and self.high is not None else ""


@dataclass(frozen=True)
class Outcome:
    """One response: its key, title, unit, and writers for its values and for differences between them."""

    key: str
    title: str
    unit: str
    about: str
    writer: Writer
    changes: Writer

    @property
    def unit_words(self) -> str:
        """The unit on an axis of values; empty if the title says it."""
        gain = self.key.partition("@")[0].endswith("_effect")  # itself a difference between two shares
        share = "percentage points" if gain else "%"
        unit = {"share": share, "dollars": "US dollars"}.get(self.writer.kind, self.unit)
        return "" if not unit or f"({unit}" in self.title else unit

    @property
    def axis(self) -> str:
        """Title and unit for an axis of values."""
        return f"{self.title} ({self.unit_words})" if self.unit_words else self.title

    @property
    def change_unit(self) -> str:
        """The unit of a difference."""
        return {"share": "percentage points", "dollars": "US dollars"}.get(self.writer.kind, self.unit)

    @property
    def lower_title(self) -> str:
        """The title inside a sentence."""
        head = self.title[:2]
        return self.title if head.isupper() else self.title[:1].lower() + self.title[1:]


class Sweep:
    """Reads a sweep's summary (the plain data of summary.json) for figures, tables and the page.

    >>> sweep = Sweep({"factors": [{"name": "calls", "levels": [0, 1], "labels": ["no", "yes"]}],
    ...                "responses": [{"key": "effect@end", "title": "effect at the end", "unit": "SD"}]})
    >>> sweep.factor("calls").label(1), sweep.outcomes[0].axis, sweep.replicates
    ('yes', 'Effect at the end (SD)', 0)
    """

    def __init__(self, summary: Mapping[str, Any]) -> None:
        self.summary = summary
        self.factors = tuple(_factor(one) for one in summary.get("factors") or ())
        self.outcomes = tuple(self._outcomes())

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of one analysis; empty if it was not made."""
        return list(self.summary.get(name) or [])

    @cached_property
    def cells(self) -> list[dict[str, Any]]:
        """The cells in order."""
        return self.rows("cells")

    @cached_property
    def cell(self) -> dict[int, dict[str, Any]]:
        """Cells by their number."""
        return {int(cell["cell"]): cell for cell in self.cells}

    @property
    def replicates(self) -> int:
        """Replicates planned for each cell."""
        return int((self.summary.get("run") or {}).get("replicates") or 0)

    @property
    def planned(self) -> int:
        """Cells planned."""
        return int((self.summary.get("run") or {}).get("cells") or len(self.cells))

    @property
    def design(self) -> str:
        """The design's name."""
        return str(self.summary.get("design") or "")

    @property
    def reference(self) -> str:
        """The reference cell in words."""
        number = self.summary.get("reference")
        return "the reference" if number is None or number not in self.cell else self.cell_label(self.cell[number])

    @cached_property
    def shown(self) -> tuple[Outcome, ...]:
        """The outcomes that figures show: the first ones that have a value somewhere."""
        known = [one for one in self.outcomes if any(True for _ in self._estimates(one.key))]
        return tuple(known[:FIGURED])

    def factor(self, name: str) -> Factor:
        """A factor by its name; one that is not listed is named by its name alone."""
        found = self._by_name.get(name)
        return found or Factor(name, name_words(name), (), (), None, None, "", "", ())

    def outcome(self, key: str) -> Outcome | None:
        """An outcome by its key."""
        return next((one for one in self.outcomes if one.key == key), None)

    def value(self, cell: Mapping[str, Any], key: str) -> Estimate | None:
        """One outcome of one cell."""
        return Estimate.of((cell.get("values") or {}).get(key))

    def cell_label(self, cell: Mapping[str, Any]) -> str:
        """A cell in words: its label, or its levels, or its number."""
        if cell.get("label"):
            return str(cell["label"])
        levels = cell.get("levels") or {}
        parts = [f"{self.factor(name).words} {self.factor(name).label(level)}" for name, level in levels.items()]
        return ", ".join(parts) or f"cell {cell['cell']}"

    def term_words(self, terms: list[str]) -> str:
        """A main effect or an interaction in words."""
        return " × ".join(self.factor(name).words for name in terms)

    def whiskers(self, what: str = "Whiskers") -> str:
        """The note that says what intervals over replicates are, or why there are none."""
        if 0 < self.replicates < FOR_INTERVAL:
            return f"{count(self.replicates, 'replicate')} a cell: too few for intervals."
        return f"{what}: 95% Monte Carlo interval of the mean over {count(self.replicates, 'replicate')}."

    @cached_property
    def _by_name(self) -> dict[str, Factor]:
        return {factor.name: factor for factor in self.factors}

    def _outcomes(self) -> Iterator[Outcome]:
        listed = list(self.summary.get("responses") or ())
        titles = [str(one.get("title") or one["key"]) for one in listed]
        for one, title in zip(listed, titles, strict=True):
            key, unit = str(one["key"]), str(one.get("unit") or "").replace("0-1", "0–1")
            if titles.count(title) > 1:  # the same words at two times: say the time
                title = f"{title}, {when_words(str(one.get('when', '')))}"
            title = title[:1].upper() + title[1:]
            values = writer_for(unit, self._estimates(key))
            changes = writer_for(unit, list(self._changes(key)) or list(self._estimates(key)))
            yield Outcome(key, title, unit, str(one.get("about") or ""), values, changes)

    def _estimates(self, key: str) -> Iterator[Estimate]:
        found = (self.value(cell, key) for cell in self.cells)
        return (one for one in found if one is not None)

    def _changes(self, key: str) -> Iterator[Estimate]:
        for analysis, name in (("effects", "estimate"), ("one_at_a_time", "difference"), ("contrasts", "difference")):
            rows = [row for row in self.rows(analysis) if row.get("response") == key]
            found = [one for row in rows if (one := Estimate.of(row.get(name))) is not None]
            if found:  # the numbers that the figures show decide on the digits
                yield from found
                return


def _factor(data: Mapping[str, Any]) -> Factor:
    levels = tuple(data.get("levels") or ())
    given = list(data.get("labels") or ())
    labels = tuple(str(given[i]) if i < len(given) else shown(level) for i, level in enumerate(levels))
    name = str(data["name"])
    return Factor(
        name, name_words(name), levels, labels, data.get("low"), data.get("high"), str(data.get("unit") or ""),
        str(data.get("about") or ""), tuple(str(path) for path in data.get("paths") or ()),
    )  # fmt: skip


def when_words(when: str) -> str:
    """The time of a response in words.

    >>> when_words("end"), when_words("+12"), when_words("28")
    ('at the end', '12 months after the end', 'month 28')
    """
    if when == "end":
        return "at the end"
    if when.startswith("+"):
        return f"{when[1:]} months after the end"
    return f"month {when}" if when else ""
