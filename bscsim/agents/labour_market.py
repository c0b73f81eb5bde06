"""E2: leavers between two jobs, by area; some take a job of the same role in another center there."""

from __future__ import annotations

from bisect import insort

from bscsim.agents.staff import Leaver, Staff
from bscsim.rules import draws, people, turnover


class LabourMarket:
    """The people of all areas who left a center at most twelve months ago and have no new place yet."""

    def __init__(self, areas: int, steps_per_month: int) -> None:
        self._waiting: list[list[Leaver]] = [[] for _ in range(areas)]
        self._patience = turnover.SEARCH_MONTHS * steps_per_month
        self.left_sector = 0

    @property
    def waiting(self) -> int:
        """People between two jobs."""
        return sum(len(area) for area in self._waiting)

    def leave(self, area: int, gone: Leaver) -> None:
        """Queue a leaver by the moment of leaving; parents move on with their children instead."""
        if gone.role == people.PARENT:
            self.left_sector += 1
        else:
            insort(
                self._waiting[area],
                gone,
                key=lambda leaver: (leaver.step, leaver.moment, leaver.center_number, leaver.slot),
            )

    def give_up(self, now: int) -> None:
        """Let go whoever has looked for longer than twelve months."""
        for area, queue in enumerate(self._waiting):
            keep = [leaver for leaver in queue if now - leaver.moment <= self._patience]
            self.left_sector += len(queue) - len(keep)
            self._waiting[area] = keep

    def hire(self, vacancies: list[Staff], now: int, hire_local: float) -> int:
        """E2: fill this step's vacancies, each area's in the order of a keyed lot, never of storage.

        Returns how many went to people of the area; the others are new to the field.
        """
        movers = 0
        queue = []
        for job in vacancies:
            number, item = job.center.number, draws.staff_item(job.slot, job.occupant, 0)
            nearby, lot = draws.uniform2(job.model.seed, job.model.replicate, number, item, 0, draws.HIRE)
            queue.append((lot, number, job.slot, nearby, job))
        for _, _, _, nearby, job in sorted(queue, key=lambda entry: entry[:3]):
            looks_nearby = nearby < hire_local and job.role != people.PARENT
            mover = self._latest(job, now) if looks_nearby else None
            job.arrive(mover)
            job.center.welcome(job, local=mover is not None)
            movers += mover is not None
        return movers

    def _latest(self, job: Staff, now: int) -> Leaver | None:
        """The most recent leaver of the role from another center who left in an earlier step; taken off the queue."""
        queue = self._waiting[job.center.area]
        for place in range(len(queue) - 1, -1, -1):
            leaver = queue[place]
            if leaver.step < now and leaver.role == job.role and leaver.center_number != job.center.number:
                return queue.pop(place)
        return None
