"""The parameter table, last part: what the supports do (E17) and what everything costs (E16).

The default prices were set so that eight centers of about 20 staff come near two published shapes: everything costs
about 2.8 times coaching alone (Gustafson et al. 2013, $7,930 against $2,878 a clinic, E-QIC-09), and the labor of its
own staff is 62-88% of what a center spends (Sathe et al. 2016). ``tests/scenario/test_prices.py`` does that sum by
hand; a run, with withdrawal and vacancies, gives 2.6. No price is a forecast: put in your own.
"""
# fmt: off  (a table reads by rows)

from __future__ import annotations

from math import log

from bscsim.scenario.fields import Frozen, known

_SHAPE = "assumption: set with the other prices to the shape of Gustafson et al. 2013 (E-QIC-09)"
_RETENTION = round(log(0.86) / log(0.75), 3)  # hazards over 8 months, from 14% and 25% who left


class SupportEffects(Frozen):
    """What a support does at level 1; a level between scales it (E17)."""

    stipend_attend: float = known(0.5, "logit", hard=(0, 5), status="A",
        source="assumption: no effect size found",
        about="What a full participation stipend adds to the logit of attendance (E17, E6).")
    stipend_motivation: float = known(0.05, "level 0-1", hard=(0, 1), status="A",
        source="assumption: no effect size found",
        about="What a full participation stipend adds to seat holders' set point (E17, E10).")
    cover_attend: float = known(0.5, "logit", hard=(0, 5), status="A",
        source="assumption: no effect size found",
        about="What full substitute cover adds to the logit of teachers' and assistants' attendance (E17, E6).")
    cover_load: float = known(0.8, "share", hard=(0, 1), status="A",
        source="assumption: most, not all, of the load of hours away is removed",
        about="Share of the load on motivation that full substitute cover removes (E17, E10).")
    bonus_turnover: float = known(_RETENTION, "ratio", hard=(0, 1), plausible=(0.35, 0.8), status="L",
        source="log(.86)/log(.75): 14% against 25% left in 8 months with a $1,500 bonus, Bassok et al. 2021 "
               "(E-TURN-09); no interval seen, range assumed",
        about="Multiplies the exit hazard under a full retention bonus (E17, E1).")
    virtual_attend: float = known(0.5, "logit", hard=(0, 5), status="A",
        source="assumption: no travel makes it easier to come; size unknown",
        about="What fully virtual sessions add to the logit of session attendance (E17, E6).")
    virtual_rel: float = known(0.7, "ratio", hard=(0, 1), plausible=(0.5, 1), status="A",
        source="assumption: an hour online teaches less than an hour in the room",
        about="Multiplies the worth of a session hour when sessions are fully virtual (E17, E6).")
    virtual_cost: float = known(0.4, "ratio", hard=(0, 1), status="A",
        source="assumption: no venue, meals or travel",
        about="Multiplies the price of a session when sessions are fully virtual (E17, E16).")
    onboarding_gain: float = known(0.5, "share of gap", hard=(0, 1), status="A",
        source="assumption: no effect size found",
        about="Share of the gap to colleagues' knowledge that a full onboarding package closes, times fit F (E17, E2).")
    trouble_succ: float = known(0.5, "share", hard=(0, 1), status="A",
        source="assumption: no effect size found",
        about="Share of failures that troubleshooting calls prevent in centers with low drive (E17, E7).")


class Prices(Frozen):
    """What it costs, in US dollars; a user's own prices belong here (E16)."""

    price_fixed: float = known(8000.0, "USD per collaborative", hard=(0, 1e7), status="A", source=_SHAPE,
        about="Faculty, advisors and the framework meeting of one collaborative, paid by the sponsor (E16).")
    price_session: float = known(900.0, "USD per center-session", hard=(0, 1e6), status="A",
        source=_SHAPE + "; six people for two days at $75 a person-day for venue, meals and travel",
        about="One learning session for one center, paid by the sponsor (E16).")
    price_call_hour: float = known(120.0, "USD per hour", hard=(0, 1e5), status="A",
        source=_SHAPE + "; two people to lead and prepare",
        about="One hour of a collaborative's all-team, affinity or pre-work call, paid by the sponsor (E16).")
    price_coaching_hour: float = known(75.0, "USD per hour", hard=(0, 1e5), status="A",
        source=_SHAPE + "; preparation and travel included",
        about="One hour of a coaching visit to one center, paid by the sponsor (E16).")
    wage_leader: float = known(24.0, "USD per hour", hard=(0, 1000), status="A",
        source="assumption: above the staff's median wage (E-TURN-19)",
        about="Hourly wage of a leader (E16).")
    wage_supervisor: float = known(18.0, "USD per hour", hard=(0, 1000), status="A",
        source="assumption: between leaders and teachers; top of the states' range (E-TURN-19)",
        about="Hourly wage of a supervisor or education coordinator (E16).")
    wage_teacher: float = known(13.07, "USD per hour", hard=(0, 1000), plausible=(10.60, 18.23), status="L",
        source="median of early educators and range over states, CSCCE Workforce Index 2024 (E-TURN-19)",
        about="Hourly wage of a teacher (E16).")
    wage_assistant: float = known(11.5, "USD per hour", hard=(0, 1000), status="A",
        source="assumption: below the median, inside the states' range (E-TURN-19)",
        about="Hourly wage of an assistant (E16).")
    wage_other: float = known(13.0, "USD per hour", hard=(0, 1000), status="A",
        source="assumption: near the median (E-TURN-19)",
        about="Hourly wage of non-teaching staff (E16).")
    wage_parent: float = known(15.0, "USD per hour", hard=(0, 1000), status="A",
        source="assumption: a thank-you somewhat above staff wages",
        about="Stipend of a parent on the team, an hour (E16).")
    cover_rate: float = known(0.5, "share", hard=(0, 1), status="A",
        source="assumption: half of the hours away need a substitute; own labor's share as in Sathe et al. 2016",
        about="Share of teachers' and assistants' seat hours that a substitute covers, paid by the center (E16).")
    hours_report: float = known(1.0, "hours", hard=(0, 100), status="A",
        source="assumption: the tracker form alone takes 15 minutes (E-CCL-04), the data more",
        about="Hours that a monthly report takes, at the leader's wage (E16).")
    hours_pdsa: float = known(4.0, "hours", hard=(0, 500), status="A",
        source="assumption: planning, data and a meeting",
        about="Hours that a PDSA takes beyond ordinary work (E16).")
    price_hire: float = known(2000.0, "USD per exit", hard=(0, 1e6), status="A",
        source="assumption: advertising, checks and training of a replacement; no figure was found",
        about="Cost of replacing one leaver, reported apart (E16).")
    price_stipend: float = known(50.0, "USD per seat-month", hard=(0, 1e5), status="A",
        source="assumption: two to three hours' pay a month",
        about="Cost of a full participation stipend (E16, E17).")
    price_bonus: float = known(2250.0, "USD per staff-year", hard=(0, 1e6), status="A",
        source="assumption: $1,500 for 8 months (E-TURN-09), taken to a year",
        about="Cost of a full retention bonus (E16, E17).")
    price_onboarding: float = known(250.0, "USD per hire", hard=(0, 1e6), status="A",
        source="assumption: materials and a mentor's day",
        about="Cost of a full onboarding package for one newcomer (E16, E17).")
    price_trouble: float = known(75.0, "USD per center-month", hard=(0, 1e5), status="A",
        source="assumption: one coach's hour a month",
        about="Cost of full troubleshooting calls (E16, E17).")
