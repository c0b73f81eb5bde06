"""From the block of a study file to its design; every fault at once, each at its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from bscsim.scenario.checking import in_order, validated
from bscsim.scenario.document import Item, item_of
from bscsim.scenario.elements import Elements
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.scenario import Scenario, Study
from bscsim.sweeps import factors as reading_factors
from bscsim.sweeps.asking import Ask, asks, needs_twin
from bscsim.sweeps.design import AS_BASE, Array, Design, laid
from bscsim.sweeps.factors import Factor
from bscsim.sweeps.settings import SETTINGS, FactorialSettings, SensitivitySettings, SweepSettings

MOST_CELLS: Final = 1_000_000
"""Cells a study may have."""

SHOWN: Final = 8
"""Faults of combinations that are listed one by one."""

Settings = SweepSettings | FactorialSettings | SensitivitySettings


@dataclass
class Block:
    """The block of a kind, read without its scenario."""

    kind: str
    settings: Settings | None = None
    factors: list[Factor] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)
    asks: list[Ask] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def place(self, key: str) -> str:
        """Where a setting stands, or the block if it is not given."""
        return self.places.get(key, self.places[""])


def faults_of(kind: str, item: Item | None, file: str) -> list[Fault]:
    """List what is wrong with a block, whatever its scenario."""
    return read_block(kind, item, file).faults


def read_block(kind: str, item: Item | None, file: str) -> Block:
    """Read a block: settings, factors, responses; what is wrong stands in its ``faults``."""
    block = Block(kind)
    if item is None or item.value is None:
        item = Item({}, f"{file}:1:1", f"{file}:1:1", "default")
    if not isinstance(item.value, dict):
        block.faults.append(Fault(item.place, kind, f"{item.shown()} is not a mapping of settings and factors"))
        return block
    own = {key: inner for key, inner in item.value.items() if key not in ("factors", "cells", "responses")}
    settings, faults = validated(replace(item, value=own), SETTINGS[kind])
    block.settings = settings
    block.faults += [replace(fault, path=f"{kind}.{fault.path}") for fault in faults]
    block.asks, faults = asks(item.child("responses"), f"{kind}.responses")
    block.faults += faults
    block.places = {key: inner.place for key, inner in item.value.items()} | {"": item.place}
    _read_factors(block, item)
    return block


def _read_factors(block: Block, item: Item) -> None:
    """Read factors, or the cells of a list."""
    reader = reading_factors.Reader(f"{block.kind}.factors")
    given, cells = item.child("factors"), item.child("cells")
    if isinstance(block.settings, SweepSettings) and cells is not None and item.child("design") is None:
        block.settings = block.settings.model_copy(update={"design": "list"})
    listed = isinstance(block.settings, SweepSettings) and block.settings.design == "list"
    for key, wrong in (("cells", not listed), ("factors", listed)):
        if wrong and (inner := item.child(key)) is not None:
            other = "factors" if key == "cells" else "cells"
            problem = f"does not belong to this design, which takes {other} (design: list takes cells)"
            block.faults.append(Fault(inner.place, f"{block.kind}.{key}", problem))
    if listed:
        _read_cells(block, cells, item)
        return
    if given is None and block.kind == "factorial":  # the five elements, absent and as intended
        given = item_of({f"elements.{name}": [0.0, 1.0] for name in Elements.model_fields}, "default")
    if given is None:
        problem = "is missing; a study needs something that varies, such as factors: {parameters.std_hold: [0.3, 0.9]}"
        block.faults.append(Fault(item.place, f"{block.kind}.factors", problem))
        return
    block.factors, block.steps = reader.factors(given), reader.steps
    block.faults += reader.faults
    _fit_design(block)


def _read_cells(block: Block, cells: Item | None, item: Item) -> None:
    """Read ``cells: [{label: , set: {path: value}}]`` as one factor with a level a cell."""
    path = f"{block.kind}.cells"
    if cells is None or not isinstance(cells.value, list) or len(cells.value) < 2:
        place = item.place if cells is None else cells.place
        block.faults.append(
            Fault(place, path, "needs a list of two or more cells, each {label: text, set: {path: value}}")
        )
        return
    levels, labels = [], []
    for number, cell in enumerate(cells.value):
        label, sets = cell.child("label"), cell.child("set")
        extra = [key for key in cell.value if key not in ("label", "set")] if isinstance(cell.value, dict) else []
        fine = label is not None and isinstance(label.value, str) and label.value.strip() and not extra
        if not fine or (sets is not None and not isinstance(sets.value, dict | None)):
            block.faults.append(Fault(cell.place, f"{path}.{number}", "must be {label: text, set: {path: value, ...}}"))
            continue
        assert label is not None
        if label.value in labels:
            block.faults.append(
                Fault(label.place, f"{path}.{number}", f"the label {label.shown()} stands here a second time")
            )
        changes = {} if sets is None or sets.value is None else sets.value
        for name, inner in changes.items():
            if held := reading_factors.fixed(name, inner):
                block.faults.append(Fault(inner.key_place, f"{path}.{number}", f"{held} cannot vary between cells"))
        levels.append(tuple(changes.items()))
        labels.append(label.value)
    block.factors = [Factor("case", tuple(levels), tuple(labels), (), cells.place)]


def _fit_design(block: Block) -> None:
    """Refuse factors that do not fit the design, and cut ranges into steps where levels are needed."""
    settings = block.settings
    design = getattr(settings, "design", getattr(settings, "method", ""))
    for at, factor in enumerate(block.factors):
        where = f"{block.kind}.factors.{factor.name}"
        if block.kind == "factorial":
            if block.steps.get(factor.name, 2) != 2:
                problem = "has another number than 2, and a factorial experiment takes two levels; leave it out"
                block.faults.append(Fault(factor.place, f"{where}.steps", problem))
            stepped = factor.stepped(2)
            if len(stepped.levels) != 2:
                problem = f"has {len(stepped.levels)} levels; a factorial experiment takes two, low and high"
                block.faults.append(Fault(factor.place, where, problem))
            block.factors[at] = stepped
        elif design in ("grid", "one_at_a_time") and factor.ranges:
            steps = block.steps.get(factor.name, 2 if design == "one_at_a_time" else 0)
            if not steps:
                problem = "is a range, and a grid needs levels: give steps: 3, say, beside low and high or range"
                block.faults.append(Fault(factor.place, where, problem))
                continue
            block.factors[at] = stepped = factor.stepped(steps)
            values = [[item.plain() for _, item in level] for level in stepped.levels]
            if any(value in values[:place] for place, value in enumerate(values)):
                block.faults.append(Fault(factor.place, where, f"has fewer than {steps} whole numbers to step through"))
        elif factor.ranges and factor.name in block.steps:
            problem = "does not apply to a sampled design, which takes values of the whole range; leave it out"
            block.faults.append(Fault(factor.place, f"{where}.steps", problem))


def design_of(study: Study) -> Design:
    """Read the design of a study; raises InputError with every fault."""
    assert study.root is not None
    block = read_block(study.kind, study.block, str(study.path))
    if block.faults or block.settings is None:
        raise InputError(sorted(block.faults, key=in_order))
    points = _points(block, study.root, study.scenario)
    sampled_name = {"sobol": "indices", "morris": "morris"}
    name = getattr(block.settings, "design", None) or sampled_name[getattr(block.settings, "method", "")]
    design = Design(study.kind, name, block.settings, tuple(block.factors), points, tuple(block.asks), None,
                    study.root, study.scenario)  # fmt: skip
    _refuse(_level_faults(design))
    _refuse(_combination_faults(design))
    asked = design.asks
    if "responses" not in block.places:  # the usual ones, as far as they can be given
        asked = tuple(ask for ask in asked if not _ask_faults(design, (ask,), block)) or asked
    _refuse(_ask_faults(design, asked, block))
    if design.sampled:
        given = study.block.child("reference") if study.block is not None else None
        if given is not None and given.value is not None:
            problem = "has no meaning in a sampled design: no cell is like another"
            raise InputError([Fault(given.place, f"{design.kind}.reference", problem)])
        return replace(design, asks=asked)
    reference, faults = _reference(design, study.block)
    _refuse(faults)
    return replace(design, asks=asked, reference=reference)


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise InputError(sorted(dict.fromkeys(faults), key=in_order))


def _points(block: Block, root: Item, base: Scenario) -> Array:
    """Lay out the cells; refuses more than :data:`MOST_CELLS` before they are made."""
    from bscsim.sweeps import fractions, points

    settings, factors = block.settings, block.factors
    counts = [len(factor.levels) for factor in factors]
    size = _size(settings, counts)
    if size > MOST_CELLS:
        where = block.place("factors")
        how = f" ({' x '.join(map(str, counts))})" if getattr(settings, "design", "") == "grid" else ""
        problem = f"makes {size:,} cells{how}; at most {MOST_CELLS:,} are possible"
        raise InputError([Fault(where, f"{block.kind}.factors", f"{problem}: fewer levels, or a sampled design")])
    try:
        if isinstance(settings, FactorialSettings):
            number = len(factors)
            signs = fractions.full(number) if settings.design == "full" else fractions.fraction(number).signs
            return np.asarray((signs > 0).astype(np.int64))
        if isinstance(settings, SensitivitySettings):
            if settings.method == "morris":
                return points.morris(settings.trajectories, len(factors), settings.levels, settings.seed)
            return points.saltelli(settings.samples, len(factors), settings.seed)
    except ValueError as error:
        raise InputError([Fault(block.place("factors"), block.kind, str(error))]) from None
    assert isinstance(settings, SweepSettings)
    if settings.design == "list":
        return np.arange(counts[0])[:, None]
    if settings.design == "grid":
        return points.grid(counts)
    if settings.design == "one_at_a_time":
        return points.one_at_a_time(counts, [_base_level(factor, root, base) for factor in factors])
    make: Callable[..., Array] = (
        points.latin_hypercube if settings.design == "latin_hypercube" else points.sobol_sequence
    )
    return make(settings.samples, len(factors), settings.seed)


def _size(settings: Settings | None, counts: list[int]) -> int:
    """Number of cells a design is going to have."""
    if isinstance(settings, FactorialSettings):
        return 1 << len(counts) if settings.design == "full" else 0
    if isinstance(settings, SensitivitySettings):
        if settings.method == "sobol":
            return settings.samples * (len(counts) + 2)
        return settings.trajectories * (len(counts) + 1)
    assert settings is not None
    if settings.design == "grid":
        size = 1
        for count in counts:
            size *= count
        return size
    return int(settings.samples) if settings.design in ("latin_hypercube", "sobol") else sum(counts) + 1


def _base_level(factor: Factor, root: Item, base: Scenario) -> int:
    """Which level of a factor the base scenario has; AS_BASE if none of them."""
    for at, level in enumerate(factor.levels):
        scenario, _ = laid(root, level)
        if scenario is not None and scenario.digest == base.digest:
            return at
    return AS_BASE


def _level_faults(design: Design) -> list[Fault]:
    """Try each level alone, and where that is wrong in a cell that has it; of a path that does not exist, one level."""
    faults: list[Fault] = []
    for at, factor in enumerate(design.factors):
        levels = factor.levels or tuple(factor.at(end) for end in (0.0, 1.0))
        for number, level in enumerate(levels):
            found = _moved(design.checked(level)[1], level, factor)
            if found and _fits_somewhere(design, at, number):
                continue
            faults += found
            if any("unknown name" in fault.message for fault in found):
                break
    return faults


def _fits_somewhere(design: Design, factor: int, level: int) -> bool:
    """Whether a level is in order in the first cell that has it, beside other levels."""
    if design.sampled:
        return False
    cells = np.flatnonzero(design.points[:, factor] == level)
    return bool(len(cells)) and not design.checked(design.changes(int(cells[0])))[1]


def _moved(faults: list[Fault], level: Any, factor: Factor) -> list[Fault]:
    """Faults that the base does not have, at the place of the level: clashes name the setting they are about."""
    places = [item.place for _, item in level if item.place] or [factor.place]
    return [fault if fault.place else replace(fault, place=places[0]) for fault in faults]


def _combination_faults(design: Design) -> list[Fault]:
    """Try one cell of each combination that can clash; the first few faults, and how many cells more."""
    faults: list[Fault] = []
    bad = 0
    for cell in design.one_a_shape():
        found = design.checked(design.changes(cell))[1]
        bad += bool(found)
        if found and bad <= SHOWN:
            faults += [replace(fault, message=f"{fault.message} (in the cell {design.label(cell)})") for fault in found]
    if bad > SHOWN:
        faults.append(Fault("", f"{design.kind}.factors", f"and {bad - SHOWN} combinations more cannot be run"))
    return faults


def _ask_faults(design: Design, asked: Sequence[Ask], block: Block) -> list[Fault]:
    """Refuse responses that some cell cannot give."""
    place = block.place("responses")
    faults: list[Fault] = []
    for cell in design.one_a_shape():
        calendar = design.like(cell).calendar
        for ask in asked:
            if ask.month(calendar) > calendar.horizon:
                problem = f"{ask.key} is month {ask.month(calendar)}, after the horizon ({calendar.horizon}) of cell "
                problem += f"{design.label(cell)}; a later calendar.horizon or an earlier response would do"
                faults.append(Fault(place, f"{design.kind}.responses", problem))
        if faults:
            return faults[:SHOWN]
    if not design.base.simulation.twin:
        faults = [Fault(place, f"{design.kind}.responses", f"{ask.key} needs the untreated twin: simulation.twin: true")
                  for ask in asked if needs_twin(ask.name)]  # fmt: skip
    return faults


def _reference(design: Design, item: Item | None) -> tuple[int, list[Fault]]:
    """Find the cell that others are compared with: the first (of a factorial: all high), unless the file says."""
    given = None if item is None else item.child("reference")
    if given is None or given.value is None:
        return (design.cells - 1 if design.kind == "factorial" else 0), []
    labels = [design.label(cell) for cell in range(design.cells)]
    if isinstance(given.value, int) and not isinstance(given.value, bool) and 0 <= given.value < design.cells:
        return int(given.value), []
    if str(given.value) in labels:
        return labels.index(str(given.value)), []
    shown = "; ".join(labels[:SHOWN])
    problem = f"{given.shown()} is no cell; allowed: 0 to {design.cells - 1}, or a label: {shown}"
    return 0, [Fault(given.place, f"{design.kind}.reference", problem)]
