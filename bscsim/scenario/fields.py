"""How a setting is declared: once, with its range, unit, basis and meaning, where validation and documents find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Status = Literal["S", "L", "F", "A"]
"""S: the literature review (OPRE 2018-28); L: other literature; F: fitted to S or L figures; A: assumption."""


class Frozen(BaseModel):
    """A group of settings: immutable, hashable, validated, and closed (an unknown name is an error).

    Numbers are numbers: neither ``True`` nor ``"1"`` is taken for 1, 1.5 and 1.0 are no integers, and NaN and infinity
    are refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


def number_text(value: float) -> str:
    """Write a bound the way a person writes it.

    >>> number_text(3.0), number_text(0.05), number_text(2**63 - 1)
    ('3', '0.05', '9223372036854775807')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def range_text(low: float | None, high: float | None, open_low: bool = False) -> str:
    """Write a range of numbers in words.

    >>> range_text(0, 3), range_text(0, 1, open_low=True), range_text(1, None)
    ('0 to 3', 'above 0, up to 1', 'at least 1')
    """
    if low is None or high is None:
        return f"at least {number_text(low)}" if low is not None else f"at most {number_text(high or 0.0)}"
    if open_low:
        return f"above {number_text(low)}, up to {number_text(high)}"
    return f"{number_text(low)} to {number_text(high)}"


def known(
    default: float,
    unit: str,
    *,
    hard: tuple[float, float],
    status: Status,
    source: str,
    about: str,
    plausible: tuple[float, float] | None = None,
    open_low: bool = False,
) -> Any:
    """Declare one row of the parameter table.

    ``hard`` bounds what is accepted (``open_low`` excludes its lower end); ``plausible`` is what sensitivity analyses
    vary. Without a published interval the plausible range is half to double the default, cut at the hard range: the
    rule for assumptions.
    """
    low, high = plausible or sorted((default / 2, default * 2))
    low, high = max(low, hard[0]), min(high, hard[1])
    notes: dict[str, Any] = {
        "unit": unit, "hard": hard, "open_low": open_low, "plausible": (low, high), "status": status,
        "source": source, "about": about, "allowed": "a number, " + range_text(*hard, open_low),
    }
    bounds: dict[str, Any] = {"gt" if open_low else "ge": hard[0], "le": hard[1]}
    return Field(default, strict=True, json_schema_extra=notes, description=about, **bounds)


def setting(
    default: Any, about: str, *, low: float | None = None, high: float | None = None, allowed: str | None = None,
) -> Any:
    """Declare a setting that is no model parameter: its default, meaning, and bounds or the words that name them."""
    notes: dict[str, Any] = {"about": about, "allowed": allowed or ""}
    if allowed is None and (low is not None or high is not None):
        kind = "an integer" if isinstance(default, int) and not isinstance(default, bool) else "a number"
        notes["allowed"] = f"{kind}, {range_text(low, high)}"
    elif allowed is None and isinstance(default, bool):
        notes["allowed"] = "true or false"
    strict = True if isinstance(default, int | float) else None  # numbers and switches are taken as they are typed
    return Field(default, ge=low, le=high, strict=strict, json_schema_extra=notes, description=about)


def level(default: float, about: str) -> Any:
    """Declare a level: a number from 0 (absent) to 1 (in full)."""
    return setting(default, about, low=0.0, high=1.0, allowed="a number, 0 (absent) to 1 (in full)")


def section(default: Frozen, about: str) -> Any:
    """Declare a group of settings inside another, by default as ``default`` has them."""
    names = list(type(default).model_fields)
    listed = ", ".join(names) if len(names) <= 14 else "names of the parameter table"
    return setting(default, about, allowed=f"a mapping of {listed}")


V = TypeVar("V")


class FrozenMap(Mapping[str, V]):
    """A mapping that cannot change and can be hashed, for settings whose keys a user chooses.

    >>> table = FrozenMap({"a": 1})
    >>> table["a"], hash(table) == hash(FrozenMap({"a": 1})), table == {"a": 1}
    (1, True, True)
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._items.items(), key=lambda item: item[0])))

    def __repr__(self) -> str:
        return f"FrozenMap({self._items!r})"


def word_or_integer(words: tuple[str, ...], low: int, high: int) -> Callable[[Any], Any]:
    """Make a validator that takes one of ``words`` or an integer in [low, high], and nothing else."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and value in words:
            return value
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return int(value)
        allowed = " or ".join([*words, f"an integer, {range_text(low, high)}"])
        raise PydanticCustomError("choice", "must be {allowed}", {"allowed": allowed, "words": words})

    return check


Clash = tuple[tuple[str | int, ...], str, tuple[str, ...]]
"""Settings that are fine alone but not together: (place within the group, what is wrong, dotted paths involved)."""


def refuse(title: str, clashes: list[Clash]) -> None:
    """Raise one ValidationError that holds all clashes; does nothing if there are none.

    The paths involved travel in the error's context, so that a reader of files can leave out clashes with a setting
    that is itself at fault.
    """
    if clashes:
        raise ValidationError.from_exception_data(title, [
            InitErrorDetails(
                type=PydanticCustomError("clash", "{problem}", {"problem": problem, "involved": involved}),
                loc=place, input=None,
            )
            for place, problem, involved in clashes
        ])
