"""Run-chart rules against series made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bscsim.report.runchart import read_chart, runs_limits, runs_probability

NAN = math.nan
FLAT = [4.0, 6.0] * 6
"""Twelve points about a median of 5."""


def test_the_median_is_of_the_first_twelve_points_that_exist() -> None:
    chart = read_chart([NAN, *FLAT, 100.0, 100.0])
    assert chart.median == 5.0
    assert chart.baseline == tuple(range(1, 13))


def test_a_declared_baseline_is_used_instead() -> None:
    chart = read_chart([1.0, 1.0, 3.0, *FLAT], baseline=[0, 1, 2])
    assert (chart.median, chart.baseline) == (1.0, (0, 1, 2))


def test_five_on_one_side_are_no_shift_and_six_are() -> None:
    assert read_chart([*FLAT, 4.0, *[7.0] * 5, 4.0]).shifts == ()
    assert read_chart([*FLAT, 4.0, *[7.0] * 6, 4.0]).shifts == ((13, 18),)


def test_points_on_the_median_neither_count_nor_break_a_shift() -> None:
    assert read_chart([*FLAT, 4.0, 7.0, 7.0, 7.0, 5.0, 7.0, 7.0, 5.0, 7.0, 4.0]).shifts == ((13, 20),)
    assert read_chart([*FLAT, 4.0, 7.0, 7.0, 5.0, 5.0, 5.0, 7.0, 4.0]).shifts == ()


def test_a_missing_month_does_not_break_a_shift() -> None:
    assert read_chart([*FLAT, 4.0, 7.0, 7.0, 7.0, NAN, 7.0, 7.0, 7.0, 4.0]).shifts == ((13, 19),)


def test_a_shift_below_the_median_counts_too() -> None:
    assert read_chart([*FLAT, *[1.0] * 6]).shifts == ((12, 17),)


def test_four_rising_are_no_trend_and_five_are() -> None:
    assert read_chart([*FLAT, 4.0, 5.5, 6.5, 7.5, 3.0]).trends == ()
    assert read_chart([*FLAT, 4.0, 5.5, 6.5, 7.5, 8.5, 3.0]).trends == ((12, 16),)


def test_falling_is_a_trend_and_may_cross_the_median() -> None:
    assert read_chart([*FLAT, 9.0, 7.0, 5.0, 3.0, 1.0]).trends == ((12, 16),)


def test_of_equal_neighbours_one_counts_for_a_trend() -> None:
    assert read_chart([*FLAT, 4.0, 5.5, 5.5, 6.5, 7.5, 8.5, 3.0]).trends == ((12, 17),)
    assert read_chart([*FLAT, 4.0, 5.5, 5.5, 6.5, 7.5, 3.0]).trends == ()


def test_runs_are_counted_about_the_median() -> None:
    chart = read_chart([*FLAT])
    assert (chart.runs, chart.useful) == (12, 12)
    assert chart.runs_signal == "too many"
    assert read_chart([4.0] * 6 + [6.0] * 6).runs_signal == "too few"
    assert read_chart([4.0, 6.0, 4.0]).runs_signal == "too short to judge"


def test_limits_of_runs_follow_swed_and_eisenhart() -> None:
    """Ten above and ten below: 6 runs or fewer, or 16 or more, have a probability of at most .025 each."""
    low, high = runs_limits(10, 10)
    assert (low, high) == (7, 15)
    assert sum(runs_probability(count, 10, 10) for count in range(7)) <= 0.025
    assert sum(runs_probability(count, 10, 10) for count in range(8)) > 0.025
    assert runs_limits(4, 5) == (None, None)


@pytest.mark.parametrize(("above", "below"), [(5, 5), (5, 6), (1, 9), (12, 13)])
def test_probabilities_of_runs_sum_to_one(above: int, below: int) -> None:
    assert sum(runs_probability(count, above, below) for count in range(above + below + 1)) == pytest.approx(1)


def test_noise_about_a_frozen_median_is_rarely_called_a_signal() -> None:
    """A median of the first 12 points does not halve the next 24: with limits for halves 4% of series had too few runs.

    4,000 series of independent noise: at most the nominal 2.5% in each tail, plus three Monte Carlo errors (.0074).
    """
    series = np.random.default_rng(1).normal(size=(4000, 36))
    signals = [read_chart(list(values)).runs_signal for values in series]
    for tail in ("too few", "too many"):
        assert signals.count(tail) / len(signals) <= 0.025 + 0.0074


def test_a_chart_needs_a_point() -> None:
    with pytest.raises(ValueError, match="baseline point"):
        read_chart([NAN, NAN])
