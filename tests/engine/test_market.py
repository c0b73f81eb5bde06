"""Leavers between two jobs stand in the order in which they left, whatever order their centers are visited in."""

from itertools import permutations

import pytest

from bscsim.engine.market import LAST, put_on
from bscsim.engine.state import NONE, world


def queue_of(leavers: list[tuple[int, float, int, int]]) -> list[int]:
    """Queue leavers (step, moment, center's number, slot), a list in the order of their arrival; latest first."""
    one = world(centers=1, slots=4, drivers=1, collaboratives=1, areas=1, leavers=len(leavers))
    s, m = one.state, one.market
    m.queues[:] = NONE
    for entry, (step, moment, number, slot) in enumerate(leavers):
        leaver = m.leavers[entry]
        leaver.step, leaver.moment, leaver.number, leaver.slot = step, moment, number, slot
        put_on(s, m, entry)
    found, entry = [], m.queues[0, 0, LAST]
    while entry != NONE:
        found.append(int(entry))
        entry = m.leavers[entry].before
    return found


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_leavers_of_a_step_stand_by_moment_then_center_then_slot(order: tuple[int, ...]) -> None:
    sorted_ = [(3, 3.0, 2, 1), (3, 3.0, 2, 4), (3, 3.0, 7, 0), (3, 3.5, 1, 0)]
    earlier = (2, 3.0, 9, 9)  # left at the end of the step before, the same moment
    leavers = [earlier, *(sorted_[place] for place in order)]
    assert [leavers[entry] for entry in queue_of(leavers)] == [*reversed(sorted_), earlier]
