"""A study file and the bases it starts from, read as items: its kind, its scenario, and the block of its kind.

kind: sweep
name: turnover
scenario: {base: ccl_feasibility, calendar: {ends: 14}}     # or the settings themselves, beside kind
sweep: {factors: ...}                                       # named after the kind; a scenario has none

The block of a power study is not under one name: it is the file's own entries, POWER_KEYS.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

from bscsim.scenario.bases import SHIPPED
from bscsim.scenario.document import Item, item_of, parse, read_text
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.layers import merge
from bscsim.scenario.scenario import Scenario

KINDS: Final = ("scenario", "sweep", "factorial", "sensitivity", "power")
LATER_KINDS: Final = ("readiness",)
BLOCKS: Final = KINDS[1:]
"""The kinds that have a block of their own, by the name of the kind (of a power study: :data:`POWER_KEYS`)."""

POWER_KEYS: Final = (
    "question", "truth", "design", "measures", "attrition", "analysis", "target", "costs", "search", "compare",
)  # fmt: skip
"""Entries of a power study's file that make up its block; its replicates are those of the scenario."""


class Found(NamedTuple):
    """What a study file holds: its kind, the scenario laid over its bases, and the block of its kind if it is there."""

    kind: str
    scenario: Item
    block: Item | None


@dataclass(slots=True)
class Reader:
    """Reads a file and the bases it starts from, and keeps what is wrong with any of them."""

    faults: list[Fault] = field(default_factory=list)

    def study(self, path: Path, text: str, layer: str, above: tuple[Path, ...]) -> Found | None:
        """Return what a study file holds, or None if it cannot be read."""
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
        scenario = self.scenario(body_of(top, self.faults, kind), path, (*above, path.resolve()))
        return Found(kind, scenario, block_of(top, kind))

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
            circle = " -> ".join(step.name for step in (*above[above.index(file.resolve()) :], file))
            self.faults.append(Fault(item.place, "base", f"goes in a circle: {circle}"))
            return nothing
        try:
            found = self.study(file, read_text(file), f"base {name}", above)
        except InputError as error:  # the file cannot be read as text
            self.faults += error.faults
            return nothing
        return nothing if found is None else found.scenario


def block_of(top: Item, kind: str) -> Item | None:
    """Return the block of a kind: what stands under its name, or a power study's own entries."""
    if kind == "power":
        return replace(top, value={key: item for key, item in top.value.items() if key in POWER_KEYS})
    return top.child(kind) if kind in BLOCKS else None


def body_of(top: Item, faults: list[Fault], kind: str) -> Item:
    """Return a study's scenario block: under ``scenario``, or the file's own settings."""
    if kind == "power":
        return _power_body(top, faults)
    inner = top.child("scenario")
    others = ("kind", kind) if kind in BLOCKS else ("kind",)
    if inner is None:
        return replace(top, value={key: item for key, item in top.value.items() if key not in others})
    if not isinstance(inner.value, dict):
        problem = f"{inner.shown()} is not a mapping; allowed: base and the settings of a scenario"
        faults.append(Fault(inner.place, "scenario", problem))
        inner = replace(inner, value={})
    settings = dict(inner.value)
    for key, item in top.value.items():
        if key == "name":
            settings.setdefault(key, item)
        elif key not in (*others, "scenario"):
            faults.append(Fault(item.key_place, key, "must stand inside scenario, as the file has that block"))
    return replace(inner, value=settings)


def _power_body(top: Item, faults: list[Fault]) -> Item:
    """Return the scenario block of a power study, with the file's name and replicates in it."""
    inner = top.child("scenario")
    if inner is not None and not isinstance(inner.value, dict | None):
        problem = f"{inner.shown()} is not a mapping; allowed: base and the settings of a scenario"
        faults.append(Fault(inner.place, "scenario", problem))
    settings = dict(inner.value) if inner is not None and isinstance(inner.value, dict) else {}
    own = ("kind", "name", "scenario", "replicates", *POWER_KEYS)
    for key, item in top.value.items():
        if key in ("base", *Scenario.model_fields) and key not in own:
            faults.append(Fault(item.key_place, key, "must stand inside scenario: a power study has it as a block"))
        elif key not in own:
            near = difflib.get_close_matches(key, own, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; allowed: {', '.join(own)}"
            faults.append(Fault(item.key_place, key, f"unknown name{hint}"))
    if (name := top.child("name")) is not None:
        settings.setdefault("name", name)
    if (replicates := top.child("replicates")) is not None:
        _lay_replicates(settings, replicates, faults)
    return replace(top if inner is None else inner, value=settings)


def _lay_replicates(settings: dict[str, Item], replicates: Item, faults: list[Fault]) -> None:
    """Make a power study's replicates those of its scenario."""
    simulation = settings.get("simulation")
    if simulation is None or simulation.value is None:
        settings["simulation"] = replace(replicates, value={"replicates": replicates})
    elif isinstance(simulation.value, dict):
        if (other := simulation.child("replicates")) is not None:
            problem = f"is also given as scenario.simulation.replicates at {other.place}; give it once"
            faults.append(Fault(replicates.place, "replicates", problem))
        settings["simulation"] = replace(simulation, value={**simulation.value, "replicates": replicates})


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
