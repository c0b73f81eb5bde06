"""The five elements of a Breakthrough Series Collaborative (E13), and the supports around it (E17)."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from bscsim.scenario.fields import Frozen, level, setting


class Element(Frozen):
    """One element: how fully it is there."""

    level: float = level(1.0, "How fully the element is there.")


class ExpertFaculty(Element):
    """Expert faculty: teaching in the sessions, and coaching visits."""

    coaching_visits: bool = setting(True, "Whether the faculty also visits the centers.")


class SharedLearning(Element):
    """Shared learning: sessions and calls of all teams together."""

    learning_sessions: bool = setting(True, "Whether learning sessions are held.")
    calls: bool = setting(True, "Whether pre-work, all-team and affinity calls are held.")


E = TypeVar("E", bound=Element)


def _as_mapping(value: Any) -> Any:
    """Read a bare number as the element's level."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return {"level": value} if number else value


Plain = Annotated[E, BeforeValidator(_as_mapping)]
"""An element as people write it: a number, or a mapping of its level and switches."""


def _element(model: type[Element], about: str) -> Any:
    switches = [name for name in model.model_fields if name != "level"]
    more = f", or a mapping of level, {', '.join(switches)}" if switches else ""
    return setting(model(), about, allowed=f"a number, 0 (absent) to 1 (in full){more}")


class Elements(Frozen):
    """The five elements, each a level from 0 to 1; e1 to e5 in the equations.

    >>> elements = Elements(change_framework=0.5, shared_learning={"level": 1, "calls": False})
    >>> elements.e1, elements.e4, elements.sessions_held, elements.calls_held
    (0.5, 1.0, True, False)
    """

    change_framework: Plain[Element] = _element(
        Element, "Evidence-based framework of drivers: worth of what is learned and tested (e1; E6, E8).")
    inclusive_team: Plain[Element] = _element(
        Element, "Team with a member of each level: who holds the seats (e2; E13).")
    expert_faculty: Plain[ExpertFaculty] = _element(
        ExpertFaculty, "Faculty: quality of the sessions, and coaching (e3; E6).")
    shared_learning: Plain[SharedLearning] = _element(
        SharedLearning, "Sessions and calls with other teams, and ideas from them (e4; E6, E8).")
    improvement_model: Plain[Element] = _element(
        Element, "Model for improvement: tests of change (e5; E7).")

    @property
    def e1(self) -> float:
        """Level of the change framework."""
        return self.change_framework.level

    @property
    def e2(self) -> float:
        """Level of the inclusive team."""
        return self.inclusive_team.level

    @property
    def e3(self) -> float:
        """Level of the expert faculty."""
        return self.expert_faculty.level

    @property
    def e4(self) -> float:
        """Level of shared learning."""
        return self.shared_learning.level

    @property
    def e5(self) -> float:
        """Level of the model for improvement."""
        return self.improvement_model.level

    @property
    def sessions_held(self) -> bool:
        """Whether learning sessions take place: an event whose element is 0 does not."""
        return self.e4 > 0 and self.shared_learning.learning_sessions

    @property
    def calls_held(self) -> bool:
        """Whether pre-work, all-team and affinity calls take place."""
        return self.e4 > 0 and self.shared_learning.calls

    @property
    def coaching_held(self) -> bool:
        """Whether coaching visits take place."""
        return self.e3 > 0 and self.expert_faculty.coaching_visits


class Supports(Frozen):
    """The supports a scenario adds, each from 0 (none, the default) to 1; what each does is in the parameter table.

    >>> Supports(stipend=0.5).stipend
    0.5
    """

    stipend: float = level(0.0, "Stipend for taking part: attendance and set point of seat holders (E17).")
    substitute_cover: float = level(0.0, "Paid substitutes: attendance of teachers and assistants, load (E17).")
    retention_bonus: float = level(0.0, "Retention bonus: exit hazard (E17).")
    virtual_sessions: float = level(0.0, "Sessions online: easier to attend, cheaper, teach less (E17).")
    onboarding_package: float = level(0.0, "Onboarding of newcomers: knowledge, where practice is formalized (E17).")
    troubleshooting_calls: float = level(0.0, "Calls to teams that lose drive: success of their PDSAs (E17).")
