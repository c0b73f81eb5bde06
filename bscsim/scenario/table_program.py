"""The parameter table, second part: tests of change, the organization, the program, and how things are measured."""
# fmt: off  (a table reads by rows)

from __future__ import annotations

from bscsim.scenario.fields import Frozen, known


class Pdsa(Frozen):
    """Tests of change: plan, do, study, act (E7, E8)."""

    pdsa_rate: float = known(0.55, "per team-month", hard=(0, 3), plausible=(0.33, 1.54), status="S",
        source="coach-scored .57, Bidassie et al. 2014 (E-PDSA-09); .33 reported (E-PDSA-02), 1.15-1.54 estimated "
               "(E-PDSA-04)",
        about="PDSAs that a ready, motivated, fully attending team starts in a month (E7).")
    momentum: float = known(0.6, "share", hard=(0, 1), plausible=(0, 1), status="A",
        source="assumption, to be fitted to Gustafson et al. 2013 (E-QIC-07); identified by nothing else",
        about="Share of a member's PDSA activity that rests on recent participation (E7).")
    pdsa_months: float = known(1.2, "months", hard=(0.25, 6), plausible=(0.96, 1.42), status="F",
        source="94 of 1,697 in progress after 21 months, Bidassie et al. 2014 (E-PDSA-07); Wilson interval",
        about="Mean time from the start to the end of a PDSA (E7).")
    pdsa_succ: float = known(0.982, "probability", hard=(0, 1), plausible=(0.974, 0.987), status="S",
        source="1574/(1574+29), coach-scored, Bidassie et al. 2014 (E-PDSA-05, E-PDSA-06); Wilson interval",
        about="Probability that a finished PDSA succeeded (E7).")
    fit_gain: float = known(0.2, "share of gap", hard=(0, 1), status="A",
        source="assumption, to be fitted to Werner et al. 2016 (E-MEAS-07) and Gustafson et al. 2013 (E-QIC-07)",
        about="Share of a driver's gap in local fit that a successful PDSA closes (E8).")
    homegrown: float = known(0.4, "share", hard=(0, 1), status="A",
        source="assumption: worth of an idea that does not come from the evidence; Ornstein et al. 2020 for the sign",
        about="Worth of what is learned and tested without the change framework (E6, E8).")
    share_gain: float = known(1.0, "ratio", hard=(0, 5), status="A",
        source="assumption: sharing across teams is the point of a collaborative, its size is unknown",
        about="How much a better center in the collaborative raises the gain of a PDSA (E8).")


class Organization(Frozen):
    """What the center keeps: fit, QI capacity, climate (E1, E8, E9)."""

    org_decay: float = known(0.5, "per year", hard=(0, 4), status="A",
        source="assumption, to be fitted to sustainment, Glasgow et al. 2012; one rate for all three",
        about="Rate at which local fit, QI capacity and climate return to their start (E8, E9).")
    q_gain: float = known(0.05, "share of gap", hard=(0, 0.3), status="A",
        source="assumption: no study gives it",
        about="Share of the gap in QI capacity that a successful PDSA closes (E8).")
    q_people: float = known(0.5, "share", hard=(0, 1), status="A",
        source="assumption: half of what a team learned about improvement rests in people",
        about="Share of gained QI capacity that leaves when all seat holders leave (E1).")
    c_up: float = known(0.5, "per year", hard=(0, 4), status="A",
        source="assumption: sign from studies of psychological safety in 122 improvement teams (PMC6570939)",
        about="Rate at which shared activity raises the climate, times 1.5 and the leader's motivation (E9).")
    c_shock: float = known(0.25, "share", hard=(0, 1), status="A",
        source="assumption: turnover unsettles those who stay; size unknown",
        about="Share of the climate that would be lost if all staff left at once (E1).")


class Program(Frozen):
    """The program around the centers (E3, E5, E6, E7, E14)."""

    withdraw: float = known(0.15, "per year", hard=(0, 2), plausible=(0, 0.25), status="L",
        source="2 of 13 teams in 8 months, Thies et al. 2020 (E-QIC-13); 1 of 8 in a year (E-CCL-02); 0 is in reach",
        about="Yearly hazard of withdrawal at reference readiness (E5).")
    refill: float = known(2.0, "per year", hard=(0, 24), status="A",
        source="assumption: a lost seat is filled within half a year on average",
        about="Rate at which an empty seat is filled (E3).")
    prework: float = known(0.15, "share of gap", hard=(0, 1), status="A",
        source="assumption: three to four calls or visits prepare a team (E-BSC-03), by an unknown amount",
        about="Share of the gap in QI capacity that pre-work closes (E6).")
    sd_coll: float = known(0.15, "log SD", hard=(0, 0.5), plausible=(0, 0.3), status="A",
        source="assumption: no variance component of collaboratives was found; drives partially nested designs",
        about="Spread between collaboratives of facilitation, which scales learning and PDSAs (E6, E7).")
    contact_out: float = known(0.05, "per year", hard=(0, 1), status="A",
        source="assumption: gives .012 SD in controls a year after the end",
        about="Rate at which centers outside learn from participating leaders of their area (E14).")


class Application(Frozen):
    """Who applies; alive only with enrolment.mode: field (E15)."""

    apply_motivation: float = known(1.0, "logit per SD", hard=(-5, 5), plausible=(0, 2), status="A",
        source="assumption: willing centers come forward; a trial invites all, so there it is unused",
        about="How much a center's motivation raises its odds of applying (E15).")
    apply_need: float = known(1.0, "logit per SD", hard=(-5, 5), plausible=(0, 2), status="A",
        source="assumption: felt inadequacy drives joining, Daily et al. 2018; its size is unknown",
        about="How much a center's need (low habitual practice) raises its odds of applying (E15).")


class Measurement(Frozen):
    """What a study would see of it (model section 3, measurement layer)."""

    ready_rel: float = known(0.75, "reliability", hard=(0, 1), plausible=(0.6, 0.9), open_low=True, status="A",
        source="assumption: below the ORIC's internal consistency of .88, Storkholm et al. 2018 (E-RDY-01)",
        about="Reliability of measured readiness (E15).")
    pdsa_seen: float = known(0.6, "probability", hard=(0, 1), status="F",
        source=".57 a month by coaches (E-PDSA-09) against .33 on the share site (E-PDSA-02)",
        about="Probability that a PDSA is reported.")
    obs_rel: float = known(0.75, "reliability", hard=(0, 1), plausible=(0.5, 0.9), open_low=True, status="A",
        source="assumption: rater and occasion together; certified observers agree within a point 80% (E-MEAS-04)",
        about="Reliability of one observation of a classroom's practice.")
    sr_bias: float = known(0.10, "practice units", hard=(-1, 1), status="A",
        source="assumption: professionals over-estimate their own use; size unknown",
        about="What self-report adds to true practice.")
    sr_sd: float = known(0.12, "practice units", hard=(0, 1), status="A",
        source="assumption: as large as the spread between persons",
        about="Error SD of a self-report.")
    sr_demand: float = known(0.05, "practice units", hard=(-1, 1), status="A",
        source="assumption: those who were taught what is wanted report more of it",
        about="What self-report adds further after a person has attended or been coached.")
    nonresp_slope: float = known(0.5, "logit per SD", hard=(-5, 5), plausible=(0, 1), status="A",
        source="assumption: the motivated answer more often",
        about="How much motivation raises the odds of answering a survey.")
    child_slope: float = known(0.30, "SD per SD-year", hard=(0, 2), status="F",
        source=".14 child over .45 classroom, Egert et al. 2018 (E-MEAS-06)",
        about="Child outcome gained per SD of classroom practice in a school year.")
    child_turn: float = known(-0.15, "SD", hard=(-1, 1), status="L",
        source="Markowitz 2024, d = -.15 (abstract only); no interval seen, so half to double",
        about="Child outcome lost when the lead teacher leaves within the year.")
