"""From items to a scenario: all faults at once, each at its place and in plain words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault
from bscsim.scenario.fields import Frozen
from bscsim.scenario.layers import DEFAULT, FILE, SET
from bscsim.scenario.scenario import Scenario

Loc = tuple[str | int, ...]
F = TypeVar("F", bound=Frozen)

_EXPECTED: Final = {
    "float_type": "a number", "int_type": "an integer", "int_from_float": "an integer", "bool_type": "true or false",
    "string_type": "text", "model_type": "a mapping", "dict_type": "a mapping", "mapping_type": "a mapping",
    "tuple_type": "a list", "finite_number": "a finite number",
}
_LISTED: Final = 14  # names listed in full where nothing is near


def validate(root: Item) -> tuple[Scenario | None, list[Fault]]:
    """Return the scenario, or None and everything that is wrong with it: see :func:`validated`."""
    return validated(root, Scenario)


def validated(root: Item, model: type[F]) -> tuple[F | None, list[Fault]]:
    """Return a group of settings as its class, or None and everything that is wrong with it.

    A setting at fault hides what it would clash with, so faulty settings are set aside and the rest is checked again,
    until nothing new is found; clashes that involve a setting set aside are not reported.
    """
    content = root.plain()
    aside: dict[tuple[str, ...], None] = {}
    faults: dict[Fault, None] = {}
    while True:
        try:
            accepted = model.model_validate(content)
        except ValidationError as error:
            found = [dict(detail) for detail in error.errors(include_url=False)]
        else:
            return (None if faults else accepted), sorted(faults, key=in_order)
        known = dict(aside)
        for detail in found:
            involved = _involved(detail)
            if detail["type"] != "clash" or not _touches(involved, known):
                faults.setdefault(_fault(root, detail, involved, model))
            aside.update(dict.fromkeys(involved))
        if len(aside) == len(known):
            return None, sorted(faults, key=in_order)
        for path in aside:
            _remove(content, path)


def _involved(detail: dict[str, Any]) -> list[tuple[str, ...]]:
    """List the settings an error is about; of a list, the whole list."""
    if detail["type"] == "clash":
        return [tuple(path.split(".")) for path in detail["ctx"]["involved"]]
    names = detail["loc"]
    end = next((index for index, name in enumerate(names) if isinstance(name, int)), len(names))
    return [tuple(str(name) for name in names[:end])]


def _touches(paths: Iterable[tuple[str, ...]], aside: Iterable[tuple[str, ...]]) -> bool:
    """Whether any path lies within, or around, one that was set aside."""
    gone = list(aside)
    return any(path[: len(other)] == other[: len(path)] for path in paths for other in gone)


def _remove(content: Any, path: tuple[str, ...]) -> None:
    """Take a setting out; one that holds less than the path says is taken out itself."""
    for name in path[:-1]:
        inner = content.get(name)
        if not isinstance(inner, dict):
            content.pop(name, None)
            return
        content = inner
    content.pop(path[-1], None)


def _fault(root: Item, detail: dict[str, Any], involved: list[tuple[str, ...]], model: type[Frozen]) -> Fault:
    """Say one of pydantic's errors at its place and in plain words."""
    loc: Loc = detail["loc"]
    item, walked = _find(root, loc)
    kind = detail["type"]
    if kind == "clash":
        return Fault(_clash_place(root, loc, involved), ".".join(map(str, loc)), detail["ctx"]["problem"])
    path = ".".join(map(str, walked))
    if kind == "extra_forbidden":
        return Fault(item.key_place, path, "unknown name" + _unknown(loc, model))
    return Fault(item.place, path, _problem(detail, item, _notes(loc, model).get("allowed", "")))


def _problem(detail: dict[str, Any], item: Item, allowed: str) -> str:
    """Say what is wrong with a value, what is allowed, and the nearest allowed word."""
    kind, shown = detail["type"], item.shown()
    words: Iterable[str] = detail.get("ctx", {}).get("words", ())
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
    if kind in _EXPECTED and not (kind == "model_type" and allowed.startswith("a number")):
        problem = f"{shown} is not {_EXPECTED[kind]}"
    elif kind.startswith(("greater_than", "less_than")):
        problem = f"{shown} is out of range"
    elif kind in ("missing", "too_short", "too_long"):
        problem = "has the wrong number of values"
    else:
        problem = f"{shown} is not allowed"
    near = difflib.get_close_matches(str(item.value), list(words), n=1) if isinstance(item.value, str) else []
    return f"{problem}; allowed: {allowed or detail['msg']}" + (f"; did you mean {near[0]}?" if near else "")


def _find(root: Item, loc: Loc) -> tuple[Item, Loc]:
    """Return the item at a place, or the nearest one around it, and the way to what is meant."""
    item = root
    for index, key in enumerate(loc):
        inner = item.child(key)
        if inner is None:
            return item, loc if isinstance(item.value, dict) else loc[:index]
        item = inner
    return item, loc


def _clash_place(root: Item, loc: Loc, involved: list[tuple[str, ...]]) -> str:
    """Return the place of a clash: that of the setting involved which the latest layer set."""
    items = [_find(root, place)[0] for place in (loc, *involved)]
    return max(items, key=lambda item: _rank(item.layer)).place


def _rank(layer: str) -> int:
    return {SET: 3, FILE: 2, DEFAULT: 0}.get(layer, 1)


def _models(loc: Loc, model: type[Frozen]) -> list[type[Frozen]]:
    """List the models along a place, from the whole inwards."""
    models: list[type[Frozen]] = [model]
    for key in loc:
        field = models[-1].model_fields.get(str(key))
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, Frozen):
            break
        models.append(field.annotation)
    return models


def _notes(loc: Loc, model: type[Frozen]) -> dict[str, str]:
    """Return what is declared about the setting at a place (or that a list there belongs to)."""
    models = _models(loc, model)
    name = str(loc[min(len(models), len(loc)) - 1])
    field = models[min(len(models), len(loc)) - 1].model_fields.get(name)
    notes = field.json_schema_extra if field is not None else None
    return {key: str(value) for key, value in notes.items()} if isinstance(notes, dict) else {}


def _unknown(loc: Loc, whole: type[Frozen]) -> str:
    """Name the nearest known setting, here or elsewhere, or all there are."""
    name, model = str(loc[-1]), _models(loc[:-1], whole)[-1]
    here = list(model.model_fields) + (["kind", "base"] if model is Scenario else [])
    near = difflib.get_close_matches(name, here, n=1)
    near += [known for known in here if len(name) > 3 and name in known]  # calls for affinity_calls
    if near:
        return f"; did you mean {near[0]}?"
    elsewhere = [path for path in known_paths(whole) if path.rpartition(".")[2] == name]
    if elsewhere:
        return f"; did you mean {elsewhere[0]}?"
    return f"; allowed: {', '.join(here)}" if len(here) <= _LISTED else "; bscsim parameters lists all names"


def known_paths(model: type[Frozen] = Scenario, prefix: str = "") -> list[str]:
    """List the dotted path of every setting.

    >>> known_paths()[:3]
    ['name', 'population', 'population.centers']
    """
    paths = []
    for name, field in model.model_fields.items():
        paths.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, Frozen):
            paths += known_paths(field.annotation, f"{prefix}{name}.")
    return paths


def in_order(fault: Fault) -> tuple[str, int, int]:
    """Sort by file, line and column; without a line, or a column, the first."""
    found = re.fullmatch(r"(.*?):(\d+)(?::(\d+))?", fault.place)
    return (found[1], int(found[2]), int(found[3] or 0)) if found else (fault.place, 0, 0)
