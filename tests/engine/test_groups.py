"""Groups of centers that can meet, against a plain search through who shares an area or a collaborative with whom."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bscsim.engine.groups import AREAS, CENTERS, enter, enter_all, form_groups
from bscsim.engine.state import NONE, World, world

COLLABORATIVES = 4


def formed(areas: Sequence[int], joins: Sequence[int], number: int) -> World:
    """A world whose centers are in these of a number of areas, and join these collaboratives."""
    one = world(len(areas), 4, 1, COLLABORATIVES, number, 1)
    one.state.centers["area"], one.state.centers["joins"] = areas, joins
    one.state.grouped[:] = range(len(areas))
    form_groups(one.state)
    return one


def parts(one: World, row: int, order: Sequence[int]) -> list[list[int]]:
    """What belongs to each group."""
    firsts = one.state.firsts[row, : one.state.clock.groups + 1].tolist()
    return [[int(item) for item in order[a:b]] for a, b in pairwise(firsts)]


def searched(areas: Sequence[int], joins: Sequence[int], number: int) -> list[set[int]]:
    """Sets of areas that are reached from each other, in the order of their first."""
    found: list[set[int]] = []
    for area in range(number):
        if any(area in group for group in found):
            continue
        group, before = {area}, set[int]()
        while group != before:
            before = set(group)
            met = {joins[c] for c in range(len(areas)) if areas[c] in group and joins[c] != NONE}
            group |= {areas[c] for c in range(len(areas)) if joins[c] in met}
        found.append(group)
    return found


centers = st.integers(1, 6).flatmap(
    lambda number: st.tuples(
        st.lists(st.tuples(st.integers(0, number - 1), st.integers(NONE, COLLABORATIVES - 1)), min_size=1, max_size=14),
        st.just(number),
    )
)


def spread_out(most: int) -> st.SearchStrategy[tuple[list[tuple[int, int]], int]]:
    """Hardly two centers an area, as where areas are counties."""
    return st.integers(1, most).flatmap(
        lambda number: st.tuples(
            st.lists(st.integers(NONE, COLLABORATIVES - 1), min_size=number, max_size=2 * number).map(
                lambda joins: [(place % number, one) for place, one in enumerate(joins)]
            ),
            st.just(number),
        )
    )


@example(([(0, 0), (1, 0), (2, 1), (3, 1)], 4))  # the number of the first pair is also the name of an area
@given(centers | spread_out(12))
@settings(max_examples=500)
def test_groups_are_what_a_search_finds(drawn: tuple[list[tuple[int, int]], int]) -> None:
    placed, number = drawn
    areas, joins = zip(*placed, strict=True)
    one, expected = formed(areas, joins, number), searched(areas, joins, number)
    assert one.state.clock.groups == len(expected)
    assert parts(one, AREAS, one.state.areas) == [sorted(group) for group in expected]
    assert parts(one, CENTERS, one.state.grouped) == [
        [c for c in range(len(areas)) if areas[c] in group] for group in expected
    ]


def test_a_collaborative_brings_its_areas_together_one_after_another() -> None:
    """Areas 3 and 1 meet in collaborative 0, and 1 and 2 in collaborative 1: only 0 stays alone."""
    one = formed([3, 1, 1, 2, 0], [0, 0, 1, 1, NONE], 4)
    assert parts(one, AREAS, one.state.areas) == [[0], [1, 2, 3]]
    assert parts(one, CENTERS, one.state.grouped) == [[4], [0, 1, 2, 3]]
    clock = one.state.clock
    enter(one.state, 1)
    assert (clock.first, clock.last, clock.first_area, clock.last_area) == (1, 5, 1, 4)
    enter_all(one.state)
    assert (clock.first, clock.last, clock.first_area, clock.last_area) == (0, 5, 0, 4)


def test_a_world_is_grouped_anew_where_nobody_joins() -> None:
    one = formed([1, 0, 1], [0, 0, NONE], 2)
    assert one.state.clock.groups == 1
    one.state.centers["joins"] = NONE
    form_groups(one.state)
    assert parts(one, CENTERS, one.state.grouped) == [[1], [0, 2]]


def test_areas_that_meet_keep_their_centers_side_by_side() -> None:
    """Whose slots stand so: centers were laid out area after area."""
    one = formed([0, 1, 2, 0, 1, 2], [NONE] * 6, 3)
    assert parts(one, CENTERS, one.state.grouped) == [[0, 3], [1, 4], [2, 5]]
    one.state.centers["joins"] = [NONE, NONE, 0, 0, NONE, NONE]
    form_groups(one.state)
    assert parts(one, CENTERS, one.state.grouped) == [[0, 3, 2, 5], [1, 4]]
