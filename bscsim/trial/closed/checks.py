"""Ranges of arguments: what a ValueError of a closed form says."""

from __future__ import annotations

from math import inf


def within(name: str, value: float, low: float, high: float = inf, *, ends: str = "[]") -> None:
    """Raise ValueError unless value lies between low and high; ``ends``: "[" or "]" closed, "(" or ")" open.

    NaN lies nowhere. An infinite high end means that there is no upper limit, and infinity itself is refused.

    >>> within("icc", 0.1, 0, 1, ends="[)")
    >>> within("icc", 1.0, 0, 1, ends="[)")
    Traceback (most recent call last):
    ValueError: icc must be at least 0 and below 1, not 1.0
    """
    above = value >= low if ends[0] == "[" else value > low
    below = value <= high if ends[1] == "]" and high < inf else value < high
    if above and below:
        return
    parts = [f"{'at least' if ends[0] == '[' else 'above'} {low:g}"]
    if high < inf:
        parts.append(f"{'at most' if ends[1] == ']' else 'below'} {high:g}")
    raise ValueError(f"{name} must be {' and '.join(parts)}, not {value}")


def shares(**values: float) -> None:
    """Raise ValueError unless every value is at least 0 and below 1.

    >>> shares(r2_unit=0.5, lost_units=-0.1)
    Traceback (most recent call last):
    ValueError: lost_units must be at least 0 and below 1, not -0.1
    """
    for name, value in values.items():
        within(name, value, 0, 1, ends="[)")


def variances(**values: float) -> None:
    """Raise ValueError unless every value is at least 0 and finite.

    >>> variances(var_center=-1)
    Traceback (most recent call last):
    ValueError: var_center must be at least 0, not -1
    """
    for name, value in values.items():
        within(name, value, 0)


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless value is one of the allowed words.

    >>> one_of("effects", "mixed", ("fixed", "random"))
    Traceback (most recent call last):
    ValueError: effects must be one of fixed, random, not 'mixed'
    """
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
