"""Figure: participation by role, beside what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.record.intervals import Interval, interval
from bscsim.report.figures.style import AMBER, BLUE, INK, SOFT, WASH, new_figure, note
from bscsim.report.reading import ROLE_WORDS
from bscsim.report.words import interval_note, listed, percent

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bscsim.report.reading import Reading

NAME = "participation"
TITLE = "Participation by role"
PUBLISHED = {"supervisor": 0.80, "teacher": 0.40}
"""At least 4 of 7 collaborative calls: supervisors and front-line clinicians (E-CALL-01 and E-CALL-02)."""
PUBLISHED_SOURCE = "Ebert et al. 2012"
PANELS = (
    ("session", "Learning sessions\nattended"),
    ("call", "All-team calls\nattended"),
    ("affinity_call", "Affinity calls\nattended"),
    ("regulars", "At least 4 of the\nfirst 7 all-team calls"),
)


def shares(reading: Reading, panel: str) -> np.ndarray:
    """Share by role in one panel, one row a replicate: [R, role]."""
    if panel == "regulars":
        return reading.call_regulars()
    return reading.attendance()[:, :, reading.events.index(panel)]


def shown_roles(reading: Reading) -> list[str]:
    """Roles that were ever invited to anything."""
    invited = reading.center_sum("treated", "invited").sum(axis=(0, 1, 3))
    return [role for role, number in zip(reading.roles, invited, strict=True) if number > 0]


def draw(reading: Reading) -> Figure:
    """Four dot plots over the same roles: sessions, all-team calls, affinity calls, regular callers."""
    roles = shown_roles(reading)
    figure = new_figure(1.75 + 0.31 * len(roles))
    panels = figure.subplots(1, 4, sharey=True)
    for axes, (panel, title) in zip(panels, PANELS, strict=True):
        values = shares(reading, panel)
        rows = [interval(values[:, reading.roles.index(role)]) for role in roles]
        draw_panel(axes, rows)
        axes.set_title(title, fontsize=8.5)
        if panel == "regulars":
            draw_published(axes, roles)
    panels[0].set_yticks(range(len(roles)), [ROLE_WORDS[role] for role in roles], color=INK)
    panels[0].set_ylim(len(roles) - 0.4, -0.6)
    figure.supxlabel("")
    note(figure, source(reading))
    return figure


def draw_panel(axes: Axes, rows: list[Interval]) -> None:
    """One dot a role with its 5th-95th percentile line; an empty row says that nobody was invited."""
    for y, row in enumerate(rows):
        axes.axhline(y, color=WASH, lw=5, zorder=0)
        if row.n == 0:
            axes.text(50, y, "not held", ha="center", va="center", color=SOFT, fontsize=7.5)
            continue
        axes.plot([100 * row.p05, 100 * row.p95], [y, y], color=BLUE, lw=1.4, alpha=0.55)
        axes.plot([100 * row.mean], [y], "o", color=BLUE, ms=5)
    axes.set_xlim(-4, 104)
    axes.set_xticks([0, 50, 100], ["0", "50", "100%"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def draw_published(axes: Axes, roles: list[str]) -> None:
    """Hollow diamonds where a study published the share."""
    for role, share in PUBLISHED.items():
        if role in roles:
            y = roles.index(role)
            axes.plot([100 * share], [y], "D", mfc="none", mec=AMBER, mew=1.6, ms=7.5, zorder=4)


def source(reading: Reading) -> str:
    """What dot, line and diamond are."""
    return (
        f"Dot: mean over replicates. {interval_note(reading, 'Line')} "
        f"Diamond: published ({PUBLISHED_SOURCE};\nsupervisors 80%, clinicians 40%, shown beside teachers)."
    )


def caption(reading: Reading) -> str:
    """What to see: sessions against calls, and the published marks."""
    attended = reading.attendance()
    regular = reading.call_regulars()
    sup, tea = reading.roles.index("supervisor"), reading.roles.index("teacher")
    session, call = reading.events.index("session"), reading.events.index("call")
    shares = ((session, "learning sessions"), (call, "all-team calls"))
    seen = [(interval(attended[:, tea, event]), words) for event, words in shares]
    said = [f"{percent(share.mean)} of {words}" for share, words in seen if share.n]
    text = f"Teachers in the teams attend {listed(said)}. " if said else ""
    if interval(regular[:, sup]).n and interval(regular[:, tea]).n:
        text += (
            "At least four of their first seven all-team calls are attended by "
            f"{percent(interval(regular[:, sup]).mean)} of supervisors and {percent(interval(regular[:, tea]).mean)} "
            "of teachers. "
        )
    return text + (
        f"The published shares are 80% of supervisors and 40% of front-line clinicians ({PUBLISHED_SOURCE}). They were "
        "used to set the attendance parameters, so agreement is a check of the fit, not a prediction."
    )
