"""What happened in one center during one month: the counters behind the flows of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bscsim.record.measures import EVENTS, LINES, ROLES
from bscsim.rules import people

if TYPE_CHECKING:
    from bscsim.agents.staff import Leaver


class Month:
    """Flows of one center in one month; attribute names are those of :data:`bscsim.record.measures.MEASURES`."""

    def __init__(self) -> None:
        self.exits = [0] * len(ROLES)
        self.hires = [0] * len(ROLES)
        self.invited = [[0] * len(EVENTS) for _ in ROLES]
        self.attended = [[0] * len(EVENTS) for _ in ROLES]
        self.cost = [0.0] * len(LINES)
        self.seats_lost = 0
        self.seats_refilled = 0
        self.local_hires = 0
        self.knowledge_lost = 0.0
        self.leaver_practice = 0.0
        self.pdsa_started = 0
        self.pdsa_succeeded = 0
        self.pdsa_abandoned = 0
        self.pdsa_abandoned_at_withdrawal = 0
        self.pdsa_reported = 0
        self.fit_gained = 0.0
        self.ideas_borrowed = 0.0
        self.report_due = 0
        self.report_sent = 0
        self.seat_hours = 0.0

    def note_exit(self, gone: Leaver) -> None:
        """Count a leaver and the knowledge and practice that leave along."""
        self.exits[gone.role] += 1
        drivers = len(gone.k)
        if gone.role != people.PARENT:
            gained = 0.0
            for known, entry in zip(gone.k, gone.k0, strict=True):
                gained += known - entry
            self.knowledge_lost += gained / drivers
        if gone.role == people.TEACHER:
            practised = 0.0
            for level in gone.p:
                practised += level
            self.leaver_practice += practised / drivers
