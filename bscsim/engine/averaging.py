"""Means over a center's staff as the record has them: of each person over drivers, then of persons in slot order.

Who is not there counts as 0 in every sum, which leaves a sum as it is and needs no branch; the sums are those of
whoever is present, added up in the order of their slots.
"""

from __future__ import annotations

from bscsim.engine.inlining import inlined
from bscsim.engine.rows import add_three, add_three_differences
from bscsim.engine.state import (
    GAINED,
    K0,
    KNOWN,
    MOOD,
    NOTHING,
    PRACTISED,
    PRESENT,
    SHARE,
    Array,
    K,
    P,
    State,
)
from bscsim.record.measures import ASSISTANT, TEACHER
from bscsim.rules.motivation import HOLDER_SHARE


@inlined
def average_levels(s: State, first: int, last: int) -> None:
    """Means over drivers of P, K and K - k0 of everyone in slots ``first`` to before ``last``; 0 of nobody.

    They are in the rows PRACTISED, KNOWN and GAINED, from their beginning on.
    """
    count = last - first
    practised, known, gained = s.room[PRACTISED, :count], s.room[KNOWN, :count], s.room[GAINED, :count]
    nothing = s.room[NOTHING, :count]
    add_drivers(practised, s.level[P], first, nothing)
    add_drivers(known, s.level[K], first, nothing)
    add_gains(gained, s.level[K], s.level[K0], first, nothing)
    divide_present(practised, known, gained, s.slot[PRESENT, first:last], s.level.shape[1])


@inlined
def add_drivers(total: Array, level: Array, first: int, nothing: Array) -> None:
    """Add up the drivers' rows, in their order and three a pass; beyond the last driver there is ``nothing``."""
    drivers, last = level.shape[0], first + total.shape[0]
    for d in range(0, drivers, 3):
        second = level[d + 1, first:last] if d + 1 < drivers else nothing
        third = level[d + 2, first:last] if d + 2 < drivers else nothing
        add_three(total, level[d, first:last], second, third, d == 0)


@inlined
def add_gains(total: Array, level: Array, entry: Array, first: int, nothing: Array) -> None:
    """Add up the drivers' rows of what each of them gained since entry, as :func:`add_drivers` does."""
    drivers, last = level.shape[0], first + total.shape[0]
    for d in range(0, drivers, 3):
        second = level[d + 1, first:last] if d + 1 < drivers else nothing
        third = level[d + 2, first:last] if d + 2 < drivers else nothing
        second_entry = entry[d + 1, first:last] if d + 1 < drivers else nothing
        third_entry = entry[d + 2, first:last] if d + 2 < drivers else nothing
        add_three_differences(
            total, level[d, first:last], entry[d, first:last], second, second_entry, third, third_entry, d == 0
        )


@inlined
def divide_present(practised: Array, known: Array, gained: Array, present: Array, by: float) -> None:
    """Divide three rows where somebody is; 0 elsewhere."""
    for i in range(present.shape[0]):
        here = present[i] > 0.0
        p, k, g = practised[i] / by, known[i] / by, gained[i] / by
        practised[i] = p if here else 0.0
        known[i] = k if here else 0.0
        gained[i] = g if here else 0.0


@inlined
def sum_staff(s: State, c: int, at: int) -> tuple[float, float]:
    """Add up M and gain of all who are present, and by role (fields ``.._by``) P, K, M and their number.

    Teachers and assistants, of whom there are many, are added up where the processor need not wait for memory.
    ``at`` is where the center's means begin.
    """
    center, first, last = s.centers[c], s.centers[c].first, s.centers[c].first + s.centers[c].headcount
    present, moods = s.slot[PRESENT, first:last], s.slot[MOOD, first:last]
    practised, known, gained = s.room[PRACTISED, at:], s.room[KNOWN, at:], s.room[GAINED, at:]
    practised_by, known_by, mood_by, staff_by = center.practised_by, center.known_by, center.mood_by, center.staff_by
    mood = gain = 0.0
    teachers = teachers_p = teachers_k = teachers_m = 0.0
    assistants = assistants_p = assistants_k = assistants_m = 0.0
    for place in range(present.shape[0]):
        role, here = s.staff[first + place].role, present[place]
        p, k, m = practised[place], known[place], here * moods[place]
        mood += m
        gain += gained[place]
        if role == TEACHER:
            teachers += here
            teachers_p += p
            teachers_k += k
            teachers_m += m
        elif role == ASSISTANT:
            assistants += here
            assistants_p += p
            assistants_k += k
            assistants_m += m
        else:
            staff_by[role] += int(here)
            practised_by[role] += p
            known_by[role] += k
            mood_by[role] += m
    staff_by[TEACHER], staff_by[ASSISTANT] = int(teachers), int(assistants)
    practised_by[TEACHER], practised_by[ASSISTANT] = teachers_p, assistants_p
    known_by[TEACHER], known_by[ASSISTANT] = teachers_k, assistants_k
    mood_by[TEACHER], mood_by[ASSISTANT] = teachers_m, assistants_m
    return mood, gain


@inlined
def sum_team(s: State, c: int, at: int, team: int) -> tuple[float, float, float, float]:
    """P and K of those who hold one of the ``team`` seats, and of the others; without a branch a person."""
    first, last = s.centers[c].first, s.centers[c].first + s.centers[c].headcount
    practised, known, share = s.room[PRACTISED, at:], s.room[KNOWN, at:], s.slot[SHARE, first:last]
    team_p = team_k = other_p = other_k = 0.0
    if team == 0:
        for place in range(share.shape[0]):
            other_p += practised[place]
            other_k += known[place]
        return team_p, team_k, other_p, other_k
    for place in range(share.shape[0]):
        seated = 1.0 * (share[place] == HOLDER_SHARE)
        team_p += seated * practised[place]
        team_k += seated * known[place]
        other_p += (1.0 - seated) * practised[place]
        other_k += (1.0 - seated) * known[place]
    return team_p, team_k, other_p, other_k
