"""E1-E2: exits, vacancies and what a center loses, against numbers worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.rules import turnover

UNIT = st.floats(0.0, 1.0)
CLOCK = st.floats(0.0, 5.0)


def hazard(m=0.55, c=0.55, base=0.46, factor=1.0, frailty=1.0, season=1.0, newcomer=1.0, engage=0.8):
    return turnover.exit_hazard(turnover.position_hazard(base, factor, frailty), season, newcomer, engage, m, c)


def test_season_at_the_default_summer_of_five():
    """Nine months of weight 1 and three of weight 5: a mean of 2, so .5 in school months and 2.5 in summer."""
    assert [turnover.season(month, 5.0) for month in range(1, 13)] == [0.5] * 5 + [2.5] * 3 + [0.5] * 4


@given(st.floats(1.0, 12.0))
def test_season_averages_one_over_a_year(summer):
    weights = [turnover.season(month, summer) for month in range(1, 13)]
    assert sum(weights) / 12 == pytest.approx(1.0, rel=1e-12)
    assert weights[6] / weights[0] == pytest.approx(summer, rel=1e-12)


def test_exit_hazard_by_hand():
    assert hazard() == 0.46  # every multiplier is 1 at the reference
    assert hazard(newcomer=2.0) == 0.92
    assert hazard(factor=0.6, frailty=1.5, season=2.5) == pytest.approx(0.46 * 0.6 * 1.5 * 2.5)
    assert hazard(m=0.75, c=0.55) == pytest.approx(0.46 * math.exp(-0.8 * 0.10), rel=1e-10)
    assert hazard(m=0.05, c=0.05, engage=3.0) == pytest.approx(0.46 * math.exp(1.5), rel=1e-10)


def test_newcomers_factor_ends_at_one_year_exactly_whatever_the_step():
    assert turnover.newcomer_factor(2.0, 0.5, 1 / 12) == 2.0
    assert turnover.newcomer_factor(2.0, 1.0, 1 / 12) == 1.0
    assert turnover.newcomer_factor(3.0, 3.0, 1 / 12) == 1.0
    assert turnover.newcomer_factor(3.0, 1.0 - 1 / 24, 1 / 12) == pytest.approx(2.0)  # half of the step is new
    for dt in (1 / 12, 1 / 24, 1 / 48):  # over the first two years the hazard adds up to factor + 1
        steps = round(2 / dt)
        total = sum(turnover.newcomer_factor(4.0, 0.013 + n * dt, dt) * dt for n in range(steps))
        assert total == pytest.approx(2.0 + 3.0 * (1.0 - 0.013))


@given(UNIT, UNIT, UNIT, st.floats(0.0, 3.0))
def test_engagement_protects_and_climate_as_much(m, more, c, engage):
    low, high = sorted((m, more))
    assert hazard(m=high, c=c, engage=engage) <= hazard(m=low, c=c, engage=engage)
    assert hazard(m=m, c=c, engage=engage) == pytest.approx(hazard(m=c, c=m, engage=engage))
    assert hazard(m=m, c=c, engage=0.0) == 0.46


def test_who_stays_by_hand():
    assert turnover.stays(0.2, 0.1, 0.31)
    assert not turnover.stays(0.25, 0.25, 0.5)  # at the end of the step it is reached
    assert turnover.stays(0.0, 0.0, 0.5)


def test_crossing_by_hand():
    assert turnover.crossing(0.2, 0.1, 0.25) == pytest.approx(0.5)  # half way through the step
    assert turnover.crossing(0.2, 0.1, 0.31) == 2.0  # not in this step
    assert turnover.crossing(0.3, 0.1, 0.3) == 0.0  # at once
    assert turnover.crossing(0.0, 0.0, 0.5) == 2.0  # no hazard, no exit


@given(CLOCK, CLOCK, CLOCK, CLOCK)
def test_a_higher_hazard_never_delays_a_crossing(clock, added, more, threshold):
    share = turnover.crossing(clock, added, threshold)
    assert 0.0 <= share <= 1.0 + 1e-12 or share == 2.0
    assert turnover.crossing(clock, added + more, threshold) <= share + 1e-12


@given(st.lists(st.floats(0.0, 0.3), min_size=1, max_size=40), st.floats(0.001, 4.0))
def test_the_exit_clock_runs_out_where_the_summed_hazard_passes_the_threshold(hazards, threshold):
    clock = 0.0
    for step, added in enumerate(hazards):
        share = turnover.crossing(clock, added, threshold)
        if share <= 1.0:
            assert sum(hazards[:step]) + share * added == pytest.approx(threshold)
            return
        clock += added
    assert sum(hazards) < threshold + 1e-9


def test_thresholds_and_vacancies_have_their_means():
    """Midpoints of 20,000 equal slices of (0, 1): the mean of an exponential by the midpoint rule."""
    u = (np.arange(20_000) + 0.5) / 20_000
    assert np.mean([turnover.exit_threshold(v) for v in u]) == pytest.approx(1.0, abs=1e-3)
    assert np.mean([turnover.vacancy_months(v, 1.5) for v in u]) == pytest.approx(1.5, abs=1e-3)


def test_losses_by_hand():
    assert turnover.qi_after_losses(0.5, 0.3, 0.5, 2, 4) == pytest.approx(0.45)  # .3 + .2 (1 - .5 x 2/4)
    assert turnover.qi_after_losses(0.5, 0.3, 1.0, 4, 4) == 0.3  # all that people held is gone
    assert turnover.qi_after_losses(0.3, 0.3, 0.5, 2, 4) == 0.3  # nothing was gained, nothing is lost
    assert turnover.climate_after_exits(0.6, 0.25, 2, 10) == pytest.approx(0.57)  # .6 (1 - .25 x 2/10)


@given(UNIT, UNIT, UNIT, st.integers(1, 6), st.integers(0, 6))
def test_losses_stay_inside_and_grow_with_the_leavers(level, level0, share, size, lost):
    start, end = sorted((level0, level))
    lost = min(lost, size)
    qi = [turnover.qi_after_losses(end, start, share, n, size) for n in range(lost + 1)]
    climate = [turnover.climate_after_exits(end, share, n, size) for n in range(lost + 1)]
    assert qi == sorted(qi, reverse=True)
    assert climate == sorted(climate, reverse=True)
    assert all(start - 1e-15 <= q <= 1.0 for q in qi)
    assert all(0.0 <= c <= 1.0 for c in climate)


def test_onboarding_by_hand():
    assert turnover.onboarded_knowledge(0.4, 0.6, 0.5, 0.5) == pytest.approx(0.45)  # .4 + .5 x .5 x .2
    assert turnover.onboarded_knowledge(0.7, 0.6, 0.5, 0.5) == 0.7  # who knows more keeps it
    assert turnover.onboarded_knowledge(0.4, 0.6, 0.0, 1.0) == 0.4  # nothing standardised, nothing to hand over
