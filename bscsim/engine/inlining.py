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


def vectorized(function: F) -> F:
    """Mark a loop over a row that goes into its callers with all that it calls, however large: Philox in vectors.

    What is called a second time elsewhere stays a function there.

    >>> vectorized(abs) is abs
    True
    """
    if hasattr(function, "__dict__"):
        function.__dict__["inlined"] = function.__dict__["vectorized"] = True
    return function
