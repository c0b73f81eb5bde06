"""From a record to the responses that a sweep keeps of it: a row a replicate and wave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bscsim.engine import tallies as of
from bscsim.engine.compiling import entry
from bscsim.engine.state import Array
from bscsim.engine.tallies import ASKED, CAME, SUM, TREATED, TWIN, People, Tallies
from bscsim.engine.tallying import tally
from bscsim.record import stacks
from bscsim.record.measures import AFFINITY_CALL, COACHING, EVENTS, MEASURES, PREWORK_CALL, SESSION
from bscsim.record.ratio import divide
from bscsim.record.responses import COLUMNS, MOMENTS

if TYPE_CHECKING:
    from bscsim.record.stacks import Stacks
    from bscsim.record.trajectories import Trajectories, World


class Reduced(NamedTuple):
    """Rows of results: ``replicate`` int64 [n], ``month`` int16 [n], ``values`` float64 [n, len(COLUMNS)]."""

    replicate: Array
    month: Array
    values: Array


def reduce(run: Trajectories) -> Reduced:
    """Return the responses of each replicate at each wave of the calendar, NaN where one is missing.

    Rows are in the order of the record's replicates, then of the waves; columns are
    :data:`bscsim.record.responses.COLUMNS`, where their units and meaning are.  A replicate's row is the same, bit for
    bit, whatever else the record holds and whichever engine made it.  It takes some tens of microseconds a replicate
    of the default scenario, most of it in machine code that does not hold Python's lock, so that threads may reduce
    records of their own at once.

    >>> import bscsim
    >>> months = {"burn_in": 0, "prework": (0, 1), "sessions": (1,), "ends": 2, "horizon": 2, "waves": (0, 2)}
    >>> run = bscsim.simulate(bscsim.Scenario(name="short", calendar=months), replicates=2, seed=1)
    >>> rows = reduce(run)
    >>> rows.replicate.tolist(), rows.month.tolist(), rows.values.shape == (4, len(COLUMNS))
    ([0, 0, 1, 1], [0, 2, 0, 2], True)
    >>> rows.values[:, COLUMNS.index("effect")].tolist()[::2]                      # nothing has happened at month 0
    [0.0, 0.0]
    """
    months = np.array(run.scenario.calendar.waves, np.int16)
    numbers = np.array(run.replicates, np.int64)
    out = _tallied(run, numbers, months)
    count = (run.labels.collaborative >= 0).sum(axis=1).astype(np.float64)
    found = dict(_responses(out, np.repeat(count, len(months)), run.twin is not None))
    values = np.column_stack([found[name] for name in COLUMNS])
    return Reduced(np.repeat(numbers, len(months)), np.tile(months, len(numbers)), values)


def _tallied(run: Trajectories, numbers: Array, months: Array) -> Tallies:
    worlds = [world for _, world in run.worlds]
    size = len(numbers) * len(months)
    out = Tallies(np.zeros((size, of.KINDS, 2, 2)), np.zeros((size, of.FLOWS, 2)), np.zeros((size, 3)))
    whole, people = [_stacks(world) for world in worlds], [_people(world) for world in worlds]
    bounds = np.stack([_bounds(world, numbers, months) for world in (worlds[0], worlds[-1])], axis=2)
    entry(tally)(
        months, _plain(run.labels.collaborative), whole[0], whole[-1], people[0], people[-1], bounds,
        len(worlds) == 2, np.zeros((2, 2, 2), np.int64), np.zeros((2, 2)), out,
    )  # fmt: skip
    return out


def _stacks(world: World) -> Stacks:
    """The arrays of a world in few pieces, copied into such where it was not allocated whole (read from a file)."""
    if world.stacks is not None:
        return world.stacks
    axes = {name: length for row in MEASURES for name, length in zip(row.axes, world[row.name].shape[1:], strict=True)}
    whole = stacks.empty(len(world["status"]), axes)
    for name, view in stacks.views(whole).items():
        view[...] = world[name]
    return whole


def _people(world: World) -> People:
    return People(*(_plain(world.staff[name]) for name in People._fields))


def _plain(values: Array) -> Array:
    """Contiguous and writable, as all others are: machine code is made for one kind of array."""
    return np.require(values, requirements=("C", "W"))


def _bounds(world: World, numbers: Array, months: Array) -> Array:
    """The first staff row of each replicate and wave, and the row after its last: [replicate, wave, 2]."""
    keys = (world.staff["replicate"] << 16) + world.staff["month"]
    wanted = (numbers[:, None] << 16) + months
    return np.stack([np.searchsorted(keys, wanted, side) for side in ("left", "right")], axis=2)


def _responses(out: Tallies, enrolled: Array, paired: bool) -> Iterator[tuple[str, Any]]:
    """Yield each column by its name, [n]."""
    mean = divide(out.means[..., SUM], out.means[..., of.COUNT])  # in one go: a call takes longer than its divisions
    yield from _of_persons(mean[..., TREATED], mean[..., TWIN])
    yield from _of_centers(mean[..., TREATED])
    yield from _so_far(out, enrolled, paired)
    yield "enrolled", enrolled
    persons = out.moments[:, 0] if paired else np.full(len(enrolled), np.nan)
    yield MOMENTS[0], persons
    for at in (1, 2):
        yield MOMENTS[at], np.where(persons > 0.0, out.moments[:, at], np.nan)


def _of_persons(treated: Array, twin: Array) -> Iterator[tuple[str, Array]]:
    """Means over persons, from the means of each world [n, KINDS]."""
    for name, kind in (("practice", of.PRESENT), ("retained", of.KEPT)):
        yield name, treated[:, kind]
        yield f"{name}_twin", twin[:, kind]
    for name, kind in (
        ("effect", of.PRESENT), ("effect_centers", of.CENTERS), ("effect_stayers", of.STAYERS),
        ("effect_own_stayers", of.OWN_STAYERS), ("effect_team", of.TEAM), ("effect_others", of.OTHERS),
        ("effect_outside", of.OUTSIDE), ("knowledge_effect", of.KNOWN), ("used_effect", of.USED),
    ):  # fmt: skip
        yield name, treated[:, kind] - twin[:, kind]
    for name, kind in (("knowledge", of.KNOWN), ("used", of.USED), ("gain_team", of.GAIN_TEAM),
                       ("gain_others", of.GAIN_OTHERS)):  # fmt: skip
        yield name, treated[:, kind]


def _of_centers(treated: Array) -> Iterator[tuple[str, Array]]:
    """Means over centers, of what was added up in the treated world or as its gap to the twin."""
    for name, kind in (
        ("fit", of.FIT), ("fit_effect", of.FIT_GAP), ("formalised", of.FORMAL), ("qi_effect", of.QI_GAP),
        ("climate_effect", of.CLIMATE_GAP), ("readiness", of.READY), ("readiness_effect", of.READY_GAP),
        ("motivation_effect", of.MOTIVATION_GAP), ("seats_held", of.SEATED), ("active_share", of.ACTIVE_SHARE),
        ("outside_informed", of.INFORMED),
    ):  # fmt: skip
        yield name, treated[:, kind]


def _so_far(out: Tallies, enrolled: Array, paired: bool) -> Iterator[tuple[str, Array]]:
    """Ratios and numbers per center of flows over the months before the wave."""
    flow = np.moveaxis(out.flows, 0, 2)
    yield "borrowed", divide(flow[of.BORROWED, TREATED], flow[of.GAINED, TREATED])
    yield "reports_sent", divide(flow[of.SENT, TREATED], flow[of.DUE, TREATED])
    for name, events in (
        ("attendance", range(len(EVENTS))), ("session_attendance", (SESSION,)),
        ("call_attendance", range(PREWORK_CALL, AFFINITY_CALL + 1)), ("coaching_attendance", (COACHING,)),
    ):  # fmt: skip
        came, asked = (sum(flow[first + event, TREATED] for event in events) for first in (CAME, ASKED))
        yield name, divide(came, asked)
    for name, kind in (("pdsa_started", of.STARTED), ("pdsa_succeeded", of.SUCCEEDED), ("cost_program", of.PROGRAM),
                       ("cost_sponsor", of.SPONSOR)):  # fmt: skip
        yield name, divide(flow[kind, TREATED], enrolled)
    hiring = flow[of.HIRING_COST, TREATED] - flow[of.HIRING_COST, TWIN]
    yield "cost_hiring_effect", divide(hiring, enrolled) if paired else np.full(len(enrolled), np.nan)
    for name, world in (("exit_rate", TREATED), ("exit_rate_twin", TWIN)):
        yield name, divide(12.0 * flow[of.LEFT, world], flow[of.POSITIONS, world])
