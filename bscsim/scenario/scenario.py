"""A scenario: everything that says what is simulated, checked as a whole, immutable and hashable."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from bscsim.rules.draws import STREAM_VERSION
from bscsim.scenario.calendar import MONTHS, Calendar
from bscsim.scenario.elements import Elements, Supports
from bscsim.scenario.enrolment import Enrolment
from bscsim.scenario.faults import Fault, InputError
from bscsim.scenario.fields import Clash, Frozen, refuse, section, setting
from bscsim.scenario.parameters import Parameters
from bscsim.scenario.population import ROSTER_ONLY, SYNTHETIC_ONLY, Pool, Population

if TYPE_CHECKING:
    from bscsim.scenario.document import Item

STEPS_PER_MONTH: Final = {"month": 1, "half_month": 2, "week": 4}

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""What a study may be called: the name is also that of its folder of results."""

_NAME_TEXT: Final = "letters, digits, '.', '_' and '-', at most 80, the first a letter or digit"


def _study_name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise PydanticCustomError("choice", "must be {allowed}", {"allowed": _NAME_TEXT, "words": ()})
    return value


StudyName = Annotated[str, AfterValidator(_study_name)]


class Simulation(Frozen):
    """How often and how finely it is run.

    >>> Simulation(dt="week").steps_per_month
    4
    """

    replicates: int = setting(100, "Replicates: runs that differ by chance alone.", low=1, high=2**32 - 1)
    seed: int = setting(1, "Seed of all draws.", low=0, high=2**63 - 1)
    twin: bool = setting(True, "Whether each run has an untreated twin: same centers and draws, no collaborative.")
    dt: Literal["month", "half_month", "week"] = setting(
        "month", "Time step; a week is a quarter of a month.", allowed="month, half_month or week")

    @property
    def steps_per_month(self) -> int:
        """Steps in a month: 1, 2 or 4."""
        return STEPS_PER_MONTH[self.dt]


class Scenario(Frozen):
    """What is simulated. The defaults are the feasibility study of the Culture of Continuous Learning project.

    Eight centers, four child care and four Head Start, in one collaborative of sixteen months.

    Raises pydantic's ValidationError (a ValueError) when built from Python with bad values; files are read by
    :func:`bscsim.load`, which names places.

    >>> scenario = Scenario(name="less", parameters=Parameters(k_hour=0.02))
    >>> scenario.calendar.horizon, scenario.parameters.k_hour
    (40, 0.02)
    >>> scenario.digest == Scenario(name="other", parameters=Parameters(k_hour=0.02)).digest
    True
    """

    name: StudyName = setting("ccl_feasibility", "Name of the study.", allowed=_NAME_TEXT)
    population: Population = section(Population(), "The centers.")
    enrolment: Enrolment = section(Enrolment(), "Who joins.")
    calendar: Calendar = section(Calendar(), "When what happens.")
    elements: Elements = section(Elements(), "The five elements.")
    supports: Supports = section(Supports(), "Supports beyond the elements.")
    parameters: Parameters = section(Parameters(), "The model's parameters.")
    simulation: Simulation = section(Simulation(), "How it is run.")

    @property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) of all that can change a number of one replicate.

        Neither the name nor the number of replicates counts; a roster counts by its content, not by its path. Equal
        scenarios have equal digests. Raises InputError if the roster cannot be read.
        """
        content = resolved(self)
        del content["name"], content["simulation"]["replicates"]
        population = content["population"]
        if self.population.roster is None:
            population["sectors"] = self.population.sector_counts
        else:
            from bscsim.scenario.roster import roster_digest

            population["roster"] = roster_digest(Path(self.population.roster))
        content["streams"] = STREAM_VERSION
        text = json.dumps(_no_negative_zero(content), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def memory_bytes(self, replicates: int | None = None, pool: Pool | None = None) -> int:
        """Estimate the memory of a run held whole: see :func:`bscsim.scenario.memory.memory_bytes`.

        >>> Scenario().memory_bytes(200) > 1.9 * Scenario().memory_bytes(100) > 0
        True
        """
        from bscsim.scenario.memory import memory_bytes

        return memory_bytes(self, replicates, pool)

    def with_values(self, changes: Mapping[str, Any]) -> Scenario:
        """Return a scenario with other values at dotted paths, checked as a whole (pydantic's ValidationError).

        >>> Scenario().with_values({"parameters.k_hour": 0.05, "elements.shared_learning.calls": False}).elements.e4
        1.0
        """
        from bscsim.scenario.document import item_of
        from bscsim.scenario.layers import merge

        root = item_of(resolved(self), "")
        for path, value in changes.items():
            for key in reversed(path.split(".")):
                value = {key: value}
            root = merge(root, item_of(value, ""))
        return Scenario.model_validate(root.plain())

    @model_validator(mode="after")
    def _together(self) -> Self:
        population = self.population
        if population.roster is None:  # a roster's centers are counted when it is read: require_pool
            size = population.sizes if isinstance(population.sizes, int) else 0
            refuse("Scenario", _pool_clashes(self.enrolment, population.centers, size))
        return self


def _pool_clashes(enrolment: Enrolment, centers: int, largest: int) -> list[Clash]:
    """List what does not fit between the enrolment and ``centers`` that can join.

    ``largest`` is the staff of the largest of them, 0 while sizes are not known.
    """
    places, pool = enrolment.places, ("population.centers", "population.roster")
    each = f"{enrolment.collaboratives} x {enrolment.centers_per_collaborative}"
    counts = ("enrolment.collaboratives", "enrolment.centers_per_collaborative")
    clashes: list[Clash] = []
    if places > centers:
        problem = f"the collaboratives have {places} places ({each}), but only {centers} centers can join"
        clashes.append((("enrolment", "centers_per_collaborative"), problem, (*counts, *pool)))
    if enrolment.rule == "all" and 0 < places < centers:
        problem = (f"rule all takes every center, but {centers} can join and the collaboratives have {places} places "
                   f"({each}); choose another rule or change the number of places")
        clashes.append((("enrolment", "rule"), problem, ("enrolment.rule", *counts, *pool)))
    if isinstance(enrolment.team_size, int) and 0 < largest < enrolment.team_size:
        problem = f"must not exceed every center: the largest has {largest} staff, not {enrolment.team_size}"
        clashes.append((("enrolment", "team_size"), problem, ("enrolment.team_size", "population.sizes", pool[1])))
    return clashes


def pool_faults(scenario: Scenario, pool: Pool) -> list[Fault]:
    """List what does not fit between a scenario and the centers it is to draw on; empty if all is well.

    >>> from bscsim.scenario.population import make_pool
    >>> scenario = Scenario()
    >>> pool_faults(scenario, make_pool(scenario.population))
    []
    """
    joinable = sum(size == 0 or size >= scenario.population.min_staff for size in pool.size)
    largest = 0 if 0 in pool.size else max(pool.size)
    clashes = _pool_clashes(scenario.enrolment, joinable, largest)
    return [Fault("", ".".join(str(part) for part in place), problem) for place, problem, _ in clashes]


def require_pool(scenario: Scenario, pool: Pool) -> None:
    """Raise InputError if the scenario and its centers do not fit each other (see :func:`pool_faults`)."""
    faults = pool_faults(scenario, pool)
    if faults:
        raise InputError(faults)


def resolved(scenario: Scenario) -> dict[str, Any]:
    """Return every setting as plain dicts, lists, words and numbers, ready for YAML or JSON.

    Settings that are not used are left out: the synthetic ones with a roster, the roster's without. It loads back:

    >>> scenario = Scenario(name="again")
    >>> Scenario.model_validate(resolved(scenario)) == scenario
    True
    """
    content: dict[str, Any] = _plain(scenario.model_dump())
    unused = SYNTHETIC_ONLY if scenario.population.roster is not None else (*ROSTER_ONLY, "roster")
    for name in unused:
        del content["population"][name]
    content["calendar"]["starts"] = MONTHS[scenario.calendar.starts - 1]
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _no_negative_zero(value: Any) -> Any:
    """Equal scenarios must give equal text, and -0.0 == 0.0."""
    if isinstance(value, dict):
        return {key: _no_negative_zero(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_no_negative_zero(inner) for inner in value]
    return value + 0.0 if isinstance(value, float) else value


@dataclass(frozen=True, slots=True)
class Study:
    """A study file, read.

    kind
        What is to be done: ``scenario``, ``sweep``, ``factorial`` or ``sensitivity``.
    name, scenario
        Its name, and the scenario with every setting resolved.
    path, text
        The file and its exact text.
    overrides
        What was laid over it: texts ``path=value``.
    options
        What was laid over it by options of their own: ``--seed 5`` -> ``simulation.seed=5``.
    layers
        Which layer set each resolved setting: dotted path -> ``default``, ``base NAME``, ``file`` or ``--set``.
    root, block
        The scenario's settings as items, each with its place, and the block of the kind likewise.
    design
        What the block says, read; None for a scenario (:class:`bscsim.sweeps.design.Design`).
    """

    kind: str
    name: str
    scenario: Scenario
    path: Path
    layers: Mapping[str, str]
    text: str = ""
    overrides: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    root: Item | None = field(default=None, repr=False, compare=False)
    block: Item | None = field(default=None, repr=False, compare=False)
    design: Any = field(default=None, repr=False, compare=False)
