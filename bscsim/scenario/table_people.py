"""The parameter table, first part: people (who leaves, who takes part, what they learn, use and feel).

Where no plausible range is given it is half to double the default. Ids such as E-TURN-05 name rows of the project's
table of published figures.
"""
# fmt: off  (a table reads by rows)

from __future__ import annotations

from bscsim.scenario.fields import Frozen, known


class Turnover(Frozen):
    """Who leaves, and who comes (E1, E2)."""

    turn_base_child_care: float = known(0.46, "per year", hard=(0, 3), plausible=(0.2, 0.8), status="F",
        source="grid fit to Doromal et al. 2022 (E-TURN-05, E-TURN-06) and Bellows et al. 2021 (E-TURN-04)",
        about="Yearly exit hazard of a child care center's staff before the multipliers of E1.")
    turn_base_head_start: float = known(0.34, "per year", hard=(0, 3), plausible=(0.2, 0.8), status="A",
        source="assumption: between child care and school; program reports give 16-23% a year (E-PIR-01, E-PIR-03)",
        about="Yearly exit hazard of a Head Start center's staff before the multipliers of E1.")
    turn_base_school: float = known(0.28, "per year", hard=(0, 3), plausible=(0.2, 0.8), status="F",
        source="child care's rate times the ratio of three-year retention, Bellows et al. 2021 (E-TURN-04)",
        about="Yearly exit hazard of a school-based center's staff before the multipliers of E1.")
    turn_new: float = known(2.0, "ratio", hard=(1, 5), plausible=(1, 4), status="F",
        source="Bellows et al. 2021 (E-TURN-04): a constant hazard fits the one-year but not the three-year retention",
        about="Multiplies the exit hazard during a person's first year in the center (E1).")
    turn_frailty: float = known(0.5, "log SD", hard=(0, 1.5), status="F",
        source="fit to the spread between centers, Doromal et al. 2022 (E-TURN-06)",
        about="Spread between centers of the exit hazard: log-normal with mean 1 (E1).")
    turn_summer: float = known(5.0, "ratio", hard=(1, 12), plausible=(3, 7), status="F",
        source="about 10% leave between fall and spring, Bellows et al. 2021 (E-TURN-03): 3 gives 13.8%, 7 gives 8.5%",
        about="Exit hazard of June to August over that of the other months, at the same yearly mean (E1).")
    turn_engage: float = known(0.8, "log hazard per unit", hard=(0, 3), status="A",
        source="assumption: size unknown; sign from Aarons et al. 2009 (fidelity monitoring with support lowered exit)",
        about="How much higher motivation and climate lower the exit hazard (E1).")
    rolemult_leader: float = known(0.6, "ratio", hard=(0, 3), status="A",
        source="assumption: no turnover rate of directors was found",
        about="Multiplies a leader's exit hazard (E1).")
    rolemult_supervisor: float = known(0.7, "ratio", hard=(0, 3), status="A",
        source="assumption: between leaders and teachers",
        about="Multiplies a supervisor's or education coordinator's exit hazard (E1).")
    rolemult_teacher: float = known(1.0, "ratio", hard=(0, 3), plausible=(0.8, 1.25), status="A",
        source="the reference: turn_base was fitted to teachers; a wide range would only repeat turn_base's",
        about="Multiplies a teacher's exit hazard (E1).")
    rolemult_assistant: float = known(1.2, "ratio", hard=(0, 3), status="A",
        source="assumption: assistants leave somewhat more often than teachers",
        about="Multiplies an assistant's exit hazard (E1).")
    rolemult_other: float = known(1.0, "ratio", hard=(0, 3), status="A",
        source="assumption: as teachers",
        about="Multiplies the exit hazard of non-teaching staff (E1).")
    vac_months: float = known(1.5, "months", hard=(0.1, 12), status="A",
        source="assumption: about 5% vacant at 40% turnover; 15% of lead positions in 2022, Bassok et al. 2024 "
               "(E-TURN-07)",
        about="Mean length of a vacancy (E2).")
    hire_local: float = known(0.15, "probability", hard=(0, 1), plausible=(0, 0.4), status="A",
        source="assumption: most leavers leave the publicly funded sector, Bassok et al. 2021",
        about="Probability that a newcomer is someone who left another center of the area (E2).")


class Readiness(Frozen):
    """How readiness counts (E4)."""

    ready_power: float = known(0.0, "exponent", hard=(-2, 1), plausible=(0, 1), status="L",
        source="R=MC2 is a product, Scaccia et al. 2015 (E-RDY-05); 1, a sum, is its rival",
        about="Exponent of the power mean that joins motivation and the two capacities: 0 geometric, 1 additive (E4).")
    ready_elast: float = known(1.0, "elasticity", hard=(0, 3), plausible=(0, 2), status="A",
        source="assumption: no effect size of readiness on implementation was found (E-RDY-03: 'ambiguous')",
        about="How strongly readiness scales PDSAs, use of practice and staying in: 0 not at all (E4, E5, E7, E12).")


class Participation(Frozen):
    """Who attends and reports (E6)."""

    att_ls: float = known(0.85, "probability", hard=(0.01, 0.99), plausible=(0.7, 0.95), status="S",
        source="'the majority ... attended all or most learning sessions', Daily et al. 2018 (E-LS-01)",
        about="Probability that a seat holder attends a learning session, at motivation and readiness .5 (E6).")
    att_call_leader: float = known(0.60, "probability", hard=(0.01, 0.99), plausible=(0.4, 0.8), status="A",
        source="assumption: near supervisors, whose rate is known",
        about="Probability that a leader with a seat attends an all-team call; affinity calls .15 more (E6).")
    att_call_supervisor: float = known(0.65, "probability", hard=(0.01, 0.99), plausible=(0.5, 0.8), status="F",
        source="80% of supervisors joined at least 4 of 7 calls, Ebert et al. 2012 (E-CALL-01)",
        about="Probability that a supervisor with a seat attends an all-team call; affinity calls .15 more (E6).")
    att_call_teacher: float = known(0.455, "probability", hard=(0.01, 0.99), plausible=(0.3, 0.6), status="F",
        source="40% of front-line staff joined at least 4 of 7 calls, Ebert et al. 2012 (E-CALL-02)",
        about="Probability that a teacher with a seat attends an all-team call; affinity calls .15 more (E6).")
    att_call_assistant: float = known(0.35, "probability", hard=(0.01, 0.99), status="A",
        source="assumption: below teachers, who have more planning time",
        about="Probability that an assistant with a seat attends an all-team call; affinity calls .15 more (E6).")
    att_call_other: float = known(0.30, "probability", hard=(0.01, 0.99), status="A",
        source="assumption: below assistants; parents attend as these do",
        about="Probability that non-teaching staff or a parent attends an all-team call; affinity calls .15 more (E6).")
    att_slope: float = known(3.0, "logit per unit", hard=(0, 8), status="A",
        source="assumption: no study relates attendance to motivation or readiness by a number",
        about="How much motivation and readiness raise attendance and reporting (E6).")
    report_p: float = known(0.41, "probability", hard=(0.01, 0.99), plausible=(0.39, 0.42), status="S",
        source="39% reports and 42% data in any month, Haine-Schlagel et al. 2013 (E-REP-01, E-REP-02)",
        about="Probability that a team sends a month's report, at motivation and readiness .5 (E6).")
    metrics_made_p: float = known(0.82, "probability", hard=(0, 1), plausible=(0.52, 0.95), status="S",
        source="9 of 11 teams, Ebert et al. 2012 (E-REP-03); 95% Wilson interval",
        about="Probability that a team makes improvement metrics (E6).")
    metrics_p: float = known(0.45, "probability", hard=(0, 1), plausible=(0.21, 0.52), status="S",
        source="5 of 11 teams, Ebert et al. 2012 (E-REP-04); 95% Wilson interval .21-.72, cut where it would pass "
               "the plausible metrics_made_p",
        about="Share of all teams that use their metrics consistently, which raises what a PDSA teaches (E6, E8).")


class Learning(Frozen):
    """What is learned, passed on and forgotten (E6, E11)."""

    k_hour: float = known(0.04, "per contact hour", hard=(0, 0.1), status="A",
        source="assumption, to be fitted to Werner et al. 2016 (E-MEAS-07)",
        about="Knowledge gained in an hour of contact, as a share of what is missing; same for all channels (E6).")
    coach_potency: float = known(1.0, "ratio", hard=(0, 5), status="A",
        source="assumption, to be fitted to the component ratios of Gustafson et al. 2013 (E-QIC-07)",
        about="Worth of a coaching hour over an hour of other contact (E6).")
    coach_spill: float = known(0.05, "share", hard=(0, 1), plausible=(0, 0.5), status="A",
        source="assumption: unidentified and influential, so the range explored is wide; always sweep it",
        about="Share of a coaching visit that reaches staff without a seat (E6).")
    k_help: float = known(2.0, "per year", hard=(0, 4), status="A",
        source="assumption, to be fitted; sign from Sun et al. 2013 (participants help their colleagues)",
        about="Rate at which colleagues pass on knowledge, in a climate of 1 (E11).")
    k_forget: float = known(0.6, "per year", hard=(0, 4), status="A",
        source="assumption, to be fitted to sustainment, Glasgow et al. 2012 (32-60% of improved sites kept it)",
        about="Rate at which knowledge that is not practiced returns to its entry value (E11).")


class Practice(Frozen):
    """How knowledge becomes practice, and practice stays (E12)."""

    p_use: float = known(2.0, "per year", hard=(0, 8), status="A",
        source="assumption, to be fitted to Werner et al. 2016 (E-MEAS-07)",
        about="Rate at which gained knowledge is put to use, at motivation 1 (E12).")
    p_norm: float = known(0.6, "per year", hard=(0, 4), status="A",
        source="assumption: moves the variance within centers, not the mean; Frank, Xu and Penuel 2018",
        about="Rate at which practice moves to the center's mean, in a climate of 1 (E12).")
    p_rev: float = known(2.0, "per year", hard=(0, 8), status="A",
        source="assumption, to be fitted to sustainment, Glasgow et al. 2012",
        about="Rate at which practice reverts to habit where nothing is standardized (E12).")
    fit_floor: float = known(0.4, "share", hard=(0, 1), plausible=(0.1, 0.8), status="A",
        source="assumption: unidentified and influential; always sweep it",
        about="Share of gained knowledge that can be used before any local fitting (E12).")
    std_hold: float = known(0.8, "share", hard=(0, 1), status="A",
        source="assumption: standardization slows reversion but does not end it",
        about="Share of reversion that full local standardization removes (E12).")
    soc_boost: float = known(1.0, "ratio", hard=(0, 4), status="A",
        source="assumption: reinforcement by colleagues, Centola and Macy 2007; 0 is no contagion",
        about="How much colleagues' practice speeds up use, as a Hill function of their mean (E12).")


class Motivation(Frozen):
    """What lifts and what drains motivation (E10)."""

    m_up: float = known(0.9, "per year", hard=(0, 4), status="A",
        source="assumption: structure from Repenning 2002 (results and contact reinforce commitment)",
        about="Rate at which events and successful PDSAs raise motivation (E10).")
    m_lead: float = known(0.8, "per year", hard=(0, 4), status="A",
        source="assumption: structure from Repenning 2002 (managers' normative pressure)",
        about="Rate at which motivation moves to the leader's, in a climate of 1 (E10).")
    m_home: float = known(1.0, "per year", hard=(0, 4), status="A",
        source="assumption: fixes the clock of motivation",
        about="Rate at which motivation returns to the person's set point (E10).")
    m_load: float = known(0.5, "per year", hard=(0, 4), status="A",
        source="assumption: capability trap, Repenning and Sterman 2001",
        about="Rate at which eight hours of events a month drain motivation in a center without capacity (E10).")
