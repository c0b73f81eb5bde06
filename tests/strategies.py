"""Whole valid scenarios for Hypothesis, inside the hard ranges and small enough to simulate by the hundred."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from bscsim.scenario.calendar import Calendar
from bscsim.scenario.elements import Elements, Supports
from bscsim.scenario.enrolment import Enrolment
from bscsim.scenario.parameters import Parameters, table
from bscsim.scenario.population import Population
from bscsim.scenario.scenario import Scenario, Simulation

ROWS = {row.name: row for row in table()}
LEVELS = st.one_of(st.sampled_from((0.0, 1.0)), st.floats(0, 1))
RULES = ("random", "top", "threshold", "hurdle", "need")
MAX_CENTERS, MAX_BURN_IN, MAX_HORIZON = 9, 6, 18


@st.composite
def parameter_values(draw: st.DrawFn, most: int = 12) -> dict[str, float]:
    """Up to ``most`` parameters anywhere in their hard ranges, ends included; the others keep their defaults."""
    names = draw(st.lists(st.sampled_from(sorted(ROWS)), max_size=most, unique=True))
    values = {}
    for name in names:
        row = ROWS[name]
        inside = st.floats(row.low, row.high, exclude_min=row.open_low, allow_subnormal=False)
        ends = (row.high,) if row.open_low else (row.low, row.high)
        values[name] = draw(st.one_of(st.sampled_from(ends), inside))
    made = values.get("metrics_made_p", ROWS["metrics_made_p"].default)
    if values.get("metrics_p", ROWS["metrics_p"].default) > made:
        values["metrics_p"] = made
    return values


@st.composite
def populations(draw: st.DrawFn) -> Population:
    """Synthetic pools of 1 to 9 centers."""
    centers = draw(st.integers(1, MAX_CENTERS))
    first = draw(st.integers(0, centers))
    second = draw(st.integers(0, centers - first))
    sectors: dict[str, float] = {"child_care": first, "head_start": second, "school": centers - first - second}
    if draw(st.booleans()):
        share = draw(st.floats(0, 1))
        sectors = {"child_care": share, "school": 1 - share}
    sizes: Any = draw(st.one_of(st.sampled_from(("joiners", "stock")), st.integers(4, 14)))
    least = draw(st.integers(2, min(sizes, 8) if isinstance(sizes, int) else 8))
    return Population.model_validate({
        "centers": centers, "sectors": sectors, "areas": draw(st.integers(1, centers)), "sizes": sizes,
        "drivers": draw(st.integers(1, 10)), "parents": draw(st.booleans()), "min_staff": least,
    })


@st.composite
def enrolments(draw: st.DrawFn, population: Population) -> Enrolment:
    """Enrolments that fit a pool, also ones that treat nobody."""
    collaboratives = draw(st.integers(0, min(4, population.centers)))
    each = draw(st.integers(1, population.centers // max(1, collaboratives)))
    full = collaboratives * each in (0, population.centers)
    largest = min(6, population.sizes) if isinstance(population.sizes, int) else 6
    return Enrolment(
        collaboratives=collaboratives, centers_per_collaborative=each,
        rule=draw(st.sampled_from((*RULES, "all") if full else RULES)),
        mode=draw(st.sampled_from(("trial", "field"))),
        apply_rate=draw(st.floats(0.01, 0.99)), threshold=draw(LEVELS),
        hurdle={"motivation": draw(LEVELS), "capacity": draw(LEVELS), "innovation": draw(LEVELS)},
        team_size=draw(st.one_of(st.just("auto"), st.integers(2, largest))),
    )


def months(first: int, end: int, most: int = 20) -> st.SearchStrategy[tuple[int, ...]]:
    """Months in order, each once, from ``first`` to before ``end``."""
    if end <= first:
        return st.just(())
    return st.sets(st.integers(first, end - 1), max_size=most).map(lambda found: tuple(sorted(found)))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Calendars of up to 18 months."""
    ends = draw(st.integers(1, MAX_HORIZON))
    horizon = draw(st.integers(ends, MAX_HORIZON))
    over = draw(st.integers(1, ends))
    start = draw(st.integers(0, over - 1))

    def schedule(first: int, end: int) -> st.SearchStrategy[Any]:
        return st.one_of(st.sampled_from(("monthly", "none")), months(first, end))

    waves = draw(st.sets(st.integers(0, horizon), min_size=1, max_size=4).map(lambda found: tuple(sorted(found))))
    return Calendar(
        starts=draw(st.integers(1, 12)), burn_in=draw(st.integers(0, MAX_BURN_IN)), prework=(start, over),
        sessions=draw(months(over, ends, most=4)), ends=ends, horizon=horizon,
        prework_calls=draw(schedule(start, over)),
        calls=draw(schedule(over, ends)), affinity_calls=draw(schedule(over, ends)),
        coaching=draw(schedule(over, ends)), reports=draw(schedule(over, ends)), waves=waves,
    )


@st.composite
def elements(draw: st.DrawFn) -> Elements:
    """Any levels and switches of the five elements."""
    return Elements.model_validate({
        "change_framework": draw(LEVELS), "inclusive_team": draw(LEVELS), "improvement_model": draw(LEVELS),
        "expert_faculty": {"level": draw(LEVELS), "coaching_visits": draw(st.booleans())},
        "shared_learning": {
            "level": draw(LEVELS), "learning_sessions": draw(st.booleans()), "calls": draw(st.booleans()),
        },
    })


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Whole valid scenarios: at most 6 centers, 6 months of burn-in and 18 months."""
    population = draw(populations())
    levels = draw(st.one_of(st.just({}), st.fixed_dictionaries(dict.fromkeys(Supports.model_fields, LEVELS))))
    return Scenario(
        name=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)),
        population=population,
        enrolment=draw(enrolments(population)),
        calendar=draw(calendars()),
        elements=draw(elements()),
        supports=Supports(**levels),
        parameters=Parameters(**draw(parameter_values())),
        simulation=Simulation(
            replicates=draw(st.integers(1, 3)), seed=draw(st.integers(0, 2**63 - 1)), twin=draw(st.booleans()),
            dt=draw(st.sampled_from(("month", "month", "half_month", "week"))),
        ),
    )
