"""Centers whose people can meet: those of an area, and of all areas from which a collaborative takes centers.

Nothing passes from one group to another, so each can be simulated to the end before the next one begins.  A group's
state then stays in the processor's cache, however many centers there are, and no number changes: draws are keyed, and
sums are made in the order of numbers.
"""

from __future__ import annotations

from bscsim.engine.inlining import inlined
from bscsim.engine.rows import copy, fill
from bscsim.engine.state import NONE, State

CENTERS, AREAS = range(2)
"""Rows of ``firsts``."""


def form_groups(s: State) -> None:
    """Find the groups; side by side in ``grouped`` and ``areas``, from ``firsts`` on, stand what belongs to each."""
    for area in range(s.group.shape[0]):
        s.group[area] = area
    unite_areas(s)
    for area in range(s.group.shape[0]):  # links first and numbers after: a number followed as a link leads elsewhere
        s.group[area] = first_area(s, area)
    groups = 0
    for area in range(s.group.shape[0]):
        if s.group[area] == area:
            s.group[area] = groups
            groups += 1
        else:
            s.group[area] = s.group[s.group[area]]
    s.clock.groups = groups
    deal(s)


def unite_areas(s: State) -> None:
    """Let the areas of a collaborative's centers point to the first of them (each area to one that is not later)."""
    fill(s.active, NONE)
    for c in range(s.centers.shape[0]):
        center = s.centers[c]
        if center.joins == NONE:
            continue
        one = first_area(s, center.area)
        if s.active[center.joins] == NONE:
            s.active[center.joins] = one
        other = first_area(s, s.active[center.joins])
        s.group[max(one, other)] = min(one, other)


def first_area(s: State, area: int) -> int:
    """The first of the areas that are united with one."""
    while s.group[area] < area:
        area = s.group[area]
    return area


def deal(s: State) -> None:
    """Sort centers and areas by their group (by counting), centers of a group in the order in which they stood.

    That is the order of their numbers at first.  Later, when a collaborative has brought areas together, it is area
    after area, as their slots stand.
    """
    firsts, groups = s.firsts, s.clock.groups
    fill(firsts[CENTERS], 0)
    fill(firsts[AREAS], 0)
    for c in range(s.centers.shape[0]):
        firsts[CENTERS, s.group[s.centers[c].area]] += 1
    for area in range(s.group.shape[0]):
        firsts[AREAS, s.group[area]] += 1
    for number in range(1, groups + 1):  # where each ends; the last has nothing of its own
        firsts[CENTERS, number] += firsts[CENTERS, number - 1]
        firsts[AREAS, number] += firsts[AREAS, number - 1]
    copy(s.participants, s.grouped)  # room: nobody takes part yet
    for place in range(s.centers.shape[0] - 1, -1, -1):
        c = s.participants[place]
        number = s.group[s.centers[c].area]
        firsts[CENTERS, number] -= 1
        s.grouped[firsts[CENTERS, number]] = c
    for area in range(s.group.shape[0] - 1, -1, -1):
        firsts[AREAS, s.group[area]] -= 1
        s.areas[firsts[AREAS, s.group[area]]] = area


@inlined
def enter(s: State, group: int) -> None:
    """Turn to a group: to its places in ``grouped`` and in ``areas``."""
    clock = s.clock
    clock.first, clock.last = s.firsts[CENTERS, group], s.firsts[CENTERS, group + 1]
    clock.first_area, clock.last_area = s.firsts[AREAS, group], s.firsts[AREAS, group + 1]


@inlined
def enter_all(s: State) -> None:
    """Turn to all centers and areas."""
    clock = s.clock
    clock.first, clock.last = 0, s.centers.shape[0]
    clock.first_area, clock.last_area = 0, s.group.shape[0]
