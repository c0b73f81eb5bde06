"""The state of one replicate in one world as arrays, for compiled code.

Staff live in slots: a center's staff are contiguous, employees first, then the parent where one takes part, and each
center's slots are padded to a multiple of :data:`LANES`, so that loops over them fill whole vector registers.  What
moves every step has an array of its own, with a row a driver where there is one a driver (``k[d, slot]``); the rest are
records.  A padding or vacant slot holds finite numbers that count for nothing: loops go over them, and sums take them
times 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bscsim.record.measures import EVENTS, LINES, ROLES
from bscsim.record.stacks import members
from bscsim.rules.operators import LANES

DRAWS = 4
"""What one call of the generator gives: a seat holder's draws of a month."""
SEATS = 7
"""Seats of the largest team: six and a parent's."""
NONE = -1
"""No slot, no center, no collaborative, no leaver."""
NEVER = -1_000_000
"""The step of an event that never was."""
MAX_DRIVERS, MAX_STEPS = 10, 4
ROLE_COUNT, EVENT_COUNT, LINE_COUNT, COUNTS = len(ROLES), len(EVENTS), len(LINES), len(members("month_count"))

CENTER = np.dtype([
    ("first", "i8"), ("headcount", "i8"), ("people", "i8"), ("employees", "i8"), ("everyone", "i8"),
    ("present", "i8"), ("vacant", "i8"), ("status", "i8"), ("collaborative", "i8"), ("seats", "i8"), ("number", "i8"),
    ("area", "i8"), ("capacity", "f8"), ("qi0", "f8"), ("climate0", "f8"), ("qi", "f8"), ("climate", "f8"),
    ("engagement", "f8"), ("readiness", "f8"), ("uptake", "f8"), ("authority", "f8"), ("leader_engagement", "f8"),
    ("present_share", "f8"), ("recent_successes", "f8"), ("facilitation", "f8"), ("has_leader", "?"),
    ("touched", "?"), ("met", "?"), ("makes_metrics", "?"), ("uses_metrics", "?"), ("assessed", "?"),
    ("knowledge_lost", "f8"), ("leaver_practice", "f8"), ("fit_gained", "f8"), ("ideas_borrowed", "f8"),
    ("seat_hours", "f8"), ("open_pdsas", "i8", (MAX_DRIVERS,)), ("successes", "i8", (MAX_STEPS,)),
    ("practised_by", "f8", (ROLE_COUNT,)), ("known_by", "f8", (ROLE_COUNT,)), ("mood_by", "f8", (ROLE_COUNT,)),
    ("staff_by", "i8", (ROLE_COUNT,)), ("seated_by", "i8", (ROLE_COUNT,)), ("counts", "i8", (COUNTS,)),
    ("exits", "i8", (ROLE_COUNT,)), ("hires", "i8", (ROLE_COUNT,)), ("cost", "f8", (LINE_COUNT,)),
    ("invited", "i8", (ROLE_COUNT, EVENT_COUNT)), ("attended", "i8", (ROLE_COUNT, EVENT_COUNT)),
    ("call_holders", "i8", (ROLE_COUNT,)), ("call_regulars", "i8", (ROLE_COUNT,)), ("sector", "i8"),
    ("motivation", "f8"), ("habit", "f8"), ("frailty", "f8"), ("withdrawal_month", "f8"), ("true_readiness", "f8"),
    ("measured_readiness", "f8"), ("measured_motivation", "f8"), ("measured_capacity", "f8"), ("measured_qi", "f8"),
    ("joins", "i8"), ("begins", "i8"), ("listed_before", "i8"), ("recruited", "?"),
], align=True)  # fmt: skip
"""A center, what every step reads first.

``first`` is its first slot; ``people`` its slots in use, ``employees`` and ``everyone`` the padded ends of rows without
and with the parent's slot, all counted from ``first``; ``present`` counts the employees who are there, ``vacant`` the
slots without anybody.  ``joins`` is the collaborative it is put in (NONE: in none) and ``begins`` the month in which
that starts; ``collaborative`` is its number from then on, and NONE until then.  ``listed_before`` counts the rows that
other centers have at a wave before its own.  ``touched`` says that this month has
anything in ``counts`` (by place in the record), ``exits``, ``hires`` or ``cost``, ``met`` that it has any in
``invited`` or ``attended``; the names that end in ``_by`` are room to work in.
"""

SEAT = np.dtype([
    ("holder", "i8"), ("role", "i8"), ("named", "i8"), ("number", "i8"), ("came", "?"), ("lots", "f8", (DRAWS,)),
], align=True)  # fmt: skip
"""A seat: the slot that holds it, the role it is open to, the role it is named for, its number; who came this month."""

STAFF = np.dtype([
    ("center", "i8"), ("role", "i8"), ("seat", "i8"), ("occupant", "i8"),
    ("lot", "f8"), ("last_event", "i8"), ("exposed", "?"), ("ever_seat", "?"), ("calls_offered", "i8"),
    ("calls_attended", "i8"), ("classroom", "i8"), ("person", "i8"), ("near", "f8"), ("turn", "f8"),
], align=True)  # fmt: skip
"""A position and who holds it.

While it is vacant, ``near`` is the lot that says whether it looks for people nearby, ``turn`` its place in the order
of hires.
"""

LEAVER = np.dtype([
    ("step", "i8"), ("moment", "f8"), ("number", "i8"), ("slot", "i8"), ("area", "i8"), ("role", "i8"),
    ("person", "i8"), ("m0", "f8"), ("m", "f8"), ("exposed", "?"), ("ever_seat", "?"), ("before", "i8"),
    ("after", "i8"),
], align=True)  # fmt: skip

CLOCK = np.dtype([
    ("replicate", "i8"), ("now", "i8"), ("month", "i8"), ("season", "f8"), ("treated", "?"), ("full", "?"),
    ("collaboratives", "i8"), ("participants", "i8"), ("created", "i8"), ("left", "i8"), ("waiting", "i8"),
    ("free", "i8"), ("fresh", "i8"), ("allotted", "?"), ("groups", "i8"), ("first", "i8"), ("last", "i8"),
    ("first_area", "i8"), ("last_area", "i8"), ("listed", "i8"),
], align=True)  # fmt: skip
"""Where a run stands: what it simulates, the step, the ledger of persons; ``allotted``: places come from outside.

``first`` and ``last``, ``first_area`` and ``last_area`` are the places in ``grouped`` and in ``areas`` of the group
whose turn it is, ``participants`` its centers in collaboratives; ``listed`` counts the rows of all centers at a wave.
"""

# Rows of ``slot``: numbers of a position or its holder that move every step.
(PRESENT, EMPLOYED, MOOD, SET_POINT, EXIT_CLOCK, TENURE, POSITION, CONTACT, RELEVANCE, HOURS, DOSE, SHARE,
 EXIT_AT, REFILL_AT) = range(14)  # fmt: skip
# Rows of ``room``: but for WEIGHT they are used from their beginning whatever the center, so that they stay in the
# processor's cache.  NOTHING is 0 and stays so.
WEIGHT, ADDED, CROSSING, HOME, PRACTISED, KNOWN, GAINED, NOTHING = range(8)
# Planes of ``level``: knowledge, its entry value, practice, habit.
K, K0, P, B = range(4)
# Planes of ``driver``: fit, colleagues' mean practice and weighted mean knowledge, and the rates of E12.
FIT, PRACTICE_MEAN, HELP_TARGET, USE, USABLE, REVERT = range(6)
ALIGNED = 64
"""Bytes; each array begins on a line of the cache."""

Array = NDArray[Any]
Record = Any
"""A record or an array of records: numpy's types do not know their fields."""


class State(NamedTuple):
    """All that changes over a run of one world.  C centers, N slots, D drivers, K collaboratives, A areas."""

    clock: Record  # CLOCK
    centers: Record  # [C] CENTER
    seats: Record  # [C, SEATS] SEAT
    staff: Record  # [N] STAFF
    slot: Array  # [14, N]: PRESENT (1. where somebody is, else 0.), EMPLOYED (parents left out), MOOD (M), ...
    level: Array  # [4, D, N]: K, K0, P, B
    driver: Array  # [6, C, D]: FIT, ...
    leaders_gain: Array  # [A, D]
    participants: Array  # [C] centers of a group in a collaborative that has started, in the order of their numbers
    group: Array  # [A] the group to which an area belongs
    grouped: Array  # [C] centers, group after group
    areas: Array  # [A] areas, group after group
    firsts: Array  # [2, A + 1] where each group begins in ``grouped`` and in ``areas``, and where the last ends
    # Room to work in: nothing is read that the same month, or run of a world, has not written before.
    best_fit: Array  # [K, D]
    leaders: Array  # [A] whose gain ``leaders_gain`` is the mean of
    active: Array  # [K] centers active this month
    room: Array  # [8, N]: WEIGHT, ...
    running: Array  # [N + LANES]: for a running sum (rows.weighted_sum)
    order: Array  # [C]: centers in an order
    vacancies: Array  # [N]: slots to be filled in a step
    key: Array  # [N], of what is sorted: vacancies or centers
    tie: Array  # [N]
    found: Array  # places in a center, or in a row of ``drawn``, and one more
    drawn: Array  # [3, D + 2 and padding]: what is drawn for a person: uniforms, second uniforms, scores


class Market(NamedTuple):
    """Leavers between two jobs."""

    leavers: Record  # [capacity] LEAVER
    levels: Array  # [capacity, 4, D]: what each of them knows and does
    queues: Array  # [A, roles, 2] first and last leaver of a role in an area


class World(NamedTuple):
    """A state, its market, and the bytes of both but for the room to work in, so that a copy is one copy of bytes."""

    state: State
    market: Market
    whole: Array


def world(centers: int, slots: int, drivers: int, collaboratives: int, areas: int, leavers: int) -> World:
    """Allocate one replicate's world: what is copied with it in one block of memory, and room to work in."""
    kept = {
        "clock": ((1,), CLOCK), "centers": ((centers,), CENTER), "seats": ((centers, SEATS), SEAT),
        "staff": ((slots,), STAFF), "slot": ((REFILL_AT + 1, slots), float),
        "level": ((B + 1, drivers, slots), float), "driver": ((REVERT + 1, centers, drivers), float),
        "leaders_gain": ((areas, drivers), float), "participants": ((centers,), int),
        "group": ((areas,), int), "grouped": ((centers,), int), "areas": ((areas,), int),
        "firsts": ((2, areas + 1), int),
        "queues": ((areas, ROLE_COUNT, 2), int), "leavers": ((leavers,), LEAVER),
        "levels": ((leavers, B + 1, drivers), float),
    }  # fmt: skip
    scores = -(-(drivers + 2) // LANES) * LANES
    room = {
        "best_fit": ((collaboratives, drivers), float), "leaders": ((areas,), int), "active": ((collaboratives,), int),
        "room": ((NOTHING + 1, slots), float), "running": ((slots + LANES,), float), "order": ((centers,), int),
        "vacancies": ((slots,), int), "key": ((slots,), float), "tie": ((slots,), int),
        "found": ((max(slots, scores) + 1,), int), "drawn": ((3, scores), float),
    }  # fmt: skip
    whole, parts = _block(kept)
    parts |= _block(room)[1]
    parts["clock"] = parts["clock"][0]
    return World(
        State(**{name: parts[name] for name in State._fields}),
        Market(**{name: parts[name] for name in Market._fields}),
        whole.view(np.int64),
    )


def _block(arrays: dict[str, tuple[tuple[int, ...], Any]]) -> tuple[Array, dict[str, Array]]:
    """One block of memory, all 0, and arrays of these shapes and types as views of it."""
    starts, end = [], 0
    for shape, kind in arrays.values():
        starts.append(end)
        end += -(-int(np.prod(shape)) * np.dtype(kind).itemsize // ALIGNED) * ALIGNED
    block = np.zeros(end + ALIGNED, np.uint8)
    whole = block[-block.ctypes.data % ALIGNED :][:end]
    return whole, {
        name: _records(np.ndarray(shape, kind, whole.data, start))
        for (name, (shape, kind)), start in zip(arrays.items(), starts, strict=True)
    }


def _records(array: Array) -> Array:
    """The array with its fields as attributes, as compiled code has them, so that plain Python runs the engine too."""
    return array.view(np.recarray) if array.dtype.names else array
