"""Cluster x period designs against explicit matrices of every unit, and published closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bscsim.trial import formulas as f
from bscsim.trial.closed import layouts

FULL = f.Covariance(
    cluster=0.12, cluster_period=0.04, person=0.3, residual=0.5, decay=0.7, person_decay=0.9, effect=0.05,
    effect_cluster=-0.03,
)  # fmt: skip


def of_all_units(x: np.ndarray, units: np.ndarray, c: f.Covariance, times: np.ndarray, cohort: bool = True) -> float:
    """Variance of the effect by least squares over all units of one cluster a row; NaN in x: not measured.

    In a cohort the person in place i of a cluster is the same in all periods that have a place i.
    """
    rows = [(j, t, i) for j, t in np.argwhere(np.isfinite(x)) for i in range(int(units[j, t]))]
    cluster, period, place = (np.array(column) for column in zip(*rows, strict=True))
    treated = x[cluster, period]
    gap = np.abs(times[period][:, None] - times[period][None, :])
    together = cluster[:, None] == cluster[None, :]
    v = c.cluster * c.decay**gap + c.cluster_period * (gap == 0)
    v = v + c.effect * np.outer(treated, treated) + c.effect_cluster * (treated[:, None] + treated[None, :])
    person = (place[:, None] == place[None, :]) & (cohort | (gap == 0))
    v = together * (v + c.person * c.person_decay**gap * person) + c.residual * np.eye(len(rows))
    seen = np.unique(period)
    columns = np.column_stack([(period[:, None] == seen).astype(float), treated])
    return float(np.linalg.inv(columns.T @ np.linalg.solve(v, columns))[-1, -1])


@given(st.integers(0, 10_000))
def test_any_design_is_least_squares_over_all_units(seed: int) -> None:
    """Random treatment, gaps and sizes; decay, person intercepts, effects that vary: exact for every covariance."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (6, 4)).astype(float)
    x[0], x[1] = [0, 1, 1, 1], [0, 0, 0, 1]  # something to compare
    x[2:][rng.random((4, 4)) < 0.25] = np.nan
    x[np.isnan(x).all(axis=1)] = 0.0
    units, times = rng.integers(1, 5, (6, 4)), np.array([0.0, 1.0, 2.5, 3.0])
    found = f.gls(x, 1, units, FULL, times=times)
    assert found.var == pytest.approx(of_all_units(x, units, FULL, times), rel=1e-9)


def test_identical_clusters_may_be_counted() -> None:
    x = layouts.stepped_wedge_layout(3)
    counted = f.gls(x, [1, 2, 3], 5, FULL).var
    assert counted == pytest.approx(f.gls(np.repeat(x, [1, 2, 3], axis=0), 1, 5, FULL).var)
    assert f.gls(x, 4, 5, FULL).var == pytest.approx(f.gls(x, 1, 5, FULL).var / 4)


def test_one_wave_is_the_two_level_trial() -> None:
    found = f.parallel((14, 26), 20, f.Covariance.of(0.1), baseline=0, df="clusters")
    plain = f.two_level(40, 20, 0.1, share=0.35)
    assert (found.var, found.df) == (pytest.approx(plain.var), plain.df)
    blend = f.Covariance(cluster=0.05, cluster_period=0.05, person=0.4, residual=0.5)
    assert f.parallel((14, 26), 20, blend, baseline=0).var == pytest.approx(plain.var)


@pytest.mark.parametrize(("steps", "clusters", "apart"), [(2, 4, 1), (4, 3, 1), (5, 1, 2)])
def test_hussey_and_hughes_2007(steps: int, clusters: int, apart: int) -> None:
    """Their closed form: I s (s + T t) / ((I U - W) s + (U^2 + I T U - T W - I V) t), s = sigma2/n, t = tau2."""
    x = np.repeat(layouts.stepped_wedge_layout(steps, apart=apart), clusters, axis=0)
    number, periods = x.shape
    s, t = 0.9 / 20, 0.1
    u, w, v = x.sum(), (x.sum(axis=0) ** 2).sum(), (x.sum(axis=1) ** 2).sum()
    below = (number * u - w) * s + (u**2 + number * periods * u - periods * w - number * v) * t
    found = f.stepped_wedge(steps, clusters, 20, f.Covariance.of(0.1), apart=apart)
    assert found.var == pytest.approx(number * s * (s + periods * t) / below)


def kasza(x: np.ndarray, c: f.Covariance, units: int, churn: float) -> float:
    """Kasza et al. 2020: exchangeable with person intercepts; churn 0 closed cohort, 1 repeated cross-section."""
    (number, periods), total = x.shape, c.total
    cohort, between, within = (c.cluster + c.person) / total, c.cluster / total, (c.cluster + c.cluster_period) / total
    replaced = churn * (cohort - between)
    first = 1 + (units - 1) * (within - between) - cohort + replaced
    second = (
        1 + (units - 1) * within + (periods - 1) * (units - 1) * between + (periods - 1) * cohort
        - replaced * (periods - 1)
    )  # fmt: skip
    u, w, v = x.sum(), (x.sum(axis=0) ** 2).sum(), (x.sum(axis=1) ** 2).sum()
    below = (u**2 + number * periods * u - periods * w - number * v) * second - (u**2 - number * v) * first
    return float(total / units * number * periods * first * second / below)


def test_kasza_2020_for_cohorts() -> None:
    c = f.Covariance(cluster=0.1, cluster_period=0.03, person=0.4, residual=0.5)
    wedge = np.repeat(layouts.stepped_wedge_layout(4), 3, axis=0)
    assert f.gls(wedge, 1, 12, c).var == pytest.approx(kasza(wedge, c, 12, 0.0))
    assert f.gls(wedge, 1, 12, replace(c, retention=0.0)).var == pytest.approx(kasza(wedge, c, 12, 1.0))
    two = np.repeat(layouts.parallel_layout(1, 1), 6, axis=0)
    for retention in (0.2, 0.7):
        found = f.gls(two, 1, 12, replace(c, retention=retention)).var
        assert found == pytest.approx(kasza(two, c, 12, 1 - retention))


def test_nobody_retained_is_a_repeated_cross_section() -> None:
    moved = f.Covariance(cluster=0.1, person=0.4, residual=0.5, retention=0.0)
    x = layouts.wait_list_layout()
    assert f.gls(x, 5, 10, moved).var == pytest.approx(f.gls(x, 5, 10, f.Covariance.of(0.1)).var)
    persons = np.full((2, 3), 10)
    expected = of_all_units(x, persons, moved, np.arange(3.0), cohort=False)
    assert f.gls(x, 1, 10, moved).var == pytest.approx(expected)


def test_li_2020_proportional_decay() -> None:
    """Cluster and person effects decay alike and nothing else is there (residual to 0)."""
    x, decay, units = np.repeat(layouts.stepped_wedge_layout(4), 2, axis=0), 0.6, 25
    number = len(x)
    u, w = x.sum(), (x.sum(axis=0) ** 2).sum()
    p, q = (x[:, :-1] * x[:, 1:]).sum(), (x.sum(axis=0)[:-1] * x.sum(axis=0)[1:]).sum()
    above = number / units * (1 - decay**2) * (1 + (units - 1) * 0.06)
    expected = above / ((number * u - w) * (1 + decay**2) - 2 * (number * p - q) * decay)
    c = f.Covariance(cluster=0.06, person=0.94, residual=1e-12, decay=decay, person_decay=decay)
    assert f.gls(x, 1, units, c).var == pytest.approx(expected, rel=1e-6)


def test_crossover_by_hand() -> None:
    """Half the difference of two within-cluster contrasts: (gamma2 + sigma2/n)/clusters a sequence."""
    c = f.Covariance(cluster=0.3, cluster_period=0.02, residual=0.9)
    assert f.crossover(8, 20, c).var == pytest.approx((0.02 + 0.9 / 20) / 8)


def test_a_staircase_is_an_incomplete_wedge() -> None:
    x = layouts.stepped_wedge_layout(4)
    cut = x.copy()
    for step in range(4):
        cut[step, :step] = np.nan
        cut[step, step + 2 :] = np.nan
    assert np.array_equal(cut, layouts.staircase_layout(4), equal_nan=True)
    c = f.Covariance.of(0.1, cac=0.8, iac=0.5)
    expected = of_all_units(cut, np.full(cut.shape, 6), c, np.arange(5.0))
    assert f.staircase(4, 3, 6, c).var == pytest.approx(expected / 3)
    assert f.staircase(4, 3, 6, c).var > f.stepped_wedge(4, 3, 6, c).var


@given(st.floats(0.05, 0.95), st.floats(0, 0.9))
def test_decay_between_its_limits(decay: float, iac: float) -> None:
    """decay 1: exchangeable; decay 0: the cluster's effect is new every period; time is what it is counted in."""
    c = f.Covariance.of(0.1, iac=iac)
    ends = [f.wait_list(5, 10, replace(c, decay=rate)).var for rate in (1.0, 0.0)]
    assert ends[0] == pytest.approx(f.wait_list(5, 10, c).var)
    assert ends[1] == pytest.approx(f.wait_list(5, 10, replace(c, cluster=0.0, cluster_period=0.1)).var)
    months = f.wait_list(5, 10, replace(c, decay=decay, person_decay=0.9), times=[0, 4, 8])
    waves = f.wait_list(5, 10, replace(c, decay=decay**4, person_decay=0.9**4))
    assert months.var == pytest.approx(waves.var)


def test_labels_are_of_no_consequence() -> None:
    x = layouts.stepped_wedge_layout(4)
    c = f.Covariance.of(0.1, cac=0.7)
    assert f.gls(1 - x, 3, 10, c).var == pytest.approx(f.gls(x, 3, 10, c).var)
    assert f.gls(x[::-1], 3, 10, c).var == pytest.approx(f.gls(x, 3, 10, c).var)
    assert f.gls(x, 3, 10, f.Covariance.of(0.1, cac=0.7, total=4)).var == pytest.approx(4 * f.gls(x, 3, 10, c).var)


def test_period_effects_cost_and_a_trend_costs_less() -> None:
    x = layouts.stepped_wedge_layout(4)
    each, linear, none = (f.gls(x, 3, 10, FULL, period_effects=kind).var for kind in ("each", "linear", "none"))
    assert each > linear > none
    two = layouts.parallel_layout()
    assert f.gls(two, 3, 10, FULL, period_effects="linear").var == pytest.approx(f.gls(two, 3, 10, FULL).var)


@given(st.integers(2, 30), st.integers(1, 30), st.floats(0.01, 0.4), st.floats(0, 1), st.floats(0, 0.9))
def test_more_waves_units_and_clusters_never_hurt(n: int, more: int, icc: float, cac: float, iac: float) -> None:
    c = f.Covariance.of(icc, cac=cac, iac=iac)
    var = f.parallel(10, n, c).var
    slack = var * (1 + 1e-9)
    assert f.parallel(10 + more, n, c).var < slack
    assert f.parallel(10, n + more, c).var < slack
    assert f.parallel(10, n, c, post=2).var < slack
    assert f.parallel(10, n, c, baseline=2).var < slack


def test_dropout_costs_less_than_the_loss_of_all_that_wave() -> None:
    """20 persons, 12 of them also at the end: between 20 and 12 persons throughout."""
    c = f.Covariance.of(0.1, iac=0.6)
    full, dropout, small = (f.parallel(10, units, c).var for units in (20, [20, 12], 12))
    assert full < dropout < small


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: f.gls([[0, 1], [0, 1]], 5, 10, FULL), "cannot be told from the period effects"),
        (lambda: f.gls([[0, 1, np.nan], [np.nan, np.nan, 0]], 5, 10, FULL), "cannot be told from the period effects"),
        (lambda: f.gls([[0, 2], [0, 1]], 5, 10, FULL), "treatment must be 0 to 1"),
        (lambda: f.gls([[0, 1], [0, 0]], 0, 10, FULL), "clusters must be above 0"),
        (lambda: f.gls([[0, 1], [0, 0]], 5, [[10, 0], [10, 10]], FULL), "units must be above 0"),
        (lambda: f.gls([[0, 1], [0, 0]], 5, 10, FULL, times=[3, 3]), "times must be 2 rising numbers"),
        (lambda: f.gls([0, 1], 5, 10, FULL), "must be .sequences, periods."),
        (lambda: f.parallel(5, [10, 8], replace(FULL, retention=0.5)), "units must be the same in all periods"),
        (lambda: f.Covariance(residual=0), "residual must be above 0, not 0"),
        (lambda: f.Covariance(decay=1.5), "decay must be at least 0 and at most 1, not 1.5"),
        (lambda: f.Covariance(cluster=0.1, effect=0.1, effect_cluster=0.2), "effect_cluster must be at least -0.1"),
        (lambda: f.stepped_wedge(1, 3, 20, FULL), "steps must be at least 2, not 1"),
        (lambda: f.parallel(1, 20, FULL, df="clusters"), "leaves 0 degrees of freedom"),
    ],
)
def test_bad_input_says_what_is_allowed(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


def test_layouts_as_drawn() -> None:
    o, x = 0, 1
    assert layouts.stepped_wedge_layout(3, baseline=2, apart=2, after=1).tolist() == [
        [o, o, x, x, x, x, x],
        [o, o, o, o, x, x, x],
        [o, o, o, o, o, o, x],
    ]
    assert layouts.wait_list_layout(2, 1, 0).tolist() == [[o, o, x], [o, o, o]]
    assert layouts.wait_list_layout(1, 2, 1).tolist() == [[o, x, x, x], [o, o, o, x]]
    assert layouts.parallel_layout(2, 1).tolist() == [[o, o, x], [o, o, o]]
    assert layouts.crossover_layout(4).tolist() == [[x, o, x, o], [o, x, o, x]]
    longer = layouts.staircase_layout(3, before=2, after=1)
    assert np.array_equal(longer, [[o, o, x, np.nan, np.nan], [np.nan, o, o, x, np.nan], [np.nan, np.nan, o, o, x]],
                          equal_nan=True)  # fmt: skip
