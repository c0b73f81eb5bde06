"""Who took part, by role and by center (the review asks both; most published figures are by role).

Counts are of the treated world.  The all-team calls of the pre-work are an event of their own
(``prework_call``); the share with at least 4 of their first 7 all-team calls counts both kinds.  "The end" is
the calendar's month ``ends``, counted from the start of the center's own collaborative, or the horizon where that comes
first: flows are summed over the months before it, PDSAs in progress and status are taken at its start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bscsim.record.begun import begun, since_start
from bscsim.record.frames import category, numbers, place
from bscsim.record.measures import EVENTS, ROLES, STATUS
from bscsim.record.ratio import divide
from bscsim.record.staff_rows import Array
from bscsim.record.trajectories import Trajectories

if TYPE_CHECKING:
    import pandas as pd

_COUNTED = ("pdsa_started", "pdsa_succeeded", "pdsa_abandoned", "pdsa_abandoned_at_withdrawal",
            "pdsa_reported")


def participation(run: Trajectories, by: str = "role") -> pd.DataFrame:
    """Tabulate participation by "role" (a row a replicate and role) or by "center" (see the two functions).

    Raises ValueError for any other ``by``.
    """
    if by not in ("role", "center"):
        raise ValueError(f'participation is by "role" or by "center", not by {by!r}')
    return by_role(run) if by == "role" else by_center(run)


def by_role(run: Trajectories) -> pd.DataFrame:
    """Tabulate participation by role of the seat holder: a row a replicate and role, over all centers.

    Columns: ``replicate``, ``role``; ``seat_months`` (seat holders summed over the ends of the months before the end);
    for each event ``session_invited``, ``session_attended``, ``session_share``, ... over the whole
    calendar; ``call_holders`` (people offered at least 7 all-team calls), ``call_regulars`` (of these, at
    least 4 of their first 7 attended) and ``call_regular_share``.  A share with nobody invited is NaN.
    """
    import pandas as pd

    at, role = (grid.ravel() for grid in np.indices((len(run.replicates), len(ROLES))))
    world = run.treated
    columns: dict[str, Any] = {
        "replicate": numbers(run, at), "role": category(role, ROLES),
        "seat_months": (world["seat_holders"] * _seat_points(run)[..., None]).sum(axis=(1, 2)).ravel(),
    }
    columns |= _attendance(world["invited"].sum(axis=(1, 2)), world["attended"].sum(axis=(1, 2)))
    holders, regulars = (world[name].sum(axis=1).ravel() for name in ("call_holders", "call_regulars"))
    regular = divide(regulars, holders)
    columns |= {"call_holders": holders, "call_regulars": regulars, "call_regular_share": regular}
    return pd.DataFrame(columns)


def by_center(run: Trajectories) -> pd.DataFrame:
    """Tabulate participation by center: a row a replicate and center that was put in a collaborative.

    Columns: ``replicate`` and those of a center (see :mod:`bscsim.record.frames`); ``status`` at the end;
    ``withdrawal_month`` (NaN if it stayed); ``seat_months``; for each event ``session_invited``,
    ``session_attended``, ``session_share``, ...; ``pdsa_started``, ``pdsa_succeeded``, ``pdsa_in_progress``,
    ``pdsa_abandoned`` (those given up at withdrawal included, so that started = succeeded + abandoned + in
    progress), ``pdsa_abandoned_at_withdrawal``, ``pdsa_reported``; ``reports_due``, ``reports_sent``,
    ``report_share``; ``metrics_made``, ``metrics_used``.
    """
    import pandas as pd

    world, ends = run.treated, int(run.scenario.calendar.ends)
    at, center = np.nonzero(run.labels.collaborative >= 0)
    end = np.minimum(np.maximum(begun(run)[at, center], 0) + ends, run.months[-1])
    before = since_start(run, 0, ends)

    def until_end(name: str) -> Array:
        return np.asarray((world[name] * before).sum(axis=2)[at, center])

    columns: dict[str, Any] = {
        "replicate": numbers(run, at), **place(run, at, center),
        "status": category(world["status"][at, center, end], STATUS),
        "withdrawal_month": world["withdrawal_month"][at, center],
        "seat_months": (world["seats_held"] * _seat_points(run)).sum(axis=2)[at, center],
    }
    invited, attended = (world[name][at, center].sum(axis=(1, 2)) for name in ("invited", "attended"))
    columns |= _attendance(invited, attended)
    columns |= {name: until_end(name) for name in _COUNTED}
    columns["pdsa_in_progress"] = world["pdsa_open"][at, center, end]
    due, sent = until_end("report_due"), until_end("report_sent")
    columns |= {"reports_due": due, "reports_sent": sent, "report_share": divide(sent, due)}
    columns |= {name: world[name][at, center] for name in ("metrics_made", "metrics_used")}
    return pd.DataFrame(columns)


def _attendance(invited: Array, attended: Array) -> dict[str, Array]:
    """Invited, attended and share of each event; the last axis of both arrays is the event."""
    columns: dict[str, Array] = {}
    for code, event in enumerate(EVENTS):
        here, there = invited[..., code].ravel(), attended[..., code].ravel()
        columns |= {f"{event}_invited": here, f"{event}_attended": there}
        columns[f"{event}_share"] = divide(there, here)
    return columns


def _seat_points(run: Trajectories) -> Array:
    """Take the starts of months 1 to the end: seats are filled during month 0, after its stocks were taken."""
    return since_start(run, 1, int(run.scenario.calendar.ends) + 1)
