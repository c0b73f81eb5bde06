"""Recruitment and allocation: who is in a study, in which arm, cohort and collaborative, and when each begins."""

from bscsim.trial.enrolling.deciding import enrol

__all__ = ["enrol"]
