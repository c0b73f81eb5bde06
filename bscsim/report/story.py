"""The report's sentences: what was simulated and what came out, written from the scenario and the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.intervals import FOR_PERCENTILES, Interval, interval
from bscsim.record.measures import HIRING
from bscsim.report.figures.costs import per_center
from bscsim.report.figures.effects import wave_words
from bscsim.report.figures.spread import shared_gain
from bscsim.report.figures.timeline import held
from bscsim.report.words import (
    LONG_MONTHS,
    NO_INTERVAL,
    count,
    dollars,
    level,
    listed,
    months,
    percent,
    sector_words,
    supports_used,
    with_interval,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bscsim.report.reading import Reading
    from bscsim.scenario.elements import Element

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
    if not reading.has_treated:
        return text + (
            f"No collaborative was held: there were {count(settings.places, 'place')}, but no center could join (see "
            "min_staff) or was chosen."
        )
    each = count(settings.centers_per_collaborative, "center")
    number = "One" if settings.collaboratives == 1 else f"{settings.collaboratives:,}"
    text += f"{number} collaborative{'' if number == 'One' else 's'} of {each}; {RULE_WORDS[settings.rule]}. "
    text += "Each center sends a team"
    size = "of two to six people, by its size" if settings.team_size == "auto" else f"of {settings.team_size}"
    parent = ", with a parent" if reading.scenario.population.parents else ""
    return f"{text} {size}{parent}."


def program(reading: Reading) -> str:
    """The calendar in words: what takes place, not what is only scheduled."""
    calendar = reading.calendar
    start = LONG_MONTHS[calendar.season_month(0) - 1]
    measured = f"staff are measured at {months(calendar.waves)}"
    if not reading.has_treated:
        return f"Centers are followed from {start} (month 0) to month {calendar.horizon}, and {measured}."
    if not calendar.sessions or not held(reading, "sessions"):
        sessions = "no learning sessions are held"
    else:
        word = "learning session is" if len(calendar.sessions) == 1 else "learning sessions are"
        sessions = f"{word} held in {months(calendar.sessions)}"
    text = ""
    if going_on := activities(reading):
        several = sessions.startswith("learning sessions are")
        text = f", with {listed(going_on)} between them" if several else f"; there are {listed(going_on)} until the end"
    return (
        f"Centers enroll in {start} (month 0). Pre-work runs to month {calendar.prework[1]}; {sessions}{text}; the "
        f"collaborative ends at month {calendar.ends}. Centers are then followed to month {calendar.horizon}, and "
        f"{measured}."
    )


def activities(reading: Reading) -> list[str]:
    """What goes on in the action periods of this run."""
    named = (("calls", "calls"), ("coaching", "coaching visits"), ("reports", "monthly reports"))
    found = [words for event, words in named if reading.calendar.months_of(event) and held(reading, event)]
    return [*found, "PDSA cycles"] if reading.scenario.elements.e5 > 0 else found


def elements(reading: Reading) -> str:
    """Which of the five elements are there, and how fully; supports in use."""
    values = {name: getattr(reading.scenario.elements, name) for name in ELEMENT_WORDS}
    off = [ELEMENT_WORDS[name] for name, value in values.items() if value.level == 0]
    lacks = {name: ", ".join(lacking(value)) for name, value in values.items()}
    part = [f"{ELEMENT_WORDS[name]} ({lack})" for name, lack in lacks.items() if lack]
    if len(off) == len(values):
        text = f"None of the five elements is there: no {listed(off, 'or')}."
    elif not (off or part):
        text = "All five elements are in place in full: " + listed(list(ELEMENT_WORDS.values())) + "."
    else:
        clauses = [f"elements absent: {listed(off)}"] if off else []
        clauses += [f"elements in part: {listed(part)}" if not off else f"in part: {listed(part)}"] if part else []
        rest = len(values) - len(off) - len(part)
        clauses += [f"the {'others' if rest > 1 else 'other'} in full"] if rest else []
        said = "; ".join(clauses)
        text = f"{said[0].upper()}{said[1:]}."
    used = supports_used(reading)
    return text + (f" Added supports: {listed(used)}." if used else " No supports are added.")


def lacking(element: Element) -> list[str]:
    """What an element that is there lacks: its level below 1, and what is switched off. Empty when absent or full."""
    if element.level == 0:
        return []
    switches = [f"no {name.replace('_', ' ')}" for name, on in element.model_dump().items() if on is False]
    return [*([f"{element.level:g}"] if element.level < 1 else []), *switches]


def how(reading: Reading) -> str:
    """Replicates, twin and time step."""
    times = "once" if reading.replicates == 1 else f"{reading.replicates:,} times"
    text = f"All this was simulated {times}"
    if reading.replicates > 1:
        text += f", each time with other {others(reading)}people and chance events"
    if reading.has_twin:
        text += (
            ", and beside it a second time without the collaborative: the same centers, people and chance events, "
            "nobody treated. The true effect is the difference between the two"
        )
    return text + "."


def others(reading: Reading) -> str:
    """Which centers differ from replicate to replicate, ahead of "people and chance events"."""
    if reading.scenario.population.roster is None:
        return "centers, "
    if not (reading.enrolled != reading.enrolled[0]).any():
        return ""
    drawn = "drawn by lot" if reading.scenario.enrolment.rule == "random" else "taken"
    return f"centers of the roster {drawn} into the collaborative, and with other "


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
    values = reading.effect("all_present", month)
    sd, raw = interval(values), interval(reading.effect("all_present", month, "effect"))
    direction = "higher" if sd.mean >= 0 else "lower"
    text = (
        f"{at_wave(reading, month)}, teachers' practice is {level(abs(sd.mean))} SD {direction} than in the same "
        f"centers without the collaborative ({level(raw.mean, 3)} on the 0–1 scale"
    )
    if not sd.has_interval:
        return text + f"; {'one replicate, no interval' if sd.n == 1 else NO_INTERVAL}).{seen(values)}"
    text += f"; 95% Monte Carlo interval of the mean {level(sd.low)} to {level(sd.high)} SD)."
    if sd.n < FOR_PERCENTILES:
        return text + seen(values)
    return text + f" In 90% of replicates it lies between {level(sd.p05)} and {level(sd.p95)} SD."


def seen(values: NDArray[np.float64]) -> str:
    """The range over replicates that are too few for percentiles, as a sentence; nothing for one replicate."""
    found = values[np.isfinite(values)]
    if found.size < 2:
        return ""
    low, high = level(float(found.min())), level(float(found.max()))
    return f" Over the {found.size} replicates it ranges from {low} to {high} SD."


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
    ratio = shared_gain(reading, reading.main_wave)
    if ratio is not None:
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
    if not value.has_interval:
        return "one replicate, no interval" if value.n == 1 else NO_INTERVAL
    return f"95% interval of the mean: {write(value.low)} to {write(value.high)}"
