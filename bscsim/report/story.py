"""The report's sentences: what was simulated and what came out, written from the scenario and the numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.measures import HIRING
from bscsim.report.figures.costs import per_center
from bscsim.report.figures.effects import wave_words
from bscsim.report.intervals import Interval, interval, ratio_of_means
from bscsim.report.words import LONG_MONTHS, count, dollars, level, listed, percent, sector_words, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bscsim.report.reading import Reading

RULE_WORDS = {
    "all": "every center that could join was taken",
    "random": "taken by lot",
    "top": "the most ready were taken, by measured readiness",
    "threshold": "taken from those whose measured readiness passed a threshold",
    "hurdle": "taken from those that passed a minimum on each measured component of readiness",
    "need": "those with the lowest practice were taken",
}
ELEMENT_WORDS = {
    "change_framework": "change framework",
    "inclusive_team": "multi-level inclusive teams",
    "expert_faculty": "expert faculty",
    "shared_learning": "shared learning environment",
    "improvement_model": "model for improvement",
}


def simulated(reading: Reading, manifest: Mapping[str, Any]) -> list[str]:
    """Paragraphs that say what was simulated."""
    return [who(reading, manifest), program(reading), elements(reading), how(reading)]


def who(reading: Reading, manifest: Mapping[str, Any]) -> str:
    """The pool of centers and who joined."""
    counts, settings = manifest["counts"], reading.scenario.enrolment
    sectors = [f"{number:,} {sector_words(name)}" for name, number in counts["by_sector"].items() if number]
    kind = "read from a roster" if reading.scenario.population.roster else "drawn from published distributions"
    text = (
        f"{count(counts['kept'], 'early care and education center')} ({listed(sectors)}) in "
        f"{count(counts['areas'], 'area')}, {kind}. "
    )
    if counts["dropped"]:
        reasons = [f"{number:,} {reason}" for reason, number in counts["dropped"].items()]
        text += f"Roster rows left out: {listed(reasons)}. "
    if settings.collaboratives == 0:
        return text + "No collaborative was held."
    each = count(settings.centers_per_collaborative, "center")
    number = "One" if settings.collaboratives == 1 else f"{settings.collaboratives:,}"
    text += f"{number} collaborative{'' if number == 'One' else 's'} of {each}; {RULE_WORDS[settings.rule]}. "
    text += "Each center sends a team"
    size = "of two to six people, by its size" if settings.team_size == "auto" else f"of {settings.team_size}"
    parent = ", with a parent" if reading.scenario.population.parents else ""
    return f"{text} {size}{parent}."


def program(reading: Reading) -> str:
    """The calendar in words."""
    calendar = reading.calendar
    start = LONG_MONTHS[calendar.season_month(0) - 1]
    return (
        f"Centers enroll in {start} (month 0). Pre-work runs to month {calendar.prework[1]}; learning sessions are "
        f"held in months {listed(calendar.sessions)}, with action periods of calls, coaching visits, monthly reports "
        f"and PDSA cycles between them; the collaborative ends at month {calendar.ends}. Centers are then followed to "
        f"month {calendar.horizon}, and staff are measured at months {listed(calendar.waves)}."
    )


def elements(reading: Reading) -> str:
    """Which of the five elements are there, and how fully; supports in use."""
    values = {name: getattr(reading.scenario.elements, name) for name in ELEMENT_WORDS}
    off = [ELEMENT_WORDS[name] for name, value in values.items() if value.level == 0]
    part = [f"{ELEMENT_WORDS[n]} ({value.level:g})" for n, value in values.items() if 0 < value.level < 1]
    switches = [
        f"no {switch.replace('_', ' ')}"
        for value in values.values()
        for switch, on in value.model_dump().items()
        if on is False
    ]
    if not (off or part or switches):
        text = "All five elements are in place in full: " + listed(list(ELEMENT_WORDS.values())) + "."
    else:
        text = f"Elements absent: {listed(off)}; in part: {listed([*part, *switches])}; the others in full."
    supports = reading.scenario.supports.model_dump()
    used = [f"{name.replace('_', ' ')} ({value:g})" for name, value in supports.items() if value]
    return text + (f" Added supports: {listed(used)}." if used else " No supports are added.")


def how(reading: Reading) -> str:
    """Replicates, twin and time step."""
    times = "once" if reading.replicates == 1 else f"{reading.replicates:,} times"
    text = f"All this was simulated {times}"
    if reading.replicates > 1:
        roster = reading.scenario.population.roster is not None
        text += f", each time with other {'' if roster else 'centers, '}people and chance events"
    if reading.has_twin:
        text += (
            ", and beside it a second time without the collaborative: the same centers, people and chance events, "
            "nobody treated. The true effect is the difference between the two"
        )
    return text + "."


def answer(reading: Reading) -> list[str]:
    """The answer in two or three sentences, with intervals."""
    if not reading.has_treated:
        return ["No center was enrolled, so there is no effect to report."]
    if not reading.has_twin or reading.main_wave is None:
        return ["This run has no untreated twin or no later wave: effects are not known; practice is shown below."]
    sentences = [first_sentence(reading, reading.main_wave), later_sentence(reading)]
    team, others = (reading.effect(name, reading.main_wave) for name in ("seat_holders", "non_team"))
    program_cost = interval(per_center(reading)[:, :HIRING].sum(axis=1))
    sentences.append(
        f"Teachers on the teams gain {with_interval(interval(team))} SD, their colleagues "
        f"{with_interval(interval(others))} SD. The program costs {dollars(program_cost.mean)} per center, hiring left "
        "out."
    )
    return [sentence for sentence in sentences if sentence]


def first_sentence(reading: Reading, month: int) -> str:
    """The effect at the leading wave, with both intervals."""
    sd, raw = (interval(reading.effect("all_present", month, name)) for name in ("effect_sd", "effect"))
    direction = "higher" if sd.mean >= 0 else "lower"
    text = (
        f"{at_wave(reading, month)}, teachers' practice is {level(abs(sd.mean))} SD {direction} than in the same "
        f"centers without the collaborative ({level(raw.mean, 3)} on the 0–1 scale"
    )
    if math.isfinite(sd.low):
        text += f"; 95% Monte Carlo interval of the mean {level(sd.low)} to {level(sd.high)} SD"
        text += f"). In 90% of replicates it lies between {level(sd.p05)} and {level(sd.p95)} SD."
        return text
    return text + "; one replicate, no interval)."


def at_wave(reading: Reading, month: int) -> str:
    """A wave as the start of a sentence."""
    words = wave_words(reading, month)
    return f"At the {words[0].lower()}{words[1:]}" if words.startswith("End") else words


def later_sentence(reading: Reading) -> str:
    """What is left at the later waves."""
    later = [month for month in reading.later_waves if month > (reading.main_wave or 0)]
    said = [f"{with_interval(interval(reading.effect('all_present', m)))} SD at month {m}" for m in later]
    return f"Later it is {listed(said)}." if said else ""


def cards(reading: Reading) -> list[dict[str, str]]:
    """The numbers at the top of the report: value, what it is, interval."""
    if not (reading.has_treated and reading.has_twin and reading.main_wave is not None):
        return []
    waves = [m for m in reading.later_waves if m in (reading.main_wave, reading.later_waves[-1])]
    made = [effect_card(reading, month) for month in waves]
    team, others = (reading.effect(name, reading.main_wave) for name in ("seat_holders", "non_team"))
    ratio = ratio_of_means(others, team)
    made.append(card(percent(ratio.mean), f"of the team's gain reaches colleagues (month {reading.main_wave})",
                     span(ratio, percent)))  # fmt: skip
    cost = interval(per_center(reading)[:, :HIRING].sum(axis=1))
    made.append(card(dollars(cost.mean), "program cost per enrolled center", span(cost, dollars)))
    return made


def effect_card(reading: Reading, month: int) -> dict[str, str]:
    """One effect as a card."""
    value = interval(reading.effect("all_present", month))
    what = f"effect on teacher practice, {wave_words(reading, month).lower()}"
    return card(f"{level(value.mean)} SD", what, span(value, level))


def card(value: str, what: str, interval_text: str) -> dict[str, str]:
    """The three texts of a card."""
    return {"value": value, "what": what, "interval": interval_text}


def span(value: Interval, write: Any) -> str:
    """The 95% Monte Carlo interval in words, or that there is none."""
    if not np.isfinite(value.low):
        return "one replicate, no interval"
    return f"95% interval of the mean: {write(value.low)} to {write(value.high)}"
