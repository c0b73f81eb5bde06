"""A scenario as the numbers that both schedulers read at every step: worked out once, by the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bscsim.rules import costs, enrolment, operators, participation, pdsa
from bscsim.rules.people import ASSISTANT, OTHER, PARENT, TEACHER

if TYPE_CHECKING:
    from bscsim.scenario.parameters import Parameters
    from bscsim.scenario.scenario import Scenario

ROLES = range(PARENT + 1)
AUTO_TEAM = 0
"""``team_size`` of a scenario whose teams are sized to their centers."""


class Numbers(NamedTuple):
    """What follows from a scenario and stays the same over a run.

    Tuples are by sector (``turnover_base``), by role (``role_factor``, logits of attendance, ``affinity_relevance``,
    ``attend_support``, ``wages``) or by readiness component (``hurdles``).  Rates are per year, ``dt`` in years;
    ``pdsa_stays`` and ``pdsa_new_stays`` are probabilities over a step.
    """

    dt: float
    steps_per_month: int
    drivers: int
    min_staff: int
    parents: bool
    prework_ends: int
    ends: int
    turnover_base: tuple[float, ...]
    role_factor: tuple[float, ...]
    session_logit: float
    call_logit: tuple[float, ...]
    affinity_logit: tuple[float, ...]
    affinity_relevance: tuple[float, ...]
    session_relevance: float
    report_logit: float
    wages: tuple[float, ...]
    e2: float
    e3: float
    e4: float
    e5: float
    evidence: float
    refill_probability: float
    contact_memory: float
    pdsa_stays: float
    pdsa_new_stays: float
    attend_support: tuple[float, ...]
    session_support: float
    stipend_lift: float
    bonus_factor: float
    load: float
    rescue: float
    released: float
    onboarding: float
    stipend_price: float
    bonus_price: float
    trouble_price: float
    onboarding_price: float
    session_price: float
    rule: int
    collaboratives: int
    centers_per_collaborative: int
    field: bool
    apply_rate: float
    threshold: float
    hurdles: tuple[float, float, float]
    team_size: int


def numbers(scenario: Scenario) -> Numbers:
    """Work out the numbers of a scenario.

    >>> import bscsim
    >>> found = numbers(bscsim.Scenario())
    >>> found.steps_per_month, found.drivers, round(found.pdsa_stays, 3)
    (1, 6, 0.435)
    """
    p, population, plan = scenario.parameters, scenario.population, scenario.enrolment
    supports, elements = scenario.supports, scenario.elements
    steps = scenario.simulation.steps_per_month
    dt = 1.0 / (12 * steps)
    call = _call_attendance(p)
    cover = supports.substitute_cover * p.cover_attend
    stipend = supports.stipend * p.stipend_attend
    return Numbers(
        dt=dt,
        steps_per_month=steps,
        drivers=population.drivers,
        min_staff=population.min_staff,
        parents=population.parents,
        prework_ends=scenario.calendar.prework[1],
        ends=scenario.calendar.ends,
        turnover_base=(p.turn_base_child_care, p.turn_base_head_start, p.turn_base_school),
        role_factor=(p.rolemult_leader, p.rolemult_supervisor, p.rolemult_teacher, p.rolemult_assistant,
                     p.rolemult_other, 1.0),
        session_logit=operators.logit(p.att_ls),
        call_logit=tuple(operators.logit(base) for base in call),
        affinity_logit=tuple(operators.logit(participation.affinity_attendance(base)) for base in call),
        affinity_relevance=tuple(participation.affinity_relevance(role) for role in ROLES),
        session_relevance=participation.SESSION_RELEVANCE * costs.scaled(supports.virtual_sessions, p.virtual_rel),
        report_logit=operators.logit(p.report_p),
        wages=(p.wage_leader, p.wage_supervisor, p.wage_teacher, p.wage_assistant, p.wage_other, p.wage_parent),
        e2=elements.e2,
        e3=elements.e3,
        e4=elements.e4,
        e5=elements.e5,
        evidence=participation.evidence_value(p.homegrown, elements.e1),
        refill_probability=enrolment.refill_probability(p.refill, dt),
        contact_memory=participation.contact_memory(dt),
        pdsa_stays=pdsa.stays_open(p.pdsa_months, dt),
        pdsa_new_stays=pdsa.new_stays_open(p.pdsa_months, dt),
        attend_support=tuple(stipend + (cover if role in (TEACHER, ASSISTANT) else 0.0) for role in ROLES),
        session_support=supports.virtual_sessions * p.virtual_attend,
        stipend_lift=supports.stipend * p.stipend_motivation,
        bonus_factor=costs.scaled(supports.retention_bonus, p.bonus_turnover),
        load=p.m_load * (1.0 - supports.substitute_cover * p.cover_load),
        rescue=p.trouble_succ * supports.troubleshooting_calls,
        released=supports.substitute_cover,
        onboarding=supports.onboarding_package * p.onboarding_gain,
        stipend_price=supports.stipend * p.price_stipend,
        bonus_price=supports.retention_bonus * p.price_bonus,
        trouble_price=supports.troubleshooting_calls * p.price_trouble,
        onboarding_price=supports.onboarding_package * p.price_onboarding,
        session_price=p.price_session * costs.scaled(supports.virtual_sessions, p.virtual_cost),
        rule=enrolment.RULES.index(plan.rule),
        collaboratives=plan.collaboratives,
        centers_per_collaborative=plan.centers_per_collaborative,
        field=plan.mode == "field",
        apply_rate=plan.apply_rate,
        threshold=plan.threshold,
        hurdles=(plan.hurdle.motivation, plan.hurdle.capacity, plan.hurdle.innovation),
        team_size=AUTO_TEAM if plan.team_size == "auto" else int(plan.team_size),
    )  # fmt: skip


def _call_attendance(p: Parameters) -> tuple[float, ...]:
    """Base probability of attending an all-team call, by role; a parent attends as ``other`` does."""
    staff = (p.att_call_leader, p.att_call_supervisor, p.att_call_teacher, p.att_call_assistant, p.att_call_other)
    return (*staff, staff[OTHER])
