"""The partially nested model against nlme, whole matrices, the closed form of equal sizes, and its size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, from_means, from_units
from bscsim.trial.estimators.cluster_t import cluster_t
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.estimators.kenward_roger import kenward_roger
from bscsim.trial.estimators.lmm import lmm_kr
from bscsim.trial.estimators.partially_nested import COLLABORATIVE, both_df, fit, partially_nested
from tests.trial.estimators.dense import Dense, same
from tests.trial.estimators.trials import Rows, by_formula, gaussian, holds_size

# nlme 3.1-162 under R 4.2.2 on trials.by_formula: lme(y ~ treat (+ x), random = list(coll = pdDiag(~treat - 1),
# center = pdDiag(~treat + ctrl - 1)), weights = varIdent(form = ~1 | treat), method = "REML"), each control center in a
# collaborative of its own. b and se of treat; variances of control residual and center, treated residual,
# collaborative, center.
NLME = {
    False: (0.247513683765, 0.506593620703, 1.468628 * 0.6516927791**2, 0.0, 1.468628, 0.2631752, 0.9051715),
    True: (0.5958858888894, 0.4669049016049, 1.352211 * 0.6380817949**2, 0.0176579, 1.352211, 0.1639146, 0.7789784),
}


@pytest.mark.parametrize("covariate", [False, True])
def test_fits_of_nlme(covariate: bool) -> None:
    data = by_formula().stats(covariate=covariate)
    found = partially_nested(data)
    expected = NLME[covariate]
    assert (found.b[0], found.se[0]) == pytest.approx(expected[:2], abs=5e-6)
    assert fit(data).found.theta[0] == pytest.approx(expected[2:], abs=1e-5)
    assert found.status[0] == (OK if covariate else BOUNDARY)


def dense(rows: Rows) -> Dense:
    inside = rows.treated[rows.center]
    X = np.column_stack([np.ones(len(rows.y)), inside, rows.x])
    parts = (
        np.diag(~inside * 1.0), same(rows.center, ~inside), np.diag(inside * 1.0),
        same(rows.collaborative[rows.center], inside), same(rows.center, inside),
    )  # fmt: skip
    return Dense(X, rows.y, parts)


def test_degrees_of_freedom_of_whole_matrices() -> None:
    """By numerical derivatives of the restricted likelihood in all five variances."""
    rows = by_formula()
    model, data = dense(rows), rows.stats()
    theta = fit(data).found.theta[0]
    assert partially_nested(data).df[0] == pytest.approx(model.satterthwaite(theta), rel=1e-4)


def test_degrees_of_freedom_of_whole_matrices_at_the_boundary() -> None:
    """Dropped: numerical derivatives in the four variances that are left. Kept: the expected information of all five,
    whose df are those of Kenward and Roger's article."""
    rows = by_formula(cells=1.5)
    model, data = dense(rows), rows.stats()
    theta = fit(data).found.theta[0]
    assert theta[COLLABORATIVE] == 0
    both = both_df(data)
    assert both.no_collaborative.tolist() == [True]
    assert both.dropped[0] == pytest.approx(model.satterthwaite(theta, keep=[0, 1, 2, 4]), rel=1e-4)
    assert both.kept[0] == pytest.approx(model.kenward_roger(theta)[1], rel=1e-8)
    assert both.kept[0] < 3 < 12 < both.dropped[0]
    for zero, df in (("kept", both.kept), ("dropped", both.dropped)):
        assert partially_nested(data, zero=zero).df.tolist() == df.tolist()


def test_kenward_roger_of_several_groups_is_that_of_whole_matrices() -> None:
    rows = by_formula()
    done = fit(rows.stats())
    se, df = kenward_roger(done.found, 1, done.identified)
    assert (se[0], df[0]) == pytest.approx(dense(rows).kenward_roger(done.found.theta[0]), rel=1e-8)


K, M, CONTROLS, N = 4, 5, 12, 6
VARIANCES = {"collaborative": 0.2, "center": 0.2, "residual": 0.9, "control_center": 0.4, "control_residual": 0.5}
EVEN = gaussian(7, 400, (K * M, CONTROLS), N, VARIANCES, collaboratives=K)


def test_equal_sizes_are_the_closed_form() -> None:
    """se^2 and df of study.md from the mean squares by hand, wherever no variance is zero: the test of collaborative
    and center means. Where collaboratives do not differ the mean squares of the treated arm are pooled, and the df are
    both ways those of the closed form, with k - 1 and with k m - 1."""
    means = EVEN.y1 / N
    groups = means[:, : K * M].reshape(-1, K, M)
    free_T, free_C = K - 1, CONTROLS - 1
    VT, VC = groups.mean(axis=2).var(axis=1, ddof=1) / K, means[:, K * M :].var(axis=1, ddof=1) / CONTROLS
    found, both, theta = partially_nested(EVEN), both_df(EVEN), fit(EVEN).found.theta
    inside = found.status == OK
    none = (theta[:, COLLABORATIVE] == 0) & (np.delete(theta, COLLABORATIVE, axis=1) > 0).all(axis=1)
    assert inside.sum() > 250
    assert none.sum() > 30
    np.testing.assert_allclose(found.b, means[:, : K * M].mean(axis=1) - means[:, K * M :].mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(found.se[inside] ** 2, (VT + VC)[inside], rtol=1e-6)
    df = (VT + VC) ** 2 / (VT**2 / free_T + VC**2 / free_C)
    np.testing.assert_allclose(found.df[inside], df[inside], rtol=1e-5)
    pooled = means[:, : K * M].var(axis=1, ddof=1) / (K * M)
    np.testing.assert_allclose(found.se[none] ** 2, (pooled + VC)[none], rtol=1e-6)
    for free, shown in ((free_T, both.kept), (K * M - 1, both.dropped)):
        df = (pooled + VC) ** 2 / (pooled**2 / free + VC**2 / free_C)
        np.testing.assert_allclose(shown[none], df[none], rtol=1e-5)
    np.testing.assert_allclose(found.p[inside], cluster_t(EVEN).p[inside], rtol=1e-5)
    np.testing.assert_array_equal(both.no_collaborative, theta[:, COLLABORATIVE] == 0)


def test_one_center_a_collaborative_and_one_unit_a_center_are_welch() -> None:
    """Two variances that cannot be told apart are one."""
    single = gaussian(9, 30, (6, 8), 3, VARIANCES | {"collaborative": 0.5, "center": 0.5}, collaboratives=6)
    inside = partially_nested(single).status == OK
    assert inside.sum() > 15
    np.testing.assert_allclose(partially_nested(single).p[inside], cluster_t(single).p[inside], rtol=1e-5)
    means = from_means(np.random.default_rng(3).normal(size=(5, 10)), np.arange(10) < 4)
    assert partially_nested(means).status.tolist() == [OK] * 5
    np.testing.assert_allclose(partially_nested(means).p, cluster_t(means).p, rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.02, 50.0), st.floats(-50.0, 50.0), st.integers(0, 5))
def test_scale_shift_order_and_names(scale: float, shift: float, seed: int) -> None:
    """y scales b and se; a constant, the order of centers and the numbers of the collaboratives do nothing."""
    rows = by_formula()
    base = partially_nested(rows.stats())
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(18), np.append(rng.permutation(3), -1)
    center, y = np.argsort(order)[rows.center], scale * rows.y + shift
    found = partially_nested(
        from_units(np.zeros(len(y), int), center, y, rows.x, rows.treated[order], names[rows.collaborative][order])
    )
    assert found.b[0] == pytest.approx(scale * base.b[0], rel=1e-5)
    assert found.se[0] == pytest.approx(scale * base.se[0], rel=1e-5)
    assert found.df[0] == pytest.approx(base.df[0], rel=1e-4)


def test_too_few_units_fail_and_leave_the_others_alone() -> None:
    y = np.random.default_rng(0).normal(size=(3, 8, 3))
    y[1, 2:4] = np.nan  # the second collaborative has gone
    y[2, 5:] = np.nan  # one control center is left
    replicate, center = np.divmod(np.repeat(np.arange(24), 3), 8)
    data = from_units(replicate, center, y.ravel(), None, np.arange(8) < 4, [0, 0, 1, 1, -1, -1, -1, -1])
    found = partially_nested(data)
    assert (found.status == FAILED).tolist() == [False, True, True]
    assert np.isnan(np.array(found[:6])[:, 1:]).all()
    assert np.isnan(both_df(data).kept).tolist() == [False, True, True]


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="zero is 'both'; it must be 'kept' or 'dropped'"):
        partially_nested(EVEN, zero="both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alpha is 0; it must lie between 0 and 1"):
        partially_nested(EVEN, alpha=0)
    wedge = from_units([0, 0], [0, 0], [1.0, 2.0], None, [True], treatment=[0.0, 1.0])
    with pytest.raises(ValueError, match="changes within centers"):
        partially_nested(wedge)


def test_it_holds_its_size_where_a_mixed_model_without_collaboratives_does_not() -> None:
    """Ten collaboratives that differ enough to be seen, unequal variances, a covariate, unequal sizes."""
    far = VARIANCES | {"collaborative": 0.5}
    trials = gaussian(12, 1500, (40, 16), 4, far, collaboratives=10, slope=0.7, missing=0.25)
    found = partially_nested(trials)
    holds_size(found.p)
    assert (found.status != FAILED).all()
    with pytest.raises(AssertionError, match=r"rejects 0\.(09|1)"):
        holds_size(lmm_kr(trials).p)


def test_a_wrong_df_does_not_hold_its_size() -> None:
    """Five collaboratives that carry most of the variance; the number of centers in the place of Satterthwaite's df."""
    trials = gaussian(13, 2000, (20, 16), 4, VARIANCES | {"collaborative": 1.0}, collaboratives=5)
    found = partially_nested(trials)
    holds_size(found.p)
    wrong = t_inference(found.b, found.se, np.full(2000, 34.0), found.status)
    with pytest.raises(AssertionError, match=r"rejects 0\.(0[7-9]|1)"):
        holds_size(wrong.p)
