"""When what happens: phases, events and measurement waves by month, from month 0, the month of enrolment."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, PlainValidator, Strict, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from bscsim.scenario.fields import Clash, Frozen, refuse, setting

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)

EVENT_SETTINGS: Final = {
    "prework_call": "prework_calls", "call": "calls", "affinity_call": "affinity_calls", "session": "sessions",
    "coaching": "coaching", "report": "reports",
}
"""Event -> the setting that schedules it, in the order in which a month's events happen."""

_LISTABLE: Final = ("calls", "affinity_calls", "coaching", "reports")
_MONTH_LIST: Final = "monthly, none or a list of months"


Month = Annotated[int, Strict()]
_LIST: Final = TypeAdapter(tuple[Month, ...])


def _month_of_year(value: Any) -> Any:
    """Read a month's name (at least three letters of it) as its number; numbers pass."""
    if not isinstance(value, str):
        return value
    start = value.strip().lower()
    found = [number for number, name in enumerate(MONTHS, 1) if len(start) >= 3 and name.lower().startswith(start)]
    if len(found) == 1:
        return found[0]
    raise PydanticCustomError("choice", "must be the name of a month or an integer, 1 to 12", {"words": MONTHS})


def _months(value: Any) -> Any:
    """Check a schedule: a word or a list of integers."""
    if value in ("monthly", "none") and isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return _LIST.validate_python(value)
    raise PydanticCustomError("choice", "must be " + _MONTH_LIST, {"words": ("monthly", "none")})


MonthOfYear = Annotated[int, BeforeValidator(_month_of_year)]
Schedule = Annotated[Literal["monthly", "none"] | tuple[int, ...], PlainValidator(_months)]


class Calendar(Frozen):
    """The calendar of a collaborative, in months from enrolment.

    Its bounds keep a run below 65,536 steps at any time step, which is what the keys of draws hold.

    >>> calendar = Calendar()
    >>> calendar.months_of("sessions"), calendar.months_of("prework_calls")
    ((3, 7, 11, 15), (0, 1, 2))
    >>> calendar.events(3)
    ('call', 'affinity_call', 'session', 'coaching', 'report')
    >>> calendar.phase(5), calendar.season_month(3)
    ('action period 1', 12)
    """

    starts: MonthOfYear = setting(
        9, "Calendar month of month 0; exits peak in summer.", low=1, high=12,
        allowed="the name of a month or an integer, 1 to 12")
    burn_in: int = setting(24, "Months simulated before month 0, and discarded.", low=0, high=240)
    prework: tuple[Month, Month] = setting(
        (0, 3), "First month of pre-work, and the month in which it is over.", allowed="a list of two months")
    sessions: tuple[Month, ...] = setting(
        (3, 7, 11, 15), "Months of the learning sessions.", allowed="a list of months; [] for none")
    ends: int = setting(16, "Month in which the collaborative is over.", low=1, high=600)
    horizon: int = setting(40, "Last month.", low=1, high=600)
    prework_calls: Schedule = setting("monthly", "All-team calls during pre-work.", allowed=_MONTH_LIST)
    calls: Schedule = setting("monthly", "All-team calls.", allowed=_MONTH_LIST)
    affinity_calls: Schedule = setting("monthly", "Calls of people in the same role.", allowed=_MONTH_LIST)
    coaching: Schedule = setting("monthly", "Coaching visits.", allowed=_MONTH_LIST)
    reports: Schedule = setting("monthly", "Monthly reports that are due.", allowed=_MONTH_LIST)
    waves: tuple[Month, ...] = setting(
        (0, 16, 28, 40), "Months at whose start staff are measured.", allowed="a list of months")

    def months_of(self, name: str) -> tuple[int, ...]:
        """Return the months of a schedule: a setting of this calendar that holds months ("calls", "sessions", ...).

        Raises KeyError for any other name.
        """
        if name not in (*EVENT_SETTINGS.values(), "waves"):
            raise KeyError(name)
        months: str | tuple[int, ...] = getattr(self, name)
        if months == "monthly":
            first, end = self.prework if name == "prework_calls" else (self.prework[1], self.ends)
            return tuple(range(first, end))
        return () if isinstance(months, str) else months

    def events(self, month: int) -> tuple[str, ...]:
        """Return the events scheduled in a month, in their order; whether they are held depends on the elements."""
        return tuple(event for event, name in EVENT_SETTINGS.items() if month in self.months_of(name))

    def season_month(self, month: int) -> int:
        """Return the calendar month (1 January to 12 December) of a month, which may be negative (burn-in)."""
        return (self.starts - 1 + month) % 12 + 1

    def phase(self, month: int) -> str:
        """Name the phase a month belongs to.

        "burn-in", "recruitment" (before pre-work), "pre-work", "start" (between pre-work and the first session),
        "learning session 1", "action period 1", ..., "follow-up" (from ``ends``).
        """
        if month < 0:
            return "burn-in"
        if month >= self.ends:
            return "follow-up"
        if month < self.prework[1]:
            return "pre-work" if month >= self.prework[0] else "recruitment"
        held = sum(session <= month for session in self.sessions)
        if month in self.sessions:
            return f"learning session {held}"
        return f"action period {held}" if held else "start"

    @model_validator(mode="after")
    def _together(self) -> Self:
        first, start = self.prework
        clashes: list[Clash] = []
        if not 0 <= first < start:
            clashes.append((("prework",), f"must run from month 0 or later to a later month, not {[first, start]}",
                            ("calendar.prework",)))
        if start > self.ends:
            clashes.append((("prework",), f"must be over by ends ({self.ends}), not at {start}",
                            ("calendar.prework", "calendar.ends")))
        if self.ends > self.horizon:
            clashes.append((("ends",), f"must not be after the horizon ({self.horizon}), not {self.ends}",
                            ("calendar.ends", "calendar.horizon")))
        refuse("Calendar", clashes)  # first: what follows would quote these
        bounds = ("calendar.prework", "calendar.ends")
        action = f"from the end of pre-work ({start}) to before ends ({self.ends})"
        for name in ("sessions", *_LISTABLE):
            clashes += self._unordered(name, start, self.ends - 1, action, bounds)
        clashes += self._unordered("prework_calls", first, start - 1, f"in pre-work ({first} to {start - 1})",
                                   ("calendar.prework",))
        clashes += self._unordered("waves", 0, self.horizon, f"from 0 to the horizon ({self.horizon})",
                                   ("calendar.horizon",))
        if not self.waves:
            clashes.append((("waves",), "must name at least one month", ("calendar.waves",)))
        refuse("Calendar", clashes)
        return self

    def _unordered(
        self, name: str, low: int, high: int, where: str, bounds: tuple[str, ...]
    ) -> list[Clash]:
        """List months that are outside [low, high] or do not come after the month before them."""
        months = getattr(self, name)
        if isinstance(months, str):
            return []
        clashes: list[Clash] = []
        own = f"calendar.{name}"
        for index, month in enumerate(months):
            if not low <= month <= high:
                clashes.append(((name, index), f"must lie {where}, not {month}", (own, *bounds)))
            elif index and month <= months[index - 1]:
                problem = f"must come after the month before it ({months[index - 1]}), not {month}"
                clashes.append(((name, index), problem, (own,)))
        return clashes
