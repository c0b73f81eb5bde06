"""Lists in a power study's file: each is an axis of the power curve, unless its field is by nature a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault

VARYING: Final = ("design", "measures", "truth", "attrition")
"""Entries of the file in which a list is an axis."""

MOST_CELLS: Final = 2_000
"""Cells a power study may have."""

_WORD_LISTS: Final = ("strata", "pairs_on", "match_on")


@dataclass(frozen=True)
class Axis:
    """What varies: a dotted path of the file, its values, and how each is written.

    >>> Axis("measures.score.sample", (3, "all"), ("3", "all")).short
    'score.sample'
    """

    path: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]

    @property
    def short(self) -> str:
        """The path without the entry it stands in, as labels write it."""
        section, _, rest = self.path.partition(".")
        return rest if section in ("design", "measures", "truth") else self.path


@dataclass(frozen=True)
class Grid:
    """The axes of a file, and the item that each level puts in the list's place."""

    axes: tuple[Axis, ...] = ()
    levels: tuple[tuple[Item, ...], ...] = ()
    places: tuple[str, ...] = ()
    """Where each list stands."""

    @property
    def cells(self) -> int:
        """Product of the axes' lengths, 1 without axes."""
        count = 1
        for axis in self.axes:
            count *= len(axis.values)
        return count

    def points(self) -> list[tuple[int, ...]]:
        """The level of each axis in each cell, the last axis of the file fastest."""
        return list(product(*(range(len(axis.values)) for axis in self.axes)))

    def cell(self, block: Item, point: tuple[int, ...]) -> Item:
        """Return the block of a cell: every axis at its level."""
        for axis, items, level in zip(self.axes, self.levels, point, strict=True):
            block = put(block, axis.path.split("."), items[level])
        return block


def grid_of(block: Item) -> tuple[Grid, list[Fault]]:
    """Find the axes of a block, in the order of the file, and what is wrong with them.

    >>> from bscsim.scenario.document import item_of
    >>> block = item_of({"design": {"control_centers": [16, 32], "strata": ["sector"]}}, "file")
    >>> grid_of(block)[0].axes
    (Axis(path='design.control_centers', values=(16, 32), labels=('16', '32')),)
    """
    faults: list[Fault] = []
    axes: list[Axis] = []
    levels: list[tuple[Item, ...]] = []
    places: list[str] = []
    for section, item in block.value.items():
        for path, listed in _lists(item, (section,)) if section in VARYING and isinstance(item.value, dict) else ():
            where, values = ".".join(path), listed.plain()
            problem = _wrong(listed, values)
            if problem:
                faults.append(Fault(listed.place, where, problem))
                continue
            axes.append(Axis(where, tuple(values), tuple(shown(value) for value in values)))
            levels.append(tuple(listed.value))
            places.append(listed.place)
    grid = Grid(tuple(axes), tuple(levels), tuple(places))
    if grid.cells > MOST_CELLS:
        counts = " x ".join(str(len(axis.values)) for axis in axes)
        problem = f"the lists make {grid.cells:,} cells ({counts}); at most {MOST_CELLS:,} are possible: shorten a list"
        faults.append(Fault(places[-1], axes[-1].path, problem))
    return grid, faults


def _wrong(item: Item, values: list[Any]) -> str:
    """Say why a list cannot be an axis."""
    if not values:
        return "is an empty list; a list here is an axis of the power curve and needs values"
    for at, value in enumerate(values):
        if isinstance(value, dict) or (isinstance(value, list) and not _of_lists(item)):
            return "is a list of lists or mappings; a list here is an axis of the power curve and takes plain values"
        if any(value == other and type(value) is type(other) for other in values[:at]):
            return f"has {shown(value)} a second time; a list here is an axis of the power curve"
    return ""


def _lists(item: Item, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Item]]:
    """Yield path and item of every list that is an axis."""
    if isinstance(item.value, dict):
        for key, inner in item.value.items():
            yield from _lists(inner, (*path, key))
    elif isinstance(item.value, list):
        if path == ("design", "cohorts"):
            for at, inner in enumerate(item.value):
                if isinstance(inner.value, dict):
                    yield from _lists(inner, (*path, str(at)))
        elif not _is_words(path) or _of_lists(item):
            yield path, item


def _is_words(path: tuple[str, ...]) -> bool:
    """Whether a field is by nature a list (of words), or must be a mapping."""
    word_list = path[0] == "design" and len(path) == 2 and path[1] in (*_WORD_LISTS, "waves")
    return word_list or (path[0] == "measures" and len(path) == 3 and path[2] == "waves") or path == ("measures",)


def _of_lists(item: Item) -> bool:
    """Whether all in a list are lists: of a field that is by nature a list, an axis."""
    return bool(item.value) and all(isinstance(inner.value, list) for inner in item.value)


def put(item: Item, keys: list[str], new: Item) -> Item:
    """Return an item with another at a path that exists.

    >>> from bscsim.scenario.document import item_of
    >>> put(item_of({"a": [{"b": 1}]}, ""), ["a", "0", "b"], item_of(2, "")).plain()
    {'a': [{'b': 2}]}
    """
    if not keys:
        return new
    if isinstance(item.value, list):
        value: Any = list(item.value)
        value[int(keys[0])] = put(value[int(keys[0])], keys[1:], new)
    else:
        value = {**item.value, keys[0]: put(item.value[keys[0]], keys[1:], new)}
    return replace(item, value=value)


def shown(value: Any) -> str:
    """Write a value the way a person reads it.

    >>> shown(0.25), shown(["sector", "size"]), shown([])
    ('0.25', 'sector size', 'none')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(shown, value)) if value else "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(inner)}" for key, inner in value.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)
