"""Reading what is searched for: fields, bounds, step, budget."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from math import prod
from typing import Any, Final

from bscsim.scenario.checking import validated
from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault
from bscsim.trial.settings import SearchSettings

INTEGERS: Final = {
    "design.collaboratives": (1, 1000), "design.centers_per_collaborative": (1, 1000),
    "design.control_centers": (0, 10_000), "design.waits": (1, 240),
}  # fmt: skip
"""Fields that can be searched, with their range; besides, cohorts' collaboratives and measures' samples."""

LEAST_REPLICATES: Final = 40
"""With fewer nothing can be searched."""

MOST_DESIGNS: Final = 10_000
"""Designs that a budget may choose among."""


def field_range(path: str) -> tuple[int, int] | None:
    """The range of a field that can be searched, None for any other.

    >>> field_range("measures.class_score.sample"), field_range("design.type")
    ((1, 10000), None)
    """
    if re.fullmatch(r"design\.cohorts\.\d{1,4}\.collaboratives", path):
        return 1, 1000
    if re.fullmatch(r"measures\.[^.]+\.sample", path):
        return 1, 10_000
    return INTEGERS.get(path)


def fields_of(search: SearchSettings) -> tuple[tuple[str, int, int], ...]:
    """Each searched field with its smallest and largest value.

    >>> fields_of(SearchSettings(over="design.control_centers", between=(8, 40)))
    (('design.control_centers', 8, 40),)
    """
    one = isinstance(search.over, str)
    over: Any = (search.over,) if one else search.over
    between: Any = (search.between,) if one else search.between
    return tuple((path, low, high) for path, (low, high) in zip(over, between, strict=True))


def read_search(item: Item | None) -> tuple[SearchSettings | None, list[Fault]]:
    """Return what a file says of a search, None if nothing, and its faults.

    >>> from bscsim.scenario.document import item_of
    >>> search, _ = read_search(item_of({"over": "design.control_centers", "between": [8, 40]}, "file"))
    >>> search.over, search.between
    ('design.control_centers', (8, 40))
    """
    if item is None or item.value is None:
        return None, []
    if not isinstance(item.value, dict):
        problem = f"{item.shown()} is not a mapping of over, between, step, budget, replicates"
        return None, [Fault(item.place, "search", problem)]
    faults = _missing(item) + _over(item.child("over")) + _between(item.child("between"), item.child("over"))
    own = {key: inner for key, inner in item.value.items() if key not in ("over", "between")}
    settings, found = validated(replace(item, value=own), SearchSettings)
    faults += [replace(fault, path=f"search.{fault.path}") for fault in found]
    if settings is None or faults:
        return None, faults
    over, between = item.value["over"].plain(), item.value["between"].plain()
    several = isinstance(over, list)
    bounds = tuple((low, high) for low, high in between) if several else tuple(between)
    settings = settings.model_copy(update={"over": tuple(over) if several else over, "between": bounds})
    return settings, _together(item, settings)


def _missing(item: Item) -> list[Fault]:
    hints = {"over": "a field such as design.centers_per_collaborative", "between": "two integers such as [4, 20]"}
    return [Fault(item.place, f"search.{key}", f"is missing; give {hint}") for key, hint in hints.items()
            if item.child(key) is None]  # fmt: skip


def _over(item: Item | None) -> list[Fault]:
    """Check the names of fields."""
    if item is None:
        return []
    listed = item.value if isinstance(item.value, list) else [item]
    if not listed:
        return [Fault(item.place, "search.over", "is an empty list; give a field, or several under a budget")]
    faults = []
    for at, one in enumerate(listed):
        if isinstance(one.value, str) and field_range(one.value) is not None:
            if one.value in [other.value for other in listed[:at]]:
                faults.append(Fault(one.place, "search.over", f"{one.shown()} stands here a second time"))
            continue
        known = [*INTEGERS, "design.cohorts.0.collaboratives", "measures.NAME.sample"]
        hint = get_close_matches(str(one.value), list(INTEGERS), n=1)
        said = f"; did you mean {hint[0]}?" if hint else ""
        problem = f"{one.shown()} is no integer field that can be searched; allowed: {', '.join(known)}{said}"
        faults.append(Fault(one.place, "search.over", problem))
    return faults


def _between(item: Item | None, over: Item | None) -> list[Fault]:
    """Check the bounds, a pair for each field."""
    if item is None:
        return []
    several = over is not None and isinstance(over.value, list)
    if not several:
        return _pair(item, over)
    assert over is not None
    if not isinstance(item.value, list) or len(item.value) != len(over.value):
        problem = f"needs a list of {len(over.value)} pairs, smallest and largest of each field in over"
        return [Fault(item.place, "search.between", problem)]
    return [fault for pair, name in zip(item.value, over.value, strict=True) for fault in _pair(pair, name)]


def _pair(item: Item, over: Item | None) -> list[Fault]:
    """Check the bounds of one field."""
    values = [inner.value for inner in item.value] if isinstance(item.value, list) else []
    if len(values) != 2 or any(type(value) is not int for value in values):
        problem = "needs two integers, the smallest and the largest value, such as [4, 20]"
        return [Fault(item.place, "search.between", problem)]
    low, high = values
    if low >= high:
        said = f"; turned round it would be [{high}, {low}]" if low > high else ""
        return [Fault(item.place, "search.between", f"must run from a smaller to a larger value, not {values}{said}")]
    span = field_range(over.value) if over is not None and isinstance(over.value, str) else None
    if span is not None and not span[0] <= low <= high <= span[1]:
        assert over is not None
        problem = f"{values} leaves the range of {over.value}, {span[0]} to {span[1]}"
        return [Fault(item.place, "search.between", problem)]
    return []


def _together(item: Item, settings: SearchSettings) -> list[Fault]:
    """Check what fits alone but not together."""
    if isinstance(settings.over, tuple) and not settings.budget:
        problem = "lists fields, which needs a budget: add search.budget, or search one field"
        return [Fault(item.value["over"].place, "search.over", problem)]
    widest = max(high - low for _, low, high in fields_of(settings))
    if settings.step > widest:
        place = item.child("step") or item
        return [Fault(place.place, "search.step", f"{settings.step} is more than the range, {widest}; a smaller step")]
    if 0 < settings.replicates < LEAST_REPLICATES:
        problem = (f"{settings.replicates} are too few to search with; at least {LEAST_REPLICATES}, or 0: four times "
                   "those of the study, 400 or more")  # fmt: skip
        return [Fault((item.child("replicates") or item).place, "search.replicates", problem)]
    combined = prod((high - low) // settings.step + 1 for _, low, high in fields_of(settings))
    if settings.budget and combined > MOST_DESIGNS:
        problem = f"makes {combined:,} designs; at most {MOST_DESIGNS:,} are compared: a larger step, or fewer values"
        return [Fault(item.value["between"].place, "search.between", problem)]
    return []
