"""Which functions the compiler is to put into their callers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])


def inlined(function: F) -> F:
    """Mark a function whose code goes into its callers: a call with a State copies some eighty words.

    In plain Python it changes nothing.

    >>> inlined(abs) is abs
    True
    """
    if hasattr(function, "__dict__"):
        function.__dict__["inlined"] = True
    return function
