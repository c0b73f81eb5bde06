"""Trajectories: what every center and person did, month by month, in one or two worlds.

A :class:`World` is a dictionary of arrays (one row of :data:`bscsim.record.measures.MEASURES` each) and the
staff rows of the measurement waves.  :class:`Trajectories` holds the treated world, the untreated twin if
asked for, and the labels that both share.  A scheduler fills them from outside by plain assignment::

    world.arrays["fit"][r, c, month] = fit            # r: position in trajectories.replicates
    world.staff.append(replicate, month, center=..., slot=..., ...)    # replicate: its number

Arrays start as "nothing there": counts, flows and money 0, float stocks and the withdrawal month NaN, so that
a stock that a scheduler forgot shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record import stacks
from bscsim.record.measures import COMPONENTS, EVENTS, LABELS, LINES, MEASURES, ROLES, STAFF_COLUMNS, Measure
from bscsim.record.stacks import Stacks, starts_missing
from bscsim.record.staff_rows import Array, StaffRows

if TYPE_CHECKING:
    import pandas as pd

    from bscsim.scenario.allocation import Allocation
    from bscsim.scenario.population import Pool
    from bscsim.scenario.scenario import Scenario


@dataclass
class World:
    """One world: ``arrays`` by name of a measure (leading axis: replicate) and ``staff`` at the waves.

    ``stacks`` are the same arrays in few pieces, in a record that was allocated whole.
    """

    arrays: dict[str, Array]
    staff: StaffRows
    stacks: Stacks | None = None

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    @property
    def nbytes(self) -> int:
        """Return the bytes of arrays and staff rows."""
        return sum(values.nbytes for values in self.arrays.values()) + self.staff.nbytes


@dataclass
class Labels:
    """What both worlds share.  C centers, R replicates.

    center_id [C] str, number [C] int64 (key of the draws), sector [C] int8 (position in SECTORS), area [C]
    int32 (position in area_names); size, collaborative, cohort, applied, readiness_selection [R, C] and
    readiness_measured [R, C, 3]: see :data:`bscsim.record.measures.LABELS`.
    """

    center_id: Array
    number: Array
    sector: Array
    area: Array
    area_names: tuple[str, ...]
    size: Array
    collaborative: Array
    cohort: Array
    applied: Array
    readiness_selection: Array
    readiness_measured: Array

    def place(self, allocation: Allocation) -> None:
        """Write down an allocation from outside: numbers of collaboratives, and cohorts by the rank of their start.

        A collaborative whose start lies at or after the horizon is written down too.
        """
        cohorts = np.unique(allocation.starts, return_inverse=True)[1]
        joined = allocation.collaborative >= 0
        self.collaborative[...] = allocation.collaborative
        self.cohort[...] = -1
        self.cohort[joined] = cohorts[allocation.collaborative[joined]]


@dataclass
class Trajectories:
    """The record of a run.

    scenario, seed
        What was simulated, with which seed.
    replicates
        Numbers of the replicates held, in the order of the leading axis.
    labels
        What does not depend on the world.
    treated, twin
        The world of the scenario, and the same centers, persons and draws without the collaborative (None if
        not asked for).

    >>> import bscsim
    >>> months = {"burn_in": 0, "prework": (0, 1), "sessions": (1,), "ends": 2, "horizon": 2, "waves": (0, 2)}
    >>> scenario = bscsim.Scenario(name="short", calendar=months)
    >>> run = bscsim.simulate(scenario, replicates=2, seed=1)
    >>> run.treated["fit"].shape                                # replicate, center, month 0..2, driver
    (2, 8, 3, 6)
    >>> table = run.effects()
    >>> bool((table.query("month == 0").effect.dropna() == 0).all())
    True
    >>> bool(run.participation().query("replicate == 0")["session_invited"].sum() > 0)
    True
    """

    scenario: Scenario
    seed: int
    replicates: tuple[int, ...]
    labels: Labels
    treated: World
    twin: World | None = None

    @classmethod
    def empty(
        cls, scenario: Scenario, pool: Pool, seed: int, replicates: Sequence[int], twin: bool = True
    ) -> Trajectories:
        """Allocate the record of these replicates for a scheduler to fill.

        Raises ValueError if a replicate is named twice or outside 0 .. 2**32 - 1, or none is named.
        """
        numbers = tuple(int(replicate) for replicate in replicates)
        if not numbers or len(dict.fromkeys(numbers)) != len(numbers):
            raise ValueError(f"replicates must be different numbers, at least one, not {list(numbers)}")
        if not 0 <= min(numbers) <= max(numbers) < 2**32:
            raise ValueError(f"replicates must lie in 0 .. 2**32 - 1, not {min(numbers)} .. {max(numbers)}")
        axes = axis_lengths(scenario, len(pool.id))
        labels = Labels(
            center_id=np.asarray(pool.id, dtype=object), number=np.asarray(pool.number, np.int64),
            sector=np.asarray(pool.sector, np.int8), area=np.asarray(pool.area, np.int32),
            area_names=tuple(str(name) for name in pool.area_names),
            **{row.name: _blank(row, len(numbers), axes) for row in LABELS})
        labels.size[...] = np.asarray(pool.size, np.int16)
        worlds = [_empty_world(len(numbers), axes) for _ in range(1 + twin)]
        return cls(scenario, int(seed), numbers, labels, *worlds)

    @property
    def worlds(self) -> tuple[tuple[str, World], ...]:
        """Return ("treated", world) and, if there is one, ("twin", world)."""
        return (("treated", self.treated),) + ((("twin", self.twin),) if self.twin is not None else ())

    @property
    def untreated(self) -> World:
        """Return the twin; raise ValueError with the way out if there is none."""
        if self.twin is None:
            raise ValueError(
                "this needs the untreated twin: simulate with twin=True (file: simulation: {twin: true})")
        return self.twin

    @property
    def months(self) -> range:
        """Return the months recorded, 0 to the horizon."""
        return range(self.treated.arrays["status"].shape[2])

    @property
    def drivers(self) -> int:
        """Return the number of drivers of the change framework."""
        return int(self.treated.arrays["fit"].shape[3])

    @property
    def bytes(self) -> int:
        """Return the bytes of arrays and staff rows in memory."""
        own = [value.nbytes for value in vars(self.labels).values() if isinstance(value, np.ndarray)]
        return sum(own) + sum(world.nbytes for _, world in self.worlds)

    def replicate(self, number: int) -> Trajectories:
        """Return the record of one replicate (a view of the arrays), by its number.

        Raises KeyError if it is not held.
        """
        if number not in self.replicates:
            raise KeyError(f"no replicate {number}; there are {list(self.replicates)}")
        at = self.replicates.index(number)
        one = slice(at, at + 1)
        worlds = [World({name: values[one] for name, values in world.arrays.items()},
                        world.staff.where(world.staff["replicate"] == number)) for _, world in self.worlds]
        labels = replace(self.labels, **{row.name: getattr(self.labels, row.name)[one] for row in LABELS})
        return Trajectories(self.scenario, self.seed, (number,), labels, *worlds)

    def centers(self) -> pd.DataFrame:
        """Tabulate a row a replicate, world, center and month: :func:`bscsim.record.frames.centers`."""
        from bscsim.record import frames

        return frames.centers(self)

    def staff(self, month: int | None = None) -> pd.DataFrame:
        """Tabulate a row a staff slot at a wave (or at all): :func:`bscsim.record.frames.staff`."""
        from bscsim.record import frames

        return frames.staff(self, month)

    def participation(self, by: str = "role") -> pd.DataFrame:
        """Tabulate who took part, by "role" or "center": :mod:`bscsim.record.participation`."""
        from bscsim.record import participation

        return participation.participation(self, by)

    def outcomes(self, by: str = "arm") -> pd.DataFrame:
        """Tabulate outcomes at the seven levels, by "arm" or "center": :mod:`bscsim.record.levels`."""
        from bscsim.record import levels

        return levels.outcomes(self, by)

    def costs(self) -> pd.DataFrame:
        """Tabulate money by center, line and payer: :func:`bscsim.record.ledgers.costs`."""
        from bscsim.record import ledgers

        return ledgers.costs(self)

    def turnover(self, per: str = "year") -> pd.DataFrame:
        """Tabulate exits, hires and losses per "year" or "month": :func:`bscsim.record.ledgers.turnover`."""
        from bscsim.record import ledgers

        return ledgers.turnover(self, per)

    def spread(self) -> pd.DataFrame:
        """Tabulate spread to colleagues, between and to other centers: :func:`bscsim.record.spread.spread`."""
        from bscsim.record import spread

        return spread.spread(self)

    def effects(self) -> pd.DataFrame:
        """Tabulate each center's true effect at each wave: :func:`bscsim.record.truth.effects`."""
        from bscsim.record import truth

        return truth.effects(self)


def axis_lengths(scenario: Scenario, centers: int) -> dict[str, int]:
    """Return the length of each named axis for this scenario and number of centers."""
    return {
        "center": centers, "month": scenario.calendar.horizon + 1, "role": len(ROLES), "event": len(EVENTS),
        "line": len(LINES), "driver": scenario.population.drivers, "component": len(COMPONENTS),
    }


def join(parts: Sequence[Trajectories]) -> Trajectories:
    """Put records of different replicates of one study together, in the order of their replicate numbers.

    Raises ValueError if a replicate occurs twice, or seeds, centers or twins differ.
    """
    given = [number for part in parts for number in part.replicates]
    numbers = tuple(sorted(given))
    first = parts[0]
    for part in parts:
        if part.seed != first.seed or (part.twin is None) != (first.twin is None):
            raise ValueError("records of different seeds, or with and without a twin, cannot be joined")
        if not np.array_equal(part.labels.center_id, first.labels.center_id):
            raise ValueError("records of different centers cannot be joined")
    if len(dict.fromkeys(numbers)) != len(numbers):
        raise ValueError(f"a replicate occurs twice in {list(numbers)}")
    order = np.argsort(given, kind="stable")
    shared: dict[str, Any] = {
        row.name: np.concatenate([getattr(part.labels, row.name) for part in parts])[order] for row in LABELS}
    labels = replace(first.labels, **shared)
    worlds = [_joined_world([part.worlds[w][1] for part in parts], order) for w in range(len(first.worlds))]
    return Trajectories(first.scenario, first.seed, numbers, labels, *worlds)


def _joined_world(worlds: list[World], order: Array) -> World:
    arrays = {m.name: np.concatenate([world.arrays[m.name] for world in worlds])[order] for m in MEASURES}
    columns = {c.name: np.concatenate([world.staff[c.name] for world in worlds]) for c in STAFF_COLUMNS}
    return World(arrays, StaffRows.of(columns, worlds[0].staff.drivers))


def _empty_world(replicates: int, axes: dict[str, int]) -> World:
    whole = stacks.empty(replicates, axes)
    return World(stacks.views(whole), StaffRows(axes["driver"]), whole)


def _blank(row: Measure, replicates: int, axes: dict[str, int]) -> Array:
    """Make an array of "nothing there": NaN for a float that somebody must set, -1 for "in none", else 0."""
    shape = (replicates, *(axes[axis] for axis in row.axes))
    if starts_missing(row):
        return np.full(shape, np.nan, row.dtype)
    return np.full(shape, -1 if row.name in ("collaborative", "cohort") else 0, row.dtype)
