"""Who joins: how many collaboratives, who applies, by which rule centers are chosen, how large teams are (E15)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import PlainValidator

from bscsim.scenario.fields import Frozen, section, setting, word_or_integer

Rule = Literal["all", "random", "top", "threshold", "hurdle", "need"]
TeamSize = Annotated[Literal["auto"] | int, PlainValidator(word_or_integer(("auto",), 2, 6))]


class Hurdle(Frozen):
    """Smallest measured value of each readiness component under the rule ``hurdle``."""

    motivation: float = setting(0.45, "Smallest measured motivation.", low=0, high=1)
    capacity: float = setting(0.45, "Smallest measured general capacity.", low=0, high=1)
    innovation: float = setting(0.2, "Smallest measured innovation-specific capacity.", low=0, high=1)


class Enrolment(Frozen):
    """How centers come into collaboratives at month 0.

    >>> Enrolment(collaboratives=2, centers_per_collaborative=5, rule="random").places
    10
    """

    collaboratives: int = setting(1, "Collaboratives that run side by side; 0: nobody is treated.", low=0, high=10_000)
    centers_per_collaborative: int = setting(8, "Centers in each collaborative.", low=1, high=1000)
    rule: Rule = setting(
        "all", "Who is taken: all applicants, by lot, the most ready, those above a threshold or three hurdles (by lot "
        "where too many pass), or the neediest.", allowed="all, random, top, threshold, hurdle or need")
    mode: Literal["trial", "field"] = setting(
        "trial", "Who applies: every eligible center, or each by its motivation and need.", allowed="trial or field")
    apply_rate: float = setting(0.5, "Probability that an average center applies, in mode field.", low=0.01, high=0.99)
    threshold: float = setting(0.45, "Smallest measured readiness under the rule threshold.", low=0, high=1)
    hurdle: Hurdle = section(Hurdle(), "Smallest components under the rule hurdle.")
    team_size: TeamSize = setting(
        "auto", "Seats a team: a third of the staff (2 to 6), or one number for all.",
        allowed="auto or an integer, 2 to 6")

    @property
    def places(self) -> int:
        """Centers that can be treated."""
        return self.collaboratives * self.centers_per_collaborative
