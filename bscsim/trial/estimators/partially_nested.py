"""The mixed model of a partially nested trial: only treated centers are grouped, and arms have their own variances."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from bscsim.trial.cluster_stats import Array, ClusterStats, Estimates
from bscsim.trial.estimators.groups import Group, collaboratives_of, group_of, only, take
from bscsim.trial.estimators.inference import check_alpha
from bscsim.trial.estimators.lmm import TREATMENT, Fit, finished, first_guess, fits, inferred, tells_apart
from bscsim.trial.estimators.newton import minimize
from bscsim.trial.estimators.profile import Profile
from bscsim.trial.estimators.satterthwaite import satterthwaite

Zero = Literal["kept", "dropped"]

CONTROL_RESIDUAL, CONTROL_CENTER, RESIDUAL, COLLABORATIVE, CENTER = range(5)
"""Places of the variances in :attr:`bscsim.trial.estimators.lmm.Fit.found`'s theta [M, 5]."""


class BothDf(NamedTuple):
    """Degrees of freedom with variances estimated zero counted as estimated, and without; NaN where it failed."""

    kept: Array
    """[R]."""
    dropped: Array
    """[R]."""
    no_collaborative: Array
    """[R] bool: the variance between collaboratives is estimated zero."""


def partially_nested(stats: ClusterStats, alpha: float = 0.05, zero: Zero = "kept") -> Estimates:
    """Heteroscedastic partially nested mixed model by REML, t with Satterthwaite's degrees of freedom.

    Treated: y = x b + w(collaborative) + u(center) + e; controls: y = x b + u(center) + e, with variances of u and e of
    their own in each arm (Roberts & Roberts 2005, Clin Trials 2:152; Lohr, Schochet & Sanders 2014, NCER 2014-2000).
    With equal sizes and no covariates se^2 is tau2_coll / k + tau2_T / (k m) + s2_T / (k m n) + tau2_C / J0 +
    s2_C / (J0 n), and df are (VT + VC)^2 / (VT^2 / (k - 1) + VC^2 / (J0 - 1)). Without covariates the arms are
    independent; with them b and all five variances are estimated together.

    Parameters
    ----------
    stats
        Sums over centers; collaborative says who belongs together in the treated arm (a treated center in none is one
        of its own).
    alpha
        Of the interval; 0 to 1, ends excluded.
    zero
        What a variance estimated zero (status BOUNDARY) does to the df. "kept": it counts as estimated (expected
        information of all variances), about k - 1 on the treated side. "dropped": it leaves the model, as in lmerTest
        and SAS; without a variance between collaboratives the treated side jumps to about k m - 1, and the test to more
        than its size. :func:`both_df` has the two side by side.

    Returns
    -------
    Estimates
        In units of y. FAILED with fewer than two collaboratives or two control centers, collinear columns, or no
        convergence. In an arm with one unit in every center the center's variance is part of the residual's; with one
        center in every collaborative it is part of the collaborative's.

    Raises
    ------
    ValueError
        on alpha outside (0, 1), another word for zero, and a treatment that changes within centers.

    Examples
    --------
    >>> from bscsim.trial.cluster_stats import from_means
    >>> y = [[1.0, 3.0, 5.0, 7.0, 2.0, 4.0, 6.0]]
    >>> found = partially_nested(from_means(y, [True] * 4 + [False] * 3, [0, 0, 1, 1, -1, -1, -1]))
    >>> round(float(found.b[0]), 6), round(float(found.se[0]) ** 2, 6)  # means 2 and 6 vary by 8, controls by 4
    (0.0, 5.333333)
    >>> round(float(found.df[0]), 4)  # (4 + 4/3)^2 / (4^2 / 1 + (4/3)^2 / 2)
    1.6842
    """
    check_alpha(alpha)
    if zero not in ("kept", "dropped"):
        raise ValueError(f"zero is {zero!r}; it must be 'kept' or 'dropped'")
    done = fit(stats)
    se, df = satterthwaite(done.found, TREATMENT, done.identified & ~(done.zero & (zero == "dropped")))
    return inferred(done, se, df, alpha)


def both_df(stats: ClusterStats) -> BothDf:
    """Degrees of freedom of :func:`partially_nested` both ways, with who has no variance between collaboratives.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> y = [[1.0, 7.0, 3.0, 6.0, 2.0, 4.0, 6.0]]  # collaborative means 4 and 4.5: less apart than centers are
    >>> both = both_df(from_means(y, [True] * 4 + [False] * 3, [0, 0, 1, 1, -1, -1, -1]))
    >>> bool(both.no_collaborative[0]), bool(both.kept[0] < 4 < both.dropped[0])
    (True, True)
    """
    done = fit(stats)
    out = np.full((2, len(stats.n)), np.nan)
    for i, keep in enumerate((done.identified, done.identified & ~done.zero)):
        out[i, done.rows] = satterthwaite(done.found, TREATMENT, keep)[1]
    none = np.zeros(len(stats.n), bool)
    none[done.rows] = done.zero[:, COLLABORATIVE]
    out[:, ~np.isfinite(out).all(axis=0)] = np.nan
    return BothDf(out[0], out[1], none)


def fit(stats: ClusterStats) -> Fit:
    """Fit the model of :func:`partially_nested` to every replicate that allows it; theta in the order of the constants.

    >>> from bscsim.trial.cluster_stats import from_means
    >>> y = [[1.0, 3.0, 5.0, 7.0, 2.0, 4.0, 6.0]]
    >>> done = fit(from_means(y, [True] * 4 + [False] * 3, [0, 0, 1, 1, -1, -1, -1]))
    >>> done.found.theta.round(6).tolist()  # collaboratives: (16 - 2) / 2, with 16 and 2 the mean squares
    [[4.0, 0.0, 2.0, 7.0, 0.0]]
    """
    if not stats.cluster_level[TREATMENT]:
        raise ValueError("the treatment changes within centers; a partially nested trial has it constant in each")
    control, treated = group_of(stats, ~stats.treated), collaboratives_of(stats)
    enough = ((control.n > 0).sum(axis=1) >= 2) & ((treated.n > 0).sum(axis=1) >= 2)
    rows = np.flatnonzero(enough & fits(stats, group_of(stats)))
    profile = Profile((take(control, rows), take(treated, rows)))
    told = [tells_apart(group) for group in profile.groups]
    pinned = ~np.concatenate([told[0], np.ones((len(rows), 1), bool), told[1]], axis=1)
    start = np.where(pinned, 0.0, _start(profile, told))
    return finished(profile, *minimize(profile, start, profile.lower, pinned), rows, len(stats.n), pinned)


def _start(profile: Profile, told: list[Array]) -> Array:
    """Each arm's own fit of its mean alone: the answer itself where there are no covariates."""
    phis, residual = [], []
    for group, known in zip(profile.groups, told, strict=True):
        phi, s2 = _alone(only(group, (0, profile.q)), ~known)
        phis.append(phi)
        residual.append(s2)
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa = np.log(residual[1] / residual[0])
    return np.concatenate([phis[0], np.where(np.isfinite(kappa), kappa, 0.0)[:, None], phis[1]], axis=1)


def _alone(arm: Group, pinned: Array) -> tuple[Array, Array]:
    own = Profile((arm,))
    phi, converged = minimize(own, np.where(pinned, 0.0, first_guess(own)), own.lower, pinned)
    phi = np.where(converged[:, None], phi, 0.0)
    return phi, own(phi).s2
