"""Study files: YAML to a scenario and back, every fault at once with its place.

A study names its kind, may start from a base, and gives settings::

    kind: scenario
    name: ccl_feasibility
    base: null                # a shipped name, or a path relative to this file
    calendar: {sessions: [3, 7, 11], ends: 16}

Settings come in layers: defaults, base (and its base), file, ``--set``. See :mod:`bscsim.scenario.layers`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bscsim.scenario.checking import in_order, validate
from bscsim.scenario.document import Item, item_of, parse, read_text
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.layers import DEFAULT, FILE, SET, layer_of, merge, override
from bscsim.scenario.places import without_places
from bscsim.scenario.population import ROSTER_ONLY, Population, make_pool
from bscsim.scenario.reading import BLOCKS, POWER_KEYS, Found, Reader, body_of
from bscsim.scenario.scenario import NAME, Scenario, Study, pool_faults, resolved

Check = Callable[[str, Item | None, str, Item], list[Fault]]
"""What finds faults in the block of a kind: kind, block (None if it is not there), file, the scenario as items."""


def load(
    path: str | os.PathLike[str], overrides: Iterable[str] = (), options: Mapping[str, str] | None = None,
    check: Check | None = None,
) -> Study:  # fmt: skip
    r"""Read a study file.

    ``overrides`` are texts ``path=value`` laid over the file, such as ``calendar.sessions.0=4``; a value is read as
    YAML. A roster's path is relative to the file that names it, and to the working directory when it is an override.
    ``options`` are overrides that were given another way: how -> ``path=value``, such as ``--seed 5`` ->
    ``simulation.seed=5``. Faults name that way, and a setting given both ways is a fault.
    ``check`` finds faults in the block of a kind other than scenario, to be raised with those of the scenario.

    Raises
    ------
    InputError
        With every fault that was found, each with its place, the allowed range and the nearest valid name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "short.yaml"
    ...     _ = file.write_text("kind: scenario\ncalendar: {ends: 14, sessions: [3, 7, 11]}\n")
    ...     study = load(file, ["parameters.k_hour=0.05"])
    >>> study.name, study.scenario.calendar.ends, study.scenario.parameters.k_hour
    ('short', 14, 0.05)
    >>> study.layers["calendar.ends"], study.layers["parameters.k_hour"], study.layers["calendar.horizon"]
    ('file', '--set', 'default')
    """
    path, overrides, options = Path(path), tuple(overrides), dict(options or {})
    reader = Reader()
    text = read_text(path)
    found = reader.study(path, text, FILE, ())
    if found is None:
        raise InputError(reader.faults)
    root = merge(item_of(resolved(Scenario()), DEFAULT), found.scenario)
    if found.scenario.child("name") is None:
        root = replace(root, value={**root.value, "name": item_of(_stem(path), DEFAULT)})
    reader.faults += _given_twice(overrides, options)
    root, block, faults = _overridden(found, root, overrides, options)
    reader.faults += faults
    if found.kind == "power":
        root, faults = without_places(root)
        reader.faults += faults
    if check is not None and found.kind in BLOCKS:
        reader.faults += check(found.kind, block, str(path), root)
    scenario = _checked(root, reader.faults, path)
    layers = {".".join(keys): layer_of(root, keys) for keys in _leaves(resolved(scenario))}
    return Study(found.kind, scenario.name, scenario, path, layers, text, overrides, options, root, block)


def _overridden(
    found: Found, root: Item, overrides: Iterable[str], options: Mapping[str, str]
) -> tuple[Item, Item | None, list[Fault]]:
    """Lay all changes over the scenario's items and the block of the kind, each where it belongs."""
    block, faults = found.block, []
    for place, change in (*(("", change) for change in overrides), *options.items()):
        path = change.partition("=")[0].strip()
        if found.kind == "power" and path == "replicates":
            root, wrong = override(root, f"simulation.{change.strip()}", place or f"{SET} {change}")
        elif found.kind == "power" and path.partition(".")[0] in POWER_KEYS:
            block, wrong = override(block or item_of({}, DEFAULT), change, place)
        elif found.kind in BLOCKS and path.startswith(f"{found.kind}."):
            block, wrong = _override_block(found.kind, block, change, place)
        else:
            root, wrong = override(root, change, place)
        faults += wrong
    return root, block, faults


def _override_block(kind: str, block: Item | None, change: str, place: str) -> tuple[Item | None, list[Fault]]:
    """Lay one ``path=value`` over the block of a kind."""
    whole, faults = override(Item({kind: block or item_of({}, DEFAULT)}, "", "", DEFAULT), change, place)
    return whole.child(kind), faults


def _given_twice(overrides: Iterable[str], options: Mapping[str, str]) -> list[Fault]:
    """List settings that have an option of their own and are also changed by ``--set``."""
    way = {change.partition("=")[0]: option for option, change in options.items()}
    paths = [(text, _scenario_path(text)) for text in overrides]
    twice = [(text, path) for text, path in paths if path in way]
    return [Fault(f"{SET} {text}", path, f"is also given by {way[path]}; give it once") for text, path in twice]


def _scenario_path(change: str) -> str:
    """The setting of the scenario that a ``path=value`` changes."""
    path = change.partition("=")[0].strip().removeprefix("scenario.")
    return "simulation.replicates" if path == "replicates" else path


def place_of(study: Study, path: str) -> str:
    r"""Say where a setting of a study was given: ``file:line:column``, ``--set ...`` or the name of the file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "s.yaml"
    ...     _ = file.write_text("kind: scenario\nsimulation: {replicates: 9}\n")
    ...     place_of(load(file), "simulation.replicates").removeprefix(folder + os.sep)
    's.yaml:2:26'
    """
    ways = {**{f"{SET} {change}": change for change in study.overrides}, **study.options}
    for way, change in reversed(ways.items()):
        key = _scenario_path(change)
        if f"{path}.".startswith(f"{key}."):
            return way
    top, _ = parse(study.text, str(study.path), FILE) if study.text else (None, [])
    if top is None or not isinstance(top.value, dict):
        return str(study.path)
    return _place(body_of(top, [], study.kind), path, roster=False) or str(study.path)


def _checked(root: Item, faults: list[Fault], path: Path) -> Scenario:
    """Return the scenario, or raise InputError with the faults of reading, of its settings and of its roster."""
    scenario, found = validate(root)
    said = [fault.place for fault in faults]  # a value that could not be read is also of a wrong type
    found = [*faults, *(fault for fault in found if fault.place not in said), *_roster_faults(scenario, root, path)]
    if scenario is None or found:
        raise InputError(sorted(found, key=in_order))
    return scenario


def _roster_faults(scenario: Scenario | None, root: Item, path: Path) -> list[Fault]:
    """List what is wrong with a roster, and whether it fits the scenario if that is in order."""
    population = _population(root)
    if population is None or population.roster is None:
        return []
    try:
        pool = make_pool(population)
        faults = [] if scenario is None else pool_faults(scenario, pool)
    except InputError as error:
        faults = list(error.faults)
    return [fault if fault.place else replace(fault, place=_place(root, fault.path) or str(path)) for fault in faults]


def _population(root: Item) -> Population | None:
    """Return the centers' settings; without what says nothing on how a roster is read, if there is a fault in that."""
    item = root.child("population")
    content = item.plain() if item else {}
    try:
        return Population.model_validate(content)
    except ValidationError as error:
        wrong = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
    if not isinstance(content, dict) or not wrong or wrong & {"roster", "min_staff", *ROSTER_ONLY}:
        return None
    try:
        return Population.model_validate({key: value for key, value in content.items() if key not in wrong})
    except ValidationError:
        return None


def _place(root: Item, path: str, roster: bool = True) -> str:
    """Return the place of a setting, or of the roster if only defaults name it."""
    for keys in (path.split("."), *([["population", "roster"]] if roster else [])):
        item: Item | None = root
        for key in keys:
            item = None if item is None else item.child(key)
        if item is not None and item.place:
            return item.place
    return ""


def _leaves(content: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """List the way to each setting of a resolved scenario; a list is one setting."""
    found: list[tuple[str, ...]] = []
    for key, value in content.items():
        found += _leaves(value, (*above, key)) if isinstance(value, dict) else [(*above, key)]
    return found


def _stem(path: Path) -> str:
    """Return a file's name as a study's name."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem).lstrip("._-")[:80]
    return name if NAME.fullmatch(name) else "study"


def dumps(scenario: Scenario, folder: str | os.PathLike[str] = ".") -> str:
    """Return a scenario as the text of a study file in ``folder``, every setting written out.

    >>> print(dumps(Scenario(name="again")).splitlines()[:2])
    ['kind: scenario', 'name: again']
    """
    import io

    from ruamel.yaml import YAML

    content = {"kind": "scenario", **resolved(scenario)}
    if scenario.population.roster is not None:
        content["population"]["roster"] = os.path.relpath(scenario.population.roster, folder)
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    text = io.StringIO()
    yaml.dump(content, text)
    return text.getvalue()
