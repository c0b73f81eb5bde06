"""Synthetic pools, and which settings go together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bscsim.scenario.population import Population, largest_remainder, make_pool, synthetic_pool
from tests.strategies import populations


def test_the_default_pool_is_four_child_care_and_four_head_start_centers_in_two_areas():
    pool = synthetic_pool(Population())
    assert pool.sector == (0, 0, 0, 0, 1, 1, 1, 1)
    assert pool.area == (0, 1, 0, 1, 0, 1, 0, 1)
    assert pool.number == tuple(range(8))
    assert set(pool.size) == {0}  # drawn in each replicate
    assert pool.area_names == ("area 1", "area 2")
    assert len(pool) == 8
    assert dict(pool.dropped) == {}
    assert hash(pool) == hash(make_pool(Population()))


def test_more_areas_than_centers_put_each_center_in_its_own():
    pool = synthetic_pool(Population(centers=3, areas=9))
    assert pool.area == (0, 1, 2)
    assert len(pool.area_names) == 3


def test_counts_and_shares_of_sectors():
    assert Population(centers=8, sectors={"child_care": 5, "school": 3}).sector_counts == (5, 0, 3)
    thirds = {"child_care": 0.333, "head_start": 0.333, "school": 0.333}
    assert Population(centers=10, sectors=thirds).sector_counts == (4, 3, 3)
    assert Population(centers=1, sectors={"school": 1}).sector_counts == (0, 0, 1)
    assert Population(centers=7, sectors={"school": 1}).sector_counts == (0, 0, 7)


@given(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 1)), st.integers(0, 500))
def test_largest_remainder_sums_and_is_within_one(shares, total):
    counts = largest_remainder(shares, total)
    assert sum(counts) == total
    for count, share in zip(counts, shares, strict=True):
        assert abs(count - share / sum(shares) * total) < 1 + 1e-9


@given(populations())
def test_a_pool_has_what_the_population_says(population):
    pool = synthetic_pool(population)
    assert len(pool) == population.centers
    assert [pool.sector.count(code) for code in range(3)] == list(population.sector_counts)
    assert set(pool.area) == set(range(population.areas))
    assert len(set(pool.id)) == population.centers
    assert set(pool.size) == {population.sizes if isinstance(population.sizes, int) else 0}


@pytest.mark.parametrize(("given", "word"), [
    ({"centers": 0}, "centers"), ({"centers": True}, "centers"), ({"centers": 8.0}, "centers"),
    ({"drivers": 11}, "drivers"), ({"drivers": 0}, "drivers"), ({"parents": 1}, "parents"),
    ({"sizes": "joined"}, "sizes"), ({"sizes": 1}, "sizes"), ({"sizes": 1001}, "sizes"), ({"sizes": True}, "sizes"),
    ({"sizes": 6.0}, "sizes"), ({"sizes": 3}, "min_staff"), ({"min_staff": 1}, "min_staff"),
    ({"sectors": {"child_care": 4, "head_start": 3}}, "sum to 7"), ({"sectors": {}}, "sum to 0"),
    ({"sectors": {"child_care": 8.5}}, "sum to 8.5"), ({"sectors": {"child_care": -1, "school": 9}}, "child_care"),
    ({"sectors": {"church": 8}}, "church"), ({"areas": 0}, "areas"),
    ({"roster": 3}, "roster"), ({"roster": "a.csv", "centers": 3}, "roster says it"),
    ({"strict": True}, "--set population.roster=PATH"), ({"blanks": "keep", "roster": "a.csv"}, "blanks"),
    ({"roster": "a.csv", "sector_values": {"x": "church"}}, "sector_values"),
    ({"roster": "a.csv", "columns": {"id": 3}}, "columns"), ({"below_min": "keep", "roster": "a.csv"}, "below_min"),
])
def test_what_is_no_population_is_refused(given, word):
    with pytest.raises(ValidationError, match=word):
        Population(**given)


def test_a_roster_population_can_be_hashed_and_compared():
    one = Population(roster="a.csv", sector_values={"Head Start": "head_start", "*": "child_care"})
    two = Population(roster="a.csv", sector_values={"*": "child_care", "Head Start": "head_start"})
    assert one == two
    assert hash(one) == hash(two)
    assert one.sector_values["*"] == "child_care"
    with pytest.raises(TypeError):
        one.sector_values["*"] = "school"
