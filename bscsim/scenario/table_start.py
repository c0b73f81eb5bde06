"""The parameter table, third part: the centers and staff a run starts with (model section 2.5)."""
# fmt: off  (a table reads by rows)

from __future__ import annotations

from bscsim.scenario.fields import Frozen, known

_SPREAD = "assumption: no distribution of this trait over centers was found"


class Traits(Frozen):
    """Centers and staff at the start of burn-in (model section 2.5)."""

    motivation_mean: float = known(0.55, "level 0-1", hard=(0.05, 0.95), plausible=(0.4, 0.7), status="A",
        source="assumption: the reference of E1, E7 and E10, so that an average center has multipliers of 1",
        about="Mean of the centers' motivational set points.")
    motivation_sd: float = known(0.10, "level 0-1", hard=(0, 0.4), status="A", source=_SPREAD,
        about="SD between centers of the motivational set point.")
    capacity_mean: float = known(0.55, "level 0-1", hard=(0.05, 0.95), plausible=(0.4, 0.7), status="A",
        source="assumption: as motivation",
        about="Mean of the centers' general capacity G, which does not change.")
    capacity_sd: float = known(0.15, "level 0-1", hard=(0, 0.4), status="A", source=_SPREAD,
        about="SD between centers of general capacity.")
    qi_mean: float = known(0.30, "level 0-1", hard=(0.05, 0.95), plausible=(0.15, 0.5), status="A",
        source="assumption: few centers have worked with improvement methods",
        about="Mean of the centers' innovation-specific (quality improvement) capacity Q0.")
    qi_sd: float = known(0.12, "level 0-1", hard=(0, 0.4), status="A", source=_SPREAD,
        about="SD between centers of quality improvement capacity.")
    climate_mean: float = known(0.55, "level 0-1", hard=(0.05, 0.95), plausible=(0.4, 0.7), status="A",
        source="assumption: the reference of E1",
        about="Mean of the centers' climate C0 (psychological safety, coordination).")
    climate_sd: float = known(0.12, "level 0-1", hard=(0, 0.4), status="A",
        source="assumption: staff surveys cluster in units with ICC(1) .09-.30 (E-MEAS-10)",
        about="SD between centers of climate.")
    trait_corr: float = known(0.4, "correlation", hard=(0, 1), status="A",
        source="assumption: good centers tend to be good in all four",
        about="Correlation of the four center traits (Gaussian copula).")
    person_motivation_sd: float = known(0.12, "level 0-1", hard=(0, 0.4), status="A", source=_SPREAD,
        about="SD of personal set points m0 within a center.")
    person_corr: float = known(0.4, "correlation", hard=(0, 1), status="A",
        source="assumption: without it leavers do not differ in practice from stayers; they do, Bassok et al. 2021",
        about="Correlation of a person's set point with the person's habitual practice.")
    practice_mean: float = known(0.30, "level 0-1", hard=(0.01, 0.99), plausible=(0.15, 0.5), status="A",
        source="assumption: room to improve; CLASS instructional scores are low, 2.75 of 7 in 2012 (E-MEAS-03)",
        about="Mean habitual practice b before any collaborative.")
    practice_center_sd: float = known(0.07, "level 0-1", hard=(0, 0.4), status="A",
        source="assumption: gives an ICC near .25; at most .72-.74 between centers, Karoly et al. 2013 (E-MEAS-01)",
        about="SD between centers of habitual practice.")
    practice_person_sd: float = known(0.12, "level 0-1", hard=(0, 0.4), status="A",
        source="assumption: gives an ICC near .25 with the row above; sweep the ICC from .10 to .40",
        about="SD between persons of a center of habitual practice.")
    practice_driver_sd: float = known(0.05, "level 0-1", hard=(0, 0.4), status="A", source=_SPREAD,
        about="SD within a person between drivers of habitual practice.")
    knowledge_margin: float = known(0.10, "level 0-1", hard=(0, 1), status="A",
        source="assumption: people know somewhat more than they do",
        about="Entry knowledge above habitual practice: k0 = min(1, b + margin) (E11).")
    fit_start: float = known(0.10, "level 0-1", hard=(0, 1), status="A",
        source="assumption: little is formalized before tests of change",
        about="Local fit F0 of every driver at the start, to which it decays (E8).")
    tenure_mean: float = known(2.5, "years", hard=(0.1, 20), status="A",
        source="assumption: near the mean length of stay at the default exit hazards; burn-in corrects it",
        about="Mean tenure of the first staff, exponential, at the start of burn-in.")
