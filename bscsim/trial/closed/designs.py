"""Named cluster x period designs: thin calls of :func:`~bscsim.trial.closed.gls.gls`, with an effect of every period.

``clusters`` counts clusters in each sequence (one number: the same in all), ``units`` those measured in each cluster
and period, ``covariance`` is what they share. ``times`` says when the periods are (decay and retention are per unit of
it; 0, 1, ... unless given). Test: z unless ``df`` is given, a number or "clusters" (all clusters less 2).
"""

from __future__ import annotations

from math import inf

from numpy.typing import ArrayLike

from bscsim.trial.closed.covariance import Covariance
from bscsim.trial.closed.gls import Df, gls
from bscsim.trial.closed.layouts import (
    crossover_layout,
    parallel_layout,
    staircase_layout,
    stepped_wedge_layout,
    wait_list_layout,
)
from bscsim.trial.closed.precision import Precision


def parallel(
    clusters: ArrayLike,
    units: ArrayLike,
    covariance: Covariance,
    *,
    baseline: int = 1,
    post: int = 1,
    times: ArrayLike | None = None,
    df: Df = inf,
) -> Precision:
    """Parallel trial with baseline waves; clusters (treated, control). The effect is one for all waves after the start.

    Constrained longitudinal analysis (no treatment at baseline). With one wave of each and equal clusters it equals
    ANCOVA on the cluster's baseline mean (:func:`adjusted`).

    >>> round(parallel(20, 20, Covariance.of(0.1)).var, 6)  # SteppedPower: 0.007603
    0.007603
    """
    return gls(parallel_layout(baseline, post), clusters, units, covariance, times=times, df=df)


def wait_list(
    clusters: ArrayLike,
    units: ArrayLike,
    covariance: Covariance,
    *,
    baseline: int = 1,
    waiting: int = 1,
    after: int = 1,
    times: ArrayLike | None = None,
    df: Df = inf,
) -> Precision:
    """Wait-list trial; clusters (first, waiting). The effect is taken not to grow or fade with time since its start.

    >>> cohort = Covariance(cluster=0.1, person=0.5, residual=0.4)
    >>> round(wait_list(10, 15, cohort).var, 6)
    0.007758
    """
    return gls(wait_list_layout(baseline, waiting, after), clusters, units, covariance, times=times, df=df)


def stepped_wedge(
    steps: int,
    clusters: ArrayLike,
    units: ArrayLike,
    covariance: Covariance,
    *,
    baseline: int = 1,
    apart: int = 1,
    after: int = 1,
    times: ArrayLike | None = None,
    df: Df = inf,
) -> Precision:
    """Stepped wedge of `steps` sequences; clusters in each. Assumes an effect that is at once whole and stays.

    Where a step is one collaborative, its variance cannot be told from the step's: the wave is then the unit.
    Source: Hussey & Hughes 2007, Contemp Clin Trials 28:182-191.

    >>> round(stepped_wedge(4, 3, 20, Covariance.of(0.1, cac=0.8)).var, 6)  # swCRTdesign, SteppedPower: 0.013213
    0.013213
    """
    layout = stepped_wedge_layout(steps, baseline=baseline, apart=apart, after=after)
    return gls(layout, clusters, units, covariance, times=times, df=df)


def crossover(
    clusters: ArrayLike,
    units: ArrayLike,
    covariance: Covariance,
    *,
    periods: int = 2,
    times: ArrayLike | None = None,
    df: Df = inf,
) -> Precision:
    """Cluster crossover; clusters (treated first, control first). No carry-over: what was learned has to be lost.

    >>> round(crossover(10, 20, Covariance.of(0.1, cac=0.8)).var, 6)
    0.0065
    """
    return gls(crossover_layout(periods), clusters, units, covariance, times=times, df=df)


def staircase(
    steps: int,
    clusters: ArrayLike,
    units: ArrayLike,
    covariance: Covariance,
    *,
    before: int = 1,
    after: int = 1,
    times: ArrayLike | None = None,
    df: Df = inf,
) -> Precision:
    """Staircase: a stepped wedge measured only around each sequence's own start; clusters in each sequence.

    Source: Grantham, Forbes, Hooper & Kasza 2024, Stat Methods Med Res 33:24-41, doi:10.1177/09622802231202364.

    >>> wedge, stairs = stepped_wedge(4, 3, 20, Covariance.of(0.1)), staircase(4, 3, 20, Covariance.of(0.1))
    >>> round(stairs.var / wedge.var, 3)  # with 8 instead of 20 measured cells
    1.775
    """
    return gls(staircase_layout(steps, before=before, after=after), clusters, units, covariance, times=times, df=df)
