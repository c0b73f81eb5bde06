"""Layers of a scenario: defaults, then bases, then the file, then ``--set``; the last that names a setting counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bscsim.scenario.document import Item, parse
from bscsim.scenario.faults import Fault
from bscsim.scenario.population import ROSTER_ONLY, SYNTHETIC_ONLY

DEFAULT, FILE, SET = "default", "file", "--set"

WHOLE: Final = (("population", "sectors"), ("population", "sector_values"))
"""Mappings that are one value: half a mix of sectors has no meaning, so a later one replaces an earlier one."""

_TEXT: Final = ("name", "population.roster")
"""Settings whose ``--set`` value is text as it stands: a path may hold what YAML reads otherwise."""


def merge(lower: Item, upper: Item, path: tuple[str, ...] = ()) -> Item:
    """Lay one layer over another: mappings merge, anything else replaces.

    An empty section (``parameters:`` with nothing below) changes nothing. An element given as a number is its level,
    so that a switch can be laid over it. A roster of a later layer takes the place of synthetic centers and the other
    way round.

    >>> from bscsim.scenario.document import item_of
    >>> low, up = item_of({"a": {"x": 1, "y": 2}}, "default"), item_of({"a": {"y": 3}}, "file")
    >>> merge(low, up).plain()
    {'a': {'x': 1, 'y': 3}}
    """
    if upper.value is None and len(path) == 1 and isinstance(lower.value, dict):
        return lower
    if path[:1] == ("elements",) and len(path) == 2 and isinstance(upper.value, dict):
        lower = _level_only(lower)
    if not isinstance(lower.value, dict) or not isinstance(upper.value, dict) or path in WHOLE:
        return upper
    below = _without_rival(lower.value, upper.value) if path == ("population",) else lower.value
    merged = dict(below)
    for key, item in upper.value.items():
        merged[key] = merge(below[key], item, (*path, key)) if key in below else item
    return replace(upper, value=merged)


def _level_only(item: Item) -> Item:
    """Return an element that is a number as the mapping it stands for."""
    return item if isinstance(item.value, dict) else replace(item, value={"level": item})


def _without_rival(lower: dict[str, Item], upper: dict[str, Item]) -> dict[str, Item]:
    """Leave out what a later layer's choice between a roster and synthetic centers makes meaningless."""
    if "roster" not in upper:
        return lower
    gone = SYNTHETIC_ONLY if upper["roster"].value is not None else (*ROSTER_ONLY, "roster")
    return {key: item for key, item in lower.items() if key not in gone}


def override(root: Item, text: str, place: str = "") -> tuple[Item, list[Fault]]:
    """Lay one ``path=value`` over the scenario; the value is read as YAML.

    ``place`` is what faults name as their place: ``--set path=value`` unless given.

    >>> from bscsim.scenario.document import item_of
    >>> root, faults = override(item_of({"calendar": {"sessions": [3, 7]}}, "default"), "calendar.sessions.0=4")
    >>> root.plain(), faults
    ({'calendar': {'sessions': [4, 7]}}, [])
    """
    place = place or f"{SET} {text}"
    path, equals, value_text = text.partition("=")
    path = path.strip().removeprefix("scenario.")
    keys = path.split(".")
    if not equals or "" in keys:
        return root, [Fault(place, "", "must be path=value, such as calendar.ends=14")]
    if keys[0] in ("kind", "base", "scenario"):
        return root, [Fault(place, path, "belongs in the file; --set changes settings of the scenario")]
    item, faults = _value(path, value_text, place)
    if faults:
        return root, faults
    root, problem = lay(root, path, item)
    return root, [Fault(place, *problem)] if problem else []


def lay(root: Item, path: str, item: Item) -> tuple[Item, tuple[str, str] | None]:
    """Lay one value over a scenario at a dotted path; returns (path, problem) too if nothing can stand there.

    >>> from bscsim.scenario.document import item_of
    >>> base = item_of({"calendar": {"sessions": [3, 7]}}, "default")
    >>> root, problem = lay(base, "calendar.sessions.1", item_of(8, ""))
    >>> root.plain(), problem
    ({'calendar': {'sessions': [3, 8]}}, None)
    """
    keys = path.split(".")
    root_of_lists, inner = _single(root, keys)
    problem = _blocked(root_of_lists, keys)
    return (root, problem) if problem else (merge(root, _nest(root, inner, item)), None)


def _single(root: Item, keys: list[str]) -> tuple[Item, list[str]]:
    """Let a single analysis, a mapping, be the first of a list: (root with that list, the way in root as it is).

    Faults name an analysis by its number, so that ``analysis.0.wave`` must reach it; ``analysis.wave`` does too.
    """
    one = root.child("analysis")
    if keys[0] != "analysis" or len(keys) < 2 or not keys[1].isdecimal() or one is None:
        return root, keys
    if not isinstance(one.value, dict):
        return root, keys
    return replace(root, value={**root.value, "analysis": replace(one, value=[one])}), ["analysis", *keys[2:]]


def _value(path: str, text: str, place: str) -> tuple[Item, list[Fault]]:
    """Read the value of an override."""
    empty = text.strip() in ("", "~", "null")
    if empty or path in _TEXT or path.startswith("population.columns."):
        return Item(None if empty else text.strip(), place, place, SET, text.strip()), []
    item, faults = parse(text, "", SET)
    if item is None or faults:
        problem = faults[0].message if faults else "no value"
        return Item(None, place, place, SET), [Fault(place, path, problem)]
    return _placed(item, place), []


def _placed(item: Item, place: str) -> Item:
    """Give an item that was typed on the command line, and all within it, that one place."""
    value: Any = item.value
    if isinstance(value, dict):
        value = {key: _placed(inner, place) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_placed(inner, place) for inner in value]
    return replace(item, value=value, place=place, key_place=place)


def _blocked(root: Item, keys: list[str]) -> tuple[str, str] | None:
    """(path, problem) if the way to the last key passes something that is no mapping or list; else None."""
    item: Item | None = root
    for index, key in enumerate(keys):
        path = ".".join(keys[:index])
        if item is None:
            return None
        if isinstance(item.value, list):
            if not key.isdecimal() or int(key) >= len(item.value):
                return path, f"has no place {key}; its places are 0 to {len(item.value) - 1}"
            item = item.child(int(key))
        elif isinstance(item.value, dict):
            item = item.child(key)
        elif keys[0] == "elements" and index == 2:
            item = None  # a level: its switches may be laid over it
        elif isinstance(item.value, str) and keys[0] == "calendar":
            return path, f"is {item.shown()}, not a list with a place {key}"
        else:
            return path, f"is {item.shown()}, which holds no {key}"
    return None


def _nest(root: Item | None, keys: list[str], item: Item) -> Item:
    """Return a layer that holds only ``item``; a list on the way is copied with one entry changed."""
    if not keys:
        return item
    inside = None if root is None else root.child(int(keys[0]) if isinstance(root.value, list) else keys[0])
    inner = _nest(inside, keys[1:], item)
    value: Any = {keys[0]: inner}
    if root is not None and isinstance(root.value, list):
        value = list(root.value)
        value[int(keys[0])] = inner if inside is None else merge(inside, inner)  # the rest of a mapping stays
    return Item(value, item.place, item.key_place, SET)


def layer_of(root: Item, path: tuple[str, ...]) -> str:
    """Say which layer set a setting of the resolved scenario.

    >>> from bscsim.scenario.document import item_of
    >>> layer_of(item_of({"elements": {"shared_learning": 1}}, "file"), ("elements", "shared_learning", "level"))
    'file'
    """
    item: Item | None = root
    for index, key in enumerate(path):
        if item is None:
            return DEFAULT
        if not isinstance(item.value, dict):
            return item.layer if path[index:] == ("level",) else DEFAULT
        item = item.child(key)
    return DEFAULT if item is None else item.layer


def with_layers(root: Item, layers: Mapping[str, str], above: str = "") -> Item:
    """Return items with the layers of their settings, by dotted path, as they were when a study was read.

    >>> from bscsim.scenario.document import item_of
    >>> root = with_layers(item_of({"population": {"centers": 8}}, "manifest"), {"population.centers": "file"})
    >>> layer_of(root, ("population", "centers"))
    'file'
    """
    if isinstance(root.value, dict):
        inner = {key: with_layers(item, layers, f"{above}{key}.") for key, item in root.value.items()}
        return replace(root, value=inner)
    return replace(root, layer=layers.get(above.removesuffix("."), root.layer))
