"""Mixed models against R (lme4, lmerTest, pbkrtest), whole matrices, the balanced closed form, and their size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from bscsim.trial.cluster_stats import BOUNDARY, FAILED, OK, ClusterStats, from_means, from_units
from bscsim.trial.estimators.groups import cells_from_units, group_of
from bscsim.trial.estimators.inference import t_inference
from bscsim.trial.estimators.lmm import fit, lmm_between_within, lmm_kr, lmm_satterthwaite
from bscsim.trial.estimators.profile import Profile
from tests.trial.estimators.dense import Dense, same
from tests.trial.estimators.trials import by_formula, gaussian, holds_size

SHARED = Path(__file__).parents[3] / "../shared/power-reference-data"

# Wave 1 of unb_1.csv by center: treated, units, sum of y, sum of its squares. The reference case fit-reml-kr-unb1 of
# power-reference.json was fitted to these (lme4 1.1-31, lmerTest 3.1-3, pbkrtest 0.5.2).
UNB_1 = (
    (0, 12, 1.2384104811, 9.9281902953), (0, 27, -0.6445214863, 23.1822473247),
    (0, 18, -1.2003543675, 10.9221654883), (0, 11, 6.4256499039, 18.6451252473),
    (0, 6, 1.8853516815, 5.2116386038), (0, 19, 7.5271555198, 23.5592108427),
    (0, 14, -5.0802134955, 13.2786067179), (0, 18, -13.6578844952, 20.1347921442),
    (0, 15, 3.2730951098, 14.7486014985), (0, 10, -2.9112123552, 4.9938301096),
    (0, 13, -11.5086191977, 25.2892651946), (0, 20, 2.4881569583, 16.2046084198),
    (0, 19, -9.3310889571, 37.5699446506), (0, 21, -5.3147408904, 14.9515248531),
    (0, 7, 4.5321361444, 7.962985942), (0, 12, 11.833840674, 18.2032959019),
    (0, 6, -0.294716605, 3.9803583047), (0, 24, 0.8768428504, 22.6231927266),
    (0, 19, 14.3843802795, 30.1368630925), (0, 8, -1.9799918682, 7.2212466241),
    (1, 20, 14.6989572286, 26.585639852), (1, 15, 5.664111308, 8.4390285629),
    (1, 10, 12.98239364, 29.7661941839), (1, 21, 15.5951284476, 33.2764414494),
    (1, 6, -1.1623130146, 1.8019341782), (1, 17, 1.8598307249, 19.9494750941),
    (1, 17, 21.483677861, 42.4437394737), (1, 7, 1.6341842957, 4.6498991271),
    (1, 20, -0.4502980709, 16.0434294808), (1, 22, 5.418699857, 11.7934004516),
    (1, 19, 11.2629745258, 18.3178411855), (1, 12, 10.247556186, 16.8367430041),
    (1, 20, 7.0593172014, 21.8988943455), (1, 10, 3.5481548271, 14.0868630309),
    (1, 11, -2.6819302547, 5.9823109292), (1, 9, 6.5057169604, 13.0780938509),
    (1, 15, -7.2268017069, 17.5484680345), (1, 16, -7.7553543769, 14.1706166833),
    (1, 14, 0.1206243128, 12.1271026179), (1, 11, 3.2520099417, 6.8135158825),)  # fmt: skip


def reference() -> ClusterStats:
    treated, n, y1, yy = np.array(UNB_1).T
    one = np.column_stack([np.ones(40), treated])
    xx = n[:, None, None] * one[:, :, None] * one[:, None, :]
    none = np.zeros((1, 40), int)
    sums = (n, one * n[:, None], xx, one * y1[:, None], y1, yy)
    return ClusterStats(*(part[None] for part in sums), treated[None] > 0, none - 1, none, (True, True))


def test_the_reference_fit() -> None:
    data = reference()
    kr, model = lmm_kr(data), lmm_satterthwaite(data)
    assert kr.b[0] == pytest.approx(0.315553583950825, abs=1e-6)
    assert model.se[0] == pytest.approx(0.157631275524975, abs=1e-5)
    assert kr.se[0] == pytest.approx(0.157732912557907, abs=1e-5)
    assert kr.df[0] == pytest.approx(37.443581786112, abs=1e-3)
    assert kr.p[0] == pytest.approx(0.052730292932336, abs=1e-5)
    assert model.df[0] == pytest.approx(37.4397613044481, abs=1e-3)  # the expected information would give 37.4436
    assert fit(data).found.theta[0] == pytest.approx([0.901960978027951, 0.180292678026399], abs=1e-5)
    assert kr.status[0] == OK


def test_the_reference_deviance() -> None:
    """REMLcrit is h + (N - q) (1 + log(2 pi / (N - q)))."""
    data = reference()
    s2, tau2 = fit(data).found.theta[0]
    profile = Profile((group_of(data),))
    h = profile(np.log1p(tau2 / s2 * profile.scales[0])).h[0]
    free = data.n.sum() - 2
    assert h + free * (1 + np.log(2 * np.pi / free)) == pytest.approx(1672.71647224187, abs=1e-6)


# R 4.2.2, lme4 1.1-31, lmerTest 3.1-3 (Satterthwaite), pbkrtest 0.5.2, of all files of power-reference-data: the
# coefficient of treat in wave 1 with (1|center); of treat:wave in both waves with (1|center) + (1|center:staff) and
# with (1|center) + (1|center:wave). b, se, df; se and df of Kenward and Roger; variances of residual, center, cell.
R_FITS = {
    ("bal_0", "center"): (
        0.184071283600609, 0.105293061381493, 38.0, 0.105293061381493, 38.0,
        0.912591573, 0.065236709,
    ),
    ("bal_0", "staff"): (
        0.301451313821220, 0.0672219749476716, 798.0, 0.0672219749476716, 798.0,
        0.451879392, 0.068897890, 0.434675785,
    ),
    ("bal_0", "period"): (
        0.301451313821220, 0.0935923841654044, 1558.0, 0.0935923841654044, 38.0,
        0.875953437, 0.080029967, 0.0,
    ),
    ("unb_0", "center"): (
        0.325295718605337, 0.133228817349087, 36.6216409831, 0.133386194368841, 36.9364792002,
        0.977944416, 0.109443222,
    ),
    ("unb_0", "staff"): (
        0.298484072800396, 0.0745477275127726, 710.030212, 0.0745671197852721, 711.693889,
        0.467806977, 0.144497479, 0.429326187,
    ),
    ("unb_0", "period"): (
        0.320996634621011, 0.0994353195041571, 1429.443795, 0.0999235606546715, 33.5653644,
        0.886893848, 0.155707404, 0.0,
    ),
    ("unb_1", "staff"): (
        0.359237213550924, 0.0762724300999199, 674.026019, 0.0762964235791515, 679.312925,
        0.462508397, 0.149436004, 0.460936827,
    ),
    ("unb_1", "period"): (
        0.324060393609550, 0.102870289190241, 1383.54682560, 0.103380995285412, 33.7795685647,
        0.911468521, 0.159277145, 0.0,
    ),
    ("unb_2", "center"): (
        0.331443091997892, 0.131493905168090, 36.8882663099, 0.131625139756302, 37.1614133706,
        0.933849832, 0.108069258,
    ),
    ("unb_2", "staff"): (
        0.443700183225504, 0.0715436570324013, 703.219665, 0.0715621561747285, 699.154068,
        0.425055565, 0.100467543, 0.508009152,
    ),
    ("unb_2", "period"): (
        0.439103683393944, 0.101618179979471, 1432.25960290, 0.102143651962572, 33.8880235374,
        0.924311678, 0.110764471, 0.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "structure"), R_FITS)
def test_fits_of_r_to_the_shared_data(file: str, structure: str) -> None:
    """R's optimizer stops at variances good to 1e-6 or so, which moves its Satterthwaite df of cells by 1e-3."""
    path = SHARED / f"{file}.csv"
    if not path.is_file():
        pytest.skip(f"no {path}: the shared reference data are not here")
    rows = np.genfromtxt(path, delimiter=",", names=True)
    rows = rows[rows["wave"] == 1] if structure == "center" else rows
    center, zero = rows["center"].astype(int), np.zeros(len(rows), int)
    treated = np.bincount(center, rows["treat"]) > 0
    x, exposure = None, None
    if structure != "center":
        x, exposure = np.column_stack([rows["treat"], rows["wave"]]), rows["treat"] * rows["wave"]
    data, cells = from_units(zero, center, rows["y"], x, treated, treatment=exposure), None
    if structure != "center":
        cell = rows["staff" if structure == "staff" else "wave"].astype(int)
        cells = cells_from_units(data, zero, center, cell, rows["y"], x, exposure)
    kr, model = lmm_kr(data, cells=cells), lmm_satterthwaite(data, cells=cells)
    b, se, df, se_kr, df_kr, *theta = R_FITS[file, structure]
    assert (kr.b[0], model.se[0], kr.se[0]) == pytest.approx((b, se, se_kr), abs=1e-6)
    assert fit(data, cells).found.theta[0] == pytest.approx(theta, abs=1e-5)
    assert (model.df[0], kr.df[0]) == pytest.approx((df, df_kr), rel=1e-6, abs=2e-3)
    assert kr.status[0] == (BOUNDARY if theta[-1] == 0 else OK)


@pytest.mark.parametrize("covariate", [False, True])
def test_fits_of_r_to_a_trial_by_formula(covariate: bool) -> None:
    """The trial of trials.by_formula in R 4.2.2 with the same packages: (1|center), with and without + x."""
    expected = {
        False: (0.29761537748, 0.42998006375, 16.20238779833, 0.43117520236, 15.59809403362, 1.04819298, 0.54303353),
        True: (0.69374422008, 0.41467362705, 19.86285759732, 0.41590274103, 18.80839466273, 0.94583266, 0.43979517),
    }[covariate]
    data = by_formula().stats(covariate=covariate)
    kr, model = lmm_kr(data), lmm_satterthwaite(data)
    found = (kr.b[0], model.se[0], model.df[0], kr.se[0], kr.df[0], *fit(data).found.theta[0])
    assert found == pytest.approx(expected, rel=1e-6)


def test_cells_of_r_to_a_trial_by_formula() -> None:
    """The same with larger differences between cells and + x + (1|center) + (1|center:cell)."""
    rows = by_formula(cells=1.5)
    data = rows.stats()
    cells = cells_from_units(data, np.zeros(len(rows.y), int), rows.center, rows.cell, rows.y, rows.x)
    kr, model = lmm_kr(data, cells=cells), lmm_satterthwaite(data, cells=cells)
    found = (kr.b[0], model.se[0], model.df[0], kr.se[0], kr.df[0], *fit(data, cells).found.theta[0])
    tests = (0.60736880926, 0.57149979313, 18.636303772, 0.57454047454, 17.989077427)
    variances = (1.2581042156, 1.0167782482, 0.0040526392)
    assert found == pytest.approx((*tests, *variances), rel=1e-5)


def test_whole_matrices_give_the_same() -> None:
    """REML by a general optimizer, Kenward and Roger's article literally, Satterthwaite by numerical derivatives."""
    rows = by_formula(cells=2.5)
    data = rows.stats()
    cells = cells_from_units(data, np.zeros(len(rows.y), int), rows.center, rows.cell, rows.y, rows.x)
    X = np.column_stack([np.ones(len(rows.y)), rows.treated[rows.center], rows.x])
    model = Dense(X, rows.y, (np.eye(len(X)), same(rows.center), same(rows.center * 100 + rows.cell)))
    theta = fit(data, cells).found.theta[0]
    assert theta == pytest.approx(model.reml([1.0, 1.0, 1.0]), abs=1e-5)
    assert (theta > 0).all()
    kr, satterthwaite = lmm_kr(data, cells=cells), lmm_satterthwaite(data, cells=cells)
    assert (kr.se[0], kr.df[0]) == pytest.approx(model.kenward_roger(theta), rel=1e-8)
    assert satterthwaite.se[0] == pytest.approx(model.phi(theta)[1, 1] ** 0.5)
    assert satterthwaite.df[0] == pytest.approx(model.satterthwaite(theta), rel=1e-4)


BALANCED = gaussian(5, 300, (6, 8), 5, {"center": 0.05, "residual": 1.0})


def test_balanced_trials_are_t_tests_on_center_means() -> None:
    """Unconstrained, the model is the pooled t test exactly, also where centers are less apart than chance has them;
    constrained, wherever the variance is positive."""
    means = BALANCED.y1 / BALANCED.n
    classic = scipy_stats.ttest_ind(means[:, :6], means[:, 6:], axis=1)
    free, bound = lmm_kr(BALANCED, constrained=False), lmm_kr(BALANCED)
    np.testing.assert_allclose(free.p, classic.pvalue, rtol=1e-6)
    np.testing.assert_allclose(free.df, 12.0, rtol=1e-6)
    inside = bound.status == OK
    assert 60 < inside.sum() < 240
    np.testing.assert_allclose(bound.p[inside], classic.pvalue[inside], rtol=1e-6)
    assert (free.status == OK).all()


def test_at_the_boundary_kenward_roger_keeps_the_clusters_and_satterthwaite_takes_the_units() -> None:
    kr, model = lmm_kr(BALANCED), lmm_satterthwaite(BALANCED)
    at = kr.status == BOUNDARY
    np.testing.assert_array_equal(model.status, kr.status)
    np.testing.assert_allclose(kr.df[at], 12.0)
    np.testing.assert_allclose(model.df[at], 68.0)  # 14 x 5 units less two columns
    np.testing.assert_allclose(model.df[~at], 12.0, rtol=1e-6)
    np.testing.assert_array_equal(fit(BALANCED).found.theta[at, 1], 0.0)


def test_between_within_counts_clusters_or_units() -> None:
    rng = np.random.default_rng(2)
    center = np.repeat(np.arange(8), 6)
    data = from_units(np.zeros(48, int), center, rng.normal(size=48), rng.normal(size=48), np.arange(8) < 4)
    assert lmm_between_within(data).df[0] == 6  # 8 clusters, intercept and treatment; the covariate is the unit's
    exposure = (np.arange(48) % 6 >= 3).astype(float)
    wedge = from_units(np.zeros(48, int), center, rng.normal(size=48), None, np.ones(8, bool), treatment=exposure)
    assert lmm_between_within(wedge).df[0] == 48 - 8 - 1
    np.testing.assert_array_equal(lmm_between_within(data).se, lmm_satterthwaite(data).se)


def test_centers_of_one_unit_are_ordinary_least_squares() -> None:
    rng = np.random.default_rng(8)
    y = rng.normal(size=(3, 12))
    classic = scipy_stats.ttest_ind(y[:, :5], y[:, 5:], axis=1)
    for estimator in (lmm_kr, lmm_satterthwaite, lmm_between_within):
        found = estimator(from_means(y, np.arange(12) < 5))
        np.testing.assert_allclose(found.p, classic.pvalue)
        assert found.status.tolist() == [OK] * 3


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100.0), st.floats(-50.0, 50.0), st.integers(0, 5))
def test_scale_shift_order_and_labels(scale: float, shift: float, seed: int) -> None:
    """y scales b and se; a constant and the order of centers do nothing; swapped arms turn the sign."""
    rows = by_formula()
    zero = np.zeros(len(rows.y), int)
    base = lmm_kr(rows.stats())
    order = np.random.default_rng(seed).permutation(18)
    place = np.argsort(order)
    moved = from_units(zero, place[rows.center], scale * rows.y + shift, rows.x, rows.treated[order])
    swapped = from_units(zero, place[rows.center], scale * rows.y + shift, rows.x, ~rows.treated[order])
    for sign, found in ((1, lmm_kr(moved)), (-1, lmm_kr(swapped))):
        assert found.b[0] == pytest.approx(sign * scale * base.b[0], rel=1e-6)
        assert found.se[0] == pytest.approx(scale * base.se[0], rel=1e-6)
        assert found.df[0] == pytest.approx(base.df[0], rel=1e-6)


def test_what_cannot_be_fitted_fails_and_leaves_the_others_alone() -> None:
    y = np.random.default_rng(0).normal(size=(4, 8, 3))
    y[1, 4:] = np.nan  # no controls
    y[2] = y[2, :, :1]  # nothing varies within centers
    y[3, 1:4] = y[3, 5:] = np.nan  # two clusters for two columns
    replicate, center = np.divmod(np.repeat(np.arange(32), 3), 8)
    data = from_units(replicate, center, y.ravel(), None, np.arange(8) < 4)
    for estimator in (lmm_kr, lmm_satterthwaite, lmm_between_within):
        found = estimator(data)
        assert (found.status == FAILED).tolist() == [False, True, True, True]
        assert np.isnan(np.array(found[:6])[:, 1:]).all()
        assert np.isfinite(np.array(found[:6])[:, 0]).all()
    collinear = from_units(replicate, center, y.ravel(), (center < 4).astype(float), np.arange(8) < 4)
    assert (lmm_kr(collinear).status == FAILED).all()


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"alpha is 1\.5; it must lie between 0 and 1"):
        lmm_kr(BALANCED, alpha=1.5)
    rows = by_formula()
    data = rows.stats()
    cells = cells_from_units(data, np.zeros(len(rows.y), int), rows.center, rows.cell, rows.y, rows.x)
    with pytest.raises(ValueError, match="not with cells"):
        lmm_kr(data, cells=cells, constrained=False)
    with pytest.raises(ValueError, match="one integer of 0 or more a unit"):
        cells_from_units(data, np.zeros(len(rows.y), int), rows.center, rows.cell - 1, rows.y, rows.x)


NULL = gaussian(11, 4000, (5, 5), 8, {"center": 0.3, "residual": 0.7}, missing=0.3)


def test_kenward_roger_holds_its_size_with_ten_unequal_centers() -> None:
    holds_size(lmm_kr(NULL).p)


def test_between_within_holds_its_size_with_ten_unequal_centers() -> None:
    holds_size(lmm_between_within(NULL).p)


def test_a_wrong_df_does_not_hold_its_size() -> None:
    """Units in the place of centers: the check above must see it."""
    found = lmm_kr(NULL)
    wrong = t_inference(found.b, found.se, NULL.n.sum(axis=1) - 2, found.status)
    with pytest.raises(AssertionError, match=r"rejects 0\.0[7-9]"):
        holds_size(wrong.p)


def test_a_wedge_with_cells_holds_its_size() -> None:
    """Twelve centers cross over in three waves; a center-period variance that a center intercept alone ignores."""
    rng = np.random.default_rng(21)
    R, J, T, n = 800, 12, 4, 6
    step = np.repeat(1 + np.arange(J) // 4, T * n)
    period = np.tile(np.repeat(np.arange(T), n), J)
    center = np.repeat(np.arange(J), T * n)
    effects = rng.normal(size=(R, J, 1)) * 0.4 + rng.normal(size=(R, J, T)) * 0.5
    y = effects[:, center, period] + rng.normal(size=(R, J * T * n))
    one = np.tile(period[:, None] == np.arange(1, T), (R, 1)).astype(float)
    exposure = np.tile((period >= step).astype(float), R)
    rows = (np.repeat(np.arange(R), J * T * n), np.tile(center, R))
    data = from_units(*rows, y.ravel(), one, np.ones(J, bool), treatment=exposure)
    cells = cells_from_units(data, *rows, np.tile(period, R), y.ravel(), one, exposure)
    holds_size(lmm_kr(data, cells=cells).p)
    with pytest.raises(AssertionError, match=r"rejects 0\.[1-9]"):
        holds_size(lmm_kr(data).p)
