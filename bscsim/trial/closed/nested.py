"""Partially nested arms: only treated centers are grouped in collaboratives. And the price of ignoring that.

With k collaboratives of m centers of n staff against J0 ungrouped centers of n staff (equal sizes, no covariates),

    VT = tau2_coll/k + tau2_T/(k m) + s2_T/(k m n),    VC = tau2_C/J0 + s2_C/(J0 n),    Var = VT + VC.

The treated side has k - 1 degrees of freedom, the control side J0 - 1; the contrast, by Satterthwaite,
(VT + VC)^2 / (VT^2/(k-1) + VC^2/(J0-1)).
"""

from __future__ import annotations

from math import sqrt

from bscsim.trial.closed.checks import variances, within
from bscsim.trial.closed.precision import Precision, TooFew


def partially_nested(
    collaboratives: float,
    centers: float,
    units: float,
    control_centers: float,
    *,
    var_collaborative: float,
    var_center: float,
    var_unit: float,
    var_center_control: float | None = None,
    var_unit_control: float | None = None,
    control_units: float | None = None,
) -> Precision:
    """Precision of the effect in the population of collaboratives, in the unit of the variances; Satterthwaite's t.

    ``centers`` m in each collaborative, ``units`` n measured in each center; the variances of the control arm (and its
    units) are those of the treated arm unless given. A variance component includes what that level adds to the effect:
    effects that differ between collaboratives are part of var_collaborative. The expected df, with variances known.

    :class:`TooFew` for one collaborative (no valid test of a superpopulation effect; the effect of this collaborative
    is tested with :func:`two_level`) or one control center. Source: Moerbeek & Wong 2008, Stat Med 27:2850-2864;
    Satterthwaite 1946, Biometrics Bull 2:110-114.

    >>> found = partially_nested(4, 10, 15, 40, var_collaborative=0.03, var_center=0.1, var_unit=0.9)
    >>> round(found.var, 4), round(found.df, 4)
    (0.0155, 5.3997)
    """
    treated, control = _arms(
        collaboratives, centers, units, control_centers, var_collaborative, var_center, var_unit,
        var_center_control, var_unit_control, control_units,
    )  # fmt: skip
    if collaboratives <= 1 or control_centers <= 1:
        raise TooFew(
            f"{collaboratives:g} collaboratives and {control_centers:g} control centers leave no degree of freedom in "
            "one arm; the test of a superpopulation effect needs 2 of each"
        )
    df = (treated + control) ** 2 / (treated**2 / (collaboratives - 1) + control**2 / (control_centers - 1))
    return Precision(treated + control, df)


def ignoring_collaboratives(
    collaboratives: float,
    centers: float,
    units: float,
    control_centers: float,
    *,
    var_center: float,
    var_unit: float,
    var_center_control: float | None = None,
    var_unit_control: float | None = None,
    control_units: float | None = None,
) -> Precision:
    """What a usual calculator promises, wrongly: centers taken as independent, k m + J0 - 2 degrees of freedom.

    As :func:`partially_nested` with no variance between collaboratives.

    >>> found = ignoring_collaboratives(4, 10, 15, 40, var_center=0.1, var_unit=0.9)
    >>> round(found.var, 4), found.df
    (0.008, 78)
    """
    treated, control = _arms(
        collaboratives, centers, units, control_centers, 0.0, var_center, var_unit,
        var_center_control, var_unit_control, control_units,
    )  # fmt: skip
    return Precision(treated + control, collaboratives * centers + control_centers - 2)


def size_ignoring_collaboratives(
    collaboratives: float,
    centers: float,
    units: float,
    control_centers: float,
    *,
    var_collaborative: float,
    var_center: float,
    var_unit: float,
    alpha: float = 0.05,
) -> float:
    """Type I error of the usual center-level t test when collaboratives differ, under the average null; approximate.

    The pooled t test of k m treated and J0 control center means, with s2 = tau2_center + s2_unit/n, expects to see
    the variance V' = ((km-1)(s2 + tau2_coll (km-m)/(km-1)) + (J0-1) s2)/(km+J0-2) (1/km + 1/J0), but the effect has V:
    size = P(|T| > t(1-alpha/2) sqrt(V'/V)) with T on km + J0 - 2 degrees of freedom. Own derivation; the estimated
    variance is taken as a scaled chi-square on all its df, which is within .01 of simulation for k of 4 or more.

    >>> round(size_ignoring_collaboratives(4, 10, 15, 40, var_collaborative=0.03, var_center=0.1, var_unit=0.9), 3)
    0.143
    """
    from scipy.special import stdtr, stdtrit

    within("alpha", alpha, 0, 1, ends="()")
    treated, control = _arms(
        collaboratives, centers, units, control_centers, var_collaborative, var_center, var_unit, None, None, None
    )
    grouped, mean = collaboratives * centers, control * control_centers
    df = grouped + control_centers - 2
    seen = (df * mean + var_collaborative * (grouped - centers)) / df * (1 / grouped + 1 / control_centers)
    critical = float(stdtrit(df, 1 - alpha / 2))
    return float(2 * stdtr(df, -critical * sqrt(seen / (treated + control))))


def _arms(
    collaboratives: float,
    centers: float,
    units: float,
    control_centers: float,
    var_collaborative: float,
    var_center: float,
    var_unit: float,
    var_center_control: float | None,
    var_unit_control: float | None,
    control_units: float | None,
) -> tuple[float, float]:
    """Variances of the two arms' means, VT and VC."""
    center0 = var_center if var_center_control is None else var_center_control
    unit0 = var_unit if var_unit_control is None else var_unit_control
    units0 = units if control_units is None else control_units
    variances(var_collaborative=var_collaborative, var_center=var_center, var_unit=var_unit)
    variances(var_center_control=center0, var_unit_control=unit0)
    for name, value in (
        ("collaboratives", collaboratives), ("centers", centers), ("units", units),
        ("control_centers", control_centers), ("control_units", units0),
    ):  # fmt: skip
        within(name, value, 0, ends="()")
    treated = (var_collaborative + (var_center + var_unit / units) / centers) / collaboratives
    return treated, (center0 + unit0 / units0) / control_centers
