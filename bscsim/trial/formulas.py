"""Closed forms of power that evaluators know, to stand beside what a simulation finds: the public face.

A design function returns its :class:`Precision`; :func:`power`, :func:`mdes` and :func:`sample_size` take it from
there. Each function states formula, convention and source; the conventions are:

====================================================  ===============================================================
design                                                test
====================================================  ===============================================================
two_level, three_level                                t, clusters of the top level - 2 - covariates
blocked, blocked_random, matched_pairs                t, K(J-2) or K(J-1)-1; K - 1; pairs - 1
listed_sizes, proportions                             t, J - 2 (proportions: z on request)
partially_nested                                      t, Satterthwaite over (k - 1, J0 - 1)
adjusted, interaction                                 the df of the design less 1, less 2
gls, parallel, wait_list, stepped_wedge, crossover,   z, as their covariance is taken as known; t with J - 2
staircase, interrupted_series                         ("clusters") or any df on request
normal_size, least_clusters, units_for_fixed_clusters z, the wrong tail neglected
====================================================  ===============================================================

Power is that of the noncentral t, both tails counted. Effects are in SD of the outcome where a function takes
intraclass correlations, else in the unit whose square the variances have.

>>> trial = two_level(40, 20, 0.1)
>>> round(power(0.3, trial), 3), round(mdes(trial), 3)
(0.68, 0.346)
>>> sample_size(lambda clusters: two_level(clusters, 20, 0.1), 0.3)
53
"""

from __future__ import annotations

from bscsim.trial.closed.baseline import adjusted, wave_correlation
from bscsim.trial.closed.blocks import blocked, blocked_random, interaction, matched_pairs
from bscsim.trial.closed.clusters import naive_design_effect, three_level, two_level
from bscsim.trial.closed.covariance import Covariance
from bscsim.trial.closed.designs import crossover, parallel, staircase, stepped_wedge, wait_list
from bscsim.trial.closed.gls import gls
from bscsim.trial.closed.nested import ignoring_collaboratives, partially_nested, size_ignoring_collaboratives
from bscsim.trial.closed.precision import Precision, TooFew, mdes, power
from bscsim.trial.closed.proportions import proportion_after, proportions
from bscsim.trial.closed.search import least_clusters, normal_size, sample_size, units_for_fixed_clusters
from bscsim.trial.closed.series import interrupted_series
from bscsim.trial.closed.unequal import listed_sizes, size_factor

__all__ = [
    "Covariance",
    "Precision",
    "TooFew",
    "adjusted",
    "blocked",
    "blocked_random",
    "crossover",
    "gls",
    "ignoring_collaboratives",
    "interaction",
    "interrupted_series",
    "least_clusters",
    "listed_sizes",
    "matched_pairs",
    "mdes",
    "naive_design_effect",
    "normal_size",
    "parallel",
    "partially_nested",
    "power",
    "proportion_after",
    "proportions",
    "sample_size",
    "size_factor",
    "size_ignoring_collaboratives",
    "staircase",
    "stepped_wedge",
    "three_level",
    "two_level",
    "units_for_fixed_clusters",
    "wait_list",
    "wave_correlation",
]
