"""Estimators of a trial's effect, each a function of :class:`bscsim.trial.cluster_stats.ClusterStats`.

All take the sufficient statistics of many replicates at once and give one
:class:`bscsim.trial.cluster_stats.Estimates`: ``estimate(stats, alpha=0.05)``.
"""
