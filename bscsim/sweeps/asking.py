"""Responses that a study asks for: an outcome at a time, such as ``effect_sd@end`` or ``fit@28``.

Times are ``end`` (the month in which the collaborative is over), ``+12`` (so many months after it) or ``28`` (a month
from enrollment).  Outcomes are the columns of :mod:`bscsim.record.responses` and what is derived from them here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from bscsim.record.responses import RESPONSES
from bscsim.scenario.faults import Fault

if TYPE_CHECKING:
    from bscsim.scenario.calendar import Calendar
    from bscsim.scenario.document import Item

_KEY: Final = re.compile(r"([a-z_]+)@(end|\+?[0-9]{1,3})")

SCALED: Final = {f"{row.name}_sd": row.name for row in RESPONSES if row.name.startswith("effect")}
"""Effects in SD: the column over the SD of true teacher practice in the twin (see :func:`Sheet.scale`)."""

RATIOS: Final[Mapping[str, tuple[str, str, str]]] = {
    "spread": ("gain_others", "gain_team", "gain of colleagues without a seat over the gain of the team"),
    "spread_ceiling": (
        "effect_others",
        "effect_team",
        "gain of teachers without a seat over that of teachers with one",
    ),
    "cost_per_sd": ("cost_program", "effect_sd", "US dollars a center for each SD of teacher practice"),
}
"""Ratios of two responses at the same time: ratio of means over replicates, not mean of ratios."""

KEPT: Final = ("kept", "effect", "part of the effect at the end that is still there")
"""The effect at a time over the effect at the end, as a ratio of means."""


class Ask(NamedTuple):
    """A response that is asked for."""

    name: str
    when: str

    @property
    def key(self) -> str:
        """The text that asks for it."""
        return f"{self.name}@{self.when}"

    def month(self, calendar: Calendar) -> int:
        """Return the month it is taken at.

        >>> from bscsim.scenario.calendar import Calendar
        >>> [Ask("fit", when).month(Calendar()) for when in ("end", "+12", "30")]
        [16, 28, 30]
        """
        if self.when == "end":
            return calendar.ends
        return calendar.ends + int(self.when) if self.when.startswith("+") else int(self.when)

    @property
    def title(self) -> str:
        """A few words for an axis."""
        return f"{_TITLES.get(self.name, self.name.replace('_', ' '))}, {self.time}"

    @property
    def time(self) -> str:
        """When, in words."""
        if self.when == "end":
            return "at the end"
        months = int(self.when)
        if not self.when.startswith("+"):
            return f"month {months}"
        return (
            f"{months} month{'s' * (months > 1)} later"
            if months % 12
            else {1: "a year later"}.get(months // 12, f"{months // 12} years later")
        )

    @property
    def unit(self) -> str:
        """Its unit."""
        if self.name in SCALED:
            return "SD"
        if self.name in RATIOS:
            return "US dollars per SD" if self.name == "cost_per_sd" else "ratio"
        return "share" if self.name == KEPT[0] else _ROWS[self.name].unit

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        if self.name in SCALED:
            return f"{_ROWS[SCALED[self.name]].about}; in SD of true teacher practice without the collaborative"
        if self.name in RATIOS:
            return RATIOS[self.name][2]
        return KEPT[2] if self.name == KEPT[0] else _ROWS[self.name].about


_ROWS: Final = {row.name: row for row in RESPONSES}
NAMES: Final = (*_ROWS, *SCALED, *RATIOS, KEPT[0])
"""Every outcome that can be asked for."""

_TITLES: Final = {
    "effect_sd": "Effect on practice (SD)", "effect": "Effect on practice",
    "effect_stayers_sd": "Effect on stayers (SD)", "effect_team_sd": "Effect on team members (SD)",
    "effect_others_sd": "Effect on colleagues (SD)", "effect_centers_sd": "Effect on center means (SD)",
    "effect_own_stayers_sd": "Effect among own stayers (SD)", "effect_outside_sd": "Effect on centers outside (SD)",
    "spread": "Colleagues' gain over the team's", "spread_ceiling": "Teachers: colleagues' gain over the team's",
    "kept": "Share of the end's effect left", "used_effect": "Drivers in use, gain",
    "fit_effect": "Local fit, gain", "fit": "Local fit", "attendance": "Attendance", "active_share": "Centers still in",
    "pdsa_succeeded": "PDSAs succeeded a center", "pdsa_started": "PDSAs started a center",
    "cost_program": "Program cost a center (USD)", "cost_sponsor": "Sponsor's cost a center (USD)",
    "cost_per_sd": "USD per SD", "exit_rate": "Exits a position and year", "retained": "Staff still there",
    "readiness_effect": "Readiness, gain", "qi_effect": "Improvement capacity, gain",
    "climate_effect": "Psychological safety, gain", "borrowed": "Rises of fit borrowed from other centers",
    "outside_informed": "Centers outside that heard of it", "gain_team": "Team's gain in practice",
    "gain_others": "Colleagues' gain in practice", "knowledge_effect": "Knowledge, gain",
}  # fmt: skip


def needs_twin(name: str) -> bool:
    """Whether an outcome compares the two worlds.

    >>> needs_twin("effect_sd"), needs_twin("attendance")
    (True, False)
    """
    both = ("gain_team", "gain_others", "outside_informed", *RATIOS, KEPT[0])
    return "effect" in name or "twin" in name or name in both


USUAL: Final = ("effect_sd@end", "effect_sd@+12", "used_effect@end", "fit_effect@end", "attendance@end")
"""What is shown when a file does not say."""


def asks(item: Item | None, prefix: str) -> tuple[list[Ask], list[Fault]]:
    """Read a list of responses, or take the usual ones.

    >>> from bscsim.scenario.document import item_of
    >>> asks(item_of(["effect_sd@end"], ""), "sweep.responses")
    ([Ask(name='effect_sd', when='end')], [])
    >>> asks(item_of(["efect@end"], ""), "sweep.responses")[1][0].message.split(";")[0]
    "'efect@end' is not known"
    """
    if item is None:
        return [parsed for text in USUAL if (parsed := parse(text)) is not None], []
    if not isinstance(item.value, list) or not item.value:
        what = "is empty" if item.value == [] else f"{item.shown()} is not a list of responses"
        return [], [
            Fault(item.place, prefix, f"{what}; give some, such as [{', '.join(USUAL[:2])}]")
        ]
    found, faults = [], []
    for inner in item.value:
        one = parse(inner.value)
        if one is None:
            faults.append(Fault(inner.place, prefix, f"{inner.shown()} is not known; {_hint(str(inner.value))}"))
        elif one in found:
            faults.append(Fault(inner.place, prefix, f"{inner.shown()} stands here a second time"))
        else:
            found.append(one)
    return found, faults


def parse(text: object) -> Ask | None:
    """Return what a text asks for; None if it asks for nothing known."""
    match = _KEY.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[1] not in NAMES:
        return None
    sign, number = match[2][:1], match[2].removeprefix("+")
    when = match[2] if match[2] == "end" else f"{'+' if sign == '+' else ''}{int(number)}"
    return Ask(match[1], "end" if when == "+0" else when)


def _hint(text: str) -> str:
    name, _, when = text.partition("@")
    near = difflib.get_close_matches(name.lower(), NAMES, n=1)
    if name in NAMES:
        return f"after {name} stands @end, @+12 (months after the end) or @28 (month)"
    return (
        f"did you mean {near[0]}@{when or 'end'}?"
        if near
        else f"allowed: {', '.join(NAMES)}; each with @end, @+12 or @28"
    )
