"""Closed forms of power: one file a family of designs; `bscsim.trial.formulas` is their public face.

Every design function returns a :class:`~bscsim.trial.closed.precision.Precision` (variance of the estimated effect and
degrees of freedom of its test); power, minimum detectable effect and sample size are computed from that alone.
"""
