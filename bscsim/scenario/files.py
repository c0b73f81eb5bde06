"""Study files: YAML to a scenario and back, every fault at once with its place.

A study names its kind, may start from a base, and gives settings::

    kind: scenario
    name: ccl_feasibility
    base: null                # a shipped name, or a path relative to this file
    calendar: {sessions: [3, 7, 11], ends: 16}

Settings come in layers: defaults, base (and its base), file, ``--set``. See :mod:`bscsim.scenario.layers`.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from bscsim.scenario.bases import SHIPPED
from bscsim.scenario.checking import in_order, validate
from bscsim.scenario.document import Item, item_of, parse, read_text
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.layers import DEFAULT, FILE, SET, layer_of, merge, override
from bscsim.scenario.population import ROSTER_ONLY, Population, make_pool
from bscsim.scenario.scenario import NAME, Scenario, Study, pool_faults, resolved

KINDS: Final = ("scenario",)
LATER_KINDS: Final = ("sweep", "readiness", "power", "factorial", "sensitivity")



def load(
    path: str | os.PathLike[str], overrides: Iterable[str] = (), options: Mapping[str, str] | None = None
) -> Study:
    r"""Read a study file.

    ``overrides`` are texts ``path=value`` laid over the file, such as ``calendar.sessions.0=4``; a value is read as
    YAML. A roster's path is relative to the file that names it, and to the working directory when it is an override.
    ``options`` are overrides that were given another way: how -> ``path=value``, such as ``--seed 5`` ->
    ``simulation.seed=5``. Faults name that way, and a setting given both ways is a fault.

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
    reader = _Reader()
    text = read_text(path)
    found = reader.study(path, text, FILE, ())
    if found is None:
        raise InputError(reader.faults)
    kind, own = found
    root = merge(item_of(resolved(Scenario()), DEFAULT), own)
    if own.child("name") is None:
        root = replace(root, value={**root.value, "name": item_of(_stem(path), DEFAULT)})
    reader.faults += _given_twice(overrides, options)
    for place, change in (*(("", change) for change in overrides), *options.items()):
        root, faults = override(root, change, place)
        reader.faults += faults
    scenario = _checked(root, reader.faults, path)
    layers = {".".join(keys): layer_of(root, keys) for keys in _leaves(resolved(scenario))}
    return Study(kind, scenario.name, scenario, path, layers, text, overrides, options)


def _given_twice(overrides: Iterable[str], options: Mapping[str, str]) -> list[Fault]:
    """List settings that have an option of their own and are also changed by ``--set``."""
    way = {change.partition("=")[0]: option for option, change in options.items()}
    paths = [(text, text.partition("=")[0].strip().removeprefix("scenario.")) for text in overrides]
    twice = [(text, path) for text, path in paths if path in way]
    return [Fault(f"{SET} {text}", path, f"is also given by {way[path]}; give it once") for text, path in twice]


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
        key = change.partition("=")[0].strip().removeprefix("scenario.")
        if f"{path}.".startswith(f"{key}."):
            return way
    top, _ = parse(study.text, str(study.path), FILE) if study.text else (None, [])
    if top is None or not isinstance(top.value, dict):
        return str(study.path)
    return _place(_body(top, []), path, roster=False) or str(study.path)


@dataclass(slots=True)
class _Reader:
    """Reads a file and the bases it starts from, and keeps what is wrong with any of them."""

    faults: list[Fault] = field(default_factory=list)

    def study(self, path: Path, text: str, layer: str, above: tuple[Path, ...]) -> tuple[str, Item] | None:
        """Return the kind of a study file and its scenario laid over its bases', or None if it cannot be read."""
        top, faults = parse(text, str(path), layer)
        self.faults += faults
        if top is None and faults:
            return None
        if top is None or not isinstance(top.value, dict):
            shown = "nothing" if top is None else f"{top.shown()}, not a mapping"
            where = f"{path}:1:1" if top is None else top.place
            self.faults.append(Fault(where, "", f"the file holds {shown}; a study begins with kind: scenario"))
            return None
        kind = self.kind(top)
        if kind in LATER_KINDS:  # its settings are not those of a scenario
            return None
        return kind, self.scenario(_body(top, self.faults), path, (*above, path.resolve()))

    def kind(self, top: Item) -> str:
        """Return the study's kind; that of a scenario if it is missing or unknown, so that the rest is checked too."""
        item = top.child("kind")
        allowed = f"allowed: {', '.join(KINDS)}"
        if item is None:
            self.faults.append(Fault(top.place, "kind", f"is missing; {allowed}"))
        elif item.value in LATER_KINDS:
            problem = f"{item.value} is not yet available in this version; {allowed}"
            self.faults.append(Fault(item.place, "kind", problem))
        elif item.value not in KINDS:
            near = difflib.get_close_matches(str(item.value), KINDS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.faults.append(Fault(item.place, "kind", f"{item.shown()} is not known; {allowed}{hint}"))
        if item is not None and item.value in (*KINDS, *LATER_KINDS):
            return str(item.value)
        return KINDS[0]

    def scenario(self, body: Item, path: Path, above: tuple[Path, ...]) -> Item:
        """Return a scenario block laid over its base; a base's name stays its own."""
        settings = {key: item for key, item in body.value.items() if key != "base"}
        own = _with_roster_beside(replace(body, value=settings), path)
        base = body.child("base")
        if base is None or base.value is None:
            return own
        below = self.base(base, path, above)
        unnamed = {key: item for key, item in below.value.items() if key != "name"}
        return merge(replace(below, value=unnamed), own)

    def base(self, item: Item, path: Path, above: tuple[Path, ...]) -> Item:
        """Return the scenario that a ``base`` names; an empty one if there is a fault with it."""
        nothing = replace(item, value={})
        name = item.value
        if not isinstance(name, str):
            self.faults.append(Fault(item.place, "base", f"{item.shown()} is not a shipped name or a path"))
            return nothing
        if name in SHIPPED:
            return item_of(SHIPPED[name], f"base {name}")
        file = path.parent / name
        if not file.is_file():
            self.faults.append(Fault(item.place, "base", _unknown_base(name, path.parent)))
            return nothing
        if file.resolve() in above:
            circle = " -> ".join(step.name for step in (*above[above.index(file.resolve()):], file))
            self.faults.append(Fault(item.place, "base", f"goes in a circle: {circle}"))
            return nothing
        try:
            found = self.study(file, read_text(file), f"base {name}", above)
        except InputError as error:  # the file cannot be read as text
            self.faults += error.faults
            return nothing
        return nothing if found is None else found[1]


def _body(top: Item, faults: list[Fault]) -> Item:
    """Return a study's scenario block: under ``scenario``, or the file's own settings."""
    inner = top.child("scenario")
    if inner is None:
        return replace(top, value={key: item for key, item in top.value.items() if key != "kind"})
    if not isinstance(inner.value, dict):
        problem = f"{inner.shown()} is not a mapping; allowed: base and the settings of a scenario"
        faults.append(Fault(inner.place, "scenario", problem))
        inner = replace(inner, value={})
    settings = dict(inner.value)
    for key, item in top.value.items():
        if key == "name":
            settings.setdefault(key, item)
        elif key not in ("kind", "scenario"):
            faults.append(Fault(item.key_place, key, "must stand inside scenario, as the file has that block"))
    return replace(inner, value=settings)


def _with_roster_beside(body: Item, path: Path) -> Item:
    """Make a roster's path that of the file that names it."""
    population = body.child("population")
    roster = None if population is None else population.child("roster")
    if population is None or roster is None or not isinstance(roster.value, str):
        return body
    beside = replace(roster, value=str(path.parent / roster.value))
    inner = replace(population, value={**population.value, "roster": beside})
    return replace(body, value={**body.value, "population": inner})


def _unknown_base(name: str, folder: Path) -> str:
    files = sorted(file.name for file in folder.glob("*.yaml"))
    near = difflib.get_close_matches(name, [*SHIPPED, *files], n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"'{name}' is neither a shipped scenario ({', '.join(SHIPPED)}) nor a file beside this one{hint}"


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
