"""Factors: what a study varies, by dotted path, as levels or as a range.

factors:
parameters.std_hold: [0.3, 0.6, 0.9]                     # levels
calendar.sessions: [[3, 7, 11], [3, 7, 11, 15]]          # whole lists as levels
parameters.k_hour: {low: 0.01, high: 0.1, scale: log}    # a range; a grid needs steps
parameters.fit_gain: plausible                           # the range of the parameter table
turnover:                                                # settings that move together
labels: [low, usual, high]
together:
parameters.turn_base_child_care: [0.2, 0.4, 0.6]
parameters.turn_base_head_start: [0.1, 0.2, 0.3]
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bscsim.scenario.document import Item
from bscsim.scenario.faults import Fault
from bscsim.scenario.parameters import Parameters
from bscsim.sweeps.ranges import Range, takes_whole

Level = tuple[tuple[str, Item], ...]
"""What one level sets: (dotted path, value) pairs; a value knows where it stands in the file."""

NOT_FACTORS: Final = ("kind", "base", "name", "population.roster", "simulation.replicates", "simulation.twin",
                      "simulation.seed")  # fmt: skip
"""Settings that must be the same in every cell: cells share centers' file, seeds, replicates and what is recorded."""

RESERVED: Final = ("cell", "label", "replicates", "status")
"""Columns of the table of cells, which no factor may be called."""

_OWN: Final = ("levels", "labels", "range", "low", "high", "steps", "scale", "together", "about", "unit")
_INSIDE: Final = ("levels", "range", "low", "high", "scale")
"""What each of settings that move together has; the rest belongs to the factor."""

SCALES: Final = ("linear", "log")
PLAUSIBLE: Final = "plausible"


@dataclass(frozen=True)
class Factor:
    """One thing a study varies.

    name
        How it is called: its path, or the name of settings that move together.
    levels, labels
        Its levels in order and how they are called; none if it is a range.
    ranges
        A range for each of its paths; none if it has levels.
    place
        Where it stands in the file.
    """

    name: str
    levels: tuple[Level, ...]
    labels: tuple[str, ...]
    ranges: tuple[Range, ...]
    place: str
    about: str = ""
    unit: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path it sets, in order."""
        found = [path for level in self.levels for path, _ in level] + [one.path for one in self.ranges]
        return tuple(dict.fromkeys(found))

    def value(self, level: int) -> Any:
        """Return a level as one number or word: its value, or its label if it was named, sets several, or is a list."""
        settings = self.levels[level]
        value = settings[0][1].plain() if len(settings) == 1 and len(self.paths) == 1 else None
        named = self.labels != tuple(shown(one[0][1].plain()) if one else "" for one in self.levels)
        plain = isinstance(value, int | float | str) and not isinstance(value, bool)
        return value if plain and not named else self.labels[level]

    def at(self, unit: float) -> Level:
        """Return the level at a point of [0, 1]: of levels, each has an equal part."""
        if self.ranges:
            return tuple((one.path, one.setting(unit)) for one in self.ranges)
        return self.levels[min(int(unit * len(self.levels)), len(self.levels) - 1)]

    def position(self, unit: float) -> float:
        """Return where the level at a point of [0, 1] stands between the first and the last, 0 to 1."""
        if self.ranges:
            return self.ranges[0].position(unit)
        last = len(self.levels) - 1
        return min(int(unit * (last + 1)), last) / last

    def stepped(self, steps: int) -> Factor:
        """Return a range as that many levels, ends included; a factor with levels as it is."""
        if not self.ranges:
            return self
        levels = tuple(self.at(step / (steps - 1)) for step in range(steps))
        labels = self.labels or tuple(shown(level[0][1].plain()) for level in levels)
        return replace(self, levels=levels, labels=labels, ranges=())


@dataclass
class Reader:
    """Reads factors, and keeps what is wrong with any of them; ``prefix`` is the way to them in the file."""

    prefix: str
    faults: list[Fault] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)

    def factors(self, item: Item) -> list[Factor]:
        """Read a mapping of factors."""
        if not isinstance(item.value, dict) or not item.value:
            what = "is empty" if isinstance(item.value, dict) else f"{item.shown()} is not a mapping of factors"
            problem = f"{what}; a factor is a setting and its levels, such as parameters.std_hold: [0.3, 0.9]"
            self.fault(item.place, "", problem)
            return []
        found = [self.factor(name, inner) for name, inner in item.value.items()]
        factors = [factor for factor in found if factor is not None]
        self.overlaps(factors)
        return factors

    def fault(self, place: str, path: str, problem: str) -> None:
        """Keep one fault."""
        self.faults.append(Fault(place, ".".join(part for part in (self.prefix, path) if part), problem))

    def factor(self, name: str, item: Item) -> Factor | None:
        """Read one factor; None if there is something wrong with it."""
        before = len(self.faults)
        if name in RESERVED or "@" in name:
            self.fault(item.key_place, name, f"is no name for a factor: not {', '.join(RESERVED)}, and without @")
        own = item if _is_own(item) else None
        if own is not None:
            for key, inner in item.value.items():
                if key not in _OWN:
                    self.fault(inner.key_place, f"{name}.{key}", f"unknown name; allowed: {', '.join(_OWN)}")
        together = own.child("together") if own is not None else None
        parts = {name.removeprefix("scenario."): item}
        if together is not None:
            if not isinstance(together.value, dict) or not together.value:
                self.fault(together.place, f"{name}.together", f"{together.shown()} is not a mapping of dotted paths")
                return None
            parts = {path.removeprefix("scenario."): inner for path, inner in together.value.items()}
            self.inside(name, parts)
            for key in (key for key in _INSIDE if key in item.value):
                problem = f"does not apply beside together; give it in together, of each path: {{PATH: {{{key}: ...}}}}"
                self.fault(item.value[key].key_place, f"{name}.{key}", problem)
        pieces = {path: self.piece(name, path, inner) for path, inner in parts.items()}
        if len(self.faults) > before:
            return None
        return self.joined(name, item, {path: piece for path, piece in pieces.items() if piece is not None})

    def inside(self, name: str, parts: dict[str, Item]) -> None:
        """Refuse in a part of settings that move together what belongs to the factor."""
        for path, inner in parts.items():
            for key in inner.value if isinstance(inner.value, dict) else ():
                if key not in _INSIDE:
                    self.fault(inner.place, f"{name}.together.{path}", f"{key} stands beside together, not in it")

    def piece(self, name: str, path: str, item: Item) -> list[Item] | Range | None:
        """Read what one path takes: its levels, or its range."""
        listed = item if isinstance(item.value, list) else item.child("levels")
        levels = listed.value if listed is not None and isinstance(listed.value, list) else []
        if (held := next((one for level in (item, *levels) if (one := fixed(path, level))), None)) is not None:
            self.fault(item.key_place, name, f"{held} cannot vary: cells share it, so that their differences are those "
                       "of the factors")  # fmt: skip
            return None
        ends = item.child("low") is not None or item.child("high") is not None
        word = item.child("range")
        if (listed is not None) + ends + (word is not None) > 1:
            self.fault(item.place, name, "has more than one of levels, low and high, range; give one")
            return None
        if listed is not None and isinstance(listed.value, list):
            self.unscaled(name, item)
            return self.levels(name, path, replace(listed, key_place=item.key_place))
        if PLAUSIBLE in (item.value, word.value if word is not None else None):
            return self.plausible(name, path, item)
        if ends:
            return self.range(name, path, item)
        self.fault(item.place, name, f"{item.shown()} is neither a list of levels nor {{low: , high: }} nor plausible")
        return None

    def unscaled(self, name: str, item: Item) -> None:
        """Refuse beside levels what belongs to a range, which would change nothing."""
        for key in ("scale", "steps"):
            if (given := item.child(key)) is not None:
                problem = "does not apply to levels; leave it out, or give {low: , high: } in their place"
                self.fault(given.key_place, f"{name}.{key}", problem)

    def levels(self, name: str, path: str, item: Item) -> list[Item] | None:
        """Read a list of levels; a level's key is the factor's."""
        if len(item.value) < 2:
            self.fault(
                item.place, name, f"has {len(item.value)} level{'s' * (len(item.value) != 1)}; needs two or more"
            )
            return None
        seen: list[Any] = []
        for inner in item.value:
            value = inner.plain()
            if any(one == value and isinstance(one, bool) == isinstance(value, bool) for one in seen):
                self.fault(inner.place, name, f"the level {shown(inner.plain())} stands here a second time")
            seen.append(value)
        return [replace(inner, key_place=item.key_place) for inner in item.value]

    def plausible(self, name: str, path: str, item: Item) -> Range | None:
        """Take the range of the parameter table."""
        group, _, parameter = path.partition(".")
        declared = Parameters.model_fields.get(parameter) if group == "parameters" else None
        notes = declared.json_schema_extra if declared is not None else None
        if not isinstance(notes, dict):
            self.fault(item.place, name, "plausible is the range of a parameter, such as parameters.fit_gain; give "
                       "{low: , high: }")  # fmt: skip
            return None
        low, high = (float(end) for end in notes["plausible"])  # type: ignore[union-attr, arg-type]
        log = self.log(name, item, low)
        return None if log is None else Range(path, low, high, log, False, item)

    def range(self, name: str, path: str, item: Item) -> Range | None:
        """Read {low, high, scale}."""
        ends = [item.child("low"), item.child("high")]
        numbers = [end.value for end in ends if end is not None and _is_number(end.value)]
        if len(numbers) < 2 or not numbers[0] < numbers[1]:
            self.fault(item.place, name, "needs low and high, two numbers with low below high")
            return None
        log = self.log(name, item, numbers[0])
        if log is None:
            return None
        whole = all(isinstance(number, int) for number in numbers) and takes_whole(path)
        return Range(path, numbers[0], numbers[1], log, whole, replace(item, text=""))

    def log(self, name: str, item: Item, low: float) -> bool | None:
        """Read whether a range that begins at ``low`` has a log scale; None if there is something wrong with it."""
        scale = item.child("scale")
        if scale is not None and scale.value not in SCALES:
            self.fault(scale.place, f"{name}.scale", f"{scale.shown()} is not allowed; allowed: {', '.join(SCALES)}")
            return None
        log = scale is not None and scale.value == "log"
        if log and low <= 0:
            self.fault(item.place, name, f"a log scale needs low above 0, not {low}")
            return None
        return log

    def joined(self, name: str, item: Item, pieces: dict[str, list[Item] | Range]) -> Factor | None:
        """Put the paths of a factor side by side."""
        ranges = [piece for piece in pieces.values() if isinstance(piece, Range)]
        lists = {path: piece for path, piece in pieces.items() if not isinstance(piece, Range)}
        if ranges and lists:
            self.fault(
                item.place, name, "moves lists of levels and ranges together; give all as levels or all as ranges"
            )
            return None
        counts = {path: len(piece) for path, piece in lists.items()}
        if len(dict.fromkeys(counts.values())) > 1:
            said = ", ".join(f"{path} {count}" for path, count in counts.items())
            self.fault(item.place, name, f"what moves together needs as many levels each; there are: {said}")
            return None
        levels = tuple(tuple(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True))
        if levels and item.child("together") is not None:
            self.unscaled(name, item)
        self.step(name, item)
        labels = self.labels(name, item, levels)
        words = {key: inner.value for key in ("about", "unit") if (inner := item.child(key)) and _is_own(item)}
        for key, text in words.items():
            if not isinstance(text, str):
                self.fault(item.place, f"{name}.{key}", "must be text")
        return Factor(name, levels, labels, tuple(ranges), item.key_place, **words)

    def labels(self, name: str, item: Item, levels: tuple[Level, ...]) -> tuple[str, ...]:
        """Read the names of levels, or make them of the values of the first path."""
        given = item.child("labels") if _is_own(item) else None
        if given is None:
            return tuple(shown(level[0][1].plain()) for level in levels)
        texts = given.plain()
        words = texts if isinstance(texts, list) else []
        plain = bool(words) and all(isinstance(text, str | int | float) and str(text).strip() for text in words)
        count = len(levels) or self.steps.get(name, 0)
        if not count:
            problem = "names levels, and a range without steps has none; leave it out, or give steps: 3, say, in a grid"
            self.fault(given.key_place, f"{name}.labels", problem)
            return ()
        if not plain or len(texts) != count or len(dict.fromkeys(map(str, texts))) < len(texts):
            self.fault(given.place, f"{name}.labels", f"must be {count} different names, one a level")
            return ()
        return tuple(map(str, texts))

    def step(self, name: str, item: Item) -> None:
        """Keep in how many levels a range is to be cut."""
        steps = item.child("steps") if _is_own(item) else None
        if steps is None:
            return
        if isinstance(steps.value, bool) or not isinstance(steps.value, int) or not 2 <= steps.value <= 1000:
            self.fault(steps.place, f"{name}.steps", f"{steps.shown()} is not allowed; allowed: an integer, 2 to 1000")
            return
        self.steps[name] = steps.value

    def overlaps(self, factors: list[Factor]) -> None:
        """Refuse two factors that set the same setting, or one inside the other's."""
        seen: list[tuple[str, str]] = []
        for factor in factors:
            for path in factor.paths:
                for other, owner in seen:
                    if f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}."):
                        whose = f"the factor {owner}" if owner != factor.name else "the same factor"
                        self.fault(factor.place, factor.name, f"sets {path}, and {whose} sets {other}")
                seen.append((path, factor.name))


def _is_own(item: Item) -> bool:
    """Whether an item is a factor's own mapping, not a level."""
    return isinstance(item.value, dict)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def fixed(path: str, item: Item) -> str | None:
    """Name the setting that must not vary and that a level at a path would set; None if it sets none.

    >>> from bscsim.scenario.document import item_of
    >>> fixed("simulation", item_of({"dt": "week", "seed": 3}, "")), fixed("parameters.k_hour", item_of(0.1, ""))
    ('simulation.seed', None)
    """
    inside = item.value.items() if isinstance(item.value, dict) else ()
    found = next((one for key, inner in inside if (one := fixed(f"{path}.{key}", inner))), None)
    return found or next((name for name in NOT_FACTORS if f"{path}.".startswith(f"{name}.")), None)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Shorten names of factors as far as they can still be told apart.

    >>> list(short_names(["parameters.k_hour", "elements.expert_faculty.level", "calendar.sessions.0"]).values())
    ['k_hour', 'expert_faculty', 'sessions.0']
    """
    made = {name: _last(name, 1) for name in names}
    counts = Counter(made.values())
    return {name: short if counts[short] == 1 else _last(name, 2) for name, short in made.items()}


def _last(name: str, parts: int) -> str:
    keys = name.removesuffix(".level").split(".")
    parts += keys[-1].isdecimal()
    return ".".join(keys[-parts:])


def shown(value: Any) -> str:
    """Write a level the way a person reads it.

    >>> shown(0.25), shown([3, 7, 11]), shown({"child_care": 4, "head_start": 4}), shown(True)
    ('0.25', '3 7 11', 'child_care 4, head_start 4', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " ".join(map(shown, value)) if value else "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
